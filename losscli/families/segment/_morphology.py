"""Soft morphology of (n,K) regions of any rank, with backpropagation. Pure NumPy.

Among ties the first pixel gets the gradient, except between the directions of an erosion, which share it.
"""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Bools, Floats

FIRST = 2
"""The first axis of the pixels."""


def shifted(x: Array, axis: int, by: int, fill: float) -> Array:
    """x shifted by `by` pixels along an axis, with `fill` beyond the edge."""
    out = np.full_like(x, fill)
    if abs(by) < x.shape[axis]:
        here, there = _sides(axis, by)
        out[here] = x[there]
    return out


def _sides(axis: int, by: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    head: tuple[slice, ...] = (slice(None),) * axis
    if by > 0:
        return (*head, slice(None, -by)), (*head, slice(by, None))
    if by < 0:
        return (*head, slice(-by, None)), (*head, slice(None, by))
    return (*head, slice(None)), (*head, slice(None))


def _highest(x: Floats, axis: int) -> tuple[Floats, Array]:
    """The maximum of each pixel and its two neighbours along an axis, and which of them it is: -1, 0 or 1."""
    best, which = shifted(x, axis, -1, -np.inf), np.full(x.shape, -1, np.int8)
    for by in (0, 1):
        other = shifted(x, axis, by, -np.inf)
        better = other > best
        best, which = np.where(better, other, best), np.where(better, np.int8(by), which)
    return best, which


def _highest_back(g: Floats, which: Array, axis: int) -> Floats:
    out = np.zeros_like(g)
    for by in (-1, 0, 1):
        if abs(by) < g.shape[axis]:
            here, there = _sides(axis, by)
            out[there] += np.where(which == by, g, 0.0)[here]
    return out


@dataclass(frozen=True)
class Erosion:
    """The minimum of each pixel and its neighbours along the axes, with what its gradient needs."""

    value: Floats
    parts: tuple[tuple[Floats, Array], ...]
    """Per axis, the fraction of the gradient that passes through it, and its destination."""

    @classmethod
    def of(cls, x: Floats) -> Erosion:
        value: Floats | None = None
        parts: list[tuple[Floats, Array]] = []
        for axis in range(FIRST, x.ndim):
            high, which = _highest(-x, axis)
            low = -high
            if value is None:
                value, parts = low, [(np.ones_like(low), which)]
                continue
            mine = np.where(low < value, 1.0, np.where(low == value, 0.5, 0.0))
            parts = [(share * (1.0 - mine), w) for share, w in parts] + [(mine, which)]
            value = np.minimum(value, low)
        assert value is not None
        return cls(value, tuple(parts))

    def back(self, g: Floats) -> Floats:
        out = np.zeros_like(g)
        for axis, (share, which) in enumerate(self.parts, FIRST):
            out += _highest_back(g * share, which, axis)
        return out


@dataclass(frozen=True)
class Dilation:
    """The maximum of each pixel and all its neighbours, including corners."""

    value: Floats
    which: tuple[Array, ...]

    @classmethod
    def of(cls, x: Floats) -> Dilation:
        found = []
        for axis in range(x.ndim - 1, FIRST - 1, -1):
            x, which = _highest(x, axis)
            found.append(which)
        return cls(x, tuple(found))

    def back(self, g: Floats) -> Floats:
        last = g.ndim - 1
        for i in range(len(self.which) - 1, -1, -1):
            g = _highest_back(g, self.which[i], last - i)
        return g


@dataclass(frozen=True)
class _Ridge:
    """[x - open(x)]₊ of one round, with backpropagation to x and to its erosion."""

    eroded: Erosion
    opened: Dilation
    delta: Floats
    before: Floats
    """The skeleton before this round."""


class Skeleton:
    """The soft skeleton: the ridges of an image that openings remove during `iters` erosions."""

    def __init__(self, x: Floats, iters: int, kept: Bools | None = None) -> None:
        """kept (n,1,…): False for pixels that are left out of every minimum and maximum, and of the skeleton."""
        self.kept = kept
        self.rounds: list[_Ridge] = []
        skeleton = np.zeros_like(x)
        for _ in range(iters + 1):
            eroded = Erosion.of(self._or(x, np.inf))
            opened = Dilation.of(self._or(eroded.value, -np.inf))
            delta = np.maximum(self._or(x - opened.value, 0.0), 0.0)
            self.rounds.append(_Ridge(eroded, opened, delta, skeleton))
            skeleton = skeleton + np.maximum(delta - skeleton * delta, 0.0)
            if np.array_equal(self._or(eroded.value, 0.0), self._or(x, 0.0)):
                break  # neither this erosion nor any after it removes anything
            x = eroded.value
        self.value = skeleton

    def _or(self, x: Floats, other: float) -> Floats:
        """x, and another value where a pixel is left out."""
        return x if self.kept is None else np.where(self.kept, x, other)

    def back(self, g: Floats) -> Floats:
        """From d/d(skeleton) to d/d(image)."""
        into_eroded, g = np.zeros_like(g), self._or(g, 0.0)
        for ridge in reversed(self.rounds):
            open_ = ridge.delta - ridge.before * ridge.delta > 0
            by_delta = np.where(open_ & (ridge.delta > 0), g * (1.0 - ridge.before), 0.0)
            g = g * np.where(open_, 1.0 - ridge.delta, 1.0)
            through = self._or(into_eroded - ridge.opened.back(by_delta), 0.0)
            into_eroded = self._or(ridge.eroded.back(through), 0.0) + by_delta
        return into_eroded
