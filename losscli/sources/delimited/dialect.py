"""The dialect of a table: its delimiter, header, spelling of numbers, and the offset of its first row. Reads no rows and never
guesses silently."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import IO

from losscli.core.errors import DataError, Where, visible
from losscli.core.lazy import lazy
from losscli.core.records import dataclass, replace
from losscli.sources.cell_numbers import all_numbers
from losscli.sources.delimited import delimiters
from losscli.sources.delimited.number_spelling import NumberSpelling, has_decimal_commas, stated_spelling
from losscli.sources.delimited.preamble import Preamble, comment_error, read_preamble
from losscli.sources.delimited.word_vectors import announced
from losscli.sources.files.input_file import STDIN, InputFile
from losscli.sources.side_format import ANY, BLANKS, SideFormat

BROKEN_FIX = 'quote fields that contain a delimiter, line end or quote, double quotes inside them (""), and end lines with \\n'
_TOLD = 1000
INDEX = "Unnamed: 0"
"""Rows that determine whether numbers have decimal commas."""
csv.field_size_limit((1 << 31) - 1)  # the module refuses cells of more than 131,072 characters, even in columns that are not read


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
    text: SideFormat = ANY
    """The options, of which messages name those that would help."""
    spelling: NumberSpelling = NumberSpelling()
    notes: tuple[str, ...] = ()
    """What was read otherwise than is usual."""
    hint: str = ""
    """The option that would help if the columns are not those that are needed."""
    lone: bool = False
    """Whether the first line is read as the name of the only column, and no option says so."""
    rows: int | None = None
    """The number of rows that the file announces, where it does."""
    skipped: tuple[int, ...] = ()
    """The lines after the first row that are comments, where they are not among the bytes that are read."""

    def pointed(self, cells: Sequence[str], other: str | None = None) -> Sequence[str]:
        """Cells with their numbers spelled as `float()` reads them. A number that is spelled otherwise than the dialect says is
        replaced by `other`, or a ValueError."""
        return cells if self.spelling.plain else [self.spelling.point(cell, other) for cell in cells]

    def in_file(self, line: int) -> int:
        """The line of the file for a line of the bytes that are read."""
        for comment in self.skipped:
            if comment > line:
                break
            line += 1
        return line


def read_dialect(file: InputFile, text: SideFormat) -> Dialect:
    """The dialect of a table, as its options say and its first lines show."""
    before = read_preamble(file, text)
    if text.delimiter in (None, BLANKS) and (vectors := announced(before.sample)) is not None:
        start = before.start + len(before.sample[0].encode("latin-1"))
        return Dialect(file.shown, BLANKS, vectors.names, start, before.line + 1, text, notes=(vectors.note,), rows=vectors.words)
    mark = text.delimiter or before.delimiter or delimiters.find(file, text, before.sample, before.line)
    header = _Header(file, text, before, mark)
    notes = [*header.notes]
    if mark == BLANKS and text.delimiter is None:
        notes.append("columns are separated by blanks")
    found = Dialect(file.shown, mark, header.names, header.start, header.line, text)
    spelling = stated_spelling(text)
    if text.decimal is None and mark == ";" and text.thousands != "," and has_decimal_commas(_first_cells(file, found)):
        spelling = replace(spelling, decimal=",")
        notes.append("numbers are read with decimal commas")
    hint = _hint(file, found, before) if header.found else ""
    lone = header.found and text.header is None and len(found.names) == 1
    return replace(found, spelling=spelling, notes=tuple(notes), hint=hint, lone=lone)


def _hint(file: InputFile, dialect: Dialect, before: Preamble) -> str:
    """What the names of the columns may be instead: several names, or a row of data."""
    shown, flag = visible(dialect.shown), dialect.text.flag
    if below := _below_title(dialect, before.sample):
        line = before.line + below
        cut = "" if dialect.shown == STDIN else f": tail -n +{line} {shlex.quote(shown)} > table.csv"
        return f"if the column names are in line {line} of {shown}, leave out the lines above{cut}"
    if len(dialect.names) == 1 and dialect.text.delimiter is None and delimiters.maybe_blanks(before.sample):
        words = [w for w in dialect.names[0].split() if all_numbers([w])]
        more = f", with {flag('--header', 'none')} if its first line is data" if words and dialect.text.header is None else ""
        return f"if blanks separate the columns of {shown}, use {flag('--delimiter', BLANKS)}{more}"
    if dialect.text.header is None and (_like_data(dialect.names) or _recurs(file, dialect)):
        return f"if the first line of {shown} is data, use {flag('--header', 'none')}"
    return ""


def _below_title(dialect: Dialect, sample: Sequence[str]) -> int:
    """How many lines below the first the names of columns may be, where the first has one cell; 0 if it is not a title."""
    if sum(map(bool, dialect.names)) > 1:
        return 0
    for i, line in enumerate(sample[1:6], 1):
        try:
            records = [delimiters.split(line.strip(), mark) for mark in (dialect.delimiter, *_USUAL)]
        except csv.Error:
            return 0
        cells = [cell.strip() for cell in max(records, key=len)]
        if len(cells) > 1 and all(cells) and not any(all_numbers([cell]) for cell in cells):
            return i
    return 0


_USUAL = (",", ";", "\t")


def _like_data(names: Sequence[str]) -> bool:
    """Whether names look like a row of data: a fraction among them, or mostly numbers that do not count up by one."""
    numbers = [name for name in names if all_numbers([name])]
    empty = sum(not name for name in names)
    if len(numbers) == len(names) or empty == 1:
        return False
    if empty:
        return any("." in name for name in numbers)
    steps = {float(b) - float(a) for a, b in pairwise(numbers)}
    return any("." in name for name in numbers) or (2 * len(numbers) >= len(names) and steps != {1.0})


def _recurs(file: InputFile, dialect: Dialect) -> bool:
    """Whether the name of the only column is one of its values."""
    return len(dialect.names) == 1 and dialect.names[0] in map(str.strip, _first_cells(file, dialect))


def _first_cells(file: InputFile, dialect: Dialect) -> Iterator[str]:
    with file.data.stream(dialect.start) as f:
        lines = (raw.decode("utf-8", "replace") for raw in islice(f, _TOLD))
        try:
            for record in csv.reader(lines, delimiter=dialect.delimiter):
                yield from record
        except csv.Error:
            return


class _Header:
    """The names of a table's columns, and the offset and line of its first row."""

    def __init__(self, file: InputFile, text: SideFormat, before: Preamble, mark: str) -> None:
        self._file, self._text, self._before, self._mark = file, text, before, mark
        self.notes: list[str] = []
        with file.data.stream(before.start) as f:
            self._record, self._size, self._lines = _first_record(f, file, mark, before.line, text)
        self._numeric = all_numbers(self._record)
        self.start, self.line = before.start, before.line
        self.names = self._found()
        self.found = self.start > before.start
        """Whether the first line is the header."""

    def _found(self) -> tuple[str, ...]:
        text, record = self._text, self._record
        if self._before.comments and text.header != "none" and (commented := self._from_comment()):
            return commented
        if self._before.comments and text.comment is None:
            raise comment_error(self._file, text, self._before, self._fits and text.header != "none")
        if text.header == "none" or (text.header == "auto" and self._numeric):
            return tuple(f"c{i}" for i in range(len(record)))
        if self._numeric and text.header != "names":
            if not _counts_from_zero(record):
                raise self._numbers_error()
            some = ",".join(record if len(record) < 4 else [*record[:2], "…", record[-1]])
            self.notes.append(f"the first line {some} is read as column names; {text.flag('--header', 'none')} reads it as data")
        self.start, self.line = self.start + self._size, self.line + self._lines
        return _names(record, self._file, self._before.line, _twice(self._before.sample, self._mark))

    def _from_comment(self) -> tuple[str, ...]:
        """The names in the last comment line, as numpy.savetxt writes them, if the line after it can only be data, or if the
        options say that it holds names."""
        said = self._text.header == "names" and self._text.comment is None
        fractions = any("." in cell and all_numbers([cell]) for cell in self._record)
        data = (self._numeric or fractions) and not _counts_from_zero(self._record) and self._text.header != "names"
        if not self._fits or not (data or said):
            return ()
        self.notes.append(f"column names are read from the comment in line {self._before.line - 1}")
        return _names(self._before.names(self._mark), self._file, self._before.line - 1, _RENAME)

    @lazy
    def _fits(self) -> bool:
        """Whether the last comment line has a name per column."""
        try:
            names = self._before.names(self._mark)
        except csv.Error:
            return False
        return len(names) == len(self._record) and not all_numbers(names)

    def _numbers_error(self) -> DataError:
        text, record = self._text, self._record
        fix = f"use {text.flag('--header', 'none')} if it is data"
        if len(set(record)) == len(record):
            fix += f", {text.flag('--header', 'names')} if it holds the column names"
        from losscli.sources.delimited.box_lines import options_for_boxes  # late: for this message

        if boxes := options_for_boxes(self._file.shown, record, self._mark, text):
            fix += f"; {boxes}"
        where = Where(self._file.shown, line=self._before.line)
        return DataError("the first line contains numbers, not column names", where, fix)


def _counts_from_zero(record: Sequence[str]) -> bool:
    """Whether a header is that of a data frame without column names: 0, 1, 2 and so on."""
    return [cell.strip() for cell in record] == [str(i) for i in range(len(record))]


def _first_record(f: IO[bytes], file: InputFile, mark: str, line: int, text: SideFormat) -> tuple[list[str], int, int]:
    """The first record, and its length in bytes and lines; it begins in line `line` of the file."""
    size = lines = 0

    def feed() -> Iterator[str]:
        nonlocal size, lines
        for raw in f:
            size, lines = size + len(raw), lines + 1
            where = Where(file.shown, line=line + lines - 1)
            if b"\0" in raw:
                raise a_nul(raw, where, text)
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as e:
                raise not_utf8(raw[e.start], where, text) from None

    try:
        if mark == BLANKS:
            record = delimiters.split(next(feed(), ""), mark)
        else:
            record = next(csv.reader(feed(), delimiter=mark, strict=True), [])
    except csv.Error as e:
        what, fix = f"broken first line: {visible(e)}", BROKEN_FIX
        if "new-line" in str(e):
            what, fix = "carriage returns without line feeds", "end lines with \\n: tr '\\r' '\\n' < FILE > table.csv"
        raise DataError(what, Where(file.shown, line=line), fix) from None
    if not record:
        fix = "the first line must contain the column names"
        raise DataError("the first line is empty", Where(file.shown, line=line), fix)
    return record, size, lines


def not_utf8(byte: int, where: Where, text: SideFormat) -> DataError:
    """The error of text in another encoding."""
    fix = f"save it as UTF-8, or name its encoding, as in {text.flag('--encoding', 'cp1252')}"
    return DataError(f"not UTF-8 text: byte 0x{byte:02x}", where, fix)


def a_nul(raw: bytes, where: Where, text: SideFormat) -> DataError:
    """The error of a NUL byte in a line."""
    name = "utf-16-le" if not any(raw[1::2]) else "utf-16-be" if not any(raw[: len(raw) // 2 * 2 : 2]) else ""
    fix = "it looks like a binary file; save it as UTF-8 text, or rename it with its correct suffix"
    return DataError("a NUL byte in a text file", where, f"if it is UTF-16, use {text.flag('--encoding', name)}" if name else fix)


_RENAME = "rename one of them"
_FLAT = (
    "the names seem to span several lines: join them with df.columns = ['_'.join(map(str, c)) for c in df.columns] "
    "and write it again"
)


def _twice(sample: Sequence[str], mark: str) -> str:
    """The remedy of a name that occurs twice: where the second line has no numbers either, both are names."""
    try:
        second = delimiters.split(sample[1].strip(), mark) if len(sample) > 1 else []
    except csv.Error:
        return _RENAME
    filled = [cell for cell in second if cell.strip()]
    return _FLAT if len(filled) > 1 and not any(all_numbers([cell]) for cell in filled) else _RENAME


def _names(record: Sequence[str], file: InputFile, line: int, fix: str) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in record)
    if not any(names):
        raise DataError("the first line has only empty column names", Where(file.shown, line=line), "write the column names there")
    if not names[0] and INDEX not in names:  # what pandas writes for an index, by the name under which it reads it
        names = (INDEX, *names[1:])
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name and name in seen:  # an unnamed column, such as the index written by pandas, is never read
            where = Where(file.shown, column=name, line=line)
            raise DataError(f"duplicate column name: fields {seen[name] + 1} and {i + 1}", where, fix)
        seen[name] = i
    return names
