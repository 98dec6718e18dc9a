"""Relatives of focal loss: polynomial cross-entropy, the shifted logistic form and focal loss with a threshold."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.classify.focal import Gamma, Mode
from losscli.families.shared.class_scores import Sigmoid, Softmax, at
from losscli.families.shared.cross_entropy import (
    balance,
    binary,
    binary_slope,
    focal_binary,
    focal_binary_slope,
    missed,
    outgrown,
    power_slope,
)
from losscli.families.shared.focal import per_class, scores_of
from losscli.numerics.remainders import log_remainder
from losscli.numerics.stable import Array, Floats, sigmoid, softplus, times
from losscli.spec.loss import Param, Params

Alpha = Annotated[float | None, Param("weight of positives; negatives have weight 1 - alpha", ge=0, le=1, example="0.25")]
Classes = Annotated[Literal["sum", "mean"], Param("how a row's classes are combined")]


def _label_of(p: Params, classes: int) -> str:
    if scores_of(p, classes) == "sigmoid":
        return "unit"
    return "class" if p.gamma or p.alpha is not None else "distribution"


@FAMILY.loss(
    "poly1",
    aliases=("poly_loss", "poly1_ce"),
    cite="Leng 2022",
    lowest=None,
    scores=scores_of,
    label=_label_of,
    conventions={"optax": {}, "timm": {}},
)
def poly1(
    scores: Sigmoid | Softmax,
    label: Array,
    *,
    epsilon: Annotated[float, Param("coefficient of the added term 1 - p_t")] = 2.0,
    gamma: Annotated[float, Param("focusing exponent; above 0 this is the focal form", ge=0, example="2")] = 0.0,
    alpha: Alpha = None,
    mode: Mode = "auto",
    classes: Classes = "sum",
) -> Floats:
    """Cross-entropy plus epsilon times (1 - p_t), its first polynomial term.

    Formula: L = α_t ((1 - p_t)^γ · -log p_t + ε (1 - p_t)^(γ+1)), p_t the probability of the true class.
    Gradient: that of the (focal) cross-entropy, plus, w.r.t. p_t, -ε (γ + 1)(1 - p_t)^γ.
    Edge cases: with γ = 0 softmax targets may be distributions: 1 - p_t is then Σ_k t_k (1 - p_k). With ε below -1 the loss of
    confident rows is negative.
    Use when: the gradient of cross-entropy is too weak (ε > 0) or too strong (ε < 0) on nearly correct rows.
    Avoid when: you need calibrated probabilities, as it is not a proper score unless ε = 0.
    Related: ε=0 is ce or bce, or focal with gamma; this changes the first term of -log p_t = Σ_j (1 - p_t)^j / j.
    Equivalents: optax poly_loss_cross_entropy, timm PolyCrossEntropy: `poly1`; timm PolyBinaryCrossEntropy:
    `poly1:mode=ovr,classes=mean`. abhuse/polyloss-pytorch uses ε=1, and its focal form applies alpha to the first term only.
    """
    if isinstance(scores, Sigmoid):
        value = times(missed(scores, label) ** gamma, _both(scores, label, epsilon))
        return per_row(times(np.broadcast_to(balance(label, alpha), value.shape), value), classes)
    if label.dtype.kind == "f":
        return times(label, _term(scores.log_p, scores.q, epsilon)).sum(1)
    q, weight = scores.q_at(label), per_class(alpha, scores.classes)
    value = times(q**gamma, _term(scores.log_p_at(label), q, epsilon))
    return value if weight is None else times(weight[label], value)


def _term(log_p: Floats, q: Floats, epsilon: float) -> Floats:
    """-log p + ε (1 - p); for ε below 0, where these cancel near p = 1, from -log p - (1 - p)."""
    if epsilon >= 0:
        return epsilon * q - log_p
    return (1.0 + epsilon) * q + np.where(q < 0.5, log_remainder(-np.minimum(q, 0.5)), 0.0 - log_p - q)


def _both(scores: Sigmoid, label: Floats, epsilon: float) -> Floats:
    """The terms of the positive and the negative class, weighted by the target."""
    return times(label, _term(scores.log_p, scores.q, epsilon)) + times(1.0 - label, _term(scores.log_q, scores.p, epsilon))


@poly1.gradient
def _poly1_slope(scores: Sigmoid | Softmax, label: Array, p: Params) -> Floats:
    """The derivative with respect to log p is -(1 + ε p), written (1 + ε) - ε (1 - p)."""
    if isinstance(scores, Sigmoid):
        slope = _binary_slope(scores, label, p.epsilon, p.gamma)
        return share(times(np.broadcast_to(balance(label, p.alpha), slope.shape), slope), p.classes)
    if label.dtype.kind == "f":
        return scores.pull_log(-label * (1.0 + p.epsilon - p.epsilon * scores.q))
    prob, q, weight = at(scores.p, label), scores.q_at(label), per_class(p.alpha, scores.classes)
    g = -(q**p.gamma) * (1.0 + p.epsilon - p.epsilon * q)
    if p.gamma:
        g = g - times(power_slope(q, p.gamma) * prob, _term(scores.log_p_at(label), q, p.epsilon))
    return scores.pull_at(label, g if weight is None else g * weight[label])


def _binary_slope(scores: Sigmoid, label: Floats, epsilon: float, gamma: float) -> Floats:
    wrong = missed(scores, label)
    fade = wrong**gamma
    slope = scores.pull_log(
        -fade * label * (1.0 + epsilon - epsilon * scores.q), -fade * (1.0 - label) * (1.0 + epsilon - epsilon * scores.p)
    )
    if not gamma:
        return slope
    turn, both = (1.0 - 2.0 * label) * power_slope(wrong, gamma), _both(scores, label, epsilon)
    return outgrown(slope, times(turn * scores.p * scores.q, both) if scores.from_logits else times(turn, both))


@FAMILY.loss("focal_star", cite="Lin 2017", scores="sigmoid", label="binary")
def focal_star(
    scores: Sigmoid,
    label: Floats,
    *,
    gamma: Annotated[float, Param("slope: multiplies the logit", gt=0)] = 2.0,
    beta: Annotated[float, Param("shift added after scaling")] = 1.0,
    alpha: Alpha = None,
    classes: Classes = "sum",
) -> Floats:
    """Scaled and shifted logistic loss that down-weights easy rows similarly to focal loss.

    Formula: L = α_t · -log σ(γ s z + β) / γ, z the logit, s = +1 for positives and -1 for negatives.
    Gradient: w.r.t. the logit: -s α_t σ(-(γ s z + β)); w.r.t. probabilities: the same divided by p(1 - p).
    Edge cases: probabilities p are converted to the logits log(p/(1-p)); a wrong p of 0 or 1 gives +infinity.
    Use when: you want the behaviour of focal loss with a convex logistic form.
    Avoid when: a logit of 0 should have its usual loss: with β above 0 both classes need a smaller margin.
    Related: γ=1 and β=0 is bce; focal uses the power (1 - p_t)^γ instead.
    Equivalents: fvcore sigmoid_focal_loss_star: `focal_star:gamma=1,beta=0`; the paper uses gamma=2, beta=1 and gamma=4, beta=0.
    """
    value = softplus(_short(scores, label, gamma, beta)) / gamma
    if not scores.from_logits:
        odds = _odds(scores, label)
        value = np.where(odds < 1.0, np.log1p(np.exp(-beta) * np.minimum(odds, 1.0) ** gamma) / gamma, value)
    return per_row(times(np.broadcast_to(balance(label, alpha), value.shape), value), classes)


def _short(scores: Sigmoid, label: Floats, gamma: float, beta: float) -> Floats:
    """-(γ s z + β)"""
    return (1.0 - 2.0 * label) * gamma * scores.logit - beta


def _odds(scores: Sigmoid, label: Floats) -> Floats:
    """The odds of the wrong class: the exponential of their logarithm would amplify its rounding where they are small."""
    return np.where(label == 1, scores.q / scores.p, scores.p / scores.q)


@focal_star.gradient
def _focal_star_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    pull = sigmoid(_short(scores, label, p.gamma, p.beta))
    sign = balance(label, p.alpha) * (1.0 - 2.0 * label)
    if scores.from_logits:
        return share(sign * pull, p.classes)
    odds, right = np.minimum(_odds(scores, label), 1.0), np.where(label == 1, scores.p, scores.q)
    faint = np.exp(-p.beta) * odds ** (p.gamma - 1.0)
    near = faint / (1.0 + faint * odds) / np.square(right)
    return share(sign * np.where(odds < 1.0, near, scores.pull_logit(pull)), p.classes)


@FAMILY.loss(
    "reduced_focal", cite="Sergievskiy & Ponamarev 2019", scores="sigmoid", label="binary", conventions={"smp": {"classes": "mean"}}
)
def reduced_focal(
    scores: Sigmoid,
    label: Floats,
    *,
    gamma: Gamma = 2.0,
    threshold: Annotated[float, Param("p_t below which rows keep their full weight", gt=0, le=1)] = 0.5,
    alpha: Alpha = None,
    classes: Classes = "sum",
) -> Floats:
    """Focal loss that keeps the full cross-entropy of hard rows (p_t below a threshold) and down-weights only easy ones.

    Formula: L = -α_t r log p_t, r = 1 where p_t < T, else ((1 - p_t) / T)^γ.
    Gradient: that of bce where p_t < T, else that of focal divided by T^γ.
    Edge cases: for T other than ½ the factor jumps at p_t = T, from 1 to ((1 - T) / T)^γ. p_t = 0 gives +infinity, which is
    counted in the report.
    Use when: hard rows should keep their full weight, for example few true objects among many easy negatives.
    Avoid when: labels are noisy, as mislabelled rows keep their full weight.
    Related: focal down-weights every row; T=1 is bce.
    Equivalents: smp FocalLoss(reduced_threshold=0.5): `reduced_focal:classes=mean`; catalyst reduced_focal_loss: `reduced_focal`.
    pytorch-toolbelt divides by 1 - T.
    """
    value = binary(scores, label)
    focal_term = focal_binary(scores, label, gamma=gamma) / threshold**gamma
    loss = np.where(missed(scores, label) > 1.0 - threshold, value, focal_term)
    return per_row(times(np.broadcast_to(balance(label, alpha), loss.shape), loss), classes)


@reduced_focal.gradient
def _reduced_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    focal_term = focal_binary_slope(scores, label, gamma=p.gamma) / p.threshold**p.gamma
    slope = np.where(missed(scores, label) > 1.0 - p.threshold, binary_slope(scores, label), focal_term)
    return share(times(np.broadcast_to(balance(label, p.alpha), slope.shape), slope), p.classes)
