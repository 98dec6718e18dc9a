"""The binomial distribution: probabilities by Loader's saddle point, tails by the incomplete beta function."""

from __future__ import annotations

from math import exp, lgamma, log, pi, sqrt

from losscli.numerics.statistics import beta


def probability(k: int, n: int, p: float) -> float:
    """P(B = k) of n trials with probability p (Loader 2000): as accurate for a billion trials as for ten."""
    if not 0 <= k <= n:
        return 0.0
    if p in (0.0, 1.0):
        return float(k == n * p)
    q = 1.0 - p
    if k in (0, n):
        return float((p if k else q) ** n)
    exponent = _stirling(n) - _stirling(k) - _stirling(n - k) - _deviance(k, n * p) - _deviance(n - k, n * q)
    return exp(exponent) * sqrt(n / (2 * pi * k * (n - k)))


def at_least(k: int, n: int, p: float) -> float:
    """P(B ≥ k) = I_p(k, n - k + 1)."""
    if k <= 0 or k > n:
        return float(k <= 0)
    beyond = k - (n + 1) * p
    if beyond < 0:
        return 1.0 - at_most(k - 1, n, p)
    q = 1.0 - p
    return probability(k, n, p) * q * k * beta.tail_fraction(k, n - k + 1, p, q, beyond)


def at_most(k: int, n: int, p: float) -> float:
    """P(B ≤ k), the failures' P(n - B ≥ n - k)."""
    if k < 0 or k >= n:
        return float(k >= n)
    q = 1.0 - p
    beyond = (n + 1) * p - (k + 1)
    if beyond < 0:
        return 1.0 - at_least(k + 1, n, p)
    return probability(k, n, p) * p * (n - k) * beta.tail_fraction(n - k, k + 1, q, p, beyond)


def _stirling(n: int) -> float:
    """log n! less Stirling's log(√(2πn)·(n/e)^n)."""
    if n < 16:
        return lgamma(n + 1.0) - (n + 0.5) * log(n) + n - 0.5 * log(2 * pi)
    s = 1.0 / n / n
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / n


def _deviance(x: float, m: float) -> float:
    """x·log(x/m) + m - x, by a series where x is near m."""
    if abs(x - m) >= 0.1 * (x + m):
        return x * log(x / m) + m - x
    v = (x - m) / (x + m)
    total, term, j = (x - m) * v, 2 * x * v, 0
    while True:
        j += 1
        term *= v * v
        more = total + term / (2 * j + 1)
        if more == total:
            return total
        total = more
