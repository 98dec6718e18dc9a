"""The fast way to read a span of a table: its cells are found all at once. Gives the bits of `cells` or declines, and
never names an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from losscli.numeric import Array, Bools, Floats, Ints
from losscli.sources.cells import Span
from losscli.sources.digits import PAD, decimals
from losscli.sources.number import number

_NEWLINE, _RETURN, _QUOTE, _DOT = 10, 13, 34, 46
Key = tuple[int, str]
"""A column, and `f` for its numbers or `U` for its text."""


def read(span: Span, rows: int, keys: Sequence[Key]) -> dict[Key, Array] | None:
    """The columns asked for, or None where the span is not regular or some cell is not a number."""
    grid = _grid(span, rows)
    if grid is None:
        return None
    try:
        return {key: grid.numbers(key[0]) if key[1] == "f" else grid.text(key[0]) for key in keys}
    except ValueError:
        return None


@dataclass(frozen=True)
class _Grid:
    """Where all cells end, and the points in them.

    marks (rows, k): offsets of separators and points. Cell c ends at marks[:, ends[c]], the mark before that one is
    marks[:, ends[c] + before], and points[:, c] counts the points inside.
    """

    raw: bytes
    data: NDArray[np.uint8]
    marks: Ints
    ends: Ints
    before: int
    points: Ints
    quotes: bool
    """Whether cells may be quoted."""

    def _bounds(self, column: int) -> tuple[Ints, Ints]:
        end = self.marks[:, self.ends[column]]
        last = self.marks[:, self.ends[column - 1]]
        start = last + 1 if column else np.concatenate([[PAD], last[:-1] + 1])
        if column == len(self.ends) - 1:
            end = end - (self.data[end - 1] == _RETURN)
        if self.quotes:
            quoted = self.data[start] == _QUOTE
            start, end = start + quoted, end - quoted
        return start, np.ascontiguousarray(end)

    def numbers(self, column: int) -> Floats:
        start, end = self._bounds(column)
        points = self.points[:, column]
        point = np.where(points == 1, self.marks[:, self.ends[column] + self.before], end)
        values, odd = decimals(self.data, start, end, point, points < 2)
        for i in np.flatnonzero(odd).tolist():
            values[i] = number(self.raw[start[i] : end[i]].decode())
        return values

    def text(self, column: int) -> Array:
        start, end = self._bounds(column)
        bounds = zip(start.tolist(), end.tolist(), strict=True)
        out = np.empty(len(start), dtype=object)
        if self.raw.isascii():
            flat = self.raw.decode("ascii")
            out[:] = [flat[a:b] for a, b in bounds]
        else:
            out[:] = [self.raw[a:b].decode() for a, b in bounds]
        if self.quotes:
            for i in np.flatnonzero(self.data[start - 1] == _QUOTE).tolist():
                out[i] = out[i].replace('""', '"')
        return out


def _grid(span: Span, rows: int) -> _Grid | None:
    """The cells of the span, or None unless every row has one per column."""
    raw, width = span.raw, len(span.dialect.names)
    if not raw.isascii():
        span.text()
    if b"\r" in raw and raw.count(b"\r") != raw.count(b"\r\n"):
        return None
    if width == 1 and (raw.startswith((b"\n", b"\r\n")) or b"\n\n" in raw or b"\n\r\n" in raw):
        return None
    padded = bytes(PAD) + raw + (b"" if raw.endswith(b"\n") else b"\n")
    data = np.frombuffer(padded, np.uint8)
    marks = np.flatnonzero((data == ord(span.dialect.delimiter)) | (data == _NEWLINE) | (data == _DOT))
    kinds = data[marks]
    if b'"' in raw:
        outside = np.searchsorted(np.flatnonzero(data == _QUOTE), marks) % 2 == 0
        return _uneven(padded, data, marks, kinds, (kinds != _DOT) & outside, rows, width)
    if len(kinds) % rows == 0:
        every = kinds.reshape(rows, -1)
        if (every == every[0]).all():
            return _even(padded, data, marks, every[0], rows, width)
    return _uneven(padded, data, marks, kinds, kinds != _DOT, rows, width)


def _even(raw: bytes, data: NDArray[np.uint8], marks: Ints, kinds: NDArray[np.uint8], rows: int, width: int) -> _Grid | None:
    """All rows have the marks of the first one, as in most tables of floats: it tells where the cells of all end."""
    ends = np.flatnonzero(kinds != _DOT)
    if len(ends) != width or kinds[-1] != _NEWLINE or (kinds[:-1] == _NEWLINE).any():
        return None
    points = np.broadcast_to(np.diff(ends, prepend=-1) - 1, (rows, width))
    return _Grid(raw, data, marks.reshape(rows, -1), ends, -1, points, quotes=False)


def _uneven(
    raw: bytes, data: NDArray[np.uint8], marks: Ints, kinds: NDArray[np.uint8], cut: Bools, rows: int, width: int
) -> _Grid | None:
    cuts = np.flatnonzero(cut)
    if len(cuts) != rows * width:
        return None
    newline = kinds[cuts] == _NEWLINE
    if np.count_nonzero(newline) != rows or not newline[width - 1 :: width].all():
        return None
    points = (np.diff(cuts, prepend=-1) - 1).reshape(rows, width)
    both = np.concatenate([marks[cuts - 1].reshape(rows, width), marks[cuts].reshape(rows, width)], axis=1)
    return _Grid(raw, data, both, np.arange(width, 2 * width), -width, points, quotes=b'"' in raw)
