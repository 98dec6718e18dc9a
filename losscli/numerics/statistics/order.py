"""Intervals of quantiles by order statistics: exact and free of any assumption on the distribution.

The number B of n values at or below a quantile of share p is binomial, so that [x₍ₗ₎, x₍ᵤ₎] misses it with probability
P(B < l) + P(B ≥ u) (Thompson 1936; David and Nagaraja 2003, 7.1).
"""

from __future__ import annotations

from math import inf, sqrt

from losscli.numerics.quantile_sketch import Quantiles
from losscli.numerics.statistics import binomial, normal
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import ROUGH_BELOW


def ranks(n: int, share: float, level: float) -> tuple[int, int]:
    """The largest l with P(B < l) ≤ α/2 and the smallest u with P(B ≥ u) ≤ α/2; 0 and n + 1 stand for -∞ and ∞."""
    miss = (1 - level) / 2
    reach = normal.upper(miss) * sqrt(n * share * (1 - share))
    low = round(min(max(n * share - reach, 0), n))
    while low > 0 and binomial.at_most(low - 1, n, share) > miss:
        low -= 1
    while low < n and binomial.at_most(low, n, share) <= miss:
        low += 1
    high = round(min(max(n * share + reach, 0), n)) + 1
    while high <= n and binomial.at_least(high, n, share) > miss:
        high += 1
    while high > 1 and binomial.at_least(high - 1, n, share) <= miss:
        high -= 1
    return low, high


def order(quantiles: Quantiles, share: float, level: float) -> Found:
    """The interval of a quantile; from counts in buckets, widened to the outer edges of the buckets that the ranks lie in.

    An end is infinite where even the extreme value is too likely to be inside: for a 95th percentile, below 72 values.
    """
    if quantiles.n < 2:
        return NoInterval("one-unit")
    if any(x != x for x in quantiles.at((share,))):
        return NoInterval("not-finite")
    n = quantiles.n
    low, high = ranks(n, share, level)
    ends = quantiles.around(0, n - 1, max(low - 1, 0), min(high, n) - 1)
    if ends[0][0] == ends[1][1]:
        return NoInterval("constant")
    least, greatest = ends[2][0] if low > 0 else -inf, ends[3][1] if high <= n else inf
    return Interval(least, greatest, "order", level, n, n < ROUGH_BELOW)
