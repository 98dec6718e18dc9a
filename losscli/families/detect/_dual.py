"""Quantities per row with their derivatives by the corners of the predicted box, composed by the chain rule.

A formula written on them gives the loss and its gradient. Derivatives are computed on demand only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.lazy import lazy
from losscli.numerics.stable import Floats, divide

Column = Floats | float | None
"""The derivative by one coordinate; None: 0 in every row."""
Columns = tuple[Column, Column, Column, Column]
"""The derivatives by x1, y1, x2, y2."""


class Dual:
    """A value per row and its derivatives, which `derive` computes."""

    __array_ufunc__ = None  # array + Dual is Dual + array

    def __init__(self, value: Floats, derive: Callable[[], Columns]) -> None:
        self.value, self._derive = value, derive

    @lazy
    def slopes(self) -> Columns:
        return self._derive()

    @property
    def held(self) -> Dual:
        """The same values as constants."""
        return Dual(self.value, lambda: (None, None, None, None))

    def chain(self, value: Floats, slope: Callable[[], Floats | float]) -> Dual:
        """A function of this quantity, from its value and its derivative by it."""
        return Dual(value, lambda: scaled(slope(), self.slopes))

    def __add__(self, other: Dual | Floats | float) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value + other.value, lambda: plus(self.slopes, other.slopes))
        return Dual(self.value + other, lambda: self.slopes)

    def __neg__(self) -> Dual:
        return self.chain(-self.value, lambda: -1.0)

    def __sub__(self, other: Dual | Floats | float) -> Dual:
        return self + -other

    def __rsub__(self, other: Floats | float) -> Dual:
        return -self + other

    def __mul__(self, other: Dual | Floats | float) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value * other.value, lambda: plus(scaled(other.value, self.slopes), scaled(self.value, other.slopes)))
        return self.chain(self.value * other, lambda: other)

    def __truediv__(self, other: Dual) -> Dual:
        return _quotient(self.value / other.value, self, other)

    def over(self, other: Dual) -> Dual:
        """The quotient, with 0/0 = 0."""
        return _quotient(divide(self.value, other.value, 0.0), self, other)

    def __pow__(self, power: float) -> Dual:
        """A power of a non-negative quantity, or its square; an infinite derivative at 0 is replaced by 0."""
        if power == 2:
            return self.chain(self.value * self.value, lambda: 2.0 * self.value)
        return self.chain(self.value**power, lambda: _steepness(self.value, power))

    def clipped(self, low: float | None, high: float | None) -> Dual:
        """Bounded, without a derivative beyond the bounds."""
        found = np.clip(self.value, low, high)
        return self.chain(found, lambda: (found == self.value).astype(np.float64))

    __radd__, __rmul__ = __add__, __mul__


def one_minus_exp(x: Dual) -> Dual:
    """1 - e^-x"""
    return x.chain(-np.expm1(-x.value), lambda: np.exp(-x.value))


def _quotient(value: Floats, a: Dual, b: Dual) -> Dual:
    """a/b, with its derivative (da - db·a/b)/b; 0 where b is 0."""

    def derive() -> Columns:
        inverse = np.where(b.value == 0, 0.0, 1.0 / np.where(b.value == 0, 1.0, b.value))
        return scaled(inverse, plus(a.slopes, scaled(-value, b.slopes)))

    return Dual(value, derive)


def _steepness(x: Floats, power: float) -> Floats:
    if power == 1.0:
        return np.ones_like(x)
    return np.asarray(power * np.where(x > 0, np.where(x > 0, x, 1.0) ** (power - 1.0), 0.0))


def scaled(factor: Floats | float, c: Columns) -> Columns:
    x1, y1, x2, y2 = (None if d is None else factor * d for d in c)
    return x1, y1, x2, y2


def plus(c: Columns, d: Columns) -> Columns:
    x1, y1, x2, y2 = (b if a is None else a if b is None else a + b for a, b in zip(c, d, strict=True))
    return x1, y1, x2, y2
