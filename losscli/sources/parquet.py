"""Parquet, with the extra `arrow`: columns of one table, read by row groups. A list of numbers becomes a column per entry:
`x_0`, `x_1`, …"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.records import dataclass, field
from losscli.numerics.exact_integers import NO_DOUBLE
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrow_values import Inexact, Stamps, entries, floats, is_list, is_number, is_object, texts, unreadable
from losscli.sources.columns import Path, PathField, PathTable, two_ways
from losscli.sources.files import InputFile
from losscli.sources.side_format import SideFormat

_FIX = "write it again, for instance with pandas.DataFrame.to_parquet"


class _ThreadState(threading.local):
    """The row group read last by a thread, and the columns requested from it."""

    def __init__(self) -> None:
        self.group = -1
        self.columns: dict[str, Any] = {}
        self.known: list[str] = []


class Parquet(PathTable):
    """A Parquet file. Picklable; each thread caches the columns of the row group it read last."""

    Cache = _ThreadState
    format = "parquet"
    forks = False

    def __init__(self, file: InputFile) -> None:
        self._file, self.path = file, file.shown
        parquet = _library()
        try:
            with parquet.ParquetFile(file.data.same_path(self.path)) as opened:
                schema, meta = opened.schema_arrow, opened.metadata
                self.rows = int(meta.num_rows)
                groups = [int(meta.row_group(i).num_rows) for i in range(meta.num_row_groups)]
                self._firsts: Ints = np.cumsum([0, *groups])
                if self.rows == 0:
                    raise DataError("the table has no rows", file.place, "check the program that wrote the file")
                found = _columns(opened, schema, file.place)
        except (OSError, ValueError) as e:
            raise DataError(f"not a readable Parquet file: {visible(e)}", file.place, _FIX) from None
        self._paths, self._kinds, self.lists, self._left_out = found.paths, found.kinds, found.lists, found.left_out
        self._timed, self._stamps = found.timed, dict[str, Stamps]()
        self.names = tuple(self._paths)
        self.forget()

    def numbers(self, names: tuple[str, ...]) -> PathField:
        for name in names:
            if self.kind(name) != "f":
                fix = "name the numeric columns with --col"
                raise DataError("contains text where numbers are needed", Where(self.path, column=name), fix)
        return super().numbers(names)

    def sha256(self) -> str:
        return self._file.sha256()

    def find(self, name: str) -> Path:
        stem, _, number = name.rpartition("_")
        for column in (name, stem if number.isdecimal() else name):
            if column in self._left_out:
                fix = "save a column of numbers or text"
                raise DataError(f"cannot be read: {self._left_out[column]}", Where(self.path, column=column), fix)
        return super().find(name)

    def text(self, name: str) -> PathField:
        path = self.find(name)
        if name in self._timed and name not in self._stamps:
            groups = [self._slice(path, first, last) for first, last in self._groups(0, self.rows)]
            self._stamps[name] = Stamps.of(_joined(groups))
        return super().text(name)

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        parts = [self._values(path, name, first, last, kind) for first, last in self._groups(start, stop)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def compared(self, path: Path, start: int, stop: int) -> list[Any]:
        """One column of the rows start…stop-1 as Arrow has it, by row group."""
        return [self._slice(path, first, last) for first, last in self._groups(start, stop)]

    def spelled(self, path: Path, name: str, row: int) -> str:
        """A cell that is not a finite number, for messages."""
        cell = self._slice(path, row, row + 1)
        return "null" if cell.null_count else str(floats(cell)[0])

    def _values(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        column = self._slice(path, start, stop)
        try:
            return floats(column) if kind == "f" else texts(column, self._stamps.get(name))
        except Inexact as e:
            row = int(e.args[0])
            raise DataError(NO_DOUBLE[0](column[row]), self.where(start + row, name), NO_DOUBLE[1]) from None
        except UnicodeDecodeError:
            row = next(i for i in range(len(column)) if not _decodes(column[i]))
            raise DataError("not UTF-8 text", self.where(start + row, name), "save it as UTF-8") from None

    def _groups(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The rows start…stop-1, cut where row groups end."""
        low = int(np.searchsorted(self._firsts, start, side="right")) - 1
        high = int(np.searchsorted(self._firsts, stop))
        for group in range(low, high):
            yield max(start, int(self._firsts[group])), min(stop, int(self._firsts[group + 1]))

    def _slice(self, path: Path, start: int, stop: int) -> Any:
        """Rows start…stop-1 of one row group, as Arrow has them."""
        group = int(np.searchsorted(self._firsts, start, side="right")) - 1
        column = self._group(group, path[0]).slice(start - int(self._firsts[group]), stop - start)
        if path[1] is None:
            return column
        return entries(column, path[1], len(self.lists[path[0]]), lambda i: Where(self.path, start + i + 1, path[0]))

    def _group(self, group: int, column: str) -> Any:
        own = self._own
        if own.group != group:
            own.group, own.columns = group, {}
        if column not in own.columns:
            wanted = list(dict.fromkeys([*own.known, column]))
            try:
                with _library().ParquetFile(self._file.data.same_path(self.path)) as opened:
                    table = opened.read_row_group(group, columns=wanted, use_threads=False)
            except (OSError, ValueError) as e:
                raise DataError(f"cannot be read: {visible(e)}", Where(self.path), _FIX) from None
            own.columns = {name: table.column(name) for name in wanted}
            own.known = wanted
        return own.columns[column]


def _library() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageError("reading Parquet needs pyarrow", fix=install("arrow")) from None
    return parquet


def _columns(opened: Any, schema: Any, where: Where) -> Columns:
    """The columns, and the lengths of lists, taken from the first row that has one."""
    from pyarrow import types

    found = Columns()
    for column in schema:
        name, kind = column.name, column.type
        if schema.names.count(name) > 1:
            raise DataError(f"two columns are named {visible(name)!r}", where, "rename one of them")
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if is_list(kind) and is_number(kind.value_type):
            found.spread(name, {f"{name}_{i}": i for i in range(_length(opened, name))}, where)
        elif is_object(kind):
            found.spread(name, {f"{name}.{part.name}": part.name for part in kind}, where)
        elif reason := unreadable(kind):
            found.left_out[name] = reason
        else:
            found.add(name, (name, None), "f" if is_number(kind) else "U", where)
            found.timed |= {name} if types.is_timestamp(kind) else set()
    return found


@dataclass
class Columns:
    """The columns of a file by name: their paths and kinds, the list columns, and those that cannot be read, with the reason."""

    paths: dict[str, Path] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    timed: set[str] = field(default_factory=set)

    def add(self, name: str, path: Path, kind: str, where: Where) -> None:
        if name in self.paths:
            raise two_ways(name, max(self.paths[name], path, key=lambda p: p[1] is not None)[0], where)
        self.paths[name], self.kinds[name] = path, kind

    def spread(self, name: str, entries: Mapping[str, int | str], where: Where) -> None:
        """Add a column per entry of a list or object."""
        if not entries:
            self.left_out[name] = "its first list is empty"
            return
        self.lists[name] = tuple(entries)
        for entry, index in entries.items():
            self.add(entry, (name, index), "f", where)


def _length(opened: Any, name: str) -> int:
    """The length of the first list of a column."""
    for batch in opened.iter_batches(batch_size=1024, columns=[name]):
        for value in batch.column(0).drop_null()[:1]:
            return len(value)
    return 0


def _joined(groups: list[Any]) -> Any:
    from pyarrow import chunked_array

    return chunked_array([chunk for group in groups for chunk in group.chunks])


def _decodes(cell: Any) -> bool:
    try:
        cell.as_py()
    except UnicodeDecodeError:
        return False
    return True


def open_file(file: InputFile, text: SideFormat, jobs: int) -> Parquet:
    return Parquet(file)
