"""JSON Lines: each line is an object, its keys are the columns. A list of numbers becomes a column per entry: `x_0`, `x_1`, …; so
does an object of numbers: `x.cat`, `x.dog`."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, NoReturn

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.json_objects import Twice, unique
from losscli.numerics.exact_integers import LIMIT, NO_DOUBLE, may_be_inexact
from losscli.numerics.stable import Array
from losscli.sources.cell_numbers import kind_of, spelling
from losscli.sources.columns import Path, PathTable, other_keys, two_ways, unequal
from losscli.sources.delimited.preamble import BOM
from losscli.sources.delimited.row_index import every_line
from losscli.sources.files.input_file import InputFile
from losscli.sources.json.document import TOO_MANY_DIGITS
from losscli.sources.missing import is_missing

Form = int | frozenset[str]
"""What all lists or objects of a key have in common: their length, or their names."""
_NUMBERS = frozenset({float, int, bool})
_TOLD = 1024
"""Rows read to determine the columns and their types."""
_WORDS = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}


_PLAIN: Any = json.JSONDecoder(object_pairs_hook=unique)
_EXACT: Any = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_WORDS.__getitem__, object_pairs_hook=unique)
"""Keeps numbers as text, for keys and labels."""
_FIX = "every line must be one JSON object, with the same keys in all of them"


class _ThreadState(threading.local):
    """The rows read last by a thread, and the lists of numbers in them."""

    def __init__(self) -> None:
        self.window = (0, 0, False)
        self.objects: list[Any] = []
        self.lists: dict[str, Array | None] = {}


class JsonLines(PathTable):
    """A JSON Lines file. Picklable; each thread caches the objects of the rows it read last."""

    Cache = _ThreadState
    format = "jsonl"
    advice = _FIX
    notes: tuple[str, ...] = ()

    def __init__(self, file: InputFile, jobs: int = 1) -> None:
        self._stored = self._file = file
        self.path, self.forks = file.shown, not file.url
        start = len(BOM) if self._file.data.read(0, len(BOM)) == BOM else 0
        self._lines = every_line(self._file, start, jobs)
        self.rows = self._lines.rows
        self.forget()
        first = self._objects(0, min(_TOLD, self.rows), exact=False)
        self._forms = _forms(first)
        found = _paths(first, self._forms, Where(self.path))
        self._kinds = {name: _kind(first, path) for name, path in found.items()}
        self.lists = _lists(found, self._kinds)
        self._paths = {n: p for n, p in found.items() if not isinstance(p[1], str) or p[0] in self.lists}
        self.names = tuple(self._paths)

    def sha256(self, jobs: int = 1) -> str:
        return self._stored.sha256(jobs)

    def where(self, row: int, name: str | None = None) -> Where:
        return Where(self.path, row + 1, name, row + 1)

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        rows = self._objects(start, stop, exact=kind == "U")
        value: Callable[[Any], Any] = _number if kind == "f" else _text
        form = self._forms.get(path[0], 0)
        quick = self._only_numbers(rows, path, form) if kind == "f" else None
        out = np.empty(len(rows), np.float64 if kind == "f" else object) if quick is None else quick
        try:
            if quick is None:
                out[:] = [value(_at(row, path, form)) for row in rows]
        except (TypeError, KeyError, IndexError, ValueError, OverflowError):
            self._refuse(rows, path, name, start, value)
        if kind == "f" and may_be_inexact(out):
            for i in np.flatnonzero(np.abs(out) >= LIMIT).tolist():
                found = _at(rows[i], path, form)
                if isinstance(found, int) and found != float(out[i]):
                    raise DataError(NO_DOUBLE[0](found), self.where(start + i, name), NO_DOUBLE[1])
        return out

    def compared(self, path: Path, start: int, stop: int) -> list[Any]:
        """One column of the rows start…stop-1 as JSON has it; a row that lacks it equals no other."""
        form = self._forms.get(path[0], 0)
        found = []
        for row in self._objects(start, stop, exact=False):
            try:
                found.append(_at(row, path, form))
            except (TypeError, KeyError, IndexError):
                found.append(object())
        return found

    def _only_numbers(self, rows: list[Any], path: Path, form: Form) -> Array | None:
        """A column where every cell is a number; None if any needs a closer look."""
        key, entry = path
        held = self._own.lists
        try:
            if entry is None:
                return _doubles([row[key] for row in rows])
            if key not in held and isinstance(entry, int):
                lists = [row[key] for row in rows]
                alike = set(map(type, lists)) == {list} and set(map(len, lists)) == {form}
                flat = _doubles(list(chain.from_iterable(lists))) if alike else None
                held[key] = None if flat is None else flat.reshape(len(lists), -1)
        except KeyError:
            return None
        matrix = held.get(key)
        return None if matrix is None else matrix[:, entry]

    def spelled(self, path: Path, name: str, row: int) -> str:
        """A cell that is not a finite number, for messages."""
        found = _at(self._objects(row, row + 1, exact=True)[0], path, self._forms.get(path[0], 0))
        return "null" if found is None else spelling(str(found))

    def _refuse(self, rows: list[Any], path: Path, name: str, start: int, value: Callable[[Any], Any]) -> NoReturn:
        form = self._forms.get(path[0], 0)
        for i, row in enumerate(rows):
            where = self.where(start + i, name)
            try:
                found = _at(row, path, form)
            except (TypeError, KeyError, IndexError):
                raise _absent(row, path, form, where, self.advice) from None
            try:
                value(found)
            except OverflowError:
                raise DataError(NO_DOUBLE[0](visible(found, 40)), where, NO_DOUBLE[1]) from None
            except (TypeError, ValueError):
                shown = visible(json.dumps(found), 40)
                raise DataError(
                    f"{shown} is not {'a number' if value is _number else 'text'}", where, "correct the value"
                ) from None
        raise AssertionError("every value fits")

    def _objects(self, start: int, stop: int, *, exact: bool) -> list[Any]:
        own = self._own
        if own.window != (start, stop, exact):
            own.objects = self._parsed(start, stop, (_EXACT if exact else _PLAIN).decode)
            own.window, own.lists = (start, stop, exact), {}
        return own.objects

    def _parsed(self, start: int, stop: int, load: Callable[[str], Any]) -> list[Any]:
        low, high = self._lines.cover(start, stop)
        begin, end = int(self._lines.offsets[low]), int(self._lines.offsets[high])
        raw = self._file.data.read(begin, end - begin)
        self._file.data.check(self.path)
        first = int(self._lines.firsts[low])
        lines = raw.split(b"\n")[start - first : stop - first]
        found = []
        for i, line in enumerate(lines):
            try:
                row = load(line.decode("utf-8"))
            except (ValueError, RecursionError) as e:
                if isinstance(e, Twice):
                    raise DataError(str(e), self.where(start + i), "write every key once") from None
                if isinstance(e, UnicodeDecodeError):
                    what = f"not UTF-8 text: byte 0x{line[e.start]:02x}"
                    raise DataError(what, self.where(start + i), "save it as UTF-8") from None
                what = _why(e) if line.strip() else "an empty line"
                raise DataError(what, self.where(start + i), self.advice) from None
            if not isinstance(row, dict):
                raise DataError(f"{visible(line.decode(), 40)} is not a JSON object", self.where(start + i), self.advice)
            found.append(row)
        return found


def _why(error: Exception) -> str:
    if isinstance(error, ValueError) and "digits" in str(error):
        return f"contains {TOO_MANY_DIGITS}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"not a JSON object: {visible(error)}"


def _paths(rows: list[Any], forms: Mapping[str, Form], where: Where) -> dict[str, Path]:
    """Every column of the first rows, in the order of their first appearance; each entry of a list or object is a column."""
    found: dict[str, Path] = {}
    for row in rows:
        for key, value in row.items():
            for name, path in _spread(key, value, key in forms):
                if found.setdefault(name, path) != path:
                    raise two_ways(name, max(found[name], path, key=lambda p: p[1] is not None)[0], where)
    return found


def _spread(key: str, value: Any, listed: bool) -> list[tuple[str, Path]]:
    """The columns of one value; listed: other rows have a list or object there, so that a null is a missing one."""
    if isinstance(value, list):
        return [(f"{key}_{i}", (key, i)) for i in range(len(value))]
    if isinstance(value, dict):
        return [(f"{key}.{name}", (key, name)) for name in value]
    return [] if value is None and listed else [(key, (key, None))]


def _forms(rows: list[Any]) -> dict[str, Form]:
    """The length of the first list, or the names in the first object, of each key."""
    found: dict[str, Form] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, (list, dict)):
                found.setdefault(key, len(value) if isinstance(value, list) else frozenset(value))
    return found


def _lists(paths: Mapping[str, Path], kinds: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The keys whose lists or objects contain numbers only, with their columns."""
    found: dict[str, list[str]] = {}
    for name, (key, entry) in paths.items():
        if entry is not None:
            found.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in found.items() if all(kinds[n] == "f" for n in names)}


def _kind(rows: list[Any], path: Path) -> str:
    """The kind of a column by its first rows; rows without it are reported when they are read."""

    def cells() -> Iterator[Any]:
        key, entry = path
        for row in rows:
            found = row.get(key)
            if entry is None:
                yield found
            elif isinstance(found, list) and isinstance(entry, int):
                yield found[entry] if entry < len(found) else None
            elif isinstance(found, dict):
                yield found.get(entry)

    return kind_of(isinstance(x, (int, float)) for x in cells() if not _gone(x))


def _at(row: Any, path: Path, form: Form) -> Any:
    """The value of a row there. Raises if it has none, or a list or object of another form than the first."""
    key, entry = path
    found = row[key]
    if entry is None or found is None:
        return found
    if (len(found) if isinstance(found, list) else frozenset(found)) != form:
        raise IndexError
    return found[entry]


def _absent(row: Any, path: Path, form: Form, where: Where, advice: str) -> DataError:
    """The error of a row that has no value there."""
    key, entry = path
    found = row.get(key)
    here = Where(where.path, where.row, key, where.line)
    if entry is not None and isinstance(found, list) and isinstance(form, int):
        return unequal(len(found), form, here) if len(found) != form else DataError("an empty list", here, advice)
    if entry is not None and isinstance(found, dict) and not isinstance(form, int):
        return other_keys(found, here)
    return DataError("this row has no such column", where, advice)


def _doubles(cells: list[Any]) -> Array | None:
    """The cells as doubles if all are numbers that fit."""
    try:
        return np.array(cells, np.float64) if _NUMBERS.issuperset(map(type, cells)) else None
    except OverflowError:
        return None


def _gone(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and is_missing(value))


def _number(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    if not _gone(value):
        raise TypeError
    return math.nan


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value)
    raise TypeError
