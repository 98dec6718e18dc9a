"""What a report says of the file of --per-sample that was written with it."""

from __future__ import annotations

import os

from losscli.core.records import replace
from losscli.engine.evaluate import Evaluation
from losscli.output.files import STDOUT, Outputs
from losscli.report.model import Report, Samples
from losscli.run.request import Request


def written_samples(request: Request, out: Outputs, outcome: Evaluation) -> Samples | None:
    """The finished file and its digest; None of a stream."""
    path = request.per_sample
    if path is None or path in STDOUT:
        return None
    from losscli.run.baseline_files import file_digest  # late: most runs write no samples

    part = next((file.part for file in out.files if file.path == path and not file.device), None)
    return None if part is None else Samples(path, file_digest(str(part), written=True), outcome.tally.rows)


def placed(report: Report, samples: Samples | None, path: str) -> Report:
    """The report to be written to `path`, with the way from there to the samples; an empty path is this folder."""
    if samples is None:
        return report
    folder = "." if path in ("", *STDOUT) else os.path.dirname(path) or "."
    try:
        way = os.path.relpath(samples.path, folder)
    except ValueError:  # another drive
        way = os.path.abspath(samples.path)
    return replace(report, samples=replace(samples, path=way.replace(os.sep, "/")))
