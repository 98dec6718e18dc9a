"""Random access to columns of a table, for keyed pairing: read once, in order, into temporary files or lists of distinct values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from losscli.core.errors import Where
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrays.array import Header, Stored
from losscli.sources.base import Field, RandomAccess, spelled
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.temp_files import TempCopy

_SPAN = 1 << 17


def with_random_access(fields: Sequence[Field]) -> list[Field]:
    """The same fields with random access; fields that have it already are returned unchanged.

    All are read span by span together, so that columns of one table are parsed in one pass.
    """
    settled: list[Field] = []
    making: list[_Text | _Numbers] = []
    for field in fields:
        if isinstance(field, RandomAccess):
            settled.append(field)
            continue
        made: _Text | _Numbers = _Text(field) if field.kind == "U" else _Numbers(field)
        settled.append(made)
        making.append(made)
    for low in range(0, max((one.rows for one in making), default=0), _SPAN):
        for one in making:
            if low < one.rows:
                one.put(low)
    return settled


def _bytes(field: Field) -> Iterator[memoryview]:
    spans = (field.read(low, min(low + _SPAN, field.rows)) for low in range(0, field.rows, _SPAN))
    return (np.ascontiguousarray(span).data.cast("B") for span in spans)


class _Settled:
    def __init__(self, field: Field) -> None:
        self._field = self.original = field
        self.names, self.rows, self.shape, self.kind = field.names, field.rows, field.shape, field.kind

    def where(self, row: int, item: int = 0) -> Where:
        return self._field.where(row, item)

    def spelled(self, row: int, item: int = 0) -> str:
        return spelled(self._field, row, item)

    def _span(self, low: int) -> Array:
        """The span of rows from `low` on; spans are read in order."""
        return self._field.read(low, min(low + _SPAN, self.rows))


class _Numbers(_Settled):
    """Numbers in a temporary file: memory use does not grow with the table."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._copy = TempCopy(_bytes, field, field.where(0).path)
        self._values = Stored(ByteFile(self._copy), 0, Header((self.rows, *self.shape), False, field.read(0, 1).dtype, 0))

    def put(self, low: int) -> None:
        self._copy.append(np.ascontiguousarray(self._span(low)).data.cast("B"))

    def read(self, start: int, stop: int) -> Array:
        return self._values.read(min(start, self.rows), min(stop, self.rows))

    def take(self, rows: Ints) -> Array:
        return self._values.take(rows)


class _Text(_Settled):
    """Each distinct text once, and its index per row."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._known: dict[str, int] = {}
        self._codes = np.empty(self.rows, np.int32)
        self._texts: Array = np.empty(0, dtype=object)

    def put(self, low: int) -> None:
        span = self._span(low)
        known = self._known
        self._codes[low : low + len(span)] = [known.setdefault(text, len(known)) for text in span.tolist()]
        if low + len(span) == self.rows:
            self._texts = np.empty(len(known), dtype=object)
            self._texts[:] = list(known)
            self._known = {}

    def read(self, start: int, stop: int) -> Array:
        return np.asarray(self._texts[self._codes[start:stop]])

    def take(self, rows: Ints) -> Array:
        return np.asarray(self._texts[self._codes[rows]])
