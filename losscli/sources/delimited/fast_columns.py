"""The fast parser for rows of a table: whole columns of cells at once. Returns the bits of `cells` or None, and never raises
errors about cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_integers import LIMIT, may_be_inexact
from losscli.numerics.stable import Array, Floats, Ints
from losscli.sources.cell_numbers import inexact, value
from losscli.sources.delimited.cell_offsets import CellOffsets, EvenOffsets, find
from losscli.sources.delimited.decimal_parser import PAD, decimals, fixed_point
from losscli.sources.delimited.row_buffer import RowBuffer
from losscli.sources.packed_keys import WIDTH, fingerprint_cells, fingerprints, pack, pack_cells

_RETURN, _QUOTE = 13, 34
_CELLS = 1 << 14
"""Numbers parsed at a time if columns are short."""
ColumnRead = tuple[int, str]
"""A column and its type: `f` numbers, `U` text, `K` packed keys, `H` fingerprints."""


@dataclass
class FixedPointHistory:
    """How often buffers so far were fixed-point: each column with the same number of decimals in all rows, as %.6f writes."""

    hits: int = 0
    misses: int = 0

    def expects(self) -> bool:
        return self.misses < 2 or self.hits > 8 * self.misses


def read(page: RowBuffer, rows: int, keys: Sequence[ColumnRead], habit: FixedPointHistory) -> dict[ColumnRead, Array] | None:
    """The requested columns, or None if the rows are not regular or some cell is not a number."""
    if not page.clean():
        return None
    numbers = list(dict.fromkeys(column for column, kind in keys if kind == "f"))
    grid = values = None
    if not numbers or habit.expects():
        grid = find(page, rows, points=False)
        values = None if grid is None else _fixed_point(page, rows, grid, numbers)
        habit.hits += values is not None
        habit.misses += values is None
    if values is None:
        grid = find(page, rows, points=True)
        values = None if grid is None else _numbers(page, rows, grid, numbers)
    if grid is None or values is None:
        return None
    found: dict[ColumnRead, Array] = {(column, "f"): row for column, row in zip(numbers, values, strict=True)}
    for key in keys:
        if key[1] != "f":
            found[key] = _READERS[key[1]](page, rows, grid, key[0])
    return found


def bounds(page: RowBuffer, rows: int, grid: CellOffsets, columns: Sequence[int]) -> tuple[Ints, Ints]:
    """The offsets of the cells of these columns, one row per column, without surrounding quotes."""
    last, first = len(page.dialect.names) - 1, columns[0]
    end = grid.ends(columns)
    if list(columns) == list(range(first, first + len(columns))):
        start = np.concatenate([grid.ends([first - 1]), end[:-1]])
    else:
        start = grid.ends([c - 1 for c in columns])
    if 0 in columns:  # begins at the end of the previous row
        row = start[columns.index(0)]
        row[1:] = row[:-1].copy()
        row[0] = PAD - 1
    start += 1
    if page.returns and last in columns:
        end[columns.index(last)] -= page.data.take(end[columns.index(last)] - 1) == _RETURN
    if page.quotes:
        quoted = page.data.take(start) == _QUOTE
        start += quoted
        end -= quoted
    return start, end


def _fixed_point(page: RowBuffer, rows: int, grid: CellOffsets, columns: Sequence[int]) -> Floats | None:
    """Numbers of at most eight digits with as many decimals as in the first row, or None if any differs."""
    if not columns:
        return np.empty((0, rows))
    start, end = bounds(page, rows, grid, columns)
    first = [page.buffer[a:b] for a, b in zip(start[:, 0].tolist(), end[:, 0].tolist(), strict=True)]
    after = np.array([[len(cell) - cell.find(b".") if b"." in cell else 0] for cell in first], np.int64)
    return fixed_point(page.data, start, end, after) if after.max() <= 8 else None


def _numbers(page: RowBuffer, rows: int, grid: CellOffsets, columns: Sequence[int]) -> Floats | None:
    """Numbers in any notation, NaN where they are missing, or None if some cell is not a number or has no exact double."""
    out = np.empty((len(columns), rows))
    if not columns:
        return out
    start, end = bounds(page, rows, grid, columns)
    count, last = grid.points(columns)
    point = np.where(count == 1, last, end)
    plain = None if (count < 2).all() else np.broadcast_to(count < 2, end.shape)
    step = max(1, _CELLS // rows)
    for at in range(0, len(columns), step):
        some = slice(at, at + step)
        begin, stop = start[some].reshape(-1), end[some].reshape(-1)
        tried = None if plain is None else plain[some].reshape(-1)
        values, odd = decimals(page.data, begin.copy(), stop, point[some].reshape(-1), tried, page.exponents)
        empty = begin[odd] == stop[odd]
        values[odd[empty]] = np.nan
        try:
            for i in odd[~empty].tolist():
                values[i] = value(page.buffer[begin[i] : stop[i]].decode())
        except ValueError:
            return None
        if may_be_inexact(values) and page.long_numbers and _inexact(page, begin, stop, values):
            return None
        out[some] = values.reshape(-1, rows)
    return out


def _inexact(page: RowBuffer, begin: Ints, stop: Ints, values: Floats) -> bool:
    """Whether any whole number among these cells differs from its double."""
    large = np.flatnonzero(np.abs(values) >= LIMIT)
    return any(inexact(page.buffer[begin[i] : stop[i]].decode(), float(values[i])) for i in large.tolist())


def _keys(page: RowBuffer, rows: int, grid: CellOffsets, column: int) -> Array:
    start, end = (x[0] for x in bounds(page, rows, grid, [column]))
    words = None if page.quotes and page.holds(b'""') else pack_cells(page.buffer, start, end)
    return (pack(_text(page, rows, grid, column)) if words is None else words).view(f"V{WIDTH}")[:, 0]


def _fingerprints(page: RowBuffer, rows: int, grid: CellOffsets, column: int) -> Array:
    if isinstance(grid, EvenOffsets) and not page.quotes and not page.returns:
        before, end = grid.around(column, PAD - 1)
        words = fingerprint_cells(page.buffer, before + 1, end)
        return fingerprints(_text(page, rows, grid, column)) if words is None else words
    start, end = (x[0] for x in bounds(page, rows, grid, [column]))
    words = None if page.quotes and page.holds(b'""') else fingerprint_cells(page.buffer, start, end)
    return fingerprints(_text(page, rows, grid, column)) if words is None else words


def _text(page: RowBuffer, rows: int, grid: CellOffsets, column: int) -> Array:
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


_READERS = {"U": _text, "K": _keys, "H": _fingerprints}
