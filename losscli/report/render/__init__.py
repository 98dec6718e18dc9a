"""Renders a report as text: one small file per format, loaded when needed. Writes no files and judges no gates."""

from __future__ import annotations

from importlib import import_module

from losscli.core.errors import UsageError, nearest, visible
from losscli.report.formats import FORMATS
from losscli.report.model import Report
from losscli.report.render.score import score_only
from losscli.report.render.style import Style
from losscli.report.render.words import gate_lines

__all__ = ["FORMATS", "Style", "gate_lines", "render", "score_only"]


def render(report: Report, name: str, style: Style | None = None) -> str:
    """The report as text in the named format."""
    if name not in FORMATS:
        raise UsageError(f"unknown format {visible(name)!r}{nearest(name, FORMATS)}", fix=f"formats: {', '.join(FORMATS)}")
    text: str = import_module(FORMATS[name].module).render(report, style or Style())
    return text
