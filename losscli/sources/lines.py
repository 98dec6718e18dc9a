"""The byte offset of every k-th record of a table, found in one pass. Knows records and quotes, nothing of what is in them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Where, visible
from losscli.sources.dialect import BROKEN_FIX, Dialect
from losscli.sources.files import File

EVERY = 1024
"""Records per span: an index of 16 bytes per thousand rows, and no read parses much more than it was asked for."""
_CHUNK = 1 << 19
"""Bytes scanned at a time: they and what is made of them stay in a core's cache (half the time of 4 MiB)."""
_NEWLINE, _QUOTE, _RETURN = 10, 34, 13


@dataclass(frozen=True)
class Lines:
    """rows, and per span the offset and the line of the file it begins at; offsets ends with the end of the last row.

    literal: some quote stands inside an unquoted field, so that only the csv module knows where fields end.
    """

    rows: int
    offsets: NDArray[np.int64]
    lines: NDArray[np.int64]
    literal: bool


class _Literal(Exception):
    """A quote that neither opens nor closes a field."""


def index(file: File, dialect: Dialect) -> Lines:
    """The index of a table, or DataError where it has no rows or cannot be cut into rows."""
    with open(file.path, "rb") as f:
        end = _end(f, dialect.start)
        if end == dialect.start:
            raise DataError("a header and no rows", file.place, "nothing to evaluate; check what wrote the file")
        try:
            return _scan(f, dialect, end)
        except _Literal:
            return _walk(f, dialect, end)


def _end(f: IO[bytes], start: int) -> int:
    """Past the last byte that is no line end: blank lines at the end of a file are no rows."""
    end = f.seek(0, 2)
    while end > start:
        low = max(start, end - (1 << 16))
        f.seek(low)
        kept = len(f.read(end - low).rstrip(b"\r\n"))
        if kept:
            return low + kept
        end = low
    return start


def _chunks(f: IO[bytes], start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of whole lines."""
    f.seek(start)
    while start < end:
        chunk = (f.read(_CHUNK) + f.readline())[: end - start]
        if not chunk:
            return
        yield start, chunk
        start += len(chunk)


def _scan(f: IO[bytes], dialect: Dialect, end: int) -> Lines:
    """By whole chunks: a line end is a record's end where the number of quotes before it is even."""
    rows, line, inside, quote_line = 0, dialect.line, 0, 0
    offsets, lines = [np.array([dialect.start])], [np.array([line])]
    for offset, chunk in _chunks(f, dialect.start, end):
        _no_nul(chunk, dialect, line)
        data = np.frombuffer(chunk, np.uint8)
        newlines = np.flatnonzero(data == _NEWLINE)
        count, skip = len(newlines), EVERY - 1 - rows % EVERY
        if inside or b'"' in chunk:
            quotes = np.flatnonzero(data == _QUOTE)
            _regular(data, quotes, inside, ord(dialect.delimiter))
            ends = np.flatnonzero((np.searchsorted(quotes, newlines) + inside) % 2 == 0)
            count, picked = len(ends), ends[skip::EVERY]
            if len(quotes):
                quote_line = line + int(np.searchsorted(newlines, quotes[-1]))
            inside = (inside + len(quotes)) % 2
        else:
            picked = np.arange(skip, count, EVERY)
        offsets.append(newlines[picked] + (offset + 1))
        lines.append(picked + (line + 1))
        rows, line = rows + count, line + len(newlines)
    if inside:
        raise DataError("a quote that opens a field and never closes it", Where(dialect.shown, line=quote_line), BROKEN_FIX)
    return Lines(rows + 1, np.concatenate([*offsets, np.array([end])]), np.concatenate(lines), literal=False)


def _regular(data: NDArray[np.uint8], quotes: NDArray[np.intp], inside: int, delimiter: int) -> None:
    """Raise _Literal unless every opening quote begins a field and every closing one ends it (or is the first of two)."""
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


def _walk(f: IO[bytes], dialect: Dialect, end: int) -> Lines:
    """Record by record, as the csv module sees them."""
    offset, line, rows = dialect.start, dialect.line, 0
    offsets, lines = [], []

    def feed() -> Iterator[str]:
        nonlocal offset, line
        f.seek(dialect.start)
        while offset < end:
            raw = f.readline()[: end - offset]
            _no_nul(raw, dialect, line)
            offset, line = offset + len(raw), line + 1
            yield raw.decode("latin-1")  # the structure is ASCII; the text itself is decoded when it is read

    reader = csv.reader(feed(), delimiter=dialect.delimiter, strict=True)
    try:
        while True:
            start = offset, line
            if next(reader, None) is None:
                break
            if rows % EVERY == 0:
                offsets.append(start[0])
                lines.append(start[1])
            rows += 1
    except csv.Error as e:
        raise DataError(f"broken record: {visible(e)}", Where(dialect.shown, rows + 1, line=start[1]), BROKEN_FIX) from None
    return Lines(rows, np.array([*offsets, end]), np.array(lines), literal=True)


def _no_nul(chunk: bytes, dialect: Dialect, line: int) -> None:
    if b"\0" in chunk:
        where = Where(dialect.shown, line=line + chunk.count(b"\n", 0, chunk.index(b"\0")))
        raise DataError("a NUL byte in a text file", where, "it is binary or UTF-16; save it as UTF-8 text")
