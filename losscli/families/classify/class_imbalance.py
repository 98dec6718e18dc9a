"""Losses for imbalanced classes, based on the number of rows per class (given, or counted in the data)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.classify.cross_entropy import Norm, Weights
from losscli.families.classify.family import FAMILY, columns
from losscli.families.classify.focal import Gamma
from losscli.families.shared.class_scores import Sigmoid, Softmax, one_hot
from losscli.families.shared.cross_entropy import (
    binary,
    binary_slope,
    cross_entropy,
    cross_entropy_slope,
    focal_binary,
    focal_binary_slope,
)
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Params, Rows, Vector

Counts = Annotated[
    Vector | Literal["auto"],
    Param("rows per class in the training data; auto: counted in the targets", gt=0, example="[40,20,10,5]"),
]
Totals = Mapping[str, Floats]


def counted(label: Array, classes: int) -> dict[str, Floats]:
    """The number of rows per class, as sums of a first pass."""
    return {"counts": one_hot(label, classes)}


def found(totals: Totals, p: Params) -> dict[str, Any]:
    """The counted rows per class, unless counts were given."""
    return {"counts": totals["counts"][0]} if isinstance(p.counts, str) else {}


def _classes(scores: Softmax | Sigmoid) -> int:
    if isinstance(scores, Softmax):
        return scores.classes
    return 2 if scores.array.ndim == 1 else int(scores.array.shape[1])


def _cb_scores(p: Params, classes: int) -> str:
    return "softmax" if p.form == "softmax" else "sigmoid"


@FAMILY.loss("class_balanced", aliases=("effective_number",), cite="Cui 2019", scores=_cb_scores, label="class")
def class_balanced(
    scores: Softmax | Sigmoid,
    label: Array,
    *,
    counts: Counts = "auto",
    beta: Annotated[float, Param("0 weighs all classes equally; towards 1, inversely to their counts", ge=0, lt=1)] = 0.999,
    form: Annotated[
        Literal["softmax", "sigmoid", "focal"], Param("cross-entropy, or one sigmoid per class (binary cross-entropy or focal)")
    ] = "softmax",
    gamma: Gamma = 2.0,
) -> Floats:
    """Cross-entropy or focal loss weighted by the inverse effective number of samples of the true class.

    Formula: L = w_y ℓ, w_k = (1 - β)/(1 - β^n_k) scaled so that Σ_k w_k = C; ℓ is ce, or bce or focal summed over the classes.
    Gradient: w_y times the gradient of ℓ.
    Edge cases: the mean divides by the number of rows. With counts=auto, classes without rows have weight 0 and are left out of
    the scaling. gamma only applies to form=focal. One score per row means two classes.
    Use when: the training classes are imbalanced but equally important.
    Avoid when: the data are not the training data and `counts` is left at auto: set it to the training counts.
    Related: β=0 is ce; β towards 1 weighs by 1/n_k; logit_adjusted shifts the logits instead of weighting the loss.
    Equivalents: the authors' code: `class_balanced`, `class_balanced:form=focal` with --from-logits; its sigmoid form averages
    over the classes: `class_balanced:form=sigmoid` divided by C.
    """
    weight = _weights(counts, beta)[label]
    if isinstance(scores, Softmax):
        return times(weight, cross_entropy(scores, label)[0])
    target = _target(scores, label)
    entropy = binary(scores, target) if form == "sigmoid" else focal_binary(scores, target, gamma=gamma)
    return times(weight, columns(entropy).sum(1))


def _weights(counts: Any, beta: float) -> Floats:
    there = counts > 0
    effective = -np.expm1(counts * np.log(beta)) / (1.0 - beta) if beta else np.ones(len(counts))
    raw = np.where(there, 1.0 / np.where(there, effective, 1.0), 0.0)
    return raw * (there.sum() / raw.sum())


def _target(scores: Sigmoid, label: Array) -> Floats:
    return label.astype(np.float64) if scores.array.ndim == 1 else one_hot(label, scores.array.shape[1])


@class_balanced.gradient
def _cb_slope(scores: Softmax | Sigmoid, label: Array, p: Params) -> Floats:
    weight = _weights(p.counts, p.beta)[label]
    if isinstance(scores, Softmax):
        slope = cross_entropy_slope(scores, label)
    else:
        target = _target(scores, label)
        slope = binary_slope(scores, target) if p.form == "sigmoid" else focal_binary_slope(scores, target, gamma=p.gamma)
    return weight.reshape(-1, *[1] * (slope.ndim - 1)) * slope


class_balanced.fit(lambda scores, label, p: counted(label, _classes(scores)))
class_balanced.resolve(found)


_NEVER = -1e300
"""A logit of probability 0 that stays finite."""


def raw_logits(scores: Softmax) -> bool:
    """Whether the scores are the logits themselves, one per class."""
    return scores.from_logits and scores.array.ndim > 1


def moved(scores: Softmax, offset: Floats) -> Softmax:
    """The softmax of the logits plus an offset; probabilities p are the logits log p."""
    return Softmax((scores.array if raw_logits(scores) else np.maximum(scores.log_p, _NEVER)) + offset, True)


def moved_ce(scores: Softmax, label: Array, offset: Floats) -> Floats:
    """The cross-entropy of that softmax; infinite where the true class has probability 0."""
    return np.where(np.isneginf(scores.log_p_at(label)), np.inf, 0.0 - moved(scores, offset).log_p_at(label))


def moved_ce_slope(scores: Softmax, label: Array, offset: Floats) -> Floats:
    """Its gradient, with the offset held constant."""
    slope = moved(scores, offset).pull_at(label, -np.ones(len(label)))
    return slope if raw_logits(scores) else scores.pull_log(slope)


def _log_prior(counts: Any, tau: float) -> Floats:
    """τ log(n / n_max), which leaves out classes without rows."""
    return np.where(counts > 0, tau * np.log(np.maximum(counts, 1e-300) / counts.max()), _NEVER)


@FAMILY.loss("logit_adjusted", cite="Menon 2021", scores="softmax", label="class")
def logit_adjusted(
    scores: Softmax,
    label: Array,
    *,
    counts: Counts = "auto",
    tau: Annotated[float, Param("strength of the adjustment", ge=0, example="0.5")] = 1.0,
) -> Floats:
    """Cross-entropy of logits shifted by the log class priors, which gives rare classes a larger margin.

    Formula: L = -log( e^(z_y + τ log π_y) / Σ_k e^(z_k + τ log π_k) ), π_k = n_k / Σ n.
    Gradient: w.r.t. logits: p' - t with the adjusted softmax p'; w.r.t. probabilities: the same divided by p, and 0 where p = 0.
    Edge cases: with counts=auto, a class without rows is left out of the softmax. Probabilities p are converted to the logits
    log p.
    Use when: you train on imbalanced classes and want a low balanced error.
    Avoid when: you evaluate a trained model's probabilities as they are: use ce.
    Related: τ=0 is ce, τ=1 is balanced_softmax; ldam shifts the true class's logit only.
    Equivalents: torch cross_entropy(z + tau * log(prior), y): `logit_adjusted:counts=@counts.npy` with --from-logits.
    """
    return moved_ce(scores, label, _log_prior(counts, tau))


@logit_adjusted.gradient
def _adjusted_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return moved_ce_slope(scores, label, _log_prior(p.counts, p.tau))


logit_adjusted.fit(lambda scores, label, p: counted(label, scores.classes))
logit_adjusted.resolve(found)


@FAMILY.loss("balanced_softmax", cite="Ren 2020", scores="softmax", label="class")
def balanced_softmax(scores: Softmax, label: Array, *, counts: Counts = "auto") -> Floats:
    """Cross-entropy of a softmax with each class weighted by its number of rows.

    Formula: L = -log( n_y e^z_y / Σ_k n_k e^z_k ).
    Gradient: w.r.t. logits: p' - t with the weighted softmax p'; w.r.t. probabilities: the same divided by p, and 0 where p = 0.
    Edge cases: with counts=auto, a class without rows is left out of the softmax. Probabilities p are converted to the logits
    log p.
    Use when: the training classes are imbalanced and the test set is balanced.
    Avoid when: you evaluate a trained model's probabilities as they are: use ce.
    Related: logit_adjusted with τ=1 is the same loss.
    Equivalents: torch cross_entropy(z + log(counts), y): `balanced_softmax:counts=@counts.npy` with --from-logits.
    """
    return moved_ce(scores, label, _log_prior(counts, 1.0))


@balanced_softmax.gradient
def _balanced_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return moved_ce_slope(scores, label, _log_prior(p.counts, 1.0))


balanced_softmax.fit(lambda scores, label, p: counted(label, scores.classes))
balanced_softmax.resolve(found)


@FAMILY.loss("ldam", cite="Cao 2019", scores="logits", label="class")
def ldam(
    scores: Softmax,
    label: Array,
    *,
    counts: Counts = "auto",
    max_m: Annotated[float, Param("margin of the rarest class", ge=0)] = 0.5,
    s: Annotated[float, Param("scale of the scores after the margin", gt=0)] = 30.0,
    weights: Weights = None,
    norm: Norm = "weights",
) -> Rows:
    """Cross-entropy of scaled scores after subtracting a margin, larger for rarer classes, from the true class's score.

    Formula: L = w_y ce(s (z - m_y t)), m_k = max_m (n_min / n_k)^(1/4).
    Gradient: s w_y (p' - t) with p' the softmax of the scaled scores.
    Edge cases: scores are raw (cosines in the paper); --from-logits has no effect. With counts=auto, classes without rows have
    no margin. weights correspond to the paper's deferred re-weighting.
    Use when: you train on imbalanced classes with normalised scores.
    Avoid when: scores are unnormalised logits, next to which a margin of max_m is negligible.
    Related: cosface (embed) has one margin for all classes; logit_adjusted shifts every class's logit.
    Equivalents: the authors' LDAMLoss: `ldam:counts=@counts.npy`.
    """
    values, divisor, _ = cross_entropy(_lowered(scores, label, counts, max_m, s), label, weights=weights, norm=norm)
    return Rows(values, divisor)


def _lowered(scores: Softmax, label: Array, counts: Any, max_m: float, s: float) -> Softmax:
    there = counts > 0
    least = counts[there].min() if there.any() else 1.0
    margin = np.where(there, max_m * (least / np.where(there, counts, 1.0)) ** 0.25, 0.0)
    below = scores.array - scores.array.max(1, keepdims=True)  # so that s times a score cannot overflow
    return Softmax(s * (below - one_hot(label, scores.classes) * margin), True)


@ldam.gradient
def _ldam_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return p.s * cross_entropy_slope(_lowered(scores, label, p.counts, p.max_m, p.s), label, weights=p.weights)


ldam.fit(lambda scores, label, p: counted(label, scores.classes))
ldam.resolve(found)
