"""Σ d(y, ȳ), the deviance of the best constant prediction, from exact totals: with φ the part of d that is of y alone, it is a
multiple of Σ φ(y) - n·φ(ȳ)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from losscli.numerics.double import Double, exp, log
from losscli.numerics.exact_sum import SCALE, ratio, to_int
from losscli.numerics.integers import Integers
from losscli.numerics.stable import Floats

if TYPE_CHECKING:
    from decimal import Decimal

_PIECE = 1 << 13
"""Numbers at a time, whose temporaries a core's cache has room for."""
_ONE = 1 << SCALE
_SMALL = "1e-24"
"""A gap less than this share of its terms may be of their rounding, and is computed from φ as that of the targets is."""


def convex(y: Floats, power: float) -> Floats:
    """φ(y) of targets (n, d) as two numbers each, (n, 2, d): y² (power=0), y log y (1), log y (2) or y^(2 - power); 0 for y ≤ 0."""
    flat = y.reshape(-1)
    found = np.empty((2, len(flat)))
    for start in range(0, len(flat), _PIECE):
        part = _convex(Double.of(flat[start : start + _PIECE]), power)
        found[:, start : start + _PIECE] = part.hi, part.lo
    return np.stack(tuple(found.reshape(2, *y.shape)), 1)


def _convex(y: Double, power: float) -> Double:
    if power == 0:
        return y * y
    above = y.hi > 0
    inside = Double(np.where(above, y.hi, 1.0), np.where(above, y.lo, 0.0))
    logged = log(inside)
    found = inside * logged if power == 1 else logged if power == 2 else exp(logged * (2.0 - power))
    return Double(np.where(above, found.hi, 0.0), np.where(above, found.lo, 0.0))


def gap(totals: Mapping[str, Integers], power: float) -> Floats:
    """Σ d(y, ȳ) from the totals `gain` of φ(y), `target` and `rows`; exactly 0 where all targets are equal."""
    gain, rows, target = totals["gain"], totals["rows"], totals["target"]
    if power == 0:
        return gain.about_mean(target, rows)
    return np.maximum(gain.each(partial(_gap, power=power), target, rows), 0.0)


def _gap(gain: int, target: int, rows: int, *, power: float) -> float:
    """The gap of one column, whose totals are multiples of 2^-1074: in sixty digits, as nearly everything may cancel."""
    if rows <= 0:
        return nan
    factor = {1.0: 2.0, 2.0: -2.0}.get(power) or 2.0 / ((1.0 - power) * (2.0 - power))
    if target < 0:  # the mean of a power below 0, for which the deviance is a number only where its powers are
        mean, size = np.float64(ratio(target, rows)), ratio(rows, _ONE)
        return float(factor * (ratio(gain, _ONE) - size * mean ** (2.0 - power) + 0.0 * mean ** (0.5 * (1.0 - power))))
    from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext  # late: few losses need it

    with localcontext(Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        unit, total = Decimal(_ONE), Decimal(gain) / Decimal(_ONE)
        rest = total - Decimal(rows) / unit * _of_mean(Decimal(target) / Decimal(rows), power)
        if abs(rest) <= Decimal(_SMALL) * abs(total):
            rest = Decimal(_rest(gain, target, rows, power))
        return float(rest) * factor


def _of_mean(mean: Decimal, power: float) -> Decimal:
    if not mean:
        return mean
    logged = mean.ln()
    return mean * logged if power == 1 else logged if power == 2 else (logged * type(mean)(2.0 - power)).exp()


def _rest(gain: int, target: int, rows: int, power: float) -> float:
    """Σ φ(y) - n·φ(ȳ) with φ as it is computed of the targets, so that it is 0 where they are equal."""
    near = ratio(target, rows)
    rest = ratio((target << SCALE) - to_int(near) * rows, rows << SCALE)
    found = _convex(Double(np.array([near]), np.array([rest])), power)
    return ratio(gain * _ONE - rows * (to_int(float(found.hi[0])) + to_int(float(found.lo[0]))), _ONE * _ONE)
