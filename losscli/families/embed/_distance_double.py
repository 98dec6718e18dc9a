"""Double-double arithmetic (each number the sum of two doubles) for the rows where a difference of distances cancels.

Only the operations that distances need (Dekker 1971, Knuth 1969); operands must be well inside the range of doubles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Bools, Floats

_SPLIT = 134217729.0
"""2^27 + 1: splits a double into two halves whose products are exact."""


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a + b and its rounding error."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a · b and its rounding error."""
    p = a * b
    c, e = _SPLIT * a, _SPLIT * b
    ah, bh = c - (c - a), e - (e - b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


@dataclass(frozen=True)
class Double:
    """hi + lo, with lo below the last digit of hi."""

    hi: Floats
    lo: Floats

    @classmethod
    def of(cls, x: Floats | float) -> Double:
        hi = np.asarray(x, dtype=np.float64)
        return cls(hi, np.zeros_like(hi))

    def __add__(self, other: Double) -> Double:
        s, e = _two_sum(self.hi, other.hi)
        return Double(*_two_sum(s, e + (self.lo + other.lo)))

    def __neg__(self) -> Double:
        return Double(-self.hi, -self.lo)

    def __sub__(self, other: Double) -> Double:
        return self + -other

    def __mul__(self, other: Double) -> Double:
        p, e = _two_product(self.hi, other.hi)
        return Double(*_two_sum(p, e + (self.hi * other.lo + self.lo * other.hi)))

    def __abs__(self) -> Double:
        sign = np.where(self.hi < 0, -1.0, 1.0)
        return Double(sign * self.hi, sign * self.lo)

    def over(self, other: Double) -> Double:
        """self / other; 0 where other is 0."""
        safe = np.where(other.hi == 0, 1.0, other.hi)
        q = self.hi / safe
        rest = self - other * Double.of(q)
        return Double(*_two_sum(np.where(other.hi == 0, 0.0, q), np.where(other.hi == 0, 0.0, rest.hi / safe)))

    def root(self) -> Double:
        r = np.sqrt(self.hi)
        rest = self - Double(*_two_product(r, r))
        return Double(*_two_sum(r, rest.hi / np.where(r == 0, 1.0, 2.0 * r)))

    def square(self) -> Double:
        c = _SPLIT * self.hi
        head = c - (c - self.hi)
        tail = self.hi - head
        p = self.hi * self.hi
        return Double(p, ((head * head - p) + 2.0 * (head * tail)) + tail * tail + 2.0 * (self.hi * self.lo))

    def sum(self) -> Double:
        """The sum along the first axis, pairwise, so that the bits of a column do not depend on other columns."""
        hi, lo = self.hi, self.lo
        while (width := len(hi)) > 1:
            half = width // 2
            folded, lost = _two_sum(hi[:half], hi[half : 2 * half])
            rest = lo[:half] + lo[half : 2 * half] + lost
            odd = width > 2 * half
            hi = np.concatenate([folded, hi[2 * half :]]) if odd else folded
            lo = np.concatenate([rest, lo[2 * half :]]) if odd else rest
        return Double(*_two_sum(hi[0], lo[0]))


def distance(x: Floats, y: Floats, kind: str, eps: float = 0.0, normalize: bool = False, root_eps: float = 0.0) -> Double:
    """`measure` of the differences of two sets of rows (n,d), in double-double precision."""
    directed = normalize or kind == "cosine"
    if directed or kind == "manhattan":
        # coordinates on the first axis: they are added for many rows at a time
        x, y = np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
        gap = _unit(x) - _unit(y) if directed else Double(*_two_sum(x, -y))
        if eps and kind != "cosine":
            gap = gap + Double.of(eps)
        if kind == "manhattan":
            return abs(gap).sum()
        squared = gap.square().sum()
    else:
        squared = _squares(x, y, eps)
    if kind == "euclidean":
        return (squared + Double.of(root_eps)).root() if root_eps else squared.root()
    return squared * Double.of(0.5) if kind == "cosine" else squared


PIECE = 1 << 15
"""Coordinates processed at a time: a quarter of a megabyte, so that six scratch arrays stay in the cache of a core."""


def _squares(x: Floats, y: Floats, eps: float) -> Double:
    """Σ (x - y + eps)² of each row, to about 2^-90; the bits of a row do not depend on other rows.

    The rounded squares are split at one place per row (Rump, Ogita & Oishi 2008): the heads add up without error, and the tails
    are so small that the rounding errors of their sum are negligible.
    """
    rows, width = x.shape
    high, low = np.empty(rows), np.empty(rows)
    step = max(1, PIECE // width)
    scratch = np.empty((6, min(rows, step), width))
    for start in range(0, rows, step):
        a, b = x[start : start + step], y[start : start + step]
        gap, lost, square, head, tail, over = scratch[:, : len(a)]
        _gap_and_rest(a, b, gap, lost, over)
        if eps:
            total = Double(gap, lost) + Double.of(eps)
            gap[:], lost[:] = total.hi, total.lo
        np.multiply(gap, _SPLIT, out=head)
        np.subtract(head, gap, out=tail)
        head -= tail
        np.subtract(gap, head, out=tail)
        np.multiply(gap, gap, out=square)
        # the rounding error of the square: ((h h - p) + 2 h t) + t t + 2 g l
        if lost.any():
            lost *= gap
            lost *= 2.0
        np.multiply(tail, tail, out=over)
        lost += over
        tail *= head
        tail *= 2.0
        head *= head
        head -= square
        head += tail
        lost += head
        # 2^k is at least four times the sum
        cut = np.ldexp(1.0, np.frexp(square.max(1))[1] + int(width).bit_length() + 2)[:, None]
        np.add(square, cut, out=head)
        head -= cut
        square -= head
        lost += square
        np.add.reduce(head, 1, out=high[start : start + step])
        np.add.reduce(lost, 1, out=low[start : start + step])
    return Double(*_two_sum(high, low))


def _gap_and_rest(a: Floats, b: Floats, gap: Floats, rest: Floats, scratch: Floats) -> None:
    """a - b and its rounding error, written to `gap` and `rest`."""
    np.subtract(a, b, out=gap)
    np.subtract(a, gap, out=rest)
    np.add(gap, rest, out=scratch)
    np.subtract(a, scratch, out=scratch)
    rest -= b
    rest += scratch


def _unit(x: Floats) -> Double:
    """Unit vectors; scaled by a power of two first, without rounding, so that squares stay in the range of doubles."""
    whole = Double.of(np.ldexp(x, -np.frexp(np.abs(x).max(0))[1]))
    return whole.over(whole.square().sum().root())


def across(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """For the directions of two sets of rows: the part of the second perpendicular to the first, and the reverse."""
    one, two = (_unit(np.ascontiguousarray(z.T)) for z in (x, y))
    c = (one * two).sum()
    parts = (two - one * c, one - two * c)
    first, second = (np.ascontiguousarray(np.where(np.abs(part.hi) < _NOTHING, 0.0, part.hi + part.lo).T) for part in parts)
    return first, second


_NOTHING = 2.0**-80
"""Smaller perpendicular parts are rounding errors of this arithmetic: doubles that are not parallel differ by 2^-53."""


def loses_digits(plain: Floats, size: Floats, share: float) -> Bools:
    """Where a hinge would lose digits: below `share` times the `size` of the operands, and not clearly inactive."""
    return np.asarray((plain < share * size) & (plain > -1e-9 * size) & workable(size))


def workable(size: Floats) -> Bools:
    """Where the squares of `size` neither overflow nor underflow."""
    return np.asarray((size < 1e100) & (size > 1e-100))


def recomputed(plain: Floats, close: Bools, exact: Callable[[Bools], Double]) -> Double:
    """`plain`, replaced by `exact` in the rows that are `close`; each row is decided independently."""
    hi, lo = plain, np.zeros_like(plain)
    if close.any():
        found = exact(close)
        hi = plain.copy()
        hi[close], lo[close] = found.hi, found.lo
    return Double(hi, lo)
