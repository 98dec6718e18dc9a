"""The summary of a step on GitHub: Markdown that stays within the size that GitHub shows, and says what was cut to do so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losscli.report.render.findings import Check
from losscli.report.render.md import SAMPLES, SLICES, Section, compared, details, escape, facts_of, item, losses, said
from losscli.report.render.style import Style
from losscli.report.render.words import text

STEPS = (1000, 300, 100, 30, 10, 3, 0)
"""The rows that tables keep, tried in turn until the page is small enough."""

FIRST = (SLICES, SAMPLES)
"""The kinds of sections that are cut first."""

CUT = "GitHub shows no summary above 1 MiB"


def render_checks(checks: Sequence[Check], style: Style) -> str:
    parts = [part for check in checks for part in _parts(check, style)]
    for most, kinds in ((None, FIRST), *((n, FIRST) for n in STEPS), *((n, None) for n in STEPS)):
        page = _page(parts, most, kinds, style.room)
        if page is not None:
            return page
    return _clipped("".join(_blocks(parts, 0, None)), style.room)


def _parts(check: Check, style: Style) -> Iterator[str | Section]:
    """A heading with the verdict, then gates and warnings, the losses, details, and how the inputs were read."""
    verdict = "" if check.verdict == "none" else f": {check.verdict}"
    yield f"### losscli {escape(text(check.name))}{verdict}"
    if check.report is None:
        lines = check.error.lines() if check.error is not None else []
        yield Section("gates", tuple(item(text(line)) for line in lines))
        return
    yield from said(check.report, style)
    yield losses(check.report, style)
    yield from compared(check.report, style)
    yield from details(check.report, style)
    yield from facts_of(check.report)


def _page(parts: Sequence[str | Section], most: int | None, kinds: Sequence[str] | None, room: int) -> str | None:
    """The page, its sections of some kinds (or all) with at most so many rows; None if it needs more bytes than there are."""
    blocks = []
    for block in _blocks(parts, most, kinds):
        room -= len(block.encode())
        if room < 0:
            return None
        blocks.append(block)
    return "".join(blocks)


def _blocks(parts: Sequence[str | Section], most: int | None, kinds: Sequence[str] | None) -> Iterator[str]:
    for i, part in enumerate(parts):
        yield f"{_shown(part, most, kinds)}\n" if i == 0 else f"\n{_shown(part, most, kinds)}\n"


def _shown(part: str | Section, most: int | None, kinds: Sequence[str] | None) -> str:
    if isinstance(part, str):
        return part
    if most is None or len(part.rows) <= most or (kinds is not None and part.kind not in kinds):
        return part.text()
    note = f"*{len(part.rows) - most:,} {'more ' if most else ''}rows are left out: {CUT}.*"
    if most:
        return f"{part.text(part.rows[:most])}\n\n{note}"
    return f"#### {escape(part.heading)}\n\n{note}" if part.heading else note


def _clipped(page: str, room: int) -> str:
    """The first lines of a page that no cut of its tables makes small enough; nothing where not even the note fits."""
    note = f"\n*The rest is left out: {CUT}.*\n"
    left = room - len(note.encode())
    lines = []
    for line in page.splitlines(keepends=True):
        left -= len(line.encode())
        if left < 0:
            break
        lines.append(line)
    return "".join([*lines, note]) if left + 1 > 0 or lines else ""
