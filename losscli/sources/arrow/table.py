"""Tables of Arrow columns, read by groups of rows: the row groups of Parquet, the record batches of IPC. A list of numbers becomes
a column per entry: `x_0`, `x_1`, …"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.numerics.exact_integers import NO_DOUBLE
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrow.columns import Columns, class_names, class_notes, columns_of, plain
from losscli.sources.arrow.row_labels import numbered, range_index
from losscli.sources.arrow.values import Inexact, Stamps, entries, floats, texts
from losscli.sources.columns import Path, PathField, PathTable, missing_column
from losscli.sources.files.compression import expands_too_much
from losscli.sources.files.input_file import InputFile
from losscli.sources.missing import is_missing

_BROKEN = (OSError, ValueError, NotImplementedError, MemoryError, LookupError, ArithmeticError)
"""What pyarrow raises for a file that is not as it should be."""
_VALUE = 8
"""Bytes of a number in memory."""
_HELD = 1 << 16
"""Rows of groups that a thread keeps; the last two that it has read in any case."""


def library(name: str, what: str) -> Any:
    """A module of pyarrow."""
    from importlib import import_module

    try:
        import_module("pyarrow")
        return import_module(f"pyarrow.{name}")
    except ImportError:
        raise UsageError(f"reading {what} needs pyarrow, which is not installed", fix=install("arrow")) from None


class _Group:
    """The columns of one group that were read so far. Threads that read the same group share it."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self.lock = threading.Lock()


class ThreadGroups(threading.local):
    """The groups read last by a thread, and its reader of the file, if the format keeps one."""

    def __init__(self) -> None:
        self.groups: dict[int, _Group] = {}
        self.rows = 0
        self.reader: Any = None


class ArrowTable(PathTable):
    """A file of Arrow columns. Picklable. Each group is read once while a thread needs it, with the columns that are needed."""

    Cache = ThreadGroups
    format: str
    forks = False
    what: str
    """What the file is, for messages."""

    def __init__(self, file: InputFile) -> None:
        self._file, self.path = file, file.shown
        self._stamps: dict[str, Stamps] = {}
        self._expected: tuple[str, ...] = ()
        self.forget()
        try:
            schema, sizes = self.open()
            self._refuse_bombs(sizes)
            self._firsts: Ints = np.cumsum([0, *sizes], dtype=np.int64)
            self.rows = int(self._firsts[-1])
            if self.rows == 0:
                raise DataError("the table has no rows", file.place, "check the program that wrote the file")
            found = columns_of(schema, self._length, file.place)
        except _BROKEN as e:
            raise self.refused(f"not a readable {self.what}: {visible(e)}") from None
        self.index, self._labels = range_index(schema, self.rows)
        if self.index:
            found.add(self.index, (self.index, None), "f", file.place)
        self._columns: Columns = found
        self.whole = frozenset(found.whole)
        self._paths, self._kinds, self.lists = found.paths, found.kinds, found.lists
        self.names = tuple(self._paths)
        known = class_names(schema, self.names)
        self.notes = tuple(class_notes(known))
        self.declared: dict[str, Any] = {"label_names": known} if known else {}
        self.declared |= {"unreadable": self._columns.left_out} if self._columns.left_out else {}

    def without_index(self) -> None:
        """Leave out the column of an index that is only in the metadata."""
        if self.index:
            self.names = self._columns.without(self.index)
            self.index = ""

    def open(self) -> tuple[Any, Sequence[int]]:
        """The schema, and the number of rows of each group."""
        raise NotImplementedError

    def load(self, group: int, names: Sequence[str]) -> Mapping[str, Any]:
        """Whole columns of one group."""
        raise NotImplementedError

    def _refuse_bombs(self, sizes: Sequence[int]) -> None:
        rows = sum(sizes)
        if min(sizes, default=0) < 0 or expands_too_much(_VALUE * rows, self._file.size):
            what = f"announces {rows} rows, a column of which is more than a thousand times its {self._file.size} bytes"
            fix = "copy or write the file again; a table that is so large and so plain is read as CSV"
            raise DataError(what, self._file.place, fix)

    def refused(self, what: str) -> DataError:
        return DataError(what, Where(self.path), f"write it again, for instance with pandas.DataFrame.to_{self.format}")

    def numbers(self, names: tuple[str, ...]) -> ArrowField:
        for name in names:
            if self.kind(name) != "f":
                what, fix = "the date or time", "name the numeric columns with --col"
                if name not in self._columns.dated:
                    what, fix = "the text", f"store the column as numbers, for instance with pandas.to_numeric, or {fix}"
                cells = [str(x) for x in self.text(name).read(0, min(self.rows, 1024)).tolist()]
                row = next((i for i, cell in enumerate(cells) if not is_missing(cell)), 0)
                raise DataError(f"{what} {visible(cells[row], 40)!r} where a number is needed", self.where(row, name), fix)
        if not names:
            raise missing_column(self.names, self.path)
        return ArrowField(self, names, "f")

    def text(self, name: str) -> ArrowField:
        path = self.find(name)
        if name in self._columns.timed and name not in self._stamps:
            spans = self.groups(0, self.rows)
            self._stamps[name] = Stamps.shared(Stamps.of(self.slice(path, first, last)) for first, last in spans)
        return ArrowField(self, (name,), "U")

    def sha256(self, jobs: int = 1) -> str:
        return self._file.sha256(jobs)

    def find(self, name: str) -> Path:
        stem, _, number = name.rpartition("_")
        for column in (name, stem if number.isdecimal() else name):
            if column in self._columns.left_out:
                fix = "save a column of numbers or text"
                raise DataError(f"cannot be read: {self._columns.left_out[column]}", Where(self.path, column=column), fix)
        return super().find(name)

    def expect(self, names: Sequence[str]) -> None:
        """Read these columns of a group together, once one of them is needed."""
        self._expected = tuple(dict.fromkeys([*self._expected, *names]))

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1, which are in one group."""
        column = self.slice(path, start, stop)
        try:
            return floats(column) if kind == "f" else texts(column, self._stamps.get(name))
        except Inexact as e:
            row = int(e.args[0])
            raise DataError(NO_DOUBLE[0](column[row]), self.where(start + row, name), NO_DOUBLE[1]) from None
        except UnicodeDecodeError:
            row = next(i for i in range(len(column)) if not _decodes(column[i]))
            raise DataError("not UTF-8 text", self.where(start + row, name), "save it as UTF-8") from None

    def compared(self, path: Path, start: int, stop: int) -> list[Any]:
        """One column of the rows start…stop-1 as Arrow has it, by group."""
        return [self.slice(path, first, last) for first, last in self.groups(start, stop)]

    def spelled(self, path: Path, name: str, row: int) -> str:
        """A cell that is not a finite number, for messages."""
        cell = self.slice(path, row, row + 1)
        return "null" if cell.null_count else str(floats(cell)[0])

    def groups(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The rows start…stop-1, cut where groups end; empty groups are skipped."""
        at = int(np.searchsorted(self._firsts, start, side="right"))
        while start < stop:
            end = min(stop, int(self._firsts[at]))
            if end > start:
                yield start, end
            start, at = end, at + 1

    def slice(self, path: Path, start: int, stop: int) -> Any:
        """Rows start…stop-1 of one group, as Arrow has them."""
        group = self.group_of(start)
        column = self.prepare(group, (path[0],))[path[0]].slice(start - int(self._firsts[group]), stop - start)
        if path[1] is None:
            return column
        return entries(column, path[1], len(self.lists[path[0]]), lambda i: Where(self.path, start + i + 1, path[0]))

    def group_of(self, row: int) -> int:
        """The group that contains a row."""
        return int(np.searchsorted(self._firsts, row, side="right")) - 1

    def prepare(self, group: int, names: Sequence[str]) -> Mapping[str, Any]:
        """The columns of a group, those among them that were not read before read together."""
        held = self._group(group)
        with held.lock:
            wanted = [name for name in dict.fromkeys(names) if name not in held.columns]
            if wanted:
                if any(name in self._expected for name in wanted):
                    wanted += [name for name in self._expected if name not in held.columns and name not in wanted]
                try:
                    held.columns.update(self._loaded(group, wanted))
                except _BROKEN as e:
                    raise self.refused(f"cannot be read: {visible(e)}") from None
            return held.columns

    def _size(self, group: int) -> int:
        return int(self._firsts[group + 1] - self._firsts[group])

    def _loaded(self, group: int, names: Sequence[str]) -> dict[str, Any]:
        rows, first = self._size(group), int(self._firsts[group])
        stored = [name for name in names if name != self.index]
        found = {name: plain(column) for name, column in (self.load(group, stored).items() if stored else ())}
        if len(stored) < len(names):
            found[self.index] = numbered(self._labels[first : first + rows])
        for name, column in found.items():
            if len(column) != rows:
                raise ValueError(f"column {name} has {len(column)} of the {rows} rows from row {first + 1} on")
        return found

    def _group(self, group: int) -> _Group:
        """A group that this thread, or another one, holds already, else a new one."""
        mine = self._own.groups
        if group in mine:
            return mine[group]
        with self._lock:
            held = self._shared.get(group)
            if held is None:
                held = self._shared[group] = _Group()
        own = self._own
        while len(mine) > 1 and own.rows > _HELD:
            oldest = next(iter(mine))
            del mine[oldest]
            own.rows -= self._size(oldest)
        mine[group] = held
        own.rows += self._size(group)
        return held

    def forget(self) -> None:
        """Clear the caches."""
        super().forget()
        self._shared: WeakValueDictionary[int, _Group] = WeakValueDictionary()
        self._lock = threading.Lock()

    def _length(self, name: str) -> int:
        """The length of the first list of a column."""
        for group in range(len(self._firsts) - 1):
            for value in plain(self.load(group, [name])[name]).drop_null()[:1]:
                return len(value)
        return 0

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in super().__getstate__().items() if k not in ("_shared", "_lock")}


class ArrowField(PathField):
    """One or several columns of such a table."""

    _table: ArrowTable

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object arrays of str."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        columns = [path[0] for path in self._paths]
        out = np.empty((len(columns), max(0, stop - start)), dtype=np.float64 if self.kind == "f" else object)
        for first, last in self._table.groups(start, stop):
            self._table.prepare(self._table.group_of(first), columns)
            for i, (path, name) in enumerate(zip(self._paths, self.names, strict=True)):
                out[i, first - start : last - start] = self._table.read(path, name, first, last, self.kind)
        return out.T if self.shape else out[0]

    def expect(self, compared: bool = False) -> None:
        """Have these columns read with the others that are expected."""
        self._table.expect([path[0] for path in self._paths])

    def forget(self) -> None:
        """Clear the caches of the file."""
        self._table.forget()


def _decodes(cell: Any) -> bool:
    try:
        cell.as_py()
    except UnicodeDecodeError:
        return False
    return True
