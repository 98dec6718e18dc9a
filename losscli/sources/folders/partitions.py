"""Columns that the path of a file gives: a part `year=2024` of it is a column `year` of the file's rows, as Hive and Spark write
tables. Reads a file only where it has such a column itself."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np

from losscli.core.errors import DataError, Where, some, visible
from losscli.numerics.stable import Array, Ints
from losscli.sources.base import Field, Source, declared_of, hint_of, notes_of, spelled
from losscli.sources.cell_numbers import number, spelling
from losscli.sources.columns import missing_column
from losscli.sources.missing import is_missing

_NULL = "__HIVE_DEFAULT_PARTITION__"
_SPAN = 1 << 16


def of_path(path: str, inside: str) -> dict[str, str]:
    """The columns that the folders between `inside` and the file at `path` give. A missing value is an empty cell."""
    found: dict[str, str] = {}
    for part in path[len(inside) :].replace(os.sep, "/").split("/")[:-1]:
        name, equals, value = part.partition("=")
        if not equals or not name:
            continue
        name, value = _decoded(name), "" if value == _NULL else _decoded(value)
        if found.setdefault(name, value) != value:
            what = f"its path has {visible(name)}={visible(found[name])} and {visible(name)}={visible(value)}"
            raise DataError(what, Where(path), "rename one of the folders")
    return found


def with_partitions(tables: Sequence[Source], inside: str) -> list[Source]:
    """The files with the columns of their paths below `inside`, which must be the same columns for all; arrays are unchanged."""
    values = [of_path(table.path, inside) if table.is_table else {} for table in tables]
    names = tuple(values[0])
    for table, own in zip(tables, values, strict=True):
        if set(own) != set(names):
            what = f"its path gives {_told(tuple(own))}, but that of {visible(tables[0].path)} gives {_told(names)}"
            raise DataError(what, Where(table.path), "all files must lie in folders of the same names: NAME=VALUE")
    if not names:
        return list(tables)
    return [Partitioned(table, {name: own[name] for name in names}) for table, own in zip(tables, values, strict=True)]


def _told(names: tuple[str, ...]) -> str:
    return f"the column{'s' * (len(names) > 1)} {some(names)}" if names else "no column"


def _decoded(text: str) -> str:
    return unquote_to_bytes(os.fsencode(text)).decode("utf-8", "replace")


class Partitioned:
    """A table with the columns of its path, which have one value in all rows."""

    is_table = True

    def __init__(self, table: Source, values: Mapping[str, str]) -> None:
        self._table, self.path, self.rows, self.format, self.forks = table, table.path, table.rows, table.format, table.forks
        for name, value in values.items():
            if name in table.lists:
                raise DataError("is a list, and a part of the file's path too", Where(self.path, column=name), "rename one of them")
            if name in table.names:
                _refuse_other(table, name, value)
        self._values = {name: value for name, value in values.items() if name not in table.names}
        self.names, self.lists = (*table.names, *self._values), table.lists
        self.hint, self.notes = hint_of(table), notes_of(table)
        self.found_notes: tuple[str, ...] = ()
        self.declared = {**declared_of(table), "partitions": tuple(values)}

    def numeric(self) -> tuple[str, ...]:
        return self._table.numeric()

    def kind(self, name: str) -> str:
        """`U` for the columns of the path, which are numbers where they are asked for as such."""
        return "U" if name in self._values else self._table.kind(name)

    def numbers(self, names: tuple[str, ...]) -> Field:
        if not any(name in self._values for name in names):
            return self._table.numbers(names) if names else self._none()
        fields = [self._constant(n, "f") if n in self._values else self._table.numbers((n,)) for n in names]
        return fields[0] if len(fields) == 1 else SideBySide(fields)

    def text(self, name: str) -> Field:
        if name in self._values:
            return self._constant(name, "U")
        return self._table.text(name) if name in self._table.names else self._none(name)

    def sha256(self, jobs: int = 1) -> str:
        return self._table.sha256(jobs)

    def _constant(self, name: str, kind: str) -> Field:
        return Constant(Where(self.path, column=name), self._values[name], self.rows, kind)

    def _none(self, name: str | None = None) -> Field:
        raise missing_column(self.names, self.path, name)

    def __getattr__(self, name: str) -> Any:
        """What only some formats have."""
        if name.startswith("__") or name == "_table":
            raise AttributeError(name)
        return getattr(self._table, name)


def _refuse_other(table: Source, name: str, value: str) -> None:
    """Raise DataError where a column of the file differs from its path."""
    field = table.text(name)
    for start in range(0, field.rows, _SPAN):
        cells = field.read(start, min(start + _SPAN, field.rows))
        for cell in dict.fromkeys(cells.tolist()):
            if not _same(cell, value):
                row = start + int(np.argmax(cells == cell))
                shown = "an empty cell" if cell == "" else repr(visible(cell, 40))
                what = f"{shown}, but the path of the file has {visible(name)}={visible(value) or _NULL}"
                raise DataError(what, field.where(row), "rename the folder, or write the file without this column")


def _same(cell: str, value: str) -> bool:
    """Whether a cell and a part of a path have one value: `1` and `1.0` do, and two that are missing."""
    if cell == value or (is_missing(cell) and is_missing(value)):
        return True
    try:
        return number(cell) == number(value)
    except ValueError:
        return cell.lower() == value.lower() in ("true", "false")


class Constant:
    """A column with one value in all rows."""

    shape: tuple[int, ...] = ()

    def __init__(self, place: Where, value: str, rows: int, kind: str) -> None:
        self._place, self._text, self.rows, self.kind = place, value, rows, kind
        self.names: tuple[str, ...] = (place.column or "",)
        self._value: float | str = _number(value, place) if kind == "f" else value

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or objects of str."""
        return self._repeated(max(0, min(stop, self.rows) - start))

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return self._repeated(len(rows))

    def _repeated(self, times: int) -> Array:
        return np.full(times, self._value, dtype=np.float64 if self.kind == "f" else object)

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self._place.path, row + 1, self._place.column)

    def spelled(self, row: int, item: int = 0) -> str:
        return spelling(self._text)


def _number(text: str, place: Where) -> float:
    if is_missing(text):
        return math.nan
    try:
        return number(text)
    except ValueError:
        raise DataError(f"{visible(text, 40)!r}, which the path of the file gives, is not a number", place) from None


class SideBySide:
    """Columns of numbers from several fields of equal length."""

    kind = "f"

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = tuple(fields)
        self.names: tuple[str, ...] = tuple(name for field in fields for name in field.names)
        self.rows, self.shape = fields[0].rows, (len(fields),)

    def read(self, start: int, stop: int) -> Array:
        return np.stack([field.read(start, stop) for field in self._fields]).T

    def where(self, row: int, item: int = 0) -> Where:
        return self._fields[item].where(row)

    def spelled(self, row: int, item: int = 0) -> str:
        return spelled(self._fields[item], row)
