"""An NPY file written row by row, in order. Memory use is constant; a full disk raises an error, where a memory map would crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from losscli.numerics.stable import Floats, Ints
from losscli.output.files import close_quietly

_SPAN = 1 << 17


class RowsFile:
    """float64 rows of one shape; rows that are never put contain `fill`."""

    def __init__(self, path: Path, rows: int, shape: tuple[int, ...], fill: float) -> None:
        self.rows, self.shape, self.fill = rows, shape, fill
        self._next = 0
        self._stream = path.open("wb")
        header = {"descr": "<f8", "fortran_order": False, "shape": (rows, *shape)}
        np.lib.format.write_array_header_1_0(self._stream, header)

    def put(self, rows: Ints | range, values: Floats) -> None:
        """Write the values of these rows, which come after every row put before."""
        if len(rows) == 0:
            return
        self._skip(int(rows[0]))
        if isinstance(rows, range):
            self._append(values)
            return
        span = np.full((int(rows[-1]) + 1 - self._next, *self.shape), self.fill)
        span[rows - self._next] = values.reshape(len(rows), *self.shape)
        self._append(span)

    def _skip(self, row: int) -> None:
        """Fill up to a row."""
        step = max(1, _SPAN // max(1, int(np.prod(self.shape))))
        while self._next < row:
            self._append(np.full((min(step, row - self._next), *self.shape), self.fill))

    def _append(self, span: Floats) -> None:
        self._stream.write(np.ascontiguousarray(span, dtype="<f8").data)
        self._next += len(span)

    def finish(self) -> None:
        """Fill the remaining rows and close the file."""
        self._skip(self.rows)
        self._stream.close()

    def close(self) -> None:
        """Close the file, complete or not."""
        close_quietly(self._stream)
