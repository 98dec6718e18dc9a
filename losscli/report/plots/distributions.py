"""The distributions of losses over samples: `hist`, and `ecdf`, the share of samples below each loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import ceil

from losscli.core.errors import UsageError
from losscli.engine.evaluate import Evaluation
from losscli.numerics.binning import histogram
from losscli.numerics.histogram import LOG, Histogram
from losscli.pictures.model import Axis, Bars, Line, Mark, Panel, Picture, Rule
from losscli.report.model import Line as LossLine
from losscli.report.model import Report
from losscli.report.plots.words import losses_of, short
from losscli.report.summarise import spread_of

FEWEST, MOST, STEPS = 8, 60, 240
_FAR = 8e307
"""The ends of axes, whose length must not overflow."""


def hist(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss: how many samples have which loss."""
    panels = [_bars(report, line, found) for line, found, _ in _found(outcome, report, bars, "hist")]
    return Picture(f"Losses of {losses_of(report)}", _said(report), tuple(panels))


def hist_of(report: Report, lines: Sequence[LossLine]) -> Picture:
    """The same of some lines of a report, by the histograms that they have."""
    panels = [_bars(report, line, line.histogram) for line in lines if line.histogram is not None]
    return Picture(f"Losses of {losses_of(report)}", _said(report, lines), tuple(panels))


def _bars(report: Report, line: LossLine, found: Histogram) -> Panel:
    x, edges = _axis(line, found)
    y = Axis("samples", 0, max(found.counts) * 1.05)
    return _noted(Panel(x, y, (Bars(edges, found.counts), *_mean(line, x, y)), _height(report)), found, line.nonfinite)


def bars(n: int) -> int:
    """The number of bars for n samples: Rice's rule, within limits."""
    return min(max(ceil(2 * n ** (1 / 3)), FEWEST), MOST)


def ecdf(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss: the share of samples below each loss. Samples without a finite loss are above all others."""
    panels = []
    for line, found, lost in _found(outcome, report, lambda n: STEPS, "ecdf"):
        x, edges = _axis(line, found)
        n = sum(found.counts) + lost
        shares = [0.0, *(below / n for below in accumulate(found.counts))]
        y = Axis("samples below", 0, 1, percent=True)
        panels.append(_noted(Panel(x, y, (Line(edges, shares), *_mean(line, x, y)), _height(report)), found, lost))
    return Picture(f"Cumulative losses of {losses_of(report)}", _said(report), tuple(panels))


def _found(outcome: Evaluation, report: Report, bins: Callable[[int], int], kind: str) -> Iterator[tuple[LossLine, Histogram, int]]:
    """Each loss with values of samples, their histogram and the number that it leaves out."""
    some = False
    for recipe, line in zip(outcome.plan.recipes, report.losses, strict=True):
        spread = spread_of(outcome, recipe)
        found = None if spread is None else histogram(spread.quantiles, bins(spread.n))
        if found is not None:
            some = True
            yield line, found, line.nonfinite
    if not some:
        what = f"--plot {kind} draws the losses of samples, and no loss of this run has a finite value per sample"
        raise UsageError(what, fix=f"omit --plot {kind}, or evaluate a loss with one (`losscli losses`)")


def _axis(line: LossLine, found: Histogram) -> tuple[Axis, list[float]]:
    """The axis of the losses, and the edges as they are drawn on it."""
    edges = [min(max(x, -_FAR), _FAR) for x in found.edges]
    label = f"{short(line.label)} ({_numbers(line)})"
    if found.scale == LOG and len(edges) > 3:
        # what is far below the others has a bar of the width of theirs
        least = edges[1] / (edges[2] / edges[1])
        edges[0] = edges[0] if edges[0] > 0.99 * least else least
        return Axis(label, edges[0], edges[-1], log=True), edges
    if edges[0] == edges[-1]:
        width = abs(edges[0]) / 20 or 0.5
        edges = [edges[0] - width, edges[0] + width]
        return Axis(label, edges[0] - 4 * width, edges[1] + 4 * width), edges
    return Axis(label, edges[0], edges[-1]), edges


def _noted(panel: Panel, found: Histogram, lost: int) -> Panel:
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


def _mean(line: LossLine, x: Axis, y: Axis) -> tuple[Mark, ...]:
    """The mean as a reference line, where it is on the axis."""
    there = line.mean is not None and x.low <= line.mean <= x.high
    return (Rule((line.mean or 0.0, line.mean or 0.0), (y.low, y.high), "mean"),) if there else ()


def _numbers(line: LossLine) -> str:
    found = [(name, getattr(line, name)) for name in ("mean", "p50", "p95", "max")]
    return ", ".join(f"{name} {value:.4g}" for name, value in found if value is not None)


def _said(report: Report, lines: Sequence[LossLine] | None = None) -> str:
    return " ".join(f"{line.label}: {_numbers(line)}." for line in lines or report.losses)


def _height(report: Report) -> int:
    return 220 if len(report.losses) < 3 else 140
