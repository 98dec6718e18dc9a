"""What a report says of plots and histograms that cannot be drawn, which a schema cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

from losscli.numerics.histogram import Histogram
from losscli.report.model import Report
from losscli.report.plot_data import Grid, Parts, Plot, Series
from losscli.spec.plot_kinds import PLOTS, TERMS

_OF_LOSSES = ("hist", "ecdf", "confidence", TERMS)
_ALONE = ("residuals", "scores")
"""The kinds with one grid."""


def undrawable(report: Report) -> str:
    """The first plot of a report that cannot be drawn, and why; empty without one."""
    for i, plot in enumerate(report.plots):
        for what in _faults(plot, report):
            return f"plots[{i}]: {what}"
    return ""


def _faults(plot: Plot, report: Report) -> Iterator[str]:
    if report.family not in PLOTS[plot.kind]:
        yield f"{report.family} has no {plot.kind}"
    if plot.kind == "groups" and not report.groups:
        yield "the report has no groups"
    if plot.kind == "budget" and report.budget is None:
        yield "the report has no budget"
    if plot.kind == "reliability" and (report.calibration is None or not isfinite(report.calibration.ece)):
        yield "the report has no calibration"
    wanted = {"series": ("hist", "ecdf", "distances"), "grids": ("confidence", *_ALONE), "parts": (TERMS,)}
    for name, kinds in wanted.items():
        if bool(getattr(plot, name)) != (plot.kind in kinds):
            yield f"must {'' if plot.kind in kinds else 'not '}have {name}"
    if plot.kind in _ALONE and len(plot.grids) > 1:
        yield "must have one grid"
    lines = {line.id: line for line in report.losses}
    named: list[Series | Grid | Parts] = [*plot.series, *plot.grids, *plot.parts] if plot.kind in _OF_LOSSES else []
    for x in named:
        if x.name not in lines:
            yield f"{x.name!r} is not one of the losses"
        elif isinstance(x, Parts) and any(len(row) != len(lines[x.name].terms) for row in x.means):
            yield "means: must have a number per term"
    if plot.kind == "distances":
        if not any(x.n for x in plot.series) or len({x.histogram.edges for x in plot.series}) > 1:
            yield "series: must have counts between the same edges"
    else:
        yield from filter(None, (miscounted(x.histogram, some=True) for x in plot.series))
    for g in plot.grids:
        if len(g.y_edges) != len(g.counts) + 1 or any(len(g.x_edges) != len(row) + 1 for row in g.counts):
            yield "counts: must be one less than the edges, along both axes"
        if not (_ascending(g.x_edges, strict=True) and _ascending(g.y_edges, strict=True) and any(map(any, g.counts))):
            yield "must have ascending edges and counts above 0"


def miscounted(x: Histogram, some: bool = False) -> str:
    """Why a histogram cannot be one; empty where it can. some: whether it must have counted something."""
    if len(x.edges) != len(x.counts) + 1 or not _ascending(x.edges):
        return "histogram: must have ascending edges, one more than counts"
    return "histogram: must have counts above 0" if some and not any(x.counts) else ""


def _ascending(edges: Sequence[float], strict: bool = False) -> bool:
    return all(a < b if strict else a <= b for a, b in pairwise(edges))
