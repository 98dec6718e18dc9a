"""A tile of aligned rows, and the fixed grid of tiles. Tile boundaries depend on the width of a row alone, never on options; rows
that differ in shape are a tile each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass, field
from losscli.numerics.exact_integers import NO_DOUBLE, inexact
from losscli.numerics.stable import Array, Bools, Floats, Ints

T = TypeVar("T")

TILE_VALUES = 1 << 18
"""Numbers of the widest role in one tile: two megabytes of doubles, which fit a core's cache and keep calls worth their cost."""


MOST_TILES = 32
"""Tiles in the longest span."""


def tile_rows(width: int) -> int:
    """Rows per tile, a power of two, for rows of `width` numbers."""
    return 1 << max(0, (TILE_VALUES // max(1, width)).bit_length() - 1)


def tiles(rows: int, width: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """The (start, stop) of every tile from row `first` on, which must be the start of a tile."""
    step = tile_rows(width)
    return ((start, min(start + step, rows)) for start in range(first, rows, step))


def spans(rows: int, width: int, jobs: int, most: int = MOST_TILES) -> Iterator[tuple[int, int]]:
    """Runs of whole tiles for one worker at a time: up to `most` tiles at first, shorter towards the end, so that all workers
    finish together."""
    step = tile_rows(width)
    start = 0
    while start < rows:
        left = -(-(rows - start) // step)
        stop = min(start + step * max(1, min(most, left // (4 * jobs))), rows)
        yield start, stop
        start = stop


@dataclass
class Block:
    """The arrays of one tile by role name, with the rows' weights and origins. Derived values are cached.

    arrays: as read, by role. weight (n,) or None. pred_rows, target_rows: 0-based rows of the files, a range where they are
    consecutive.
    place(role, i, item) is the location of entry `item` of row i of a role.
    """

    arrays: dict[str, Array]
    pred_rows: Ints | range
    target_rows: Ints | range
    place: Callable[[str, int, int], Where]
    weight: Floats | None = None
    shared: frozenset[str] = frozenset()
    """The roles with one array for all rows."""
    numbers: Ints | range | None = None
    """The pairs' numbers in the whole input; None for all of it in order."""
    varies: bool = False
    """Whether the rows of the input differ in shape; this is one of them."""
    lone: Bools | None = None
    """The rows that are boxes without a partner rather than pairs; None if there are none."""
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.pred_rows)

    @property
    def samples(self) -> Ints | range:
        """The pairs' numbers in the whole input."""
        return range(self.rows) if self.numbers is None else self.numbers

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """`make()`, computed on the first call and cached."""
        if key not in self.cache:
            self.cache[key] = make()
        found: T = self.cache[key]
        return found

    def doubles(self, role: str) -> Floats:
        """A role as C-contiguous float64; a whole number that this would change is refused."""
        return self.once(role, lambda: self._widened(role))

    def _widened(self, role: str) -> Floats:
        array = self.arrays[role]
        if array.dtype.kind in "iu":
            self.reject(role, inexact(array), *NO_DOUBLE)
        return as_doubles(array)

    def reject(self, role: str, bad: Bools, what: Callable[[Any], str], fix: str | None = None) -> None:
        """Raise DataError at the first True of `bad`, which has the shape of `arrays[role]` or one entry per row."""
        if not bad.any():
            return
        flat = int(np.argmax(bad))
        per_row = max(1, bad.size // max(1, len(bad)))
        row, item = divmod(flat, per_row)
        value = self.arrays[role].reshape(self.rows, -1)[row]
        shown = value[item] if bad.ndim > 1 else (value[0] if value.size == 1 else value)
        raise DataError(what(shown), self.place(role, row, item), fix)

    def pieces(self, rows: int) -> Iterator[Block]:
        """Views of `rows` rows at a time, with their places."""
        for low in range(0, self.rows, rows):
            yield self._piece(low, low + rows)

    def _piece(self, low: int, high: int) -> Block:
        return Block(
            {k: v if k in self.shared else v[low:high] for k, v in self.arrays.items()},
            self.pred_rows[low:high],
            self.target_rows[low:high],
            lambda role, i, item: self.place(role, i if role in self.shared else low + i, item),
            None if self.weight is None else self.weight[low:high],
            self.shared,
            self.samples[low:high],
            lone=None if self.lone is None else self.lone[low:high],
        )

    def keep(self, mask: Bools) -> Block:
        """The rows where `mask` is True, with their places."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def take(self, index: Ints) -> Block:
        """The rows at these indices, with their places."""
        return Block(
            {k: v if k in self.shared else v[index] for k, v in self.arrays.items()},
            as_index(self.pred_rows)[index],
            as_index(self.target_rows)[index],
            lambda role, i, item: self.place(role, int(index[i]), item),
            None if self.weight is None else self.weight[index],
            self.shared,
            as_index(self.samples)[index],
            lone=None if self.lone is None else self.lone[index],
        )


def as_index(rows: Ints | range) -> Ints:
    """Row numbers as an array."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, range) else rows


def as_doubles(array: Array) -> Floats:
    """float64 and C-contiguous; not copied if it already is."""
    return np.ascontiguousarray(array, dtype=np.float64)


def joined(arrays: Mapping[str, Floats]) -> Floats | Mapping[str, Floats]:
    """The array itself if the mapping has only one, else the mapping."""
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays
