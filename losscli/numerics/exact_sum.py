"""Exact sums: a double is an integer times 2^-1074, so sums of doubles are sums of integers."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, inf, isfinite, isqrt, nan

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats

SCALE = 1074
_ONE = 1 << SCALE


def to_int(x: float) -> int:
    """A finite double as an integer multiple of 2^-1074."""
    numerator, denominator = x.as_integer_ratio()
    return numerator << (SCALE + 1 - denominator.bit_length())


def ratio(numerator: int, denominator: int) -> float:
    """Correctly rounded quotient; infinite on overflow."""
    try:
        return numerator / denominator
    except OverflowError:
        return inf if (numerator > 0) == (denominator > 0) else -inf


@dataclass(frozen=True)
class Exact:
    """A sum of doubles without rounding; infinities and NaNs are counted separately."""

    total: int = 0
    up: int = 0
    down: int = 0
    lost: int = 0

    @classmethod
    def of(cls, x: float) -> Exact:
        if isfinite(x):
            return cls(to_int(x))
        return cls(up=int(x == inf), down=int(x == -inf), lost=int(x != x))

    def __add__(self, other: Exact) -> Exact:
        return Exact(self.total + other.total, self.up + other.up, self.down + other.down, self.lost + other.lost)

    @property
    def finite(self) -> bool:
        """Whether no infinity and no NaN was added."""
        return not (self.up or self.down or self.lost)

    def _special(self) -> float | None:
        if self.lost or (self.up and self.down):
            return nan
        if self.up or self.down:
            return inf if self.up else -inf
        return None

    def __float__(self) -> float:
        special = self._special()
        return ratio(self.total, _ONE) if special is None else special

    def over(self, divisor: Exact, least: float = 0.0) -> float:
        """This sum divided by another (at least `least`), rounded once; NaN for 0/0."""
        special = self._special()
        below = max(divisor.total, to_int(least))
        if special is not None:
            return special
        if below == 0:
            return nan if self.total == 0 else (inf if self.total > 0 else -inf)
        return ratio(self.total, below)


def tile_sum(values: Floats, weight: Floats | None = None) -> Exact:
    """Σ v or Σ ω·v of one tile, rounded as NumPy rounds it; of finite values it is a number, though perhaps beyond the doubles."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(values.sum() if weight is None else (weight * values).sum())
        if isfinite(total):
            return Exact.of(total)
        finite = np.isfinite(values)
        if not finite.all():
            return Exact.of(float(values[~finite].sum()))
    v, k = below_one(values)
    w, m = (np.ones(1), 0) if weight is None else below_one(weight)
    return Exact(to_int(float((w * v).sum())) << (k + m))


def rounded_sum(column: Sequence[float]) -> float:
    """Σ x, rounded once; infinite where it is beyond the doubles."""
    try:
        return fsum(column)
    except (OverflowError, ValueError):  # a partial sum overflows, or ∞ - ∞
        finite = np.isfinite(column).all()
        return ratio(sum(map(to_int, column)), 1 << SCALE) if finite else float(np.sum(column))


def below_one(x: Floats) -> tuple[Floats, int]:
    """x·2^-k and the k ≥ 0 with which no finite number is above 1: their products and sums do not overflow."""
    k = max(0, int(np.frexp(np.abs(x).max(initial=0.0))[1]))
    return np.ldexp(x, -k), k


def root(numerator: int, denominator: int) -> float:
    """Square root of a non-negative rational number, accurate to about one bit: operands are scaled before taking the root."""
    if numerator <= 0:
        return 0.0
    shift = max(0, 128 - numerator.bit_length() + denominator.bit_length())
    shift += shift & 1
    return ratio(isqrt((numerator << shift) // denominator), 1 << (shift // 2))
