"""The table for a terminal: split into bands where the terminal is too narrow, and into `name: value` lines where that would
take too many bands. Nothing is ever left out but histograms, where they alone would be too many."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from losscli.report.model import Report
from losscli.report.render import cells
from losscli.report.render.budget import budgets
from losscli.report.render.budget import sentences as spent
from losscli.report.render.calibration import calibrations
from losscli.report.render.differences import differences, sensitivity
from losscli.report.render.style import Style
from losscli.report.render.words import facts, gate_sentences, read_columns
from losscli.report.render.wrap import wrap

_GAP = 2
_MOST_BANDS = 3
_VERDICTS = {"PASS": "green", "WARN": "bold magenta", "INCONCLUSIVE": "bold magenta", "FAIL": "bold red"}
"""Warnings are magenta: yellow is hard to read on a light background."""


def render(report: Report, style: Style) -> str:
    parts: list[list[RenderableType]] = []
    if not style.quiet:
        parts.append([_text(" · ".join(facts(report)), style, "dim")])
    parts.append(_grid(cells.losses(report, style, every=False, terms=True), style))
    slopes = cells.gradients(report, style)
    if slopes.rows:
        parts.append(_grid(slopes, style))
    columns = len(report.groups[0].by) if report.groups else 0
    titled = [cells.named(g, columns) for g in cells.by_group(report, style)] + cells.boxes(report, style)
    titled = budgets(report, style) + titled + cells.worst_by_loss(report, style)
    titled = differences(report, style) + calibrations(report, style) + titled
    parts += [[_text(g.title, style, "bold"), *_grid(g, style)] for g in titled]
    if report.budget is not None:
        parts.append([_text(line, style) for line in spent(report)])
    if report.gates:
        parts.append([_gate(verdict, sentence, style) for verdict, sentence in gate_sentences(report.gates, style.digits)])
    if not style.quiet:
        parts.append([_text(line, style, "dim") for line in (*sensitivity(report), *read_columns(report))])
    shown = "\n\n".join("\n".join(_drawn(x, style) for x in part) for part in parts)
    return style.spell(shown + "\n")


def _text(words: str, style: Style, look: str = "") -> Text:
    return Text("\n".join(wrap(words, style.width)), style=look)


def _gate(verdict: str, sentence: str, style: Style) -> Text:
    out = _text(f"{verdict} {sentence}", style)
    out.stylize(_VERDICTS[verdict], 0, len(verdict))
    return out


def _grid(g: cells.Grid, style: Style) -> list[RenderableType]:
    if style.width is None:
        return [_table(g)]
    bands = _bands(g, style.width)
    if g.drawn and not 1 <= len(bands) <= _MOST_BANDS:
        return _grid(_band(g, range(len(g.header) - 1)), style)
    if not 1 <= len(bands) <= _MOST_BANDS:
        return list(_stacked(g, style))
    tables = [_table(band) for band in bands]
    return [tables[0], *(x for t in tables[1:] for x in (Text(), t))]


def _bands(g: cells.Grid, width: int) -> list[cells.Grid]:
    """The columns in as few tables as fit, each beginning with the first column; none where not even two columns fit."""
    rows = (g.header, *g.rows)
    wide = [max(cell_len(row[i]) for row in rows) + _GAP for i in range(len(g.header))]
    groups: list[list[int]] = [[]]
    left = width - wide[0] + _GAP
    for i in range(1, len(wide)):
        if wide[i] > left:
            groups.append([])
            left = width - wide[0] + _GAP
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


def _table(g: cells.Grid) -> Table:
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold")
    for i, name in enumerate(g.header):
        out.add_column(Text(name), justify="left" if i in g.texts else "right", no_wrap=True)
    for row in g.rows:
        out.add_row(*(Text(cell) for cell in row))
    return out


def _stacked(g: cells.Grid, style: Style) -> list[Text]:
    """A block per row: its first cell, and a line for every other cell that is not empty."""
    out = []
    for row in g.rows:
        head = row[0] if 0 in g.texts else f"{g.header[0]} {row[0]}"
        inset = " " * (len(head) - len(head.lstrip()) + 2)
        out.append(_text(head, style, "bold"))
        out += [_text(f"{inset}{name}: {cell}", style) for name, cell in zip(g.header[1:], row[1:], strict=True) if cell]
    return out


def grid_lines(g: cells.Grid, style: Style) -> list[str]:
    """A grid as lines of a terminal."""
    return [line for part in _grid(g, style) for line in _drawn(part, style).split("\n")]


def _drawn(what: RenderableType, style: Style) -> str:
    """The text of one part. Size, colour and terminal are given, so that no environment variable has an effect."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=1_000_000,
        height=1_000,
        force_terminal=style.color,
        force_jupyter=False,
        color_system="standard" if style.color else None,
        no_color=not style.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(what, soft_wrap=not isinstance(what, Table))
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))
