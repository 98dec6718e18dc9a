"""The Poisson bootstrap by tiles: each resample takes every unit a Poisson(1) number of times (Chamandy et al. 2012).

A tile's counts depend on the seed and the tile's number alone, and its sums are exact, so that tiles may be computed anywhere and
added in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan, ulp

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import ratio, root
from losscli.numerics.stable import Array, Bytes, Floats, two_product
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import ROUGH_BELOW
from losscli.numerics.statistics.streams import stream, words

RESAMPLES = 1_000
TILE = 4_096
"""Units that share one stream of random counts."""
_BLOCK = 8
"""Resamples computed at once."""
_HIGH = 36
"""Bits of each half of a number: 4,096 halves times counts below 9 add up without rounding in a double."""
_UNIT = 1_200
"""Sums are integers in units of 2^-1200."""


_OFTEN = (24109, 24110, 12054, 4019, 1004, 201, 34, 4, 1)
"""How many of 65,536 numbers stand for each count: within one of 65,536/(e·k!), with mean exactly 1 and variance 1 - 2^-15."""
_COUNTS: Bytes = np.repeat(np.arange(len(_OFTEN), dtype=np.uint8), _OFTEN)
"""The count for each number of 16 bits."""


@dataclass(frozen=True)
class Replicates:
    """Of every resample Σa, Σb, Σa², Σab and Σb² of units (a, b), whose statistic is Σa/Σb; and those of the units themselves."""

    resamples: int
    seed: int
    n: int
    sums: Array
    """Python integers in units of 2^-1200: a row per sum; the first column is that of the units themselves."""
    ends: tuple[float, float] = (inf, -inf)
    """The extremes of a/b."""

    @classmethod
    def of(cls, tile: int, a: Floats, b: Floats | None = None, resamples: int = RESAMPLES, seed: int = 0) -> Replicates:
        """The resamples of tile number `tile` of at most 4,096 units; without b the statistic is the mean of a."""
        if len(a) > TILE:
            raise ValueError(f"a tile has at most {TILE} units")
        columns, scales = _columns(a, b)
        sums = np.concatenate([columns.sum(0)[None], _resampled(columns, stream(seed, tile), resamples)]).T
        ints = [
            (sums[2 * i].astype(np.int64).astype(object) << _HIGH) + sums[2 * i + 1].astype(np.int64) for i in range(len(scales))
        ]
        found = [x << (e - 2 * _HIGH + _UNIT) for x, e in zip(ints, scales, strict=True)]
        if b is None:  # b = 1: Σab = Σa, Σb = Σb² = the counts
            mean, square, counts = found
            found = [mean, counts, square, mean, counts]
        with np.errstate(divide="ignore", invalid="ignore"):
            each = a if b is None else a / b
        ends = (float(each.min(initial=inf)), float(each.max(initial=-inf)))
        return cls(resamples, seed, len(a), np.array(found, dtype=object), ends)

    def __add__(self, other: Replicates) -> Replicates:
        if (self.resamples, self.seed) != (other.resamples, other.seed):
            raise ValueError("resamples of different numbers or seeds")
        ends = (min(self.ends[0], other.ends[0]), max(self.ends[1], other.ends[1]))
        return Replicates(self.resamples, self.seed, self.n + other.n, self.sums + other.sums, ends)

    def _statistics(self) -> list[tuple[float, float]]:
        """Σa/Σb and its standard error, of the units and of each resample in which Σb is not 0."""
        return [_estimate(*column) for column in self.sums.T.tolist()]

    def percentile(self, level: float) -> Found:
        """The quantiles of the resampled statistic (Efron 1979)."""
        (_, error), *found = self._statistics()
        if reason := self._unknown(error):
            return NoInterval(reason)
        low, high = _ends([value for value, _ in found if value == value], level)
        return Interval(low, high, "percentile", level, self.n, self.n < ROUGH_BELOW, self.resamples, self.seed)

    def bootstrap_t(self, level: float) -> Found:
        """θ - t*·se for the quantiles t* of (θ* - θ)/se* (Efron 1982, 10.10)."""
        (value, error), *found = self._statistics()
        if reason := self._unknown(error):
            return NoInterval(reason)
        low, high = _ends([_studentised(v - value, e) for v, e in found if v == v], level)
        ends = (value - high * error, value - low * error)
        return Interval(*ends, "bootstrap-t", level, self.n, self.n < ROUGH_BELOW, self.resamples, self.seed)

    def _unknown(self, error: float) -> str:
        return "one-unit" if self.n < 2 else "constant" if error == 0 or self.ends[0] == self.ends[1] else ""


def resampled(a: Floats, b: Floats, resamples: int = RESAMPLES, seed: int = 0) -> Replicates:
    """The resamples of units (a, b) in their order, tile by tile."""
    found: Replicates | None = None
    for tile, start in enumerate(range(0, len(a), TILE)):
        part = Replicates.of(tile, a[start : start + TILE], b[start : start + TILE], resamples, seed)
        found = part if found is None else found + part
    return Replicates.of(0, a, b, resamples, seed) if found is None else found


def _columns(a: Floats, b: Floats | None) -> tuple[Floats, list[int]]:
    """Two columns of integers for each product to be summed, and the exponent of each product's largest."""
    ones = np.ones(len(a))
    wanted = [(a, ones), (a, a), (ones, ones)] if b is None else [(a, ones), (b, ones), (a, a), (a, b), (b, b)]
    columns, scales = [], []
    for x, y in wanted:
        product, rest = two_product(x, y)
        if not np.isfinite(product).all():
            raise ValueError("a unit's square is not finite")
        e = int(np.frexp(np.abs(product).max(initial=ulp(0.0)))[1])
        high = np.rint(np.ldexp(product, _HIGH - e))
        low = np.rint(np.ldexp((product - np.ldexp(high, e - _HIGH)) + rest, 2 * _HIGH - e))
        columns += [high, low]
        scales.append(e)
    return np.stack(columns, axis=1), scales


def _resampled(columns: Floats, bits: np.random.SFC64, resamples: int) -> Floats:
    """counts @ columns. All numbers are integers and no sum exceeds 2^53: the bits do not depend on the order of addition."""
    n = len(columns)
    found = np.empty((resamples, columns.shape[1]))
    counts, factors = np.empty((_BLOCK, n), np.uint8), np.empty((_BLOCK, n))
    for start in range(0, resamples, _BLOCK):
        some = min(_BLOCK, resamples - start)
        drawn = words(bits, some * TILE // 4).view(np.dtype("<u2")).reshape(some, TILE)[:, :n]
        _COUNTS.take(drawn, out=counts[:some], mode="clip")  # `raise` would copy
        factors[:some] = counts[:some]
        found[start : start + some] = factors[:some] @ columns
    return found


def _estimate(a: int, b: int, aa: int, ab: int, bb: int) -> tuple[float, float]:
    """a/b and √Σ(a - θb)² / Σb; all sums are in the same unit."""
    if b == 0:
        return nan, nan
    square = b * b * aa - 2 * a * b * ab + a * a * bb
    return ratio(a, b), root(square << _UNIT, b**4)


def _studentised(difference: float, error: float) -> float:
    if error > 0:
        return difference / error
    return 0.0 if difference == 0 else inf if difference > 0 else -inf


def _ends(found: Sequence[float], level: float) -> tuple[float, float]:
    if not found:
        return -inf, inf
    ordered, last = sorted(found), len(found) - 1
    return _at(ordered, (1 - level) / 2 * last), _at(ordered, (1 + level) / 2 * last)


def _at(ordered: Sequence[float], position: float) -> float:
    """Linear interpolation between neighbours, where both are finite."""
    low = int(position)
    a, b = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    return (
        a if position == low or a == b else a + (b - a) * (position - low) if abs(a) < inf and abs(b) < inf else max(a, b, key=abs)
    )
