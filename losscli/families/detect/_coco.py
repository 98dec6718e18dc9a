"""Matching as COCO's evaluation does it, equal to `COCOeval.evaluateImg` of pycocotools to the last bit."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._matching import Similarity, in_order, ranked, together
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.matching import Found, Matching, Sets

_NEARLY_ONE = 1 - 1e-10
"""The highest IoU that a pair can be asked for."""


def matched(
    pred: Floats,
    target: Floats,
    sizes: tuple[Floats, Floats],
    sets: Sets,
    matching: Matching,
    similarity: Similarity | None = None,
) -> Found:
    """The pairs of objects that count, and what is ignored: crowds, objects outside the range of area, the predictions paired
    with either, unpaired predictions outside the range, and those beyond the first `max_dets` of their set.

    pred, target: corners. sizes: the areas of the boxes of both sides. Of equal overlaps the later object is taken; objects
    that count come before ignored ones; a crowd may take several predictions, and its overlap is a share of theirs.
    similarity: what pairs the rows instead of their boxes.
    """
    order, pred_ignored = ranked(sets, matching)
    crowd = np.zeros(len(target), bool) if sets.crowd is None else sets.crowd
    target_ignored = (sets.target < 0) | crowd
    if sets.ignored is not None:
        target_ignored |= sets.ignored
    if matching.area is not None:
        target_ignored |= _outside(sizes[1] if sets.area is None else sets.area, matching.area)
        alone = _outside(sizes[0], matching.area)
    else:
        alone = np.zeros(len(pred), bool)
    left: list[Ints] = []
    right: list[Ints] = []
    least = min(matching.threshold, _NEARLY_ONE)
    for rows, cols in together(sets.pred, sets.target, order):
        cols = cols[np.argsort(target_ignored[cols], kind="stable")]
        if similarity is None:
            iou = overlaps(pred[rows], target[cols], sizes[0][rows], sizes[1][cols], crowd[cols])
        else:
            iou = similarity(rows, cols)
        p, t = _taken(iou, target_ignored[cols], crowd[cols], least)
        left.append(rows[p])
        right.append(cols[t])
    found, partner = in_order(left, right)
    void = target_ignored[partner]
    alone[found] = False
    pred_ignored |= alone
    pred_ignored[found[void]] = True
    return Found(found[~void], partner[~void], pred_ignored, target_ignored)


def _outside(area: Floats, span: tuple[float, float]) -> Bools:
    return np.asarray((area < span[0]) | (area > span[1]))


def overlaps(pred: Floats, target: Floats, own: Floats, other: Floats, crowd: Bools) -> Floats:
    """(P,T): intersection over union, or over the prediction's area for a crowd; 0 where the boxes do not meet."""
    p, t = pred[:, None], target[None]
    wide = np.minimum(p[..., 2], t[..., 2]) - np.maximum(p[..., 0], t[..., 0])
    high = np.minimum(p[..., 3], t[..., 3]) - np.maximum(p[..., 1], t[..., 1])
    both = wide * high
    union = np.where(crowd[None], own[:, None], own[:, None] + other[None] - both)
    return np.divide(both, union, out=np.zeros_like(both), where=(wide > 0) & (high > 0))


def _taken(iou: Floats, ignored: Bools, crowd: Bools, least: float) -> tuple[Ints, Ints]:
    """Each row in turn takes the free column of highest IoU, the last of equals, among those that count, else among the ignored.

    ignored: in ascending order.
    """
    left, right = [], []
    counted = int(np.searchsorted(ignored, True))
    free = np.where(iou >= least, iou, -1.0)
    for row in range(len(free)):
        for low, high in ((0, counted), (counted, free.shape[1])):
            span = free[row, low:high]
            if not len(span):
                continue
            best = high - 1 - int(np.argmax(span[::-1]))
            if free[row, best] >= 0.0:
                left.append(row)
                right.append(best)
                if not crowd[best]:
                    free[:, best] = -1.0
                break
    return np.array(left, np.int64), np.array(right, np.int64)
