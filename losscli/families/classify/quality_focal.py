"""Losses of detectors' class scores: soft targets that tell quality, heat maps, and positions as distributions over bins."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared import quality_bce as entry
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import focal_binary_slope
from losscli.numerics.stable import Floats, times
from losscli.spec.loss import Param, Rows

Classes = Annotated[Literal["sum", "mean"], Param("how the classes of a row are combined")]


@FAMILY.loss(
    "qfl", aliases=("quality_focal",), cite="Li 2020", scores="sigmoid", label="unit",
    conventions={"mmdet": {}},
)  # fmt: skip
def qfl(
    scores: Sigmoid,
    label: Floats,
    *,
    beta: Annotated[float, Param("how fast rows fade whose score is near the quality", ge=0, example="1")] = 2.0,
    classes: Classes = "sum",
) -> Floats:
    """Focal loss for targets that are a quality in 0…1, as the IoU of a detected box.

    Formula: L = |y - σ|^β · -(y log σ + (1 - y) log(1 - σ)), σ the score's probability; the sum over the classes of a row.
    Gradient: by the logit |d|^β d + β |d|^(β-1) sign(d) σ(1 - σ) · bce with d = σ - y; 0 at d = 0.
    Edge cases: class numbers over several columns are one-hot targets. 0 or 1 on the wrong side is +infinity and counted.
    Use when: a class score that should also tell how well the box fits.
    Avoid when: targets are hard labels: focal.
    Related: focal is this with hard targets; vfl weighs positives by their quality instead of fading them.
    Equivalents: mmdetection QualityFocalLoss, which reads a class and its quality: `qfl` of the quality in the class's column.
    """
    return per_row(entry.qfl(scores, label, beta), classes)


@qfl.gradient
def _qfl_slope(scores: Sigmoid, label: Floats, *, beta: float, classes: str) -> Floats:
    return share(entry.qfl_slope(scores, label, beta), classes)


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
    gamma: Annotated[float, Param("how fast easy negatives fade", ge=0, example="1")] = 2.0,
    classes: Classes = "sum",
) -> Floats:
    """Cross-entropy with a quality in 0…1 as target, positives weighted by it, negatives faded as in focal.

    Formula: L = y · -(y log σ + (1 - y) log(1 - σ)) where y > 0, α σ^γ · -log(1 - σ) where y = 0; the sum over the classes of
    a row.
    Gradient: by the logit y (σ - y), or α σ^γ (γ (1 - σ) · -log(1 - σ) + σ).
    Edge cases: class numbers over several columns are one-hot targets. 0 or 1 on the wrong side is +infinity and counted.
    Use when: dense detectors whose few positives should count by how well their box fits.
    Avoid when: qualities are noisy: a low one hides a true object.
    Related: qfl fades both sides; focal has hard targets.
    Equivalents: mmdetection VarifocalLoss, ultralytics VarifocalLoss average over the classes: `vfl:classes=mean`.
    """
    return per_row(entry.vfl(scores, label, alpha, gamma), classes)


@vfl.gradient
def _vfl_slope(scores: Sigmoid, label: Floats, *, alpha: float, gamma: float, classes: str) -> Floats:
    return share(entry.vfl_slope(scores, label, alpha, gamma), classes)


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
    alpha: Annotated[float, Param("how fast easy rows fade", ge=0)] = 2.0,
    gamma: Annotated[float, Param("how fast negatives near a peak fade", ge=0)] = 4.0,
    eps: Annotated[float, Param("added inside both logarithms", ge=0, example="0.01")] = 0.0,
    normalizer: Annotated[
        Literal["positives", "samples"], Param("what the mean divides by: peaks (at least 1), or rows")
    ] = "positives",
) -> Rows:
    """Focal loss on a heat map whose peaks are 1 and fall off around them.

    Formula: L = -(1 - p)^α log(p + eps) where y = 1, else -(1 - y)^γ p^α log(1 - p + eps); the value is Σ L over the number of
    peaks.
    Gradient: by p, at a peak α (1-p)^(α-1) log(p + eps) - (1-p)^α / (p + eps), else
    (1-y)^γ (p^α / (1-p+eps) - α p^(α-1) log(1-p+eps)).
    Edge cases: only y of exactly 1 is a peak. A file without one is divided by 1. Several columns are several heat maps: their sum.
    Use when: key points and centres drawn as Gaussians, where a near miss should cost little.
    Avoid when: targets are a quality to be met: qfl, vfl.
    Related: focal where every target is 0 or 1.
    Equivalents: mmdetection GaussianFocalLoss: `gaussian_focal:eps=1e-12` divided by the positives as its heads do,
    `gaussian_focal:eps=1e-12,normalizer=samples` by itself.
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
def _gaussian_slope(scores: Sigmoid, label: Floats, *, alpha: float, gamma: float, eps: float, normalizer: str) -> Floats:
    peak = label == 1
    near = np.where(peak, 1.0, (1.0 - label) ** gamma)
    if not eps:
        # at a peak this is focal of a positive, elsewhere of a negative
        return near * focal_binary_slope(scores, peak.astype(np.float64), gamma=alpha)
    this, other = np.where(peak, scores.p, scores.q), np.where(peak, scores.q, scores.p)
    safe = np.where(other == 0, 1.0, other)
    turn = np.where(other == 0, 0.0, alpha * safe ** (alpha - 1.0)) * np.log(this + eps) if alpha else 0.0
    h = near * (turn - other**alpha / (this + eps))
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
    """Cross-entropy that draws a distribution over bins to the two beside a real position.

    Formula: L = -((r - y) log p_l + (y - l) log p_r), l and r = l + 1 the bins beside y, p the softmax of the scores.
    Gradient: p - (r - y) δ_l - (y - l) δ_r.
    Reads: one row per side of a box: a score per bin in PRED, in TARGET the position y in 0…C-1.
    Edge cases: scores are raw, --from-logits changes nothing. y = C-1 exactly is the last bin alone. The least value, between two
    bins, is the entropy of their shares, not 0.
    Use when: box sides as distributions, whose spread tells the uncertainty.
    Avoid when: classes have no order: ce.
    Related: ce with the two bins' shares as a soft target.
    Equivalents: mmdetection DistributionFocalLoss: `dfl`; ultralytics DFLoss clamps y to C-1.01 and averages the four sides.
    """
    left, low, high = _bins(label, scores.classes)
    rows = np.arange(len(label))
    log_p = scores.log_p
    return 0.0 - (times(low, log_p[rows, left]) + times(high, log_p[rows, np.minimum(left + 1, scores.classes - 1)]))


def _bins(label: Floats, classes: int) -> tuple[np.ndarray, Floats, Floats]:
    """The bin to the left, its share and that of the next one."""
    left = np.clip(np.floor(label), 0, max(classes - 2, 0)).astype(np.int64)
    high = label - left
    return left, 1.0 - high, high


@dfl.gradient
def _dfl_slope(scores: Softmax, label: Floats) -> Floats:
    left, low, high = _bins(label, scores.classes)
    rows = np.arange(len(label))
    share_ = np.zeros(scores.p.shape)
    share_[rows, left] = low
    share_[rows, np.minimum(left + 1, scores.classes - 1)] += high
    return scores.pull_log(-share_)
