"""Where a curve is evaluated: a grid, points near its ends, and both sides of every jump, found by halving."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints
from losscli.spec.axes import Axis

COUNT = 401
"""Places of the grid, which CSV has too."""
HALVINGS = 26
"""Of an interval with a jump: to a hundred-millionth of it."""
LEAST = 0.002
"""The least jump that leaves a gap, as a share of what is drawn."""

Function = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Drawn:
    """The points of one line, with a NaN between the sides of a jump."""

    x: Floats
    y: Floats


def grid(low: float, high: float, log: bool, count: int = COUNT) -> Floats:
    """Places from low to high in equal steps, or equal factors, as decimals of twelve digits."""
    found = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    found[np.abs(found) < 1e-9 * (high - low)] = 0.0
    return np.unique([float(f"{x:.12g}") for x in found.tolist()])


def with_ends(places: Floats, axis: Axis) -> Floats:
    """The places with more of them near both ends, where a loss may become infinite."""
    low, high = places[0], places[-1]
    near = (high - low) * np.geomspace(1e-7, 2e-3, 24)
    found = np.unique(np.concatenate([places, low + near, high - near]))
    return np.unique(np.geomspace(low, high, 2 * len(places))) if axis.log else found


def limits(lines: list[Floats]) -> tuple[float, float]:
    """The values between which lines are drawn: all of them, unless a few are far beyond the rest."""
    found = np.concatenate([y[np.isfinite(y)] for y in lines]) if lines else np.zeros(0)
    if not found.size:
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    usual_low, usual_high = (float(q) for q in np.quantile(found, [0.06, 0.94]))
    room = max(usual_high - usual_low, 1e-12 * max(abs(low), abs(high)))
    return max(low, usual_low - room), min(high, usual_high + room)


def with_gaps(x: Floats, y: Floats, function: Function, room: float) -> Drawn:
    """The points of a line, and of each jump the points on both sides of it; room: the extent of what is drawn."""
    at = _suspects(y, LEAST * room)
    if not at.size:
        return Drawn(x, y)
    left, right, low, high = x[at], x[at + 1], y[at], y[at + 1]
    for _ in range(HALVINGS):
        middle = left / 2 + right / 2
        value = function(middle)
        first = np.abs(value - low) >= np.abs(high - value)
        left, low = np.where(first, left, middle), np.where(first, low, value)
        right, high = np.where(first, middle, right), np.where(first, value, high)
    jumps = np.abs(high - low) > LEAST * room
    inner_x = np.stack([left, left / 2 + right / 2, right], axis=1)[jumps]
    inner_y = np.stack([low, np.full_like(low, np.nan), high], axis=1)[jumps]
    where = np.repeat(at[jumps] + 1, 3)
    return Drawn(np.insert(x, where, inner_x.ravel()), np.insert(y, where, inner_y.ravel()))


def _suspects(y: Floats, least: float) -> Ints:
    """The intervals over which a line changes much more than a little further on both sides."""
    with np.errstate(invalid="ignore"):
        change = np.abs(np.diff(y))
    padded = np.pad(np.where(np.isfinite(change), change, 0.0), 2)
    around = np.maximum(padded[:-4], padded[4:])
    return np.flatnonzero(np.isfinite(change) & (change > least) & (change > 1.5 * around))
