"""Student's interval of a mean."""

from __future__ import annotations

from losscli.numerics.statistics import student
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import Spread


def student_t(spread: Spread, level: float) -> Found:
    """value ± t·sd/√n with n - 1 degrees of freedom (Student 1908)."""
    if spread.unknown:
        return NoInterval(spread.unknown)
    reach = student.upper((1 - level) / 2, spread.df) * spread.error
    return Interval(spread.value - reach, spread.value + reach, "t", level, spread.n, spread.rough)
