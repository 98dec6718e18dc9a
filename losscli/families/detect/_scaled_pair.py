"""Two boxes scaled about their own centres, in pieces that do not cancel: the scaled corners are never formed."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import Axis, Overlap
from losscli.numerics.double import Double
from losscli.numerics.stable import Floats


class _Inner(Axis):
    """Both intervals of an axis scaled about their centres; every piece comes from differences of the original edges."""

    def __init__(self, axis: Axis, ratio: float) -> None:
        near, far = Double.sum(0.5, 0.5 * ratio), Double.sum(0.5, -0.5 * ratio)
        low, high = axis.a1 - axis.b1, axis.a2 - axis.b2
        start, stop = _mixed(near, low, far, high), _mixed(near, high, far, low)  # the scaled edges' differences
        self.pred, self.target = ratio * axis.pred, ratio * axis.target
        self.a1, self.b1, self.a2, self.b2 = start, np.zeros_like(start), stop, np.zeros_like(stop)
        after = 0.5 * (self.pred + self.target)  # from one centre to the other when the intervals touch
        self.signed = np.minimum(np.minimum(self.pred, self.target), after - 0.5 * np.abs(axis.between))
        self.shared = np.maximum(self.signed, 0.0)
        self.pred_alone = np.minimum(np.maximum(-start, 0.0) + np.maximum(stop, 0.0), self.pred)
        self.target_alone = np.minimum(np.maximum(start, 0.0) + np.maximum(-stop, 0.0), self.target)


class Scaled(Overlap):
    """The overlap of both boxes with their sides times `ratio`."""

    def __init__(self, pred: Floats, target: Floats, ratio: float) -> None:
        super().__init__(pred, target)
        self.x, self.y = _Inner(self.x, ratio), _Inner(self.y, ratio)


def _mixed(one: Double, a: Floats, other: Double, b: Floats) -> Floats:
    """one·a + other·b, rounded once: the two may all but cancel."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (one * a + other * b).rounded
