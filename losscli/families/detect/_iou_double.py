"""Gradients of IoU losses in double-double precision, for losses whose terms nearly cancel; rounded once, at the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.lazy import lazy
from losscli.numerics.double import Double, exp, log
from losscli.numerics.stable import Floats

Slopes = tuple[Double, Double]
"""Derivatives by the lower edges (x1, y1) and by the upper edges (x2, y2), each of shape (2,n)."""


class Wide:
    """Two boxes per row, arrays (2,n) of x and y; lengths are scaled by a power of two near the longer side of the hull."""

    def __init__(self, pred: Floats, target: Floats, touching: bool) -> None:
        a1, a2, b1, b2 = pred.T[:2], pred.T[2:], target.T[:2], target.T[2:]
        inner, outer = (np.maximum(a1, b1), np.minimum(a2, b2)), (np.minimum(a1, b1), np.maximum(a2, b2))
        _, exponent = np.frexp((outer[1] - outer[0]).max(0))
        self.unit = np.ldexp(np.ones(len(pred)), np.clip(-exponent, -1000, 1000))

        def apart(high: Floats, low: Floats) -> Double:
            return Double.sum(high, -low).scaled(self.unit)

        self.pred, self.target, self.hull = apart(a2, a1), apart(b2, b1), apart(outer[1], outer[0])
        shared = apart(inner[1], inner[0])
        self.meets = np.asarray(shared.hi >= 0.0 if touching else shared.hi > 0.0).all(0)
        self.shared = shared.scaled(self.meets.astype(np.float64))
        self.low_off, self.high_off = apart(a1, b1), apart(a2, b2)
        self.bounds_low = 0.5 * (a1 > b1) + 0.5 * (a1 >= b1)
        self.bounds_high = 0.5 * (a2 < b2) + 0.5 * (a2 <= b2)

    @lazy
    def inter(self) -> Double:
        return _product(self.shared)

    @lazy
    def union(self) -> Double:
        return _product(self.pred) + _product(self.target) - self.inter

    @lazy
    def one_minus_iou(self) -> Double:
        """1 - IoU of overlapping boxes, as a sum of positive terms: accurate for nearly equal boxes."""
        mine, other = (self.low_off, self.high_off), (-self.low_off, -self.high_off)
        pred, target = (_rising(-low) + _rising(high) for low, high in (mine, other))
        unlike = pred + target
        alone = _part(pred, 0) * _part(self.pred, 1) + _part(target, 0) * _part(self.target, 1)
        alone += _part(self.shared, 0) * _part(unlike, 1)
        return over(alone, self.union)

    @lazy
    def iou(self) -> Double:
        return over(self.inter, self.union)

    @lazy
    def diagonal2(self) -> Double:
        return _squares(self.hull)

    @lazy
    def center_distance(self) -> Double:
        """The squared distance between the centres over the squared diagonal of the hull."""
        return over(_squares(self._shift), self.diagonal2)

    @lazy
    def _shift(self) -> Double:
        return (self.low_off + self.high_off).scaled(0.5)

    @lazy
    def d_iou(self) -> Slopes:
        """((U + I)·dI - I·dA)/U²"""
        both, across, own = self.union + self.inter, _swapped(self.shared), _swapped(self.pred)

        def slope(bounds: Floats) -> Double:
            return over(over(both * across.scaled(bounds) - self.inter * own, self.union), self.union)

        return -slope(self.bounds_low), slope(self.bounds_high)

    def d_diagonal2(self) -> Slopes:
        twice = self.hull.scaled(2.0)
        return twice.scaled(self.bounds_low - 1.0), twice.scaled(1.0 - self.bounds_high)

    @lazy
    def d_center_distance(self) -> Slopes:
        low, high = (over(self._shift - self.center_distance * moved, self.diagonal2) for moved in self.d_diagonal2())
        return low, high

    @lazy
    def d_sizes(self) -> Slopes:
        """The derivatives of the squared differences of the sides, each over the squared side of the hull."""
        off = over(self.pred - self.target, self.hull)
        scale = over(off.scaled(2.0), self.hull)
        return -(scale - (scale * off).scaled(1.0 - self.bounds_low)), scale - (scale * off).scaled(1.0 - self.bounds_high)

    @lazy
    def d_corners(self) -> Slopes:
        """The derivatives of the squared corner distances over the squared diagonal of the hull."""
        off = over(_squares(self.low_off) + _squares(self.high_off), self.diagonal2)
        edges = zip((self.low_off, self.high_off), self.d_diagonal2(), strict=True)
        low, high = (over(apart.scaled(2.0) - off * moved, self.diagonal2) for apart, moved in edges)
        return low, high


class Inner(Wide):
    """Both boxes scaled by `ratio` about their own centres."""

    def __init__(self, pred: Floats, target: Floats, touching: bool, ratio: float) -> None:
        super().__init__(pred, target, touching)
        self.near, self.beyond = Double.sum(0.5, 0.5 * ratio), Double.sum(0.5, -0.5 * ratio)
        start, stop = self._mixed(self.low_off, self.high_off)
        between = self.low_off + self.high_off
        self.pred, self.target = self.pred * ratio, self.target * ratio
        reach = (self.pred + self.target - between.scaled(np.where(between.hi < 0.0, -1.0, 1.0))).scaled(0.5)
        shared = _least(_least(self.pred, self.target), reach)
        self.meets = np.asarray(shared.hi >= 0.0 if touching else shared.hi > 0.0).all(0)
        self.shared = shared.scaled(self.meets.astype(np.float64))
        self.bounds_low = 0.5 * (start.hi > 0.0) + 0.5 * (start.hi >= 0.0)
        self.bounds_high = 0.5 * (stop.hi < 0.0) + 0.5 * (stop.hi <= 0.0)

    def outward(self, slopes: Slopes) -> Slopes:
        """Derivatives by the original edges from derivatives by the scaled edges."""
        return self._mixed(*slopes)

    def _mixed(self, low: Double, high: Double) -> Slopes:
        return low * self.near + high * self.beyond, low * self.beyond + high * self.near


_ROWS = 4096
"""Rows processed at a time, so that temporaries stay in the cache of a core."""


def rounded(
    slopes: Callable[[Wide], Slopes], pred: Floats, target: Floats, touching: bool = False, ratio: float | None = None
) -> Floats:
    """The gradient (n,4) of a scale-invariant loss, from its `slopes` on scaled boxes."""
    out = np.empty(pred.shape)
    with np.errstate(all="ignore"):
        for start in range(0, len(pred), _ROWS):
            rows = slice(start, start + _ROWS)
            wide = Wide(pred[rows], target[rows], touching) if ratio is None else Inner(pred[rows], target[rows], touching, ratio)
            low, high = slopes(wide)
            out[rows, :2], out[rows, 2:] = (low.rounded * wide.unit).T, (high.rounded * wide.unit).T
    return out


def miss_of(pred: Floats, target: Floats) -> Floats:
    """1 - IoU of overlapping boxes, rounded once."""
    out = np.empty(len(pred))
    for start in range(0, len(pred), _ROWS):
        rows = slice(start, start + _ROWS)
        out[rows] = Wide(pred[rows], target[rows], False).one_minus_iou.rounded
    return out


def added(first: Slopes, *others: Slopes) -> Slopes:
    low, high = first
    for other in others:
        low, high = low + other[0], high + other[1]
    return low, high


def times(factor: Double, slopes: Slopes) -> Slopes:
    return slopes[0] * factor, slopes[1] * factor


def minus(slopes: Slopes) -> Slopes:
    return -slopes[0], -slopes[1]


def power(x: Double, exponent: float) -> Double:
    """x^exponent for x ≥ 0; 0 at x = 0, and x⁰ = 1."""
    if exponent == 0.0:
        return Double.of(np.ones_like(x.hi))
    some = x.hi > 0.0
    found = exp(log(Double(np.where(some, x.hi, 1.0), np.where(some, x.lo, 0.0))) * exponent)
    return found.scaled(some.astype(np.float64))


def over(a: Double, b: Double) -> Double:
    """a / b; 0 where b is 0, since a is 0 there too."""
    none = b.hi == 0.0
    return (a / Double(np.where(none, 1.0, b.hi), b.lo)).scaled((~none).astype(np.float64)) if none.any() else a / b


def _swapped(x: Double) -> Double:
    return Double(x.hi[::-1], x.lo[::-1])


def _product(sides: Double) -> Double:
    return _part(sides, 0) * _part(sides, 1)


def _part(sides: Double, axis: int) -> Double:
    return Double(sides.hi[axis], sides.lo[axis])


def _rising(x: Double) -> Double:
    """max(x, 0)"""
    return x.scaled((x.hi > 0.0).astype(np.float64))


def _least(a: Double, b: Double) -> Double:
    first = (a.hi < b.hi) | ((a.hi == b.hi) & (a.lo < b.lo))
    return Double(np.where(first, a.hi, b.hi), np.where(first, a.lo, b.lo))


def _squares(sides: Double) -> Double:
    square = sides * sides
    return _part(square, 0) + _part(square, 1)
