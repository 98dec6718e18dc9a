"""Numbers with their derivatives, over mpmath for one row at a time or over long doubles for many.

A formula written with these functions gives the loss and its gradient at once. Long doubles only screen: they point to the
rows where a kernel may be wrong, which mpmath then judges.
"""

from __future__ import annotations

import mpmath
import numpy as np

mp = mpmath.mp


class Mp:
    """One row at a time, to `mp.dps` digits."""

    lanes = False

    @staticmethod
    def num(x):
        return mp.mpf(float(x)) if not isinstance(x, mp.mpf) else x

    @staticmethod
    def divide(a, b):
        if b == 0:
            return mp.nan if a == 0 or mp.isnan(a) else mp.sign(a) * mp.inf
        return a / b

    exp, expm1, log1p, sqrt, sinh, cosh, tanh, atan, erf, cos, sin = (
        mp.exp, mp.expm1, mp.log1p, mp.sqrt, mp.sinh, mp.cosh, mp.tanh, mp.atan, mp.erf, mp.cos, mp.sin,
    )  # fmt: skip

    @staticmethod
    def log(x):
        return mp.log(x) if x > 0 else (-mp.inf if x == 0 else mp.nan)

    @staticmethod
    def power(x, p):
        return (mp.mpf(1) if p == 0 else (mp.mpf(0) if p > 0 else mp.inf)) if x == 0 else mp.power(x, p)

    @staticmethod
    def log_factorial(y):
        return mp.loggamma(y + 1)

    @staticmethod
    def pi():
        return +mp.pi


class Long:
    """Many rows at once, as np.longdouble."""

    lanes = True
    exp, expm1, log, log1p, sqrt, sinh, cosh, tanh, atan, cos, sin = (
        np.exp, np.expm1, np.log, np.log1p, np.sqrt, np.sinh, np.cosh, np.tanh, np.arctan, np.cos, np.sin,
    )  # fmt: skip
    divide = staticmethod(np.divide)
    power = staticmethod(np.power)

    @staticmethod
    def num(x):
        return np.asarray(x, dtype=np.longdouble)

    @staticmethod
    def log_factorial(y):
        from math import lgamma

        return np.array([lgamma(float(v) + 1) for v in np.atleast_1d(y)], dtype=np.longdouble)

    @staticmethod
    def pi():
        return np.longdouble("3.14159265358979323846264338327950288")


class Jet:
    """A value and its derivatives by every input."""

    __slots__ = ("d", "field", "v")

    def __init__(self, field, v, d=()):
        self.field, self.v, self.d = field, v, d

    def _other(self, x):
        return x if isinstance(x, Jet) else Jet(self.field, self.field.num(x))

    def __add__(self, other):
        o = self._other(other)
        return Jet(self.field, self.v + o.v, _both(self.d, o.d, lambda a, b: a + b))

    __radd__ = __add__

    def __neg__(self):
        return Jet(self.field, -self.v, tuple(-x for x in self.d))

    def __sub__(self, other):
        return self + -self._other(other)

    def __rsub__(self, other):
        return self._other(other) - self

    def __mul__(self, other):
        o = self._other(other)
        return Jet(self.field, self.v * o.v, _both(self.d, o.d, lambda a, b: self._times(a, o.v) + self._times(b, self.v)))

    def _times(self, slope, v):
        """A derivative that is exactly zero stays zero, even multiplied by an infinity."""
        return slope * v if self.field.lanes or slope else 0

    __rmul__ = __mul__

    def __truediv__(self, other):
        o = self._other(other)
        q = self.field.divide(self.v, o.v)
        return Jet(self.field, q, _both(self.d, o.d, lambda a, b: self._over(a, b, q, o.v)))

    def _over(self, a, b, q, v):
        """The derivative of a quotient q over v."""
        return self.field.divide(a - q * b, v) if self.field.lanes or a or b else 0

    def __rtruediv__(self, other):
        return self._other(other) / self

    def __lt__(self, other):
        return self.v < self._other(other).v

    def __le__(self, other):
        return self.v <= self._other(other).v

    def __gt__(self, other):
        return self.v > self._other(other).v

    def __ge__(self, other):
        return self.v >= self._other(other).v

    def is_zero(self):
        return self.v == 0

    def chain(self, v, slope):
        """f(self), given its value and its derivative (a function, called only where there is something to derive)."""
        if not self.d:
            return Jet(self.field, v)
        s = slope()
        return Jet(self.field, v, tuple(self._times(x, s) for x in self.d))


def _both(a, b, join):
    if not a and not b:
        return ()
    n = max(len(a), len(b))
    a, b = a or (0,) * n, b or (0,) * n
    return tuple(join(x, y) for x, y in zip(a, b, strict=True))


def variables(field, values):
    """Independent inputs: each with derivative 1 by itself."""
    n = len(values)
    return [Jet(field, v, tuple(field.num(1.0 if i == j else 0.0) for j in range(n))) for i, v in enumerate(values)]


def where(cond, yes, no):
    """yes() where the condition holds, else no(); of a single row only one of them is called."""
    if isinstance(cond, (bool, np.bool_)):
        return yes() if cond else no()
    a, b = yes(), no()
    field = a.field if isinstance(a, Jet) else b.field
    a = a if isinstance(a, Jet) else Jet(field, field.num(a))
    b = b if isinstance(b, Jet) else Jet(field, field.num(b))
    return Jet(field, np.where(cond, a.v, b.v), _both(a.d, b.d, lambda x, y: np.where(cond, x, y)))


def absolute(x):
    """|x|, flat at 0."""
    return where(x > 0, lambda: x, lambda: where(x < 0, lambda: -x, lambda: x * 0.0))


def _same(a, b):
    return a.v == (b.v if isinstance(b, Jet) else b)


def maximum(a, b):
    """The larger; where they are equal, half the slope of each."""
    return where(_same(a, b), lambda: (a + b) / 2, lambda: where(a > b, lambda: a, lambda: b + a * 0.0))


def minimum(a, b):
    return where(_same(a, b), lambda: (a + b) / 2, lambda: where(a < b, lambda: a, lambda: b + a * 0.0))


def positive(x):
    """max(0, x), with an undefined slope at 0 itself."""
    return where(x > 0, lambda: x, lambda: where(x < 0, lambda: x * 0.0, lambda: _kink(x)))


def _kink(x):
    none = x.field.num(float("nan"))
    return Jet(x.field, x.v * 0, tuple(s * none if x.field.lanes else (none if s != 0 else s) for s in x.d))


def exp(x):
    v = x.field.exp(x.v)
    return x.chain(v, lambda: v)


def expm1(x):
    return x.chain(x.field.expm1(x.v), lambda: x.field.exp(x.v))


def log(x):
    return x.chain(x.field.log(x.v), lambda: x.field.divide(x.field.num(1.0), x.v))


def log1p(x):
    return x.chain(x.field.log1p(x.v), lambda: x.field.divide(x.field.num(1.0), 1 + x.v))


def sqrt(x):
    v = x.field.sqrt(x.v)
    return x.chain(v, lambda: x.field.divide(x.field.num(0.5), v))


def sinh(x):
    return x.chain(x.field.sinh(x.v), lambda: x.field.cosh(x.v))


def tanh(x):
    v = x.field.tanh(x.v)
    return x.chain(v, lambda: 1 - v * v)


def atan(x):
    return x.chain(x.field.atan(x.v), lambda: x.field.divide(x.field.num(1.0), 1 + x.v * x.v))


def sin(x):
    return x.chain(x.field.sin(x.v), lambda: x.field.cos(x.v))


def cos(x):
    return x.chain(x.field.cos(x.v), lambda: -x.field.sin(x.v))


def undefined_at_zero(x):
    """|x|, with an undefined slope at 0."""
    return where(x > 0, lambda: x, lambda: where(x < 0, lambda: -x, lambda: _kink(x)))


def power(x, p):
    """x^p for x ≥ 0 and an exponent without derivatives."""
    p = p if isinstance(p, Jet) else Jet(x.field, x.field.num(p))
    return x.chain(x.field.power(x.v, p.v), lambda: p.v * x.field.power(x.v, p.v - 1))


def xlogy(x, y):
    """x·log y, 0 where x is 0."""
    return where(x.is_zero(), lambda: x * 0.0, lambda: x * log(y))


def softplus(x):
    """log(1 + e^x)."""
    return where(x > 0, lambda: x + log1p(exp(-x)), lambda: log1p(exp(x)))


def log_factorial(y):
    return Jet(y.field, y.field.log_factorial(y.v))


def pick(items, index):
    """items[index], of many rows at once too."""
    if isinstance(index, (int, np.integer)):
        return items[index]
    out = items[0]
    for i, item in enumerate(items[1:], 1):
        out = where(index == i, lambda item=item: item, lambda out=out: out)
    return out


def total(items):
    out = items[0]
    for x in items[1:]:
        out = out + x
    return out
