"""What the rest of the tool may ask of an input file: its shape, and any span of its rows. Never evaluates anything."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from losscli.core.errors import Where
from losscli.numerics.stable import Array, Ints


class Field(Protocol):
    """One or several columns of a table, or one array: random access to its rows. Picklable, holds no open handle."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns or keys it was made of, for messages and for `roles` in the report; () for a bare array."""
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
        """Rows start…stop-1 in the file's own dtype (tables: float64, or object holding str for text)."""
        ...

    def where(self, row: int, item: int = 0) -> Where:
        """The place of row `row` (0-based), item `item` of the flattened row, for an error."""
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
        """Whether a forked process can read on: the bytes lie in files here, and no library with threads of its own reads them."""
        ...

    def numeric(self) -> tuple[str, ...]:
        """The names that hold numbers (a table: every cell of the first rows reads as a number)."""
        ...

    def kind(self, name: str) -> str:
        """`f`, `i` or `U`: what a key or column holds, as `Field.kind`; "" for a bare NPY. Decides numbers or text."""
        ...

    def numbers(self, names: tuple[str, ...]) -> Field:
        """A numeric field. A table gives float64: (rows,) for one name, (rows, k) for k names. An array source takes
        one name, or () for a bare NPY, and gives the array as it is; one of text is a DataError. Text in a numeric
        column, a ragged row or an empty cell is a DataError naming row, line and column, raised by the `read` that meets it."""
        ...

    def text(self, name: str) -> Field:
        """A column as it stands (`007` stays `007`, `NA` stays `NA`); a vector of integers or text ("" for a bare NPY)."""
        ...

    def sha256(self) -> str:
        """Of the bytes of the file as stored (stdin: of what was read; several files: of the list of their own)."""
        ...


@runtime_checkable
class RandomAccess(Protocol):
    """A field that answers rows in any order at no extra cost: an array, or a table's column once `settle` held it."""

    def take(self, rows: Ints) -> Array: ...


@runtime_checkable
class MultiFile(Protocol):
    """A source of several files."""

    def common(self, names: tuple[str, ...]) -> Field:
        """The array that is one for all rows, equal in every file."""
        ...


@runtime_checkable
class Caching(Protocol):
    """A field that keeps in memory what it read last."""

    def forget(self) -> None:
        """Give that memory back; the next read begins anew."""
        ...


def gather(field: Field, rows: Ints) -> Array:
    """The given rows of a field, for keyed pairing. Of a table's column the span that holds them all is read, so
    `settle` it first where the order of the rows is not the file's."""
    if isinstance(field, RandomAccess):
        return field.take(rows)
    if len(rows) == 0:
        return field.read(0, 0)
    low, high = int(rows.min()), int(rows.max()) + 1
    return np.asarray(field.read(low, high)[rows - low])


def release(field: Field, start: int, stop: int) -> None:
    """Give the memory of rows start…stop-1 back where they lie in a mapped file. They can be read again."""
    give_back = getattr(field, "release", None)
    if give_back is not None:
        give_back(start, stop)
