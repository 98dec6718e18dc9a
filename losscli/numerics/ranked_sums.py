"""Sums of columns over samples that are ranked by a value, for means over equal shares of the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.exact_sum import Exact
from losscli.numerics.quantile_sketch import coarse_buckets
from losscli.numerics.stable import Floats


@dataclass(frozen=True)
class RankedSums:
    """By bucket of the value, in which values differ by 3 % at most: the number of samples, and the sum of each column.

    lost: samples whose value is not finite.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    sums: Mapping[int, tuple[Exact, ...]] = field(default_factory=dict)
    lost: int = 0

    @classmethod
    def of(cls, values: Floats, columns: Sequence[Floats]) -> RankedSums:
        """The samples of one tile."""
        finite = np.isfinite(values)
        keys, place, counts = np.unique(coarse_buckets(values[finite]), return_inverse=True, return_counts=True)
        totals = [np.bincount(place, weights=column[finite], minlength=len(keys)).tolist() for column in columns]
        sums = {key: tuple(map(Exact.of, row)) for key, row in zip(keys.tolist(), zip(*totals, strict=True), strict=True)}
        return cls(dict(zip(keys.tolist(), counts.tolist(), strict=True)), sums, len(values) - int(finite.sum()))

    def __add__(self, other: RankedSums) -> RankedSums:
        counts, sums = dict(self.counts), dict(self.sums)
        for key, n in other.counts.items():
            mine = sums.get(key)
            counts[key] = counts.get(key, 0) + n
            sums[key] = other.sums[key] if mine is None else tuple(map(Exact.__add__, mine, other.sums[key]))
        return RankedSums(counts, sums, self.lost + other.lost)

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    def means(self, parts: int) -> list[list[float]]:
        """The mean of each column over so many equal parts of the samples, from the least value on. A bucket that two parts share
        is divided between them as if its samples were alike."""
        n, width = self.n, len(next(iter(self.sums.values()), ()))
        out = [[0.0] * width for _ in range(parts)]
        below = 0
        for key in sorted(self.counts):
            count, sums = self.counts[key], [float(x) for x in self.sums[key]]
            for part in range(below * parts // n, -(-(below + count) * parts // n)):
                # ranks are in units of 1 / parts of a sample
                share = min((below + count) * parts, (part + 1) * n) - max(below * parts, part * n)
                for i, x in enumerate(sums):
                    out[part][i] += x / count * (share / n)
            below += count
        return out
