"""The tables of a calibration: its errors and parts, of all samples and of groups, and the bins of all samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from losscli.core.records import replace
from losscli.numerics.statistics.interval import Interval
from losscli.report.calibration import ERRORS, Bin, Calibration
from losscli.report.model import Report
from losscli.report.render.cells import Column, Grid, by_columns, grid_of
from losscli.report.render.style import Style
from losscli.report.render.words import interval, number, text
from losscli.spec.names import POSITIVE, PREDICTED

EVENTS: Mapping[str, str] = {POSITIVE: "the probability of class 1", PREDICTED: "the probability of the predicted class"}


def calibrations(report: Report, style: Style) -> list[Grid]:
    """The tables, each with a title; none without --calibration."""
    return list(_grids(report, style))


def _grids(report: Report, style: Style) -> Iterator[Grid]:
    found = report.calibration
    if found is None:
        return
    yield replace(grid_of(*_errors([found], style)), title=f"Calibration of {EVENTS[found.event]}")
    yield replace(_brier(found, style), title="Its Brier score, reliability - resolution + uncertainty + within bins")
    groups = [(g, g.calibration) for g in report.groups if g.calibration is not None]
    if groups:
        title = f"Calibration by {text(', '.join(report.groups[0].by))}"
        yield replace(grid_of(*by_columns([g for g, _ in groups]), *_errors([x for _, x in groups], style)), title=title)
    yield replace(_bins(found.bins, style), title=f"Reliability in {len(found.bins)} bins of equal width")


def _errors(found: Sequence[Calibration], style: Style) -> list[Column]:
    """A row per calibration. `by chance` is the ece that calibrated forecasts would have."""
    level = next((x.temperature_ci.level for x in found if isinstance(x.temperature_ci, Interval)), None)
    numbers = {**{key: [getattr(x, key) for x in found] for key in ERRORS}, "by chance": [x.chance for x in found]}
    order = ("ece", "by chance", *ERRORS[1:])
    return [
        Column("n", [f"{x.n:,}" for x in found]),
        *(Column(name, [number(x, style.digits) for x in numbers[name]]) for name in order),
        Column("temperature", [number(x.temperature, style.digits) for x in found]),
        *(
            []
            if level is None
            else [Column(f"{number(100 * level, 6)} % CI", [interval(x.temperature_ci, style.digits) for x in found])]
        ),
    ]


def _brier(x: Calibration, style: Style) -> Grid:
    """The Brier score and its parts, those within bins together."""
    parts = {"Brier": x.brier["score"], **{key: x.brier[key] for key in ("reliability", "resolution", "uncertainty")}}
    parts["within bins"] = x.brier["within_variance"] - x.brier["within_covariance"]
    return grid_of(*(Column(name, [number(value, style.digits)]) for name, value in parts.items()))


def _bins(found: Sequence[Bin], style: Style) -> Grid:
    """A row per bin that has rows: its edges, rows, mean probability, the share of the event, and by how much they differ."""
    some = [b for b in found if b.predicted is not None and b.observed is not None]
    weighted = any(b.weight != b.n for b in some)
    return grid_of(
        Column("above", [number(b.low, style.digits) for b in some]),
        Column("up to", [number(b.high, style.digits) for b in some]),
        Column("n", [f"{b.n:,}" for b in some]),
        *([Column("weight", [number(b.weight, style.digits) for b in some])] if weighted else []),
        Column("predicted", [number(b.predicted, style.digits) for b in some]),
        Column("observed", [number(b.observed, style.digits) for b in some]),
        Column("difference", [number((b.observed or 0.0) - (b.predicted or 0.0), style.digits) for b in some]),
    )
