"""Focal loss: cross-entropy that down-weights easy rows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import focal_binary, focal_binary_slope, focal_softmax, focal_softmax_slope
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Params, Rows, Vector

Alpha = Annotated[
    float | Vector | None, Param("weight of positives, 1 - alpha of negatives; a list is one weight per class", ge=0, le=1)
]
Gamma = Annotated[float, Param("focusing exponent: larger values down-weight easy rows more", ge=0)]
Mode = Annotated[
    Literal["auto", "softmax", "ovr"], Param("one softmax over the classes, or one sigmoid each; auto: ovr for a single score")
]
Normalizer = Annotated[Literal["samples", "positives"], Param("what the mean divides by: the rows, or the positives (at least 1)")]
Floor = Annotated[float | None, Param("lower bound on the logarithms", le=0)]
Classes = Annotated[
    Literal["sum", "mean"], Param("how a row's classes are combined; a softmax has one nonzero term, which mean divides by C")
]
AlphaOn = Annotated[
    Literal["positives", "rest", "all"],
    Param("a single alpha weighs positives; every class but 0 (which gets 1 - alpha); or all classes of a softmax"),
]
Eps = Annotated[float, Param("clip p to [eps, 1-eps]; with sigmoids only inside the logarithms", ge=0, lt=0.5, example="0.01")]


def scores_of(p: Params, classes: int) -> str:
    """sigmoid for one score or mode=ovr, else softmax."""
    return "sigmoid" if p.mode == "ovr" or (p.mode == "auto" and classes == 1) else "softmax"


def label_of(p: Params, classes: int) -> str:
    """The kind of labels that goes with the scores."""
    return "unit" if scores_of(p, classes) == "sigmoid" else "class"


def per_class(alpha: Floats | float | None, classes: int, alpha_on: str = "positives") -> Floats | None:
    """Alpha per softmax class; for two classes a single number means (1 - alpha, alpha), unless alpha_on=all."""
    if alpha is None or isinstance(alpha, np.ndarray):
        return alpha
    weights = np.full(classes, alpha)
    if alpha_on == "rest" or (alpha_on == "positives" and classes == 2):
        weights[0] = 1.0 - alpha
    return weights


def of_sigmoids(alpha: Floats | float | None, alpha_on: str) -> Floats | float | None:
    """The alpha of sigmoid scores."""
    return None if alpha_on == "all" and isinstance(alpha, float) else alpha


def one_score(alpha: Floats | float | None, label: Floats) -> Any:
    """For a single score, a list of two alphas weighs negatives and positives."""
    if isinstance(alpha, np.ndarray) and label.ndim == 1:
        return alpha[1] * label + alpha[0] * (1.0 - label)
    return None


@FAMILY.loss(
    "focal",
    aliases=("sigmoid_focal", "focal_softmax"),
    cite="Lin 2017",
    scores=scores_of,
    label=label_of,
    conventions={
        "torchvision": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "keras": {"alpha": 0.25, "alpha_on": "all", "eps": 1e-7},
        "monai": {"alpha_on": "rest", "classes": "mean", "mode": "ovr"},
        "smp": {"classes": "mean", "mode": "ovr"},
        "kornia": {"alpha_on": "rest", "classes": "mean"},
        "mmdet": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "optax": {"classes": "mean", "mode": "ovr"},
        "ultralytics": {"alpha": 0.25, "classes": "mean", "gamma": 1.5, "mode": "ovr"},
    },
)
def focal(
    scores: Sigmoid | Softmax,
    label: Array,
    *,
    gamma: Gamma = 2.0,
    alpha: Alpha = None,
    alpha_on: AlphaOn = "positives",
    mode: Mode = "auto",
    normalizer: Normalizer = "samples",
    floor: Floor = None,
    eps: Eps = 0.0,
    classes: Classes = "sum",
) -> Rows:
    """Cross-entropy with easy rows down-weighted by (1 - p_t)^gamma.

    Formula: L = -α_t (1 - p_t)^γ log p_t, p_t the probability of the true class, α_t = α for positives and 1 - α for negatives,
    or the true class's entry of a list.
    Gradient: w.r.t. logits: s α_t (1 - p_t)^γ (γ p_t log p_t - (1 - p_t)), s = +1 for positives and -1 for negatives; softmax:
    α_y (γ p_y (1 - p_y)^(γ-1) log p_y - (1 - p_y)^γ)(δ - p). 0 where p_t = 1, also for γ < 1.
    Edge cases: p_t = 0 gives +infinity, which is counted in the report. 1 - p_t is computed from the complement, so confident
    rows stay exact. A single alpha for more than two softmax classes is an error unless alpha_on is set. normalizer=positives
    divides the sum by the number of positives, or by 1 if there are none. Outside the clipping range the gradient is 0.
    Use when: easy negatives far outnumber other rows, as with a detector's anchors.
    Avoid when: labels are noisy, as mislabelled rows get the largest weights; you need calibrated probabilities.
    Related: gamma=0 is ce or bce (with alpha: balanced_bce).
    Equivalents: torchvision sigmoid_focal_loss: `focal:alpha=0.25` (`mode=ovr` for several columns) with --from-logits;
    RetinaNet's normalizer: `focal:alpha=0.25,mode=ovr,normalizer=positives`; Keras CategoricalFocalCrossentropy and
    BinaryFocalCrossentropy: `focal:alpha=0.25,alpha_on=all,eps=1e-7`, the latter with class balancing
    `focal:alpha=0.25,eps=1e-7`; MONAI FocalLoss, smp FocalLoss, optax sigmoid_focal_loss: `focal:mode=ovr,classes=mean`;
    mmdetection FocalLoss: `focal:alpha=0.25,mode=ovr,classes=mean`; ultralytics FocalLoss also has `gamma=1.5`; kornia
    focal_loss, MONAI with softmax: `focal:classes=mean`, with an alpha: `focal:alpha=0.25,alpha_on=rest,classes=mean`.
    """
    if isinstance(scores, Softmax):
        weight = per_class(alpha, scores.classes, alpha_on)
        values = focal_softmax(scores, label, gamma=gamma, alpha=weight, floor=floor, eps=eps)
        values = values / scores.classes if classes == "mean" else values
        positives = (label > 0).astype(np.float64)
    else:
        alpha = of_sigmoids(alpha, alpha_on)
        weight = one_score(alpha, label)
        values = focal_binary(scores, label, gamma=gamma, alpha=None if weight is not None else alpha, floor=floor, eps=eps)
        values = per_row(values if weight is None else times(weight, values), classes)
        positives = per_row((label > 0).astype(np.float64), "sum")
    if normalizer == "positives":
        return Rows(values, positives, floor=1.0)
    return Rows(values)


@focal.gradient
def slope_of_focal(scores: Sigmoid | Softmax, label: Array, p: Params) -> Floats:
    if isinstance(scores, Softmax):
        weight = per_class(p.alpha, scores.classes, p.alpha_on)
        slope = focal_softmax_slope(scores, label, gamma=p.gamma, alpha=weight, floor=p.floor, eps=p.eps)
        return slope / scores.classes if p.classes == "mean" else slope
    alpha = of_sigmoids(p.alpha, p.alpha_on)
    weight = one_score(alpha, label)
    slope = focal_binary_slope(scores, label, gamma=p.gamma, alpha=None if weight is not None else alpha, floor=p.floor, eps=p.eps)
    return share(slope if weight is None else times(weight, slope), p.classes)


@focal.parts
def parts_of_focal(scores: Sigmoid | Softmax, label: Array, p: Params) -> dict[str, Floats]:
    """p_t, and the factor by which it down-weights the row."""
    if isinstance(scores, Softmax):
        p_t, missed = np.exp(scores.log_p_at(label)), scores.q_at(label)
    else:
        p_t = label * scores.p + (1.0 - label) * scores.q
        missed = label * scores.q + (1.0 - label) * scores.p
    return {"p_t": p_t, "1 - p_t": missed, "(1 - p_t)^gamma": missed**p.gamma}
