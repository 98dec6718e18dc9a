"""Quantiles of symmetric distributions: Newton's method on the tail, in logarithms, and on the centre."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log, nan

Function = Callable[[float], float]

_MOST_STEPS = 200
_CLOSE = 4e-16


def upper_quantile(q: float, tail: Function, centre: Function, density: Function, start: float) -> float:
    """The x with P(X > x) = q.

    tail: P(X > x). centre: P(0 < X ≤ x). start: a guess for the tail. The logarithm of a tail is concave in log x for the normal
    and Student's t, so that Newton's method in these logarithms converges from any start.
    """
    if not 0.0 <= q <= 1.0:
        return nan
    if q in (0.0, 1.0):
        return inf if q == 0.0 else -inf
    if q > 0.5:  # 1 - q is exact here
        return -upper_quantile(1.0 - q, tail, centre, density, start)
    return _from_centre(0.5 - q, centre, density) if q > 0.25 else _from_tail(q, tail, density, start)


def _from_tail(q: float, tail: Function, density: Function, x: float) -> float:
    for _ in range(_MOST_STEPS):
        found = tail(x)
        step = log(found / q) * found / (x * density(x))
        x *= exp(min(step, 50.0))
        if abs(step) <= _CLOSE:
            break
    return x


def _from_centre(share: float, centre: Function, density: Function) -> float:
    """From 0, where the density is highest: the steps approach the root from below."""
    x = 0.0
    for _ in range(_MOST_STEPS):
        step = (share - centre(x)) / density(x)
        x += step
        if abs(step) <= _CLOSE * x:
            break
    return x
