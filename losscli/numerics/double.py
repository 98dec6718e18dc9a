"""Double-double numbers, each the sum of two doubles, for sums and differences that cancel.

Every operation is elementwise, so a number's bits never depend on its neighbours. Dekker 1971, Knuth 1969; the
logarithm and the exponential reduce their argument by a table and finish with a short series, to about 2^-100.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Bools, Floats

_SPLIT = 134217729.0
"""2^27 + 1, which splits a double into two halves with exact products."""


def two_sum(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats]:
    """a + b and its rounding error, 0 if the sum is not finite."""
    s = np.asarray(a + b)
    t = s - a
    lost = (a - (s - t)) + (b - t)
    return s, np.where(np.isfinite(lost), lost, 0.0)


def two_product(a: Floats | float, b: Floats | float) -> tuple[Floats, Floats]:
    """a · b and its rounding error, 0 if a step overflows or underflows."""
    p = np.asarray(a * b)
    c, e = _SPLIT * a, _SPLIT * b
    ah, bh = c - (c - a), e - (e - b)
    al, bl = a - ah, b - bh
    lost = np.asarray(((ah * bh - p) + ah * bl + al * bh) + al * bl)
    return p, np.where(np.isfinite(lost), lost, 0.0)


@dataclass(frozen=True)
class Double:
    """hi + lo, with lo below the last digit of hi."""

    hi: Floats
    lo: Floats

    @classmethod
    def of(cls, x: Floats | float) -> Double:
        hi = np.asarray(x, dtype=np.float64)
        return cls(hi, np.zeros_like(hi))

    @classmethod
    def sum(cls, a: Floats | float, b: Floats | float) -> Double:
        """a + b without error."""
        return cls(*two_sum(a, b))

    @classmethod
    def product(cls, a: Floats | float, b: Floats | float) -> Double:
        """a · b without error."""
        return cls(*two_product(a, b))

    @classmethod
    def quotient(cls, a: Floats | float, b: Floats | float) -> Double:
        """a / b."""
        return Double.of(a) / Double.of(b)

    @property
    def rounded(self) -> Floats:
        return np.asarray(self.hi + self.lo)

    def __add__(self, other: Double | Floats | float) -> Double:
        if not isinstance(other, Double):
            s, e = two_sum(self.hi, other)
            return _joined(s, e + self.lo)
        s, e = two_sum(self.hi, other.hi)
        t, f = two_sum(self.lo, other.lo)
        first = _joined(s, e + t)
        return _joined(first.hi, first.lo + f)

    def __neg__(self) -> Double:
        return Double(-self.hi, -self.lo)

    def __sub__(self, other: Double | Floats | float) -> Double:
        return self + -other

    def __mul__(self, other: Double | Floats | float) -> Double:
        if not isinstance(other, Double):
            p, e = two_product(self.hi, other)
            return _joined(p, e + self.lo * other)
        p, e = two_product(self.hi, other.hi)
        return _joined(p, e + (self.hi * other.lo + self.lo * other.hi))

    def __truediv__(self, other: Double | Floats | float) -> Double:
        by = other if isinstance(other, Double) else Double.of(other)
        q = self.hi / by.hi
        rest = self - by * q
        return _joined(q, (rest.hi + rest.lo) / by.hi)

    def scaled(self, power: float | Floats) -> Double:
        """Times a power of two, which is exact."""
        return Double(self.hi * power, self.lo * power)

    def total(self) -> Double:
        """The sum along the last axis: by pairwise halving, so that no row's bits depend on other rows."""
        hi, lo = self.hi, self.lo
        while (width := hi.shape[-1]) > 1:
            half = width // 2
            found = Double(hi[..., :half], lo[..., :half]) + Double(hi[..., half : 2 * half], lo[..., half : 2 * half])
            rest = slice(2 * half, None)
            hi, lo = np.concatenate([found.hi, hi[..., rest]], -1), np.concatenate([found.lo, lo[..., rest]], -1)
        return Double(hi[..., 0], lo[..., 0])

    def at(self, where: Bools) -> Double:
        return Double(self.hi[where], self.lo[where])


def _joined(s: Floats, rest: Floats) -> Double:
    """s + rest, without the rest if s is infinite."""
    return Double(*two_sum(s, np.where(np.isfinite(rest), rest, 0.0)))


def _constant(value: Decimal) -> tuple[float, float]:
    hi = float(value)
    return hi, float(value - Decimal(hi))


def _pairs(values: list[Decimal]) -> Double:
    return Double(*np.array([_constant(v) for v in values]).T)


_CELLS, _STEPS = 128, 64


@cache
def _logs() -> tuple[Double, Double]:
    """log(i/128) for i up to 256, and log 2."""
    with localcontext() as context:
        context.prec = 50
        two = Decimal(2).ln()
        return _pairs([Decimal(0), *((Decimal(i) / _CELLS).ln() for i in range(1, 2 * _CELLS + 1))]), _pairs([two])


@cache
def _powers() -> tuple[Double, Double]:
    """2^(i/64) for i up to 64, and (log 2)/64."""
    with localcontext() as context:
        context.prec = 50
        step = Decimal(2).ln() / _STEPS
        return _pairs([(step * i).exp() for i in range(_STEPS)]), _pairs([step])


def _third(one: int, over: int) -> Double:
    with localcontext() as context:
        context.prec = 50
        return _pairs([Decimal(one) / Decimal(over)])


def log(x: Floats | Double) -> Double:
    """log x of positive finite numbers."""
    head, tail = (x.hi, x.lo) if isinstance(x, Double) else (x, None)
    mantissa, exponent = np.frexp(head)
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, 2.0 * mantissa, mantissa)
    exponent = exponent - low
    cell = np.rint(mantissa * _CELLS).astype(np.int64)
    near = cell / _CELLS
    table, two = _logs()
    part = Double.of(mantissa - near)
    if tail is not None:
        part = part + np.ldexp(tail, -exponent)
    s = part / (part + 2.0 * near)
    z = s * s
    rest = 1 / 7 + z.hi * (1 / 9 + z.hi * (1 / 11 + z.hi * (1 / 13)))
    series = (z * ((z * (_third(1, 5) + z.hi * rest)) + _third(1, 3))) + 1.0
    small = (s * series).scaled(2.0)
    return (two * exponent.astype(np.float64) + Double(table.hi[cell], table.lo[cell])) + small


def _small_expm1(r: Double) -> Double:
    """e^r - 1 for |r| < 0.006."""
    x = r.hi
    tail = 1 / 720 + x * (1 / 5040 + x * (1 / 40320 + x * (1 / 362880 + x * (1 / 3628800))))
    series = _third(1, 120) + x * tail
    for below in (24, 6, 2):
        series = r * series + _third(1, below)
    return r + r * (r * series)


def _reduced(x: Double) -> tuple[Floats, Floats, Double]:
    """x = (64·q + j)·(log 2)/64 + r."""
    _, step = _powers()
    k = np.rint(x.hi / step.hi)
    r = x - step * k
    q = np.floor(k / _STEPS)
    return q, k - q * _STEPS, r


def exp(x: Double) -> Double:
    """e^x; an infinity or zero beyond the range of doubles."""
    inside = Double(np.clip(x.hi, -800.0, 800.0), np.where(np.abs(x.hi) <= 800.0, x.lo, 0.0))
    q, j, r = _reduced(inside)
    table, _ = _powers()
    cell = j.astype(np.int64)
    base = Double(table.hi[cell], table.lo[cell])
    whole = base + base * _small_expm1(r)
    # in two steps: 2^q alone may overflow where the product does not
    half = np.floor(q / 2).astype(np.int64)
    other = q.astype(np.int64) - half
    hi, lo = (np.ldexp(np.ldexp(part, half), other) for part in (whole.hi, whole.lo))
    return Double(hi, np.where(np.isfinite(hi), lo, 0.0))


def expm1(x: Double) -> Double:
    """e^x - 1, with full relative accuracy for small x."""
    near = np.abs(x.hi) < 0.005
    small = _small_expm1(Double(np.where(near, x.hi, 0.0), np.where(near, x.lo, 0.0)))
    far = exp(x) - 1.0
    return Double(np.where(near, small.hi, far.hi), np.where(near, small.lo, far.lo))


_PIECE = 4096
"""Entries per piece, so that the dozens of temporaries of an expression stay in a core's cache."""


def pieces(fn: Callable[..., Floats], *args: Floats) -> Floats:
    """Apply an elementwise function of arrays of one shape piece by piece."""
    shape = args[0].shape
    flat = [a.reshape(-1) for a in args]
    out = np.empty(flat[0].size)
    for start in range(0, out.size, _PIECE):
        out[start : start + _PIECE] = fn(*(a[start : start + _PIECE] for a in flat))
    return out.reshape(shape)


def refined(plain: Floats, where: Bools, exact: Callable[..., Double], *args: Floats | Double) -> Floats:
    """`plain`, with the entries at `where` recomputed by `exact`. Whether an entry is recomputed depends on that entry alone."""
    if where.any():
        held = [x for a in args for x in ((a.hi[where], a.lo[where]) if isinstance(a, Double) else (a[where],))]
        wide = [isinstance(a, Double) for a in args]

        def fn(*parts: Floats) -> Floats:
            given = iter(parts)
            return exact(*(Double(next(given), next(given)) if w else next(given) for w in wide)).rounded

        plain[where] = pieces(fn, *held)
    return plain
