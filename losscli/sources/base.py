"""The interface of input files: columns or arrays, and any span of their rows. Never evaluates anything."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from losscli.core.errors import Where
from losscli.numerics.stable import Array, Ints


class Field(Protocol):
    """One or several columns of a table, or one array: random access to its rows. Picklable."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns or keys it reads, for messages and for `roles` in the report; () for a bare array."""
        ...

    @property
    def rows(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row: () for one number, (4,) for a box, (3, 64, 64) for the scores of an image."""
        ...

    @property
    def kind(self) -> str:
        """`f` float, `i` integer (and bool), `U` text."""
        ...

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 in the file's own dtype (tables: float64, or object arrays of str for text)."""
        ...

    def where(self, row: int, item: int = 0) -> Where:
        """The location of row `row` (0-based), item `item` of the flattened row, for errors."""
        ...


class Source(Protocol):
    """One input file."""

    @property
    def path(self) -> str:
        """As the user typed it; `-` for stdin, a pattern for several files."""
        ...

    @property
    def format(self) -> str:
        """csv, tsv, jsonl, parquet, npy or npz."""
        ...

    @property
    def rows(self) -> int: ...

    @property
    def is_table(self) -> bool: ...

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a table, the keys of an NPZ, () for a bare NPY."""
        ...

    @property
    def forks(self) -> bool:
        """Whether a forked process can read it: the bytes are in local files, and no library with its own threads reads them."""
        ...

    def numeric(self) -> tuple[str, ...]:
        """The numeric columns or keys (in a table: every cell of the first rows is a number)."""
        ...

    def kind(self, name: str) -> str:
        """`f`, `i` or `U`: the type of a key or column, as `Field.kind`; "" names a bare NPY."""
        ...

    def numbers(self, names: tuple[str, ...]) -> Field:
        """A numeric field. A table returns float64: (rows,) for one name, (rows, k) for k names. An array source takes
        one name, or () for a bare NPY, and returns the array unchanged; text is a DataError. Text in a numeric
        column, a ragged row or an empty cell is a DataError naming row, line and column, raised by the `read` that reaches it."""
        ...

    def text(self, name: str) -> Field:
        """A column as text (`007` stays `007`, `NA` stays `NA`); a vector of integers or text ("" for a bare NPY)."""
        ...

    def sha256(self) -> str:
        """The digest of the stored bytes (stdin: of the bytes read; several files: of the list of their digests)."""
        ...


@runtime_checkable
class RandomAccess(Protocol):
    """A field that reads rows in any order at no extra cost: an array, or a table's column from `with_random_access`."""

    def take(self, rows: Ints) -> Array: ...


@runtime_checkable
class MultiFile(Protocol):
    """A source of several files."""

    def common(self, names: tuple[str, ...]) -> Field:
        """An array shared by all rows, which must be equal in every file."""
        ...


@runtime_checkable
class Caching(Protocol):
    """A field that caches the rows it read last."""

    def forget(self) -> None:
        """Clear the cache."""
        ...


def gather(field: Field, rows: Ints) -> Array:
    """The given rows of a field, for keyed pairing. In a table, the whole span from the first to the last of them is read, so
    apply `with_random_access` first if they are not in the order of the file."""
    if isinstance(field, RandomAccess):
        return field.take(rows)
    if len(rows) == 0:
        return field.read(0, 0)
    low, high = int(rows.min()), int(rows.max()) + 1
    return np.asarray(field.read(low, high)[rows - low])


def release(field: Field, start: int, stop: int) -> None:
    """Release the memory of rows start…stop-1 if they are in a mapped file. They can be read again."""
    give_back = getattr(field, "release", None)
    if give_back is not None:
        give_back(start, stop)
