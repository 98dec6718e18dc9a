"""Sums for the ratio of two totals Σa/Σb, such as a weighted mean Σwl/Σw, up to the third order, kept as integers."""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import SCALE, ratio, root, to_int
from losscli.numerics.exact_totals import scaled_sum, whole_numbers
from losscli.numerics.stable import Array, Floats, two_product
from losscli.numerics.statistics.power_sums import exponent
from losscli.numerics.statistics.spread import Spread, scaled_int, skewness

Orders = tuple[int, ...]
_ORDERS = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))
"""The (i, j) of the sums Σaⁱbʲ, of which one is kept in units of 2^(-1074·(i + j))."""


@dataclass(frozen=True)
class RatioSums:
    """Of n pairs (a, b): Σaⁱbʲ for i + j ≤ 3, added exactly.

    a = ω·value and b = ω·norm. Within a tile the sums are computed of a - c·b with the tile's ratio c, and are
    as accurate as these deviations.
    """

    n: int = 0
    sums: Orders = (0,) * len(_ORDERS)
    lost: int = 0

    @classmethod
    def of(cls, values: Floats, norm: Floats | None = None, weight: Floats | None = None) -> RatioSums:
        """The sums over one tile, of the rows whose weight is not 0.

        A weighted mean has values and weights; totals of units have their sizes as `norm`.
        """
        v, b, w, lost = _counted(values, norm, weight)
        n = len(v)
        if n == 0:
            return cls(lost=lost)
        with np.errstate(over="ignore", invalid="ignore"):
            over, under = float((w / n * v).sum()), float((w / n * b).sum())
            c = over / under if under else 0.0
            r = w * _deviation(v, b if norm is not None else None, c)
        if not np.isfinite(r).all():
            r, c = w * v, 0.0
        return cls(n, _joint(r, w * b, to_int(c)), lost)

    @classmethod
    def exactly(cls, values: Floats, norm: Floats | None = None, weight: Floats | None = None) -> RatioSums:
        """The same, of which no sum is rounded: a and b are whole multiples of 2^-1074."""
        v, b, w, lost = _counted(values, norm, weight)
        if not len(v):
            return cls(lost=lost)
        (a, e), (b, m) = _products(w, v), _products(w, b)
        powers = {(1, 0): a, (0, 1): b, (2, 0): a * a, (1, 1): a * b, (0, 2): b * b}
        powers |= {(3, 0): powers[2, 0] * a, (2, 1): powers[2, 0] * b, (1, 2): powers[0, 2] * a, (0, 3): powers[0, 2] * b}
        return cls(len(v), tuple(scaled_sum(powers[i, j], i * e + j * m, (i + j) * SCALE) for i, j in _ORDERS), lost)

    def __add__(self, other: RatioSums) -> RatioSums:
        return RatioSums(self.n + other.n, tuple(a + b for a, b in zip(self.sums, other.sums, strict=True)), self.lost + other.lost)

    @property
    def value(self) -> float:
        return ratio(self.sums[0], self.sums[1]) if self.sums[1] else float("nan")

    def spread(self) -> Spread:
        """The ratio with the standard deviation and skewness of its units' influence z/b̄, z = a - value·b (Cochran 1977, 6.4).

        Since Σz = 0, its moments are those about the mean: with A = Σa and B = Σb, B²Σz² = B²Σa² - 2ABΣab + A²Σb².
        """
        A, B, aa, ab, bb, aaa, aab, abb, bbb = self.sums
        n = self.n + self.lost
        if n < 2 or self.lost or B == 0:
            return Spread(n, self.value, 0.0, 0.0, finite=not self.lost and B != 0)
        square = B * B * aa - 2 * A * B * ab + A * A * bb
        cube = B**3 * aaa - 3 * A * B * B * aab + 3 * A * A * B * abb - A**3 * bbb
        return Spread(n, self.value, root(n * n * square, (n - 1) * B**4), skewness(square, cube, n))


def _counted(values: Floats, norm: Floats | None, weight: Floats | None) -> tuple[Floats, Floats, Floats, int]:
    """Values, norms and weights of the rows that count, and how many others are not finite."""
    v, b, w = (np.ones(len(values)) if x is None else x for x in (values, norm, weight))
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.isfinite(v * w) & np.isfinite(b * w)
    used = fine & (w != 0)
    return (v, b, w, 0) if used.all() else (v[used], b[used], w[used], int((~fine).sum()))


def _products(w: Floats, v: Floats) -> tuple[Array, int]:
    """w·v as integers times a power of two of at least 2^-1074, below which they are rounded down."""
    (a, e), (b, m) = whole_numbers(w), whole_numbers(v)
    below = -SCALE - (e + m)
    return (a * b, e + m) if below <= 0 else (a * b >> below, -SCALE)


def _deviation(v: Floats, b: Floats | None, c: float) -> Floats:
    """v - c·b, without the rounding of the product; b is 1 where there is none."""
    if b is None:
        return v - c
    product, rest = two_product(b, c)
    return np.asarray((v - product) - rest)


def _joint(r: Floats, b: Floats, c: int) -> Orders:
    """Σaⁱbʲ of a = r + c·b by the binomial theorem, from sums of rⁱbʲ; c as a multiple of 2^-1074."""
    k, m = exponent(r), exponent(b)
    r, b = np.ldexp(r, -k) if k else r, np.ldexp(b, -m) if m else b
    rr, bb = r * r, b * b
    terms = (r, b, rr, r * b, bb, rr * r, rr * b, r * bb, bb * b)
    s = {(i, j): scaled_int(float(x.sum()), SCALE * (i + j - 1) + i * k + j * m) for (i, j), x in zip(_ORDERS, terms, strict=True)}
    unit = SCALE  # c·b is in units of 2^-2148, whereas r is in units of 2^-1074
    return (
        s[1, 0] + (c * s[0, 1] >> unit),
        s[0, 1],
        s[2, 0] + (2 * c * s[1, 1] >> unit) + (c * c * s[0, 2] >> 2 * unit),
        s[1, 1] + (c * s[0, 2] >> unit),
        s[0, 2],
        s[3, 0] + (3 * c * s[2, 1] >> unit) + (3 * c * c * s[1, 2] >> 2 * unit) + (c**3 * s[0, 3] >> 3 * unit),
        s[2, 1] + (2 * c * s[1, 2] >> unit) + (c * c * s[0, 3] >> 2 * unit),
        s[1, 2] + (c * s[0, 3] >> unit),
        s[0, 3],
    )
