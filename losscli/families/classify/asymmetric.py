"""Asymmetric losses, which down-weight easy negatives more than easy positives."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import Sigmoid, Softmax, one_hot
from losscli.families.shared.cross_entropy import focal_binary, focal_binary_slope, power_slope
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Params

GammaNeg = Annotated[float, Param("focusing exponent of negatives: larger values down-weight easy negatives more", ge=0)]
GammaPos = Annotated[float, Param("focusing exponent of positives: larger values down-weight easy positives more", ge=0)]
Classes = Annotated[Literal["sum", "mean"], Param("how a row's classes are combined")]


@FAMILY.loss(
    "asl",
    aliases=("asymmetric", "asymmetric_multilabel"),
    cite="Ridnik 2021",
    scores="sigmoid",
    label="unit",
    conventions={"timm": {"eps": 1e-8}},
)
def asl(
    scores: Sigmoid,
    label: Floats,
    *,
    gamma_neg: GammaNeg = 4.0,
    gamma_pos: GammaPos = 1.0,
    clip: Annotated[float, Param("amount by which the probability of negatives is shifted down", ge=0, lt=1, example="0")] = 0.05,
    eps: Annotated[float, Param("lower bound on the arguments of both logarithms", ge=0, lt=1, example="0.3")] = 0.0,
    classes: Classes = "sum",
) -> Floats:
    """Multi-label binary cross-entropy that down-weights easy negatives and ignores the easiest ones.

    Formula: L = -y (1 - p)^γ+ log p - (1 - y) p_m^γ- log(1 - p_m), p_m = max(0, p - clip); summed over the columns of a row.
    Gradient: positives as in focal; negatives, where p ≥ clip, w.r.t. p: p_m^γ- / (1 - p_m) - γ- p_m^(γ- - 1) log(1 - p_m); 0
    below.
    Edge cases: negatives with p below clip have zero loss and zero gradient. A positive with probability 0 gives +infinity,
    which is counted in the report; a negative with probability 1 costs -log(clip), which is infinite only for clip=0.
    Use when: there are many labels, few are positive and some are missing: confident negatives stop contributing early.
    Avoid when: you need calibrated probabilities; positives are as common as negatives.
    Related: focal:mode=ovr is the case gamma_neg = gamma_pos, clip=0; asl_single is for exactly one true class.
    Equivalents: timm AsymmetricLossMultiLabel: `asl:eps=1e-8`; its older releases and the authors' code sum over the batch: add
    --reduction sum. The paper uses gamma_pos = 0: `asl:gamma_pos=0`.
    """
    floor = np.log(eps) if eps else None
    positive = focal_binary(scores, np.ones(label.shape), gamma=gamma_pos, floor=floor)
    return per_row(times(label, positive) + times(1.0 - label, _negative(scores, gamma_neg, clip, floor)), classes)


def _negative(scores: Sigmoid, gamma: float, clip: float, floor: float | None) -> Floats:
    """p_m^γ · -log(1 - p_m)"""
    if not clip:
        return focal_binary(scores, np.zeros(scores.array.shape), gamma=gamma, floor=floor)
    shifted = _shifted(scores, clip)
    return times(shifted**gamma, 0.0 - _log_rest(scores, shifted, clip, floor))


def _shifted(scores: Sigmoid, clip: float) -> Floats:
    """p_m"""
    return np.maximum(scores.less(np.full(scores.given.shape, clip)), 0.0)


def _log_rest(scores: Sigmoid, shifted: Floats, clip: float, floor: float | None) -> Floats:
    """log(1 - p_m), computed from whichever of p_m and its complement is small."""
    near = np.log1p(-np.minimum(shifted, 0.5))
    log_rest = np.where(shifted < 0.5, near, np.log(np.minimum(scores.q + clip, 1.0)))
    return log_rest if floor is None else np.maximum(log_rest, floor)


@asl.gradient
def _asl_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    floor = np.log(p.eps) if p.eps else None
    positive = focal_binary_slope(scores, np.ones(label.shape), gamma=p.gamma_pos, floor=floor)
    negative = _negative_slope(scores, p.gamma_neg, p.clip, floor)
    return share(times(label, positive) + times(1.0 - label, negative), p.classes)


def _negative_slope(scores: Sigmoid, gamma: float, clip: float, floor: float | None) -> Floats:
    if not clip:
        return focal_binary_slope(scores, np.zeros(scores.array.shape), gamma=gamma, floor=floor)
    shifted = _shifted(scores, clip)
    rest = np.minimum(scores.q + clip, 1.0)
    on = (scores.p >= clip).astype(np.float64)
    h = shifted**gamma / rest
    if floor is not None:
        h = h * (np.log(rest) >= floor)
    if gamma:
        h = h - power_slope(shifted, gamma) * _log_rest(scores, shifted, clip, floor)
    return scores.pull(on * h)


@FAMILY.loss(
    "asl_single",
    aliases=("asymmetric_single",),
    cite="Ridnik 2021",
    scores="softmax",
    label="class",
    conventions={"timm": {"label_smoothing": 0.1}},
)
def asl_single(
    scores: Softmax,
    label: Array,
    *,
    gamma_neg: GammaNeg = 4.0,
    gamma_pos: GammaPos = 1.0,
    label_smoothing: Annotated[float, Param("t(1-e) + e/C", ge=0, le=1, example="0.1")] = 0.0,
) -> Floats:
    """Single-label asymmetric loss: cross-entropy with one focusing exponent for the true class and one for the others.

    Formula: L = -Σ_k t_k w_k log p_k, w = (1 - p_y)^γ+ at the true class, p_k^γ- at the others; t one-hot, or smoothed.
    Gradient: w.r.t. log p, at the true class: t (γ+ (1 - p)^(γ+ - 1) p log p - (1 - p)^γ+); at the others: -t p^γ- (γ- log p +
    1). W.r.t. logits: the same, backpropagated through the softmax.
    Edge cases: without label_smoothing the other classes have target 0 and gamma_neg has no effect. A true class with
    probability 0 gives +infinity, which is counted in the report.
    Use when: as focal, with smoothed labels whose small targets should not raise classes that are already unlikely.
    Avoid when: you want plain cross-entropy (gamma_pos=0,gamma_neg=0).
    Related: focal with softmax is the case without smoothing; asl treats every class as an independent binary problem.
    Equivalents: timm AsymmetricLossSingleLabel: `asl_single:label_smoothing=0.1`.
    """
    shares, _, weight = _parts(scores, label, gamma_neg, gamma_pos, label_smoothing)
    return 0.0 - times(shares * weight, scores.log_p).sum(1)


def _parts(scores: Softmax, label: Array, gamma_neg: float, gamma_pos: float, smoothing: float) -> tuple[Floats, Floats, Floats]:
    """The smoothed targets, the one-hot targets and the weights."""
    hot = one_hot(label, scores.classes)
    shares = hot * (1.0 - smoothing) + smoothing / scores.classes
    return shares, hot, np.where(hot == 1, scores.q**gamma_pos, scores.p**gamma_neg)


@asl_single.gradient
def _asl_single_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    shares, hot, weight = _parts(scores, label, p.gamma_neg, p.gamma_pos, p.label_smoothing)
    fall = power_slope(scores.q, p.gamma_pos) * scores.p
    turn = np.where(hot == 1, fall, -p.gamma_neg * weight)
    g = times(shares * turn, scores.log_p) - shares * weight
    if p.label_smoothing:
        return scores.pull_log(g)
    return scores.pull_at(label, np.take_along_axis(g, label[:, None], 1)[:, 0])
