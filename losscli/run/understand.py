"""Recipes, gates and outputs of a request, parsed before any file is read; all mistakes are reported at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.core.records import dataclass, replace
from losscli.core.workflow import step_summary
from losscli.reading.implied import needs_matching
from losscli.report import packaged
from losscli.report.calibration import STATS
from losscli.report.formats import FORMATS, SUFFIXES, by_suffix, properties
from losscli.report.model import CLASS
from losscli.run.declared import choose
from losscli.run.request import Request
from losscli.run.unused import refuse_unused
from losscli.spec.family import Family
from losscli.spec.recipe import Recipe, parse_all

if TYPE_CHECKING:
    from losscli.report.asked_gates import AskedGate
    from losscli.report.gates import Gate
    from losscli.run.plots import AskedPlot

CHEAP = frozenset({"value", "mean", "sum", "n", "nonfinite", "coverage", *STATS})
"""Statistics that need no distribution of the samples."""


@dataclass(frozen=True)
class Understood:
    """The recipes, the gates, and the report files as (format, path)."""

    recipes: tuple[Recipe, ...]
    gates: tuple[Gate, ...]
    files: tuple[tuple[str, str], ...]
    plots: tuple[AskedPlot, ...] = ()
    images: str = ""
    """The folder of the images on which the worst samples are drawn; empty for none."""


def understand(request: Request, family: Family) -> Understood:
    """Recipes, gates and outputs. Raises UsageError for every mistake in them."""
    errors: list[UsageError] = []
    recipes: list[Recipe] = []
    gates: list[Gate] = []
    limits: list[AskedGate] = []

    def collect(act: Callable[[], object]) -> None:
        try:
            act()
        except UsageError as e:
            errors.append(e)

    collect(lambda: recipes.extend(parse_all(request.losses, family, request.convention)))
    if not request.losses:
        fix = f"--loss NAME (repeatable); `losscli losses --family {family.name}` lists them"
        errors.append(UsageError("no loss given", fix=fix))
    files: list[tuple[str, str]] = []
    for text in request.outputs:
        collect(lambda text=text: files.append(report_file(text)))  # type: ignore[misc]
    collect(lambda: _refuse_outputs(request, recipes, files))
    plots: list[AskedPlot] = []
    if request.plots:
        from losscli.run.plots import asked_plots

        collect(lambda: plots.extend(asked_plots(request, _shown(request, files))))
    images: list[str] = []
    if request.formats.get("images"):
        from losscli.run.drawn_samples import folder_of

        collect(lambda: images.append(folder_of(request, _shown(request, files))))
    collect(lambda: _refuse_ids(request, recipes, files))
    collect(lambda: _refuse_on_cluster(request))
    collect(lambda: _refuse_per_class(request))
    collect(lambda: _refuse_calibration(request))
    collect(lambda: _refuse_state(request, recipes))
    collect(lambda: _refuse_baseline(request))
    collect(lambda: refuse_unused(request))
    collect(lambda: limits.extend(_limits(request, recipes)))
    if recipes:
        collect(lambda: gates.extend(_gates(request, family, recipes, (*request.asked_gates, *limits))))
    raise_all(errors)
    return Understood(tuple(recipes), tuple(gates), tuple(files), tuple(plots), "".join(images))


def _limits(request: Request, recipes: Sequence[Recipe]) -> tuple[AskedGate, ...]:
    if request.max_regression is None and request.max_change is None:
        return ()
    from losscli.run.limits import limits

    return limits(request, recipes)


def _gates(request: Request, family: Family, recipes: Sequence[Recipe], asked: Sequence[AskedGate]) -> tuple[Gate, ...]:
    if not asked:
        return ()
    from losscli.report.gate_names import GateNames
    from losscli.report.gates import parse_all, reads_interval

    matched, calibrated = _may_match(request, family), request.calibration is not None
    names = GateNames.of(recipes, family, request.convention, request.reduction, matched, calibrated)
    found = parse_all(asked, names, request.groups, request.baseline is not None)
    unknown = next((g for g in found if request.ci is None and reads_interval(g)), None)
    if unknown is not None:
        raise UsageError(f"{unknown.asked.spelled} reads a confidence interval", unknown.asked.where, "omit --ci none")
    return found


def report_file(text: str) -> tuple[str, str]:
    """`FORMAT=FILE`, or a file whose suffix says its format, as (format, path). Raises UsageError for anything else.

    Markdown for the file of the step's summary keeps within its limits.
    """
    head, equals, path = text.partition("=")
    if equals and path and (named := choose(head, dict.fromkeys(FORMATS, ()))):
        return "summary" if named == "md" and path == step_summary() else named, path
    suffixed = by_suffix(text)
    if suffixed and (not equals or not head.isalpha()):
        return suffixed, text
    if equals and path and (named := choose(head, dict.fromkeys(packaged.names(), ()))):
        return named, path
    if equals and path and head.isalpha():
        raise UsageError(f"--output: unknown format {visible(head)!r}{nearest(head, FORMATS)}", fix=f"one of {', '.join(FORMATS)}")
    fix = f"FORMAT=FILE with one of {', '.join(FORMATS)}, or a file ending in {', '.join(SUFFIXES)}"
    raise UsageError(f"--output {visible(text)!r} names no format", fix=fix)


def _shown(request: Request, files: Sequence[tuple[str, str]]) -> list[str]:
    """The formats in which the report is shown."""
    stdout = [request.format] if request.format and not request.score_only else []
    return [*(fmt for fmt, _ in files), *stdout, *request.shown]


def written(request: Request) -> list[str]:
    """Every file that a request writes. Raises UsageError for a report without a format."""
    reports = (report_file(text)[1] for text in request.outputs)
    plots = (text.partition("=")[2] for text in request.plots)
    named = (*reports, *plots, request.per_sample, request.list_unmatched, request.gradients)
    return [path for path in named if path and path != "-"]


def _refuse_outputs(request: Request, recipes: list[Recipe], files: list[tuple[str, str]]) -> None:
    if request.per_sample:
        from losscli.output.per_sample import suffix_of

        suffix_of(request.per_sample)
    printed = sum((bool(request.format), *(path == "-" for _, path in files)))
    if request.per_sample == "-" and (printed or request.score_only):
        raise UsageError("stdout cannot take both samples and a report", fix="write the report to a file with -o FORMAT=FILE")
    if printed > 1:
        raise UsageError("stdout cannot take two reports", fix="write one of them to a file with -o FORMAT=FILE")
    if request.list_unmatched:
        from losscli.output import unmatched

        unmatched.suffix_of(request.list_unmatched)
        if request.reading.matching is None and request.reading.implied is None:
            raise needs_matching("--list-unmatched")
    if request.style.findings == "worst" and not request.worst:
        raise UsageError("--findings worst lists the samples of --worst, which is not given", fix="add --worst K")
    if request.loss_map is not None:
        from losscli.run.loss_maps import refuse

        refuse(request, recipes)
    if request.gradients and len(request.losses) != 1:
        raise UsageError("--gradients takes one loss", fix="combine terms in one recipe: --loss dice+ce")
    flags = {"--gradients": request.gradients, "--grad-stats": request.grad_stats, "--budget": request.budget}
    asked = [flag for flag, on in flags.items() if on]
    if asked and request.reading.penalized:
        what = f"{asked[0]} is of pairs, so --unmatched penalize does not go with it"
        raise UsageError(what, fix=f"omit {asked[0]} or --unmatched")
    if request.gradients and recipes:
        from losscli.engine import gradients

        gradients.refuse(recipes[0], request.gradients)


def _refuse_ids(request: Request, recipes: Sequence[Recipe], files: Sequence[tuple[str, str]]) -> None:
    """Raise UsageError for losses whose ids one of the formats cannot write."""
    from losscli.report import render

    for name in dict.fromkeys((*(fmt for fmt, _ in files), *([] if request.score_only else [request.format]))):
        render.refuse([x.id for x in recipes], name)


def _may_match(request: Request, family: Family) -> bool:
    """Whether boxes are matched, as far as that is known before the files are read."""
    return request.reading.matching is not None or (family.match is not None and request.reading.implied is not None)


def needing_matching(request: Request, asked: Understood) -> Request:
    """The request, to be refused where an output or a gate needs boxes to be matched and the files imply no matching."""
    error = needs_matching("--list-unmatched") if request.list_unmatched else None
    if error is None and asked.gates:
        from losscli.report.gates import unmatched

        error = unmatched(asked.gates)
    return request if error is None else replace(request, reading=request.reading.needing(error))


def _refuse_per_class(request: Request) -> None:
    if request.per_class and CLASS in request.reading.groups:
        option = "--by" if CLASS in request.reading.by else "--bins"
        raise UsageError(f"{option} {CLASS} and --per-class both make groups named `{CLASS}`", fix="use only one of them")
    if request.per_class and request.grad_stats:
        raise UsageError("--grad-stats has no statistics per class", fix="use --per-class and --grad-stats in separate runs")


def _refuse_state(request: Request, recipes: Sequence[Recipe]) -> None:
    """Raise UsageError for what sums cannot say."""
    foreign = next((t.loss for r in recipes for _, t in r.terms if t.loss.origin), None)
    if request.state and foreign is not None:
        what = (
            f"--state cannot carry {visible(foreign.name)}: losscli merge would have to run its code in {visible(foreign.origin)}"
        )
        raise UsageError(what, fix="evaluate all rows in one run, without --state")


def _refuse_calibration(request: Request) -> None:
    if request.budget and request.per_class:
        what = "--budget reports what each class carries of the losses, not of the losses of single classes"
        raise UsageError(what, fix="use --per-class and --budget in separate runs")
    if request.calibration is not None and request.per_class:
        what = "--calibration is of all classes together: among the rows of one class every outcome is the same"
        raise UsageError(what, fix="use --per-class and --calibration in separate runs")
    if request.calibration is not None and request.conventions.multilabel:
        what = "--calibration reads scores of exclusive classes, and --multilabel says that they are independent"
        raise UsageError(what, fix="give the scores and labels of one class, with --col scores=NAME --col label=NAME")


def _refuse_baseline(request: Request) -> None:
    """Raise UsageError where nothing can be compared with a baseline."""
    if request.unpaired and request.baseline is not None and not _a_report(request.baseline):
        raise UsageError("--unpaired compares with a report", fix="give a JSON report of the other evaluation as --baseline")
    if request.baseline is not None and "-" in (request.target, request.baseline):
        raise UsageError("with --baseline TARGET is read twice, so that neither can be stdin", fix="write it to a file")


def _a_report(baseline: object) -> bool:
    """Whether a baseline is a report, or a file that is not there."""
    from losscli.run.baseline_files import REPORT, kind_of  # late: few runs ask

    return isinstance(baseline, str) and (not os.path.exists(baseline) or kind_of(baseline) == REPORT)


def _refuse_on_cluster(request: Request) -> None:
    """Raise UsageError for what workers cannot do, or if there is no such cluster."""
    if request.cluster is None:
        return
    from losscli.cluster import dask

    dask.parse(request.cluster)
    written = {"--per-sample": request.per_sample, "--gradients": request.gradients, "--loss-map": request.loss_map}
    option = next((flag for flag, path in written.items() if path), "")
    if option:
        raise UsageError(f"{option} writes rows in their order, which cannot run on a cluster", fix="omit --cluster")
    if "-" in (request.pred, request.target):
        raise UsageError("the workers of a cluster cannot read stdin", fix="write it to a file that all workers can read")


def spread_wanted(request: Request, asked: Understood) -> bool:
    """Whether any output shows more than values, sums and counts."""
    stats = {part.stat for g in asked.gates for part in g.parts}
    judged = any(g.asked.on == "ci" for g in asked.gates)
    shown = not request.score_only or bool(request.outputs) or bool(request.plots)
    return judged or shown or request.worst > 0 or request.best > 0 or not stats <= CHEAP


def digests_wanted(request: Request, asked: Understood) -> bool:
    """Whether any report shows the inputs' digests."""
    return any(properties(fmt).hashed for fmt in _shown(request, asked.files))
