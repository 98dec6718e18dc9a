"""A run as a check of CI: by the name of the request, with its report or with the error in place of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from losscli.core.errors import LosscliError, described
from losscli.core.records import dataclass, replace
from losscli.core.workflow import step_summary
from losscli.output.files import Output, Outputs
from losscli.output.folder import OutputFolder, is_folder
from losscli.report import render
from losscli.report.drawn import DrawnSamples
from losscli.report.formats import properties
from losscli.report.model import Report
from losscli.report.render.findings import Check, check_of, name_of
from losscli.report.render.style import Style
from losscli.run.request import Request


def finished(report: Report, drawn: DrawnSamples | None = None) -> Check:
    """The check of a run that has a report. drawn: its worst samples, where they were drawn."""
    return replace(check_of(report), drawn=drawn)


def failed(request: Request, error: LosscliError) -> Check:
    """The check of a run that an error ended."""
    pred = request.pred if isinstance(request.pred, str) else ""
    return Check(request.name or name_of(request.family, pred), error=error, pred=pred)


@dataclass(frozen=True)
class ReportFile:
    """A report being written: its format, and the file or folder."""

    format: str
    place: Output | OutputFolder

    @property
    def path(self) -> str:
        return self.place.path

    def write(self, checks: Sequence[Check], style: Style) -> None:
        """Set the content: one report, or several checks in a format that shows them."""
        if isinstance(self.place, OutputFolder):
            self.place.write(render.render_folder(checks, self.format, style))
        elif properties(self.format).checks:
            self.place.write(render.render_checks(checks, self.format, style))
        else:
            self.place.write(render.render_check(checks[0], self.format, style))


def opened(out: Outputs, name: str, path: str) -> ReportFile:
    """The file of a report, or the folder where its format may be one.

    The summary of a step is appended to, and text for the runner of GitHub Actions stays as it is.
    """
    if properties(name).folder and is_folder(path):
        out.refuse_twice(path)
        return ReportFile(name, out.add(OutputFolder(path, out.refuse)))
    return ReportFile(name, out.open(path, append=path == step_summary(), raw=properties(name).commands))


@contextmanager
def errors_shown(request: Request, files: Sequence[ReportFile]) -> Iterator[None]:
    """Write an error to the files of formats that show errors; the others stay as they were."""
    try:
        yield
    except (LosscliError, MemoryError, OSError) as e:
        for file in files:
            if properties(file.format).checks:
                file.write([failed(request, described(e))], request.style)
                file.place.commit()
        raise
