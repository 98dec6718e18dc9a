"""Vectorised parsing of decimal numbers from bytes, correctly rounded like `float()`; cells that are not plain are marked.

A plain cell is an optional blank and sign, digits with at most one point, and an optional exponent of two digits: the form that
programs write. Eight digits are converted at a time in a 64-bit word (Lemire 2018). The quotient is rounded once (Clinger 1990)
or, past 2^53, computed as an unevaluated sum of two doubles and rejected if its error could change the rounding.

Written by hand because the offsets of cells are needed anyway, to check that every row has each of its cells (pandas fills short
rows in silence, NumPy's reader ignores them if it is given columns) and to read text. CPU time in ns per byte, this against
pandas (round_trip) and `numpy.loadtxt`: numbers written as %.5f 4.1, 5.9, 7.7; %.4f of boxes 4.5, 5.6, 6.1; of one to four
decimals 7.2, 6.7, 7.7; of 17 digits 7.1, 5.0, 10.7. pandas also takes 0.4 s to import and 60 MiB in each worker.
"""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Bools, Bytes, Floats, Ints, Words, two_product

PAD = 32
"""Padding bytes needed before the first cell and after the last, so that reads around a cell stay inside the buffer."""

_U = np.uint64
_MOST = 19
"""Digits that always fit a 64-bit word."""
_LOOKED = 24
"""Digits examined: those beyond 19 may only be leading zeros, as in 0.00012345678901234567."""
_EXACT = 22
"""The exponent of the largest power of ten that is exact in a double."""
_POWERS: Floats = np.array([10.0**k for k in range(_EXACT + 1)])
_WHOLE = np.array([10**k for k in range(_MOST + 1)], dtype=np.uint64)
_FITS = (_U(10**8), _U(10**8), _U(1844))
"""Bounds of each group of eight digits, last first, that keep the sum below 2^64."""
_KEEP = np.array([0] + [((1 << 8 * n) - 1) << (64 - 8 * n) for n in range(1, 9)], dtype=np.uint64)
"""Masks of the last n of eight bytes."""
_BEHIND = np.concatenate([~_KEEP[:1], _KEEP[:8]])
"""Masks of the bytes that stay when a point n bytes before the end is removed (0: no point)."""
_BEFORE = np.concatenate([_KEEP[:1], ~_KEEP[1:]])
"""Masks of the bytes that then shift by one."""
_ZEROS, _TOO_LARGE, _HIGH = _U(0x3030303030303030), _U(0x7676767676767676), 0x8080808080808080
_POINT = _U(0x1E1E1E1E1E1E1E1E)
"""Turns points into zero digits."""
_NOT_ZERO = _U(0x0909090909090909)
"""Added to _TOO_LARGE, refuses every byte but zero."""
_STEPS = ((_U(2561), _U(8), _U(0x00FF00FF00FF00FF)), (_U(6553601), _U(16), _U(0x0000FFFF0000FFFF)))
_LAST, _HALF = _U(42949672960001), _U(32)
_NONE: Ints = np.zeros(0, np.int64)
_MINUS, _PLUS, _SLASH, _BLANK = 0x2D, 0x2B, 0x2F, 0x20


def decimals(
    data: Bytes, start: Ints, end: Ints, point: Ints, tried: Bools | None = None, exponents: bool = True
) -> tuple[Floats, Ints]:
    """The numbers in data[start:end], and which of them are not plain. `start` is overwritten.

    point: the index of a cell's only point, or its end. tried: False for cells already known not to be plain. exponents:
    whether the data may contain any. data begins with PAD bytes of padding.
    """
    minus = _past_sign(data, start)
    if 2 * np.count_nonzero(end - start <= 9) < len(start):
        value, odd = _long(data, start, end, point, tried, exponents)
        return _signed(value, minus), odd
    after = end - point
    value, fine = _short(data, start, end, np.minimum(after, 8))
    fine &= after <= 8
    if tried is not None:
        fine &= tried
    rest = np.flatnonzero(~fine)
    if len(rest):
        value[rest], odd = _long(data, start[rest], end[rest], point[rest], None if tried is None else tried[rest], exponents)
        rest = rest[odd]
    return _signed(value, minus), rest


def fixed_point(data: Bytes, start: Ints, end: Ints, after: Ints) -> Floats | None:
    """Numbers of at most eight digits, or None if any cell is not such a number.

    One row per column, so that several are parsed together; every cell of a column has its point `after` (columns, 1) bytes
    before its end, at most 8, or none if that is 0. `start` is overwritten.
    """
    minus = _past_sign(data, start)
    value, fine = _short(data, start, end, after)
    return _signed(value, minus) if fine.all() else None


def _signed(value: Floats, minus: Bools | None) -> Floats:
    if minus is not None:
        bits = value.view(np.uint64)
        bits ^= minus.astype(np.uint64) << _U(63)
    return value


def _past_sign(data: Bytes, start: Ints) -> Bools | None:
    """Move `start` past a blank and a sign. Returns which signs are minus, or None if none is."""
    first = data.take(start)
    if first.min() > _SLASH:
        return None
    if (first == _BLANK).any():
        start += first == _BLANK
        first = data.take(start)
    minus = first == _MINUS
    plus = first == _PLUS
    if plus.any():
        start += plus
    if not minus.any():
        return None
    start += minus
    return minus


def _word(data: Bytes, end: Ints) -> Words:
    """The eight bytes before each end, the last one highest: combined from two aligned words, which NumPy gathers faster than
    unaligned ones."""
    aligned: Words = data[: len(data) & -8].view("<u8")
    place = end >> 3
    over = ((end & 7) << 3).view(np.uint64)
    place -= 1
    low = aligned.take(place)
    low >>= over
    place += 1
    np.subtract(_U(64), over, out=over)
    high = aligned.take(place)
    high <<= over
    low |= high
    return low


def _words(data: Bytes, end: Ints, count: int) -> Words:
    """The 8·count bytes before each end as words, the last one first along a new first axis."""
    if count == 1:
        return _word(data, end)[np.newaxis]
    items = np.ndarray(len(data) - 8 * count + 1, f"V{8 * count}", data, strides=(1,))  # one gather, whatever the item size
    apart = items[end - 8 * count].view("<u8").reshape(*end.shape, count)
    return np.stack([apart[..., i] for i in reversed(range(count))])


def _short(data: Bytes, start: Ints, end: Ints, after: Ints) -> tuple[Floats, Bools]:
    """Numbers of at most eight digits with their point `after` bytes before their end (0: no point; at most 8), and which cells
    are such."""
    pointed = (after > 0).astype(np.int64)
    places = after - pointed
    least = np.maximum(places, 1)
    length = end - start
    fine = (length - (least + pointed)).view(np.uint64) <= (8 - least).view(np.uint64)
    digits = _word(data, end)
    point = _KEEP.take(after) ^ _KEEP.take(places)
    digits ^= _ZEROS ^ (point & _POINT)
    digits &= _KEEP.take(length, mode="clip")
    moved = digits + (_TOO_LARGE + (point & _NOT_ZERO))
    moved |= digits
    if int(np.bitwise_or.reduce(moved, axis=None)) & _HIGH:
        fine &= moved & _U(_HIGH) == 0
    np.bitwise_and(digits, _BEFORE.take(after), out=moved)
    moved <<= _U(8)
    digits &= _BEHIND.take(after)
    digits |= moved
    nine = np.flatnonzero(length == np.where(after > 0, 9, -1))
    if len(nine):  # the point leaves room for a ninth character
        first = data.take(end.take(nine) - 9) ^ np.uint8(0x30)
        digits.reshape(-1)[nine] |= first
        fine.reshape(-1)[nine[first > 9]] = False
    value = _folded(digits).view(np.int64).astype(np.float64)
    value /= _POWERS.take(places)
    return value, fine


def _wrong(digits: Words) -> Bools | None:
    """Which words contain a byte that is not a digit, or None if none does."""
    check = digits + _TOO_LARGE
    check |= digits
    if not int(np.bitwise_or.reduce(check, axis=None)) & _HIGH:
        return None
    check &= _U(_HIGH)
    return np.asarray(check != 0)


def _folded(digits: Words) -> Words:
    """Convert eight digits to a number, in place."""
    for factor, shift, keep in _STEPS:
        digits *= factor
        digits >>= shift
        digits &= keep
    digits *= _LAST
    digits >>= _HALF
    return digits


def _long(data: Bytes, start: Ints, end: Ints, point: Ints, tried: Bools | None, exponents: bool) -> tuple[Floats, Ints]:
    raised, exponent = _NONE, _NONE
    if exponents:
        raised, exponent = _exponent(data, start, end)
        if len(raised):
            end = end.copy()
            end[raised] -= 4
            point = np.minimum(point, end)
    places = end - point
    places -= places > 0
    size = point - start
    whole, fine = _fold(data, point, size)
    part, fine_part = _fold(data, end, places)
    fine &= fine_part
    if tried is not None:
        fine &= tried
    digits = size + places
    fine &= digits > 0
    fine &= (digits <= _MOST) | (whole == 0)
    whole *= _WHOLE.take(places, mode="clip")
    whole += part
    if not fine.all():
        whole[~fine] = 0
    places[raised] -= exponent
    value, sure = _scaled(whole, places)
    fine &= sure
    return value, np.flatnonzero(~fine)


def _exponent(data: Bytes, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The cells with an exponent in the usual four-character form, and their exponents."""
    maybe = np.flatnonzero((data.take(end - 4) | 0x20) == 0x65)
    behind = end[maybe]
    tens, ones = data.take(behind - 2) - np.uint8(0x30), data.take(behind - 1) - np.uint8(0x30)  # below '0' wraps far above 9
    sign = data.take(behind - 3)
    has = ((sign == _PLUS) | (sign == _MINUS)) & (tens < 10) & (ones < 10) & (behind - start[maybe] > 4)
    size = tens.astype(np.int64) * 10 + ones
    return maybe[has], np.where(sign == _MINUS, -size, size)[has]


def _fold(data: Bytes, end: Ints, size: Ints) -> tuple[Words, Bools]:
    """The integer in the `size` bytes before `end`, and whether they are all digits that fit."""
    longest = int(min(size.max(initial=0), _LOOKED))
    if longest == 1:  # such as the 0 of a probability
        ones = data.take(end - 1)
        ones ^= np.uint8(0x30)
        ones *= size == 1
        return ones.astype(np.uint64), (ones < 10) & (size >= 0)
    fine = size >= 0
    fine &= size <= _LOOKED
    total = np.zeros(end.shape, dtype=np.uint64)
    for i, digits in enumerate(_words(data, end, -(-longest // 8)) if longest > 0 else ()):
        digits ^= _ZEROS
        digits &= _KEEP.take(size - 8 * i if i else size, mode="clip")
        wrong = _wrong(digits)
        if wrong is not None:
            fine &= ~wrong
        _folded(digits)
        if i:
            fine &= digits < _FITS[i]
            digits *= _WHOLE[8 * i]
        total += digits
    return total, fine


def _scaled(mantissa: Words, places: Ints) -> tuple[Floats, Bools]:
    """mantissa / 10^places rounded once, and whether that is certain."""
    size = np.abs(places)
    power = _POWERS.take(size, mode="clip")
    near = mantissa.astype(np.float64)
    sure = size <= _EXACT
    value = near / power
    up = places < 0
    if up.any():
        value[up] = near[up] * power[up]
    large = mantissa >= _U(1 << 53)
    if large.any():
        sure &= ~(large & up)
        rows = np.flatnonzero(large & sure)
        value[rows], sure[rows] = _quotient(mantissa[rows], power[rows])
    return value, sure


def _quotient(mantissa: Words, power: Floats) -> tuple[Floats, Bools]:
    """mantissa / power for mantissas past 2^53."""
    near = mantissa.astype(np.float64)
    rest = (mantissa - near.astype(np.uint64)).view(np.int64).astype(np.float64)
    first = near / power
    high, low = two_product(first, power)
    second = ((near - high) - low + rest) / power
    slack = np.abs(second) * 2.0**-50
    return first + second, first + (second - slack) == first + (second + slack)
