"""Declares losses of two boxes by their formula over the overlap; the gradient follows by composition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from losscli.families.detect._box_pair import LEAST_UNIT, LEAST_WITH_AREA, LEAST_WITH_LENGTH, Overlap, overlap_of
from losscli.families.detect._dual import Dual
from losscli.families.detect.family import FAMILY
from losscli.numerics.stable import Floats
from losscli.spec.loss import Loss, Params
from losscli.spec.param import formula


def box_loss(name: str, **facts: Any) -> Callable[[Callable[..., Dual]], Loss]:
    """Decorator of `def giou(o, *, eps)`: the loss of `pred` and `target` with these parameters, and its gradient."""

    def declare(of_overlap: Callable[..., Dual]) -> Loss:
        def values(pred: Floats, target: Floats, p: Params) -> Floats:
            return of_overlap(measured(pred, target, p), **p).value

        loss = FAMILY.loss(name, **facts)(formula(values, of_overlap))

        @loss.gradient
        def slope(pred: Floats, target: Floats, p: Params) -> Floats:
            o = measured(pred, target, p)
            return o.gradient(of_overlap(o, **p))

        return loss

    return declare


def measured(pred: Floats, target: Floats, p: Params) -> Overlap:
    """The overlap of two boxes as a loss with these parameters needs it."""
    offset = float(p.get("offset", 0))
    lengths = offset or p.get("height_eps") or p.get("aspect_eps")
    return overlap_of(pred, target, offset, LEAST_WITH_AREA if p.get("eps") else LEAST_WITH_LENGTH if lengths else LEAST_UNIT)
