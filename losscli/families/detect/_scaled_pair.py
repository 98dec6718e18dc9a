"""Two boxes scaled about their centres, without cancellation: the scaled corners are never computed."""

from __future__ import annotations

import copy

import numpy as np

from losscli.families.detect._box_pair import Axis, Overlap
from losscli.families.detect._dual import Columns, Dual, plus, scaled
from losscli.families.detect._iou_terms import one_minus_iou


class _Inner(Axis):
    """Both intervals of an axis scaled about their centres, computed from differences of the original edges."""

    def __init__(self, axis: Axis, ratio: float) -> None:
        low, high = axis.a1 - axis.b1, axis.a2 - axis.b2
        near, far = 0.5 + 0.5 * ratio, 0.5 - 0.5 * ratio
        start, stop = near * low + far * high, far * low + near * high  # differences of the scaled edges
        self.place, self.unit, self.step = axis.place, axis.unit, axis.step
        self.pred, self.target = ratio * axis.pred, ratio * axis.target
        self.a1, self.b1, self.a2, self.b2 = start, np.zeros_like(start), stop, np.zeros_like(stop)
        after = 0.5 * (self.pred + self.target)  # the centre distance at which the intervals touch
        self.signed = np.minimum(np.minimum(self.pred, self.target), after - np.abs(axis.shift.value))
        self.shared = np.maximum(self.signed, 0.0)
        self.pred_alone = np.minimum(np.maximum(-start, 0.0) + np.maximum(stop, 0.0), self.pred)
        self.target_alone = np.minimum(np.maximum(start, 0.0) + np.maximum(-stop, 0.0), self.target)


def one_minus_inner_iou(o: Overlap, ratio: float) -> Dual:
    """1 - IoU of both boxes with their sides multiplied by `ratio`."""
    inner = copy.copy(o)
    inner.__dict__ = {"x": _Inner(o.x, ratio), "y": _Inner(o.y, ratio)}
    found = one_minus_iou(inner)

    def derive() -> Columns:
        x1, y1, x2, y2 = found.slopes  # by the edges of the inner boxes
        return plus(scaled(0.5 + 0.5 * ratio, (x1, y1, x2, y2)), scaled(0.5 - 0.5 * ratio, (x2, y2, x1, y1)))

    return Dual(found.value, derive)
