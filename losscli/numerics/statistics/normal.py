"""The standard normal distribution: tails by erfc, quantiles by Newton's method. Scalars only."""

from __future__ import annotations

from functools import lru_cache
from math import erf, erfc, exp, log, pi, sqrt

from losscli.numerics.statistics.inversion import upper_quantile

_ROOT_2 = sqrt(2.0)
_ROOT_2_PI = sqrt(2.0 * pi)


def density(x: float) -> float:
    """e^(-x²/2) / √(2π)."""
    return exp(-0.5 * x * x) / _ROOT_2_PI


def tail(x: float) -> float:
    """P(Z > x) = erfc(x/√2) / 2, accurate far above 0."""
    return 0.5 * erfc(x / _ROOT_2)


def _centre(x: float) -> float:
    return 0.5 * erf(x / _ROOT_2)


@lru_cache(64)
def upper(q: float) -> float:
    """The x with P(Z > x) = q: 1.96 for q = 0.025."""
    least = min(q, 1.0 - q)
    start = sqrt(-2.0 * log(least)) if 0.0 < least < 0.25 else 1.0
    return upper_quantile(q, tail, _centre, density, start)


def quantile(p: float) -> float:
    """The x with P(Z ≤ x) = p."""
    return -upper(p)
