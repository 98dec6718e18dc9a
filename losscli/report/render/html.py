"""A page of HTML with one or several checks: one file that needs nothing else, or a folder with style, script and images as files.

It reads without style and script, and has a policy that lets nothing else run or load. Its size does not grow with the rows: tables
lose rows and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli.report.render.findings import Check
from losscli.report.render.page import fitted, layout
from losscli.report.render.style import Style

MOST_BYTES = 150_000
"""The most bytes of a page with one check, images aside."""

MOST_OF_ALL = 5_000_000
"""The most bytes of a page with many checks."""


def render_checks(checks: Sequence[Check], style: Style) -> str:
    return _page(checks, style, layout.ONE_FILE)


def render_folder(checks: Sequence[Check], style: Style) -> Mapping[str, bytes]:
    """The files of the page by their path in the folder."""
    return {**layout.files(), layout.INDEX: _page(checks, style, layout.FOLDER).encode()}


def _page(checks: Sequence[Check], style: Style, form: layout.Layout) -> str:
    frame = len(layout.page(fitted.title(checks), [], form).encode())
    room = min(MOST_BYTES, MOST_OF_ALL // len(checks)) - frame
    return layout.page(fitted.title(checks), fitted.body(checks, style, room), form)
