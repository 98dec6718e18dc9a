"""1 - IoU with an intersection that is negative for disjoint boxes, as extended_iou uses it."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import Axis, Overlap
from losscli.families.detect._dual import Columns, Dual, plus, scaled
from losscli.families.detect._iou_terms import EpsTerms, one_minus_iou


def one_minus_signed_iou(o: Overlap, eps: float) -> Dual:
    """1 - I/U where boxes overlap; elsewhere 1 + J/(U + J), J the negated intersection and U the sum of the areas.

    J is, for a gap along one axis, the gap times the distances of the inner edges from the corner of the hull along the other
    axis; for gaps along both, the sum of the two products.
    """
    near = one_minus_iou(o, EpsTerms(o, eps), touching=True)
    x, y = o.x, o.y
    negated = _gap(x) * _inner_edges(y) + _gap(y) * _inner_edges(x)
    areas = x.length * y.length + (x.target * y.target + o.in_areas(eps))
    total = areas.value + negated.value
    beyond = negated.value / total

    def derive() -> Columns:
        meets, touches = o.meets(), o.meets(touching=True)
        far = plus(scaled(areas.value / total / total, negated.slopes), scaled(-beyond / total, areas.slopes))
        return plus(scaled(0.5 * meets + 0.5 * touches, near.slopes), scaled(np.where(meets, 0.0, 1.0), far))

    return Dual(np.where(negated.value > 0, 1.0 + beyond, near.value), derive)


def _gap(a: Axis) -> Dual:
    """The length of the gap, half of whose derivatives intervals have that touch."""
    on = np.where(a.signed < 0, 1.0, np.where(a.signed == 0, 0.5, 0.0))
    low, high = a.inner_slopes
    return a.dual(a.gap, lambda: (low * on, -high * on))


def _inner_edges(a: Axis) -> Dual:
    """The sum of the distances of the later start and of the earlier end from the start of the hull."""
    start = np.minimum(a.a1, a.b1)
    low, high = a.inner_slopes
    return a.dual(np.abs(a.a1 - a.b1) + (np.minimum(a.a2, a.b2) - start), lambda: (3.0 * low - 2.0, high))
