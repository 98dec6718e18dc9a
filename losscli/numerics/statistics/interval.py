"""Intervals, and the reasons why there is none."""

from __future__ import annotations

from losscli.core.records import dataclass
from losscli.numerics.statistics import student
from losscli.numerics.statistics.spread import Spread


@dataclass(frozen=True)
class Interval:
    """An interval that covers the true value in a share `level` of samples of n units; an end is infinite where none is known."""

    low: float
    high: float
    method: str
    level: float
    n: int
    rough: bool = False
    """Few units or very skewed ones: the coverage may be off by several percent."""

    def plus(self, number: float) -> Interval:
        """The interval of the value plus a number."""
        return Interval(self.low + number, self.high + number, self.method, self.level, self.n, self.rough)


@dataclass(frozen=True)
class NoInterval:
    """Why nothing is known: `one-unit`, `constant`, `not-finite` or `zero-base`. Never replaced by an interval of width 0."""

    reason: str


Found = Interval | NoInterval


def student_t(spread: Spread, level: float) -> Found:
    """value ± t·sd/√n with n - 1 degrees of freedom (Student 1908)."""
    if spread.unknown:
        return NoInterval(spread.unknown)
    reach = student.upper((1 - level) / 2, spread.df) * spread.error
    return Interval(spread.value - reach, spread.value + reach, "t", level, spread.n, spread.rough)
