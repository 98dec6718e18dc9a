"""Student's t distribution: tails by the incomplete beta function, quantiles by Newton's method. Scalars only.

With x = ν/(ν + t²), P(|T| > t) = I_x(ν/2, 1/2) (Student 1908; Abramowitz and Stegun 1964, 26.7.1).
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import exp, inf, log1p, pi, sqrt

from losscli.numerics.statistics import beta, normal
from losscli.numerics.statistics.inversion import upper_quantile

_NEAR = 1.5
"""Below this t a series of the centre is used, beyond it the continued fraction of the tail."""


def density(t: float, df: float) -> float:
    """Γ((ν+1)/2) / (√(νπ)·Γ(ν/2)) · (1 + t²/ν)^(-(ν+1)/2)."""
    return beta.gamma_step(df / 2) / sqrt(df * pi) * exp(-(df + 1) / 2 * log1p(t / df * t))


def tail(t: float, df: float) -> float:
    """P(T > t)."""
    if df == inf:
        return normal.tail(t)
    if t < _NEAR:
        return 0.5 - _centre(t, df) if t >= 0 else 1.0 - tail(-t, df)
    if t == inf:
        return 0.0
    a, square = df / 2, t / df * t  # t²/ν
    x, y = 1 / (1 + square), square / (1 + square)
    return 0.5 * _front(a, square, y) * beta.tail_fraction(a, 0.5, x, y, (a + 0.5) * y - 0.5)


def _centre(t: float, df: float) -> float:
    """P(0 < T ≤ t) for t ≥ 0: half of I_y(1/2, ν/2)."""
    a, square = df / 2, t / df * t
    y = square / (1 + square)
    return 0.5 * _front(a, square, y) * beta.series(0.5, a, y)


def _front(a: float, square: float, y: float) -> float:
    """x^a·√y / B(a, 1/2) for x = 1/(1 + square)."""
    return exp(-a * log1p(square)) * sqrt(y) * beta.gamma_step(a) / sqrt(pi)


@lru_cache(4096)
def upper(q: float, df: float) -> float:
    """The t with P(T > t) = q: 2.228 for q = 0.025 and 10 degrees of freedom."""
    z = normal.upper(q)
    if df == inf or abs(z) == inf:
        return z
    start = abs(z) * (1 + (z * z + 1) / (4 * df))  # Fisher and Cornish 1960
    return upper_quantile(q, partial(tail, df=df), partial(_centre, df=df), partial(density, df=df), start)


def quantile(p: float, df: float) -> float:
    """The t with P(T ≤ t) = p."""
    return -upper(p, df)
