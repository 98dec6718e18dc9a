"""Plots of points as counts in cells: `residuals`, `confidence`, `scores`, and `distances` as two histograms."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from losscli.core.errors import UsageError
from losscli.engine.evaluate import Evaluation
from losscli.numerics.lattice import Grid, Lattice
from losscli.pictures.model import Axis, Bars, Cells, Panel, Picture, Rule
from losscli.report.model import Report
from losscli.report.plots.words import losses_of, short

WIDE, HIGH, BARS = 64, 48, 64
"""The most cells along each axis of a picture, and bars of a histogram."""


def residuals(outcome: Evaluation, report: Report) -> Picture:
    """The differences pred - target by the prediction."""
    found = _counts(outcome, "residuals")[""]
    grid = _grid(found)
    x, y = _axes(grid, "prediction", "prediction - target", found)
    level = (Rule((x.low, x.high), (0.0, 0.0), "no difference"),) if y.low < 0 < y.high else ()
    panel = Panel(x, y, (_cells(grid), *level), 300)
    return Picture(f"Residuals of {losses_of(report)}", _said(found, grid), (panel,))


def scores(outcome: Evaluation, report: Report) -> Picture:
    """The IoU of boxes with their targets by the score of the prediction."""
    found = _counts(outcome, "scores")[""]
    grid = _grid(found, {1: (0.0, 1.0)})
    x, y = _axes(grid, "score", "IoU", found)
    return Picture(f"IoU against score of {losses_of(report)}", _said(found, grid), (Panel(x, y, (_cells(grid),), 300),))


def confidence(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss: the loss of rows by their confidence."""
    counts = _counts(outcome, "confidence")
    labels = {line.id: line.label for line in report.losses}
    panels, said = [], []
    for key, found in counts.items():
        if not found.n:
            continue
        grid = _grid(found)
        x, y = _axes(grid, "probability of the predicted class", short(labels[key]), found)
        panels.append(Panel(x, y, (_cells(grid),), 260))
        said.append(f"{labels[key]}: {_said(found, grid)}")
    return Picture(f"Loss against confidence of {losses_of(report)}", " ".join(said), tuple(panels))


def distances(outcome: Evaluation, report: Report) -> Picture:
    """The distances of pairs of the same class and of different classes, overlaid as shares of each."""
    counts = _counts(outcome, "distances")
    every = [x for x in counts.values() if x.n]
    together = sum(every[1:], every[0])
    ends = (together.ends(0),)
    bars, top, lost = [], 0.0, 0
    for style, series in enumerate(("different", "same")):
        found = counts.get(series)
        if found is None or not found.n:
            continue
        # cells of the coarser of both, so that the bars have the same edges
        mine = Lattice(found.coarser(together.steps), found.counts, together.steps)
        grid = mine.grid(ends, (BARS,))
        shares = [n / found.n for n in grid.counts.tolist()]
        top, lost = max(top, *shares), lost + grid.outside
        bars.append(Bars(grid.edges[0], shares, label=f"{series} ({found.n:,} pairs)", style=style))
        edges = grid.edges[0]
    first = next(iter(outcome.plan.terms.values()))
    label = first.family.plots["distances"].axis(first.form, first.params)
    x = Axis(_noted(label, lost, sum(f.lost for f in counts.values())), edges[0], edges[-1])
    panel = Panel(x, Axis("share of the pairs", 0, top * 1.05, percent=True), tuple(bars), 260)
    said = " ".join(f"{series}: {found.n:,} pairs." for series, found in counts.items())
    return Picture(f"Distances of pairs among {losses_of(report)}", said, (panel,))


def _counts(outcome: Evaluation, kind: str) -> dict[str, Lattice]:
    """The counts of a kind by series. Raises UsageError where no point is finite."""
    found = {key.partition(":")[2]: x for key, x in outcome.tally.plotted.items() if key.partition(":")[0] == kind}
    if not any(x.n for x in found.values()):
        raise UsageError(f"--plot {kind} has nothing to draw: no row has finite numbers", fix=f"omit --plot {kind}")
    return found


def _grid(found: Lattice, fixed: dict[int, tuple[float, float]] | None = None) -> Grid:
    ends = {**{axis: found.ends(axis) for axis in (0, 1)}, **(fixed or {})}
    return found.grid((ends[0], ends[1]), (WIDE, HIGH))


def _axes(grid: Grid, x: str, y: str, found: Lattice) -> tuple[Axis, Axis]:
    return Axis(_noted(x, grid.outside, found.lost), *_span(grid.edges[0])), Axis(y, *_span(grid.edges[1]))


def _span(edges: Sequence[float]) -> tuple[float, float]:
    low, high, far = edges[0], edges[-1], 8e307
    return (low, high) if isfinite(high - low) else (max(low, -far), min(high, far))


def _cells(grid: Grid) -> Cells:
    return Cells(grid.edges[0], grid.edges[1], grid.counts.T.tolist())


def _noted(label: str, outside: int, lost: int) -> str:
    """The label of an axis with what the frame leaves out."""
    notes = [f"{outside:,} outside the frame"] if outside else []
    notes += [f"{lost:,} not finite"] if lost else []
    return "; ".join([label, *notes])


def _said(found: Lattice, grid: Grid) -> str:
    return f"{found.n:,} points in cells, the fullest with {int(grid.counts.max()):,}."
