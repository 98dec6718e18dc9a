"""Intervals of estimates that solve Σ g(β) = 0, from the spread of the rows' influences g/Σg' (Huber 1967, White 1982)."""

from __future__ import annotations

from math import exp

from losscli.numerics.statistics import student
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import Spread


def of_inverse(spread: Spread | None, beta: float, level: float) -> Found:
    """The interval of 1/β, symmetric in its logarithm; spread: of β, as an estimate from its units."""
    if spread is None or spread.unknown:
        return NoInterval("no-method" if spread is None else spread.unknown)
    reach = student.upper((1 - level) / 2, spread.df) * spread.error / beta
    return Interval(exp(-reach) / beta, exp(reach) / beta, "sandwich", level, spread.n, spread.rough)
