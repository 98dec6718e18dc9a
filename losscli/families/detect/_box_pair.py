"""Areas and lengths of two boxes per row as sums of positive terms, so that nothing cancels for similar or distant boxes.

Along each axis the hull of two intervals is divided into what only one covers (`alone`), what both cover (`shared`) and the gap.
Boxes so small or large that products of their sides leave the doubles are measured in a power of two per axis and row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from losscli.core.lazy import lazy
from losscli.families.detect._dual import Columns, Dual
from losscli.numerics.stable import Bools, Floats

Edges = tuple[Floats, Floats, Floats, Floats]
Slopes = tuple[Floats | float, Floats | float]
"""Derivatives by the lower and the upper edge of one axis."""
_SMALL, _LARGE = 1e-60, 1e60
"""Lengths in this range have products and squares of products that are doubles."""
LEAST_UNIT = -1074
"""The exponent of the smallest unit."""
LEAST_WITH_LENGTH, LEAST_WITH_AREA = -1000, -500
"""The same where a constant length or area is added, which would be infinite in smaller units."""


class Axis:
    """Two intervals per row, [a1, a2] of the prediction and [b1, b2] of the target; `offset` is added to every length.

    unit: what a length of 1 stands for; place: the column of the lower edge; step: the change of a length by an edge that moves by
    1 in the unit of the gradient.
    """

    def __init__(
        self,
        edges: Edges,
        place: int,
        offset: Floats | float = 0.0,
        unit: Floats | float = 1.0,
        step: Floats | float = 1.0,
    ) -> None:
        self.a1, self.a2, self.b1, self.b2 = a1, a2, b1, b2 = edges
        self.place, self.unit, self.step = place, unit, step
        inner1, inner2 = np.maximum(a1, b1), np.minimum(a2, b2)
        self.pred, self.target = a2 - a1, b2 - b1
        self.signed = inner2 - inner1
        if not isinstance(offset, float) or offset:
            self.pred += offset
            self.target += offset
            self.signed += offset
        self.shared = np.maximum(self.signed, 0.0)
        outer = inner1 - a1
        outer += a2 - inner2
        self.pred_alone = np.minimum(outer, self.pred, out=outer)
        inner1 -= b1
        inner1 += np.subtract(b2, inner2, out=inner2)
        self.target_alone = np.minimum(inner1, self.target, out=inner1)

    @property
    def ordinary(self) -> bool:
        """Whether products of lengths, and squares of these, are doubles in every row."""
        lengths = all(x.min(initial=1.0) > _SMALL and x.max(initial=1.0) < _LARGE for x in (self.pred, self.target))
        return lengths and bool(self.signed.min(initial=1.0) > -_LARGE)

    def dual(self, value: Floats, slopes: Callable[[], Slopes]) -> Dual:
        """A quantity of this axis, from its derivatives by the two edges."""

        def derive() -> Columns:
            low, high = slopes()
            if not isinstance(self.step, float):
                low, high = self.step * low, self.step * high
            return (None, low, None, high) if self.place else (low, None, high, None)

        return Dual(value, derive)

    @lazy
    def apart(self) -> Floats:
        """The gap between the intervals, negated; 0 where they overlap or touch."""
        return np.minimum(self.signed, 0.0)

    @lazy
    def gap(self) -> Floats:
        return np.abs(self.apart)

    @lazy
    def unlike(self) -> Floats:
        """The length that only one of the intervals covers."""
        return self.pred_alone + self.target_alone

    @lazy
    def covered(self) -> Floats:
        """The length that at least one of the intervals covers."""
        return self.unlike + self.shared

    @lazy
    def hull(self) -> Floats:
        return self.covered - self.apart

    @lazy
    def wider(self) -> Floats:
        """The prediction's length minus the target's, accurate for nearly equal and for distant intervals."""
        return np.where(self.signed > 0, (self.a2 - self.b2) - (self.a1 - self.b1), self.pred - self.target)

    @lazy
    def inner_slopes(self) -> tuple[Floats, Floats]:
        """Whether the lower and the upper edge of the prediction bounds what is shared or the gap; half for ties."""
        low = np.where(self.a1 > self.b1, 1.0, np.where(self.a1 == self.b1, 0.5, 0.0))
        high = np.where(self.a2 < self.b2, 1.0, np.where(self.a2 == self.b2, 0.5, 0.0))
        return low, high

    @lazy
    def hull_slopes(self) -> tuple[Floats, Floats]:
        low, high = self.inner_slopes
        return low - 1.0, 1.0 - high

    # Not kept, since what they derive by refers to the axis: a cycle would hold the memory of a tile until it is searched for.
    @property
    def length(self) -> Dual:
        """That of the prediction."""
        return self.dual(self.pred, lambda: (-1.0, 1.0))

    @property
    def span(self) -> Dual:
        """The length of the hull."""
        return self.dual(self.hull, lambda: self.hull_slopes)

    @property
    def shift(self) -> Dual:
        """The signed distance from the target's centre to the prediction's."""
        return self.dual(self._shift, lambda: (0.5, 0.5))

    @lazy
    def _shift(self) -> Floats:
        return 0.5 * ((self.a1 - self.b1) + (self.a2 - self.b2))

    def overlap(self, touching: bool) -> Dual:
        """The length of what is shared; `touching` says whether intervals that only touch count as overlapping."""
        on = (self.signed >= 0.0) if touching else (self.signed > 0.0)
        low, high = self.inner_slopes
        return self.dual(self.shared, lambda: (-low * on, high * on))


class Overlap:
    """The areas of two boxes per row, (n,4) as x1, y1, x2, y2; each axis has its own unit.

    `offset` is added to widths and heights. least: the exponent of the smallest unit.
    """

    def __init__(self, pred: Floats, target: Floats, offset: float = 0.0, least: int = LEAST_UNIT) -> None:
        ax1, ay1, ax2, ay2 = pred.T
        bx1, by1, bx2, by2 = target.T
        edges = (ax1, ax2, bx1, bx2), (ay1, ay2, by1, by2)
        self.x, self.y = (Axis(e, place, offset) for place, e in enumerate(edges))
        if not (self.x.ordinary and self.y.ordinary):
            self.x, self.y = (_measured(e, place, offset, least) for place, e in enumerate(edges))

    @lazy
    def even(self) -> tuple[Axis, Axis]:
        """Both axes in one unit, the larger."""
        x, y = self.x, self.y
        if isinstance(x.unit, float):
            return x, y
        unit = np.maximum(x.unit, y.unit)
        return _rescaled(x, unit), _rescaled(y, unit)

    @lazy
    def inter(self) -> Floats:
        return self.x.shared * self.y.shared

    @lazy
    def alone(self) -> Floats:
        """union - inter: the area that exactly one box covers."""
        x, y = self.x, self.y
        area = x.pred_alone * y.pred
        area += x.target_alone * y.target
        area += x.shared * y.unlike
        if not isinstance(x.unit, float):  # an area that vanishes beside the hull does not make 0/0
            area[(area == 0) & (((x.pred > 0) & (y.pred > 0)) | ((x.target > 0) & (y.target > 0)))] = 5e-324
            area[(x.unlike == 0) & (y.unlike == 0)] = 0.0
        return area

    @lazy
    def union(self) -> Floats:
        return self.alone + self.inter

    @lazy
    def waste(self) -> Floats:
        """hull - union: the area of the hull that neither box covers."""
        x, y = self.x, self.y
        area = x.pred_alone * y.target_alone
        area += x.target_alone * y.pred_alone
        area -= x.covered * y.apart
        area -= x.apart * y.hull
        return area

    @lazy
    def hull(self) -> Floats:
        return self.union + self.waste

    def meets(self, touching: bool = False) -> Bools:
        """Whether the boxes overlap; boxes that only touch count if `touching`."""
        least = np.minimum(self.x.signed, self.y.signed)
        return np.asarray(least >= 0.0 if touching else least > 0.0)

    def union_area(self, touching: bool = False) -> Dual:
        x, y = self.x, self.y
        return Dual(self.union, lambda: (x.length * y.length - x.overlap(touching) * y.overlap(touching)).slopes)

    @property
    def hull_area(self) -> Dual:
        return Dual(self.hull, lambda: (self.x.span * self.y.span).slopes)

    @property
    def distance2(self) -> Dual:
        """The squared distance between the centres."""
        x, y = self.even
        return x.shift**2 + y.shift**2

    @property
    def diagonal2(self) -> Dual:
        """The squared diagonal of the hull."""
        x, y = self.even
        return x.span**2 + y.span**2

    def in_areas(self, eps: float) -> Floats | float:
        """A constant area in the units of the axes."""
        return eps / self.x.unit / self.y.unit

    def in_squares(self, eps: float) -> Floats | float:
        """A constant squared length in the unit of `even`."""
        unit = self.even[0].unit
        return eps / unit / unit

    def gradient(self, loss: Dual) -> Floats:
        """The derivatives of a loss by the corners, (n,4)."""
        out = np.zeros((len(loss.value), 4))
        for i, (slope, axis) in enumerate(zip(loss.slopes, (self.x, self.y, self.x, self.y), strict=True)):
            if slope is not None:
                out[:, i] = slope if isinstance(axis.unit, float) else slope / axis.unit
        return out


def _measured(edges: Edges, place: int, offset: float, least: int) -> Axis:
    """An axis in units of powers of two, in which the hull has a length of 1 to 2."""
    a1, a2, b1, b2 = edges
    wide = np.maximum(a2, b2) - np.minimum(a1, b1)
    exponent = np.where(np.isfinite(wide), np.frexp(wide)[1] - 1, 1023)
    unit = np.ldexp(1.0, np.maximum(exponent, least))
    return Axis((a1 / unit, a2 / unit, b1 / unit, b2 / unit), place, offset / unit, unit)


def _rescaled(axis: Axis, unit: Floats) -> Axis:
    """The same intervals in a larger unit."""
    step = axis.unit / unit
    return Axis((step * axis.a1, step * axis.a2, step * axis.b1, step * axis.b2), axis.place, 0.0, unit, step)


_LAST = threading.local()


def overlap_of(pred: Floats, target: Floats, offset: float = 0.0, least: int = LEAST_UNIT) -> Overlap:
    """The overlap of two (n,4) arrays of corners, cached per thread for the last pair of read-only arrays.

    Several losses of one run share it. Writable arrays are never cached.
    """
    if pred.flags.writeable or target.flags.writeable:
        return Overlap(pred, target, offset, least)
    held: dict[tuple[float, int], Overlap] = getattr(_LAST, "held", {})
    boxes = getattr(_LAST, "boxes", (None, None))
    if boxes[0] is not pred or boxes[1] is not target:
        held, _LAST.boxes = {}, (pred, target)
        _LAST.held = held
    if (offset, least) not in held:
        held[offset, least] = Overlap(pred, target, offset, least)
    return held[offset, least]
