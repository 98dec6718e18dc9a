"""Quantiles of a stream: the values themselves while they are few, then counts in buckets of equal relative width.

Both forms merge by `+` and give the same answer for any grouping. Which one is used the caller decides before the first value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, nan

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.stable import Floats, Ints

EXACT_QUANTILES = 1 << 20
"""The most samples with exact quantiles; beyond, quantiles have a relative accuracy of 2^-11.

More exactly: the two values that a quantile lies between have it, or for numbers below 2^-1022 the absolute accuracy 2^-1033.
"""

_SHIFT = 52 - 10
_HALF = 1 << (_SHIFT - 1)
_TURN = -(1 << (63 - _SHIFT)) - 1
_LARGEST = (0x7FF << 10) - 1
"""The last bucket below that of infinity."""
_WIDE = 1 << 17
"""Buckets between a tile's smallest and largest value from which sorting is cheaper than counting in place."""
_PIECE = 1 << 14
"""Values whose buckets are computed at a time."""
_FEW = 1 << 10
"""Values of one tile from which they are counted at once; fewer are buffered, as a tile may have thousands of small groups."""
_WAITING = 1 << 11
"""The most values buffered."""
_NONE = np.zeros(0, np.int64)


def _buckets(values: Floats) -> Ints:
    """An integer that sorts like the value, which is rounded to ten bits of its mantissa."""
    bits: Ints = np.ascontiguousarray(values).view(np.int64) + _HALF
    np.right_shift(bits, _SHIFT, out=bits)
    low = bits < 0
    return np.where(low, _TURN - bits, bits) if low.any() else bits


def _buckets_from(values: Floats, low: int) -> Ints:
    """The buckets of values that are not negative, counted from bucket `low`; in pieces that stay in a core's cache."""
    bits, found = np.ascontiguousarray(values).view(np.int64), np.empty(len(values), np.int64)
    for start in range(0, len(bits), _PIECE):
        piece = found[start : start + _PIECE]
        np.add(bits[start : start + _PIECE], _HALF - (low << _SHIFT), out=piece)
        np.right_shift(piece, _SHIFT, out=piece)
    return found


def _finite_buckets(values: Floats) -> Ints:
    """The buckets of finite values, of which the largest would round to infinity."""
    return np.clip(_buckets(values), -1 - _LARGEST, _LARGEST)


def buckets_of(values: Floats) -> Ints:
    """An integer per value that sorts like it, the same for values within 2^-11 of each other; those of infinities are the ends."""
    return np.where(np.isfinite(values), _finite_buckets(values), np.where(values > 0, _LARGEST + 1, -_LARGEST - 2))


def values_of(buckets: Ints) -> Floats:
    """The value that those of each bucket are rounded to, which small integers and halves are themselves."""
    bits = np.where(buckets < 0, _TURN - buckets, buckets)
    return (bits << _SHIFT).view(np.float64) + 0.0  # -0 is 0


def bucket_edges(bucket: int) -> tuple[float, float]:
    """The least and the greatest value of a bucket."""
    if bucket < 0:
        low, high = bucket_edges(-1 - bucket)
        return -high, -low
    middle = bucket << _SHIFT
    ends = np.array([max(middle - _HALF, 0), middle + _HALF - 1], dtype=np.int64).view(np.float64).tolist()
    if bucket == _LARGEST:
        return ends[0], float(np.finfo(np.float64).max)
    return (inf, inf) if bucket > _LARGEST else (ends[0] if bucket else -ends[1], ends[1])


def _floors(buckets: Ints) -> Floats:
    """The least value of each bucket; 0 for that of zero, from which the negative numbers next to it are apart."""
    bits = np.where(buckets < 0, ((-1 - buckets) << _SHIFT) + _HALF - 1, np.maximum((buckets << _SHIFT) - _HALF, 0))
    found = bits.view(np.float64)
    return np.where(buckets < 0, -found, found)


@dataclass(frozen=True)
class Quantiles:
    """n values, kept (`exact`) or counted by bucket: `counts` of the ascending bucket `keys`; NaNs are counted separately.

    low, high: the extremes of counted values.
    """

    values: tuple[Floats, ...] = ()
    n: int = 0
    keys: Ints = field(default_factory=lambda: _NONE)
    counts: Ints = field(default_factory=lambda: _NONE)
    lost: int = 0
    exact: bool = True
    low: float = inf
    high: float = -inf
    ascending: bool = False
    """Whether the values are one sorted array."""

    @classmethod
    def of(cls, values: Floats, exact: bool = True) -> Quantiles:
        """The quantiles of an array."""
        found = QuantileAccumulator(exact)
        found.add(values)
        return found.quantiles()

    def __add__(self, other: Quantiles) -> Quantiles:
        if self.n == 0 or other.n == 0:
            return other if self.n == 0 else self
        n = self.n + other.n
        if self.exact and other.exact:
            return Quantiles(self.values + other.values, n)
        a, b = self.counted(), other.counted()
        keys, counts = _summed([(a.keys, a.counts), (b.keys, b.counts)])
        return Quantiles((), n, keys, counts, a.lost + b.lost, False, min(a.low, b.low), max(a.high, b.high))

    def counted(self) -> Quantiles:
        """The same values counted by bucket."""
        return Quantiles.of(np.concatenate(self.values), False) if self.exact else self

    @property
    def _ordered(self) -> Floats:
        """The values that are kept, ascending; NaNs are last."""
        if self.ascending:
            return self.values[0]
        return np.sort(np.concatenate(self.values)) if self.values else np.zeros(0)

    def ordered(self) -> Quantiles:
        """The same for several questions: values that are kept are sorted once."""
        return Quantiles((self._ordered,), self.n, ascending=True) if self.exact else self

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Quantiles with linear interpolation between neighbours; NaN if there are no values or any is NaN."""
        if self.n == 0 or self.lost:
            return tuple(nan for _ in shares)
        if self.exact:
            ordered = self._ordered
            if np.isnan(ordered[-1]):
                return tuple(nan for _ in shares)
            return tuple(_between(lambda rank: float(ordered[rank]), self.n, share) for share in shares)
        ends = np.cumsum(self.counts)

        def ranked(rank: int) -> float:
            at = int(np.searchsorted(ends, rank, side="right"))
            return min(max(float(values_of(self.keys[at : at + 1])[0]), self.low), self.high)

        return tuple(_between(ranked, self.n, share) for share in shares)

    def around(self, *ranks: int) -> tuple[tuple[float, float], ...]:
        """For each rank from 0 of the ascending values, of which none is NaN, two values that the ranked one lies between.

        They are itself where values are kept, else the edges of its bucket.
        """
        if self.exact:
            ordered = self._ordered
            return tuple((float(ordered[rank]),) * 2 for rank in ranks)
        ends = np.cumsum(self.counts)
        found = [bucket_edges(int(self.keys[np.searchsorted(ends, rank, side="right")])) for rank in ranks]
        return tuple((max(low, self.low), min(high, self.high)) for low, high in found)

    def finite(self) -> Quantiles:
        """Those of the finite values. Where counted values are not all finite, their extremes are edges of buckets."""
        if self.exact:
            ordered = self._ordered
            if not len(ordered) or (ordered[0] > -inf and ordered[-1] < inf):
                return self
            ordered = ordered[np.searchsorted(ordered, -inf, "right") : np.searchsorted(ordered, inf)]
            return Quantiles((ordered,), len(ordered), ascending=True)
        inside = (self.keys >= -1 - _LARGEST) & (self.keys <= _LARGEST)
        keys, counts = self.keys[inside], self.counts[inside]
        if len(keys) == len(self.keys) and not self.lost:
            return self
        ends = (float(_floors(keys[:1])[0]), bucket_edges(int(keys[-1]))[1]) if len(keys) else (inf, -inf)
        return Quantiles((), int(counts.sum()), keys, counts, 0, False, *ends)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest of finite values, of which there is one."""
        return (float(self._ordered[0]), float(self._ordered[-1])) if self.exact else (self.low, self.high)

    def least_positive(self) -> float:
        """The least of the finite values above 0, or the lower edge of its bucket; infinity without one."""
        if self.exact:
            at = int(np.searchsorted(self._ordered, 0.0, "right"))
            return float(self._ordered[at]) if at < len(self._ordered) else inf
        at = int(np.searchsorted(self.keys, 1))
        return inf if at == len(self.keys) else max(float(_floors(self.keys[at : at + 1])[0]), self.low)

    def splits(self, at: Floats) -> Floats:
        """The greatest numbers up to these that values can be counted below: themselves, or the lower edges of their buckets."""
        return at if self.exact else bucket_floors(at)

    def below(self, splits: Floats) -> Ints:
        """How many of the values are below each of the numbers that `splits` gives."""
        if self.exact:
            return np.searchsorted(self._ordered, splits)
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.counts)])[np.searchsorted(self.keys, _finite_buckets(splits))]


def bucket_floors(values: Floats) -> Floats:
    """Finite numbers rounded down to the lower edges of the buckets that they are in: by at most one part in 2^10."""
    return _floors(_finite_buckets(values))


def coarse_buckets(values: Floats) -> Ints:
    """Integers that sort like finite values, which are rounded to five bits of their mantissas."""
    return np.right_shift(_finite_buckets(values), 5)


def _summed(parts: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    keys, place = np.unique(np.concatenate([k for k, _ in parts]), return_inverse=True)
    counts = np.zeros(len(keys), np.int64)
    np.add.at(counts, place, np.concatenate([c for _, c in parts]))
    return keys, counts


def _between(ranked: Callable[[int], float], n: int, share: float) -> float:
    """The quantile between two neighbours of n values, of which `ranked` gives one by its rank from 0."""
    position = share * (n - 1)
    low = int(position)
    a, b = ranked(low), ranked(min(low + 1, n - 1))
    step = position - low
    if step == 0 or a == b:
        return a
    if not (isfinite(a) and isfinite(b)):
        return b if isfinite(a) else a
    if not isfinite(b - a):
        return a * (1 - step) + b * step
    return a + (b - a) * step if step < 0.5 else b - (b - a) * (1 - step)


class QuantileAccumulator:
    """Builds Quantiles tile by tile, in one thread."""

    def __init__(self, exact: bool) -> None:
        self.exact, self.n, self.lost = exact, 0, 0
        self._held: list[Floats] = []
        self._special: dict[float, int] = {0.0: 0, inf: 0, -inf: 0}
        self._ends = (inf, -inf)
        self._low, self._counts = 0, _NONE
        self._sparse: list[tuple[Ints, Ints]] = []
        self._waiting: list[Ints] = []

    def add(self, values: Floats, ends: tuple[float, float] | None = None) -> None:
        """Add one tile's values; `ends`: their minimum and maximum, if known. The array must not be modified afterwards."""
        self.n += len(values)
        if self.exact:
            self._held.append(values)
            return
        if not len(values):
            return
        low, high = ends or (float(values.min()), float(values.max()))
        self._ends = (min(self._ends[0], low), max(self._ends[1], high))
        if not (isfinite(low) and isfinite(high)):
            values, low, high = self._apart(values)
        # the bucket of zero is a thousand binades below any other, so it is counted separately
        if low <= 0 <= high and (zeros := len(values) - int(np.count_nonzero(values))):
            self._special[0.0] += zeros
            values = values[values != 0]
            low, high = float(values.min(initial=inf)), float(values.max(initial=-inf))
        if len(values):
            self._count(values, low, high)

    def _apart(self, values: Floats) -> tuple[Floats, float, float]:
        """Count infinities and NaNs; the finite values and their range."""
        self.lost += int(np.isnan(values).sum())
        for end in (inf, -inf):
            self._special[end] += int((values == end).sum())
        rest = values[np.isfinite(values)]
        return rest, float(rest.min(initial=inf)), float(rest.max(initial=-inf))

    def _count(self, values: Floats, least: float, greatest: float) -> None:
        bucketed = _finite_buckets if max(-least, greatest) > 1e308 else _buckets
        if len(values) < _FEW:
            self._waiting.append(bucketed(values))
            if sum(map(len, self._waiting)) > _WAITING:
                self._catch_up()
            return
        low, high = bucketed(np.array([least, greatest])).tolist()
        if high - low >= _WIDE:
            self._sort(bucketed(values))
            return
        if bucketed is _buckets and least >= 0:
            buckets = _buckets_from(values, low)
        else:
            buckets = bucketed(values)
            buckets -= low
        self._reach(low, high)
        self._counts[low - self._low : high + 1 - self._low] += np.bincount(buckets, minlength=high + 1 - low)

    def _sort(self, buckets: Ints) -> None:
        keys, counts = np.unique(buckets, return_counts=True)
        self._sparse.append((keys, counts.astype(np.int64)))
        if len(self._sparse) > 8:
            self._sparse = [_summed(self._sparse)]

    def _catch_up(self) -> None:
        if self._waiting:
            self._sort(np.concatenate(self._waiting))
            self._waiting = []

    def _reach(self, low: int, high: int) -> None:
        """Widen the range of counts."""
        if not len(self._counts):
            self._low, self._counts = low, np.zeros(high + 1 - low, np.int64)
            return
        first, end = min(low, self._low), max(high + 1, self._low + len(self._counts))
        if end - first > len(self._counts):
            wider = np.zeros(end - first, np.int64)
            wider[self._low - first : self._low - first + len(self._counts)] = self._counts
            self._low, self._counts = first, wider

    def quantiles(self) -> Quantiles:
        """The quantiles of everything added so far."""
        if self.exact:
            return Quantiles(tuple(self._held), self.n)
        self._catch_up()
        filled = np.flatnonzero(self._counts)
        parts = [(filled + self._low, self._counts[filled]), *self._sparse]
        special = [(value, count) for value, count in self._special.items() if count]
        if special:
            keys = _buckets(np.array([value for value, _ in special]))
            parts += [(keys[i : i + 1], np.array([count])) for i, (_, count) in enumerate(special)]
        keys, counts = _summed(parts)
        return Quantiles((), self.n, keys, counts, self.lost, False, *self._ends)
