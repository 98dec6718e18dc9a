"""Rows of a table parsed cell by cell with the csv module: the reference for the fast parser, and the source of its errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.exact_integers import LIMIT, NO_DOUBLE, may_be_inexact
from losscli.numerics.stable import Array, Floats
from losscli.sources.cell_numbers import inexact, kind_of_cells, values
from losscli.sources.delimited.causes import misspelled, not_a_number
from losscli.sources.delimited.dialect import BROKEN_FIX, Dialect, not_utf8
from losscli.sources.delimited.preamble import COMMENTS

_TRIED = 32
"""Cells of a column of text that are tried for other spellings of numbers."""


@dataclass(frozen=True)
class RawRows:
    """Whole rows of a table as bytes; row: the first data row from 0, line: its line in the file from 1."""

    dialect: Dialect
    raw: bytes
    row: int
    line: int

    def text(self) -> str:
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError as e:
            line = self.dialect.in_file(self.line + self.raw.count(b"\n", 0, e.start))
            raise not_utf8(self.raw[e.start], Where(self.dialect.shown, line=line), self.dialect.text) from None

    def records(self) -> list[list[str]]:
        """The cells of every row, one per column."""
        width = len(self.dialect.names)
        reader = _reader(self)
        found: list[list[str]] = []
        try:
            found.extend(reader)
        except csv.Error as e:
            line = self.dialect.in_file(self.line + reader.line_num - 1)
            where = Where(self.dialect.shown, self.row + len(found) + 1, line=line)
            raise DataError(f"broken record: {visible(e)}", where, BROKEN_FIX) from None
        if set(map(len, found)) > {width} or (found and len(found[0]) != width):
            i = next(i for i, record in enumerate(found) if len(record) != width)
            raise ragged(found[i], self.where(i), self.dialect)
        return found

    def where(self, i: int, column: int | None = None) -> Where:
        """The location of row `i` of these rows."""
        line = self.line
        if b'"' in self.raw:
            reader = _reader(self)
            for _ in range(i):
                next(reader)
                line = self.line + reader.line_num
        else:
            line += i  # without quotes, every line is a row
        name = None if column is None else self.dialect.names[column]
        return Where(self.dialect.shown, self.row + i + 1, name, self.dialect.in_file(line))


def ragged(record: Sequence[str], where: Where, dialect: Dialect) -> DataError:
    """The error of a row that has not one cell per column."""
    has, width = len(record), len(dialect.names)
    if not has:
        return DataError(f"an empty line, expected {width} fields", where, "remove the line")
    fix = "give every row one cell per column; quote cells that contain the delimiter"
    if width == 1 and dialect.delimiter == "," and has == 2 and all(cell.strip().lstrip("+-").isdecimal() for cell in record):
        fix = f"if {','.join(map(str.strip, record))} is one number, use {dialect.text.flag('--decimal', ',')}"
    elif comment := next((mark for mark in COMMENTS if record[0].startswith(mark)), None):
        fix = f"if it is a comment, use {dialect.text.flag('--comment', comment)} to skip such lines"
    return DataError(f"found {has} field{'s' * (has != 1)}, expected {width}", where, fix)


def _reader(span: RawRows) -> Any:
    # newline="\n": lines end at \n only, as in the index, so the csv module reports a stray \r as an error
    return csv.reader(io.StringIO(span.text(), newline="\n"), delimiter=span.dialect.delimiter, strict=True)


def floats(span: RawRows, records: Sequence[Sequence[str]], column: int, first: int = 0) -> Floats:
    """One column as numbers, NaN where they are missing, from row `first` on."""
    cells = [record[column] for record in records[first:]]
    try:
        pointed = span.dialect.pointed(cells)
        found = np.array(values(pointed), dtype=np.float64)
    except ValueError:
        raise _not_a_number(span, cells, column, first) from None
    if may_be_inexact(found):
        for i in np.flatnonzero(np.abs(found) >= LIMIT).tolist():
            if inexact(pointed[i], float(found[i])):
                raise DataError(NO_DOUBLE[0](visible(cells[i], 40)), span.where(first + i, column), NO_DOUBLE[1])
    return found


def kind(cells: Sequence[str], dialect: Dialect) -> str:
    """The kind of a column: as `kind_of_cells`, and `m` for numbers in a spelling that is not read."""
    found = kind_of_cells(dialect.pointed(cells, other="other"))
    if found != "U":
        return found
    filled = [cell for cell in cells if cell.strip()][:_TRIED]
    return "m" if 2 * sum(misspelled(cell, dialect) for cell in filled) >= len(filled) else "U"


def texts(records: Sequence[Sequence[str]], column: int, first: int = 0) -> Array:
    """One column as text, from row `first` on."""
    out = np.empty(len(records) - first, dtype=object)
    out[:] = [record[column] for record in records[first:]]
    return out


def _not_a_number(span: RawRows, cells: Sequence[str], column: int, first: int) -> DataError:
    for i, cell in enumerate(cells):
        try:
            values(span.dialect.pointed([cell]))
        except ValueError:
            return not_a_number(cell, span.where(first + i, column), span.dialect)
    raise AssertionError("every cell is a number")
