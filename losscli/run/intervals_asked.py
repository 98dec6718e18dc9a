"""Which intervals a request asks for, and by what the totals behind them are collected."""

from __future__ import annotations

from losscli.reading.aligned import Inputs
from losscli.report.intervals import Asked
from losscli.run.request import Request

RESAMPLES = 1_000
"""Of a bootstrap, where nothing was said."""


def intervals_asked(request: Request, inputs: Inputs) -> Asked | None:
    """The intervals of a request; None where it asks for none."""
    return intervals_of(request, inputs.unit is not None, inputs.weight is not None)


def intervals_of(request: Request, units: bool, weighted: bool) -> Asked | None:
    """The same, given whether rows are grouped to units, and whether samples have weights."""
    if request.ci is None:
        return None
    drawn = request.resamples or RESAMPLES
    return Asked(request.ci, request.reduction, units, weighted, request.ci_method, drawn, request.seed)


def paired_by(request: Request) -> str:
    """What the totals of a run are collected by: targets where a baseline is of single samples, units where it is of predictions;
    nothing without one, unless a self-test draws units."""
    if request.baseline is None or request.unpaired:
        return "unit" if request.self_test else ""
    from losscli.run.baseline_files import PREDICTIONS, kind_of  # late: most runs have no baseline

    return "unit" if kind_of(request.baseline) == PREDICTIONS else "row"
