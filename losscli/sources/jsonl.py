"""JSON Lines: each line is an object, its keys are the columns. A list of numbers becomes a column per entry: `x_0`, `x_1`, …"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.stable import Array
from losscli.sources.columns import Path, PathTable
from losscli.sources.delimited.dialect import BOM
from losscli.sources.delimited.row_index import every_line
from losscli.sources.files import InputFile
from losscli.sources.gunzip import plain_text

_TOLD = 1024
"""Rows read to determine the columns and their types."""
_EXACT: Any = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Keeps numbers as text, for keys and labels."""
_FIX = "every line must be one JSON object, with the same keys in all of them"


class _ThreadState(threading.local):
    """The rows read last by a thread."""

    def __init__(self) -> None:
        self.window = (0, 0, False)
        self.objects: list[Any] = []


class JsonLines(PathTable):
    """A JSON Lines file. Picklable; each thread caches the objects of the rows it read last."""

    Cache = _ThreadState
    format = "jsonl"

    def __init__(self, file: InputFile, jobs: int = 1) -> None:
        self._stored, self._file = file, plain_text(file)
        self.path, self.forks = file.shown, not file.url
        start = len(BOM) if self._file.data.read(0, len(BOM)) == BOM else 0
        self._lines = every_line(self._file, start, jobs)
        self.rows = self._lines.rows
        self.forget()
        first = self._objects(0, min(_TOLD, self.rows), exact=False)
        self._paths = _paths(first)
        self.names = tuple(self._paths)
        self._numeric = tuple(name for name, path in self._paths.items() if all(_is_number(row, path) for row in first))

    def sha256(self) -> str:
        return self._stored.sha256()

    def where(self, row: int, name: str | None = None) -> Where:
        return Where(self.path, row + 1, name, row + 1)

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        rows = self._objects(start, stop, exact=kind == "U")
        value: Callable[[Any], Any] = _number if kind == "f" else _text
        out = np.empty(len(rows), np.float64 if kind == "f" else object)
        try:
            out[:] = [value(_at(row, path)) for row in rows]
        except (TypeError, KeyError, IndexError, ValueError, OverflowError):
            self._refuse(rows, path, name, start, value)
        return out

    def _refuse(self, rows: list[Any], path: Path, name: str, start: int, value: Callable[[Any], Any]) -> NoReturn:
        for i, row in enumerate(rows):
            where = self.where(start + i, name)
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
                what = f"not a JSON object: {visible(e)}" if line.strip() else "an empty line"
                raise DataError(what, self.where(start + i), _FIX) from None
            if not isinstance(row, dict):
                raise DataError(f"{visible(line.decode(), 40)} is not a JSON object", self.where(start + i), _FIX)
            found.append(row)
        return found


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
