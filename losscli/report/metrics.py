"""The numbers of a report as a list, for formats without structure: each statistic of each loss, of all samples and of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from losscli.core.records import dataclass, field
from losscli.report.calibration import STATS, Calibration
from losscli.report.model import AGAINST, ENDS, NUMBERS, Line, Report


@dataclass(frozen=True)
class Metric:
    """One number. `by` is empty for all samples; it is not finite where the statistic is not."""

    loss: str
    stat: str
    value: float
    by: Mapping[str, str] = field(default_factory=dict)


def metrics(report: Report) -> Iterator[Metric]:
    """Every statistic that is defined, in the order of the report."""
    for line in report.losses:
        yield from _of(line, {})
    yield from _of_calibration(report.calibration, {})
    for group in report.groups:
        for line in group.losses:
            yield from _of(line, group.by)
        yield from _of_calibration(group.calibration, group.by)


def _of_calibration(found: Calibration | None, by: Mapping[str, str]) -> Iterator[Metric]:
    for stat in STATS if found is not None else ():
        yield Metric("calibration", stat, getattr(found, stat), by)


def _of(line: Line, by: Mapping[str, str]) -> Iterator[Metric]:
    for stat in (*NUMBERS, *ENDS, *AGAINST):
        value = line.statistic(stat)
        if value is not None:
            yield Metric(line.id, stat, value, by)
