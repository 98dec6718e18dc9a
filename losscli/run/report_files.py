"""Opens saved JSON reports, strictly, and renders them again. Evaluates nothing."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.json_objects import integer, no_constant, unique
from losscli.core.records import dataclass, replace
from losscli.core.seen_files import open_noted
from losscli.output.files import Outputs, Stream
from losscli.report import render
from losscli.report.model import Report
from losscli.report.read_report import read_report
from losscli.report.render.findings import check_of
from losscli.report.render.page import archive
from losscli.report.render.style import Style
from losscli.run.checks import opened
from losscli.run.packed_reports import decompressed
from losscli.run.samples_line import placed
from losscli.run.understand import report_file

STDIN = "-"
_FIX = "write it again with -o FILE.json"


@dataclass(frozen=True)
class Saved:
    """A report and the file that it was read from."""

    path: str
    data: dict[str, Any]
    report: Report

    @property
    def name(self) -> str:
        """What messages call it."""
        return _named(self.path)

    @property
    def samples(self) -> str:
        """The path of its samples from this folder; empty where it names none."""
        found = self.report.samples
        folder = "" if self.path == STDIN else os.path.dirname(self.path)
        return "" if found is None else os.path.normpath(os.path.join(folder, found.path))


def saved(path: str) -> Saved:
    """The report of a file, or of stdin. Raises DataError where it is not one."""
    try:
        if path == STDIN:
            raw = sys.stdin.buffer.read()
        else:
            with open_noted(path) as file:
                raw = file.read()
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or e}", Where(path), "give the JSON report of an evaluation") from None
    raw = decompressed(raw, "" if path == STDIN else path, _named(path))
    document = archive.extracted(raw, _named(path))
    try:
        data = json.loads(document.decode("utf-8-sig"), parse_int=integer, parse_constant=no_constant, object_pairs_hook=unique)
    except (ValueError, RecursionError) as e:
        what = "its values are nested too deeply" if isinstance(e, RecursionError) else visible(e)
        raise DataError(f"not a report: {what}", Where(_named(path)), _FIX) from None
    return Saved(path, data, read_report(data, _named(path)))


def _named(path: str) -> str:
    return "stdin" if path == STDIN else path


@dataclass(frozen=True)
class Rendering:
    """How a report is rendered again: the format of stdout, the files of --output, the look, and bare numbers instead."""

    format: str
    outputs: tuple[str, ...]
    style: Style
    score_only: bool = False
    digits: int | None = None


def rendered(path: str, asked: Rendering, stdout: Stream) -> tuple[Report, str]:
    """The report of a file and its text for stdout, as the evaluation printed it; the files are written.

    Raises UsageError where a format cannot show the report, DataError where the file is not a report.
    """
    files = [report_file(text) for text in asked.outputs]
    found = saved(path)
    report = found.report
    if asked.style.findings == "worst" and not report.worst:
        raise UsageError("--findings worst lists the samples of --worst, which the report does not have", fix="omit --findings")
    for name in dict.fromkeys((*(name for name, _ in files), *([] if asked.score_only else [asked.format]))):
        render.refuse([x.id for x in report.losses], name)
    samples = None if report.samples is None else replace(report.samples, path=found.samples)
    with Outputs([] if path == STDIN else [path], stdout) as out:
        for file in [opened(out, name, path) for name, path in files]:
            file.write([check_of(placed(report, samples, file.path))], asked.style)
        report = placed(report, samples, "")
        text = render.score_only(report, asked.digits) if asked.score_only else ""
        if asked.format and not asked.score_only:
            text = render.render_check(check_of(report), asked.format, asked.style)
        out.commit()
    return report, text
