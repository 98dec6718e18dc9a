"""The table for a terminal: split into bands where the terminal is too narrow, and into `name: value` lines where that would
take too many bands. Nothing is ever left out but histograms, where they alone would be too many.

Drawn by hand: a rule and bold headers are all that it would have of rich, whose import is a sixth of the time of a small run.
"""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.text_width import cells as cell_len
from losscli.report.model import Report
from losscli.report.render import cells
from losscli.report.render.budget import budgets
from losscli.report.render.budget import sentences as spent
from losscli.report.render.calibration import calibrations
from losscli.report.render.differences import differences, sensitivity
from losscli.report.render.plain import GAP, lines
from losscli.report.render.style import Style
from losscli.report.render.words import facts, gate_sentences, read_columns
from losscli.report.render.wrap import wrap

_MOST_BANDS = 3
_BOLD, _DIM, _GREEN, _RED, _MAGENTA = "1", "2", "32", "1;31", "1;35"
_VERDICTS = {"PASS": _GREEN, "WARN": _MAGENTA, "INCONCLUSIVE": _MAGENTA, "FAIL": _RED}
"""Warnings are magenta: yellow is hard to read on a light background."""


def render(report: Report, style: Style) -> str:
    parts: list[list[str]] = []
    if not style.quiet:
        parts.append(_text(" · ".join(facts(report)), style, _DIM))
    parts.append(grid_lines(cells.losses(report, style, every=False, terms=True), style))
    slopes = cells.gradients(report, style)
    if slopes.rows:
        parts.append(grid_lines(slopes, style))
    columns = len(report.groups[0].by) if report.groups else 0
    titled = [cells.named(g, columns) for g in cells.by_group(report, style)] + cells.boxes(report, style)
    titled = budgets(report, style) + titled + cells.worst_by_loss(report, style)
    titled = differences(report, style) + calibrations(report, style) + titled
    parts += [[*_text(g.title, style, _BOLD), *grid_lines(g, style)] for g in titled]
    if report.budget is not None:
        parts.append([line for sentence in spent(report) for line in _text(sentence, style)])
    if report.gates:
        judged = gate_sentences(report.gates, style.digits)
        parts.append([line for verdict, sentence in judged for line in _gate(verdict, sentence, style)])
    if not style.quiet:
        parts.append([line for x in (*sensitivity(report), *read_columns(report)) for line in _text(x, style, _DIM)])
    return style.spell("\n\n".join("\n".join(part) for part in parts) + "\n")


def _text(words: str, style: Style, look: str = "") -> list[str]:
    return [_styled(line, style, look) for line in wrap(words, style.width)]


def _styled(text: str, style: Style, look: str) -> str:
    return f"\x1b[{look}m{text}\x1b[0m" if style.color and look and text else text


def _gate(verdict: str, sentence: str, style: Style) -> list[str]:
    first, *rest = wrap(f"{verdict} {sentence}", style.width)
    return [_styled(verdict, style, _VERDICTS[verdict]) + first[len(verdict) :], *rest]


def grid_lines(g: cells.Grid, style: Style) -> list[str]:
    """A grid as lines of a terminal."""
    if style.width is None:
        return _table(g, style)
    bands = _bands(g, style.width)
    if g.drawn and not 1 <= len(bands) <= _MOST_BANDS:
        return grid_lines(_band(g, range(len(g.header) - 1)), style)
    if not 1 <= len(bands) <= _MOST_BANDS:
        return _stacked(g, style)
    return "\n\n".join("\n".join(_table(band, style)) for band in bands).split("\n")


def _bands(g: cells.Grid, width: int) -> list[cells.Grid]:
    """The columns in as few tables as fit, each beginning with the first column; none where not even two columns fit."""
    rows = (g.header, *g.rows)
    wide = [max(cell_len(row[i]) for row in rows) + len(GAP) for i in range(len(g.header))]
    groups: list[list[int]] = [[]]
    left = width - wide[0] + len(GAP)
    for i in range(1, len(wide)):
        if wide[i] > left:
            groups.append([])
            left = width - wide[0] + len(GAP)
        if wide[i] > left:
            return []
        groups[-1].append(i)
        left -= wide[i]
    return [_band(g, (0, *group)) for group in groups if group]


def _band(g: cells.Grid, columns: Sequence[int]) -> cells.Grid:
    """Some columns, without the rows that are empty in them."""
    rows = [tuple(row[i] for i in columns) for row in g.rows]
    texts = frozenset(place for place, i in enumerate(columns) if i in g.texts)
    return cells.Grid(tuple(g.header[i] for i in columns), tuple(row for row in rows if any(row[1:])), texts)


def _table(g: cells.Grid, style: Style) -> list[str]:
    """The rows under a header and a rule of the width of the table."""
    header, *rows = lines(g)
    width = sum(max(map(cell_len, column)) + len(GAP) for column in zip(g.header, *g.rows, strict=True)) - len(GAP)
    return [_styled(header, style, _BOLD), "─" * width, *rows]


def _stacked(g: cells.Grid, style: Style) -> list[str]:
    """A block per row: its first cell, and a line for every other cell that is not empty."""
    out = []
    for row in g.rows:
        head = row[0] if 0 in g.texts else f"{g.header[0]} {row[0]}"
        inset = " " * (len(head) - len(head.lstrip()) + 2)
        out += _text(head, style, _BOLD)
        out += [x for name, cell in zip(g.header[1:], row[1:], strict=True) if cell for x in _text(f"{inset}{name}: {cell}", style)]
    return out
