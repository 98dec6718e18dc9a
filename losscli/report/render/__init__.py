"""Renders reports as text: one small file per format, loaded when needed. Writes no files and judges no gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from losscli.core.errors import UsageError, nearest, visible
from losscli.report.formats import FORMATS
from losscli.report.model import Report
from losscli.report.render.findings import Check, check_of
from losscli.report.render.score import score_only
from losscli.report.render.style import Style
from losscli.report.render.words import gate_lines

__all__ = ["FORMATS", "Style", "gate_lines", "refuse", "render", "render_check", "render_checks", "render_folder", "score_only"]


def render(report: Report, name: str, style: Style | None = None) -> str:
    """The report as text in the named format, which may be one of another package."""
    style = style or Style()
    if name not in FORMATS:
        return _by_another(report, name)
    if FORMATS[name].checks:
        return render_checks([check_of(report)], name, style)
    text: str = import_module(FORMATS[name].module).render(report, style)
    return text


def render_checks(checks: Sequence[Check], name: str, style: Style | None = None) -> str:
    """Several reports, or the errors in place of them, as one text in a format that shows checks."""
    text: str = import_module(FORMATS[name].module).render_checks(checks, style or Style())
    return text


def render_folder(checks: Sequence[Check], name: str, style: Style | None = None) -> Mapping[str, bytes]:
    """The same as the files of a folder, by their paths in it, in a format that may be one."""
    files: Mapping[str, bytes] = import_module(FORMATS[name].module).render_folder(checks, style or Style())
    return files


def render_check(check: Check, name: str, style: Style | None = None) -> str:
    """One check with a report, or an error where the format shows those, as text in the named format."""
    if name in FORMATS and FORMATS[name].checks:
        return render_checks([check], name, style)
    if check.report is None:
        raise ValueError(f"{name} shows no errors")
    return render(check.report, name, style)


def refuse(ids: Sequence[str], name: str) -> None:
    """Raise UsageError for losses whose ids a format cannot write."""
    if name in FORMATS and FORMATS[name].machine:
        check = getattr(import_module(FORMATS[name].module), "refuse", None)
        if check is not None:
            check(ids)


def _by_another(report: Report, name: str) -> str:
    from losscli.report import packaged

    found = packaged.named(name)
    if found is None:
        raise UsageError(f"unknown format {visible(name)!r}{nearest(name, FORMATS)}", fix=f"formats: {', '.join(FORMATS)}")
    return found.render(report)
