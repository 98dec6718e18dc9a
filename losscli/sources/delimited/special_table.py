"""Tables whose rows the fast parser cannot split, with comments among the rows or runs of blanks between columns, as a temporary
copy in plain CSV. Read by pandas, which is loaded only then."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from typing import IO, Any

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import replace
from losscli.sources.delimited import delimiters
from losscli.sources.delimited.cells import ragged
from losscli.sources.delimited.dialect import BROKEN_FIX, Dialect, not_utf8
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.input_file import InputFile
from losscli.sources.files.temp_files import TempCopy
from losscli.sources.side_format import BLANKS

_ROWS = 1 << 16
"""Rows converted at a time."""


def in_plain_csv(file: InputFile, dialect: Dialect) -> tuple[InputFile, Dialect]:
    """The rows of a table as plain CSV, and their dialect; both unchanged if they are plain already.

    Raises DataError for a row with too few or too many fields.
    """
    comments = tuple(_comments(file, dialect)) if dialect.text.comment else ()
    if dialect.delimiter != BLANKS and not comments:
        return file, dialect
    copy = TempCopy(_blocks, (file, dialect), file.shown)
    for block in _blocks((file, dialect)):
        copy.append(block)
    plain = replace(dialect, delimiter=",", start=dialect.line - 1, skipped=comments)
    return replace(file, data=ByteFile(copy), suffix=".csv", url="", parts=None), plain


class _Lines(io.TextIOBase):
    """The lines of the rows without comments, as a stream of text; blank lines at the end are not rows."""

    def __init__(self, stream: IO[bytes], dialect: Dialect) -> None:
        self._stream, self._dialect = stream, dialect
        self._mark = (dialect.text.comment or "").encode()
        self._quoted = False
        self._rest = ""
        self._lines = self._kept()
        self.line = 0
        """The line of the file that was given last."""
        self.quotes = False
        self.comments: list[int] = []

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> str:
        parts, length = [self._rest], len(self._rest)
        while size is None or size < 0 or length < size:
            text = next(self._lines, "")
            if not text:
                break
            parts.append(text)
            length += len(text)
        whole = "".join(parts)
        end = len(whole) if size is None or size < 0 else size
        self._rest = whole[end:]
        return whole[:end]

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return self._lines

    def _kept(self) -> Iterator[str]:
        blank: list[tuple[int, str]] = []
        for line, raw in enumerate(self._stream, self._dialect.line):
            if self._mark and raw.startswith(self._mark) and not self._quoted:
                self.comments.append(line)
                continue
            marks = raw.count(b'"')
            self.quotes = self.quotes or marks > 0
            self._quoted ^= marks % 2 == 1
            try:
                blank.append((line, raw.decode()))
            except UnicodeDecodeError as e:
                raise not_utf8(raw[e.start], Where(self._dialect.shown, line=line), self._dialect.text) from None
            if raw.strip(b"\r\n"):
                for self.line, text in blank:
                    yield text
                blank.clear()


def _comments(file: InputFile, dialect: Dialect) -> list[int]:
    """The lines after the first row that are comments."""
    with file.data.stream(dialect.start) as stream:
        lines = _Lines(stream, dialect)
        for _ in lines:
            pass
        return lines.comments


def _blocks(of: tuple[InputFile, Dialect]) -> Iterator[bytes]:
    """The rows as plain CSV in UTF-8, after as many empty lines as precede them in the file."""
    file, dialect = of
    yield b"\n" * (dialect.line - 1)
    import pandas  # late: most tables are plain

    plain = True
    with file.data.stream(dialect.start) as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        try:
            lines = _Lines(stream, dialect)
            for chunk in _chunks(pandas, lines, dialect):
                plain = plain and not lines.quotes and bool((chunk.iloc[:, -1] != "").all())
                yield chunk.to_csv(header=False, index=False, lineterminator="\n").encode()
        except (pandas.errors.ParserError, pandas.errors.ParserWarning) as e:
            _check(file, dialect)
            raise DataError(f"broken record: {visible(e)}", file.place, BROKEN_FIX) from None
    if not plain:
        _check(file, dialect)


def _chunks(pandas: Any, lines: _Lines, dialect: Dialect) -> Iterable[Any]:
    found: Iterable[Any] = pandas.read_csv(
        lines,
        sep=r"\s+" if dialect.delimiter == BLANKS else dialect.delimiter,
        header=None,
        names=range(len(dialect.names)),
        index_col=False,
        dtype=object,
        na_filter=False,
        skip_blank_lines=False,
        chunksize=_ROWS,
    )
    return found


def _check(file: InputFile, dialect: Dialect) -> None:
    """Raise DataError for the first row that is not one cell per column: pandas fills short rows with empty cells and accepts
    stray quotes."""
    row = 0
    with file.data.stream(dialect.start) as stream:
        lines = _Lines(stream, dialect)
        reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
        records = map(_split, lines) if dialect.delimiter == BLANKS else reader
        before = 0
        try:
            for row, record in enumerate(records, 1):
                first = lines.line - max(0, reader.line_num - before - 1)
                before = reader.line_num
                if len(record) != len(dialect.names):
                    raise ragged(record, Where(dialect.shown, row, line=first), dialect)
        except csv.Error as e:
            raise DataError(f"broken record: {visible(e)}", Where(dialect.shown, row + 1, line=lines.line), BROKEN_FIX) from None


def _split(line: str) -> list[str]:
    return delimiters.split(line.strip("\r\n"), BLANKS)
