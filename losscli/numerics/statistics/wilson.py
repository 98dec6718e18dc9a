"""The Wilson interval of a share: of a loss whose values are all 0 or 1."""

from __future__ import annotations

from math import sqrt

from losscli.numerics.statistics import normal
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.spread import ROUGH_BELOW


def wilson(ones: int, n: int, level: float) -> Found:
    """The shares p with |p̂ - p| ≤ z·√(p(1 - p)/n) (Wilson 1927): inside [0, 1], and not [0, 0] where there are no errors.

    The lower end is p̂² over the upper end and 1 + z²/n, the roots' product, without cancellation for small shares.
    """
    if n < 2:
        return NoInterval("one-unit")
    z = normal.upper((1 - level) / 2)
    low, high = _low(ones, n, z), 1.0 - _low(n - ones, n, z)
    return Interval(low, high, "wilson", level, n, n < ROUGH_BELOW)


def _low(ones: int, n: int, z: float) -> float:
    share, more = ones / n, z * z / n
    upper = share + more / 2 + sqrt(more * (share * ((n - ones) / n) + more / 4))
    return share * share / upper


def of_sums(sums: PowerSums, level: float) -> Found:
    """The interval of values that are all 0 or 1: their sum is the number of ones."""
    if not sums.binary:
        raise ValueError("not all values are 0 or 1")
    return wilson(round(sums.mean * sums.n) if sums.n else 0, sums.n, level)
