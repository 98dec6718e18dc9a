"""New against base on the same units: the difference, its interval, and which difference such a comparison can see."""

from __future__ import annotations

from math import ceil, inf, isfinite, sqrt

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.stable import Floats
from losscli.numerics.statistics import normal, student
from losscli.numerics.statistics.interval import Found, NoInterval
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.student_interval import student_t

POWER = 0.8
"""A comparison sees what it detects 4 times out of 5."""


@dataclass(frozen=True)
class PairedSums:
    """Sums over pairs of losses, added exactly: of the differences by ω·norm, of new by base, and who was better."""

    differences: RatioSums = field(default_factory=RatioSums)
    shares: RatioSums = field(default_factory=RatioSums)
    bases: RatioSums = field(default_factory=RatioSums)
    wins: int = 0
    ties: int = 0
    losses: int = 0

    @classmethod
    def of(cls, new: Floats, base: Floats, norm: Floats | None = None, weight: Floats | None = None, sign: int = 1) -> PairedSums:
        """The sums over one tile, or over the totals of units with their sizes as `norm`. sign: -1 if higher values are better.

        A difference that cannot be computed (∞ - ∞) is not finite and counts neither as a win nor as a loss.
        """
        with np.errstate(invalid="ignore"):
            d = new - base
        return cls(
            RatioSums.of(d, norm, weight),
            RatioSums.of(new, base, weight),
            RatioSums.of(base, norm, weight),
            int((sign * d < 0).sum()),
            int((d == 0).sum()),
            int((sign * d > 0).sum()),
        )

    def __add__(self, other: PairedSums) -> PairedSums:
        return PairedSums(
            self.differences + other.differences,
            self.shares + other.shares,
            self.bases + other.bases,
            self.wins + other.wins,
            self.ties + other.ties,
            self.losses + other.losses,
        )

    def delta(self) -> Spread:
        """new - base: the mean of the differences."""
        return self.differences.spread()

    def relative(self) -> Spread | None:
        """(new - base)/|base|, by the spread of (new - (1 + rel)·base)/mean(base); None where the mean of base is 0."""
        found = self.shares.spread()
        base = self.bases.value
        if not isfinite(base) or base == 0 or found.n == 0:
            return None
        value = self.differences.value / abs(base)
        return Spread(found.n, value, found.sd, found.skew if base > 0 else -found.skew, found.finite)


@dataclass(frozen=True)
class Comparison:
    """A paired comparison. mde: the smallest difference seen 4 times out of 5; 0 where there is no interval."""

    n: int
    base: float
    new: float
    delta: float
    rel: float | None
    delta_ci: Found
    rel_ci: Found
    p_t: float | None
    mde: float | None
    mde_rel: float | None


def compare(sums: PairedSums, level: float) -> Comparison:
    """Student's t of the differences, whose error stays near 5 % where corrections for skewness reach 8 %, and of their shares."""
    delta, relative = sums.delta(), sums.relative()
    base = sums.bases.value
    known = not delta.unknown
    least = mde(delta, level) if known else None
    return Comparison(
        delta.n,
        base,
        base + delta.value,
        delta.value,
        None if relative is None else relative.value,
        student_t(delta, level),
        NoInterval("zero-base") if relative is None else student_t(relative, level),
        t_test(delta) if known else None,
        least,
        None if relative is None or relative.unknown else mde(relative, level),
    )


def t_test(spread: Spread) -> float:
    """The two-sided p of value = 0: 2·P(T > |value|/se) (Student 1908)."""
    return min(1.0, 2 * student.tail(abs(spread.value) / spread.error, spread.df))


def mde(spread: Spread, level: float, power: float = POWER) -> float:
    """The minimum detectable effect (t₁₋α/₂ + z_power)·se (Bloom 1995)."""
    return _reach(spread.n, level, power) * spread.sd


def _reach(n: int, level: float, power: float) -> float:
    return (student.upper((1 - level) / 2, n - 1) + normal.upper(1 - power)) / sqrt(n)


def n_for(spread: Spread, limit: float, level: float, power: float = POWER) -> int | None:
    """The smallest number of units of this spread with which `limit` is seen: whose mde is at most that. None beyond 1e15."""
    if spread.unknown or not 0 < limit < inf:
        return None
    share = limit / spread.sd
    z = normal.upper((1 - level) / 2) + normal.upper(1 - power)
    if z > sqrt(1e15) * share:
        return None
    low, high = max(1, ceil((z / share) ** 2) - 1), 2
    high = max(high, 2 * low)
    while _reach(high, level, power) > share:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _reach(middle, level, power) <= share else (middle, high)
    return high
