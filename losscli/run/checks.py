"""A run as a check of CI: by the name of the request, with its report or with the error in place of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from losscli.core.errors import LosscliError, described
from losscli.core.workflow import step_summary
from losscli.output.files import Output, Outputs
from losscli.report import render
from losscli.report.formats import properties
from losscli.report.model import Report
from losscli.report.render.findings import Check, check_of, name_of
from losscli.run.request import Request


def finished(report: Report) -> Check:
    """The check of a run that has a report."""
    return check_of(report)


def failed(request: Request, error: LosscliError) -> Check:
    """The check of a run that an error ended."""
    pred = request.pred if isinstance(request.pred, str) else ""
    return Check(request.name or name_of(request.family, pred), error=error, pred=pred)


def opened(out: Outputs, name: str, path: str) -> Output:
    """The file of a report: the summary of a step is appended to, and text for the runner of GitHub Actions stays as it is."""
    return out.open(path, append=path == step_summary(), raw=properties(name).commands)


@contextmanager
def errors_shown(request: Request, files: Sequence[tuple[str, Output]]) -> Iterator[None]:
    """Write an error to the files of formats that show errors; the others stay as they were."""
    try:
        yield
    except (LosscliError, MemoryError, OSError) as e:
        for name, file in files:
            if properties(name).checks:
                file.write(render.render_check(failed(request, described(e)), name, request.style))
                file.commit()
        raise
