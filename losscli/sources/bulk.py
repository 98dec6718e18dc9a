"""The fast way to read some rows of a table: columns of cells at once. Gives the bits of `cells` or declines, and never
names an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from losscli.numeric import Array, Floats, Ints
from losscli.sources.digits import PAD, decimals, ruled
from losscli.sources.grid import Grid, find
from losscli.sources.keys import WIDTH, pack, pack_cells
from losscli.sources.number import number
from losscli.sources.page import Page

_RETURN, _QUOTE = 13, 34
Key = tuple[int, str]
"""A column, and `f` for its numbers, `U` for its text or `K` for its packed keys."""


@dataclass
class Habit:
    """Whether the pages so far were ruled: every column with as many decimals in all rows, as a format like %.6f writes."""

    hits: int = 0
    misses: int = 0

    def expects(self) -> bool:
        return self.misses < 2 or self.hits > 8 * self.misses


def read(page: Page, rows: int, keys: Sequence[Key], habit: Habit) -> dict[Key, Array] | None:
    """The columns asked for, or None where the rows are not regular or some cell is not a number."""
    if not page.clean():
        return None
    numbers = list(dict.fromkeys(column for column, kind in keys if kind == "f"))
    grid = values = None
    if not numbers or habit.expects():
        grid = find(page, rows, points=False)
        values = None if grid is None else _ruled(page, rows, grid, numbers)
        habit.hits += values is not None
        habit.misses += values is None
    if values is None:
        grid = find(page, rows, points=True)
        values = None if grid is None else _numbers(page, rows, grid, numbers)
    if grid is None or values is None:
        return None
    found: dict[Key, Array] = {(column, "f"): row for column, row in zip(numbers, values, strict=True)}
    for key in keys:
        if key[1] != "f":
            found[key] = (_text if key[1] == "U" else _keys)(page, rows, grid, key[0])
    return found


def bounds(page: Page, rows: int, grid: Grid, columns: Sequence[int]) -> tuple[Ints, Ints]:
    """Where the cells of these columns begin and end, a row per column; without the quotes around them."""
    last = len(page.dialect.names) - 1
    start, end = np.empty((len(columns), rows), np.int64), np.empty((len(columns), rows), np.int64)
    for i, c in enumerate(columns):
        end[i] = grid.ends(c)
        if c == 0:
            start[i, 0] = PAD - 1
            start[i, 1:] = grid.ends(last)[:-1]
        else:
            start[i] = end[i - 1] if i and columns[i - 1] == c - 1 else grid.ends(c - 1)
    start += 1
    if page.returns and last in columns:
        end[columns.index(last)] -= page.data.take(end[columns.index(last)] - 1) == _RETURN
    if page.quotes:
        quoted = page.data.take(start) == _QUOTE
        start += quoted
        end -= quoted
    return start, end


def _ruled(page: Page, rows: int, grid: Grid, columns: Sequence[int]) -> Floats | None:
    """Numbers of at most eight digits with as many decimals as those in the first row; None where they are not."""
    if not columns:
        return np.empty((0, rows))
    start, end = bounds(page, rows, grid, columns)
    first = [page.buffer[a:b] for a, b in zip(start[:, 0].tolist(), end[:, 0].tolist(), strict=True)]
    after = np.array([[len(cell) - cell.find(b".") if b"." in cell else 0] for cell in first], np.int64)
    return ruled(page.data, start, end, after) if after.max() <= 8 else None


def _numbers(page: Page, rows: int, grid: Grid, columns: Sequence[int]) -> Floats | None:
    """Numbers of any kind; None where some cell is none."""
    out = np.empty((len(columns), rows))
    start, end = bounds(page, rows, grid, columns)
    for i, column in enumerate(columns):
        count, last = grid.points(column)
        point = np.where(count == 1, last, end[i])
        tried = None if (count < 2).all() else np.broadcast_to(count < 2, rows)
        out[i], odd = decimals(page.data, start[i].copy(), end[i], point, tried, page.exponents)
        try:
            for row in odd.tolist():
                out[i, row] = number(page.buffer[start[i, row] : end[i, row]].decode())
        except ValueError:
            return None
    return out


def _keys(page: Page, rows: int, grid: Grid, column: int) -> Array:
    start, end = (x[0] for x in bounds(page, rows, grid, [column]))
    words = None if page.quotes and page.holds(b'""') else pack_cells(page.buffer, start, end)
    return (pack(_text(page, rows, grid, column)) if words is None else words).view(f"V{WIDTH}")[:, 0]


def _text(page: Page, rows: int, grid: Grid, column: int) -> Array:
    start, end = (x[0] for x in bounds(page, rows, grid, [column]))
    out = np.empty(rows, dtype=object)
    raw = bytes(memoryview(page.buffer)[: PAD + page.size])
    pairs = zip(start.tolist(), end.tolist(), strict=True)
    if raw.isascii():
        flat = raw.decode("ascii")
        out[:] = [flat[a:b] for a, b in pairs]
    else:
        out[:] = [raw[a:b].decode() for a, b in pairs]
    if page.quotes:
        for i in np.flatnonzero(page.data[start - 1] == _QUOTE).tolist():
            out[i] = out[i].replace('""', '"')
    return out
