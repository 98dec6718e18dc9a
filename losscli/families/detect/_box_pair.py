"""Areas and derivatives of two boxes per row as sums of positive terms, so that nothing cancels for similar or distant boxes.

Along each axis the hull of two intervals is divided into what only one covers (`alone`), what both cover (`shared`) and the gap.
"""

from __future__ import annotations

import threading

import numpy as np

from losscli.core.lazy import lazy
from losscli.numerics.stable import Bools, Floats

Columns = tuple[Floats, Floats, Floats, Floats]


class Axis:
    """Two intervals per row, [a1, a2] of the prediction and [b1, b2] of the target; `offset` is added to every length."""

    def __init__(self, a1: Floats, a2: Floats, b1: Floats, b2: Floats, offset: float) -> None:
        self.a1, self.a2, self.b1, self.b2 = a1, a2, b1, b2
        inner1, inner2 = np.maximum(a1, b1), np.minimum(a2, b2)
        self.pred, self.target = a2 - a1, b2 - b1
        self.signed = inner2 - inner1
        if offset:
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
    def between(self) -> Floats:
        """Twice the signed distance from the target's centre to the prediction's."""
        return (self.a1 - self.b1) + (self.a2 - self.b2)

    @lazy
    def wider(self) -> Floats:
        """The prediction's length minus the target's, accurate for nearly equal and for distant intervals."""
        return np.where(self.signed > 0, (self.a2 - self.b2) - (self.a1 - self.b1), self.pred - self.target)

    @lazy
    def inner_slopes(self) -> tuple[Floats, Floats]:
        """d shared / d a1 (negated) and d shared / d a2, before clamping at 0; ties are split."""
        low = np.where(self.a1 > self.b1, 1.0, np.where(self.a1 == self.b1, 0.5, 0.0))
        high = np.where(self.a2 < self.b2, 1.0, np.where(self.a2 == self.b2, 0.5, 0.0))
        return low, high

    def shared_slopes(self, touching: bool) -> tuple[Floats, Floats]:
        """d shared / d (a1, a2); `touching` says whether intervals that only touch count as overlapping."""
        on = (self.signed >= 0.0) if touching else (self.signed > 0.0)
        low, high = self.inner_slopes
        return -low * on, high * on

    @lazy
    def hull_slopes(self) -> tuple[Floats, Floats]:
        low, high = self.inner_slopes
        return low - 1.0, 1.0 - high


class Overlap:
    """The areas of two boxes per row, (n,4) as x1, y1, x2, y2, and their derivatives by the prediction's coordinates."""

    def __init__(self, pred: Floats, target: Floats, offset: float = 0.0, touching: bool = False) -> None:
        ax1, ay1, ax2, ay2 = pred.T
        bx1, by1, bx2, by2 = target.T
        self.x, self.y = Axis(ax1, ax2, bx1, bx2, offset), Axis(ay1, ay2, by1, by2, offset)
        self.touching = touching

    @lazy
    def inter(self) -> Floats:
        return self.x.shared * self.y.shared

    @lazy
    def meets(self) -> Bools:
        """Whether the boxes overlap; boxes that only touch count if `touching`."""
        least = np.minimum(self.x.signed, self.y.signed)
        return np.asarray(least >= 0.0 if self.touching else least > 0.0)

    @lazy
    def alone(self) -> Floats:
        """union - inter: the area that exactly one box covers."""
        x, y = self.x, self.y
        area = x.pred_alone * y.pred
        area += x.target_alone * y.target
        area += x.shared * y.unlike
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

    @lazy
    def distance2(self) -> Floats:
        """The squared distance between the centres."""
        return 0.25 * (self.x.between * self.x.between + self.y.between * self.y.between)

    @lazy
    def diagonal2(self) -> Floats:
        """The squared diagonal of the hull."""
        return self.x.hull * self.x.hull + self.y.hull * self.y.hull

    @lazy
    def d_area(self) -> Columns:
        return -self.y.pred, -self.x.pred, self.y.pred, self.x.pred

    @lazy
    def d_inter(self) -> Columns:
        (x1, x2), (y1, y2) = self.x.shared_slopes(self.touching), self.y.shared_slopes(self.touching)
        return x1 * self.y.shared, y1 * self.x.shared, x2 * self.y.shared, y2 * self.x.shared

    @lazy
    def d_hull(self) -> Columns:
        (x1, x2), (y1, y2) = self.x.hull_slopes, self.y.hull_slopes
        return x1 * self.y.hull, y1 * self.x.hull, x2 * self.y.hull, y2 * self.x.hull

    @lazy
    def d_distance2(self) -> Columns:
        x, y = 0.5 * self.x.between, 0.5 * self.y.between
        return x, y, x, y

    @lazy
    def d_diagonal2(self) -> Columns:
        (x1, x2), (y1, y2) = self.x.hull_slopes, self.y.hull_slopes
        w, h = 2.0 * self.x.hull, 2.0 * self.y.hull
        return x1 * w, y1 * h, x2 * w, y2 * h


_LAST = threading.local()


def overlap_of(pred: Floats, target: Floats, offset: float = 0.0, touching: bool = False) -> Overlap:
    """The overlap of two (n,4) arrays of corners, cached per thread for the last pair of read-only arrays.

    Several losses of one run share it. Writable arrays are never cached.
    """
    if pred.flags.writeable or target.flags.writeable:
        return Overlap(pred, target, offset, touching)
    held: dict[tuple[float, bool], Overlap] = getattr(_LAST, "held", {})
    boxes = getattr(_LAST, "boxes", (None, None))
    if boxes[0] is not pred or boxes[1] is not target:
        held, _LAST.boxes = {}, (pred, target)
        _LAST.held = held
    if (offset, touching) not in held:
        held[offset, touching] = Overlap(pred, target, offset, touching)
    return held[offset, touching]
