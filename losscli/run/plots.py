"""The plots of --plot: what is asked for, and the files that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, UsageError, Where, nearest, visible
from losscli.core.records import dataclass, replace
from losscli.pictures.files import check, content
from losscli.report.formats import properties
from losscli.spec import registry
from losscli.spec.plot_kinds import BINS, COUNTED, PLOTS, kind_of, plots_of

if TYPE_CHECKING:
    from losscli.engine.evaluate import Evaluation
    from losscli.engine.plan import Plan
    from losscli.output.files import Output
    from losscli.reading.aligned import Inputs
    from losscli.report.model import Report
    from losscli.run.request import Request

_OMIT = "omit it, or evaluate a loss with one"


@dataclass(frozen=True)
class AskedPlot:
    """A plot and its file; suffix: the kind of picture. Both are empty for a plot that reports show alone."""

    kind: str
    path: str
    suffix: str


def plot_file(text: str, family: str) -> AskedPlot:
    """`KIND` or `KIND=FILE` of --plot.

    Raises UsageError for a kind that the family lacks, and for a suffix whose extra is missing.
    """
    kind, equals, path = text.partition("=")
    known = plots_of(family)
    if equals and not path:
        raise UsageError(f"--plot {visible(text)!r} is not KIND=FILE", fix=f"for example --plot {known[0]}={known[0]}.svg")
    if kind not in PLOTS:
        raise UsageError(f"--plot: unknown kind {visible(kind)!r}{nearest(kind, known)}", fix=f"{family} has {', '.join(known)}")
    if kind not in known:
        raise UsageError(f"--plot: {family} has no {kind}, which is of {', '.join(PLOTS[kind])}", fix=f"it has {', '.join(known)}")
    return AskedPlot(kind, path, check(path) if path else "")


def asked_plots(request: Request, shown: Sequence[str]) -> tuple[AskedPlot, ...]:
    """The plots of a request. shown: the formats of its reports.

    Raises UsageError for what cannot be drawn, as far as it is known before the files are read.
    """
    found = tuple(plot_file(text, request.family) for text in request.plots)
    if not any(properties(name).plots for name in shown):
        for x in found:
            if not x.path:
                what = f"--plot {x.kind} names no file, and no report of this run shows plots"
                raise UsageError(what, fix=f"for example --plot {x.kind}={x.kind}.svg, or -o report.html")
    if any(x.kind == "groups" for x in found) and not request.groups:
        raise UsageError("--plot groups draws groups, and there are none", fix="add --by COL or --bins COL:EDGE,…")
    if any(x.kind == "budget" for x in found) and not request.budget:
        raise UsageError("--plot budget draws the shares of --budget, which is not given", fix="add --budget")
    return found


def calibrated(request: Request) -> Request:
    """The request, with --calibration where a plot shows it."""
    asked = request.calibration is None and "reliability" in _kinds(request)
    return replace(request, calibration=BINS) if asked else request


def roles_wanted(request: Request) -> tuple[str, ...]:
    """The roles that plots look for besides those of the losses."""
    family = registry.load(request.family)
    return tuple(role for kind in _kinds(request) if kind in family.plots for role in family.plots[kind].wants)


def with_plots(request: Request, plan: Plan, inputs: Inputs) -> Plan:
    """The plan with the plots that are counted. Raises UsageError or DataError where the inputs or losses have nothing to count."""
    kinds = tuple(kind for kind in _kinds(request) if kind in COUNTED)
    for kind in kinds:
        plotted = inputs.family.plots.get(kind)
        if plotted is not None and not plotted.roles(inputs.available()):
            raise DataError(f"--plot {kind} does not find what it reads", Where(inputs.pred.path), plotted.fix)
        if plotted is not None and plotted.of_losses and not any(plan.per_row(r) for r in plan.recipes):
            raise UsageError(f"--plot {kind} draws losses of rows, and no loss of this run has a value per row", fix=_OMIT)
    return replace(plan, plots=kinds)


def _kinds(request: Request) -> list[str]:
    return list(dict.fromkeys(map(kind_of, request.plots)))


def plotted(plots: Sequence[AskedPlot], outcome: Evaluation, report: Report) -> Report:
    """The report with what its plots are drawn from, each kind once."""
    from losscli.report.plot_counts import plot_of

    kinds = dict.fromkeys(x.kind for x in plots)
    return replace(report, plots=tuple(plot_of(kind, outcome, report) for kind in kinds))


def draw(files: Sequence[tuple[AskedPlot, Output]], report: Report) -> None:
    """Draw every plot into its file."""
    from losscli.report.plots import picture

    by_kind = {plot.kind: plot for plot in report.plots}
    for asked, file in files:
        file.write(content(picture(by_kind[asked.kind], report), asked.suffix))
