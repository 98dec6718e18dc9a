"""Plots of points as counts in cells: `residuals`, `confidence`, `scores`, and `distances` as two histograms."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from losscli.pictures.model import Axis, Bars, Cells, Panel, Picture, Rule
from losscli.report.model import Report
from losscli.report.plot_data import Grid, Plot
from losscli.report.plots.words import losses_of, short


def residuals(plot: Plot, report: Report) -> Picture:
    """The differences pred - target by the prediction."""
    (grid,) = plot.grids
    x, y = _axes(grid, "prediction", "prediction - target")
    level = (Rule((x.low, x.high), (0.0, 0.0), "no difference"),) if y.low < 0 < y.high else ()
    panel = Panel(x, y, (_cells(grid), *level), 300)
    return Picture(f"Residuals of {losses_of(report)}", _said(grid), (panel,))


def scores(plot: Plot, report: Report) -> Picture:
    """The IoU of boxes with their targets by the score of the prediction."""
    (grid,) = plot.grids
    x, y = _axes(grid, "score", "IoU")
    return Picture(f"IoU against score of {losses_of(report)}", _said(grid), (Panel(x, y, (_cells(grid),), 300),))


def confidence(plot: Plot, report: Report) -> Picture:
    """A panel per loss: the loss of rows by their confidence."""
    panels, said = [], []
    for grid in plot.grids:
        label = report.line(grid.name).label
        x, y = _axes(grid, "probability of the predicted class", short(label))
        panels.append(Panel(x, y, (_cells(grid),), 260))
        said.append(f"{label}: {_said(grid)}")
    return Picture(f"Loss against confidence of {losses_of(report)}", " ".join(said), tuple(panels))


def distances(plot: Plot, report: Report) -> Picture:
    """The distances of pairs of the same class and of different classes, overlaid as shares of each."""
    bars, top = [], 0.0
    for style, series in enumerate(plot.series):
        if series.n:
            shares = [n / series.n for n in series.histogram.counts]
            top = max(top, *shares)
            bars.append(Bars(series.histogram.edges, shares, label=f"{short(series.name)} ({series.n:,} pairs)", style=style))
    edges = plot.series[0].histogram.edges
    lost = [sum(getattr(x, name) for x in plot.series) for name in ("outside", "lost")]
    x = Axis(_noted(short(plot.axis), *lost), *_span(edges))
    panel = Panel(x, Axis("share of the pairs", 0, top * 1.05 or 1.0, percent=True), tuple(bars), 260)
    said = " ".join(f"{short(x.name)}: {x.n:,} pairs." for x in plot.series)
    return Picture(f"Distances of pairs among {losses_of(report)}", said, (panel,))


def _axes(grid: Grid, x: str, y: str) -> tuple[Axis, Axis]:
    return Axis(_noted(x, grid.outside, grid.lost), *_span(grid.x_edges)), Axis(y, *_span(grid.y_edges))


def _span(edges: Sequence[float]) -> tuple[float, float]:
    low, high, far = edges[0], edges[-1], 8e307
    return (low, high) if isfinite(high - low) else (max(low, -far), min(high, far))


def _cells(grid: Grid) -> Cells:
    return Cells(grid.x_edges, grid.y_edges, grid.counts)


def _noted(label: str, outside: int, lost: int) -> str:
    """The label of an axis with what the frame leaves out."""
    notes = [f"{outside:,} outside the frame"] if outside else []
    notes += [f"{lost:,} not finite"] if lost else []
    return "; ".join([label, *notes])


def _said(grid: Grid) -> str:
    return f"{grid.n:,} points in cells, the fullest with {max(map(max, grid.counts)):,}."
