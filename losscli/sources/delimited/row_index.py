"""An index of the records of a table: the offsets of some of them, found in one pass. Handles quotes but not the contents of
cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Bytes, Ints
from losscli.sources.delimited.dialect import BROKEN_FIX, Dialect
from losscli.sources.delimited.line_scan import SPAN, ChunkScan, look_at_file
from losscli.sources.files.input_file import InputFile

_CHUNK = 1 << 19
"""Bytes scanned at a time if there are quotes, so that they and their temporaries stay in a core's cache."""
_NEWLINE, _QUOTE, _RETURN = 10, 34, 13


@dataclass(frozen=True)
class RowIndex:
    """Spans of about 32 KiB, or of one longer record: the first row of each, and the offset and line of the file where it
    begins; `firsts` ends with the number of rows, `offsets` with the end of the last row.

    literal: a quote occurs inside an unquoted field, so that only the csv module can split fields.
    ascii: all bytes are known to be ASCII.
    """

    firsts: Ints
    offsets: Ints
    lines: Ints
    literal: bool = False
    ascii: bool = False

    @property
    def rows(self) -> int:
        return int(self.firsts[-1])

    def span(self, row: int) -> int:
        """The index of the span that contains a row."""
        return int(np.searchsorted(self.firsts, row, side="right")) - 1

    def line_of(self, row: int) -> int | None:
        """The line of the file on which a row begins, where every row of its span is one line."""
        at = self.span(row)
        if at + 1 == len(self.lines) or self.lines[at + 1] - self.lines[at] != self.firsts[at + 1] - self.firsts[at]:
            return None
        return int(self.lines[at] + row - self.firsts[at])

    def cover(self, start: int, stop: int) -> tuple[int, int]:
        """The spans (first, end) that contain the rows start…stop-1."""
        return self.span(start), int(np.searchsorted(self.firsts, stop))


class _Literal(Exception):
    """Raised for a quote that neither opens nor closes a field."""


def every_line(file: InputFile, start: int, jobs: int = 1) -> RowIndex:
    """The index of a text in which every line from offset `start` on is a record. Raises DataError if there are no rows."""
    with file.data.stream() as f:
        end, size = _end(f, start)
        if end == start:
            raise DataError("the file has no rows", file.place, "check the program that wrote the file")
        parts = look_at_file(file.data, jobs) if file.parts is None else file.parts
        return _plain(parts, start, 1, end, _count(f, end, size))


def index(file: InputFile, dialect: Dialect, jobs: int = 1) -> RowIndex:
    """The index of a table. Raises DataError if it has no rows or cannot be split into rows."""
    with file.data.stream() as f:
        end, size = _end(f, dialect.start)
        if end == dialect.start:
            raise DataError("the file has a header but no rows", file.place, "check the program that wrote the file")
        parts = look_at_file(file.data, jobs) if file.parts is None else file.parts
        if not any(part.nul or part.quote >= dialect.start for part in parts):
            return _plain(parts, dialect.start, dialect.line, end, _count(f, end, size))
        try:
            return _scan(f, dialect, end)
        except _Literal:
            return _walk(f, dialect, end)


def _end(f: IO[bytes], start: int) -> tuple[int, int]:
    """The offset after the last byte other than a line end (blank lines at the end are not rows), and the size of the file."""
    size = end = f.seek(0, 2)
    while end > start:
        low = max(start, end - (1 << 16))
        f.seek(low)
        kept = len(f.read(end - low).rstrip(b"\r\n"))
        if kept:
            return low + kept, size
        end = low
    return start, size


def _count(f: IO[bytes], start: int, end: int) -> int:
    """Line ends in the blank tail of a file."""
    return sum(chunk.count(b"\n") for _, chunk in _chunks(f, start, end))


def _chunks(f: IO[bytes], start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of whole lines."""
    f.seek(start)
    while start < end:
        chunk = (f.read(_CHUNK) + f.readline())[: end - start]
        if not chunk:
            return
        yield start, chunk
        start += len(chunk)


def _plain(parts: Sequence[ChunkScan], start: int, line: int, end: int, tail: int) -> RowIndex:
    """The index without quotes, where every line is a record; the first one is line `line`."""
    before = line - 1
    counts = np.cumsum([0, *(part.lines for part in parts)])
    offsets = np.concatenate([part.offsets for part in parts])
    firsts = np.concatenate([part.ended + count for part, count in zip(parts, counts.tolist(), strict=False)]) - before
    inside = (offsets > start) & (offsets < end)
    rows = int(counts[-1]) - before - tail + 1
    firsts = np.concatenate([[0], firsts[inside], [rows]])
    return RowIndex(
        firsts, np.concatenate([[start], offsets[inside], [end]]), firsts[:-1] + line, ascii=all(part.ascii for part in parts)
    )


def _scan(f: IO[bytes], dialect: Dialect, end: int) -> RowIndex:
    """The index by chunks: a line end is the end of a record if the number of quotes before it is even."""
    rows, line, inside, quote_line, page = 0, dialect.line, 0, 0, dialect.start // SPAN
    firsts, offsets, lines = [np.array([0])], [np.array([dialect.start])], [np.array([line])]
    for offset, chunk in _chunks(f, dialect.start, end):
        _no_nul(chunk, dialect, line)
        data = np.frombuffer(chunk, np.uint8)
        marks = np.flatnonzero((data == _NEWLINE) | (data == _QUOTE))
        quote = data.take(marks) == _QUOTE
        quotes, newlines = marks[quote], marks[~quote]
        _regular(data, quotes, inside, ord(dialect.delimiter))
        ends = marks[~quote & ((np.cumsum(quote, dtype=np.uint8) + np.uint8(inside)) % 2 == 0)]
        picked = np.flatnonzero(np.diff((ends + offset) // SPAN, prepend=page))
        page = (offset + len(chunk)) // SPAN
        if len(quotes):
            quote_line = line + int(np.searchsorted(newlines, quotes[-1]))
        inside = (inside + len(quotes)) % 2
        firsts.append(picked + (rows + 1))
        offsets.append(ends[picked] + (offset + 1))
        lines.append(np.searchsorted(newlines, ends[picked]) + (line + 1))
        rows, line = rows + len(ends), line + len(newlines)
    if inside:
        raise DataError("a quoted field is never closed", Where(dialect.shown, line=quote_line), BROKEN_FIX)
    return RowIndex(
        np.concatenate([*firsts, np.array([rows + 1])]), np.concatenate([*offsets, np.array([end])]), np.concatenate(lines)
    )


def _regular(data: Bytes, quotes: Ints, inside: int, delimiter: int) -> None:
    """Raise _Literal unless every opening quote begins a field and every closing one ends it (or is doubled)."""
    opening, closing = quotes[inside::2], quotes[1 - inside :: 2]
    before = data[opening[opening > 0] - 1]
    after = data[closing[closing < len(data) - 1] + 1]
    fine = np.zeros(256, dtype=bool)
    fine[[_NEWLINE, _QUOTE, delimiter]] = True
    if not fine[before].all():
        raise _Literal
    fine[_RETURN] = True
    if not fine[after].all():
        raise _Literal


def _walk(f: IO[bytes], dialect: Dialect, end: int) -> RowIndex:
    """The index record by record, as parsed by the csv module."""
    offset, line, rows = dialect.start, dialect.line, 0
    firsts: list[int] = []
    offsets: list[int] = []
    lines: list[int] = []

    def feed() -> Iterator[str]:
        nonlocal offset, line
        f.seek(dialect.start)
        while offset < end:
            raw = f.readline()[: end - offset]
            _no_nul(raw, dialect, line)
            offset, line = offset + len(raw), line + 1
            yield raw.decode("latin-1")  # the structure is ASCII; cells are decoded when they are read

    reader = csv.reader(feed(), delimiter=dialect.delimiter, strict=True)
    try:
        while True:
            start = offset, line
            if next(reader, None) is None:
                break
            if not offsets or start[0] >= offsets[-1] + SPAN:
                firsts.append(rows)
                offsets.append(start[0])
                lines.append(start[1])
            rows += 1
    except csv.Error as e:
        raise DataError(f"broken record: {visible(e)}", Where(dialect.shown, rows + 1, line=start[1]), BROKEN_FIX) from None
    return RowIndex(np.array([*firsts, rows]), np.array([*offsets, end]), np.array(lines), literal=True)


def _no_nul(chunk: bytes, dialect: Dialect, line: int) -> None:
    if b"\0" in chunk:
        where = Where(dialect.shown, line=line + chunk.count(b"\n", 0, chunk.index(b"\0")))
        raise DataError("a NUL byte in a text file", where, "the file is binary or in another encoding; save it as UTF-8 text")
