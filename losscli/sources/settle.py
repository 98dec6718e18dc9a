"""A table's column made quick in any order, for keyed pairing: read once, in order, into a file or a list of its values."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from losscli.errors import Where
from losscli.numeric import Array, Ints
from losscli.sources.array import Header, Mapped
from losscli.sources.base import AnyOrder, Field

_SPAN = 1 << 16


def settle(field: Field) -> Field:
    """The same rows; a field that answers in any order already is returned as it is."""
    if isinstance(field, AnyOrder):
        return field
    return _SettledText(field) if field.kind == "U" else _SettledNumbers(field)


def _spans(field: Field) -> Iterator[Array]:
    return (field.read(low, min(low + _SPAN, field.rows)) for low in range(0, field.rows, _SPAN))


def _bytes(field: Field) -> Iterator[memoryview]:
    return (np.ascontiguousarray(span).data.cast("B") for span in _spans(field))


class _Settled:
    def __init__(self, field: Field) -> None:
        self._field = field
        self.names, self.rows, self.shape, self.kind = field.names, field.rows, field.shape, field.kind

    def where(self, row: int, item: int = 0) -> Where:
        return self._field.where(row, item)


class _SettledNumbers(_Settled):
    """Numbers in a temporary file, mapped: memory stays flat however long the table is."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        from losscli.sources.copies import Copy

        copy = Copy(_bytes, field, field.where(0).path)
        os.fspath(copy)  # now, so that what is wrong with the column is known before the work begins
        self._values = Mapped(copy, 0, Header((self.rows, *self.shape), False, field.read(0, 1).dtype, 0))

    def read(self, start: int, stop: int) -> Array:
        return self._values.load()[start:stop]

    def take(self, rows: Ints) -> Array:
        return np.asarray(self._values.load()[rows])


class _SettledText(_Settled):
    """Each distinct text once, and per row which."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        known: dict[str, int] = {}
        codes = [np.array([known.setdefault(text, len(known)) for text in span], dtype=np.int32) for span in _spans(field)]
        self._codes = np.concatenate(codes)
        self._texts = np.empty(len(known), dtype=object)
        self._texts[:] = list(known)

    def read(self, start: int, stop: int) -> Array:
        return np.asarray(self._texts[self._codes[start:stop]])

    def take(self, rows: Ints) -> Array:
        return np.asarray(self._texts[self._codes[rows]])
