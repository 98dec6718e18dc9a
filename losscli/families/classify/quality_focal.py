"""Losses of detectors' class scores: soft quality targets, heat maps, and positions as distributions over bins."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared import quality_bce as entry
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import focal_binary_slope, power_slope
from losscli.numerics.stable import Floats, cell, times
from losscli.spec.loss import Param, Params, Rows

Classes = Annotated[Literal["sum", "mean"], Param("how a row's classes are combined")]


@FAMILY.loss(
    "qfl", aliases=("quality_focal",), cite="Li 2020", scores="sigmoid", label="unit",
    conventions={"mmdet": {}},
)  # fmt: skip
def qfl(
    scores: Sigmoid,
    label: Floats,
    *,
    beta: Annotated[
        float, Param("focusing exponent: larger values down-weight scores close to the target more", ge=0, example="1")
    ] = 2.0,
    classes: Classes = "sum",
) -> Floats:
    """Quality focal loss: focal loss for soft targets in 0…1, such as the IoU of a detected box.

    Formula: L = |y - p|^β · -(y log p + (1 - y) log(1 - p)), p the sigmoid of the score; summed over the classes of a row.
    Gradient: w.r.t. the logit: |d|^β d + β |d|^(β-1) sign(d) p (1 - p) · bce with d = p - y; 0 at d = 0.
    Edge cases: with several columns, class numbers are read as one-hot targets. A wrong probability of 0 or 1 gives +infinity,
    which is counted in the report.
    Use when: the class score should also express localization quality.
    Avoid when: targets are hard labels (use focal).
    Related: focal is the case of hard targets; vfl weighs positives by their quality instead of down-weighting easy ones.
    Equivalents: mmdetection QualityFocalLoss, which reads a class and its quality: `qfl` with the quality in the column of the
    class.
    """
    return per_row(entry.qfl(scores, label, beta), classes)


@qfl.gradient
def _qfl_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    return share(entry.qfl_slope(scores, label, p.beta), p.classes)


@FAMILY.loss(
    "vfl",
    aliases=("varifocal",),
    cite="Zhang 2021",
    scores="sigmoid",
    label="unit",
    conventions={"mmdet": {"classes": "mean"}, "ultralytics": {"classes": "mean"}},
)
def vfl(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[float, Param("weight of negatives", ge=0)] = 0.75,
    gamma: Annotated[
        float, Param("focusing exponent of negatives: larger values down-weight easy negatives more", ge=0, example="1")
    ] = 2.0,
    classes: Classes = "sum",
) -> Floats:
    """Varifocal loss: cross-entropy against a quality in 0…1, weighting positives by it and negatives as in focal loss.

    Formula: L = y · -(y log p + (1 - y) log(1 - p)) where y > 0, α p^γ · -log(1 - p) where y = 0; summed over the classes of a row.
    Gradient: w.r.t. the logit: y (p - y) where y > 0, else α p^γ (γ (1 - p) · -log(1 - p) + p).
    Edge cases: with several columns, class numbers are read as one-hot targets. A wrong probability of 0 or 1 gives +infinity,
    which is counted in the report.
    Use when: a dense detector has few positives, which should be weighted by localization quality.
    Avoid when: qualities are noisy, as a low one gives a true object little weight.
    Related: qfl down-weights easy positives and negatives; focal has hard targets.
    Equivalents: mmdetection VarifocalLoss, ultralytics VarifocalLoss average over the classes: `vfl:classes=mean`.
    """
    return per_row(entry.vfl(scores, label, alpha, gamma), classes)


@vfl.gradient
def _vfl_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    return share(entry.vfl_slope(scores, label, p.alpha, p.gamma), p.classes)


@FAMILY.loss(
    "gaussian_focal",
    aliases=("heatmap_focal", "cornernet_focal"),
    cite="Law & Deng 2018",
    scores="sigmoid",
    label="unit",
    conventions={"mmdet": {"eps": 1e-12, "normalizer": "samples"}},
)
def gaussian_focal(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[float, Param("focusing exponent: larger values down-weight easy rows more", ge=0)] = 2.0,
    gamma: Annotated[float, Param("exponent that down-weights negatives near a peak", ge=0)] = 4.0,
    eps: Annotated[float, Param("added inside both logarithms", ge=0, example="0.01")] = 0.0,
    normalizer: Annotated[
        Literal["positives", "samples"], Param("what the mean divides by: the peaks (at least 1), or the rows")
    ] = "positives",
) -> Rows:
    """Focal loss on a heat map with peaks of 1 and reduced weights around them.

    Formula: L = -(1 - p)^α log(p + eps) where y = 1, else -(1 - y)^γ p^α log(1 - p + eps); the value is Σ L divided by the
    number of peaks.
    Gradient: w.r.t. p, at a peak: α (1-p)^(α-1) log(p + eps) - (1-p)^α / (p + eps); elsewhere: (1-y)^γ (p^α / (1-p+eps) - α
    p^(α-1) log(1-p+eps)).
    Edge cases: only y = 1 exactly is a peak. Without peaks the divisor is 1. Several columns are separate heat maps, whose
    losses are summed.
    Use when: targets are keypoints or centres drawn as Gaussians, and a near miss should cost little.
    Avoid when: targets are qualities to be matched (use qfl or vfl).
    Related: equals focal if every target is 0 or 1.
    Equivalents: mmdetection GaussianFocalLoss: `gaussian_focal:eps=1e-12` divided by the positives as in its heads;
    `gaussian_focal:eps=1e-12,normalizer=samples` as a plain mean.
    """
    peak = label == 1
    entropy = np.where(peak, 0.0 - _log(scores.log_p, scores.p, eps), 0.0 - _log(scores.log_q, scores.q, eps))
    value = times(_fade(scores, label, alpha, gamma), entropy)
    if normalizer == "samples":
        return Rows(per_row(value, "sum"))
    return Rows(per_row(value, "sum"), per_row(peak.astype(np.float64), "sum"), floor=1.0)


def _log(log_x: Floats, x: Floats, eps: float) -> Floats:
    return np.log(x + eps) if eps else log_x


def _fade(scores: Sigmoid, label: Floats, alpha: float, gamma: float) -> Floats:
    peak = label == 1
    return np.where(peak, scores.q**alpha, (1.0 - label) ** gamma * scores.p**alpha)


@gaussian_focal.gradient
def _gaussian_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    peak = label == 1
    near = np.where(peak, 1.0, (1.0 - label) ** p.gamma)
    if not p.eps:
        # at a peak this is the focal gradient of a positive, elsewhere of a negative
        return near * focal_binary_slope(scores, peak.astype(np.float64), gamma=p.alpha)
    this, other = np.where(peak, scores.p, scores.q), np.where(peak, scores.q, scores.p)
    turn = power_slope(other, p.alpha) * np.log(this + p.eps)
    h = near * (turn - other**p.alpha / (this + p.eps))
    return scores.pull(np.where(peak, h, -h))


@FAMILY.loss(
    "dfl",
    aliases=("distribution_focal",),
    cite="Li 2020",
    scores="logits",
    label="position",
    conventions={"mmdet": {}, "ultralytics": {}},
)
def dfl(scores: Softmax, label: Floats) -> Floats:
    """Distribution focal loss: cross-entropy with the two bins next to a real-valued position.

    Formula: L = -((r - y) log p_l + (y - l) log p_r), l and r = l + 1 the bins next to y, p the softmax of the scores.
    Gradient: p - (r - y) δ_l - (y - l) δ_r.
    Reads: one row per side of a box: one score per bin in PRED, the position y in 0…C-1 in TARGET.
    Edge cases: scores are raw; --from-logits has no effect. y = C-1 is the last bin alone. Between two bins the minimum is the
    entropy of their weights, not 0.
    Use when: box sides are predicted as distributions, whose spread expresses uncertainty.
    Avoid when: classes have no order (use ce).
    Related: equals ce with the weights of the two bins as a soft target.
    Equivalents: mmdetection DistributionFocalLoss: `dfl`; ultralytics DFLoss also clamps y to C-1.01 and averages the four sides.
    """
    left, low, high = _bins(label, scores.classes)
    rows = np.arange(len(label))
    log_p = scores.log_p
    return 0.0 - (times(low, log_p[rows, left]) + times(high, log_p[rows, np.minimum(left + 1, scores.classes - 1)]))


def _bins(label: Floats, classes: int) -> tuple[np.ndarray, Floats, Floats]:
    """The bin to the left, its weight and that of the next one."""
    left = cell(label, max(classes - 2, 0))
    high = label - left
    return left, 1.0 - high, high


@dfl.gradient
def _dfl_slope(scores: Softmax, label: Floats, p: Params) -> Floats:
    left, low, high = _bins(label, scores.classes)
    rows = np.arange(len(label))
    share_ = np.zeros(scores.p.shape)
    share_[rows, left] = low
    share_[rows, np.minimum(left + 1, scores.classes - 1)] += high
    return scores.pull_log(-share_)
