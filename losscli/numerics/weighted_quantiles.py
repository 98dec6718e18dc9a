"""Quantiles of values with weights: the values themselves while they are few, then the exact sums of weights by bucket.

Both forms merge by `+` and give the same answer for any grouping. A quantile of share p is the mean of the values whose ranks by
weight are between p·(1 - 1/n) and p·(1 - 1/n) + 1/n of the total. With equal weights that is the linear interpolation between
neighbours; Akinshin 2023 (arXiv:2304.07265) has the effective number of samples in place of n.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.binned_sums import BinnedSums
from losscli.numerics.exact_sum import below_one
from losscli.numerics.quantile_sketch import buckets_of, values_of
from losscli.numerics.stable import Floats

_FEW = 1 << 13
"""Values that are buffered before they are counted, as a tile may have thousands of small groups."""
_PARTS = 8


@dataclass(frozen=True)
class WeightedQuantiles:
    """n values with positive weights, kept (`exact`) or as sums of weights by bucket; NaNs are counted separately.

    low, high, least, most: the extremes of the values, and of their weights.
    """

    values: tuple[Floats, ...] = ()
    weights: tuple[Floats, ...] = ()
    n: int = 0
    buckets: BinnedSums = field(default_factory=BinnedSums)
    lost: int = 0
    exact: bool = True
    low: float = inf
    high: float = -inf
    least: float = inf
    most: float = -inf

    @classmethod
    def of(cls, values: Floats, weights: Floats, exact: bool = True) -> WeightedQuantiles:
        """The quantiles of arrays (n,)."""
        fine = values[~np.isnan(values)]
        lost = len(values) - len(fine)
        ends = float(fine.min(initial=inf)), float(fine.max(initial=-inf))
        spread = float(weights.min(initial=inf)), float(weights.max(initial=-inf))
        if exact:
            return cls((values,), (weights,), len(values), BinnedSums(), lost, True, *ends, *spread)
        buckets = BinnedSums.by(buckets_of(fine), {"": weights[~np.isnan(values)] if lost else weights})
        return cls((), (), len(values), buckets, lost, False, *ends, *spread)

    def __add__(self, other: WeightedQuantiles) -> WeightedQuantiles:
        if self.n == 0 or other.n == 0:
            return other if self.n == 0 else self
        exact = self.exact and other.exact
        a, b = (self, other) if exact else (self.counted(), other.counted())
        return WeightedQuantiles(
            a.values + b.values,
            a.weights + b.weights,
            a.n + b.n,
            a.buckets + b.buckets,
            a.lost + b.lost,
            exact,
            min(a.low, b.low),
            max(a.high, b.high),
            min(a.least, b.least),
            max(a.most, b.most),
        )

    def counted(self) -> WeightedQuantiles:
        """The same as sums of weights by bucket."""
        return WeightedQuantiles.of(*self._ordered(), False) if self.exact and self.n else self

    def ordered(self) -> WeightedQuantiles:
        """The same, in a form that does not depend on how the values were divided."""
        return WeightedQuantiles.of(*self._ordered()) if self.exact and self.n else self

    @property
    def even(self) -> bool:
        """Whether all weights are equal."""
        return self.n == 0 or self.least == self.most

    def _ordered(self) -> tuple[Floats, Floats]:
        values, weights = np.concatenate(self.values), np.concatenate(self.weights)
        order = np.lexsort((weights, values))
        return values[order], weights[order]

    def at(self, shares: Sequence[float]) -> tuple[float, ...]:
        """The quantiles; NaN if there are no values or any is NaN."""
        if self.n == 0 or self.lost:
            return tuple(nan for _ in shares)
        if self.exact:
            values, weights = self._ordered()
            ends = np.cumsum(below_one(weights)[0])
            ends /= ends[-1]
        else:
            values = np.clip(values_of(self.buckets.cells), self.low, self.high)
            sums = np.cumsum(np.array(self.buckets.totals(""), object)).tolist()
            ends = np.array([x / sums[-1] for x in sums])
        return tuple(_within(values, ends, share * (self.n - 1) / self.n, 1 / self.n) for share in shares)


def _within(values: Floats, ends: Floats, start: float, width: float) -> float:
    """The mean of ascending values, each of which takes up the shares of the weight up to its end, over some of the shares."""
    first = min(int(np.searchsorted(ends, start, "right")), len(ends) - 1)
    last = min(int(np.searchsorted(ends, start + width)), len(ends) - 1)
    held = values[first : last + 1]
    edges = np.concatenate([[start], ends[first:last], [start + width]])
    parts = np.diff(edges)
    held, parts = held[parts > 0], parts[parts > 0]
    with np.errstate(invalid="ignore"):
        mean = (held * (parts / parts.sum())).sum()
    return float(np.clip(mean, held[0], held[-1]))


class WeightedAccumulator:
    """Builds WeightedQuantiles tile by tile, in one thread."""

    def __init__(self, exact: bool) -> None:
        self.exact = exact
        self._waiting: list[tuple[Floats, Floats]] = []
        self._parts: list[WeightedQuantiles] = []

    def add(self, values: Floats, weights: Floats) -> None:
        """Add one tile's values. The arrays must not be modified afterwards."""
        self._waiting.append((values, weights))
        if not self.exact and sum(len(x) for x, _ in self._waiting) > _FEW:
            self._catch_up()

    def _catch_up(self) -> None:
        if self._waiting:
            values, weights = (np.concatenate(x) for x in zip(*self._waiting, strict=True))
            self._parts.append(WeightedQuantiles.of(values, weights, self.exact))
            self._waiting = []
        if len(self._parts) > _PARTS:
            self._parts = [self.quantiles()]

    def quantiles(self) -> WeightedQuantiles:
        """The quantiles of everything added so far."""
        if self._waiting:
            self._catch_up()
        return sum(self._parts, WeightedQuantiles())
