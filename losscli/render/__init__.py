"""Turns a report into text: one small file per format, loaded when it is asked for. Writes no file and judges nothing."""

from __future__ import annotations

from importlib import import_module

from losscli.errors import UsageError, nearest, visible
from losscli.render.score import score_only
from losscli.render.style import Style
from losscli.render.words import gate_line
from losscli.report import Report

__all__ = ["FORMATS", "HASHED", "Style", "gate_line", "render", "score_only"]

FORMATS = {
    "table": "losscli.render.table",
    "plain": "losscli.render.plain",
    "json": "losscli.render.json",
    "csv": "losscli.render.csv",
    "md": "losscli.render.md",
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
