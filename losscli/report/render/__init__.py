"""Turns a report into text: one small file per format, loaded when it is asked for. Writes no file and judges nothing."""

from __future__ import annotations

from importlib import import_module

from losscli.core.errors import UsageError, nearest, visible
from losscli.report.model import Report
from losscli.report.render.score import score_only
from losscli.report.render.style import Style
from losscli.report.render.words import gate_line

__all__ = ["FORMATS", "HASHED", "Style", "gate_line", "render", "score_only"]

FORMATS = {
    "table": "losscli.report.render.table",
    "plain": "losscli.report.render.plain",
    "json": "losscli.report.render.json",
    "csv": "losscli.report.render.csv",
    "md": "losscli.report.render.md",
}
"""Each format's module; a module has one `render(report, style) -> str`, whose text ends with a newline."""


HASHED = frozenset({"json"})
"""The formats that show the inputs' digests."""


def render(report: Report, name: str, style: Style | None = None) -> str:
    """The report as text in the named format."""
    if name not in FORMATS:
        raise UsageError(f"unknown format {visible(name)!r}{nearest(name, FORMATS)}", fix=f"there are {', '.join(FORMATS)}")
    text: str = import_module(FORMATS[name]).render(report, style or Style())
    return text
