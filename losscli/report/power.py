"""What gates can see: how likely each is to fail at no change, at its limit and at twice the limit, from the spread of a run."""

from __future__ import annotations

import math

from losscli.numerics.statistics import normal
from losscli.numerics.statistics.interval import LEVEL, Interval
from losscli.numerics.statistics.paired import POWER
from losscli.report.gates import Comparison
from losscli.report.model import Line, Report
from losscli.report.observed import DIFFERENCES, interval_of, line_of
from losscli.report.verdicts import Power

MOST = 1e12
"""Samples beyond which no number is given."""


def power(part: Comparison, report: Report, on_interval: bool) -> Power:
    """The power of a comparison; estimates are taken as normal. on_interval: whether its gate is judged by intervals."""
    line = line_of(part, report)
    n = report.alignment.evaluated if line is None else line.n
    if line is None:
        return Power(part.expr, n, why="the statistic has no spread")
    found = _observed(line, part)
    if found is None:
        return Power(part.expr, n, why="there is no interval")
    start, error, level = found
    if not error:
        return Power(part.expr, n, why="the interval has no width")
    distance = part.limit - start
    sign = 1.0 if part.op in (">", ">=") else -1.0
    change = sign * distance
    if change <= 0:
        return Power(part.expr, n, why="nothing less than no change passes")
    reach = normal.upper((1 - level) / 2) * error if on_interval else 0.0
    seen = normal.upper(1 - POWER) * error
    none, limit, twice = (normal.tail((change + reach - times * change) / error) for times in (0, 1, 2))
    ratio = (reach + seen) / change
    samples = n * ratio * ratio
    needed = max(2, math.ceil(samples)) if samples <= MOST else None
    return Power(part.expr, n, none, limit, twice, change + reach + seen, needed)


def _observed(line: Line, part: Comparison) -> tuple[float, float, float] | None:
    """Where a change starts, the standard error of the statistic, and the level of its interval; None where nothing is known."""
    if part.stat in DIFFERENCES:
        against = line.against
        spread = None if against is None else against.difference if part.stat == "delta" else against.share
        level = line.ci.level if isinstance(line.ci, Interval) else LEVEL
        return None if spread is None or spread.unknown else (0.0, spread.error, level)
    ci, value = interval_of(line, part.stat), line.statistic(part.stat)
    if not isinstance(ci, Interval) or value is None or not math.isfinite(ci.high - ci.low):
        return None
    return value, (ci.high - ci.low) / (2 * normal.upper((1 - ci.level) / 2)), ci.level
