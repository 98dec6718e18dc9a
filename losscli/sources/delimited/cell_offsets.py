"""The offsets of the cells of some rows of a table and of their decimal points, found in one pass. Parses no cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Bytes, Ints
from losscli.sources.delimited.decimal_parser import PAD
from losscli.sources.delimited.row_buffer import RowBuffer

_NEWLINE, _QUOTE, _DOT = 10, 34, 46
_MANY = 16
"""The number of columns from which selecting them together is faster than one by one."""


class CellOffsets(Protocol):
    """The cells of rows with one cell per column. Results have shape (columns, rows)."""

    def ends(self, columns: Sequence[int]) -> Ints:
        """The offset after each cell, of a delimiter or line end. Column -1 is the last one."""
        ...

    def points(self, columns: Sequence[int]) -> tuple[Ints, Ints]:
        """The number of points in each cell (possibly one number for all rows), and the offset of the last one, if any."""
        ...


@dataclass(frozen=True)
class EvenOffsets:
    """Rows that all have the marks of the first one, as in most tables of floats; `at` are the cell ends among them."""

    marks: Ints
    at: Ints

    def ends(self, columns: Sequence[int]) -> Ints:
        return self._picked(self.at.take(columns))

    def points(self, columns: Sequence[int]) -> tuple[Ints, Ints]:
        end = self.at.take(columns)
        return (np.diff(self.at, prepend=-1).take(columns) - 1)[:, np.newaxis], self._picked(end - 1)

    def around(self, column: int, first: int) -> tuple[Ints, Ints]:
        """The offsets before and after each cell of a column, where `first` is before the first row."""
        end = self.marks[:, self.at[column]]
        if column:
            return self.marks[:, self.at[column - 1]], end
        before = np.empty(len(end), np.int64)
        before[0] = first
        before[1:] = self.marks[:-1, self.at[-1]]
        return before, end

    def _picked(self, at: Ints) -> Ints:
        if len(at) > _MANY:
            return np.ascontiguousarray(self.marks.T[at])
        out = np.empty((len(at), len(self.marks)), np.int64)
        for row, i in zip(out, at.tolist(), strict=True):
            row[:] = self.marks[:, i]
        return out


@dataclass(frozen=True)
class UnevenOffsets:
    """Rows with different marks. cuts (rows, columns): the marks that are cell ends; the others are points."""

    marks: Ints
    cuts: Ints

    def ends(self, columns: Sequence[int]) -> Ints:
        return self.marks.take(self.cuts.T[list(columns)])

    def points(self, columns: Sequence[int]) -> tuple[Ints, Ints]:
        cut = self.cuts.T[list(columns)]
        before = np.diff(self.cuts.reshape(-1), prepend=-1).reshape(self.cuts.shape).T[list(columns)]
        return before - 1, self.marks.take(cut - 1, mode="wrap")


def find(page: RowBuffer, rows: int, *, points: bool) -> CellOffsets | None:
    """The cell offsets of a buffer, or None unless every row has one cell per column. Points are found only if requested."""
    width = len(page.dialect.names)
    marks = _marks(page, points)
    if not points and not page.quotes:
        even = len(marks) == rows * width and _all_line_ends(page, marks[width - 1 :: width])  # no other marks
        return EvenOffsets(marks.reshape(rows, width), np.arange(width)) if even else None
    kinds = page.data.take(marks)
    if page.quotes:
        marks, kinds = _outside(marks, kinds)
    here = np.flatnonzero(kinds[: 4 * width] == _NEWLINE)
    step = int(here[0]) + 1 if len(here) else 0
    if len(kinds) == rows * step and (kinds[step:] == kinds[:-step]).all():
        at = np.flatnonzero(kinds[:step] != _DOT)
        return EvenOffsets(marks.reshape(rows, step), at) if len(at) == width else None
    cuts = np.flatnonzero(kinds != _DOT)
    if len(cuts) != rows * width or not _all_line_ends(page, marks.take(cuts[width - 1 :: width])):
        return None
    if np.count_nonzero(kinds == _NEWLINE) != rows:
        return None
    return UnevenOffsets(marks, cuts.reshape(rows, width))


def _all_line_ends(page: RowBuffer, marks: Ints) -> bool:
    return bool((page.data.take(marks) == _NEWLINE).all())


def _marks(page: RowBuffer, points: bool) -> Ints:
    """The offsets of separators (and points), and of quotes if there are any."""
    mask = page.body == ord(page.dialect.delimiter)
    other = page.body == _NEWLINE
    mask |= other
    if points:
        mask |= np.equal(page.body, _DOT, out=other)
    if page.quotes:
        mask |= np.equal(page.body, _QUOTE, out=other)
    marks = np.flatnonzero(mask)
    marks += PAD
    return marks


def _outside(marks: Ints, kinds: Bytes) -> tuple[Ints, Bytes]:
    """The marks without quotes and quoted separators; points stay."""
    quote = kinds == _QUOTE
    kept = np.bitwise_and(np.cumsum(quote, dtype=np.uint8), 1) == 0
    kept &= ~quote
    kept |= kinds == _DOT
    return marks[kept], kinds[kept]
