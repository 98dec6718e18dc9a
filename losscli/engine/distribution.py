"""The distribution of one recipe's losses over samples: counts, exact sums and moments, extremes, quantiles, worst rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, ldexp, nan

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.adding import ROUNDED, Adding
from losscli.numerics.exact_sum import SCALE, Exact, below_one, root, to_int
from losscli.numerics.exact_totals import exact_moments
from losscli.numerics.power_sums import power_sums
from losscli.numerics.quantile_sketch import QuantileAccumulator, Quantiles
from losscli.numerics.stable import Floats, Ints
from losscli.numerics.statistics.spread import Spread, central, scaled_int
from losscli.numerics.weighted_quantiles import WeightedAccumulator, WeightedQuantiles

Worst = tuple[tuple[float, int], ...]
"""(loss, sample) pairs, worst first (or best first); ties in the order of the samples."""

_TINY = 2.0**-600
"""Sums of squares below this have cubes that underflow."""

_RUN = 64
"""Scores of which the greatest is looked at first."""

SHOWN = 5
"""Samples without a finite loss that are listed at most."""


@dataclass(frozen=True)
class Distribution:
    """The distribution over a set of samples. Addition is associative: any grouping of the same tiles gives equal results."""

    n: int = 0
    nonfinite: int = 0
    lost: tuple[int, ...] = ()
    """The first samples whose loss is not finite."""
    total: Exact = field(default_factory=Exact)
    weight: Exact = field(default_factory=Exact)
    moments: tuple[int, int, int] = (0, 0, 0)
    low: float = inf
    high: float = -inf
    quantiles: Quantiles = field(default_factory=Quantiles)
    worst: Worst = ()
    keep: int = 0
    sign: int = 1
    best: Worst = ()
    few: int = 0
    """How many of the best are kept."""
    binary: bool = True
    """Whether all values are 0 or 1."""
    weighted: WeightedQuantiles = field(default_factory=WeightedQuantiles)
    """The values with their weights, where they have any."""

    @classmethod
    def of(cls, values: Floats, weight: Floats | None, samples: Sequence[int] | Ints, keep: int, sign: int) -> Distribution:
        """The distribution of one tile's samples."""
        found = DistributionAccumulator(keep, sign)
        found.add(values, weight, samples)
        return found.distribution()

    def __add__(self, other: Distribution) -> Distribution:
        keep = max(self.keep, other.keep)
        sign = other.sign if self.n == 0 else self.sign
        few = max(self.few, other.few)
        return Distribution(
            self.n + other.n,
            self.nonfinite + other.nonfinite,
            _first(self.lost, other.lost),
            self.total + other.total,
            self.weight + other.weight,
            (self.moments[0] + other.moments[0], self.moments[1] + other.moments[1], self.moments[2] + other.moments[2]),
            _least(self.low, other.low),
            -_least(-self.high, -other.high),
            self.quantiles + other.quantiles,
            _merged(self.worst, other.worst, keep, sign),
            keep,
            sign,
            _merged(self.best, other.best, few, -sign, -inf),
            few,
            self.binary and other.binary,
            self.weighted + other.weighted,
        )

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Quantiles, by weight where weights differ."""
        return self.quantiles.at(shares) if self.weighted.even else self.weighted.at(shares)

    @property
    def quotient(self) -> float:
        """The sum over the weights, which the rounding of the sum may put an ulp outside of [low, high]."""
        return self.total.over(self.weight)

    @property
    def mean(self) -> float:
        """The mean, inside of [low, high]."""
        found = self.quotient
        return found if self.nonfinite or not self.low <= self.high else min(max(found, self.low), self.high)

    @property
    def std(self) -> float:
        """Population standard deviation, from exact moments: no cancellation however far the mean is from zero."""
        if self.nonfinite or self.n == 0 or self.weight.total == 0:
            return nan
        w, (first, second, _) = self.weight.total, self.moments
        return root(second * w - first * first, (w * w) << (2 * SCALE))

    def spread(self) -> Spread:
        """The mean with the standard deviation and skewness of values without weights."""
        first, second, third = self.moments
        found = central(self.n, first >> SCALE, second >> SCALE, third)
        return found if not self.nonfinite else Spread(self.n, found.value, found.sd, found.skew, finite=False)


class DistributionAccumulator:
    """Builds a Distribution tile by tile, in one thread.

    keep: worst rows to keep. sign: -1 if higher values are better. full: False for counts and sums alone. exact: exact quantiles.
    few: best rows to keep.
    """

    def __init__(self, keep: int, sign: int, full: bool = True, exact: bool = True, few: int = 0, adding: Adding = ROUNDED) -> None:
        self.keep, self.sign, self.full, self.few, self.adding = keep, sign, full, few, adding
        self._n = self._nonfinite = 0
        self._lost: tuple[int, ...] = ()
        self._total, self._weight = Exact(), Exact()
        self._first = self._second = self._third = 0
        self._binary = True
        self._low, self._high = inf, -inf
        self._quantiles, self._weighted = QuantileAccumulator(exact), WeightedAccumulator(exact)
        self._worst: Worst = ()
        self._best: Worst = ()

    def add(self, values: Floats, weight: Floats | None, samples: Sequence[int] | Ints, total: Exact | None = None) -> None:
        """Add one tile's samples; `total` is their (weighted) sum if already known."""
        n = len(values)
        if n == 0:
            return
        w = Exact.of(float(n)) if weight is None else self.adding.total(weight, None)
        total = self.adding.total(values, weight) if total is None else total
        self._n += n
        self._total += total
        self._weight += w
        # a finite sum has finite terms: only other tiles are searched value by value
        lost = () if total.finite else np.flatnonzero(~np.isfinite(values)).tolist()
        self._nonfinite += len(lost)
        self._lost = _first(self._lost, tuple(int(samples[i]) for i in lost[:SHOWN]))
        if not self.full:
            return
        low, high = float(values.min()), float(values.max())
        self._low, self._high = _least(self._low, low), -_least(-self._high, -high)
        self._binary = self._binary and low >= 0 and high <= 1 and bool(((values == 0) | (values == 1)).all())
        if not lost:
            self._add_moments(values, weight, min(max(total.over(w), low), high), w)
        self._quantiles.add(values, (low, high))
        if weight is not None:
            self._weighted.add(values, weight)
        self._worst = _with_more(self._worst, values, samples, high if self.sign > 0 else low, self.keep, self.sign)
        self._best = _with_more(self._best, values, samples, low if self.sign > 0 else high, self.few, -self.sign, -inf)

    def _add_moments(self, values: Floats, weight: Floats | None, centre: float, w: Exact) -> None:
        """Σ ω v in units of 2^-2148, Σ ω v² in units of 2^-3222 and, without weights, Σ v³ in units of 2^-3222.

        They are computed from sums about the tile's centre, whose rounding is relative to the deviations and not to the mean.
        """
        if self.adding.exact:
            for_first, for_second, for_third = exact_moments(values, weight)
            self._first, self._second, self._third = self._first + for_first, self._second + for_second, self._third + for_third
            return
        first, second, third = power_sums(values, weight, centre)
        k = m = 0
        if not (isfinite(first) and isfinite(second) and isfinite(third)) or 0 < second < _TINY:
            first, second, third, k, m = _scaled_moments(values, weight, centre)
        c, n, f, s = to_int(centre), w.total, scaled_int(first, k + m), scaled_int(second, SCALE + 2 * k + m)
        self._first += n * c + (f << SCALE)
        self._second += (s << SCALE) + ((2 * c * f) << SCALE) + n * c * c
        if weight is None:
            self._third += len(values) * c**3 + 3 * c * (c * f + s) + scaled_int(third, 2 * SCALE + 3 * k)

    def distribution(self) -> Distribution:
        """The distribution of everything added so far."""
        return Distribution(
            self._n,
            self._nonfinite,
            self._lost,
            self._total,
            self._weight,
            (self._first, self._second, self._third),
            self._low,
            self._high,
            self._quantiles.quantiles() if self.full else Quantiles(),
            self._worst,
            self.keep,
            self.sign,
            self._best,
            self.few,
            self._binary,
            self._weighted.quantiles(),
        )


def _scaled_moments(values: Floats, weight: Floats | None, centre: float) -> tuple[float, float, float, int, int]:
    """Σ ω·d·2^-(k+m), Σ ω·d²·2^-(2k+m) and Σ d³·2^-3k of deviations whose sums overflow or underflow, k and m."""
    v, e = below_one(values)
    d = v - ldexp(centre, -e)
    f = int(np.frexp(np.abs(d).max(initial=0.0))[1])
    d = np.ldexp(d, -f)
    w, m = (np.ones(1), 0) if weight is None else below_one(weight)
    return float((w * d).sum()), float((w * d * d).sum()), float((d * d * d).sum()), e + f, m


def _rank(value: float, sign: int, lost: float = inf) -> float:
    """The sort key of a loss among the worst (or the best, with the other sign); NaN ranks first (or last)."""
    return lost if value != value else sign * value


def _least(a: float, b: float) -> float:
    """The smaller of two numbers, or NaN if either is NaN."""
    return nan if a != a or b != b else min(a, b)


def _first(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(a + b)[:SHOWN]) if a and b else a or b


def _merged(a: Worst, b: Worst, keep: int, sign: int, lost: float = inf) -> Worst:
    return tuple(sorted(a + b, key=lambda x: (-_rank(x[0], sign, lost), x[1]))[:keep])


def _with_more(
    found: Worst, values: Floats, samples: Sequence[int] | Ints, top: float, keep: int, sign: int, lost: float = inf
) -> Worst:
    """The worst so far with those of a tile, whose highest (or lowest) value is `top`."""
    if keep == 0:
        return found
    least = _rank(found[-1][0], sign, lost) if len(found) == keep else None
    if least is not None and top == top and _rank(top, sign, lost) < least:
        return found
    return _merged(found, _worst(values, top != top, samples, keep, sign, least, lost), keep, sign, lost)


def _worst(
    values: Floats, nans: bool, samples: Sequence[int] | Ints, keep: int, sign: int, least: float | None, lost: float
) -> Worst:
    """The worst samples of one tile; values below `least`, the smallest loss kept so far, are skipped. nans: whether any is NaN."""
    score = values if sign > 0 else -values
    if nans:
        score = np.where(np.isnan(values), lost, score)
    least = _bar(score, keep) if least is None else least
    chosen = np.flatnonzero(score >= least)
    chosen = chosen[np.argsort(-score[chosen], kind="stable")][:keep]
    return tuple((float(values[i]), int(samples[i])) for i in chosen.tolist())


def _bar(score: Floats, keep: int) -> float:
    """A number that at least `keep` of the scores reach, and few others: of the greatest of each run, one of the first."""
    runs = len(score) // _RUN
    tops = score[: runs * _RUN].reshape(runs, _RUN).max(1) if runs >= keep else score
    return float(np.partition(tops, len(tops) - keep)[len(tops) - keep]) if len(tops) > keep else -inf
