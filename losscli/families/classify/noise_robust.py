"""Losses robust to label noise: bounded, symmetric or normalised variants of cross-entropy."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import Softmax, at, one_hot
from losscli.families.shared.cross_entropy import power_slope
from losscli.numerics.stable import Array, Floats, divide, times
from losscli.spec.loss import Param, Params, Rows

A = Annotated[float, Param("value used for log 0 of a label", lt=0)]
Beta = Annotated[float, Param("weight of the passive term", ge=0)]


@FAMILY.loss(
    "gce",
    aliases=("generalized_ce", "generalized_cross_entropy"),
    cite="Zhang & Sabuncu 2018",
    scores="softmax",
    label="class",
    conventions={"keras": {}},
)
def gce(
    scores: Softmax,
    label: Array,
    *,
    q: Annotated[float, Param("1 gives the absolute error; towards 0 it approaches cross-entropy", gt=0, le=1, example="1")] = 0.7,
) -> Floats:
    """Generalised cross-entropy: interpolates between cross-entropy and absolute error, and is bounded.

    Formula: L = (1 - p_y^q) / q.
    Gradient: w.r.t. logits: p_y^q (p - t); w.r.t. probabilities: -t p_y^(q-1).
    Edge cases: at most 1/q, reached where p_y = 0; there the gradient is -infinity for q < 1 and -1 for q = 1.
    Use when: some of the labels are wrong.
    Avoid when: labels are clean and rows are hard, as the gradient vanishes where p_y is small.
    Related: for q towards 0 it is ce; q = 1 is half the absolute error Σ_k |p_k - t_k|.
    Equivalents: Keras CategoricalGeneralizedCrossEntropy(q): `gce:q=0.5`; Active-Passive-Losses clamps p at 1e-7.
    """
    return 0.0 - np.expm1(q * scores.log_p_at(label)) / q


@gce.gradient
def _gce_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    if scores.from_logits:
        return scores.pull_at(label, -scores.power_at(label, p.q))
    steep = at(scores.p, label) ** (p.q - 1.0)
    hot = one_hot(label, scores.classes)
    return scores.pull(-times(hot, np.expand_dims(steep, 1)))


def reverse(scores: Softmax, label: Array, floor: float = 0.0) -> Floats:
    """Σ p over the wrong classes, which reverse cross-entropy multiplies by -A."""
    wrong = 1.0 - one_hot(label, scores.classes)
    return (wrong * np.maximum(scores.p, floor)).sum(1)


def reverse_slope(scores: Softmax, label: Array, floor: float = 0.0) -> Floats:
    if scores.from_logits and not floor:
        return scores.pull_at(label, -at(scores.p, label))
    return scores.pull((1.0 - one_hot(label, scores.classes)) * (scores.p >= floor))


@FAMILY.loss("sce", aliases=("symmetric_ce", "symmetric_cross_entropy"), cite="Wang 2019", scores="softmax", label="class")
def sce(
    scores: Softmax,
    label: Array,
    *,
    alpha: Annotated[float, Param("weight of cross-entropy", ge=0)] = 1.0,
    beta: Annotated[float, Param("weight of reverse cross-entropy", ge=0)] = 1.0,
    A: A = -4.0,
    eps: Annotated[float, Param("lower bound on p, in the reverse term only", ge=0, lt=1, example="0.1")] = 0.0,
) -> Rows:
    """Symmetric cross-entropy: cross-entropy plus reverse cross-entropy (label and prediction swapped).

    Formula: L = -α log p_y - β A Σ_{k≠y} p_k: reverse cross-entropy -Σ_k p_k log t_k with log 0 replaced by A.
    Gradient: w.r.t. logits: (α - β A p_y)(p - t); w.r.t. probabilities: -α t / p - β A (1 - t).
    Edge cases: p_y = 0 gives +infinity, which is counted in the report, unless alpha=0. In the reverse term a probability below
    eps counts as eps and has zero gradient.
    Use when: some of the labels are wrong and gce or the absolute error learns too slowly.
    Avoid when: labels are clean or you need calibrated probabilities, as the reverse term is not a proper score.
    Related: alpha=0 is reverse cross-entropy alone, which is -A times half the absolute error; apl normalises the first term.
    Equivalents: the paper uses A = -4; Active-Passive-Losses and catalyst clamp the label at 1e-4:
    `sce:A=-9.210340371976182,eps=1e-7`.
    """
    entropy, wrong = 0.0 - scores.log_p_at(label), -A * reverse(scores, label, eps)
    weights = np.full(len(label), alpha)
    return Rows(times(weights, entropy) + beta * wrong, parts={"ce": (alpha, entropy), "reverse_ce": (beta, wrong)})


@sce.gradient
def _sce_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return scores.pull_at(label, np.full(len(label), -p.alpha)) - p.beta * p.A * reverse_slope(scores, label, p.eps)


def normalised(own: Floats, every: Floats) -> Floats:
    """own / Σ every; classes with infinite loss share it equally, and the others count as 0."""
    endless, total = np.isinf(every).sum(1), every.sum(1)
    beyond = np.where(np.isinf(total), float(every.shape[1]), 1.0)  # a sum of finite losses may not be a double
    finite = divide(own / beyond, (every / np.expand_dims(beyond, 1)).sum(1), 0.0)
    return np.where(endless > 0, np.isinf(own) / np.maximum(endless, 1), finite)


def normalised_slope(scores: Softmax, label: Array, every: Floats, rise: Floats) -> Floats:
    """The gradient of ℓ_y / Σ_k ℓ_k, given every ℓ_k and its derivative with respect to log p_k; 0 where one is infinite."""
    total = np.expand_dims(every.sum(1), 1)
    bad = ~np.isfinite(total) | (total == 0)
    safe, own = np.where(bad, 1.0, total), np.expand_dims(at(every, label), 1)
    hot = one_hot(label, scores.classes) == 1
    others = np.where(hot, 0.0, every).sum(1, keepdims=True)  # 1 - own/total would cancel where own is nearly all of total
    by = np.where(bad, 0.0, np.where(hot, others / safe, -own / safe) / safe)
    return scores.pull_log(times(by, rise))


@FAMILY.loss(
    "nce", aliases=("normalized_ce", "normalized_cross_entropy"), cite="Ma 2020", highest=1.0, scores="softmax", label="class"
)
def nce(scores: Softmax, label: Array) -> Floats:
    """Normalised cross-entropy: cross-entropy divided by its sum over all possible labels, at most 1.

    Formula: L = log p_y / Σ_k log p_k.
    Gradient: w.r.t. logits, with ℓ = -log p and S = Σ ℓ: ((p - t) S + log p_y (C p - 1)) / S².
    Edge cases: where classes have probability 0 the value is the limit as all of them tend to 0: 1 over their number if the
    true class is among them, else 0; the gradient there is 0.
    Use when: label noise is symmetric; it is robust at any noise rate.
    Avoid when: it would be the only term, as it learns slowly (apl adds a passive term).
    Related: apl adds a passive term; ce is the numerator.
    Equivalents: Active-Passive-Losses NormalizedCrossEntropy: `nce`.
    """
    every = 0.0 - scores.log_p
    return normalised(at(every, label), every)


@nce.gradient
def _nce_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return normalised_slope(scores, label, 0.0 - scores.log_p, -np.ones(scores.p.shape))


def _active(scores: Softmax, active: str, gamma: float) -> Floats:
    """ℓ_k of every class, as if it were the true one."""
    every = 0.0 - scores.log_p
    return every if active == "nce" else times(scores.q**gamma, every)


@FAMILY.loss("apl", aliases=("active_passive",), cite="Ma 2020", scores="softmax", label="class")
def apl(
    scores: Softmax,
    label: Array,
    *,
    alpha: Annotated[float, Param("weight of the active term", ge=0)] = 1.0,
    beta: Beta = 1.0,
    active: Annotated[Literal["nce", "nfl"], Param("normalised cross-entropy, or normalised focal loss")] = "nce",
    passive: Annotated[Literal["rce", "mae"], Param("reverse cross-entropy, or the absolute error Σ|p - t|")] = "rce",
    gamma: Annotated[float, Param("exponent of the focal loss (active=nfl)", ge=0)] = 0.5,
    A: A = -4.0,
) -> Rows:
    """Active-passive loss: a normalised loss that raises the true class plus a passive one that lowers the others.

    Formula: L = α ℓ_y / Σ_k ℓ_k + β R, ℓ = -log p or -(1 - p)^γ log p, R = -A Σ_{k≠y} p_k or Σ_k |p_k - t_k| = 2 Σ_{k≠y} p_k.
    Gradient: w.r.t. logits: that of the normalised term (see nce) plus -β A p_y (p - t), or for passive=mae 2 β p_y (p - t).
    Edge cases: classes with probability 0 are treated as in nce. Both terms are bounded, and so is the loss.
    Use when: many of the labels are wrong.
    Avoid when: labels are clean (ce learns faster).
    Related: nce is the active term alone; sce uses plain cross-entropy instead.
    Equivalents: Active-Passive-Losses NCEandRCE clamps the label at 1e-4: `apl:A=-9.210340371976182`; its NCEandMAE omits the
    factor 2 of the absolute error: `apl:passive=mae,beta=0.5` for its β of 1.
    """
    every = _active(scores, active, gamma)
    up, down = normalised(at(every, label), every), (-A if passive == "rce" else 2.0) * reverse(scores, label)
    return Rows(alpha * up + beta * down, parts={active: (alpha, up), passive: (beta, down)})


@apl.gradient
def _apl_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    every, rise = _active(scores, p.active, p.gamma), -np.ones(scores.p.shape)
    if p.active == "nfl":
        rise = times(power_slope(scores.q, p.gamma) * scores.p, scores.log_p) - scores.q**p.gamma
    up = normalised_slope(scores, label, every, rise)
    return p.alpha * up + p.beta * (-p.A if p.passive == "rce" else 2.0) * reverse_slope(scores, label)
