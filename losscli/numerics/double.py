"""Double-double numbers, each the sum of two doubles, for sums and differences that cancel.

Every operation is elementwise, so a number's bits never depend on its neighbours. Dekker 1971, Knuth 1969.
"""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, two_product, two_sum


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

    def total(self) -> Double:
        """The sum along the last axis: by pairwise halving, so that no row's bits depend on other rows."""
        hi, lo = self.hi, self.lo
        while (width := hi.shape[-1]) > 1:
            half = width // 2
            found = Double(hi[..., :half], lo[..., :half]) + Double(hi[..., half : 2 * half], lo[..., half : 2 * half])
            rest = slice(2 * half, None)
            hi, lo = np.concatenate([found.hi, hi[..., rest]], -1), np.concatenate([found.lo, lo[..., rest]], -1)
        return Double(hi[..., 0], lo[..., 0])


def _joined(s: Floats, rest: Floats) -> Double:
    """s + rest, without the rest if s is infinite."""
    return Double(*two_sum(s, np.where(np.isfinite(rest), rest, 0.0)))


_LOG_2 = Double(np.array(0.6931471805599453), np.array(2.3190468138462996e-17))
_HALVINGS, _TERMS = 8, 11


def exp(x: Double) -> Double:
    """e^x, where below e^700: a series of a small part of x, doubled eight times, and a power of two."""
    x = Double(np.maximum(x.hi, -800.0), np.where(x.hi < -800.0, 0.0, x.lo))
    k = np.rint(x.hi / _LOG_2.hi)
    r = (x - _LOG_2 * k) * 0.5**_HALVINGS
    found = r / float(_TERMS)
    for n in range(_TERMS - 1, 0, -1):
        found = (found + 1.0) * r / float(n)
    for _ in range(_HALVINGS):
        found = found * found + found * 2.0  # (1 + e)² - 1
    whole, power = found + 1.0, k.astype(np.int64)
    return Double(np.ldexp(whole.hi, power), np.ldexp(whole.lo, power))


def log(x: Double) -> Double:
    """log x of positive finite numbers: one step of Newton's method from the rounded logarithm."""
    mantissa, exponent = np.frexp(x.hi)
    part, rounded = Double(mantissa, np.ldexp(x.lo, -exponent)), np.log(mantissa)
    return (part * exp(Double.of(-rounded)) - 1.0) + rounded + _LOG_2 * exponent.astype(np.float64)
