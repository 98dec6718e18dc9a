"""Sums of non-negative numbers by cell, added without rounding: equal however the rows are split and in whatever order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from losscli.core.errors import DataError
from losscli.core.records import dataclass, field, replace
from losscli.numerics.stable import Floats, Ints

_BITS = 26
"""Bits of a digit: the digits of 2^26 rows of one call have an exact sum as doubles, those of 2^37 rows as 64-bit integers."""
_LOWEST = -42
"""The window of the last bits that a double has."""
ONE = 1 << (-_LOWEST * _BITS)
"""The number 1 in the unit of the totals."""
_SAFE = 38
"""Windows whose powers of two are doubles."""


def digits(values: Floats) -> Iterator[tuple[int, Floats]]:
    """(w, d) with whole numbers 0 ≤ d < 2^26 such that Σ d·2^(26w) is each value, exactly; values are finite and not negative."""
    rest = values
    window = -(-int(np.frexp(rest.max(initial=0.0))[1]) // _BITS) - 1
    while rest.any():
        digit = np.floor(_scaled(rest, -window))
        yield window, digit
        rest = rest - _scaled(digit, window)
        window -= 1


def _scaled(x: Floats, window: int) -> Floats:
    return x * 2.0 ** (_BITS * window) if abs(window) <= _SAFE else np.ldexp(x, _BITS * window)


@dataclass(frozen=True)
class BinnedSums:
    """Of the rows in each of some ascending cells: their number, and sums by name as digits of base 2^26, by window."""

    cells: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    sums: Mapping[tuple[str, int], Ints] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Ints, size: int, columns: Mapping[str, Floats]) -> BinnedSums:
        """The sums of columns by cell, one of 0…size-1 for each row. Raises DataError for a number that weights made infinite."""
        if not all(np.isfinite(column).all() for column in columns.values()):
            raise DataError("numbers times their weights are beyond what doubles can hold", fix="divide all weights by one number")
        counts = np.bincount(cells, minlength=size)
        used = np.flatnonzero(counts)
        sums = {
            (name, window): np.bincount(cells, weights=digit, minlength=size)[used].astype(np.int64)
            for name, column in columns.items()
            for window, digit in digits(column)
        }
        return cls(used, counts[used].astype(np.int64), sums)

    @classmethod
    def by(cls, keys: Ints, columns: Mapping[str, Floats]) -> BinnedSums:
        """The sums of columns by key, of which there may be any."""
        found, place = np.unique(keys, return_inverse=True)
        return replace(cls.of(place, len(found), columns), cells=found)

    def __add__(self, other: BinnedSums) -> BinnedSums:
        if not len(self.cells) or not len(other.cells):
            return self if len(self.cells) else other
        cells = np.union1d(self.cells, other.cells)
        own = [np.searchsorted(cells, x.cells) for x in (self, other)]

        def joined(a: Ints | None, b: Ints | None) -> Ints:
            out = np.zeros(len(cells), np.int64)
            for at, found in zip(own, (a, b), strict=True):
                if found is not None:
                    out[at] += found
            return out

        keys = dict.fromkeys((*self.sums, *other.sums))
        return BinnedSums(cells, joined(self.counts, other.counts), {k: joined(self.sums.get(k), other.sums.get(k)) for k in keys})

    def totals(self, name: str) -> list[int]:
        """The sum of each cell as a multiple of 1/ONE."""
        out = [0] * len(self.cells)
        for (of, window), found in self.sums.items():
            if of == name:
                shift = (window - _LOWEST) * _BITS
                out = [total + (digit << shift) for total, digit in zip(out, found.tolist(), strict=True)]
        return out
