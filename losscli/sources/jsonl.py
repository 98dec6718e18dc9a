"""JSON Lines: each line is an object, its keys are the columns. A list of numbers becomes a column per entry: `x_0`, `x_1`, …"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.numerics.stable import Array
from losscli.sources.delimited.dialect import BOM
from losscli.sources.delimited.row_index import every_line
from losscli.sources.files import InputFile
from losscli.sources.gunzip import plain_text

_TOLD = 1024
"""Rows read to determine the columns and their types."""
_EXACT: Any = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Keeps numbers as text, for keys and labels."""
_FIX = "every line must be one JSON object, with the same keys in all of them"
Path = tuple[str, int | None]
"""A key of the object, and an index into its list."""


class JsonLines:
    """A JSON Lines file. Picklable; each thread caches the objects of the rows it read last."""

    is_table = True
    format = "jsonl"

    def __init__(self, file: InputFile, jobs: int = 1) -> None:
        self._stored, self._file = file, plain_text(file)
        self.path, self.forks = file.shown, not file.url
        start = len(BOM) if self._file.data.read(0, len(BOM)) == BOM else 0
        self._lines = every_line(self._file, start, jobs)
        self.rows = self._lines.rows
        self._own = _ThreadState()
        first = self._objects(0, min(_TOLD, self.rows), exact=False)
        self._paths = _paths(first)
        self.names = tuple(self._paths)
        self._numeric = tuple(name for name, path in self._paths.items() if all(_is_number(row, path) for row in first))

    def numeric(self) -> tuple[str, ...]:
        """The columns with numbers in all of the first rows."""
        return self._numeric

    def kind(self, name: str) -> str:
        """`f` or `U`: the type of the column, by its first rows."""
        self._path(name)
        return "f" if name in self._numeric else "U"

    def numbers(self, names: tuple[str, ...]) -> JsonField:
        if not names:
            raise DataError("no column was named", Where(self.path), f"its columns are {visible(', '.join(self.names), 200)}")
        return JsonField(self, names, "f", [self._path(name) for name in names])

    def text(self, name: str) -> JsonField:
        return JsonField(self, (name,), "U", [self._path(name)])

    def sha256(self) -> str:
        return self._stored.sha256()

    def _path(self, name: str) -> Path:
        if name not in self._paths:
            what = f"no column {visible(name, 60)!r}{nearest(name, self.names)}"
            raise DataError(what, Where(self.path), f"its columns are {visible(', '.join(self.names), 200)}")
        return self._paths[name]

    def read(self, path: Path, name: str, start: int, stop: int, number: bool) -> Array:
        """One column of the rows start…stop-1."""
        rows = self._objects(start, stop, exact=not number)
        value: Callable[[Any], Any] = _number if number else _text
        out = np.empty(len(rows), np.float64 if number else object)
        try:
            out[:] = [value(_at(row, path)) for row in rows]
        except (TypeError, KeyError, IndexError, ValueError, OverflowError):
            self._refuse(rows, path, name, start, value)
        return out

    def _refuse(self, rows: list[Any], path: Path, name: str, start: int, value: Callable[[Any], Any]) -> NoReturn:
        for i, row in enumerate(rows):
            where = Where(self.path, start + i + 1, name, start + i + 1)
            try:
                found = _at(row, path)
            except (TypeError, KeyError, IndexError):
                raise DataError("this row has no such column", where, _FIX) from None
            try:
                value(found)
            except (TypeError, ValueError, OverflowError):
                shown = visible(json.dumps(found), 40)
                fix = "write a missing value as NaN and use --nonfinite drop" if found is None else "correct the value"
                raise DataError(f"{shown} is not {'a number' if value is _number else 'text'}", where, fix) from None
        raise AssertionError("every value fits")

    def _objects(self, start: int, stop: int, *, exact: bool) -> list[Any]:
        own = self._own
        if own.window != (start, stop, exact):
            own.objects = self._parsed(start, stop, _EXACT.decode if exact else json.loads)
            own.window = (start, stop, exact)
        return own.objects

    def _parsed(self, start: int, stop: int, load: Callable[[str], Any]) -> list[Any]:
        low, high = self._lines.cover(start, stop)
        begin, end = int(self._lines.offsets[low]), int(self._lines.offsets[high])
        raw = self._file.data.read(begin, end - begin)
        first = int(self._lines.firsts[low])
        lines = raw.split(b"\n")[start - first : stop - first]
        found = []
        for i, line in enumerate(lines):
            try:
                row = load(line.decode("utf-8"))
            except (ValueError, RecursionError) as e:
                where = Where(self.path, start + i + 1, line=start + i + 1)
                raise DataError(f"not a JSON object: {visible(e)}" if line.strip() else "an empty line", where, _FIX) from None
            if not isinstance(row, dict):
                where = Where(self.path, start + i + 1, line=start + i + 1)
                raise DataError(f"{visible(line.decode(), 40)} is not a JSON object", where, _FIX)
            found.append(row)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_own": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._own = _ThreadState()


class _ThreadState(threading.local):
    """The rows read last by a thread."""

    def __init__(self) -> None:
        self.window = (0, 0, False)
        self.objects: list[Any] = []


class JsonField:
    """One or several columns of a JSON Lines file."""

    def __init__(self, source: JsonLines, names: tuple[str, ...], kind: str, paths: list[Path]) -> None:
        self._source, self.names, self.kind, self._paths = source, names, kind, paths
        self.rows = source.rows
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object arrays of str."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), dtype=np.float64 if self.kind == "f" else object)
        columns = [
            self._source.read(path, name, start, stop, self.kind == "f") for path, name in zip(self._paths, self.names, strict=True)
        ]
        return np.stack(columns).T if self.shape else columns[0]

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self._source.path, row + 1, self.names[item], row + 1)


def _paths(rows: list[Any]) -> dict[str, Path]:
    """Every column of the first rows, in the order of their first appearance; each entry of a list is a column."""
    found: dict[str, Path] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, list):
                found.update({f"{key}_{i}": (key, i) for i in range(len(value)) if f"{key}_{i}" not in found})
            elif not isinstance(value, dict):
                found.setdefault(key, (key, None))
    return found


def _at(row: Any, path: Path) -> Any:
    key, i = path
    return row[key] if i is None else row[key][i]


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _is_number(row: Any, path: Path) -> bool:
    """Whether a row has a number there, or nothing; missing values are reported when they are read."""
    try:
        return isinstance(_at(row, path), (int, float))
    except (TypeError, KeyError, IndexError):
        return True


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise TypeError
    return value


def open_file(file: InputFile, *, delimiter: str | None = None, header: bool = True, jobs: int = 1) -> JsonLines:
    return JsonLines(file, jobs)
