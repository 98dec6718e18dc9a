"""Decimal numbers from bytes, many at once and correctly rounded: the bits of `float()`, or a mark that the cell is not plain.

A plain cell is an optional blank and sign, digits with at most one point, and an optional exponent of two digits: what
programs write. Eight digits are folded at a time in a 64-bit word (Lemire 2018), the quotient is rounded once (Clinger 1990)
or, past 2^53, carried as an unevaluated sum of two doubles and refused where its error could turn the rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from losscli.numeric import Bools, Floats, Ints

PAD = 32
"""Bytes that must stand before the first cell, so that looking back from any cell's end stays inside."""

Words = NDArray[np.uint64]
_U = np.uint64
_MOST = 19
"""Digits that a 64-bit word always holds."""
_EXACT = 22
"""The largest power of ten that is a double."""
_POWERS: Floats = np.array([10.0**k for k in range(_EXACT + 1)])
_WHOLE = np.array([10**k for k in range(_MOST + 1)], dtype=np.uint64)
_PAIRS = tuple((_U(10**n), _U(8 * n), _U(keep)) for n, keep in ((1, 0x00FF00FF00FF00FF), (2, 0x0000FFFF0000FFFF), (4, 0xFFFFFFFF)))
"""Folds neighbours: digits to pairs, pairs to fours, fours to eight."""
_KEEP = np.array([0] + [((1 << 8 * n) - 1) << (64 - 8 * n) for n in range(1, 9)], dtype=np.uint64)


def decimals(data: NDArray[np.uint8], start: Ints, end: Ints, point: Ints, tried: Bools) -> tuple[Floats, Bools]:
    """The numbers in data[start:end], and which of them are not plain. point is where a cell's only point stands, or its end.

    tried is False where the caller knows already that a cell is not plain. data begins with PAD bytes of no cell.
    """
    words: Words = np.ndarray(len(data) - 7, "<u8", data, strides=(1,))
    first = data[start]
    minus = None
    if not (first > 0x2F).all():
        start = start + (first == 0x20)
        sign = data[start]
        minus = sign == 0x2D
        start += minus | (sign == 0x2B)
    exponent, digits_end = _exponent(data, start, end)
    if exponent is not None:
        end, point = digits_end, np.minimum(point, digits_end)
    places = np.maximum(end - point - 1, 0)
    size = point - start
    whole, fine = _fold(data, words, point, size)
    part, fine_part = _fold(data, words, end, places)
    fine &= fine_part
    fine &= tried
    digits = size + places
    fine &= digits > 0
    fine &= (digits <= _MOST) | (whole == 0)
    mantissa = whole * _WHOLE.take(places, mode="clip") + part
    mantissa[~fine] = 0
    value, sure = _scaled(mantissa, places if exponent is None else places - exponent)
    if minus is not None:
        np.negative(value, out=value, where=minus)
    return value, ~(fine & sure)


def _exponent(data: NDArray[np.uint8], start: Ints, end: Ints) -> tuple[Ints | None, Ints]:
    """The exponent of each cell, 0 where it has none of the usual form (None: no cell has), and the end of its digits."""
    has = ((data[end - 4] | 0x20) == 0x65) & (end - start > 4)
    if not has.any():
        return None, end
    tens, ones = data[end - 2] - np.uint8(0x30), data[end - 1] - np.uint8(0x30)  # below '0' wraps to far above 9
    sign = data[end - 3]
    has &= ((sign == 0x2B) | (sign == 0x2D)) & (tens < 10) & (ones < 10)
    size = tens.astype(np.int64) * 10 + ones
    return np.where(has, np.where(sign == 0x2D, -size, size), 0), np.where(has, end - 4, end)


def _fold(data: NDArray[np.uint8], words: Words, end: Ints, size: Ints) -> tuple[Words, Bools]:
    """The integer in the `size` bytes before `end`, and whether they are digits, no more than fit."""
    total = np.zeros(len(end), dtype=np.uint64)
    wrong = np.zeros(len(end), dtype=np.uint64)
    longest = int(min(size.max(initial=0), _MOST))
    if longest == 1:  # as the 0 of a probability
        ones = data[end - 1] ^ np.uint8(0x30)
        return np.where(size == 1, ones, 0).astype(np.uint64), (ones < 10) & (size >= 0) | (size == 0)
    for done in range(0, longest, 8):
        digits = words[end - (done + 8)]
        digits ^= _U(0x3030303030303030)
        digits &= _KEEP.take(size - done, mode="clip")
        wrong |= digits
        wrong |= digits + _U(0x7676767676767676)
        for step, shift, keep in _PAIRS:
            digits = digits * step + (digits >> shift)
            digits &= keep
        if done:
            digits *= _WHOLE[done]
        total += digits
    fine: Bools = wrong & _U(0x8080808080808080) == 0
    return total, fine & (size >= 0) & (size <= _MOST)


def _scaled(mantissa: Words, places: Ints) -> tuple[Floats, Bools]:
    """mantissa / 10^places rounded once, and where that is sure."""
    power = _POWERS[np.minimum(np.abs(places), _EXACT)]
    small = mantissa < _U(1 << 53)
    near = mantissa.astype(np.float64)
    sure = (np.abs(places) <= _EXACT) & (small | (places >= 0))
    value = near / power
    up = places < 0
    if up.any():
        value[up] = near[up] * power[up]
    large = np.flatnonzero(~small & sure)
    if len(large):
        value[large], sure[large] = _quotient(mantissa[large], power[large])
    return value, sure


def _quotient(mantissa: Words, power: Floats) -> tuple[Floats, Bools]:
    """mantissa / power for mantissas past 2^53."""
    near = mantissa.astype(np.float64)
    rest = (mantissa - near.astype(np.uint64)).view(np.int64).astype(np.float64)
    first = near / power
    high, low = _product(first, power)
    second = ((near - high) - low + rest) / power
    slack = np.abs(second) * 2.0**-50
    return first + second, first + (second - slack) == first + (second + slack)


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a·b as an exact sum of two doubles (Dekker 1971)."""
    high = a * b
    a1, b1 = _head(a), _head(b)
    a2, b2 = a - a1, b - b1
    return high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2


def _head(a: Floats) -> Floats:
    """The upper half of a double's bits."""
    c = a * 134217729.0
    return np.asarray(c - (c - a))
