"""The distributions of losses over samples: `hist`, and `ecdf`, the share of samples below each loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from math import ceil

from losscli.core.errors import UsageError
from losscli.engine.evaluate import Evaluation
from losscli.numerics.binning import histogram
from losscli.numerics.histogram import Histogram
from losscli.pictures.model import Axis, Line, Panel, Picture
from losscli.report.model import Line as LossLine
from losscli.report.model import Report
from losscli.report.plots.histograms import axis, height, mean, noted, panel, said
from losscli.report.plots.words import losses_of
from losscli.report.summarise import spread_of

FEWEST, MOST, STEPS = 8, 60, 240


def hist(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss: how many samples have which loss."""
    panels = [panel(report, line, found) for line, found, _ in _found(outcome, report, bars, "hist")]
    return Picture(f"Losses of {losses_of(report)}", said(report), tuple(panels))


def bars(n: int) -> int:
    """The number of bars for n samples: Rice's rule, within limits."""
    return min(max(ceil(2 * n ** (1 / 3)), FEWEST), MOST)


def ecdf(outcome: Evaluation, report: Report) -> Picture:
    """A panel per loss: the share of samples below each loss. Samples without a finite loss are above all others."""
    panels = []
    for line, found, lost in _found(outcome, report, lambda n: STEPS, "ecdf"):
        x, edges = axis(line, found)
        n = sum(found.counts) + lost
        shares = [0.0, *(below / n for below in accumulate(found.counts))]
        y = Axis("samples below", 0, 1, percent=True)
        panels.append(noted(Panel(x, y, (Line(edges, shares), *mean(line, x, y)), height(report)), found, lost))
    return Picture(f"Cumulative losses of {losses_of(report)}", said(report), tuple(panels))


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
