"""Fields of several arrays or files as one, with their rows concatenated."""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from losscli.core.errors import Where
from losscli.numerics.stable import Array, Ints
from losscli.sources.arrays.array import ArrayField
from losscli.sources.base import Caching, Field, expect, spelled

HELD = 2 + (os.cpu_count() or 1)
"""Files whose last-read rows a field caches: more than there are threads reading it."""


def _forget(field: Field) -> None:
    if isinstance(field, Caching):
        field.forget()


class Joined:
    """A field of several files, with their rows concatenated."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        first = fields[0]
        self.names, self.shape, self.kind = first.names, first.shape, first.kind
        self.ends = list(accumulate(field.rows for field in fields))
        self.rows = self.ends[-1]
        self._recent: dict[int, None] = {}
        self._lock = threading.Lock()

    def _at(self, row: int) -> tuple[int, int]:
        """The index of the file that contains a row, and the first row of that file."""
        i = min(bisect_right(self.ends, row), len(self.ends) - 1)
        return i, self.ends[i - 1] if i else 0

    def _field(self, i: int) -> Field:
        """The field of file `i`; the least recently used one clears its cache."""
        with self._lock:
            self._recent.pop(i, None)
            self._recent[i] = None
            left = next(iter(self._recent)) if len(self._recent) > HELD else None
            if left is not None:
                del self._recent[left]
        if left is not None:
            _forget(self.fields[left])
        return self.fields[i]

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1, concatenated if they are in several files."""
        start, stop = min(start, self.rows), min(stop, self.rows)
        i, low = self._at(start)
        parts = [self._field(i).read(start - low, min(stop, self.ends[i]) - low)]
        while self.ends[i] < stop:
            low, i = self.ends[i], i + 1
            parts.append(self._field(i).read(0, min(stop, self.ends[i]) - low))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def expect(self, compared: bool = False) -> None:
        """Have these columns of each file read with the others that are expected; joined fields are not compared quickly."""
        if not compared:
            expect(self.fields)

    def where(self, row: int, item: int = 0) -> Where:
        i, low = self._at(row)
        return self.fields[i].where(row - low, item)

    def spelled(self, row: int, item: int = 0) -> str:
        i, low = self._at(row)
        return spelled(self.fields[i], row - low, item)

    def forget(self) -> None:
        for i in tuple(self._recent):
            _forget(self.fields[i])

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_recent", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._recent, self._lock = {}, threading.Lock()


class JoinedArrays(Joined):
    """A field of several arrays, with random access."""

    def take(self, rows: Ints) -> Array:
        which = np.searchsorted(self.ends, rows, side="right")
        order = np.argsort(which, kind="stable")
        files, begin = np.unique(which[order], return_index=True)
        out: Array = np.empty((len(rows), *self.shape), self.fields[0].read(0, 1).dtype)
        for i, part in zip(files.tolist(), np.split(order, begin[1:]), strict=True):
            field = self._field(i)
            assert isinstance(field, ArrayField)
            out[part] = field.take(rows[part] - (self.ends[i - 1] if i else 0))
        return out
