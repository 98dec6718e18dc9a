"""Margin losses of raw scores with labels 0/1 or -1/+1."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import at, one_hot
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params, Rows, Vector
from losscli.spec.param import class_or_binary

Margin = Annotated[float, Param("required margin on the correct side", ge=0)]


def signed(scores: Floats, label: Floats) -> Floats:
    """y f with y = ±1."""
    return (2.0 * label - 1.0) * scores


def _active(short: Floats) -> Floats:
    """The slope of max(0, ·), one half at the kink, where the two equal maxima share it."""
    return np.heaviside(short, 0.5)


@FAMILY.loss(
    "hinge", cite="Cortes & Vapnik 1995", scores="raw", label="binary", conventions={"keras": {}, "sklearn": {}, "optax": {}}
)
def hinge(scores: Floats, label: Floats, *, margin: Margin = 1.0) -> Floats:
    """Hinge loss: how far a score falls short of the margin on the side of its label.

    Formula: L = max(0, margin - y f), y = -1 or +1; averaged over the columns of a row.
    Gradient: -y where y f < margin, 0 elsewhere; exactly on the margin -y/2.
    Edge cases: labels are 0/1 or -1/+1, not a mixture; scores are raw; --from-logits has no effect. With several columns, class
    numbers are treated as one binary problem per class.
    Use when: only the sign and a margin matter, as in a support vector machine.
    Avoid when: you need probabilities, as the gradient is 0 beyond the margin.
    Related: squared_hinge is its square; perceptron is margin=0; crammer_singer is for several classes; svm adds the weight
    penalty.
    Equivalents: Keras Hinge, scikit-learn hinge_loss (two classes), optax hinge_loss: `hinge`.
    """
    return per_row(np.maximum(margin - signed(scores, label), 0.0), "mean")


@hinge.gradient
def _hinge_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    return share(_active(p.margin - signed(scores, label)) * (1.0 - 2.0 * label), "mean")


@FAMILY.loss("squared_hinge", aliases=("l2_svm",), cite="Chang 2008", scores="raw", label="binary", conventions={"keras": {}})
def squared_hinge(scores: Floats, label: Floats, *, margin: Margin = 1.0) -> Floats:
    """Squared hinge loss: the square of the shortfall from the margin.

    Formula: L = max(0, margin - y f)², y = -1 or +1; averaged over the columns of a row.
    Gradient: -2 y (margin - y f) where y f < margin, 0 elsewhere.
    Edge cases: labels are 0/1 or -1/+1, not a mixture; scores are raw.
    Use when: you want a differentiable hinge loss with larger gradients on bad rows.
    Avoid when: there are outliers, whose loss grows quadratically.
    Related: hinge, modified_huber (linear beyond -1).
    Equivalents: Keras SquaredHinge, torchmetrics hinge with squared=True: `squared_hinge`.
    """
    return per_row(np.square(np.maximum(margin - signed(scores, label), 0.0)), "mean")


@squared_hinge.gradient
def _squared_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    short = np.maximum(p.margin - signed(scores, label), 0.0)
    return share(2.0 * short * (1.0 - 2.0 * label), "mean")


def _rivals(scores: Floats, label: Array) -> Floats:
    """The scores with the true class's set to -inf."""
    return np.where(one_hot(label, scores.shape[1]) == 1, -np.inf, scores)


@FAMILY.loss("perceptron", cite="Rosenblatt 1958", scores="raw", label=class_or_binary, conventions={"optax": {}})
def perceptron(scores: Floats, label: Array) -> Floats:
    """Perceptron loss: how far a score lies on the wrong side of zero, without a margin.

    Formula: L = max(0, -y f), y = -1 or +1; with several classes, max_k s_k - s_y.
    Gradient: -y where y f < 0, else 0; -y/2 at 0; with several classes, +1 at the highest wrong class and -1 at the true one
    where the wrong one is higher.
    Edge cases: labels are 0/1 or -1/+1, not a mixture, or class numbers; scores are raw.
    Use when: only misclassified rows should contribute, as in the perceptron rule.
    Avoid when: generalisation matters, as a score with barely the right sign has zero loss (use hinge).
    Related: the same as hinge:margin=0, or crammer_singer:margin=0 for several classes.
    Equivalents: optax perceptron_loss and multiclass_perceptron_loss: `perceptron`.
    """
    if scores.ndim == 1:
        return np.maximum(-signed(scores, label), 0.0)
    return np.maximum(_rivals(scores, label).max(1) - at(scores, label), 0.0)


@perceptron.gradient
def _perceptron_slope(scores: Floats, label: Array, p: Params) -> Floats:
    if scores.ndim == 1:
        return _active(-signed(scores, label)) * (1.0 - 2.0 * label)
    return _pulled(scores, label, 0.0, False)


def _pulled(scores: Floats, label: Array, margin: float, zero: bool) -> Floats:
    """+1 at the highest wrong class (shared by ties, including a competing 0) and -1 at the true one, where the margin is
    violated."""
    others = _rivals(scores, label)
    best = others.max(1)
    top = np.maximum(best, 0.0) if zero else best
    equal = (others == np.expand_dims(top, 1)).astype(np.float64)
    count = np.maximum(equal.sum(1) + (zero & (top == 0.0)), 1.0)
    active = _active(margin + (top - at(scores, label)))
    return np.expand_dims(active / count, 1) * equal - np.expand_dims(active, 1) * one_hot(label, scores.shape[1])


@FAMILY.loss(
    "crammer_singer",
    aliases=("multiclass_hinge", "categorical_hinge"),
    cite="Crammer & Singer 2001",
    scores="raw",
    label="class",
    conventions={"optax": {}, "sklearn": {}, "keras": {"zero_in_max": True}},
)
def crammer_singer(
    scores: Floats,
    label: Array,
    *,
    margin: Margin = 1.0,
    zero_in_max: Annotated[bool, Param("include 0 in the maximum over wrong classes, as Keras does")] = False,
) -> Floats:
    """Multiclass hinge loss: how far the true class's score falls short of a margin over the highest wrong score.

    Formula: L = max(0, margin + max_{k≠y} s_k - s_y).
    Gradient: +1 at the highest wrong class (shared by ties) and -1 at the true one where the margin is violated, half of that
    where it is exactly met, else 0. With zero_in_max and all wrong scores below 0, only the -1 at the true class.
    Edge cases: scores are raw, one column per class.
    Use when: exactly one of several classes is true and only the margin over the runner-up matters.
    Avoid when: all wrong classes close to the true one should be pushed down (multi_margin sums over them).
    Related: hinge for two classes; multi_margin (Weston & Watkins) sums over wrong classes; perceptron is margin=0.
    Equivalents: optax multiclass_hinge_loss, scikit-learn hinge_loss (several classes): `crammer_singer`; Keras
    CategoricalHinge: `crammer_singer:zero_in_max=true`.
    """
    best = _rivals(scores, label).max(1)
    rival = np.maximum(best, 0.0) if zero_in_max else best
    return np.maximum(margin + (rival - at(scores, label)), 0.0)


@crammer_singer.gradient
def _crammer_slope(scores: Floats, label: Array, p: Params) -> Floats:
    return _pulled(scores, label, p.margin, p.zero_in_max)


@FAMILY.loss("svm", aliases=("svm_objective",), cite="Cortes & Vapnik 1995", scores="raw", label="binary", of_value=True)
def svm(
    scores: Floats,
    label: Floats,
    *,
    lambda_: Annotated[float, Param("weight of the penalty", ge=0)] = 1.0,
    coef: Annotated[Vector, Param("weight vector w of the classifier, whose norm is penalised", example="[0.5,-1,2]")],
) -> Rows:
    """Objective of a linear support vector machine: mean hinge loss plus an L2 penalty on its weights.

    Formula: mean of max(0, 1 - y f), plus λ/2 ‖w‖².
    Gradient: w.r.t. the scores: -y/n where y f < 1; the penalty does not depend on them, and its gradient λ w w.r.t. the
    weights is not given.
    Edge cases: every row's loss includes the whole penalty, so that the mean is the objective. Labels are 0/1 or -1/+1.
    Use when: you compare linear SVMs by the objective they minimise.
    Avoid when: the models differ in regularisation: compare them by hinge, the first term.
    Related: hinge is its first term.
    Equivalents: scikit-learn SGDClassifier(loss="hinge", alpha=λ): `svm:coef=@w.csv,lambda=0.0001`; LinearSVC's C is 1/(n λ).
    """
    missed = np.maximum(1.0 - signed(scores, label), 0.0)
    value = per_row(missed, "mean")
    penalty = np.full(len(value), float(np.square(coef).sum()) / 2.0)
    return Rows(value + lambda_ * penalty, parts={"hinge": (1.0, value), "penalty": (lambda_, penalty)})


@svm.gradient
def _svm_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    return share(_active(1.0 - signed(scores, label)) * (1.0 - 2.0 * label), "mean")
