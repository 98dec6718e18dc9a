"""The plots of a report as plain data, their schema, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from losscli.numerics.histogram import Histogram
from losscli.report.model import Report
from losscli.report.plot_data import Grid, Parts, Plot, Series
from losscli.report.schema_parts import COUNT, FINITE, TEXT, Schema, list_of, object_of, ref
from losscli.spec.plot_kinds import PLOTS, TERMS

_BESIDE = ("outside", "lost")
_OF_LOSSES = ("hist", "ecdf", "confidence", TERMS)
_ALONE = ("residuals", "scores")
"""The kinds with one grid."""


def plot_dict(x: Plot) -> dict[str, Any]:
    """An entry of `plots` of the JSON report."""
    out: dict[str, Any] = {"kind": x.kind}
    if x.axis:
        out["axis"] = x.axis
    if x.series:
        out["series"] = [{"name": s.name, "histogram": histogram_dict(s.histogram), **_beside(s)} for s in x.series]
    if x.grids:
        out["grids"] = [_grid(g) for g in x.grids]
    if x.parts:
        out["parts"] = [{"name": p.name, "means": [list(row) for row in p.means]} for p in x.parts]
    return out


def histogram_dict(x: Histogram) -> dict[str, Any]:
    """A histogram as plain data."""
    return {"edges": list(x.edges), "counts": list(x.counts), "scale": x.scale}


def read_histogram(x: dict[str, Any]) -> Histogram:
    """The histogram of such plain data."""
    return Histogram(tuple(map(float, x["edges"])), tuple(x["counts"]), x["scale"])


def _grid(x: Grid) -> dict[str, Any]:
    return {
        "name": x.name,
        "x_edges": list(x.x_edges),
        "y_edges": list(x.y_edges),
        "counts": [list(row) for row in x.counts],
        **_beside(x),
    }


def _beside(x: Series | Grid) -> dict[str, int]:
    return {key: getattr(x, key) for key in _BESIDE}


def plots_schema() -> Schema:
    """The schema of `plots`."""
    counts = dict.fromkeys(_BESIDE, COUNT)
    edges, filled = {**list_of(FINITE), "minItems": 2}, {"minItems": 1}
    rows = {**list_of({**list_of(COUNT), **filled}), **filled}
    means = {**list_of({**list_of(FINITE), **filled}), **filled}
    parts = {
        "axis": TEXT,
        "series": {**list_of(object_of({"name": TEXT, "histogram": ref("histogram"), **counts})), **filled},
        "grids": {**list_of(object_of({"name": TEXT, "x_edges": edges, "y_edges": edges, "counts": rows, **counts})), **filled},
        "parts": {**list_of(object_of({"name": TEXT, "means": means})), **filled},
    }
    return list_of(object_of({"kind": {"enum": list(PLOTS)}, **parts}, optional=tuple(parts)))


def read_plot(x: dict[str, Any]) -> Plot:
    """The plot of such plain data."""
    return Plot(
        x["kind"],
        tuple(Series(s["name"], read_histogram(s["histogram"]), s["outside"], s["lost"]) for s in x.get("series", ())),
        tuple(_read_grid(g) for g in x.get("grids", ())),
        tuple(Parts(p["name"], tuple(tuple(map(float, row)) for row in p["means"])) for p in x.get("parts", ())),
        x.get("axis", ""),
    )


def _read_grid(x: dict[str, Any]) -> Grid:
    x_edges, y_edges = (tuple(map(float, x[key])) for key in ("x_edges", "y_edges"))
    return Grid(x["name"], x_edges, y_edges, tuple(map(tuple, x["counts"])), x["outside"], x["lost"])


def undrawable(report: Report) -> str:
    """The first plot of a report that cannot be drawn, and why; empty without one. A schema cannot say this."""
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
