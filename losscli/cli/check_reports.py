"""The reports of all checks of a run together: files of --output, and the annotations and the step's summary in GitHub Actions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from losscli.cli.check_folder import here, inside
from losscli.core.errors import DataError, UsageError, raise_all
from losscli.core.records import dataclass, replace
from losscli.core.workflow import on_github
from losscli.report.formats import FORMATS, properties
from losscli.run.options import OutputOptions

if TYPE_CHECKING:
    from losscli.cli.check_process import Finished
    from losscli.report.render import Style
    from losscli.report.render.findings import Check
    from losscli.run.checks import ReportFile


@dataclass(frozen=True)
class Reports:
    """What is written of all checks. files: by format and path; annotating: whether their annotations are printed."""

    files: tuple[tuple[str, str], ...]
    style: Style
    annotating: bool

    @property
    def paths(self) -> Mapping[str, str]:
        """Each file by its real path, with the option that names it."""
        return {os.path.realpath(path): f"--output {name}={path}" for name, path in self.files if path != "-"}

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of the files."""
        return tuple(name for name, _ in self.files)

    @contextmanager
    def opened(self, inputs: Sequence[str]) -> Iterator[list[ReportFile]]:
        """The files, which are complete at the end, or absent if the checks end with an error."""
        from losscli.cli import exits
        from losscli.output.files import Outputs
        from losscli.run.checks import opened

        with Outputs(inputs, exits.Stdout()) as out:
            yield [opened(out, name, path) for name, path in self.files]
            out.commit()

    def write(self, files: Sequence[ReportFile], folder: str, ended: Sequence[Finished]) -> None:
        """Write the checks to the files; paths in the reports are relative to a folder."""
        from losscli.cli import github

        checks = [as_check(x) for x in ended]
        with inside(folder):
            for file in files:
                file.write(checks, self.style)
            if self.annotating:
                github.annotate(checks, self.style)


def asked(output: OutputOptions, style: Style) -> Reports:
    """What the options of `check` ask for. Raises UsageError for a format of one report."""
    from losscli.run.understand import report_file

    files, errors = [], []
    for text in output.outputs:
        try:
            name, path = report_file(text)
            if not properties(name).checks:
                what = f"--output: {name} is a report of one check, and `check` writes one of all checks"
                all_ = ", ".join(x for x, f in FORMATS.items() if f.checks)
                raise UsageError(what, fix=f"use one of {all_}, or the key `output` of a check")
            files.append((name, path))
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    if not (output.github and on_github()):
        return Reports(tuple(files), style, False)
    from losscli.cli import github

    files += [report_file(text) for text in github.summary_output(output.outputs)]
    return Reports(tuple(files), github.with_room(style), not github.shown(output.outputs))


def each(output: OutputOptions) -> OutputOptions:
    """The options that every check has too."""
    return replace(output, outputs=OutputOptions().outputs, github=OutputOptions().github)


def as_check(done: Finished) -> Check:
    """A check with its report, or with the error that ended it, placed in the configuration file if nowhere else."""
    from losscli.report.render.findings import Check

    if done.report is not None and done.error is None:
        return Check(done.check.name, done.report, drawn=done.drawn)
    lines = [line.strip() for line in done.err.splitlines()] or ["it was not evaluated"]
    error = done.error or DataError(lines[0].removeprefix(f"error: {done.check.name}: "))
    return Check(done.check.name, error=error, where=here(done.check.where))
