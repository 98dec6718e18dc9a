"""The intersection of two boxes, negative when they are disjoint, as extended_iou uses it."""

from __future__ import annotations

import numpy as np

from losscli.core.lazy import lazy
from losscli.families.detect._box_pair import Axis, Columns, Overlap
from losscli.numerics.stable import Floats


class Signed(Overlap):
    """Overlap whose `inter` is signed; `lost` is union - inter.

    Along each axis a and b are the distances of the later start and of the earlier end from the hull's start: b - a is the
    overlap, negative for a gap.
    """

    @lazy
    def _edges(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        return _inner(self.x), _inner(self.y)

    @lazy
    def _apart(self) -> Floats:
        """The magnitude of the negative intersection from gaps; 0 where the boxes overlap or touch."""
        (ax, bx), (ay, by) = self._edges
        x, y = self.x.gap * (ay + by), self.y.gap * (ax + bx)
        return np.where(self.x.gap > 0, x, 0.0) + np.where(self.y.gap > 0, y, 0.0)

    @lazy
    def inter(self) -> Floats:
        return np.where(self._apart > 0, -self._apart, self.x.shared * self.y.shared)

    @lazy
    def areas(self) -> Floats:
        return self.x.pred * self.y.pred + self.x.target * self.y.target

    @lazy
    def union(self) -> Floats:
        return np.where(self._apart > 0, self.areas + self._apart, self.alone + self.x.shared * self.y.shared)

    @lazy
    def lost(self) -> Floats:
        """union - inter, as a sum of positive terms."""
        return np.where(self._apart > 0, self.areas + 2.0 * self._apart, self.alone)

    @lazy
    def d_inter(self) -> Columns:
        (ax, bx), (ay, by) = self._edges
        x1, x2 = _pull(self.x, *_turns(self.x, ax, bx, ay, by))
        y1, y2 = _pull(self.y, *_turns(self.y, ay, by, ax, bx))
        return x1, y1, x2, y2


def _inner(axis: Axis) -> tuple[Floats, Floats]:
    start = np.minimum(axis.a1, axis.b1)
    return np.abs(axis.a1 - axis.b1), np.minimum(axis.a2, axis.b2) - start


def _turns(axis: Axis, a: Floats, b: Floats, other_a: Floats, other_b: Floats) -> tuple[Floats, Floats]:
    """Derivatives of I by a and b of one axis, where I = b·b' + min(a,b)·min(a',b') - a·max(a',b') - max(a,b)·a'."""
    low, high = np.minimum(other_a, other_b), np.maximum(other_a, other_b)
    meets = np.where(axis.signed > 0, 1.0, np.where(axis.signed == 0, 0.5, 0.0))
    return meets * low - high - (1.0 - meets) * other_a, other_b + (1.0 - meets) * low - meets * other_a


def _pull(axis: Axis, by_a: Floats, by_b: Floats) -> tuple[Floats, Floats]:
    low, high = axis.inner_slopes
    return by_a * (2.0 * low - 1.0) - by_b * (1.0 - low), by_b * high
