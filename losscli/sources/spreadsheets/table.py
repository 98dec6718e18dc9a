"""A sheet as a table: the first row has the names, each cell has an address, numbers are doubles. Reads no file."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from losscli.core.errors import DataError, Where, some, visible
from losscli.numerics.exact_integers import LIMIT, NO_DOUBLE
from losscli.numerics.stable import Array
from losscli.sources.cell_numbers import all_numbers, kind_of
from losscli.sources.delimited.causes import misspelled
from losscli.sources.delimited.dialect import INDEX, Dialect
from losscli.sources.files.input_file import InputFile
from losscli.sources.frames.file_table import FileTable
from losscli.sources.frames.frame import Cells, Column, as_objects, mixed_column
from losscli.sources.missing import is_missing
from losscli.sources.side_format import SideFormat
from losscli.sources.spreadsheets.faults import Faults, address

_AS_TEXT = "write such ids as text"
_PLAIN = Dialect("", "", (), 0, 1)
"""Numbers as a sheet of text would have them, of which `80%` and `1,5` are other spellings."""


class Fault(str):
    """A cell without a value of its own, and why."""


class SheetTable(FileTable):
    """A sheet as a table."""

    def __init__(
        self, file: InputFile, how: SideFormat, cells: Sequence[Sequence[Any]], corner: tuple[int, int], faults: Faults
    ) -> None:
        self.path, self._file = file.shown, file
        self.format, self.forks = file.suffix.lstrip("."), not file.url
        self._corner, self.lists = corner, {}
        rows = [[_cell(x) for x in row] for row in cells]
        self._missing = {at: why for at, why in faults.items() if is_missing(why)}
        for (down, across), why in faults.items():
            at = down - corner[0], across - corner[1]
            if 0 <= at[0] < len(rows) and 0 <= at[1] < len(rows[0]):
                rows[at[0]][at[1]] = None if is_missing(why) else Fault(why)
        while rows and all(x is None for x in rows[-1]):
            rows.pop()
        if not rows:
            raise DataError("a sheet without contents", file.place, "name a sheet with rows")
        names = self._header(rows[0], how)
        self.hint = self._below_title(rows)
        self._first = 0 if how.header == "none" or self._numbers_are_data else 1
        self.rows = len(rows) - self._first
        if self.rows <= 0:
            raise DataError("a table without rows", file.place, "there is nothing to evaluate")
        cells_of = [list(column) for column in zip(*rows[self._first :], strict=True)]
        self._letters: dict[str, int] = {}
        self._columns = {}
        for i, (name, column) in enumerate(zip(names, cells_of, strict=True)):
            if name:
                self._letters[name] = i
                self._columns[name] = _column_of(name, column)
        self.names = tuple(self._columns)

    def _below_title(self, rows: Sequence[Sequence[Any]]) -> str:
        """Where the names of columns may be, if the first row has one cell, as a title."""
        if not rows or sum(x is not None for x in rows[0]) > 1:
            return ""
        below = (i for i, row in enumerate(rows[1:6], 1) if sum(isinstance(x, str) and not isinstance(x, Fault) for x in row) > 1)
        at = next(below, 0)
        where = f"row {self._corner[0] + at + 1} of {visible(self.path)}"
        return f"if the column names are in {where}, delete the rows above it" if at else ""

    def _cells(self, found: Sequence[Column], kind: str) -> SheetCells:
        corner = self._corner[0] + self._first, [self._corner[1] + self._letters[column.name] for column in found]
        return SheetCells(self.path, found, kind, corner, self._missing)

    def _named(self, at: str) -> Where:
        return Where(self.path, entry=f"cell {at}")

    def _header(self, first: Sequence[Any], how: SideFormat) -> list[str]:
        """The names of the columns."""
        where = self._named(address(*self._corner))
        words = ["" if x is None else str(x).strip() for x in first]
        numeric = all_numbers(words)
        self._numbers_are_data = how.header == "auto" and numeric
        if how.header == "none" or self._numbers_are_data:
            return [f"c{i}" for i in range(len(words))]
        for i, x in enumerate(first):
            if isinstance(x, Fault):
                at = address(self._corner[0], self._corner[1] + i)
                raise DataError(f"{x} in the first row", self._named(at), "write one name per column there")
        if numeric and how.header != "names" and words != [str(i) for i in range(len(words))]:
            fix = f"use {how.flag('--header', 'none')} if it is data, {how.flag('--header', 'names')} if it holds the column names"
            raise DataError("the first row contains numbers, not column names", where, fix)
        if not words[0] and INDEX not in words:  # what pandas writes for an index, by the name under which it reads it
            words[0] = INDEX
        for i, word in enumerate(words):
            if word and word in words[:i]:
                at = address(self._corner[0], self._corner[1] + i)
                raise DataError(f"duplicate column name {visible(word)!r}", self._named(at), "rename one of them")
        nameless = [address(self._corner[0], self._corner[1] + i) for i, word in enumerate(words) if not word]
        if nameless:
            self.notes += (f"columns without a name are not read: {some(nameless)}",)
        return words


class SheetCells(Cells):
    """One or several columns of a sheet."""

    def __init__(self, path: str, found: Sequence[Column], kind: str, corner: tuple[int, list[int]], missing: Faults) -> None:
        super().__init__(path, found, kind)
        self._corner, self._missing = corner, missing

    def read(self, start: int, stop: int) -> Array:
        for item, column in enumerate(self._columns):
            if column.values.dtype.kind == "O":
                self._check(column.values[start:stop], start, item)
            if self.kind == "U":
                self._refuse_rounded(column.values[start:stop], start, item)
        return super().read(start, stop)

    def where(self, row: int, item: int = 0) -> Where:
        at = address(self._corner[0] + row, self._corner[1][item])
        return Where(self._path, row + 1, self.names[item], entry=f"row {row + 1}, cell {at}")

    def spelled(self, row: int, item: int = 0) -> str:
        found, at = super().spelled(row, item), (self._corner[0] + row, self._corner[1][item])
        if at in self._missing:
            return visible(self._missing[at])
        return "an empty cell" if found == "a missing value" else found

    def _refuse_rounded(self, values: Array, start: int, item: int) -> None:
        """Raise DataError for a name that is a number of more digits than a double keeps apart."""
        for i, value in enumerate(values.tolist()):
            if isinstance(value, (int, float)) and abs(value) >= LIMIT and value == int(value):
                what = f"{value:.0f} is a number beyond 2^53, which spreadsheets round"
                raise DataError(what, self.where(start + i, item), _AS_TEXT)

    def _fix(self, fault: Fault) -> str:
        if fault.endswith(NO_DOUBLE[0]("")):
            return _AS_TEXT if self.kind == "U" else NO_DOUBLE[1]
        if "formula" in fault:
            return "open and save it in a spreadsheet program"
        return "split the merged cells" if "merged" in fault else "correct the cell"

    def _check(self, values: Array, start: int, item: int) -> None:
        """Raise DataError for a cell without a value, and for a date where a number is needed."""
        for i, value in enumerate(values):
            if isinstance(value, Fault):
                raise DataError(str(value), self.where(start + i, item), self._fix(value))
            if self.kind == "f" and isinstance(value, (Date, datetime.time, datetime.timedelta)):
                what = f"a date or time, {visible(value, 40)}, where a number is needed"
                raise DataError(what, self.where(start + i, item), "give the cell the format of a number, or correct it")
            if self.kind == "f" and isinstance(value, str) and not is_missing(value):
                fix = "give the cell the format of a number, or correct it"
                raise DataError(f"the text {visible(value, 40)!r} where a number is needed", self.where(start + i, item), fix)


class Date(str):
    """A date or a point in time, as text."""


def _cell(value: Any) -> Any:
    """A cell as the table has it: None for an empty one, whole numbers as int."""
    if value == "" and isinstance(value, str):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= LIMIT:
        return int(value)
    return value


def _column_of(name: str, cells: list[Any]) -> Column:
    """The cells of a column: numbers in one array, whole ones as integers; text and dates as text."""
    dates = [x for x in cells if isinstance(x, datetime.date)]
    at_midnight = all(not isinstance(x, datetime.datetime) or x.time() == datetime.time() for x in dates)
    found = [_date(x, at_midnight) if isinstance(x, datetime.date) else x for x in cells]
    told = [x for x in found if x is not None and not isinstance(x, Fault) and not (isinstance(x, str) and is_missing(x))]
    if any(isinstance(x, Fault) for x in found) or not all(isinstance(x, (int, float)) for x in told):
        return Column(name, _kind(told), as_objects(found))
    return mixed_column(name, [x if isinstance(x, (int, float)) else None for x in found])


def _kind(told: Sequence[Any]) -> str:
    """The kind of a column with text: `m` too where the text is mostly numbers as `80%` and `1,5`."""
    found = kind_of(isinstance(x, (int, float)) for x in told)
    return "m" if found == "U" and 2 * sum(misspelled(str(x), _PLAIN) for x in told) >= len(told) > 0 else found


def _date(value: datetime.date, at_midnight: bool) -> Date:
    if isinstance(value, datetime.datetime):
        return Date(value.date() if at_midnight else value)
    return Date(value if at_midnight else datetime.datetime.combine(value, datetime.time()))
