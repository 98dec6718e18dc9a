"""Parquet, with the extra `arrow`: columns of one table, read by row groups. A list of numbers becomes a column per entry:
`x_0`, `x_1`, …"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array, Ints
from losscli.sources.columns import Path, PathField, PathTable, two_ways, unequal
from losscli.sources.files import InputFile
from losscli.sources.text_format import TextFormat

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
            with parquet.ParquetFile(file.data.path) as opened:
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
                raise DataError(f"cannot be read: {self._left_out[column]}", Where(self.path, column=column), _FIX)
        return super().find(name)

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        parts = [_values(self._slice(path, first, last), kind) for first, last in self._groups(start, stop)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def spelled(self, path: Path, name: str, row: int) -> str:
        """A cell that is not a finite number, for messages."""
        cell = self._slice(path, row, row + 1)
        return "null" if cell.null_count else str(_values(cell, "f")[0])

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
        return _entries(column, path, len(self.lists[path[0]]), lambda i: Where(self.path, start + i + 1, path[0]))

    def _group(self, group: int, column: str) -> Any:
        own = self._own
        if own.group != group:
            own.group, own.columns = group, {}
        if column not in own.columns:
            wanted = list(dict.fromkeys([*own.known, column]))
            try:
                with _library().ParquetFile(self._file.data.path) as opened:
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
        if _is_list(kind) and _is_number(kind.value_type):
            found.spread(name, _length(opened, name), where)
        elif reason := _unreadable(kind):
            found.left_out[name] = reason
        else:
            found.add(name, (name, None), "f" if _is_number(kind) else "U", where)
    return found


@dataclass
class Columns:
    """The columns of a file by name: their paths and kinds, the list columns, and those that cannot be read, with the reason."""

    paths: dict[str, Path] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, path: Path, kind: str, where: Where) -> None:
        if name in self.paths:
            raise two_ways(name, max(self.paths[name], path, key=lambda p: p[1] is not None)[0], where)
        self.paths[name], self.kinds[name] = path, kind

    def spread(self, name: str, size: int, where: Where) -> None:
        if not size:
            self.left_out[name] = "its lists are empty"
            return
        self.lists[name] = tuple(f"{name}_{i}" for i in range(size))
        for i, entry in enumerate(self.lists[name]):
            self.add(entry, (name, i), "f", where)


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _unreadable(kind: Any) -> str:
    """Why columns of a type are left out; "" for those that are numbers or have a spelling as text."""
    from pyarrow import types

    if types.is_nested(kind):
        return f"its type is {kind}"
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind) or types.is_binary_view(kind):
        return "it contains bytes, not text or numbers"
    return ""


def _length(opened: Any, name: str) -> int:
    """The length of the first list of a column."""
    for batch in opened.iter_batches(batch_size=1024, columns=[name]):
        for value in batch.column(0).drop_null()[:1]:
            return len(value)
    return 0


def _entries(column: Any, path: Path, size: int, place: Callable[[int], Where]) -> Any:
    """One entry of every list of a slice, null where the list is; all lists must have the length `size`."""
    from pyarrow import compute, int64, nulls, types

    if not types.is_fixed_size_list(column.type):
        lengths = np.asarray(compute.fill_null(compute.list_value_length(column), size))
        if (lengths != size).any():
            row = int(np.argmax(lengths != size))
            raise unequal(int(lengths[row]), size, place(row))
    if column.null_count == len(column):
        return nulls(len(column), int64())
    return compute.list_element(column, path[1])


def _values(column: Any, kind: str) -> Array:
    """A slice of a column as float64, NaN where it is null, or as str, empty there."""
    from pyarrow import compute, float64, types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind == "f":
        return np.asarray(column.cast(float64(), safe=False).to_numpy(), dtype=np.float64)
    out = np.empty(len(column), dtype=object)
    if types.is_floating(column.type):
        held = column.combine_chunks().to_numpy(zero_copy_only=False) if hasattr(column, "combine_chunks") else column.to_numpy()
        out[:] = held.astype(str)
        out[np.isnan(held)] = ""
    elif types.is_temporal(column.type):
        out[:] = ["" if v is None else v for v in compute.cast(column, "string").to_pylist()]
    else:
        out[:] = ["" if v is None else str(v) for v in column.to_pylist()]
    return out


def open_file(file: InputFile, text: TextFormat, jobs: int) -> Parquet:
    return Parquet(file)
