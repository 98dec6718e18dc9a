"""The whole flow on one page: a request becomes a report, files and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from losscli.core.errors import GATE_FAILED, OK
from losscli.core.records import dataclass, replace
from losscli.core.seen_files import watching
from losscli.output.files import Outputs, Stream
from losscli.report import render
from losscli.report.drawn import DrawnSamples
from losscli.report.model import Report, Warned
from losscli.report.render.findings import Check
from losscli.report.summarise import summarise
from losscli.run.checks import ReportFile, errors_shown, finished, opened
from losscli.run.intervals_asked import intervals_asked, paired_by
from losscli.run.prepare import adopted, prepare
from losscli.run.request import Request, jobs, worker_options
from losscli.run.samples_line import placed, written_samples
from losscli.run.understand import digests_wanted, needing_matching, spread_wanted, understand
from losscli.run.work import Listener, evaluated, sample_sink


@dataclass(frozen=True)
class Result:
    """A judged report, what goes to stdout, and the exit code."""

    report: Report
    text: str
    exit_code: int
    drawn: DrawnSamples | None = None
    """The worst samples on their images, where they were asked for."""


@watching()
def run(request: Request, stdout: Stream | None = None, watch: Callable[[int], Listener] | None = None) -> Result:
    """Evaluate a request. Files are written whole at the end; raises LosscliError and then leaves nothing behind but the files of
    formats that show errors.

    watch: called with the row count; returns a progress listener.
    """
    if request.plots:
        from losscli.run.plots import calibrated

        request = calibrated(request)
    asked = understand(request, adopted(request))
    reports: list[ReportFile] = []
    with (
        Outputs((*request.inputs, *(path for recipe in asked.recipes for path in recipe.files)), stdout) as out,
        errors_shown(request, reports),
        ExitStack() as stack,
        np.errstate(all="ignore"),
    ):
        for fmt, path in asked.files:
            reports.append(opened(out, fmt, path))
        plots = [(plot, out.open(plot.path)) for plot in asked.plots if plot.path]
        ready = prepare(needing_matching(request, asked), asked.recipes)
        full = spread_wanted(request, asked)
        intervals, paired = full and request.ci is not None, paired_by(request)
        resampled = request.ci_method != "skew-t"
        plan = replace(
            ready.plan,
            full=full,
            intervals=intervals,
            resampled=resampled,
            paired=paired,
            slopes=request.grad_stats,
            termwise=request.terms,
        )
        plan = plan.exactly() if request.state else plan
        inputs = ready.inputs
        samples = sample_sink(request, plan, inputs, out, stack)
        loss_map = None
        if request.loss_map is not None:
            from losscli.run.loss_maps import map_folder

            loss_map = map_folder(out, request.loss_map)
        gradients = out.open(request.gradients) if request.gradients else None
        unmatched = out.open(request.list_unmatched) if request.list_unmatched else None
        outcome, digests = evaluated(request, plan, inputs, samples, digests_wanted(request, asked), stack, watch)
        written = None
        if samples:
            samples.finish(outcome.wholes)
            written = written_samples(request, out, outcome)
        if request.grad_stats:
            from losscli.engine.gradients import health

            outcome = health(outcome, inputs, jobs(request))
        notes = [Warned("reading", note) for note in ready.notes] + [Warned(code, message) for code, message in ready.warnings]
        wanted = intervals_asked(request, inputs) if intervals else None
        report = summarise(outcome, inputs, request.reduction, digests, notes, wanted)
        report = replace(report, check=request.name, options=request.options)
        base = None
        if request.baseline is not None:
            from losscli.run.baseline import against_baseline

            report, base = against_baseline(request, asked, outcome, inputs, report, digests_wanted(request, asked))
        if request.state:
            from losscli.report.state.sums import state_of

            report = replace(
                report, state=state_of(outcome, inputs, request.reduction, wanted, base, notes, request.reading.allowed)
            )
        if report.warnings:
            from losscli.run.guarded import guarded

            report = replace(report, warnings=guarded(report.warnings, request.reading))
        if asked.gates:
            from losscli.report.judging import judged

            report = judged(asked.gates, report)
            if request.self_test:
                from losscli.report.comparisons import Read
                from losscli.report.self_test import self_tested
                from losscli.run.baseline import tested

                report = self_tested(asked.gates, Read.of(outcome, inputs, report), tested(request))
        if unmatched is not None:
            from losscli.output.unmatched import listed

            unmatched.write(listed(inputs, unmatched.path))
        if loss_map is not None:
            from losscli.run.loss_maps import draw_maps

            draw_maps(outcome, inputs, loss_map)
        if gradients is not None:
            from losscli.output import gradient_file

            options = worker_options(request, asked.recipes)
            gradient_file.write(outcome, inputs, asked.recipes[0], gradients, request.gradients_dtype, **options)
        if asked.plots:
            from losscli.run.plots import draw, plotted

            report = plotted(asked.plots, outcome, report)
            draw(plots, report)
        drawn = None
        if asked.images:
            from losscli.run.drawn_samples import drawn_samples

            drawn = drawn_samples(asked.images, ready, report)
        for file in reports:
            file.write([finished(placed(report, written, file.path), drawn)], request.style)
        report = placed(report, written, "")
        text = stdout_text(finished(report, drawn), request)
        stack.close()
        out.commit()
    return Result(report, text, GATE_FAILED if report.verdict == "fail" else OK, drawn)


def stdout_text(check: Check, request: Request) -> str:
    """The text for stdout."""
    if request.score_only and check.report is not None:
        return render.score_only(check.report, request.score_digits)
    return render.render_check(check, request.format, request.style) if request.format else ""
