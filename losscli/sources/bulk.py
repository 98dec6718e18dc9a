"""The fast way to read some rows of a table: its cells are found all at once. Gives the bits of `cells` or declines, and
never names an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from losscli.numeric import Array, Bools, Floats, Ints
from losscli.sources.cells import Span
from losscli.sources.dialect import Dialect
from losscli.sources.digits import PAD, Bytes, decimals, ruled
from losscli.sources.number import number

_NEWLINE, _RETURN, _QUOTE, _DOT, _ASCII = 10, 13, 34, 46, 127
_SHORT = 9
"""A sign and the eight characters that are parsed quicker than more."""
Key = tuple[int, str]
"""A column, and `f` for its numbers or `U` for its text."""


@dataclass(frozen=True)
class Page:
    """Some whole rows of a table in a buffer that is used again: PAD bytes, `size` bytes of rows, one byte to spare."""

    dialect: Dialect
    buffer: bytearray
    size: int
    row: int
    line: int

    @classmethod
    def of(cls, span: Span) -> Page:
        """The rows of a span."""
        return cls(span.dialect, bytearray(bytes(PAD) + span.raw + b"\n"), len(span.raw), span.row, span.line)

    def span(self) -> Span:
        """A copy of its own, for `cells`."""
        return Span(self.dialect, bytes(memoryview(self.buffer)[PAD : PAD + self.size]), self.row, self.line)

    def data(self) -> Bytes:
        """The buffer up to the last line's end, which is written there where it was missing."""
        end = PAD + self.size
        if self.buffer[end - 1] != _NEWLINE:
            self.buffer[end] = _NEWLINE
            end += 1
        return np.frombuffer(self.buffer, np.uint8, end)

    def holds(self, text: bytes) -> bool:
        return self.buffer.find(text, PAD, PAD + self.size) >= 0


@dataclass
class Habit:
    """Whether the rows so far were ruled: every column with as many decimals in all of them, as a format like %.6f writes."""

    hits: int = 0
    misses: int = 0

    def expects(self) -> bool:
        return self.misses < 2 or self.hits > 8 * self.misses


def read(page: Page, rows: int, keys: Sequence[Key], habit: Habit | None = None) -> dict[Key, Array] | None:
    """The columns asked for, or None where the rows are not regular or some cell is not a number."""
    if not _clean(page):
        return None
    numbers = list(dict.fromkeys(column for column, kind in keys if kind == "f"))
    habit = habit or Habit()
    try:
        grid = values = None
        if not numbers or habit.expects():
            grid = _grid(page, rows, points=False)
            values = None if grid is None else grid.ruled(numbers)
            habit.hits += values is not None
            habit.misses += values is None
        if values is None:
            grid = _grid(page, rows, points=True)
            values = None if grid is None else grid.numbers(numbers)
        if grid is None or values is None:
            return None
        found: dict[Key, Array] = {(column, "f"): row for column, row in zip(numbers, values, strict=True)}
        return found | {key: grid.text(key[0]) for key in keys if key[1] == "U"}
    except ValueError:
        return None


@dataclass(frozen=True)
class _Grid:
    """Where all cells end, and the points in them.

    marks (rows, k): offsets of separators and points. Cell c ends at marks[:, ends[c]], the mark before that one is
    marks[:, ends[c] + before], and points[:, c] (one row: the same for all) counts the points inside where they are marked.
    """

    page: Page
    data: Bytes
    marks: Ints
    ends: Sequence[int]
    before: int
    points: Ints

    def _bounds(self, columns: Sequence[int]) -> tuple[Ints, Ints]:
        """Where the cells of these columns begin and end, a row per column."""
        rows, last = len(self.marks), len(self.ends) - 1
        start, end = np.empty((len(columns), rows), np.int64), np.empty((len(columns), rows), np.int64)
        for i, c in enumerate(columns):
            end[i] = self.marks[:, self.ends[c]]
            if c == 0:
                start[i, 0] = PAD - 1
                start[i, 1:] = self.marks[:-1, self.ends[last]]
            elif i and columns[i - 1] == c - 1:
                start[i] = end[i - 1]
            else:
                start[i] = self.marks[:, self.ends[c - 1]]
        start += 1
        if columns and columns[-1] == last and self.page.holds(b"\r"):
            end[-1] -= self.data.take(end[-1] - 1) == _RETURN
        if self.page.holds(b'"'):
            quoted = self.data.take(start) == _QUOTE
            start += quoted
            end -= quoted
        return start, end

    def ruled(self, columns: Sequence[int]) -> Floats | None:
        """Numbers of at most eight digits with as many decimals as those in the first row; None where they are not."""
        start, end = self._bounds(columns)
        first = [self.page.buffer[a:b] for a, b in zip(start[:, 0].tolist(), end[:, 0].tolist(), strict=True)]
        after = np.array([[len(cell) - cell.find(b".") if b"." in cell else 0] for cell in first], np.int64).reshape(-1, 1)
        if not columns:
            return np.empty(start.shape)
        return ruled(self.data, start, end, after) if after.max() <= 8 else None

    def numbers(self, columns: Sequence[int]) -> Floats:
        if not columns:
            return np.empty((0, len(self.marks)))
        start, end = self._bounds(columns)
        points = self.points[:, columns].T
        point = end.copy()
        for i, c in enumerate(columns):
            np.copyto(point[i], self.marks[:, self.ends[c] + self.before], where=points[i] == 1)
        exponents = self.page.holds(b"e") or self.page.holds(b"E")
        short = (end - start).max(axis=1) <= _SHORT
        out = np.empty(start.shape)
        for group in (np.flatnonzero(short), np.flatnonzero(~short)):
            if len(group):
                tried = None if (points[group] < 2).all() else np.broadcast_to(points[group] < 2, (len(group), start.shape[1]))
                out[group] = self._decimals(start[group], end[group], point[group], tried, exponents)
        return out

    def _decimals(self, start: Ints, end: Ints, point: Ints, tried: Bools | None, exponents: bool) -> Floats:
        values, odd = decimals(self.data, start.copy(), end, point, tried, exponents)
        if odd is not None:
            for i, row in np.argwhere(odd).tolist():
                values[i, row] = number(self.page.buffer[start[i, row] : end[i, row]].decode())
        return values

    def text(self, column: int) -> Array:
        start, end = (x[0] for x in self._bounds([column]))
        out = np.empty(len(start), dtype=object)
        raw = bytes(memoryview(self.page.buffer)[: PAD + self.page.size])
        bounds = zip(start.tolist(), end.tolist(), strict=True)
        if raw.isascii():
            flat = raw.decode("ascii")
            out[:] = [flat[a:b] for a, b in bounds]
        else:
            out[:] = [raw[a:b].decode() for a, b in bounds]
        if self.page.holds(b'"'):
            for i in np.flatnonzero(self.data[start - 1] == _QUOTE).tolist():
                out[i] = out[i].replace('""', '"')
        return out


def _clean(page: Page) -> bool:
    """Whether every \r stands before a \n and, in a table of one column, no line is blank. Raises where it is no UTF-8."""
    data = page.data()
    if data[PAD:].max() > _ASCII:
        page.span().text()
    if page.holds(b"\r") and not (data.take(np.flatnonzero(data == _RETURN) + 1) == _NEWLINE).all():
        return False
    alone = len(page.dialect.names) == 1
    return not (alone and (page.buffer.startswith((b"\n", b"\r\n"), PAD) or page.holds(b"\n\n") or page.holds(b"\n\r\n")))


def _grid(page: Page, rows: int, *, points: bool) -> _Grid | None:
    """The cells of the page, or None unless every row has one per column."""
    data, width = page.data(), len(page.dialect.names)
    marks, kinds = _marks(page, data, points)
    here = np.flatnonzero(kinds[: 4 * width] == _NEWLINE)
    step = int(here[0]) + 1 if len(here) else 0
    if len(kinds) == rows * step and (kinds[step:] == kinds[:-step]).all():
        return _even(page, data, marks, kinds[:step], width)
    return _uneven(page, data, marks, kinds, rows, width) if points else None


def _marks(page: Page, data: Bytes, points: bool) -> tuple[Ints, Bytes]:
    """Where separators (and points) stand, and which is which; separators in quotes are none."""
    body = data[PAD:]
    mask = body == ord(page.dialect.delimiter)
    other = body == _NEWLINE
    mask |= other
    if points:
        mask |= np.equal(body, _DOT, out=other)
    quotes = page.holds(b'"')
    if quotes:
        mask |= np.equal(body, _QUOTE, out=other)
    marks = np.flatnonzero(mask)
    marks += PAD
    kinds = data.take(marks)
    if quotes:
        quote = kinds == _QUOTE
        kept = np.bitwise_and(np.cumsum(quote, dtype=np.uint8), 1) == 0
        kept &= ~quote
        kept |= kinds == _DOT
        marks, kinds = marks[kept], kinds[kept]
    return marks, kinds


def _even(page: Page, data: Bytes, marks: Ints, kinds: Bytes, width: int) -> _Grid | None:
    """All rows have the marks of the first one, as in most tables of floats: it tells where the cells of all end."""
    ends = np.flatnonzero(kinds != _DOT)
    if len(ends) != width:
        return None
    points = (np.diff(ends, prepend=-1) - 1)[np.newaxis]
    return _Grid(page, data, marks.reshape(-1, len(kinds)), ends.tolist(), -1, points)


def _uneven(page: Page, data: Bytes, marks: Ints, kinds: Bytes, rows: int, width: int) -> _Grid | None:
    cuts = np.flatnonzero(kinds != _DOT)
    if len(cuts) != rows * width:
        return None
    newline = (kinds.take(cuts) == _NEWLINE).reshape(rows, width)
    if np.count_nonzero(newline) != rows or not newline[:, -1].all():
        return None
    points = (np.diff(cuts, prepend=-1) - 1).reshape(rows, width)
    both = np.concatenate([marks[cuts - 1].reshape(rows, width), marks[cuts].reshape(rows, width)], axis=1)
    return _Grid(page, data, both, range(width, 2 * width), -width, points)
