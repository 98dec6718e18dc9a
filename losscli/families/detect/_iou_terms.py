"""The terms that IoU losses are sums of, each with its derivatives by the prediction's corners. Declares no loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.families.detect._box_pair import Axis, Overlap, Slopes
from losscli.families.detect._dual import Columns, Dual, one_minus_exp, plus, scaled
from losscli.numerics.stable import Bools, Floats, divide


class EpsTerms:
    """The amounts added to the union and to the hull for stability.

    form=add: eps for both; floor: what each lacks to reach eps. height_eps: added to the height of both boxes in the union.
    """

    def __init__(self, o: Overlap, eps: float, form: str = "add", height_eps: float = 0.0, touching: bool = False) -> None:
        self.eps = o.in_areas(eps)
        self.even = form == "add" and not height_eps
        self.none = self.even and not eps
        self.union: Dual | Floats | float = self.eps
        self.hull: Dual | Floats | float = self.eps
        if form == "floor":
            self.union, self.hull = ((self.eps - area).clipped(0.0, None) for area in (o.union_area(touching), o.hull_area))
        if height_eps:
            self.union = (o.x.length + o.x.target) * (height_eps / o.y.unit) + self.union


def value_of(x: Dual | Floats | float) -> Floats | float:
    return x.value if isinstance(x, Dual) else x


def one_minus_iou(o: Overlap, extra: EpsTerms | None = None, touching: bool = False) -> Dual:
    """1 - I/U, computed as the share of the union that one box alone covers.

    touching: whether boxes that only touch have the derivatives of overlapping ones.
    """
    if extra is None or extra.none:
        return Dual(o.alone / o.union, lambda: _d_one_minus_iou(o, 0.0, touching).slopes)
    added = extra.union
    eps = value_of(added)
    value = (o.alone + eps) / (o.union + eps)

    def derive() -> Columns:
        found = _d_one_minus_iou(o, eps, touching).slopes
        if not isinstance(added, Dual):
            return found
        return plus(found, scaled(o.inter / (o.union + eps) / (o.union + eps), added.slopes))

    return Dual(value, derive)


def _d_one_minus_iou(o: Overlap, eps: Floats | float, touching: bool) -> Dual:
    """(I·dA - (U+I)·dI)/U², by edge, depending on whether it bounds the intersection: a sum of positive terms in both cases."""
    union = o.union + eps
    union = np.where(union == 0.0, 1.0, union)  # for two boxes without area every numerator is 0
    meets = o.meets(touching)

    def along(axis: Axis, across: Axis) -> Dual:
        return axis.dual(axis.shared, lambda: _d_along(axis, across, union, eps, meets))

    return along(o.x, o.y) + along(o.y, o.x)


def _d_along(along: Axis, across: Axis, union: Floats, eps: Floats | float, meets: Bools) -> Slopes:
    common = across.shared / union * meets
    beside = along.pred_alone * across.pred
    inside = -common * _share(along.target * across.target + beside + eps, along.shared * across.pred_alone, union)
    rest = beside + along.target_alone * across.target + along.shared * across.target_alone
    outside = common * _share(along.shared * across.pred, rest + eps, union)

    def tied() -> Floats:
        both = along.unlike * across.pred - along.target * across.wider + eps
        return -0.5 * common * (both / union)

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


def iou_share(o: Overlap, extra: EpsTerms | None = None, touching: bool = False) -> Dual:
    """IoU; 0 for two boxes without area."""
    lost = one_minus_iou(o, extra, touching)
    return Dual(
        share(o) if extra is None else divide(o.inter, np.asarray(o.union + value_of(extra.union)), 0.0), lambda: (-lost).slopes
    )


def minus_log(iou: Dual, lost: Floats) -> Dual:
    """-log IoU, accurate for nearly equal boxes, where 1 - IoU is `lost`; infinity for disjoint ones, without a derivative."""
    share = iou.value
    with np.errstate(divide="ignore"):
        value = 0.0 - np.where(lost < 0.5, np.log1p(-np.minimum(lost, 0.5)), np.log(share))

    def derive() -> Columns:
        x1, y1, x2, y2 = (None if slope is None else divide(np.asarray(-slope), share, 0.0) for slope in iou.slopes)
        return x1, y1, x2, y2

    return Dual(value, derive)


def share(o: Overlap) -> Floats:
    """IoU; 0 for two boxes without area."""
    return _share(o.inter, o.alone, np.where(o.union == 0.0, 1.0, o.union)) * (o.union != 0.0)


def hull_waste(o: Overlap, extra: EpsTerms | None = None) -> Dual:
    """(C - U)/C: the share of the hull that neither box covers."""
    if extra is None or extra.even:
        eps = 0.0 if extra is None else extra.eps
        hull = o.hull if extra is None or extra.none else o.hull + eps
        return Dual(o.waste / hull, lambda: _d_hull_waste(o, hull, eps).slopes)
    whole, union = o.hull_area + extra.hull, o.union_area() + extra.union
    waste = o.waste + (value_of(extra.hull) - value_of(extra.union))
    return Dual(waste / whole.value, lambda: (-(union / whole)).slopes)


def _d_hull_waste(o: Overlap, hull: Floats, eps: Floats | float) -> Dual:
    meets = o.meets()

    def along(axis: Axis, across: Axis) -> Dual:
        return axis.dual(axis.hull, lambda: _d_waste_along(axis, across, hull, eps, meets))

    return along(o.x, o.y) + along(o.y, o.x)


def _d_waste_along(along: Axis, across: Axis, hull: Floats, eps: Floats | float, meets: Bools) -> Slopes:
    """(U·dC - C·dU)/C², by edge, depending on whether it bounds the hull."""
    beside = along.shared * across.target_alone - along.target_alone * across.wider - along.gap * across.pred
    outside = beside / hull * (across.hull / hull)
    if not isinstance(eps, float) or eps:
        outside += eps / hull * ((across.hull - across.pred) / hull)
    inside = -np.where(meets, across.pred_alone, across.pred) / hull
    return _edges(along, inside, outside, lambda: 0.5 * (inside + outside))


def center_distance(o: Overlap, eps: float = 0.0) -> Dual:
    """ρ²/c²: the squared distance between the centres over the squared diagonal of the hull."""
    return o.distance2 / (o.diagonal2 + o.in_squares(eps) if eps else o.diagonal2)


class Aspect:
    """The aspect term of ciou: v = (4/π²)·(atan(w_g/h_g) - atan(w/h))² and alpha = v/(1 - IoU + v)."""

    def __init__(self, o: Overlap, lost: Dual, gated: Bools | None = None, eps: float = 0.0, aspect_eps: float = 0.0) -> None:
        x, y = o.even
        more = aspect_eps / y.unit
        w, h, gw, gh = x.length, y.length + more, x.target, y.target + more
        # The difference of two arctangents cancels for boxes of similar shape; the angle between the diagonals does not.
        angle = Dual(np.arctan2(gw * h.value - w.value * gh, gh * h.value + gw * w.value), lambda: _turned(w, h))
        self.v = (angle * (2.0 / np.pi)) ** 2
        self.alpha = self.v.over(lost + eps + self.v)
        if gated is not None:
            self.alpha = self.alpha * gated.astype(np.float64)

    def term(self, alpha_grad: bool = False) -> Dual:
        """alpha·v, with alpha held constant unless `alpha_grad`."""
        return (self.alpha if alpha_grad else self.alpha.held) * self.v


def _turned(w: Dual, h: Dual) -> Columns:
    """The derivatives of -atan(w/h), the angle of the diagonal of a w×h box."""
    diagonal = np.hypot(w.value, h.value)
    by_w, by_h = (divide(divide(side, diagonal, 0.0), diagonal, 0.0) for side in (-h.value, w.value))
    return plus(scaled(by_w, w.slopes), scaled(by_h, h.slopes))


def size_difference(o: Overlap) -> Dual:
    """(w - w_g)²/C_w² + (h - h_g)²/C_h², the differences of the sides over the sides of the hull."""
    return _side_difference(o.x) ** 2 + _side_difference(o.y) ** 2


def _side_difference(a: Axis) -> Dual:
    found = divide(a.wider, a.hull, 0.0)

    def slopes() -> Slopes:
        rest = divide(a.target + a.target_alone + a.gap, a.hull, 0.0)  # 1 - found, computed without cancellation
        low, high = (divide(1.0 - np.abs(moved) + np.abs(moved) * rest, a.hull, 0.0) for moved in a.hull_slopes)
        return -low, high

    return a.dual(found, slopes)


def shape_cost(o: Overlap, theta: float, weights: tuple[Floats | float, Floats | float] = (1.0, 1.0)) -> Dual:
    """Ω = Σ (1 - e^-ω)^θ over both sides, ω = weight·|w - w_g| / max(w, w_g): the shape cost of siou and shape_iou."""
    x, y = (one_minus_exp(side_ratio(axis) * weight) ** theta for axis, weight in zip((o.x, o.y), weights, strict=True))
    return x + y


def side_ratio(a: Axis, eps: float = 0.0) -> Dual:
    """1 - min(w/(w_g + eps), w_g/(w + eps)) = |w - w_g| / max(w, w_g) where eps = 0."""
    more = eps / a.unit
    longer, shorter = divide(a.wider + more, a.pred + more, 0.0), divide(more - a.wider, a.target + more, 0.0)

    def slopes() -> Slopes:
        up = divide(divide(a.target, a.pred + more, 0.0), a.pred + more, 0.0)
        down = -divide(np.ones_like(up), a.target + more)
        own = np.where(a.wider > 0, up, np.where(a.wider < 0, down, 0.5 * (up + down)))
        return -own, own

    return a.dual(np.maximum(longer, shorter), slopes)


def distance_cost(o: Overlap, sign: float = 1.0) -> Dual:
    """siou's distance cost Δ = Σ over both axes of 1 - e^(-γρ²), ρ the shift over the hull's side, γ = 2 - sin 2α.

    sign=-1 reverses the sign of the exponent.
    """
    gamma = (2.0 - _sine_of_twice_the_angle(o)) * sign
    x, y = (one_minus_exp(gamma * axis.shift.over(axis.span) ** 2) for axis in (o.x, o.y))
    return x + y


def _sine_of_twice_the_angle(o: Overlap) -> Dual:
    """sin 2α = 2·|sx·sy|/(sx² + sy²), α the angle between the line of the centres and an axis, without an arcsine."""
    x, y = o.even
    apart = np.hypot(x.shift.value, y.shift.value)
    a, b = divide(x.shift.value, apart, 0.0), divide(y.shift.value, apart, 0.0)

    def derive() -> Columns:
        turn = divide(2.0 * (b * b - a * a), apart, 0.0)
        by_x, by_y = turn * np.abs(b) * _heading(x), -turn * np.abs(a) * _heading(y)
        return plus(scaled(by_x, x.shift.slopes), scaled(by_y, y.shift.slopes))

    return Dual(2.0 * np.abs(a * b), derive)


def _heading(axis: Axis) -> Floats:
    """The sign of the shift. For no shift either limit is valid; the rounded sum of the edges selects one, as in YOLOv6."""
    rounded = (axis.b1 + axis.b2 - axis.a1) - axis.a2
    shift = axis.shift.value
    return np.where(shift != 0, np.sign(shift), np.where(rounded >= 0, -1.0, 1.0))


Term = Callable[[Overlap], Dual]

PENALTIES: dict[str, tuple[Term, ...]] = {
    "iou": (),
    "giou": (hull_waste,),
    "diou": (center_distance,),
    "ciou": (center_distance, lambda o: Aspect(o, one_minus_iou(o)).term()),
    "eiou": (center_distance, size_difference),
    "siou": (lambda o: 0.5 * distance_cost(o), lambda o: 0.5 * shape_cost(o, 4.0)),
}
"""What each loss adds to 1 - IoU."""
