"""Sums of arrays without any rounding: the same however the numbers are divided into parts. Ten times the time of NumPy's sums."""

from __future__ import annotations

from collections.abc import Iterator
from math import frexp, inf, ldexp

import numpy as np

from losscli.numerics.exact_sum import SCALE, Exact, to_int
from losscli.numerics.stable import Array, Floats, Ints

_ROWS = 1 << 13
"""Rows at a time, which a core's cache has room for."""
_LARGE = 2.0**900
"""Numbers from which sums could overflow."""


def exact_sum(values: Floats) -> Exact:
    """Σ v; infinities and NaNs are counted."""
    return exact_sums(values.reshape(-1, 1))[0]


def exact_sums(rows: Floats) -> list[Exact]:
    """The sum of each column of rows (n, m)."""
    finite = np.isfinite(rows)
    if finite.all():
        return [Exact(x) for x in _finite_sums(rows)]
    totals = _finite_sums(np.where(finite, rows, 0.0))
    counts = [((rows == inf).sum(0), (rows == -inf).sum(0), np.isnan(rows).sum(0))]
    up, down, lost = (x.tolist() for x in counts[0])
    return [Exact(*found) for found in zip(totals, up, down, lost, strict=True)]


def _finite_sums(rows: Floats) -> list[int]:
    found = [0] * rows.shape[1]
    for start in range(0, len(rows), _ROWS):
        for part, shift in _parts(rows[start : start + _ROWS]):
            found = [total + (to_int(x) << shift) for total, x in zip(found, part.sum(0).tolist(), strict=True)]
    return found


def exact_by_place(rows: Floats, place: Ints, groups: int) -> Array:
    """The sums of finite rows (n, m) by group, as integers in units of 2^-1074 (groups, m)."""
    found = np.zeros((groups, rows.shape[1]), object)
    for part, shift in _parts(rows):
        found += _placed(part, place, groups, shift)
    return found


def parts_by_place(rows: Floats, place: Ints, groups: int) -> Iterator[Floats]:
    """Arrays (groups, m) whose sums are those of finite rows (n, m) by group."""
    for part, shift in _parts(rows):
        yield np.ldexp(_summed(part, place, groups), shift)


def _placed(part: Floats, place: Ints, groups: int, shift: int) -> Array:
    sums = _summed(part, place, groups)
    return np.array([to_int(x) << shift for x in sums.ravel().tolist()], object).reshape(sums.shape)


def _summed(part: Floats, place: Ints, groups: int) -> Floats:
    return np.stack([np.bincount(place, weights=column, minlength=groups) for column in part.T], axis=1)


def _parts(rows: Floats) -> Iterator[tuple[Floats, int]]:
    """Arrays of the same shape that add up to finite rows, and the power of two that each is to be multiplied with.

    The numbers of each are multiples of one power of two, and so few bits long that no sum of them rounds (Rump, Ogita and Oishi
    2008).
    """
    if not rows.size:
        return
    most = float(np.abs(rows).max())
    if most >= _LARGE:
        large = np.abs(rows) >= _LARGE
        yield from ((part, shift + 128) for part, shift in _parts(np.where(large, np.ldexp(rows, -128), 0.0)))
        yield from _parts(np.where(large, 0.0, rows))
        return
    bits, rest = len(rows).bit_length(), rows
    while most:
        top = ldexp(1.5, frexp(most)[1] + bits)
        part = rest + top
        part -= top
        yield part, 0
        rest = rest - part
        most = float(np.abs(rest).max())


def whole_numbers(values: Floats) -> tuple[Array, int]:
    """Finite values as Python integers times one power of two, and its exponent."""
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    least = int(exponents[whole != 0].min(initial=0)) if whole.any() else 0
    return whole.astype(object) << np.where(whole == 0, 0, exponents - least).astype(object), least - 53


def scaled_sum(numbers: Array, exponent: int, unit: int) -> int:
    """Σ n·2^exponent in units of 2^-unit, of which it is a multiple."""
    total, shift = int(numbers.sum()) if len(numbers) else 0, exponent + unit
    return total << shift if shift >= 0 else total >> -shift


def exact_moments(values: Floats, weight: Floats | None) -> tuple[int, int, int]:
    """Of finite values Σ ω v in units of 2^-2148, Σ ω v² in units of 2^-3222 and, without weights, Σ v³ in units of 2^-3222."""
    v, e = whole_numbers(values)
    if weight is None:
        square = v * v
        first, second = scaled_sum(v, e, 2 * SCALE), scaled_sum(square, 2 * e, 3 * SCALE)
        return first, second, scaled_sum(square * v, 3 * e, 3 * SCALE)
    w, m = whole_numbers(weight)
    wv = w * v
    return scaled_sum(wv, e + m, 2 * SCALE), scaled_sum(wv * v, 2 * e + m, 3 * SCALE), 0
