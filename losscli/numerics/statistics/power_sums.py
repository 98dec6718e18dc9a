"""Sums of the first three powers of values, kept as integers: what an interval of their mean needs, in one pass."""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import SCALE, ratio, to_int
from losscli.numerics.stable import Floats
from losscli.numerics.statistics.spread import Spread, central, scaled_int

_SAFE = 300
"""Deviations of at most 2^±300 are cubed and summed without overflow or underflow."""


@dataclass(frozen=True)
class PowerSums:
    """n finite values' Σv, Σv² and Σv³, in units of 2^-1074, 2^-2148 and 2^-3222; `lost`: how many others.

    Addition is exact, so any grouping of the same tiles gives the same sums. Within a tile they are computed about its mean,
    so that they are as accurate as the deviations, however far from zero the values are. binary: whether all are 0 or 1.
    """

    n: int = 0
    first: int = 0
    second: int = 0
    third: int = 0
    lost: int = 0
    binary: bool = True

    @classmethod
    def of(cls, values: Floats) -> PowerSums:
        """The sums over one tile."""
        with np.errstate(over="ignore", invalid="ignore"):
            kept = values if np.isfinite(values.sum()) else values[np.isfinite(values)]
        n, lost = len(kept), len(values) - len(kept)
        if n == 0:
            return cls(lost=lost, binary=lost == 0)
        low, high = float(kept.min()), float(kept.max())
        shift = 4 if max(-low, high) > 2.0**1018 else 0  # so that no deviation overflows
        v = np.ldexp(kept, -shift) if shift else kept
        centre = _mean(v)
        d = v - centre
        first, second, third = _about(d, shift)
        c = to_int(centre) << shift
        return cls(
            n,
            n * c + first,
            n * c * c + 2 * c * first + second,
            n * c**3 + 3 * c * c * first + 3 * c * second + third,
            lost,
            lost == 0 and low >= 0 and high <= 1 and bool(((kept == 0) | (kept == 1)).all()),
        )

    def __add__(self, other: PowerSums) -> PowerSums:
        return PowerSums(
            self.n + other.n,
            self.first + other.first,
            self.second + other.second,
            self.third + other.third,
            self.lost + other.lost,
            self.binary and other.binary,
        )

    @property
    def mean(self) -> float:
        return ratio(self.first, self.n << SCALE)

    def spread(self) -> Spread:
        """The mean with the values' standard deviation and skewness."""
        found = central(self.n, self.first, self.second, self.third)
        return found if not self.lost else Spread(self.n + self.lost, found.value, found.sd, found.skew, finite=False)


def _mean(v: Floats) -> float:
    """The mean, within the values' range: of equal values, the value."""
    scaled = float((v / len(v)).sum()) if float(np.abs(v).max()) > 2.0**900 else float(v.mean())
    return min(max(scaled, float(v.min())), float(v.max()))


def exponent(x: Floats) -> int:
    """The k by which x·2^-k has numbers around 1, or 0 where their cubes are safe as they are."""
    k = int(np.frexp(np.abs(x).max(initial=0.0))[1])
    return k if abs(k) > _SAFE else 0


def _about(d: Floats, shift: int) -> tuple[int, int, int]:
    """Σd, Σd² and Σd³ of deviations that were divided by 2^shift, as integers."""
    k = exponent(d)
    if k:
        d = np.ldexp(d, -k)
    square = d * d
    first, second = float(d.sum()), float(square.sum())
    np.multiply(square, d, out=square)
    third, k = float(square.sum()), k + shift
    return scaled_int(first, k), scaled_int(second, SCALE + 2 * k), scaled_int(third, 2 * SCALE + 3 * k)
