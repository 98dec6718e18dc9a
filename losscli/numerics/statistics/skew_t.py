"""The skew-t interval of a mean: Student's t with Hall's correction for skewness.

Hall (1992, JRSS B 54:221) transforms W = (x̄ - μ)/s into G = W + gW²/3 + g²W³/27 + g/(6n), g the skewness, whose distribution is
that of t/√n to one order more than W's own. G is a cube less a constant, ((1 + gW/3)³ - 1)/g, and inverted by a cube root.
"""

from __future__ import annotations

from math import copysign, sqrt

from losscli.numerics.statistics import student
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import Spread


def skew_t(spread: Spread, level: float) -> Found:
    """The interval x̄ - s·W(±t/√n): longer on the side of the tail. Equal to Student's t where the skewness is 0.

    Use when losses are skewed, as they are. Rough where |g| > √n/3: the correction is then as large as what it corrects.
    """
    if spread.unknown:
        return NoInterval(spread.unknown)
    t = student.upper((1 - level) / 2, spread.df) / sqrt(spread.n)
    low, high = (spread.value - spread.sd * inverse(y, spread.skew, spread.n) for y in (t, -t))
    return Interval(low, high, "skew-t", level, spread.n, spread.rough)


def inverse(y: float, g: float, n: int) -> float:
    """The W with G(W) = y: 3·(c - 1)/g with c³ = 1 + g·(y - g/(6n)), written so that g may be 0."""
    z = y - g / (6 * n)
    c = cube_root(1 + g * z)
    return 3 * z / (c * c + c + 1)


def cube_root(x: float) -> float:
    """∛x; math.cbrt is younger than Python 3.10."""
    return copysign(abs(x) ** (1 / 3), x)
