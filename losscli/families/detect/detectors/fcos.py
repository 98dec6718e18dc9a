"""FCOS and VarifocalNet: detectors that predict the distances to the four sides of a box. A row is a location."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._box_weights import Totals, evened, sums, totals_of
from losscli.families.detect._detector_scores import each, whole_numbers
from losscli.families.detect._detector_terms import apart, apart_slope, summed
from losscli.families.detect._iou_quality import at_class, quality
from losscli.families.detect._ltrb import centredness, need_rows, predicted_sides, spread, true_sides
from losscli.families.detect.family import FAMILY, misshapen
from losscli.families.detect.iou import giou, iou
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import binary, binary_slope, focal_binary, focal_binary_slope
from losscli.families.shared.quality_bce import vfl, vfl_slope
from losscli.numerics.stable import Floats, Ints, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def class_rows(block: Block, conventions: Conventions, watch: Watch) -> Sigmoid:
    """(n,C) independent binary scores; one score per row is a single class. Raises DataError for other shapes."""
    if block.arrays["scores"].ndim > 2:
        what = f"scores of locations need a column per class, found rows of shape {block.arrays['scores'].shape[1:]}"
        fix = "flatten the feature levels to one row per location"
        raise misshapen(block, "scores", what, fix)
    found = each(block, conventions, watch)
    return Sigmoid(found.array.reshape(block.rows, -1), found.from_logits)


def located(block: Block, conventions: Conventions, watch: Watch) -> tuple[Sigmoid, Ints]:
    """Scores (n,C) and labels (n,) of locations; the label is -1 where there is no object."""
    scores = class_rows(block, conventions, watch)
    return scores, whole_numbers(block, "label", -1, scores.array.shape[1]).reshape(-1)


def _prepare_fcos(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, label = located(block, conventions, watch)
    inside = label >= 0
    need_rows(block, "central", 1, "centerness")
    central = each(block, conventions, watch, "central")
    flat = Sigmoid(central.array.reshape(-1), central.from_logits)
    return scores, predicted_sides(block, inside), flat, label, true_sides(block, inside)


@FAMILY.loss(
    "fcos",
    cite="Tian 2019",
    of_value=True,
    first_pass=lambda p: p.box_weight != "one",
    conventions={"torchvision": {"box": "giou"}, "mmdet": {"box_weight": "centerness", "clip": 1e-6}},
    reads=_prepare_fcos,
    sample="a location",
)
def fcos(
    scores: Sigmoid,
    deltas: Floats,
    central: Sigmoid,
    label: Ints,
    target_deltas: Floats,
    *,
    gamma: Annotated[float, Param("focusing exponent: down-weights easy locations", ge=0)] = 2.0,
    alpha: Annotated[float | None, Param("weight of positives, 1 - alpha of negatives", ge=0, le=1)] = 0.25,
    box: Annotated[Literal["iou", "giou"], Param("-log IoU as in the paper, or the GIoU loss")] = "iou",
    lambda_: Annotated[float, Param("weight of the box term", ge=0)] = 1.0,
    clip: Annotated[float | None, Param("lower bound of IoU in the logarithm", gt=0, lt=1, example="0.3")] = None,
    box_weight: Annotated[
        Literal["one", "centerness"], Param("weight boxes equally, or by centredness c and divide by Σ c")
    ] = "one",
    totals: Totals = None,
) -> Rows:
    """Focal loss of the classes at every location plus box and centredness losses at locations inside an object.

    Formula: L = (Σ focal + lambda·Σ_objects -log IoU + Σ_objects BCE(c, p_c)) / max(1, N), N the locations with an object, c the
    centredness √(min(l,r)/max(l,r)·min(t,b)/max(t,b)) of the location in its true box; box=giou: the GIoU loss;
    box_weight=centerness: lambda·Σ c·(box loss) / max(1e-6, Σ c) in place of its mean.
    Gradient: focal's by the scores, -dIoU/IoU or giou's by the sides (outwards), p_c - c by the logits of the centredness; each
    over max(1, N).
    Edge cases: without objects the sums are divided by 1. With box=iou a predicted box that does not overlap the true one gives
    infinity.
    Reads: PRED scores (n,C), deltas (n,4): l, t, r, b, centerness (n,); TARGET label (n,), -1 without object, deltas (n,4). A row
    is a location; true deltas are read where there is an object.
    Use when: reproducing a training log of FCOS, or breaking it down into its terms: class, box, centerness.
    Avoid when: comparing detectors: it depends on their assignment of locations.
    Related: its terms alone are focal:mode=ovr,normalizer=positives, iou:form=log or giou, and centerness; vfnet has no
    centredness term.
    Equivalents: torchvision FCOS (losses summed): `fcos:box=giou`; mmdetection FCOSHead: `fcos:box_weight=centerness,clip=1e-6`;
    both with --from-logits.
    """
    at, rows = np.flatnonzero(label >= 0), len(label)
    true, (loss, given) = target_deltas[at], _box(box, clip)
    parts = {
        "class": (1.0, _focal(scores, label, gamma, alpha)),
        "box": (lambda_, spread(_counted(true, box_weight, totals) * apart(loss, deltas[at], true, **given), at, rows)),
        "centerness": (1.0, spread(binary(_some(central, at), centredness(true)), at, rows)),
    }
    return summed(parts, (label >= 0).astype(np.float64))


@fcos.fit
def _central(scores: Sigmoid, deltas: Floats, central: Sigmoid, label: Ints, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    return sums(label, centredness(target_deltas[label >= 0]))


fcos.resolve(totals_of)


def _counted(true: Floats, box_weight: str, totals: Floats | None) -> Floats:
    return np.ones(len(true)) if box_weight == "one" else evened(centredness(true), totals, 1e-6)


def _hot(scores: Sigmoid, label: Ints) -> Floats:
    return (label[:, None] == np.arange(scores.array.shape[1])).astype(np.float64)


def _focal(scores: Sigmoid, label: Ints, gamma: float, alpha: float | None) -> Floats:
    return row_sum(focal_binary(scores, _hot(scores, label), gamma=gamma, alpha=alpha))


def _some(scores: Sigmoid, at: Ints) -> Sigmoid:
    return Sigmoid(scores.array[at], scores.from_logits)


def _box(box: str, clip: float | None) -> tuple[Loss, dict[str, Any]]:
    """The box loss and its parameters."""
    return (giou, {}) if box == "giou" else (iou, {"form": "log", "empty": "nan", "clip": clip})


@fcos.gradient
def _fcos_slope(
    scores: Sigmoid, deltas: Floats, central: Sigmoid, label: Ints, target_deltas: Floats, p: Params
) -> dict[str, Floats]:
    at, rows = np.flatnonzero(label >= 0), len(label)
    true, (loss, given) = target_deltas[at], _box(p.box, p.clip)
    counted = _counted(true, p.box_weight, p.totals)
    return {
        "scores": focal_binary_slope(scores, _hot(scores, label), gamma=p.gamma, alpha=p.alpha),
        "deltas": spread(p.lambda_ * counted[:, None] * apart_slope(loss, deltas[at], true, **given), at, rows),
        "central": spread(binary_slope(_some(central, at), centredness(true)), at, rows),
    }


def _prepare_vfnet(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, label = located(block, conventions, watch)
    inside = label >= 0
    refined, initial = predicted_sides(block, inside), predicted_sides(block, inside, "initial")
    return scores, refined, initial, label, true_sides(block, inside)


@FAMILY.loss(
    "vfnet",
    aliases=("varifocalnet",),
    cite="Zhang 2021",
    of_value=True,
    frozen=lambda p: True,
    first_pass=lambda p: p.box_weight != "refined",
    conventions={"mmdet": {"box_weight": "own"}},
    reads=_prepare_vfnet,
    sample="a location",
)
def vfnet(
    scores: Sigmoid,
    deltas: Floats,
    initial: Floats,
    label: Ints,
    target_deltas: Floats,
    *,
    alpha: Annotated[float, Param("weight of negatives", ge=0)] = 0.75,
    gamma: Annotated[float, Param("focusing exponent: down-weights easy negatives", ge=0)] = 2.0,
    lambda_initial: Annotated[float, Param("weight of the term of initial boxes", ge=0)] = 1.5,
    lambda_: Annotated[float, Param("weight of the term of refined boxes", ge=0)] = 2.0,
    box_weight: Annotated[
        Literal["refined", "own"], Param("weight both box terms by the refined box's IoU, or each by its own IoU and divide by Σ q")
    ] = "refined",
    totals: Totals = None,
) -> Rows:
    """Varifocal loss of the classes at every location plus IoU-weighted GIoU losses of the initial and refined boxes.

    Formula: L = (Σ VFL(p, q) + lambda_initial·Σ_objects q·GIoU_initial + lambda·Σ_objects q·GIoU_refined) / max(1, N), N the
    locations with an object; q the IoU of the refined box with the true one at the object's class, 0 elsewhere;
    VFL = q·BCE(p, q) where q > 0, else -alpha·p^gamma·log(1 - p). box_weight=own: each of the box terms is lambda·Σ q·GIoU /
    max(1, Σ q), q the IoU of its own box.
    Gradient: by the logits q(p - q) where q > 0, else focal's for a negative; q·dGIoU by the sides; q is held constant.
    Edge cases: an object whose refined box does not overlap it has q = 0 and counts as a negative. Without objects the sums are
    divided by 1.
    Reads: PRED scores (n,C), deltas (n,4): l, t, r, b after refinement, initial (n,4): before; TARGET label (n,), -1 without
    object, deltas (n,4). A row is a location.
    Use when: reproducing a training log of VarifocalNet, or breaking it down into its terms: class, box, initial.
    Avoid when: comparing detectors: it depends on their assignment of locations.
    Related: its first term is vfl in classify; gfl uses quality focal loss, which treats positives and negatives alike.
    Equivalents: mmdetection VFNetHead: `vfnet:box_weight=own` with --from-logits.
    """
    at, rows = np.flatnonzero(label >= 0), len(label)
    true = target_deltas[at]
    q = quality(deltas[at], true)
    target = at_class(q, label, at, scores.array.shape[1])
    refined, first = _both(q, initial[at], true, box_weight, totals)
    parts = {
        "class": (1.0, row_sum(vfl(scores, target, alpha, gamma))),
        "box": (lambda_, spread(refined * apart(giou, deltas[at], true), at, rows)),
        "initial": (lambda_initial, spread(first * apart(giou, initial[at], true), at, rows)),
    }
    return summed(parts, (label >= 0).astype(np.float64))


@vfnet.fit
def _qualities(
    scores: Sigmoid, deltas: Floats, initial: Floats, label: Ints, target_deltas: Floats, p: Params
) -> dict[str, Floats]:
    at = label >= 0
    return sums(label, quality(deltas[at], target_deltas[at]), quality(initial[at], target_deltas[at]))


vfnet.resolve(totals_of)


def _both(q: Floats, initial: Floats, true: Floats, box_weight: str, totals: Floats | None) -> tuple[Floats, Floats]:
    """The weights of the refined and the initial boxes."""
    if box_weight == "refined":
        return q, q
    return evened(q, totals, 1.0), evened(quality(initial, true), totals, 1.0, 2)


@vfnet.gradient
def _vfnet_slope(
    scores: Sigmoid, deltas: Floats, initial: Floats, label: Ints, target_deltas: Floats, p: Params
) -> dict[str, Floats]:
    at, rows = np.flatnonzero(label >= 0), len(label)
    true = target_deltas[at]
    q = quality(deltas[at], true)
    target = at_class(q, label, at, scores.array.shape[1])
    refined, first = _both(q, initial[at], true, p.box_weight, p.totals)
    return {
        "scores": vfl_slope(scores, target, p.alpha, p.gamma),
        "deltas": spread(p.lambda_ * refined[:, None] * apart_slope(giou, deltas[at], true), at, rows),
        "initial": spread(p.lambda_initial * first[:, None] * apart_slope(giou, initial[at], true), at, rows),
    }
