"""Two boxes scaled about their centres, without cancellation: the scaled corners are never computed."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import Axis, Overlap
from losscli.families.detect._iou_terms import Slopes
from losscli.numerics.stable import Floats


class _Inner(Axis):
    """Both intervals of an axis scaled about their centres, computed from differences of the original edges."""

    def __init__(self, axis: Axis, ratio: float) -> None:
        start, stop = mixed((axis.a1 - axis.b1, axis.a2 - axis.b2), ratio)  # differences of the scaled edges
        self.pred, self.target = ratio * axis.pred, ratio * axis.target
        self.a1, self.b1, self.a2, self.b2 = start, np.zeros_like(start), stop, np.zeros_like(stop)
        after = 0.5 * (self.pred + self.target)  # the centre distance at which the intervals touch
        self.signed = np.minimum(np.minimum(self.pred, self.target), after - 0.5 * np.abs(axis.between))
        self.shared = np.maximum(self.signed, 0.0)
        self.pred_alone = np.minimum(np.maximum(-start, 0.0) + np.maximum(stop, 0.0), self.pred)
        self.target_alone = np.minimum(np.maximum(start, 0.0) + np.maximum(-stop, 0.0), self.target)


class Scaled(Overlap):
    """The overlap of both boxes with their sides multiplied by `ratio`."""

    def __init__(self, pred: Floats, target: Floats, ratio: float) -> None:
        super().__init__(pred, target)
        self.x, self.y = _Inner(self.x, ratio), _Inner(self.y, ratio)


def mixed(edges: Slopes, ratio: float) -> Slopes:
    """Lower and upper edges scaled about their centre; also turns derivatives by the scaled edges into those by the edges."""
    low, high = edges
    near, far = 0.5 + 0.5 * ratio, 0.5 - 0.5 * ratio
    return near * low + far * high, far * low + near * high
