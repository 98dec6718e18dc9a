"""The only accumulator: counts, exact sums, spread, extremes, quantiles and worst rows, with a zero and an associative +."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from typing import TypeVar

import numpy as np

from losscli.exact import SCALE, Exact, root, to_int
from losscli.family import Watch
from losscli.numeric import Bools, Floats, Ints

EXACT_QUANTILES = 1 << 20
"""Up to so many values quantiles are exact; beyond, each value is known to 2^-11 of itself."""
_SHIFT = 52 - 10


def _buckets(values: Floats) -> Ints:
    """A whole number that orders as the value does and drops all but ten bits of its mantissa."""
    bits = np.ascontiguousarray(values).view(np.int64) >> _SHIFT
    return np.where(bits < 0, np.int64(-(1 << (63 - _SHIFT))) - 1 - bits, bits)


def _value_of(bucket: int) -> float:
    """The middle of a bucket."""
    bits = bucket if bucket >= 0 else -(1 << (63 - _SHIFT)) - 1 - bucket
    edges = np.array([bits << _SHIFT, (bits << _SHIFT) | ((1 << _SHIFT) - 1)], dtype=np.int64).view(np.float64)
    return float(edges[0]) if not np.isfinite(edges).all() or edges[0] == 0 else float(edges.mean())


_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Quantiles:
    """The values themselves while they are few, then how many fell in each bucket."""

    values: tuple[Floats, ...] = ()
    n: int = 0
    buckets: Ints = field(default_factory=lambda: _NONE)
    counts: Ints = field(default_factory=lambda: _NONE)
    exact: bool = True

    @classmethod
    def of(cls, values: Floats) -> Quantiles:
        return cls((values,), len(values))._bounded()

    def __add__(self, other: Quantiles) -> Quantiles:
        n = self.n + other.n
        if self.exact and other.exact:
            return Quantiles(self.values + other.values, n)._bounded()
        a, b = self._sketched(), other._sketched()
        keys, place = np.unique(np.concatenate([a.buckets, b.buckets]), return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, place, np.concatenate([a.counts, b.counts]))
        return Quantiles((), n, keys, counts, False)

    def _bounded(self) -> Quantiles:
        return self if self.n <= EXACT_QUANTILES else self._sketched()

    def _sketched(self) -> Quantiles:
        if not self.exact:
            return self
        held = np.concatenate(self.values) if self.values else np.zeros(0)
        keys, counts = np.unique(_buckets(held), return_counts=True)
        return Quantiles((), self.n, keys, counts.astype(np.int64), False)

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Quantiles with linear interpolation between neighbours; NaN of nothing or of a NaN."""
        if self.n == 0:
            return tuple(nan for _ in shares)
        if self.exact:
            ordered = np.sort(np.concatenate(self.values))
            if np.isnan(ordered[-1]):
                return tuple(nan for _ in shares)
            return tuple(_between(ordered, share) for share in shares)
        ends = np.cumsum(self.counts)
        place = [np.searchsorted(ends, np.rint(share * (self.n - 1)), side="right") for share in shares]
        return tuple(_value_of(int(self.buckets[i])) for i in place)


def _between(ordered: Floats, share: float) -> float:
    position = share * (len(ordered) - 1)
    low = int(position)
    a, b = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    step = position - low
    if step == 0 or a == b:
        return a
    if not (isfinite(a) and isfinite(b)):
        return b if isfinite(a) else a
    return a + (b - a) * step if step < 0.5 else b - (b - a) * (1 - step)


@dataclass(frozen=True)
class Mean:
    """Σ ω·v and Σ ω·norm, for one ratio of the two."""

    total: Exact = field(default_factory=Exact)
    norm: Exact = field(default_factory=Exact)
    floor: float = 0.0
    parts: Mapping[str, tuple[float, Exact]] = field(default_factory=dict)

    def __add__(self, other: Mean) -> Mean:
        parts = {k: (w, x + other.parts[k][1] if k in other.parts else x) for k, (w, x) in self.parts.items()}
        return Mean(
            self.total + other.total,
            self.norm + other.norm,
            max(self.floor, other.floor),
            {**other.parts, **parts},
        )

    @property
    def value(self) -> float:
        return self.total.over(self.norm, self.floor)

    def part_values(self) -> dict[str, tuple[float, float]]:
        return {k: (w, x.over(self.norm, self.floor)) for k, (w, x) in self.parts.items()}


@dataclass(frozen=True)
class Spread:
    """How the samples' losses of one recipe are distributed. worst: (loss, sample) pairs, worst first."""

    n: int = 0
    nonfinite: int = 0
    total: Exact = field(default_factory=Exact)
    weight: Exact = field(default_factory=Exact)
    moments: tuple[int, int] = (0, 0)
    low: float = inf
    high: float = -inf
    quantiles: Quantiles = field(default_factory=Quantiles)
    worst: tuple[tuple[float, int], ...] = ()
    keep: int = 0
    sign: int = 1

    @classmethod
    def of(cls, values: Floats, weight: Floats | None, samples: Ints, keep: int, sign: int, full: bool = True) -> Spread:
        """The spread of one tile's samples; `keep` worst rows, sign -1 where higher is better, not full: count and sum alone."""
        n = len(values)
        if n == 0:
            return cls(keep=keep, sign=sign)
        w = float(n) if weight is None else float(weight.sum())
        with np.errstate(invalid="ignore", over="ignore"):
            total = float(values.sum() if weight is None else (weight * values).sum())
        # a finite sum has finite terms: only a tile that shows otherwise is looked at value by value
        lost = 0 if isfinite(total) else int(n - np.count_nonzero(np.isfinite(values)))
        if not full:
            return cls(n, lost, Exact.of(total), Exact.of(w))
        return cls(
            n,
            lost,
            Exact.of(total),
            Exact.of(w),
            (0, 0) if lost else _moments(values, weight, total, w),
            float(values.min()),
            float(values.max()),
            Quantiles.of(values),
            _worst(values, samples, keep, sign),
            keep,
            sign,
        )

    def __add__(self, other: Spread) -> Spread:
        keep = max(self.keep, other.keep)
        sign = other.sign if self.n == 0 else self.sign
        both = sorted(self.worst + other.worst, key=lambda x: (-_rank(x[0], sign), x[1]))
        return Spread(
            self.n + other.n,
            self.nonfinite + other.nonfinite,
            self.total + other.total,
            self.weight + other.weight,
            (self.moments[0] + other.moments[0], self.moments[1] + other.moments[1]),
            _least(self.low, other.low),
            -_least(-self.high, -other.high),
            self.quantiles + other.quantiles,
            tuple(both[:keep]),
            keep,
            sign,
        )

    @property
    def mean(self) -> float:
        return self.total.over(self.weight)

    @property
    def std(self) -> float:
        """Population standard deviation, from exact moments: no cancellation however far the mean lies from zero."""
        if self.nonfinite or self.n == 0 or self.weight.total == 0:
            return nan
        w, (first, second) = self.weight.total, self.moments
        return root(second * w - first * first, (w * w) << (2 * SCALE))


def _moments(values: Floats, weight: Floats | None, total: float, w: float) -> tuple[int, int]:
    """Σ ω v in units of 2^-2148 and Σ ω v² in units of 2^-3222.

    Both come from sums about the tile's own centre, whose rounding is relative to the spread and not to the mean.
    """
    centre = min(max(total / w, float(values.min())), float(values.max()))
    d = values - centre
    with np.errstate(over="ignore"):
        first = float(d.sum() if weight is None else (weight * d).sum())
        second = float((d * d).sum() if weight is None else (weight * d * d).sum())
    if not (isfinite(first) and isfinite(second)):
        return 0, 0
    c, n, f = to_int(centre), to_int(w), to_int(first)
    return n * c + (f << SCALE), (to_int(second) << (2 * SCALE)) + ((2 * c * f) << SCALE) + n * c * c


def _rank(value: float, sign: int) -> float:
    """What a loss counts for among the worst: a NaN before everything."""
    return inf if value != value else sign * value


def _least(a: float, b: float) -> float:
    """The smaller, or NaN where either is."""
    return nan if a != a or b != b else min(a, b)


def _worst(values: Floats, samples: Ints, keep: int, sign: int) -> tuple[tuple[float, int], ...]:
    if keep == 0:
        return ()
    score = np.where(np.isnan(values), np.inf, sign * values)
    if len(values) > keep:
        edge = np.partition(score, len(score) - keep)[len(score) - keep]
        chosen = np.flatnonzero(score >= edge)
        chosen = chosen[np.argsort(-score[chosen], kind="stable")][:keep]
    else:
        chosen = np.argsort(-score, kind="stable")
    return tuple((float(values[i]), int(samples[i])) for i in chosen)


@dataclass(frozen=True)
class Totals:
    """Named sums over the file, number by number without error."""

    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sums: Mapping[str, tuple[Exact, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, sums: Mapping[str, Floats]) -> Totals:
        return cls(
            {k: v.shape for k, v in sums.items()}, {k: tuple(Exact.of(float(x)) for x in v.ravel()) for k, v in sums.items()}
        )

    def __add__(self, other: Totals) -> Totals:
        if not self.shapes or not other.shapes:
            return self if self.shapes else other
        return Totals(self.shapes, {k: tuple(a + b for a, b in zip(v, other.sums[k], strict=True)) for k, v in self.sums.items()})

    def arrays(self) -> dict[str, Floats]:
        return {k: np.array([float(x) for x in v]).reshape(self.shapes[k]) for k, v in self.sums.items()}


K = TypeVar("K")
V = TypeVar("V", Mean, Spread, Totals)


def _merged(a: Mapping[K, V], b: Mapping[K, V]) -> dict[K, V]:
    out = dict(a)
    for k, v in b.items():
        out[k] = out[k] + v if k in out else v
    return out


@dataclass(frozen=True)
class Tally:
    """What a set of rows adds up to. means: by term, spreads: by recipe, totals: by pooled term; equal for any grouping."""

    rows: int = 0
    dropped: int = 0
    means: Mapping[str, Mean] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    totals: Mapping[str, Totals] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.dropped + other.dropped,
            _merged(self.means, other.means),
            _merged(self.spreads, other.spreads),
            _merged(self.totals, other.totals),
            self.watch | other.watch,
        )


def mean_of(
    values: Floats, norm: Floats | None, weight: Floats | None, floor: float, parts: Mapping[str, tuple[float, Floats]]
) -> Mean:
    """The Mean of one tile's kept rows."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(values.sum() if weight is None else (weight * values).sum())
        divisor = float(len(values)) if norm is None and weight is None else float(_product(norm, weight).sum())
        sums = {k: (w, Exact.of(float(x.sum() if weight is None else (weight * x).sum()))) for k, (w, x) in parts.items()}
    return Mean(Exact.of(total), Exact.of(divisor), floor, sums)


def _product(norm: Floats | None, weight: Floats | None) -> Floats:
    if norm is None or weight is None:
        found = weight if norm is None else norm
        assert found is not None
        return found
    return norm * weight


def present(kept: Bools | None, weight: Floats | None) -> Bools | None:
    """The rows that count: kept, and of a weight above zero; None for all of them."""
    if weight is None:
        return None if kept is None or bool(kept.all()) else kept
    mask = weight > 0 if kept is None else kept & (weight > 0)
    return None if bool(mask.all()) else mask
