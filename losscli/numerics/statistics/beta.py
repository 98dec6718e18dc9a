"""The incomplete beta function, from which the tails of Student's t and of the binomial follow: a continued fraction and a series.

Both leave out the factor x^a·(1-x)^b / B(a, b), which each distribution computes in its own stable form.
"""

from __future__ import annotations

from math import sqrt

_LEAST = 1e-300
_MOST_TERMS = 100_000
_CLOSE = 1e-16


def tail_fraction(a: float, b: float, x: float, y: float, beyond: float) -> float:
    """I_x(a, b) / (x^a·y^b / B(a, b)) where x is below the mean a / (a + b): y = 1 - x and beyond = a - (a + b)·x > 0.

    The continued fraction of DiDonato and Morris (1992, TOMS 18:360), evaluated by Lentz's method. y and `beyond` are given
    because they cancel when they are computed from x.
    """
    value = _whole(beyond, 0, a, b, x, y)
    upper, lower = value, 0.0
    for n in range(1, _MOST_TERMS):
        top = (a + n - 1) * (a + b + n - 1) * n * (b - n) * x * x / (a + 2 * n - 1) ** 2
        whole = _whole(beyond, n, a, b, x, y)
        lower = 1.0 / (whole + top * lower or _LEAST)
        upper = whole + top / upper or _LEAST
        step = upper * lower
        value *= step
        if abs(step - 1.0) <= _CLOSE:
            break
    return 1.0 / value


def _whole(beyond: float, n: int, a: float, b: float, x: float, y: float) -> float:
    return n + (n * (b - n) * x / (a + 2 * n - 1) if n else 0.0) + (a + n) / (a + 2 * n + 1) * (beyond + 1 + n * (1 + y))


def series(a: float, b: float, x: float) -> float:
    """I_x(a, b) / (x^a·y^b / B(a, b)) as Σ of positive terms (DLMF 8.17.8), for x at or below about the mean a / (a + b)."""
    term = total = 1.0 / a
    for n in range(_MOST_TERMS):
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        if term <= total * _CLOSE / 4:
            break
    return total


_TO_HALF = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304, 39325 / 33554432)


def gamma_step(a: float) -> float:
    """Γ(a + 1/2) / Γ(a), by its asymptotic series (DLMF 5.11.13) at arguments from 64 and the recurrence below."""
    factor = 1.0
    while a < 64.0:
        factor *= a / (a + 0.5)
        a += 1.0
    total = 0.0
    for c in reversed(_TO_HALF):
        total = total / a + c
    return factor * sqrt(a) * total
