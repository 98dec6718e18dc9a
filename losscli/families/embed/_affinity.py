"""Inner products or distances of two sets of vectors, a panel of the matrix at a time, and their gradients by the vectors.

Panels are products of fixed shapes, computed on the workers, so that the bits do not depend on the number of workers. The square
of a distance is a difference of products; where cancellation leaves too few digits, it is computed from the vectors' difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any, TypeVar

import numpy as np

from losscli.core import progress
from losscli.core.records import dataclass
from losscli.families.embed._vectors import apart, measure, pull_unit, slope, unit
from losscli.numerics.in_order import shared
from losscli.numerics.stable import Bools, Floats, Ints, dot

T = TypeVar("T")
Pairs = tuple[Ints, Ints, Floats]
"""Rows of the left and of the right side, and the derivative by the distance of each pair."""

_PANEL = 1 << 21
"""Entries of a panel: sixteen megabytes of each worker; with fewer rows at a time products are slow."""
_FEWEST = 16
"""Minimum number of rows in a panel."""
_PART = 1 << 17
"""Entries that a loss is given at a time, so that its temporaries stay in the cache."""
_TILE = 1024
"""Columns multiplied at a time."""
_DIGITS = 2.0**-9
"""A square below this share of the vectors' own, times √d, may be off by more than 1e-13 of itself."""
_LEAST = 2.0**-950
"""So may squares near the smallest of the doubles, which lose digits themselves."""
_TOUCHING = 2.0**-20
"""A square below this share of the vectors' own is that of a pair whose gradient is computed from its difference."""
_SAMPLE = 1024
"""Vectors of each side whose median is the middle."""
_PLAIN = 300
"""Squares of numbers with at most this exponent, either sign, are far from the limits of the doubles."""
_SPARSE = 64
"""So is that of every pair of a part if at most one entry in this many has a derivative."""


@dataclass
class Affinity:
    """Inner products or distances of `left` with `right`. kind: dot, euclidean, squared, cosine, manhattan.

    normalize: divide vectors by their lengths first, so that dot is the cosine; implied by the kind cosine, 1 - cos. eps is added
    to each coordinate of a difference, root_eps under the root of its length; cosine uses neither.
    """

    left: Floats
    right: Floats
    kind: str = "dot"
    normalize: bool = True
    eps: float = 0.0
    root_eps: float = 0.0

    def __post_init__(self) -> None:
        self.normalize = self.normalize or self.kind == "cosine"
        self.eps = 0.0 if self.kind == "cosine" else self.eps
        self.within = self.right is self.left
        self.x = unit(self.left) if self.normalize else self.left
        self.y = self.x if self.within else unit(self.right) if self.normalize else self.right
        x, y = self.x, self.y
        if self.kind != "dot":  # vectors less a middle: what all of them share would cancel
            middle = _middle(np.concatenate([z[:: 1 + len(z) // _SAMPLE] for z in (x, y)]))
            y = y - middle
            x = y if self.within and not self.eps else x - middle + self.eps
        self.powers = _power(x), _power(y)
        if self.kind != "dot":
            self.powers = (max(self.powers),) * 2
        self.p, self.q = _grown(x, -self.powers[0]), _grown(y, -self.powers[1])
        self.squares = dot(self.p, self.p), dot(self.q, self.q)

    def block(self, rows: slice | Ints) -> Floats:
        """(b, m): the given rows of `left` against all of `right`."""
        if self.kind == "manhattan":
            return np.stack([apart(np.broadcast_to(x, self.y.shape), self.y, self.kind, self.eps) for x in self.x[rows]])
        p = self.p[rows]
        near = np.empty((len(p), len(self.q)))
        if self.kind == "dot":
            for part in _tiles(len(self.q)):
                np.matmul(p, self.q[part].T, out=near[:, part])
            return _grown(near, sum(self.powers))
        numbers, p = np.arange(len(self.x))[rows], -2.0 * p
        squares = self.squares[0][rows, None]
        least = np.maximum(min(1.0, _DIGITS * float(np.sqrt(self.x.shape[1]))) * squares, _LEAST)
        for part in _tiles(len(self.q)):
            found = p @ self.q[part].T
            found += squares
            found += self.squares[1][part]
            i, j = places(~(found >= least))  # NaN too: differences of infinities
            found[i, j] = 0.0
            self._measured(found)
            found[i, j] = self.between(numbers[i], j + part.start)
            near[:, part] = found
        return near

    def between(self, i: Ints, j: Ints) -> Floats:
        """The distance of each pair of a row of `left` and a row of `right`, from their difference."""
        return np.concatenate([measure(gap, self.kind, self.root_eps) for _, gap in self._gaps(i, j)] or [np.zeros(0)])

    def each(self, work: Callable[[Any, Floats], T], panels: Sequence[Ints] | None = None) -> Iterator[T]:
        """`work` on some rows of `left` and their block at a time, on the workers, with the results in order.

        Rows are slices, a cache's worth at a time, or, if these are given, whole panels.
        """

        halt = Event()

        def of_panel(panel: slice | Ints) -> list[T]:
            near = self.block(panel)
            return [work(rows, near[part]) for rows, part in _parts(panel, near, halt)]

        for found in self._shared(of_panel, panels, halt):
            yield from found

    def gradients(
        self,
        slope: Callable[[Any, Floats], Floats | tuple[Floats, Pairs]],
        more: tuple[Floats, Floats] | None = None,
        panels: Sequence[Ints] | None = None,
    ) -> tuple[Floats, Floats]:
        """The gradients by both sides of a loss with the derivative `slope` by a block, none where a distance is 0.

        `slope` may add pairs anywhere in the matrix; `more` is added to the gradients by the (normalised) vectors.
        """

        halt = Event()

        def of_panel(panel: slice | Ints) -> tuple[Floats, Floats]:
            near, g = self.block(panel), self._zeros()
            for rows, part in _parts(panel, near, halt):
                found = slope(rows, near[part])
                pulled, elsewhere = found if isinstance(found, tuple) else (found, None)
                few = self.kind == "manhattan" or np.count_nonzero(pulled) * _SPARSE < pulled.size
                i, j = places(pulled != 0.0) if few else self._touching(rows, near[part])
                self._add_pairs(g, np.arange(len(self.x))[rows][i], j, pulled[i, j])
                pulled[i, j] = 0.0
                near[part] = 0.0 if few else self._weights(pulled, near[part])
                if elsewhere:
                    self._add_pairs(g, *elsewhere)
            self._add_products(g, panel, near)
            return g

        total = self._zeros()
        for found in self._shared(of_panel, panels, halt):
            for side, g in zip(total[: 2 - self.within], found, strict=False):
                side += g
        for side, g in zip(total, more or (), strict=False):
            side += g
        if not self.normalize:
            return total
        left = pull_unit(self.left, total[0])
        return left, left if self.within else pull_unit(self.right, total[1])

    def _zeros(self) -> tuple[Floats, Floats]:
        left = np.zeros_like(self.x)
        return left, left if self.within else np.zeros_like(self.y)

    def _shared(self, work: Callable[[slice | Ints], T], panels: Sequence[Ints] | None, halt: Event) -> Iterator[T]:
        n, step = len(self.x), max(_FEWEST, _PANEL // max(1, len(self.y)))
        grid: Sequence[slice | Ints]
        grid = [slice(start, min(start + step, n)) for start in range(0, n, step)] if panels is None else panels
        found = shared(lambda k, _: work(grid[k]), ((k, k + 1) for k in range(len(grid))), halt)
        for panel, result in zip(grid, found, strict=True):
            progress.done(len(panel) if isinstance(panel, np.ndarray) else panel.stop - panel.start)
            yield result

    def _measured(self, near: Floats) -> None:
        """Turn squares of p - q into distances."""
        power = self.powers[0]
        if self.kind == "euclidean":
            near += np.ldexp(self.root_eps, -2 * power)
            np.sqrt(near, out=near)
        elif self.kind == "cosine":
            near *= 0.5
        if power:
            np.ldexp(near, power if self.kind == "euclidean" else 2 * power, out=near)

    def _touching(self, rows: slice | Ints, near: Floats) -> tuple[Ints, Ints]:
        """The places of the pairs of a part whose gradients are computed from their differences."""
        if self.kind == "dot":
            return places(near > (1.0 - 0.5 * _TOUCHING if self.normalize else np.inf))
        limit = _TOUCHING * self.squares[0][rows, None]
        self._measured(limit)
        return places(near < limit)

    def _weights(self, slope: Floats, near: Floats) -> Floats:
        """The factors of left - right in the gradients by `left`."""
        if self.kind == "euclidean":
            return slope / np.where(near == 0, np.inf, near)
        return slope * {"squared": 2.0, "dot": -1.0}.get(self.kind, 1.0)

    def _add_pairs(self, g: tuple[Floats, Floats], i: Ints, j: Ints, pull: Floats) -> None:
        """Add to `g`, the gradients by both sides, those of pairs, computed from their differences."""
        for part, gap in self._gaps(i, j):
            toward = -gap if self.kind == "dot" else slope(gap, self.kind, self.root_eps)
            toward *= pull[part, None]
            for side, rows, sign in ((0, i[part], np.add), (1, j[part], np.subtract)):
                order = np.argsort(rows, kind="stable")
                first, start = np.unique(rows[order], return_index=True)
                g[side][first] = sign(g[side][first], np.add.reduceat(toward[order], start))

    def _gaps(self, i: Ints, j: Ints) -> Iterator[tuple[slice, Floats]]:
        """The differences of pairs, few pairs at a time."""
        step = max(1, _PART // max(1, self.x.shape[1]))
        for start in range(0, len(i), step):
            part = slice(start, start + step)
            gap = self.x[i[part]] - self.y[j[part]]
            yield part, gap + self.eps if self.eps else gap

    def _add_products(self, g: tuple[Floats, Floats], rows: slice | Ints, weight: Floats) -> None:
        """Add to `g` the gradients of the weights in a panel."""
        if self.kind == "manhattan" or not weight.any():
            return
        p, whole, powers = self.p[rows], self.kind != "dot", self.powers
        left = weight.sum(1)[:, None] * p if whole else np.zeros_like(p)
        for part in _tiles(len(self.q)):
            w, q = weight[:, part], self.q[part]
            left -= w @ q
            right = w.T @ p
            if whole:
                right -= w.sum(0)[:, None] * q
            g[1][part] -= _grown(right, powers[0])
        g[0][rows] += _grown(left, powers[1])


def _grown(x: Floats, power: int) -> Floats:
    return np.ldexp(x, power) if power else x


def _middle(x: Floats) -> Floats | float:
    """The median of the finite vectors; 0 without any."""
    finite = x[np.isfinite(x).all(1)]
    return np.asarray(np.median(finite, 0)) if len(finite) else 0.0


def _power(x: Floats) -> int:
    """The exponent of the largest number, 0 if squares of the numbers are far from the limits of the doubles."""
    top = np.abs(x, where=np.isfinite(x), out=np.zeros_like(x)).max(initial=0.0)
    exponent = int(np.frexp(top)[1])
    return 0 if abs(exponent) <= _PLAIN else exponent


def _tiles(columns: int) -> Iterator[slice]:
    return (slice(start, start + _TILE) for start in range(0, columns, _TILE))


def _parts(panel: slice | Ints, near: Floats, halt: Event) -> Iterator[tuple[slice | Ints, slice]]:
    """Some rows of a panel at a time: their places in the matrix, and in the panel. None once `halt` is set."""
    if isinstance(panel, np.ndarray):
        yield panel, slice(None)
        return
    step = max(1, _PART // max(1, near.shape[1]))
    for low in range(0, len(near), step):
        if halt.is_set():
            return
        high = min(low + step, len(near))
        yield slice(panel.start + low, panel.start + high), slice(low, high)


def places(mask: Bools) -> tuple[Ints, Ints]:
    """np.nonzero of a matrix with few entries, several times as fast."""
    i, j = np.divmod(np.flatnonzero(mask), max(1, mask.shape[1]))
    return i, j
