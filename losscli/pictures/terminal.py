"""Pictures as text of a bounded width: braille with box-drawing lines, or ASCII; in colour or with a letter on each line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from losscli.core.errors import visible
from losscli.core.text_width import cells
from losscli.pictures.dots import Dots
from losscli.pictures.frame import Frame, Point, clipped
from losscli.pictures.look import wrapped
from losscli.pictures.model import LEVELS, Band, Bars, Cells, Intervals, Line, Mark, Panel, Picture, Rug, Rule, Spans, style_of
from losscli.pictures.ticks import ticks

SIGNS = "⠿│└┬─┤┐●↑↓…"
"""What the encoding of a terminal needs for `signs=True`."""
ROWS, MOST, LEAST = 12, 100, 24
"""Rows of a panel, and the widest and narrowest picture in columns."""
COLORS = (34, 31, 0, 32, 35, 33, 36)
"""The ANSI colours nearest to those on paper; 0: the colour of the text."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw(picture: Picture, width: int, *, rows: int = ROWS, signs: bool = True, color: bool = False) -> str:
    """The picture as lines of text, none wider than `width` (at least 24 columns), with a newline after each.

    signs: whether the terminal's encoding has SIGNS. color: whether lines have ANSI colours.
    """
    width = max(LEAST, min(width, MOST))
    pen = Pen(signs, color)
    lined = [mark for mark in picture.legend() if isinstance(mark, Line)]
    letters = {(m.label, m.style): _LETTERS[i] for i, m in enumerate(lined[: len(_LETTERS)])} if len(lined) > 1 else {}
    out = [cut(line, width) for line in wrapped(picture.title, lambda line: cells(line) <= width)]
    out += [pen.legend(mark, letters.get((mark.label, style_of(mark)), ""), width) for mark in picture.legend()]
    left = max((cells(text) for panel in picture.panels for text in _y_texts(panel, rows)), default=0)
    left = min(left, max(6, width // 3))
    for panel in picture.panels:
        out += Drawn(panel, width, left, rows, pen, letters).lines()
    return "".join(f"{line.rstrip()}\n" for line in out)


def cut(text: str, width: int) -> str:
    """A text in at most so many columns."""
    text = visible(text, 1000)
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


class Pen:
    """The characters and colours of a terminal."""

    def __init__(self, signs: bool, color: bool) -> None:
        self.signs, self.color = signs, color

    def plain(self, text: str) -> str:
        """The text with no signs that the terminal lacks."""
        return text if self.signs else text.replace("…", "~")

    def colored(self, text: str, style: int) -> str:
        code = COLORS[style % len(COLORS)] if style >= 0 else 0
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code and text.strip() else text

    def legend(self, mark: Mark, letter: str, width: int) -> str:
        sample = letter or ("---" if isinstance(mark, Line | Rule) else "o" if isinstance(mark, Intervals) else "#")
        if self.signs and not letter:
            sample = {"---": "──", "o": "●", "#": "⣿⣿"}[sample] if not isinstance(mark, Rule) else "┄┄"
        return f"  {self.colored(sample, style_of(mark))}  {self.plain(cut(mark.label, width - 6))}"

    def row(self, characters: Sequence[tuple[str, int]]) -> str:
        """One row, neighbours of one colour together."""
        out, run, style = "", "", -1
        for text, own in characters:
            if own != style:
                out, run, style = out + self.colored(run, style), "", own
            run += text
        return out + self.colored(run, style)


class Drawn:
    """One panel: its axes of characters with the dots inside."""

    def __init__(self, panel: Panel, width: int, left: int, rows: int, pen: Pen, letters: dict[tuple[str, int], str]) -> None:
        self.panel, self.pen, self.left, self.letters = panel, pen, left, letters
        self.notes = max((cells(note) + 1 for note in panel.y.notes), default=0)
        self.rows = _rows(panel, rows)
        self.columns = max(4, width - left - 2 - self.notes)
        self.dots = Dots(self.columns, self.rows, pen.signs)
        self.frame = Frame(0, 0, self.dots.width - 1, self.dots.height - 1, panel.x, panel.y)

    def lines(self) -> list[str]:
        for mark in self.panel.marks:
            _MARKS[type(mark)](self, mark)
        named = [m for m in self.panel.marks if isinstance(m, Line) and (m.label, m.style) in self.letters]
        for i, mark in enumerate(named):
            cell = self.dots.place(mark.style, (i + 1) / (len(named) + 1))
            if cell is not None:
                self.dots.write(cell, self.letters[mark.label, mark.style], mark.style)
        side, corner = ("│", "└") if self.pen.signs else ("|", "+")
        labels = self._y_labels()
        notes = {self._row(i): note for i, note in enumerate(self.panel.y.notes)}
        out = [self.pen.plain(cut(self.panel.y.label, self.left + self.columns))] if self.panel.y.label else []
        for row, characters in enumerate(self.dots.lines()):
            text = labels.get(row, "")
            edge = ("┤" if self.pen.signs else "+") if text else side
            note = f" {self.pen.plain(visible(notes[row]))}" if row in notes else ""
            out.append(" " * (self.left - cells(text)) + text + " " + edge + self.pen.row(characters) + note)
        strokes, texts = self._x_labels()
        out += [" " * (self.left + 1) + corner + strokes, " " * (self.left + 2) + texts]
        if self.panel.x.label:
            label = self.pen.plain(cut(self.panel.x.label, self.columns))
            out.append(" " * (self.left + 2 + (self.columns - cells(label)) // 2) + label)
        return out

    def _row(self, at: float) -> int:
        return self.dots.cell(0, min(max(round(self.frame.y(at)), 0), self.dots.height - 1))[1]

    def _y_labels(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for at, text in ticks(self.panel.y, self.rows // 2):
            found.setdefault(self._row(at), self.pen.plain(cut(text, self.left)))
        return found

    def _x_labels(self) -> tuple[str, str]:
        """The lower edge with its strokes, and the labels below them."""
        edge = ["─" if self.pen.signs else "-"] * self.columns
        texts, end = "", -1
        for at, label in ticks(self.panel.x, max(2, self.columns // 9)):
            label = self.pen.plain(cut(label, self.columns))
            column = self.dots.cell(round(self.frame.x(at)), 0)[0]
            start = min(max(0, column - cells(label) // 2), self.columns - cells(label))
            edge[min(column, self.columns - 1)] = "┬" if self.pen.signs else "+"
            if start > end:
                texts += " " * (start - cells(texts)) + label
                end = start + cells(label)
        return "".join(edge), texts

    def line(self, mark: Line) -> None:
        found = clipped(self.frame, mark.x, mark.y)
        for piece in found.pieces:
            self.dots.line(piece, mark.style)
        for (x, y), up in found.exits:
            sign = ("↑" if up else "↓") if self.pen.signs else ("^" if up else "v")
            self.dots.write(self.dots.cell(round(x), round(y)), sign, mark.style)

    def rule(self, mark: Rule) -> None:
        for piece in clipped(self.frame, mark.x, mark.y).pieces:
            self.dots.line(piece, -1, every=3)

    def band(self, mark: Band) -> None:
        for ys in (mark.low, mark.high):
            for piece in clipped(self.frame, mark.x, ys).pieces:
                self.dots.line(piece, mark.style, every=2)

    def bars(self, mark: Bars) -> None:
        base = list(mark.base) or [0.0] * len(mark.heights)
        for left, right, low, high in zip(mark.edges, mark.edges[1:], base, mark.heights, strict=False):
            if math.isfinite(high) and high != low:
                self._fill(left, right, low, high, 1.0, mark.style)

    def cells(self, mark: Cells) -> None:
        for left, right, low, high, level in mark.filled():
            self._fill(left, right, low, high, level / LEVELS, mark.style)

    def _fill(self, left: float, right: float, low: float, high: float, dark: float, style: int) -> None:
        """A rectangle with this share of its dots."""
        (x0, y0), (x1, y1) = self._at(left, low), self._at(right, high)
        for x in range(math.ceil(x0 - 0.5), max(math.ceil(x0 - 0.5) + 1, math.ceil(x1 - 0.5))):
            for y in range(round(min(y0, y1)), round(max(y0, y1)) + 1):
                if _DITHER[y % 4][x % 4] < 16 * dark:
                    self.dots.dot(x, y, style)

    def _at(self, x: float, y: float) -> Point:
        return self.frame.clamped(self.frame.x(x), self.frame.y(y))

    def rug(self, mark: Rug) -> None:
        for x in mark.x:
            for y in range(self.dots.height - max(1, self.dots.down // 2), self.dots.height):
                self.dots.dot(self.frame.x(x), y, mark.style)

    def intervals(self, mark: Intervals) -> None:
        dash, dot = ("─", "●") if self.pen.signs else ("-", "o")
        for i, (x, low, high) in enumerate(zip(mark.x, mark.low, mark.high, strict=True)):
            row = self._row(i)
            if not math.isnan(low + high):
                first, last = (self.dots.cell(round(self._at(at, i)[0]), 0)[0] for at in (low, high))
                for column in range(first, last + 1):
                    self.dots.write((column, row), dash, mark.style)
            if not math.isnan(x):
                self.dots.write((self.dots.cell(round(self._at(x, i)[0]), 0)[0], row), dot, mark.style)

    def spans(self, mark: Spans) -> None:
        for i, (low, high) in enumerate(zip(mark.low, mark.high, strict=True)):
            if not math.isnan(low + high) and low != high:
                row = self._row(i) * self.dots.down
                (x0, _), (x1, _) = self._at(low, i), self._at(high, i)
                for x in range(round(x0), round(x1) + 1):
                    for y in range(row, row + self.dots.down):
                        if _DITHER[y % 4][x % 4] < 16 * mark.shade:
                            self.dots.dot(x, y, mark.style)


_DITHER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
"""Bayer's order, in which the dots of a darker cell appear."""


def _rows(panel: Panel, rows: int) -> int:
    """The rows of a panel: one per category, or in proportion to its height on paper."""
    return len(panel.y.names) or max(3, round(rows * panel.height / 220))


def _y_texts(panel: Panel, rows: int) -> list[str]:
    return [visible(text) for _, text in ticks(panel.y, _rows(panel, rows) // 2)]


_MARKS: dict[type, Callable[[Drawn, Any], None]] = {
    Line: Drawn.line,
    Band: Drawn.band,
    Bars: Drawn.bars,
    Rug: Drawn.rug,
    Intervals: Drawn.intervals,
    Spans: Drawn.spans,
    Cells: Drawn.cells,
    Rule: Drawn.rule,
}
