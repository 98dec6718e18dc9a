"""Delimited text with random access: indexed once, then any span of rows is read from its own bytes."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, Any, cast

import numpy as np

from losscli.errors import DataError, Where, visible
from losscli.numeric import Array
from losscli.sources import bulk
from losscli.sources.cells import Span, floats, texts
from losscli.sources.dialect import read_dialect
from losscli.sources.files import File, blocks
from losscli.sources.lines import EVERY, index

BULK = 4 << 20
"""Bytes from which the fast ways to read a span pay for themselves."""

MOST = 1 << 19
"""Cells parsed at once: what finding them takes is many times their bytes."""
LONG = 1 << 18
"""Rows of the longest read whose columns are kept for the next field."""


class Table:
    """A CSV or TSV file. Picklable; holds no open handle, and per thread the columns of the span it read last."""

    is_table = True

    def __init__(self, file: File, *, delimiter: str | None = None, header: bool | None = True) -> None:
        self._stored = file
        self._file = _unpacked(file) if file.suffix.endswith(".gz") else file
        self._dialect = read_dialect(self._file, delimiter, header)
        self._lines = index(self._file, self._dialect)
        self._bulk = self._file.size >= BULK
        self._wanted: dict[bulk.Key, None] = {}
        self._recent = threading.local()
        self._numeric: tuple[str, ...] | None = None
        self.path, self.names, self.rows = file.shown, self._dialect.names, self._lines.rows
        self.format = "tsv" if self._dialect.delimiter == "\t" else "csv"

    @property
    def delimiter(self) -> str:
        return self._dialect.delimiter

    def numeric(self) -> tuple[str, ...]:
        """The named columns of which every cell of the first span reads as a number."""
        if self._numeric is None:
            span = self._span(0, 1)
            records = span.records()
            self._numeric = tuple(name for i, name in enumerate(self.names) if name and _reads(span, records, i))
        return self._numeric

    def kind(self, name: str) -> str:
        """`f` or `U`: what the column holds, by its first span."""
        self._dialect.column(name)
        return "f" if name in self.numeric() else "U"

    def numbers(self, names: tuple[str, ...]) -> Columns:
        if not names:
            raise DataError("no column was named", Where(self.path), f"its columns are {visible(', '.join(self.names), 200)}")
        return Columns(self, names, "f")

    def text(self, name: str) -> Columns:
        return Columns(self, (name,), "U")

    def sha256(self) -> str:
        return self._stored.sha256()

    def want(self, names: tuple[str, ...], kind: str) -> tuple[bulk.Key, ...]:
        """Columns that will be read: one pass over a span then reads all that are wanted of it."""
        keys = tuple((self._dialect.column(name), kind) for name in names)
        self._wanted.update(dict.fromkeys(keys))
        return keys

    def columns(self, keys: tuple[bulk.Key, ...], start: int, stop: int) -> list[Array]:
        """Rows start…stop-1 of wanted columns, each a read-only vector."""
        low, high = start // EVERY, -(-stop // EVERY)
        held: dict[bulk.Key, Array] = getattr(self._recent, "columns", {})
        if getattr(self._recent, "spans", None) != (low, high):
            held = {}
        if any(key not in held for key in keys):
            step = max(1, MOST // len(self.names) // EVERY)
            todo = [key for key in tuple(self._wanted) if key not in held]
            parts = [self._parse(at, min(at + step, high), keys, todo) for at in range(low, high, step)]
            held = {**held, **{key: _joined([part[key] for part in parts]) for key in todo if all(key in p for p in parts)}}
            self._recent.spans, self._recent.columns = (low, high), held
        cut = slice(start - low * EVERY, stop - low * EVERY)
        return [held[key][cut] for key in keys]

    def where(self, row: int, column: int) -> Where:
        first = row // EVERY
        return self._span(first, first + 1).where(row - first * EVERY, column)

    def _span(self, low: int, high: int) -> Span:
        begin, end = int(self._lines.offsets[low]), int(self._lines.offsets[min(high, len(self._lines.offsets) - 1)])
        with open(self._file.path, "rb") as f:
            f.seek(begin)
            raw = f.read(end - begin)
        return Span(self._dialect, raw, low * EVERY, int(self._lines.lines[low]))

    def _parse(self, low: int, high: int, keys: Sequence[bulk.Key], all_keys: Sequence[bulk.Key]) -> dict[bulk.Key, Array]:
        span = self._span(low, high)
        rows = min(high * EVERY, self.rows) - low * EVERY
        found: dict[bulk.Key, Array] | None = None
        if self._bulk and not self._lines.literal:
            found = bulk.read(span, rows, all_keys)
        if found is None:
            records = span.records()
            try:
                found = _read(span, records, all_keys)
            except DataError:  # in a column that this read did not ask for, perhaps
                found = _read(span, records, keys)
        return found

    def forget(self) -> None:
        """Forget the columns that were read last."""
        self._recent = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_recent"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._recent = threading.local()


class Columns:
    """One or several columns of a table."""

    def __init__(self, table: Table, names: tuple[str, ...], kind: str) -> None:
        self._table, self.names, self.kind = table, names, kind
        self._keys = table.want(names, kind)
        self.rows = table.rows
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: float64, or object holding str."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        if stop <= start:
            return np.empty((0, *self.shape), dtype=np.float64 if self.kind == "f" else object)
        if stop - start > LONG:
            return np.concatenate([self.read(low, min(low + LONG, stop)) for low in range(start, stop, LONG)])
        columns = self._table.columns(self._keys, start, stop)
        return np.stack(columns, axis=1) if self.shape else columns[0]

    def where(self, row: int, item: int = 0) -> Where:
        return self._table.where(row, self._keys[item][0])

    def forget(self) -> None:
        """Give back the memory of what was read last."""
        self._table.forget()


def _joined(parts: list[Array]) -> Array:
    column = parts[0] if len(parts) == 1 else np.concatenate(parts)
    column.flags.writeable = False
    return column


def _read(span: Span, records: Sequence[Sequence[str]], keys: Sequence[bulk.Key]) -> dict[bulk.Key, Array]:
    return {key: floats(span, records, key[0]) if key[1] == "f" else texts(records, key[0]) for key in keys}


def _reads(span: Span, records: Sequence[Sequence[str]], column: int) -> bool:
    try:
        floats(span, records, column)
    except DataError:
        return False
    return True


def _unpacked(file: File) -> File:
    from losscli.sources.copies import Copy

    return replace(file, path=Copy(_inflated, file, file.shown), url="")


def _inflated(file: File) -> Iterator[bytes]:
    try:
        with gzip.open(file.path, "rb") as stream:
            yield from blocks(cast(IO[bytes], stream))
    except (gzip.BadGzipFile, EOFError, zlib.error) as e:
        raise DataError(f"not a whole gzip file: {visible(e)}", file.place, "compress or copy it again") from None


def open_file(file: File, *, delimiter: str | None = None, header: bool | None = True) -> Table:
    return Table(file, delimiter=delimiter, header=header)
