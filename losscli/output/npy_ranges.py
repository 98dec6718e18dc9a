"""An NPY file whose rows are written in any order, by several threads and forked processes at a time."""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.numerics.stable import Array, Ints
from losscli.output.files import close_quietly

_AT_ONCE = 1 << 18
"""Numbers converted and written at a time, which stay in a core's cache."""


class RangesFile:
    """Rows of one shape and type; rows that are never put contain zeros. A full disk raises an error, where a memory map would
    crash."""

    def __init__(self, path: Path, rows: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = shape, dtype.newbyteorder("<")
        self._row, self._lock = self.dtype.itemsize * prod(shape), Lock()
        self._stream = path.open("r+b", buffering=0)
        self._stream.truncate(0)
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (rows, *shape)}
        np.lib.format.write_array_header_1_0(self._stream, header)
        self._start = self._stream.tell()
        self._stream.truncate(self._start + rows * self._row)

    def put(self, rows: Ints | range, values: Array) -> None:
        """Write the values of these rows, which ascend. Raises DataError for a finite one beyond the numbers of the type."""
        if len(rows) == 0:
            return
        if not isinstance(rows, range):
            spread = np.zeros((int(rows[-1]) + 1 - int(rows[0]), *self.shape), self.dtype)
            spread[rows - rows[0]] = self._converted(values).reshape(len(rows), *self.shape)
            values = spread
        flat, offset = np.ascontiguousarray(values).reshape(-1), self._start + int(rows[0]) * self._row
        for low in range(0, len(flat), _AT_ONCE):
            part = self._converted(flat[low : low + _AT_ONCE])
            self._write(part.data.cast("B"), offset + low * self.dtype.itemsize)

    def _converted(self, values: Array) -> Array:
        found = values.astype(self.dtype, copy=False)
        if self.dtype.itemsize < values.dtype.itemsize:
            lost = ~np.isfinite(found)
            if lost.any() and np.isfinite(values[lost]).any():
                what = f"gradients are beyond {np.finfo(self.dtype).max:.6g}, the largest {self.dtype.name}"
                raise DataError(what, fix="add --gradients-dtype float64")
        return found

    def _write(self, data: memoryview, offset: int) -> None:
        while len(data):
            done = self._write_some(data, offset)
            data, offset = data[done:], offset + done

    def _write_some(self, data: memoryview, offset: int) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._stream.fileno(), data, offset)
        with self._lock:
            self._stream.seek(offset)
            return self._stream.write(data) or 0

    def close(self) -> None:
        """Close the file, complete or not."""
        close_quietly(self._stream)
