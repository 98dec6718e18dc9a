"""A histogram as a panel of a picture: its axis, its bars and its mean. Counts nothing."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.numerics.histogram import LOG, Histogram
from losscli.pictures.model import Axis, Bars, Mark, Panel, Picture, Rule
from losscli.report.model import Line as LossLine
from losscli.report.model import Report
from losscli.report.plots.words import losses_of, short

_FAR = 8e307
"""The ends of axes, whose length must not overflow."""


def hist_of(report: Report, lines: Sequence[LossLine]) -> Picture:
    """A panel per loss, by the histograms that these lines of a report have."""
    panels = [panel(report, line, line.histogram) for line in lines if line.histogram is not None]
    return Picture(f"Losses of {losses_of(report)}", said(report, lines), tuple(panels))


def panel(report: Report, line: LossLine, found: Histogram) -> Panel:
    """The bars of one loss."""
    x, edges = axis(line, found)
    y = Axis("samples", 0, max(found.counts) * 1.05 or 1.0)
    return noted(Panel(x, y, (Bars(edges, found.counts), *mean(line, x, y)), height(report)), found, line.nonfinite)


def axis(line: LossLine, found: Histogram) -> tuple[Axis, list[float]]:
    """The axis of the losses, and the edges as they are drawn on it."""
    edges = [min(max(x, -_FAR), _FAR) for x in found.edges]
    label = f"{short(line.label)} ({_numbers(line)})"
    least = edges[1] / (edges[2] / edges[1]) if found.scale == LOG and len(edges) > 3 and edges[1] > 0 else 0.0
    if 0 < least < edges[-1]:
        # what is far below the others has a bar of the width of theirs
        edges[0] = edges[0] if edges[0] > 0.99 * least else least
        return Axis(label, edges[0], edges[-1], log=True), edges
    if edges[0] == edges[-1]:
        width = abs(edges[0]) / 20 or 0.5
        edges = [edges[0] - width, edges[0] + width]
        return Axis(label, edges[0] - 4 * width, edges[1] + 4 * width), edges
    return Axis(label, edges[0], edges[-1]), edges


def noted(panel: Panel, found: Histogram, lost: int) -> Panel:
    """The panel with what it cannot show in the label of its axis."""
    notes = []
    if found.scale == LOG and panel.x.low > found.edges[0]:
        notes.append(f"first step: all below {found.edges[1]:.3g}")
    if lost:
        notes.append(f"{lost:,} not finite")
    if not notes:
        return panel
    x = panel.x
    return Panel(Axis(f"{x.label}; {'; '.join(notes)}", x.low, x.high, x.log), panel.y, panel.marks, panel.height)


def mean(line: LossLine, x: Axis, y: Axis) -> tuple[Mark, ...]:
    """The mean as a reference line, where it is on the axis."""
    there = line.mean is not None and x.low <= line.mean <= x.high
    return (Rule((line.mean or 0.0, line.mean or 0.0), (y.low, y.high), "mean"),) if there else ()


def _numbers(line: LossLine) -> str:
    found = [(name, getattr(line, name)) for name in ("mean", "p50", "p95", "max")]
    return ", ".join(f"{name} {value:.4g}" for name, value in found if value is not None)


def said(report: Report, lines: Sequence[LossLine] | None = None) -> str:
    return " ".join(f"{line.label}: {_numbers(line)}." for line in lines or report.losses)


def height(report: Report) -> int:
    return 220 if len(report.losses) < 3 else 140
