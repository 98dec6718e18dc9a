"""Rows of a table parsed cell by cell with the csv module: the reference for the fast parser, and the source of its errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats
from losscli.sources.cell_numbers import value, values
from losscli.sources.delimited.dialect import BROKEN_FIX, Dialect


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
            line = self.line + self.raw.count(b"\n", 0, e.start)
            what = f"not UTF-8 text: byte 0x{self.raw[e.start]:02x}"
            raise DataError(what, Where(self.dialect.shown, line=line), "save it as UTF-8") from None

    def records(self) -> list[list[str]]:
        """The cells of every row, one per column."""
        width = len(self.dialect.names)
        reader = _reader(self)
        found: list[list[str]] = []
        try:
            found.extend(reader)
        except csv.Error as e:
            where = Where(self.dialect.shown, self.row + len(found) + 1, line=self.line + reader.line_num - 1)
            raise DataError(f"broken record: {visible(e)}", where, BROKEN_FIX) from None
        if set(map(len, found)) > {width} or (found and len(found[0]) != width):
            raise self._ragged(found, width)
        return found

    def _ragged(self, found: Sequence[Sequence[str]], width: int) -> DataError:
        i = next(i for i, record in enumerate(found) if len(record) != width)
        has = len(found[i])
        what = f"found {has} field{'s' * (has != 1)}, expected {width}" if has else f"an empty line, expected {width} fields"
        fix = "remove the line" if not has else "give every row one cell per column; quote cells that contain the delimiter"
        return DataError(what, self.where(i), fix)

    def where(self, i: int, column: int | None = None) -> Where:
        """The location of row `i` of these rows."""
        reader = _reader(self)
        line = self.line
        for _ in range(i):
            next(reader)
            line = self.line + reader.line_num
        name = None if column is None else self.dialect.names[column]
        return Where(self.dialect.shown, self.row + i + 1, name, line)


def _reader(span: RawRows) -> Any:
    # newline="\n": lines end at \n only, as in the index, so the csv module reports a stray \r as an error
    return csv.reader(io.StringIO(span.text(), newline="\n"), delimiter=span.dialect.delimiter, strict=True)


def floats(span: RawRows, records: Sequence[Sequence[str]], column: int, first: int = 0) -> Floats:
    """One column as numbers, NaN where they are missing, from row `first` on."""
    cells = [record[column] for record in records[first:]]
    try:
        return np.array(values(cells), dtype=np.float64)
    except ValueError:
        raise _not_a_number(span, cells, column, first) from None


def texts(records: Sequence[Sequence[str]], column: int, first: int = 0) -> Array:
    """One column as text, from row `first` on."""
    out = np.empty(len(records) - first, dtype=object)
    out[:] = [record[column] for record in records[first:]]
    return out


def _not_a_number(span: RawRows, cells: Sequence[str], column: int, first: int) -> DataError:
    for i, cell in enumerate(cells):
        try:
            value(cell)
        except ValueError:
            fix = "correct the cell, or name the numeric columns with --col"
            return DataError(f"{visible(cell, 40)!r} is not a number", span.where(first + i, column), fix)
    raise AssertionError("every cell is a number")
