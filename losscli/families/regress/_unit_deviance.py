"""Unit deviances of the Tweedie family: a series near y = f, the formula elsewhere."""

from __future__ import annotations

from math import lgamma

import numpy as np

from losscli.numerics.stable import Floats

_NEAR = 0.1
_TERMS = 17


def half_deviance(pred: Floats, target: Floats, power: float) -> Floats:
    """Half the unit deviance d(y, f) of variance f^power; y ≥ 0 (any y for power ≤ 0), f ≥ 0.

    With a = 2 - power: (y^a - f^a)/(a(a-1)) - f^(a-1)·(y - f)/(a-1), or with y·f^(a-1) in place of f^a for a ≥ 1/2, where the
    denominator of what remains is a. Near y = f, a series in x = (y - f)/f whose first term is x²/2.
    """
    u = target - pred
    if power == 0.0:
        return np.asarray(0.5 * u * u)
    a = 2.0 - power
    inside = (pred > 0) & (target > 0)
    f, y = np.where(inside, pred, 1.0), np.where(inside, target, 1.0)
    half = f ** (0.5 * (1.0 - power))  # its square alone may overflow
    x = u / f
    near = np.abs(x) < _NEAR / max(1.0, 0.25 * abs(a))
    series = _series(np.where(near, x, 0.0), a) * (0.5 * u * half) * (x * half)
    held, k, over = (y, a - 1.0, a) if a >= 0.5 else (f, a, a - 1.0)
    found = (_raised(held * half * half, y, f, k, a) - u * half * half) / over
    found = np.where(np.isnan(found), np.inf, found)  # both parts overflow
    found = np.where(u == 0, 0.0, np.where(near, series, found))
    return np.where(inside, found, _at_zero(pred, target, power))


def _raised(base: Floats, y: Floats, f: Floats, k: float, a: float) -> Floats:
    """base·((y/f)^k - 1)/k, where base·(y/f)^k = y^a."""
    ratio = y / f
    logged = np.where((ratio > 1e-290) & (ratio < 1e290), np.log(ratio), np.log(y) - np.log(f))
    if k == 0.0:
        return np.asarray(base * logged)
    return np.where(np.abs(k * logged) < 1.0, base * (np.expm1(k * logged) / k), (y**a - base) / k)


def _series(x: Floats, a: float) -> Floats:
    """2·((1+x)^a - 1 - a·x) / (a(a-1)·x²) = 1 + (a-2)/3·x·(1 + (a-3)/4·x·(1 + …))."""
    out = np.ones_like(x)
    for k in range(_TERMS, 1, -1):
        out = 1.0 + ((a - k) / (k + 1.0) * x) * out
    return out


def _at_zero(f: Floats, y: Floats, power: float) -> Floats:
    """The cases y ≤ 0 or f = 0: the remaining terms have one sign."""
    a = 2.0 - power
    raised = f**a / a
    if power > 0:
        return np.where(y > 0, np.inf, raised)
    half = f ** (0.5 * (1.0 - power))
    return np.asarray(np.maximum(y, 0.0) ** a / (a * (a - 1.0)) + (raised - y * half * half / (a - 1.0)))


def deviance_slope(pred: Floats, target: Floats, power: float) -> Floats:
    """Half the derivative of the unit deviance with respect to f: (f - y)·f^(-power)."""
    u = pred - target
    if power == 0.0:
        return u
    half = pred ** (-0.5 * power)  # its square alone may overflow
    found = np.where(target == 0, pred ** (1.0 - power), u * half * half)
    return np.where((u == 0) & (pred > 0), 0.0, found)


_STIRLING = (-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
_ZETAS = (1.0083492773819228, 1.0173430619844491, 1.0369277551433699, 1.0823232337111382, 1.2020569031595943, 1.6449340668482264)
"""ζ(7) to ζ(2)."""
_log_gamma = np.vectorize(lgamma, otypes=[np.float64])


def log_factorial_excess(y: Floats) -> Floats:
    """log Γ(y+1) - y·log y + y for y ≥ 0, which is never negative."""
    found = np.zeros_like(y)
    far, tiny = y >= 10.0, (y > 0) & (y < 0.01)
    mid = (y >= 0.01) & ~far
    z = y[far]
    found[far] = 0.5 * (np.log(z) + np.log(2.0 * np.pi)) + np.polyval(_STIRLING, 1.0 / z**2) / z
    found[mid] = _log_gamma(y[mid] + 1.0) - y[mid] * np.log(y[mid]) + y[mid]
    z = y[tiny]
    # log Γ(1+y) = -γy + ζ(2)/2·y² - ζ(3)/3·y³ + …
    terms = [zeta / k * (-1) ** k for zeta, k in zip(_ZETAS, range(7, 1, -1), strict=True)]
    found[tiny] = z * (np.polyval([*terms, 1.0 - np.euler_gamma], z) - np.log(z))
    return found
