"""What gates read of a report: statistics, their intervals, and the samples behind them."""

from __future__ import annotations

from losscli.numerics.statistics.interval import Found, NoInterval
from losscli.report.boxes import STATS as BOX_STATS
from losscli.report.calibration import STATS as CALIBRATION_STATS
from losscli.report.calibration import Calibration
from losscli.report.gates import Comparison
from losscli.report.model import Line, Report
from losscli.spec.matching import Counts

DIFFERENCES = ("delta", "rel")
"""The statistics that are differences from a baseline."""


def observe(part: Comparison, report: Report) -> float | None:
    """The statistic of a comparison; None where there is none."""
    if part.stat == "coverage":
        return report.alignment.coverage
    if part.stat in BOX_STATS:
        return getattr(boxes_of(part, report), part.stat, None)
    if part.stat in CALIBRATION_STATS:
        return getattr(calibration_of(part, report), part.stat, None)
    line = line_of(part, report)
    return None if line is None else line.statistic(part.stat)


def boxes_of(part: Comparison, report: Report) -> Counts | None:
    """The counts of boxes that a comparison reads; None where it reads none, or where its group is not a label or an image."""
    if part.stat not in BOX_STATS or report.boxes is None:
        return None
    return report.boxes.total if part.group is None else report.boxes.of_group(part.group)


def calibration_of(part: Comparison, report: Report) -> Calibration | None:
    """The calibration that a comparison reads; None where it reads none."""
    found = report if part.group is None else report.group(part.group)
    return None if found is None or part.stat not in CALIBRATION_STATS else found.calibration


def samples_of(part: Comparison, report: Report) -> int:
    """The number of samples, or boxes, behind a statistic."""
    if (counts := boxes_of(part, report)) is not None:
        return counts.matched + counts.missed + counts.spurious
    if (found := calibration_of(part, report)) is not None:
        return found.n
    line = line_of(part, report)
    return line.n if line else report.alignment.evaluated if part.group is None else 0


def line_of(part: Comparison, report: Report) -> Line | None:
    """The line that a comparison reads; None where there is no such group, or where the statistic is the run's own."""
    found = report if part.group is None else report.group(part.group)
    return next((x for x in found.losses if x.id == part.loss), None) if found is not None else None


def interval_for(part: Comparison, report: Report) -> Found | None:
    """The interval of the statistic of a comparison; None where it has none."""
    if part.stat == "temperature" and (found := calibration_of(part, report)) is not None:
        return found.temperature_ci
    line = line_of(part, report)
    return None if line is None else interval_of(line, part.stat)


def interval_of(line: Line, stat: str) -> Found | None:
    """The interval of a loss's statistic; None of those that a sample does not estimate with one, such as counts and extremes."""
    if stat in DIFFERENCES:
        return _difference(line, stat)
    if stat in ("p50", "p95"):
        return line.p50_ci if stat == "p50" else line.p95_ci
    if stat == "value" or (stat == "mean" and line.mean == line.value) or (stat == "sum" and line.sum == line.value):
        return line.ci
    return NoInterval("no-method") if stat in ("mean", "sum") and line.ci is not None else None


def _difference(line: Line, stat: str) -> Found | None:
    """The interval of a difference; None of identical predictions, whose difference is known."""
    if line.against is None or line.against.identical:
        return None
    return line.against.delta_ci if stat == "delta" else line.against.rel_ci
