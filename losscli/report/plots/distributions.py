"""The distributions of losses over samples: `hist`, and `ecdf`, the share of samples below each loss."""

from __future__ import annotations

from itertools import accumulate

from losscli.pictures.model import Axis, Line, Panel, Picture
from losscli.report.model import Report
from losscli.report.plot_data import Plot
from losscli.report.plots.histograms import axis, height, mean, noted, panel, said
from losscli.report.plots.words import losses_of


def hist(plot: Plot, report: Report) -> Picture:
    """A panel per loss: how many samples have which loss."""
    panels = [panel(report, report.line(x.name), x.histogram) for x in plot.series]
    return Picture(f"Losses of {losses_of(report)}", said(report), tuple(panels))


def ecdf(plot: Plot, report: Report) -> Picture:
    """A panel per loss: the share of samples below each loss. Samples without a finite loss are above all others."""
    panels = []
    for series in plot.series:
        line, found = report.line(series.name), series.histogram
        x, edges = axis(line, found)
        n = sum(found.counts) + series.lost
        shares = [0.0, *(below / n for below in accumulate(found.counts))]
        y = Axis("samples below", 0, 1, percent=True)
        panels.append(noted(Panel(x, y, (Line(edges, shares), *mean(line, x, y)), height(report)), found, series.lost))
    return Picture(f"Cumulative losses of {losses_of(report)}", said(report), tuple(panels))
