"""Matrix products without rounding errors, whose bits do not depend on the order of summation.

A vector is split into a head and a tail on fixed grids (Ozaki 2012). The grids are coarse enough that every product of two parts,
and every sum of such products in any order, is exact in float64, whatever blocks and threads the BLAS uses.
"""

from __future__ import annotations

from math import floor, log2

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import length
from losscli.numerics.stable import Floats, Ints, dot

_HEAD = 26
"""Fractional bits of a head: products of heads are multiples of 2^-52, and their sums, for vectors of length ≤ 1, are below 2."""


@dataclass(frozen=True)
class Cut:
    """Vectors as (head + tail) · 2^exponent, of length ≤ 1 before scaling; one exponent per row."""

    head: Floats
    tail: Floats
    exponent: Ints

    @classmethod
    def of(cls, x: Floats, common: bool) -> Cut:
        """Split the rows of x. common: one exponent for all rows, so that their products can be subtracted."""
        size = length(x)
        size = np.where(np.isfinite(size), size, 0.0)
        # a unit vector may be longer than 1 by rounding and still needs no other exponent
        exponent = np.frexp((size.max(initial=0.0) if common else size) * (1.0 - 2.0**-20))[1] + np.zeros(len(x), np.int64)
        scaled = np.ldexp(x, -exponent[:, None])
        head = _rounded(scaled, _HEAD)
        grid = min(52, floor(54 - 0.5 * log2(max(1, x.shape[1])) - 0.01))
        return cls(head, _rounded(scaled - head, grid), exponent)

    def own(self) -> tuple[Floats, Floats]:
        """Each row's product with itself, computed as in `products`."""
        return dot(self.head, self.head), dot(self.head, self.tail) + dot(self.tail, self.head) + dot(self.tail, self.tail)


def products(a: Cut, rows: slice | Ints, b: Cut) -> tuple[Floats, Floats]:
    """Products of rows of `a` with every row of `b`, before scaling: an exact high part and a low part."""
    head, tail = a.head[rows], a.tail[rows]
    low = head @ b.tail.T
    low += tail @ b.head.T
    low += tail @ b.tail.T
    return head @ b.head.T, low


def _rounded(x: Floats, grid: int) -> Floats:
    """x rounded to the nearest multiple of 2^-grid, for |x| ≤ 1."""
    lift = 1.5 * 2.0 ** (52 - grid)
    return (x + lift) - lift
