"""Counts of points in cells of a lattice whose steps are powers of two, for points whose range is not known before.

A cell contains its lower edges and not its upper ones. Where the points span more cells than an axis may have, its step doubles, so
that each cell is made of whole cells: counts are exact, and equal however the points are split.
"""

from __future__ import annotations

from math import frexp, isfinite, ldexp

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.stable import Floats, Ints

MOST = {1: 1 << 12, 2: 1 << 9}
"""The most cells along an axis, by the number of axes."""
_FINEST = -1074
"""The step of an axis whose values are all 0."""
_DIGITS = 52
_TAIL = 0.0025
"""The share of points that each end of an axis may leave out where the others then have much finer cells."""
_FAR = 4


@dataclass(frozen=True)
class Lattice:
    """cells: the index along each axis of every cell that has points, (m, axes), in order; counts: (m,); steps: by axis, the
    exponent of its step. lost: points with a coordinate that is not finite."""

    cells: Ints
    counts: Ints
    steps: tuple[int, ...]
    lost: int = 0

    @classmethod
    def of(cls, *axes: Floats) -> Lattice:
        """The points with these coordinates."""
        points = np.stack([np.ravel(axis) for axis in axes], axis=1).astype(np.float64, copy=False)
        finite = np.isfinite(points).all(axis=1)
        lost = len(points) - int(finite.sum())
        points = points if not lost else points[finite]
        if not len(points):
            return cls(np.zeros((0, len(axes)), np.int64), np.zeros(0, np.int64), (_FINEST,) * len(axes), lost)
        steps = tuple(_step(float(x.min()), float(x.max()), MOST[len(axes)]) for x in points.T)
        cells = np.stack([_index(x, step) for x, step in zip(points.T, steps, strict=True)], axis=1)
        return cls(*_counted(cells, np.ones(len(cells), np.int64)), steps, lost)

    def __add__(self, other: Lattice) -> Lattice:
        lost = self.lost + other.lost
        if not len(self.counts) or not len(other.counts):
            some = self if len(self.counts) else other
            return Lattice(some.cells, some.counts, some.steps, lost)
        steps = tuple(map(max, self.steps, other.steps))
        cells = np.concatenate([self.coarser(steps), other.coarser(steps)])
        more = tuple(_doublings(int(x.min()), int(x.max()), MOST[len(steps)]) for x in cells.T)
        cells = np.right_shift(cells, np.array(more))
        steps = tuple(step + n for step, n in zip(steps, more, strict=True))
        return Lattice(*_counted(cells, np.concatenate([self.counts, other.counts])), steps, lost)

    def coarser(self, steps: tuple[int, ...]) -> Ints:
        """The indices of cells with these steps, which are not finer."""
        return np.right_shift(self.cells, np.minimum(np.subtract(steps, self.steps), 63))

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    def ends(self, axis: int) -> tuple[float, float]:
        """The ends of an axis for a picture: of all cells, or without the outermost where few points are far from the others."""
        x = self.cells[:, axis]
        order = np.argsort(x, kind="stable")
        x, below = x[order], np.cumsum(self.counts[order])
        low, high = int(x[0]), int(x[-1]) + 1
        inner = [int(x[np.searchsorted(below, share * below[-1], side="left")]) for share in (_TAIL, 1 - _TAIL)]
        if (inner[1] + 1 - inner[0]) * _FAR < high - low:
            low, high = inner[0], inner[1] + 1
        return _value(low, self.steps[axis]), _value(high, self.steps[axis])

    def grid(self, ends: tuple[tuple[float, float], ...], most: tuple[int, ...]) -> Grid:
        """The counts in cells of equal steps that cover these ends, at most so many along each axis."""
        steps = [_shown(low, high, step, n) for (low, high), step, n in zip(ends, self.steps, most, strict=True)]
        cells = self.coarser(tuple(steps))
        first = [_at(low, step) for (low, _), step in zip(ends, steps, strict=True)]
        last = [int(np.ceil(ldexp(high, -step))) for (_, high), step in zip(ends, steps, strict=True)]
        shape = tuple(max(b - a, 1) for a, b in zip(first, last, strict=True))
        inside = ((cells >= first) & (cells < np.add(first, shape))).all(axis=1)
        counts = np.zeros(shape, np.int64)
        np.add.at(counts, tuple((cells[inside] - first).T), self.counts[inside])
        edges = tuple([_value(a + i, step) for i in range(n + 1)] for a, n, step in zip(first, shape, steps, strict=True))
        return Grid(edges, counts, int(self.counts[~inside].sum()))


@dataclass(frozen=True)
class Grid:
    """Counts between edges along each axis; outside: points beyond them."""

    edges: tuple[list[float], ...]
    counts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    outside: int = 0


def _step(low: float, high: float, most: int) -> int:
    """The exponent of the smallest step by which values from low to high are in at most so many cells, numbered exactly."""
    largest = max(-low, high)
    step = max(frexp(largest)[1] - 1 - _DIGITS, _FINEST) if largest else _FINEST
    width = high / 2 - low / 2
    if width > 0:
        step = max(step, frexp(width / most)[1] - 1)
    while _at(high, step) - _at(low, step) >= most:
        step += 1
    return step


def _doublings(low: int, high: int, most: int) -> int:
    """How often the step doubles until indices from low to high are at most so many."""
    n = 0
    while (high >> n) - (low >> n) >= most:
        n += 1
    return n


def _index(x: Floats, step: int) -> Ints:
    scaled = np.ldexp(x, -step)
    return np.where((scaled == 0) & (x < 0), -1.0, np.floor(scaled)).astype(np.int64)  # a tiny negative number underflows


def _at(x: float, step: int) -> int:
    return int(_index(np.array([x]), step)[0])


def _value(index: int, step: int) -> float:
    found = ldexp(float(index), step) if index.bit_length() + step <= 1024 else float("inf") * index
    return found if isfinite(found) else float(np.copysign(np.finfo(np.float64).max, found))


def _shown(low: float, high: float, step: int, most: int) -> int:
    """The exponent of the step of a picture: of at most so many cells, and no finer than can be told apart at these values."""
    largest = max(-low, high)
    step = max(step, (frexp(largest)[1] - 20) if largest else -20)
    while int(np.ceil(ldexp(high, -step))) - _at(low, step) > most:
        step += 1
    return step


def _counted(cells: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Each cell once, in order, with its count."""
    order = np.lexsort(cells.T[::-1])
    cells, counts = cells[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], (cells[1:] != cells[:-1]).any(axis=1)]))
    return cells[first], np.add.reduceat(counts, first)
