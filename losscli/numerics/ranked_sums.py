"""Sums of columns over samples that are ranked by a value, for means over equal shares of the samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.binned_sums import ONE, BinnedSums
from losscli.numerics.exact_sum import ratio
from losscli.numerics.quantile_sketch import coarse_buckets
from losscli.numerics.stable import Floats


@dataclass(frozen=True)
class RankedSums:
    """By bucket of the value, in which values differ by 3 % at most: the number of samples, and the sums of the positive and of the
    negative numbers of each column.

    width: the number of columns; lost: samples whose value is not finite.
    """

    buckets: BinnedSums = field(default_factory=BinnedSums)
    width: int = 0
    lost: int = 0

    @classmethod
    def of(cls, values: Floats, columns: Sequence[Floats]) -> RankedSums:
        """The samples of one tile."""
        finite = np.isfinite(values)
        parts: dict[str, Floats] = {}
        for i, column in enumerate(columns):
            x = np.nan_to_num(column[finite])
            parts |= {f"{i}+": np.maximum(x, 0.0), f"{i}-": np.maximum(-x, 0.0)}
        buckets = BinnedSums.by(coarse_buckets(values[finite]), parts)
        return cls(buckets, len(columns), len(values) - int(finite.sum()))

    def __add__(self, other: RankedSums) -> RankedSums:
        return RankedSums(self.buckets + other.buckets, max(self.width, other.width), self.lost + other.lost)

    @property
    def n(self) -> int:
        return int(self.buckets.counts.sum())

    def means(self, parts: int) -> list[list[float]]:
        """The mean of each column over so many equal parts of the samples, from the least value on. A bucket that two parts share
        is divided between them as if its samples were alike."""
        n = self.n
        sums = [
            [a - b for a, b in zip(self.buckets.totals(f"{i}+"), self.buckets.totals(f"{i}-"), strict=True)]
            for i in range(self.width)
        ]
        out = [[0.0] * self.width for _ in range(parts)]
        below = 0
        for count, *totals in zip(self.buckets.counts.tolist(), *sums, strict=True):
            for part in range(below * parts // n, -(-(below + count) * parts // n)):
                # ranks are in units of 1 / parts of a sample
                share = min((below + count) * parts, (part + 1) * n) - max(below * parts, part * n)
                for i, total in enumerate(totals):
                    out[part][i] += ratio(total, count * ONE) * (share / n)
            below += count
        return out
