"""Inner products of many vectors whose bits do not depend on who adds them up: matrix products without rounding.

A vector is cut into a head and a tail on fixed grids (Ozaki 2012). The grids are so coarse that every product of two cuts, and
every sum of such products in any order, is a double: a BLAS may block and thread them as it likes.
"""

from __future__ import annotations

from math import floor, log2

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import length
from losscli.numerics.stable import Floats, Ints, dot

_HEAD = 26
"""Bits below the point in a head: products of heads lie on 2^-52 and their sums, of vectors no longer than 1, below 2."""


@dataclass(frozen=True)
class Cut:
    """Vectors as (head + tail) · 2^exponent, none longer than 1 before the power; one exponent per row."""

    head: Floats
    tail: Floats
    exponent: Ints

    @classmethod
    def of(cls, x: Floats, common: bool) -> Cut:
        """common: one power for all rows, so that their products can be subtracted from each other."""
        size = length(x)
        size = np.where(np.isfinite(size), size, 0.0)
        # a unit vector is one within rounding: it needs no other power
        exponent = np.frexp((size.max(initial=0.0) if common else size) * (1.0 - 2.0**-20))[1] + np.zeros(len(x), np.int64)
        scaled = np.ldexp(x, -exponent[:, None])
        head = _rounded(scaled, _HEAD)
        grid = min(52, floor(54 - 0.5 * log2(max(1, x.shape[1])) - 0.01))
        return cls(head, _rounded(scaled - head, grid), exponent)

    def own(self) -> tuple[Floats, Floats]:
        """Each row's product with itself, as `products` forms it."""
        return dot(self.head, self.head), dot(self.head, self.tail) + dot(self.tail, self.head) + dot(self.tail, self.tail)


def products(a: Cut, rows: slice | Ints, b: Cut) -> tuple[Floats, Floats]:
    """Rows of `a` with every row of `b`, before the powers: a high part without rounding and a low part."""
    head, tail = a.head[rows], a.tail[rows]
    low = head @ b.tail.T
    low += tail @ b.head.T
    low += tail @ b.tail.T
    return head @ b.head.T, low


def _rounded(x: Floats, grid: int) -> Floats:
    """To the nearest multiple of 2^-grid, for numbers of at most 1."""
    lift = 1.5 * 2.0 ** (52 - grid)
    return (x + lift) - lift
