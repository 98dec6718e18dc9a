"""The terms that IoU losses are sums of, each with its derivatives by the prediction's corners. Declares no loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.lazy import lazy
from losscli.families.detect._box_pair import Axis, Columns, Overlap
from losscli.numerics.stable import Bools, Floats, divide

Slopes = tuple[Floats, Floats]
"""Derivatives by the lower and the upper edge of one axis."""


def columns(*terms: Columns) -> Floats:
    """The sum of several gradients as one (n,4) array."""
    return np.stack([sum(parts[1:], start=parts[0]) for parts in zip(*terms, strict=True)], axis=1)


def scaled(factor: Floats | float, c: Columns) -> Columns:
    return factor * c[0], factor * c[1], factor * c[2], factor * c[3]


def plus(c: Columns, d: Columns) -> Columns:
    return c[0] + d[0], c[1] + d[1], c[2] + d[2], c[3] + d[3]


def minus(c: Columns, d: Columns) -> Columns:
    return c[0] - d[0], c[1] - d[1], c[2] - d[2], c[3] - d[3]


def interleaved(x: Slopes, y: Slopes) -> Columns:
    """Derivatives by x1, y1, x2, y2 from those by the lower and upper edge of each axis."""
    return x[0], y[0], x[1], y[1]


class EpsTerms:
    """The amounts added to the union and to the hull for stability, with their derivatives by the prediction's corners.

    form=add: eps for both; floor: what each lacks to reach eps. height_eps: added to the height of both boxes in the union.
    """

    def __init__(self, o: Overlap, eps: float, form: str = "add", height_eps: float = 0.0) -> None:
        self.o, self.eps, self.height_eps = o, eps, height_eps
        self.even = form == "add" and not height_eps
        self.lacks = (np.maximum(eps - o.union, 0.0), np.maximum(eps - o.hull, 0.0)) if form == "floor" else None
        self.union: Floats | float = eps
        self.hull: Floats | float = eps
        if self.lacks is not None:
            self.union, self.hull = self.lacks
        if height_eps:
            self.union = self.union + height_eps * (o.x.pred + o.x.target)

    @property
    def d_union(self) -> Columns | None:
        """The derivatives of `union`, or None if it is constant."""
        found = None
        if self.lacks is not None:
            found = scaled(-np.where(self.lacks[0] > 0, 1.0, 0.0), minus(self.o.d_area, self.o.d_inter))
        if self.height_eps:
            wide, none = np.full_like(self.o.inter, self.height_eps), np.zeros_like(self.o.inter)
            found = (-wide, none, wide, none) if found is None else plus(found, (-wide, none, wide, none))
        return found

    @property
    def d_hull(self) -> Columns | None:
        return None if self.lacks is None else scaled(-np.where(self.lacks[1] > 0, 1.0, 0.0), self.o.d_hull)


def one_minus_iou(o: Overlap, eps: Floats | float = 0.0) -> Floats:
    """1 - IoU, with `eps` added to the union; not computed as a difference."""
    return o.alone / o.union if isinstance(eps, float) and not eps else (o.alone + eps) / (o.union + eps)


def share(o: Overlap) -> Floats:
    """IoU"""
    return _share(o.inter, o.alone, np.where(o.union == 0.0, 1.0, o.union)) * (o.union != 0.0)


def log_iou(o: Overlap) -> Floats:
    """log IoU, accurate for nearly equal boxes; -infinity for disjoint ones."""
    lost = one_minus_iou(o)
    with np.errstate(divide="ignore"):
        return np.where(lost < 0.5, np.log1p(-np.minimum(lost, 0.5)), np.log(share(o)))


def d_iou(o: Overlap, eps: Floats | float = 0.0, d_eps: Columns | None = None) -> Columns:
    """((U+I)·dI - I·dA)/U², by edge, depending on whether it bounds the intersection; a sum of positive terms in both cases."""
    union = o.union + eps
    union = np.where(union == 0.0, 1.0, union)  # for two boxes without area every numerator is 0
    meets = o.meets
    with np.errstate(invalid="ignore"):
        found = interleaved(*(_d_iou(along, across, union, eps, meets) for along, across in ((o.x, o.y), (o.y, o.x))))
        return found if d_eps is None else minus(found, scaled(o.inter / union / union, d_eps))


def _d_iou(along: Axis, across: Axis, union: Floats, eps: Floats | float, meets: Bools) -> Slopes:
    common = across.shared / union * meets
    beside = along.pred_alone * across.pred
    inside = common * _share(along.target * across.target + beside + eps, along.shared * across.pred_alone, union)
    rest = beside + along.target_alone * across.target + along.shared * across.target_alone
    outside = -common * _share(along.shared * across.pred, rest + eps, union)

    def tied() -> Floats:
        both = along.unlike * across.pred - along.target * across.wider + eps
        return 0.5 * common * (both / union)

    return _edges(along, inside, outside, tied)


def _share(part: Floats, rest: Floats, whole: Floats) -> Floats:
    """part / (part + rest), computed as 1 minus its complement where that is smaller, which loses fewer digits."""
    lost = rest / whole
    return np.where(lost < 0.5, 1.0 - lost, part / whole)


def _edges(along: Axis, inside: Floats, outside: Floats, tied: Callable[[], Floats]) -> Slopes:
    """Derivatives by both edges, selected for an edge that bounds the intersection, one that does not, and a tie."""
    low = np.where(along.a1 > along.b1, inside, outside)
    high = np.where(along.a2 < along.b2, inside, outside)
    equal = along.a1 == along.b1, along.a2 == along.b2
    if equal[0].any() or equal[1].any():
        half = tied()
        low, high = np.where(equal[0], half, low), np.where(equal[1], half, high)
    return -low, high


def hull_waste(o: Overlap, extra: EpsTerms | None = None) -> Floats:
    """The share of the hull that neither box covers."""
    return o.waste / o.hull if extra is None else (o.waste + (extra.hull - extra.union)) / (o.hull + extra.hull)


def d_hull_waste(o: Overlap, extra: EpsTerms | None = None) -> Columns:
    """The derivatives of (C - U)/C, with `room` added to both, by edge, depending on whether it bounds the hull."""
    if extra is not None and not extra.even:
        return _d_hull_waste_with(o, extra)
    eps = 0.0 if extra is None else extra.eps
    hull, meets = o.hull + eps, o.meets
    return interleaved(*(_d_hull_waste(along, across, hull, eps, meets) for along, across in ((o.x, o.y), (o.y, o.x))))


def _d_hull_waste(along: Axis, across: Axis, hull: Floats, eps: float, meets: Bools) -> Slopes:
    alone, gap = along.target_alone, along.gap
    beside = along.shared * across.target_alone - alone * across.wider - gap * across.pred
    outside = beside / hull * (across.hull / hull)
    if eps:
        outside += eps / hull * ((across.hull - across.pred) / hull)
    inside = -np.where(meets, across.pred_alone, across.pred) / hull
    return _edges(along, inside, outside, lambda: 0.5 * (inside + outside))


def _d_hull_waste_with(o: Overlap, extra: EpsTerms) -> Columns:
    d_hull, d_union = extra.d_hull, extra.d_union
    hull = o.hull + extra.hull
    held = (o.union + extra.union) / hull  # equals 1 - hull_waste, which would cancel for boxes far apart
    by_hull = o.d_hull if d_hull is None else plus(o.d_hull, d_hull)
    by_area = o.d_area if d_union is None else plus(o.d_area, d_union)
    a, b, c, d = ((held * dc - (da - di)) / hull for dc, da, di in zip(by_hull, by_area, o.d_inter, strict=True))
    return a, b, c, d


def center_distance(o: Overlap, eps: float = 0.0) -> Floats:
    """The squared distance between the centres over the squared diagonal of the hull."""
    return o.distance2 / (o.diagonal2 + eps)


def d_center_distance(o: Overlap, eps: float = 0.0) -> Columns:
    diagonal2 = o.diagonal2 + eps
    off = o.distance2 / diagonal2
    a, b, c, d = ((dr - off * dc) / diagonal2 for dr, dc in zip(o.d_distance2, o.d_diagonal2, strict=True))
    return a, b, c, d


class Aspect:
    """The aspect term of ciou: v, alpha = v/(q + v) with q = 1 - IoU, and dv by the prediction's corners."""

    def __init__(
        self, o: Overlap, gate: float | None = None, eps: float = 0.0, aspect_eps: float = 0.0, extra: EpsTerms | None = None
    ) -> None:
        self.o = o
        self.union, self.d_union = (eps, None) if extra is None else (extra.union, extra.d_union)
        self.w, self.h = o.x.pred, o.y.pred + aspect_eps
        gw, gh = o.x.target, o.y.target + aspect_eps
        # The difference of two arctangents cancels for boxes of similar shape; the angle between the diagonals does not.
        self.angle = np.arctan2(gw * self.h - self.w * gh, gh * self.h + gw * self.w)
        self.v = (2.0 / np.pi * self.angle) ** 2
        self.alpha = divide(self.v, one_minus_iou(o, self.union) + eps + self.v, 0.0)
        if gate is not None:
            self.alpha = self.alpha * (o.inter > gate * (o.union + self.union))

    @property
    def term(self) -> Floats:
        return self.alpha * self.v

    @property
    def slopes(self) -> Columns:
        """The derivatives of v."""
        scale = divide(8.0 / np.pi**2 * self.angle, self.w * self.w + self.h * self.h, 0.0)
        by_w, by_h = -scale * self.h, scale * self.w
        return -by_w, -by_h, by_w, by_h

    def pull(self, alpha_grad: bool = False) -> Columns:
        """The derivatives of the term, with alpha held constant unless `alpha_grad`."""
        if not alpha_grad:
            return scaled(self.alpha, self.slopes)
        return plus(
            scaled(self.alpha * (2.0 - self.alpha), self.slopes),
            scaled(self.alpha * self.alpha, d_iou(self.o, self.union, self.d_union)),
        )


def size_difference(o: Overlap) -> Floats:
    """The squared differences of widths and heights, each over the squared side of the hull."""
    x, y = (divide(a.wider, a.hull, 0.0) for a in (o.x, o.y))
    return np.asarray(x * x + y * y)


def d_size_difference(o: Overlap) -> Columns:
    return interleaved(_d_size_difference(o.x), _d_size_difference(o.y))


def _d_size_difference(a: Axis) -> Slopes:
    scale = divide(2.0 * divide(a.wider, a.hull, 0.0), a.hull, 0.0)
    held = divide(a.target + a.target_alone + a.gap, a.hull, 0.0)  # 1 - wider/hull, computed without cancellation
    low, high = (1.0 - np.abs(moved) + np.abs(moved) * held for moved in a.hull_slopes)
    return -scale * low, scale * high


class Shapes:
    """Σ (1 - e^-ω)^θ over both sides, ω = weight·|w - w_g| / max(w, w_g): the shape cost of siou and shape_iou."""

    def __init__(self, o: Overlap, theta: float, weights: tuple[Floats | float, Floats | float] = (1.0, 1.0)) -> None:
        self.sides = [_Lean(axis, theta, weight) for axis, weight in zip((o.x, o.y), weights, strict=True)]

    @property
    def term(self) -> Floats:
        return self.sides[0].term + self.sides[1].term

    @property
    def slopes(self) -> Columns:
        x, y = (side.slope for side in self.sides)
        return -x, -y, x, y


class _Lean:
    def __init__(self, a: Axis, theta: float, weight: Floats | float) -> None:
        self.axis, self.theta, self.weight = a, theta, weight
        self.omega = weight * divide(np.abs(a.wider), np.maximum(a.pred, a.target), 0.0)
        self.rise = -np.expm1(-self.omega)

    @property
    def term(self) -> Floats:
        return np.asarray(self.rise**self.theta)

    @property
    def slope(self) -> Floats:
        """The derivative by the prediction's side; 0 where both sides are equal."""
        a = self.axis
        longer = divide(a.target, a.pred, 0.0)
        turn = np.where(
            a.wider > 0, divide(longer, a.pred, 0.0), np.where(a.wider < 0, -divide(np.ones_like(a.pred), a.target), 0.0)
        )
        return steepness(self.rise, self.theta) * np.exp(-self.omega) * self.weight * turn


class Angles:
    """siou's distance term: Σ over both axes of 1 - e^(-γ ρ²), ρ the shift over the hull's side, γ = 2 - sin 2α.

    α is the angle between the axis and the line of the centres: sin 2α = 2|sx sy|/(sx² + sy²), computed without arcsine.
    sign=-1 reverses the sign of the exponent.
    """

    def __init__(self, o: Overlap, sign: float = 1.0) -> None:
        self.x, self.y, self.sign = o.x, o.y, sign
        self.shift = 0.5 * o.x.between, 0.5 * o.y.between
        self.apart = np.hypot(*self.shift)
        self.unit = divide(self.shift[0], self.apart, 0.0), divide(self.shift[1], self.apart, 0.0)
        self.gamma = 2.0 - 2.0 * np.abs(self.unit[0] * self.unit[1])
        self.off = divide(self.shift[0], o.x.hull, 0.0), divide(self.shift[1], o.y.hull, 0.0)

    @lazy
    def exponents(self) -> tuple[Floats, Floats]:
        u, v = self.off
        return -self.sign * self.gamma * u * u, -self.sign * self.gamma * v * v

    @property
    def term(self) -> Floats:
        return np.asarray(-np.expm1(self.exponents[0]) - np.expm1(self.exponents[1]))

    @property
    def slopes(self) -> Columns:
        (u, v), (ex, ey) = self.off, (self.sign * np.exp(e) for e in self.exponents)
        by_gamma = ex * u * u + ey * v * v
        a, b = self.unit
        turn = divide(2.0 * (b * b - a * a), self.apart, 0.0)
        by_x = -by_gamma * turn * np.abs(b) * _heading(self.x)
        by_y = by_gamma * turn * np.abs(a) * _heading(self.y)
        return interleaved(self._along(self.x, u, ex, by_x), self._along(self.y, v, ey, by_y))

    def _along(self, axis: Axis, off: Floats, e: Floats, by_shift: Floats) -> Slopes:
        low, high = axis.hull_slopes
        scale = divide(2.0 * self.gamma * e * off, axis.hull, 0.0)
        return scale * (0.5 - off * low) + 0.5 * by_shift, scale * (0.5 - off * high) + 0.5 * by_shift


def _heading(axis: Axis) -> Floats:
    """The sign of the shift. For no shift either limit is valid; the rounded sum of the edges selects one, as in YOLOv6."""
    rounded = (axis.b1 + axis.b2 - axis.a1) - axis.a2
    return np.where(axis.between != 0, np.sign(axis.between), np.where(rounded >= 0, -1.0, 1.0))


def steepness(p: Floats, power: float) -> Floats:
    """The derivative of p^power for p ≥ 0, with 0 in place of an infinite value at p = 0."""
    if power == 1.0:
        return np.ones_like(p)
    return np.asarray(power * np.where(p > 0, np.where(p > 0, p, 1.0) ** (power - 1.0), 0.0))


Term = tuple[Callable[[Overlap], Floats], Callable[[Overlap], Columns]]
"""A term and its derivatives."""

_CENTER: Term = (center_distance, d_center_distance)
_ASPECT: Term = (lambda o: Aspect(o).term, lambda o: Aspect(o).pull())
_ANGLE: Term = (lambda o: 0.5 * Angles(o).term, lambda o: scaled(0.5, Angles(o).slopes))
_SHAPE: Term = (lambda o: 0.5 * Shapes(o, 4.0).term, lambda o: scaled(0.5, Shapes(o, 4.0).slopes))

PENALTIES: dict[str, tuple[Term, ...]] = {
    "iou": (),
    "giou": ((hull_waste, d_hull_waste),),
    "diou": (_CENTER,),
    "ciou": (_CENTER, _ASPECT),
    "eiou": (_CENTER, (size_difference, d_size_difference)),
    "siou": (_ANGLE, _SHAPE),
}
"""What each loss adds to 1 - IoU."""
