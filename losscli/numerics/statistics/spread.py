"""What an interval of a mean is made from: the units' number, mean, standard deviation and skewness, out of exact sums."""

from __future__ import annotations

from math import sqrt

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import SCALE, ratio, root, to_int

ROUNDING = 2.0**-52
"""Units whose standard deviation is less than this share of their mean are equal but for rounding."""
ROUGH_BELOW = 30
"""Fewer units than this make every interval of a mean rough."""


@dataclass(frozen=True)
class Spread:
    """n units: an estimate, and the standard deviation (divisor n - 1) and skewness (m₃/m₂^1.5) of the units it is a mean of."""

    n: int
    value: float
    sd: float
    skew: float
    finite: bool = True

    @property
    def error(self) -> float:
        """The standard error sd/√n."""
        return self.sd / sqrt(self.n)

    @property
    def df(self) -> int:
        """Degrees of freedom, n - 1."""
        return self.n - 1

    @property
    def unknown(self) -> str:
        """Why there is no interval: `one-unit`, `not-finite` or `constant` (but for rounding); empty where there is one."""
        if self.n < 2:
            return "one-unit"
        if not self.finite:
            return "not-finite"
        return "" if self.sd > ROUNDING * abs(self.value) else "constant"

    @property
    def rough(self) -> bool:
        """Whether an interval deserves the warning `interval-rough`: few units, or |skew| > √n/3."""
        return self.n < ROUGH_BELOW or abs(self.skew) > sqrt(self.n) / 3

    def times(self, factor: float) -> Spread:
        """The spread of the estimate times a number: n of them turn a mean into a sum."""
        skew = self.skew if factor >= 0 else -self.skew
        return Spread(self.n, self.value * factor, self.sd * abs(factor), skew, self.finite)


def central(n: int, first: int, second: int, third: int) -> Spread:
    """The spread of n values, given Σx, Σx² and Σx³ in units of 2^-1074, 2^-2148 and 2^-3222.

    n²m₂ = nΣx² - (Σx)² and n³m₃ = n²Σx³ - 3nΣxΣx² + 2(Σx)³ are integers, so that nothing cancels.
    """
    if n == 0:
        return Spread(0, 0.0, 0.0, 0.0)
    m2 = n * second - first * first
    m3 = n * n * third - 3 * n * first * second + 2 * first**3
    sd = root(m2, (n * (n - 1)) << (2 * SCALE)) if n > 1 else 0.0
    return Spread(n, ratio(first, n << SCALE), sd, skewness(m2, m3))


def skewness(m2: int, m3: int, n: int = 1) -> float:
    """√n·m₃ / m₂^1.5 of integers; 0 where m₂ is."""
    size = root(n * m3 * m3, m2**3) if m2 > 0 else 0.0
    return size if m3 >= 0 else -size


def scaled_int(x: float, binary: int) -> int:
    """x·2^binary as an integer multiple of 2^-1074, rounded down where it is not one."""
    whole = to_int(x)
    return whole << binary if binary >= 0 else whole >> -binary
