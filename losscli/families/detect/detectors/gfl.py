"""Generalized focal loss and YOLOv8, which predict each side of a box as a distribution over bins. A row is a location."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._box_weights import Totals, evened, sums, totals_of
from losscli.families.detect._detector_terms import apart, apart_slope, summed
from losscli.families.detect._iou_quality import at_class, quality
from losscli.families.detect._ltrb import spread, true_sides
from losscli.families.detect._side_bins import Bins, read_bins, refuse_beyond
from losscli.families.detect.detectors.fcos import class_rows, located
from losscli.families.detect.family import FAMILY, misshapen
from losscli.families.detect.iou import ciou, giou
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import binary, binary_slope
from losscli.families.shared.quality_bce import qfl, qfl_slope
from losscli.numerics.stable import Floats, Ints, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block

Cut = Annotated[float | None, Param("clip true distances this far before the last bin; none: refuse distances beyond it", ge=0)]


def _prepare_gfl(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, label = located(block, conventions, watch)
    dist, inside = read_bins(block), label >= 0
    true = true_sides(block, inside)
    refuse_beyond(block, inside, true, dist.shape[-1], p.cut, loss.name)
    return scores, dist, label, true


@FAMILY.loss(
    "gfl",
    aliases=("generalized_focal",),
    cite="Li 2020",
    of_value=True,
    frozen=lambda p: True,
    first_pass=lambda p: p.box_weight != "one",
    conventions={"mmdet": {"box_weight": "score", "cut": 0.1}},
    reads=_prepare_gfl,
    sample="a location",
)
def gfl(
    scores: Sigmoid,
    dist: Floats,
    label: Ints,
    target_deltas: Floats,
    *,
    beta: Annotated[float, Param("focusing exponent: down-weights locations of accurate quality", ge=0)] = 2.0,
    lambda_: Annotated[float, Param("weight of the box term", ge=0)] = 2.0,
    lambda_dfl: Annotated[float, Param("weight of the distribution term", ge=0)] = 0.25,
    cut: Cut = None,
    box_weight: Annotated[
        Literal["one", "score"], Param("weight box and bin terms equally, or by the highest class score s and divide by Σ s")
    ] = "one",
    totals: Totals = None,
) -> Rows:
    """Quality focal loss of the classes at every location plus GIoU and distribution focal losses of the boxes at objects.

    Formula: L = (Σ QFL + lambda·Σ_objects GIoU + lambda_dfl·Σ_objects DFL) / max(1, N), N the locations with an object;
    QFL = |y - p|^beta·BCE(p, y), y the IoU of the predicted box at the object's class, 0 elsewhere; a side is the mean of its bins;
    DFL = -((l + 1 - y)·log p_l + (y - l)·log p_(l+1)), l ≤ y the bin below the true distance, averaged over the sides.
    box_weight=score: both object terms are Σ s·(…) / max(1, Σ s), s the location's highest probability, held constant.
    Gradient: qfl's by the scores, y held constant; by the bins' logits lambda·dGIoU·p_j(j - mean) + lambda_dfl/4·(p - target bins).
    Edge cases: without objects the sums are divided by 1. A true distance beyond the last bin is refused unless cut is given.
    Reads: PRED scores (n,C), dist (n,4,R) or (n,4R): logits of the bins, sides l, t, r, b; TARGET label (n,), -1 without object,
    deltas (n,4): l, t, r, b in units of the stride. A row is a location. --from-logits applies to the scores; bins are always
    logits.
    Use when: reproducing a training log of GFL, or breaking it down into its terms: class, box, dfl.
    Avoid when: comparing detectors: it depends on their assignment of locations.
    Related: its terms alone are qfl and dfl in classify, and giou; yolo_v8 uses ciou and reads the target qualities.
    Equivalents: mmdetection GFLHead: `gfl:box_weight=score,cut=0.1` with --from-logits.
    """
    at, rows = np.flatnonzero(label >= 0), len(label)
    bins, true = Bins(dist[at]), target_deltas[at]
    target = at_class(quality(bins.mean, true), label, at, scores.array.shape[1])
    counted = _counted(scores, at, box_weight, totals)
    parts = {
        "class": (1.0, row_sum(qfl(scores, target, beta))),
        "box": (lambda_, spread(counted * apart(giou, bins.mean, true), at, rows)),
        "dfl": (lambda_dfl, spread(counted * bins.dfl(true, cut), at, rows)),
    }
    return summed(parts, (label >= 0).astype(np.float64))


@gfl.fit
def _scored(scores: Sigmoid, dist: Floats, label: Ints, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    return sums(label, scores.p[label >= 0].max(1))


gfl.resolve(totals_of)


def _counted(scores: Sigmoid, at: Ints, box_weight: str, totals: Floats | None) -> Floats:
    return np.ones(len(at)) if box_weight == "one" else evened(scores.p[at].max(1), totals, 1.0)


@gfl.gradient
def _gfl_slope(scores: Sigmoid, dist: Floats, label: Ints, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    at, rows = np.flatnonzero(label >= 0), len(label)
    counted = _counted(scores, at, p.box_weight, p.totals)
    bins, true = Bins(dist[at]), target_deltas[at]
    target = at_class(quality(bins.mean, true), label, at, scores.array.shape[1])
    by_box = bins.pull_mean(p.lambda_ * counted[:, None] * apart_slope(giou, bins.mean, true))
    by_bins = bins.pull_dfl(true, p.cut, p.lambda_dfl * counted)
    return {"scores": qfl_slope(scores, target, p.beta), "dist": spread(by_box + by_bins, at, rows)}


def _prepare_yolo(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, aim = class_rows(block, conventions, watch), block.doubles("quality")
    aim = aim.reshape(block.rows, -1) if aim.ndim == 1 else aim
    if aim.shape != scores.array.shape:
        what = f"quality has rows of shape {aim.shape[1:]}, scores has rows of shape {scores.array.shape[1:]}"
        fix = "save the target scores of the assigner, one column per class"
        raise misshapen(block, "quality", what, fix)
    block.reject(
        "quality", (aim < 0) | (aim > 1), lambda x: f"a target score of {float(x):.6g} is outside 0…1", "use 0 without an object"
    )
    inside = np.asarray((aim > 0).any(1))
    dist, true = read_bins(block), true_sides(block, inside)
    refuse_beyond(block, inside, true, dist.shape[-1], p.cut, loss.name)
    return scores, dist, aim, true


@FAMILY.loss(
    "yolo_v8",
    aliases=("yolov8",),
    cite="Jocher 2023",
    of_value=True,
    frozen=lambda p: not p.alpha_grad,
    conventions={"ultralytics": {"cut": 0.01, "eps": 1e-7}},
    reads=_prepare_yolo,
    sample="a location",
)
def yolo_v8(
    scores: Sigmoid,
    dist: Floats,
    quality: Floats,
    target_deltas: Floats,
    *,
    box: Annotated[float, Param("weight of the box term", ge=0)] = 7.5,
    cls: Annotated[float, Param("weight of the class term", ge=0)] = 0.5,
    dfl: Annotated[float, Param("weight of the distribution term", ge=0)] = 1.5,
    cut: Cut = None,
    alpha_grad: Annotated[bool, Param("differentiate through ciou's alpha instead of holding it constant")] = False,
    eps: Annotated[float, Param("eps, aspect_eps and height_eps of ciou", ge=0)] = 0.0,
) -> Rows:
    """Cross-entropy of the class scores with target scores plus CIoU and distribution focal losses of the boxes at objects.

    Formula: L = (cls·Σ BCE(p, t) + box·Σ w·CIoU + dfl·Σ w·DFL) / max(1, Σw), w = Σ_classes t the target score of a location; a side
    is the mean of its bins; DFL = -((l + 1 - y)·log p_l + (y - l)·log p_(l+1)), averaged over the sides.
    Gradient: cls·(p - t) by the class logits; by the bins' logits w·(box·dCIoU·p_j(j - mean) + dfl/4·(p - target bins)); ciou's
    alpha is held constant unless alpha_grad.
    Edge cases: without objects the sums are divided by 1. A true distance beyond the last bin is refused unless cut is given.
    Reads: PRED scores (n,C), dist (n,4,R) or (n,4R): logits of the bins, sides l, t, r, b; TARGET quality (n,C): the target scores,
    deltas (n,4): l, t, r, b in units of the stride, read where quality is not 0. A row is an anchor point, with its assignment
    already done. --from-logits applies to the scores; bins are always logits.
    Use when: reproducing a training log of YOLOv8, or breaking it down into its terms: class, box, dfl.
    Avoid when: comparing detectors: it depends on their assignment.
    Related: gfl computes its quality targets itself; the terms alone are bce, ciou, and dfl in classify.
    Equivalents: ultralytics v8DetectionLoss as logged, before the total is multiplied by the batch size:
    `yolo_v8:cut=0.01,eps=1e-7` with --from-logits.
    """
    weight = row_sum(quality)
    at, rows = np.flatnonzero(weight > 0), len(weight)
    bins, true = Bins(dist[at]), target_deltas[at]
    parts = {
        "class": (cls, row_sum(binary(scores, quality))),
        "box": (box, spread(weight[at] * apart(ciou, bins.mean, true, **_ciou(alpha_grad, eps)), at, rows)),
        "dfl": (dfl, spread(weight[at] * bins.dfl(true, cut), at, rows)),
    }
    return summed(parts, weight)


def _ciou(alpha_grad: bool, eps: float) -> dict[str, Any]:
    return {"alpha_grad": alpha_grad, "eps": eps, "aspect_eps": eps, "height_eps": eps}


@yolo_v8.gradient
def _yolo_slope(scores: Sigmoid, dist: Floats, quality: Floats, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    weight = row_sum(quality)
    at, rows = np.flatnonzero(weight > 0), len(weight)
    bins, true = Bins(dist[at]), target_deltas[at]
    by_box = apart_slope(ciou, bins.mean, true, **_ciou(p.alpha_grad, p.eps))
    own = weight[at]
    by_dist = bins.pull_mean(p.box * own[:, None] * by_box) + bins.pull_dfl(true, p.cut, p.dfl * own)
    return {"scores": p.cls * binary_slope(scores, quality), "dist": spread(by_dist, at, rows)}
