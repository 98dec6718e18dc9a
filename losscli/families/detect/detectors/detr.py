"""DETR's set loss: each query is matched to one true box or none; then classes, coordinates and overlap are compared."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from losscli.core.errors import DataError
from losscli.families.detect._detector_scores import of_images, whole_numbers
from losscli.families.detect._detector_terms import Sums, summed
from losscli.families.detect._formats import corners
from losscli.families.detect._hungarian import cheapest
from losscli.families.detect.family import FAMILY, format_of, misshapen
from losscli.families.detect.iou import giou
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Floats, Ints, divide, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores = of_images(block, conventions, watch)
    images, classes, queries = scores.array.shape
    found, held = block.arrays["pred_boxes"].shape, block.arrays["target_box"].shape
    wanted = (*block.arrays["label"].shape, 4)
    if found != (images, queries, 4) or held != wanted:
        what = (
            f"box has rows of shape {found[1:]} in PRED and {held[1:]} in TARGET; scores and label need {(queries, 4)} and "
            f"{wanted[1:]}"
        )
        fix = "`losscli explain detr` lists the inputs it reads"
        raise misshapen(block, "pred_boxes", what, fix)
    pred = corners(block.arrays["pred_boxes"], format_of("pred", conventions))
    true = corners(block.arrays["target_box"], format_of("target", conventions))
    label = whole_numbers(block, "label", -1, classes - 1)
    fix = "if these numbers are a centre and a size, use --box-format cxcywh"
    bad = np.asarray((pred[..., 2:] < pred[..., :2]).any(-1))
    block.reject("pred_boxes", np.asarray(bad.reshape(images, -1).any(1)), lambda _: "a box is inverted", fix)
    flat = np.asarray((true[..., 2:] <= true[..., :2]).any(-1)) & (label >= 0)
    block.reject("target_box", np.asarray(flat.reshape(images, -1).any(1)), lambda _: "a true box is inverted or has no area", fix)
    if "match" not in loss.takes:
        return scores, pred, true, label
    return scores, pred, true, label, _given(block, label, queries)


def _given(block: Block, label: Ints, queries: int) -> Ints:
    """The matches of the file. Raises DataError if their shape is wrong or a true box has two queries."""
    match = whole_numbers(block, "match", -1, label.shape[1])
    if match.shape != (block.rows, queries):
        raise DataError(
            f"match has rows of shape {match.shape[1:]}, but the scores need {(queries,)}", block.place("match", 0, 0), None
        )
    empty = (match >= 0) & (np.take_along_axis(label, np.maximum(match, 0), 1) < 0)
    block.reject("match", empty, lambda m: f"matched box {int(m)} has the label -1", "labels of -1 are padding")
    ordered = np.sort(match, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(1)
    block.reject("match", twice, lambda _: "a true box is matched to two queries", "match each true box to at most one query")
    return match


def _assigned(scores: Softmax, pred: Floats, true: Floats, label: Ints, p: Params) -> Ints:
    """For each query the index of its true box in the one-to-one assignment of minimal cost per image, -1 for none."""
    match = np.full(pred.shape[:2], -1, dtype=np.int64)
    for i in range(len(pred)):
        held = np.flatnonzero(label[i] >= 0)
        if not len(held):
            continue
        a, b = np.broadcast_arrays(pred[i][:, None], true[i][held][None])
        apart = np.asarray(giou(a.reshape(-1, 4), b.reshape(-1, 4), eps=0.0)).reshape(a.shape[:2])
        cost = p.cost_box * _l1(a, b) + p.cost_giou * apart - p.cost_class * scores.p[i][label[i][held]].T
        rows, cols = cheapest(cost)
        match[i, rows] = held[cols]
    return match


def _differences(pred: Floats, true: Floats) -> tuple[Floats, Floats]:
    """Differences of centres and of sizes, computed from differences of corners rather than from averages."""
    low, high = pred[..., :2] - true[..., :2], pred[..., 2:] - true[..., 2:]
    return 0.5 * (low + high), high - low


def _l1(pred: Floats, true: Floats) -> Floats:
    centre, size = (np.abs(x) for x in _differences(pred, true))
    return np.asarray((centre[..., 0] + centre[..., 1]) + (size[..., 0] + size[..., 1]))


def _l1_slope(pred: Floats, true: Floats) -> Floats:
    centre, size = (np.sign(x) for x in _differences(pred, true))
    return np.concatenate([0.5 * centre - size, 0.5 * centre + size], axis=-1)


class _Matched:
    """Classes and weights of all queries and boxes of the matched ones, for the sums and their gradient."""

    def __init__(self, scores: Softmax, pred: Floats, true: Floats, label: Ints, match: Ints, no_object: float) -> None:
        self.hit = match >= 0
        index = np.maximum(match, 0)
        own = np.take_along_axis(label, index, 1)
        self.label = np.where(self.hit, own, scores.classes - 1)
        self.weight = np.where(self.hit, 1.0, no_object)
        self.pred, self.true = pred[self.hit], np.take_along_axis(true, index[..., None], 1)[self.hit]

    def per_image(self, values: Floats) -> Floats:
        wide = np.zeros(self.hit.shape)
        wide[self.hit] = values
        return wide.sum(1)


def _sums(scores: Softmax, pred: Floats, true: Floats, label: Ints, match: Ints, no_object: float) -> dict[str, Floats]:
    m = _Matched(scores, pred, true, label, match, no_object)
    return {
        "class": row_sum(0.0 - m.weight * scores.log_p_at(m.label)),
        "weight": m.weight.sum(1),
        "box": m.per_image(_l1(m.pred, m.true)),
        "giou": m.per_image(np.asarray(giou(m.pred, m.true, eps=0.0))),
        "boxes": (label >= 0).sum(1).astype(np.float64),
    }


@FAMILY.loss(
    "detr",
    aliases=("detr_set",),
    cite="Carion 2020",
    unit="pool",
    pooled=True,
    conventions={"mmdet": {}},
    reads=_prepare,
    sample="an image",
)
def detr(
    scores: Softmax,
    pred_boxes: Floats,
    target_box: Floats,
    label: Ints,
    match: Ints,
    *,
    no_object: Annotated[float, Param("weight of unmatched queries in the class term", ge=0)] = 0.1,
    box: Annotated[float, Param("weight of the L1 term", ge=0)] = 5.0,
    giou: Annotated[float, Param("weight of the GIoU term", ge=0)] = 2.0,
    cost_class: Annotated[float, Param("matching cost: weight of -p of the true class", ge=0)] = 1.0,
    cost_box: Annotated[float, Param("matching cost: weight of the L1 distance", ge=0)] = 5.0,
    cost_giou: Annotated[float, Param("matching cost: weight of the GIoU loss", ge=0)] = 2.0,
) -> dict[str, Floats]:
    """Cross-entropy of the class of every query plus L1 and GIoU losses of the boxes of matched queries.

    Formula: L = Σ w·CE/Σ w + box·Σ_matched |b - b̂|₁/N + giou·Σ_matched GIoU/N; w = 1 for matched queries, no_object for unmatched
    ones; boxes as cx, cy, w, h in the L1; N the number of true boxes in the file, at least 1. Without `match` the queries and boxes
    of an image are assigned one to one at the minimal total cost_class·(-p) + cost_box·L1 + cost_giou·GIoU.
    Gradient: w(p - onehot)/Σ w by logits, (box·dL1 + giou·dGIoU)/N by the boxes of matched queries; the assignment is held
    constant.
    Edge cases: without true boxes the box terms are 0. If an image has more boxes than queries, N still counts the unmatched boxes.
    Reads: PRED scores (N,Q,C+1), the last column being no object, box (N,Q,4); TARGET box (N,G,4), label (N,G), padded with -1,
    and, if the assignment is known, match (N,Q): the true box of each query, -1 for none. Without match SciPy is needed (extra
    `match`). DETR's boxes are cxcywh: use --box-format cxcywh; other formats are converted.
    Use when: reproducing a training log of DETR, or breaking it down into its terms: class, box, giou.
    Avoid when: coordinates are in pixels: the L1 term then dominates; DETR divides them by the image size.
    Related: its terms alone are ce:weights=…, l1 on cxcywh, and giou.
    Equivalents: facebookresearch/detr SetCriterion (loss_ce + 5·loss_bbox + 2·loss_giou) and mmdetection DETRHead: `detr` with
    --from-logits and --box-format cxcywh, without their auxiliary losses.
    """
    return _sums(scores, pred_boxes, target_box, label, match, no_object)


@detr.mined(unit="pool", pooled=True)
@detr.same_params()
def detr_matching(scores: Softmax, pred_boxes: Floats, target_box: Floats, label: Ints, p: Params) -> dict[str, Floats]:
    """The same loss, with the assignment computed from the costs."""
    match = _assigned(scores, pred_boxes, target_box, label, p)
    return _sums(scores, pred_boxes, target_box, label, match, p.no_object)


@detr.finish
@detr_matching.finish
def _finish(sums: Sums, p: Params) -> Rows:
    boxes = np.maximum(sums["boxes"], 1.0)
    own = (1.0, divide(sums["class"], sums["weight"], 0.0))
    return summed({"class": own, "box": (p.box, sums["box"] / boxes), "giou": (p.giou, sums["giou"] / boxes)})


@detr.gradient
def _slope(scores: Softmax, pred: Floats, true: Floats, label: Ints, match: Ints, sums: Sums, p: Params) -> dict[str, Floats]:
    m = _Matched(scores, pred, true, label, match, p.no_object)
    share = divide(m.weight, np.broadcast_to(sums["weight"][:, None], m.weight.shape), 0.0)
    assert giou.slope is not None
    wide = np.zeros_like(pred)
    wide[m.hit] = p.box * _l1_slope(m.pred, m.true) + p.giou * giou.slope(m.pred, m.true, giou.with_defaults())
    boxes = np.maximum(sums["boxes"], 1.0)[:, None, None]
    return {"scores": np.moveaxis(scores.pull_at(m.label, -share), 1, -1), "pred_boxes": wide / boxes}


@detr_matching.gradient
def _slope_matching(scores: Softmax, pred: Floats, true: Floats, label: Ints, sums: Sums, p: Params) -> dict[str, Floats]:
    return _slope(scores, pred, true, label, _assigned(scores, pred, true, label, p), sums, p)
