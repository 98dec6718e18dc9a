"""Columns found by name: the lookup, fields of several columns, and caches per thread. Knows no file format."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.numerics.stable import Array

Path = tuple[str, int | str | None]
"""A column or key in the file, and an index into its lists, or a key of its objects."""


def missing_column(names: Sequence[str], path: str, wanted: str | None = None) -> DataError:
    """The error of a column that a table with these columns does not have; None: no column was named."""
    what = "no column was named" if wanted is None else f"no column {visible(wanted, 60)!r}{nearest(wanted, names)}"
    return DataError(what, Where(path), f"its columns are {visible(', '.join(names), 200)}")


def two_ways(entry: str, name: str, where: Where) -> DataError:
    """The error of a column that is an entry of a list, and a column by itself as well."""
    what = f"{visible(entry)!r} is the name of a column and of an entry of the lists in {visible(name)!r}"
    return DataError(what, where, "rename one of them")


def unequal(length: int, size: int, where: Where) -> DataError:
    """The error of a list whose length differs from that of the first row."""
    what = f"a list of {length} value{'s' * (length != 1)}, but the first row has {size}"
    return DataError(what, where, "all lists of a column must have the same length")


def other_keys(keys: Iterable[str], where: Where) -> DataError:
    """The error of an object whose keys differ from those of the first row."""
    what = f"an object with the keys {visible(', '.join(keys))}, unlike the first row"
    return DataError(what, where, "all objects of a column must have the same keys")


class CachesPerThread:
    """A source with a cache per thread, which is not pickled."""

    Cache: type[threading.local]

    def forget(self) -> None:
        """Clear the caches."""
        self._own: Any = self.Cache()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_own": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.forget()


class PathTable(CachesPerThread):
    """A table that finds its columns by paths."""

    is_table = True
    path: str
    rows: int
    names: tuple[str, ...]
    lists: Mapping[str, tuple[str, ...]]
    _paths: dict[str, Path]
    _kinds: dict[str, str]

    def numeric(self) -> tuple[str, ...]:
        """The columns that contain numbers."""
        return tuple(name for name in self.names if self._kinds[name] == "f")

    def kind(self, name: str) -> str:
        """`f`, `m` or `U`: the type of the column."""
        self.find(name)
        return self._kinds[name]

    def numbers(self, names: tuple[str, ...]) -> PathField:
        if not names:
            raise missing_column(self.names, self.path)
        return PathField(self, names, "f")

    def text(self, name: str) -> PathField:
        return PathField(self, (name,), "U")

    def find(self, name: str) -> Path:
        if name not in self._paths:
            raise missing_column(self.names, self.path, name)
        return self._paths[name]

    def where(self, row: int, name: str) -> Where:
        return Where(self.path, row + 1, name)

    def read(self, path: Path, name: str, start: int, stop: int, kind: str) -> Array:
        """One column of the rows start…stop-1."""
        raise NotImplementedError

    def spelled(self, path: Path, name: str, row: int) -> str:
        """A cell that is not a finite number, for messages."""
        raise NotImplementedError

    def compared(self, path: Path, start: int, stop: int) -> Any:
        """One column of the rows start…stop-1 as the format has it."""
        raise NotImplementedError


class PathField:
    """One or several columns of such a table."""

    def __init__(self, table: PathTable, names: tuple[str, ...], kind: str) -> None:
        self._table, self.names, self.kind = table, names, kind
        self._paths = [table.find(name) for name in names]
        self.rows = table.rows
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object arrays of str."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), dtype=np.float64 if self.kind == "f" else object)
        pairs = zip(self._paths, self.names, strict=True)
        columns = [self._table.read(path, name, start, stop, self.kind) for path, name in pairs]
        return np.stack(columns).T if self.shape else columns[0]

    def where(self, row: int, item: int = 0) -> Where:
        return self._table.where(row, self.names[item])

    def compared(self, start: int, stop: int) -> Any:
        """Rows start…stop-1 of the one column as the format has them."""
        return self._table.compared(self._paths[0], start, stop)

    def spelled(self, row: int, item: int = 0) -> str:
        """A cell that is not a finite number, for messages."""
        return self._table.spelled(self._paths[item], self.names[item], row)
