"""Unit deviances of the Tweedie family, computed without cancellation near y = f."""

from __future__ import annotations

from functools import cache

import numpy as np

from losscli.families.regress.family import gap
from losscli.numerics.double import Double, exp, log, pieces, refined, two_product
from losscli.numerics.stable import Floats

_NEAR = 0.1
_TERMS = 17
_LEAST, _MOST = 1e-280, 1e280


def half_deviance(pred: Floats, target: Floats, power: float) -> Floats:
    """Half the unit deviance d(y, f) of variance f^power; y ≥ 0 (any y for power ≤ 0), f ≥ 0.

    Near y = f, a series in x = (y - f)/f whose first term is x²/2; elsewhere double-double precision.
    """
    if power == 0.0:
        plain_gap = pred - target
        return np.asarray(0.5 * plain_gap * plain_gap)
    return pieces(lambda f, y: _half_deviance(f, y, power), pred, target)


def _half_deviance(pred: Floats, target: Floats, power: float) -> Floats:
    a = Double.sum(2.0, -power)
    inside = (pred > 0) & (target > 0)
    f, y = np.where(inside, pred, 1.0), np.where(inside, target, 1.0)
    u = gap(y, f)
    x = u / f
    near = np.abs(x.hi) < _NEAR / max(1.0, 0.25 * abs(float(a.hi)))
    held = np.where(near, x.hi, 0.0)
    plain = _series(held, float(a.hi)) * _times_power(0.5 * u.hi, held, f, power)
    found = refined(plain, ~near, lambda f, y: _exact(f, y, a, power), f, y)
    if not inside.all():
        edge = ~inside
        found[edge] = _at_zero(pred[edge], target[edge], power)
    return found


def _times_power(u: Floats, x: Floats, f: Floats, power: float) -> Floats:
    """u·x·f^(1-power), where the power alone may overflow or underflow."""
    if power == 1.0:
        return u * x
    if power == 2.0:
        return u * (x / f)
    level = power_of(f, 1.0, -power)
    half = np.sqrt(f) ** (1.0 - power)
    tame = (level > _LEAST) & (level < _MOST)
    return np.asarray(np.where(u == 0, 0.0, np.where(tame, u * (x * level), (u * half) * (x * half))))


def power_of(f: Floats, whole: float, rest: float) -> Floats:
    """f^(whole + rest), without rounding the sum of the exponents."""
    e = Double.sum(whole, rest)
    out = np.asarray(f ** float(e.hi))
    if e.lo != 0.0:
        with np.errstate(divide="ignore", invalid="ignore"):
            out = np.where(f > 0, out * (1.0 + float(e.lo) * np.log(f)), out)
    return out


def _series(x: Floats, a: float) -> Floats:
    """2·((1+x)^a - 1 - a·x) / (a(a-1)·x²) = 1 + (a-2)/3·x·(1 + (a-3)/4·x·(1 + …))."""
    out = np.ones_like(x)
    for k in range(_TERMS, 1, -1):
        out = 1.0 + ((a - k) / (k + 1.0) * x) * out
    return out


def _exact(f: Floats, y: Floats, a: Double, power: float) -> Double:
    s = log(y) - log(f)
    if power == 1.0:
        return s * y - gap(y, f)
    if power == 2.0:
        return gap(y, f) / f - s
    whole, less = _spread(a, f), _spread(a + -1.0, f)
    first, second, third = log(y) * whole, log(y) + log(f) * less, log(f) * whole
    top = np.maximum(np.maximum(first.hi, second.hi), third.hi)
    left = exp(first - top) / (whole * less) - exp(second - top) / less + exp(third - top) / whole
    half = exp(Double.of(0.5 * top))
    return (left * half) * half


def _spread(a: Double, like: Floats) -> Double:
    return Double(np.full_like(like, a.hi), np.full_like(like, a.lo))


def _at_zero(f: Floats, y: Floats, power: float) -> Floats:
    """The cases y ≤ 0 or f = 0: the remaining terms have one sign."""
    a = 2.0 - power
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        raised = power_of(f, 2.0, -power) / a
        if power < 0:
            above = power_of(np.maximum(y, 0.0), 2.0, -power) / (a * (a - 1.0))
            half = np.sqrt(f) ** (1.0 - power)
            level = power_of(f, 1.0, -power)
            tame = (level > _LEAST) & (level < _MOST)
            crossed = np.where(y == 0, 0.0, np.where(tame, y * level, (y * half) * half))
            return np.asarray(above + (raised - crossed / (a - 1.0)))
        return np.asarray(np.where(y > 0, np.inf, raised))


def deviance_slope(pred: Floats, target: Floats, power: float) -> Floats:
    """Half the derivative of the unit deviance with respect to f: (f - y)·f^(-power)."""
    u = pred - target
    if power == 0.0:
        return u
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        level = power_of(pred, 1.0, -power)
        found = np.where(target == 0, level, (u / pred) * level)
    found = np.where((u == 0) & (pred > 0), 0.0, found)
    if power < 0:
        found = np.where(pred == 0, 0.0, found)
    size = np.abs(found)
    wild = ~((size > _LEAST) & (size < _MOST) & (level > _LEAST) & (level < _MOST)) & (u != 0) & (pred > 0)
    return refined(found, wild, lambda f, y: _exact_slope(f, y, power), pred, target)


def _exact_slope(f: Floats, y: Floats, power: float) -> Double:
    u = gap(f, y)
    sign = np.sign(u.hi)
    return exp(log(Double(u.hi * sign, u.lo * sign)) - log(f) * power) * sign


def entropy_gap(w: Floats) -> Floats:
    """(1 + w)·log(1 + w) - w for w ≥ 0; about w²/2 for small w."""
    near = w <= 0.25
    small = np.where(near, w, 0.0)
    v = small / (2.0 + small)
    square = v * v
    rest = np.zeros_like(v)
    for k in range(17, 1, -2):
        rest = square * (rest + 1.0 / k)
    # (1+w)·2(v + v³/3 + …) - w = w·v + 2(1+w)·v·(v²/3 + …), for 2(1+w)v - w = w·v
    inside = v * (small + 2.0 * (1.0 + small) * rest)
    with np.errstate(over="ignore", invalid="ignore"):
        outside = (1.0 + w) * np.log1p(w) - w
    found = np.where(near, inside, outside)
    return refined(found, ~near & (w < 20.0), _entropy_gap, w)


def _entropy_gap(w: Floats) -> Double:
    one = Double.sum(1.0, w)
    return one * log(one) - w


@cache
def _stirling() -> tuple[tuple[int, int], ...]:
    """B_2k / (2k(2k-1)) for k = 1 … 11."""
    return (
        (1, 12),
        (-1, 360),
        (1, 1260),
        (-1, 1680),
        (1, 1188),
        (-691, 360360),
        (1, 156),
        (-3617, 122400),
        (43867, 244188),
        (-174611, 125400),
        (77683, 5796),
    )


_SHIFT = 40


def log_factorial_excess(y: Floats) -> Double:
    """log Γ(y+1) - y·log y + y for y ≥ 0, which is never negative."""
    small = y < _SHIFT
    raised = Double.sum(y, np.where(small, float(_SHIFT), 0.0))
    inverse = Double.of(np.ones_like(y)) / raised
    square = inverse * inverse
    series = Double.of(np.zeros_like(y))
    for top, bottom in reversed(_stirling()):
        series = series * square + Double.quotient(np.full_like(y, float(top)), float(bottom))
    log_raised = log(raised)
    half_log = (log_raised + log(np.full_like(y, 2.0)) + log(_PI)).scaled(0.5)
    excess = half_log + series * inverse
    if small.any():
        product = Double.of(np.ones_like(y))
        for k in range(1, _SHIFT + 1):
            product = product * Double.sum(np.where(small, y, 0.0), float(k))
        positive = np.where(y > 0, y, 1.0)
        own = (log(positive) * y) - y
        lowered = excess + (log_raised * raised - raised) - log(product) - own
        tiny = y < 1e-8
        held = np.where(tiny, y, 0.0)
        # log Γ(1+y) = -γy + ζ(2)/2·y² - ζ(3)/3·y³ + …
        least = _EULER * held + (0.8224670334241132 * held * held - 0.40068563438653143 * held * held * held) - own
        low = Double(np.where(tiny, least.hi, lowered.hi), np.where(tiny, least.lo, lowered.lo))
        excess = Double(np.where(small, low.hi, excess.hi), np.where(small, low.lo, excess.lo))
    return Double(np.where(y == 0, 0.0, excess.hi), np.where(y == 0, 0.0, excess.lo))


_EULER = Double(np.array(-0.5772156649015329), np.array(4.942915152430645e-18))
_PI = Double(np.array(3.141592653589793), np.array(1.2246467991473532e-16))


def times_log(y: Floats, x: Double | Floats) -> Double:
    """y·log x in double-double precision, 0 where y = 0; x must be > 0 elsewhere."""
    head = x.hi if isinstance(x, Double) else x
    safe = np.where(y == 0, 1.0, head)
    argument = Double(safe, np.where(y == 0, 0.0, x.lo)) if isinstance(x, Double) else safe
    found = log(argument)
    p, e = two_product(found.hi, y)
    return Double(p, e + found.lo * y)
