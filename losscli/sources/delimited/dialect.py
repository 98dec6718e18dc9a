"""The dialect of a table: its delimiter, header and the offset of its first row. Reads no rows and never guesses silently."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass
from losscli.sources.cell_numbers import all_numbers
from losscli.sources.columns import missing_column
from losscli.sources.files import InputFile

BOM = b"\xef\xbb\xbf"
_SAMPLE = 20
"""Lines that must agree on a delimiter other than the default of the suffix."""


@dataclass(frozen=True)
class Dialect:
    """The delimiter, columns and start of a table."""

    shown: str
    delimiter: str
    names: tuple[str, ...]
    start: int
    """The offset of the first row."""
    line: int
    """The line of the file on which the first row begins."""

    def column(self, name: str) -> int:
        """The index of a column by name."""
        if name in self.names and name:
            return self.names.index(name)
        raise missing_column(self.names, self.shown, name)


def read_dialect(file: InputFile, delimiter: str | None, header: bool | None) -> Dialect:
    """The dialect of a table; with `header` None, a first line that is not all numbers is a header."""
    with file.data.stream() as f:
        start = _past_bom(f, file)
        sample = list(islice(f, _SAMPLE))
        mark = _checked(delimiter) if delimiter is not None else _delimiter(file, sample)
        f.seek(start)
        record, size, lines = _first_record(f, file, mark)
    numeric = all_numbers(record)
    if header is None:
        header = not numeric
    if not header:
        return Dialect(file.shown, mark, tuple(f"c{i}" for i in range(len(record))), start, 1)
    if numeric:
        fix = "use --no-header if it is data, or add a first line with the column names"
        raise DataError("the first line contains numbers, not column names", Where(file.shown, line=1), fix)
    return Dialect(file.shown, mark, _names(record, file), start + size, 1 + lines)


def _past_bom(f: IO[bytes], file: InputFile) -> int:
    head = f.read(3)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError("UTF-16 text", file.place, "save it as UTF-8")
    start = len(BOM) if head == BOM else 0
    f.seek(start)
    return start


def _checked(delimiter: str) -> str:
    mark = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(mark) != 1 or not mark.isascii() or mark.isalnum() or mark in "\"'\r\n\0+-._":
        raise UsageError(f"not a delimiter: {visible(delimiter)!r}", fix="give one character, such as --delimiter ';' (tab: '\\t')")
    return mark


def _delimiter(file: InputFile, sample: Sequence[bytes]) -> str:
    """The default delimiter of the suffix if the first line contains it, else the only one on which all sampled lines agree."""
    if file.suffix.startswith(".tsv"):
        return "\t"
    own = "\t" if file.suffix.startswith(".txt") else ","
    lines = [line.decode("latin-1") for line in sample if line.strip(b"\r\n")]
    widths = {mark: _widths(lines, mark) for mark in ",;\t"}
    if not lines or widths[own][:1] != [1]:
        return own
    present = [mark for mark in ",;\t" if mark != own and widths[mark][:1] != [1]]
    agreed = [mark for mark in present if len(set(widths[mark])) == 1]
    if len(agreed) == 1:
        return agreed[0]
    if not present:
        return own
    found = " and ".join({",": "','", ";": "';'", "\t": "tab"}[mark] for mark in present)
    raise DataError(f"the delimiter is unclear: {found} in the first line", Where(file.shown, line=1), "set it with --delimiter")


def _widths(lines: Sequence[str], mark: str) -> list[int]:
    """Fields per record with that delimiter; [0] if the lines cannot be parsed."""
    try:
        return [len(record) for record in csv.reader(lines, delimiter=mark)]
    except csv.Error:
        return [0]


def _first_record(f: IO[bytes], file: InputFile, mark: str) -> tuple[list[str], int, int]:
    """The first record, and its length in bytes and lines."""
    size = lines = 0

    def feed() -> Iterator[str]:
        nonlocal size, lines
        for raw in f:
            size, lines = size + len(raw), lines + 1
            if b"\0" in raw:
                fix = "it looks like a binary file; save it as UTF-8 text, or rename it with its correct suffix"
                raise DataError("a NUL byte in a text file", Where(file.shown, line=lines), fix)
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as e:
                what = f"not UTF-8 text: byte 0x{raw[e.start]:02x}"
                raise DataError(what, Where(file.shown, line=lines), "save it as UTF-8") from None

    try:
        record = next(csv.reader(feed(), delimiter=mark, strict=True), [])
    except csv.Error as e:
        raise DataError(f"broken first line: {visible(e)}", Where(file.shown, line=1), BROKEN_FIX) from None
    if not record:
        raise DataError("the first line is empty", Where(file.shown, line=1), "the first line must contain the column names")
    return record, size, lines


BROKEN_FIX = 'quote fields that contain a delimiter, line end or quote, double quotes inside them (""), and end lines with \\n'


def _names(record: Sequence[str], file: InputFile) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in record)
    if not any(names):
        raise DataError("the first line has only empty column names", Where(file.shown, line=1), "write the column names there")
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name and name in seen:  # an unnamed column, such as the index written by pandas, is never read
            where = Where(file.shown, column=name, line=1)
            raise DataError(f"duplicate column name: fields {seen[name] + 1} and {i + 1}", where, "rename one of them")
        seen[name] = i
    return names
