"""Intervals, and the reasons why there is none."""

from __future__ import annotations

from losscli.core.records import dataclass, replace


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
    resamples: int = 0
    """The resamples of a bootstrap; 0 of a method that draws none."""
    seed: int = 0

    def plus(self, number: float) -> Interval:
        """The interval of the value plus a number."""
        return replace(self, low=self.low + number, high=self.high + number)

    def times(self, number: float) -> Interval:
        """The interval of the value times a number."""
        low, high = sorted((self.low * number, self.high * number))
        return replace(self, low=low, high=high)


@dataclass(frozen=True)
class NoInterval:
    """Why nothing is known, one of UNKNOWN. Never replaced by an interval of width 0."""

    reason: str


LEVEL = 0.95
"""The level of intervals, where nothing was said."""

UNKNOWN = ("one-unit", "constant", "not-finite", "zero-base", "no-method")
"""The reasons of NoInterval."""

METHODS = ("skew-t", "wilson", "order", "t", "welch", "bootstrap-t", "percentile", "sandwich")

Found = Interval | NoInterval
