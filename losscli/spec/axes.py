"""The natural axes of losses as data: what varies when a loss is drawn as a curve, and the arrays of a sample at each place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Loss, Params


@dataclass(frozen=True)
class Pose:
    """Samples, one at each place of an axis.

    arrays: by role, one row per place. moves: by role of the prediction, its derivative along the axis, in the same shape.
    """

    arrays: Mapping[str, Array]
    moves: Mapping[str, Array]
    from_logits: bool = False
    constants: Mapping[str, Array] = field(default_factory=dict)
    """By role, arrays that all samples share, such as class weights."""


@dataclass(frozen=True)
class Axis:
    """One natural axis of a loss.

    name: as `--against` names it; losses whose axes have one name share a picture. low, high: the range that is drawn by default.
    least, most: the places beyond which there is no sample (with `open`, nor at `least` itself). cases: what else a sample may be,
    such as its label; a case that gives the same curve as the one before it is not drawn.
    """

    name: str
    label: str
    pose: Callable[[Floats, str], Pose]
    low: float
    high: float
    least: float = -math.inf
    most: float = math.inf
    open: bool = False
    log: bool = False
    cases: tuple[str, ...] = ("",)
    measure: Callable[..., Floats] | None = None
    """A kernel that gives the place of each of the user's samples, of the roles that it names; None where samples have none."""
    case_of: Callable[..., Floats] | None = None
    """A kernel of the same roles that gives the number of each sample's case."""
    reads: Mapping[str, Any] = field(default_factory=dict)
    """How that kernel's roles are prepared, as declared for losses: `scores`, `label`, `reads`."""


Axes = tuple[Axis, ...] | str
"""The axes of a loss, its usual one first, or in a line why it has no curve."""


def axes_of(loss: Loss, params: Params) -> Axes:
    """The natural axes of a loss with these parameters, or why it has none."""
    if loss.no_curve is not None and (why := loss.no_curve(params)):
        return why
    found: Axes = import_module(f"losscli.families.{loss.family}.axes").axes(loss, params)
    return found if isinstance(found, str) or not loss.axes else tuple(axis for axis in found if axis.name in loss.axes)
