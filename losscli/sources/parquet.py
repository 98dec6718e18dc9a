"""Parquet, with the extra `arrow`: columns of one table, read by row groups. A list of numbers becomes a column per entry:
`x_0`, `x_1`, …"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.numerics.stable import Array, Ints
from losscli.sources.columns import Path, PathField, PathTable
from losscli.sources.files import InputFile

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
                self._paths, self._numeric = _columns(opened, schema)
        except (OSError, ValueError) as e:
            raise DataError(f"not a readable Parquet file: {visible(e)}", file.place, _FIX) from None
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

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        low = int(np.searchsorted(self._firsts, start, side="right")) - 1
        high = int(np.searchsorted(self._firsts, stop))
        parts = []
        for group in range(low, high):
            first = int(self._firsts[group])
            column = self._group(group, path[0])
            cut = column.slice(max(0, start - first), min(stop, int(self._firsts[group + 1])) - max(start, first))
            parts.append(_values(cut, path, kind, Where(self.path, column=name), max(start, first)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

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


def _columns(opened: Any, schema: Any) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The columns by name, and the numeric ones. The length of lists is taken from the first row."""
    from pyarrow import types

    def is_number(kind: Any) -> bool:
        return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)

    paths: dict[str, Path] = {}
    numeric: list[str] = []
    for field in schema:
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            if is_number(kind.value_type):
                first = next(opened.iter_batches(batch_size=1, columns=[field.name])).column(0)[0].as_py() or []
                found: dict[str, Path] = {f"{field.name}_{i}": (field.name, i) for i in range(len(first))}
                paths.update(found)
                numeric.extend(found)
        elif is_number(kind) or types.is_string(kind) or types.is_large_string(kind):
            paths[field.name] = (field.name, None)
            if is_number(kind):
                numeric.append(field.name)
    return paths, tuple(numeric)


def _values(column: Any, path: Path, kind: str, where: Where, first: int) -> Array:
    """A slice of a column as float64 or str."""
    from pyarrow import compute, float64, lib, types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count:
        row = first + int(np.argmax(np.asarray(compute.is_null(column))))
        fix = "write a missing value as NaN and use --nonfinite drop to exclude its row"
        raise DataError("a missing value (null)", Where(where.path, row + 1, where.column), fix)
    if path[1] is not None:
        try:
            column = compute.list_element(column, path[1])
        except lib.ArrowInvalid:
            lengths = np.asarray(compute.list_value_length(column))
            row = first + int(np.argmax(lengths <= path[1]))
            what = f"a list of {lengths[row - first]} numbers, but other rows have more"
            raise DataError(what, Where(where.path, row + 1, path[0]), "all lists of a column must have the same length") from None
        return _values(column, (path[0], None), kind, where, first)
    if kind == "f":
        return np.asarray(column.cast(float64(), safe=False).to_numpy(), dtype=np.float64)
    if types.is_floating(column.type) or types.is_decimal(column.type):
        fix = "save integers or text"
        raise DataError("contains floats, which cannot be exact keys", Where(where.path, column=where.column), fix)
    out = np.empty(len(column), dtype=object)
    out[:] = [("true" if v else "false") if v is True or v is False else str(v) for v in column.to_pylist()]
    return out


def open_file(file: InputFile, *, delimiter: str | None = None, header: bool = True, jobs: int = 1) -> Parquet:
    return Parquet(file)
