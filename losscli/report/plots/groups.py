"""`groups`: the value of each group with its interval, the worst first."""

from __future__ import annotations

from math import isfinite, nan

from losscli.core.errors import visible
from losscli.numerics.statistics.interval import Interval
from losscli.pictures.model import Axis, Intervals, Mark, Panel, Picture, Rule, categories, span
from losscli.report.model import Group, Line, Report
from losscli.report.plot_data import Plot
from losscli.report.plots.words import short

MOST = 40
"""Groups of one loss that are drawn: those with the worst values."""
_EACH = 20
"""Pixels per group."""


def groups(plot: Plot, report: Report) -> Picture:
    """A panel per loss: dots with intervals, sorted, with the number of samples beside them."""
    names = ", ".join(map(short, report.groups[0].by)) if report.groups else ""
    panels = [_panel(report, line, names) for line in report.losses]
    level = next((x.ci.level for x in report.losses if isinstance(x.ci, Interval)), None)
    about = "" if level is None else f" with {100 * level:g} % intervals"
    said = " ".join(_said(report, line) for line in report.losses)
    return Picture(f"{', '.join(short(x.label) for x in report.losses)} by {names}{about}", said, tuple(panels))


def sorted_groups(report: Report, line: Line) -> list[tuple[Group, Line]]:
    """The groups with a value of a loss, the worst first, in the order of the report where values are equal."""
    sign = -1 if line.direction == "lower" else 1
    found = [(g, g.line(line.id)) for g in report.groups]
    return sorted(((g, x) for g, x in found if isfinite(x.value)), key=lambda pair: sign * pair[1].value)


def _panel(report: Report, line: Line, names: str) -> Panel:
    every = sorted_groups(report, line)
    shown = every[:MOST]
    lines = [x for _, x in shown]
    low = [nan if x.low is None else x.low for x in lines]
    high = [nan if x.high is None else x.high for x in lines]
    values = [x.value for x in lines]
    ends = span(v for v in (*values, *low, *high, line.value) if isfinite(v))
    left = [f"{len(report.groups) - len(shown)} of {len(report.groups)} groups left out"] if len(shown) < len(report.groups) else []
    y = categories("; ".join([names, *left]), [_name(g) for g, _ in shown], [f"n = {x.n:,}" for x in lines])
    marks: list[Mark] = [Intervals(values, low, high)]
    if isfinite(line.value):
        marks.append(Rule((line.value, line.value), (y.low, y.high), "all samples"))
    return Panel(Axis(short(line.label), *ends), y, tuple(marks), max(60, _EACH * len(shown)))


def _name(group: Group) -> str:
    return ", ".join(visible(word, 30) or '""' for word in group.by.values())


def _said(report: Report, line: Line) -> str:
    found = sorted_groups(report, line)
    if not found:
        return f"{line.label}: no group has a value."
    (worst, a), (best, b) = found[0], found[-1]
    return f"{line.label}: from {a.value:.4g} of {_name(worst)} to {b.value:.4g} of {_name(best)}, {line.value:.4g} overall."
