"""Table formats that pandas reads, a line each, as data frames in memory. pandas and its engines are imported late."""

from __future__ import annotations

import io
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from losscli.core import reports
from losscli.core.errors import DataError, LosscliError, UsageError, Where, install, visible
from losscli.core.values import is_whole
from losscli.sources.files.first_bytes import HEAD
from losscli.sources.files.input_file import STDIN, InputFile
from losscli.sources.files.native_stderr import quiet
from losscli.sources.files.plain_xml import read_xml
from losscli.sources.formats import FILES
from losscli.sources.frames.file_table import FileTable
from losscli.sources.frames.html_cells import only_cells, refuse_twice
from losscli.sources.frames.text_frame import TextFrame
from losscli.sources.side_format import SideFormat

_COMMENT, _OPENED, _CLOSED = re.compile(rb"(?s)<!--.*?-->"), re.compile(rb"<table\b"), re.compile(rb"</table\s*>")
_MARK = "data-read"
"""The attribute of the table that is read."""
_COLUMNS = 1 << 14
"""Attributes of an element of XML, for which pandas takes quadratic time."""
Read = Callable[[Any, InputFile, IO[bytes], SideFormat], Any]


class TypedFrame(FileTable):
    """A data frame whose columns have the types of the file."""

    def __init__(self, file: InputFile, frame: Any) -> None:
        super().__init__(file.shown, frame)
        self._file, self.format, self.forks = file, FILES[file.suffix].name, not file.url


def open_file(file: InputFile, how: SideFormat, jobs: int) -> FileTable:
    import pandas

    known = FILES[file.suffix]
    try:
        with file.data.stream() as stream, quiet(), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            frame = _READ[known.name](pandas, file, stream, how)
    except LosscliError:
        raise
    except ImportError:
        raise UsageError(f"reading {known.summary} needs the extra {known.extra}", fix=install(known.extra)) from None
    except Exception as e:  # each engine has errors of its own
        reason = visible(str(e) or type(e).__name__)
        raise DataError(f"not readable as {known.name}: {reason}", file.place, "write it again, or save it as CSV") from None
    table = frame if isinstance(frame, FileTable) else TypedFrame(file, frame)
    told = (visible(" ".join(str(w.message).split()), 200) for w in warned if issubclass(w.category, (UserWarning, UnicodeWarning)))
    table.notes += tuple(dict.fromkeys(told))
    return table


def _orc(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> Any:
    from pyarrow import Table

    frame = pandas.read_orc(stream)
    Table.from_pandas(frame.select_dtypes("string")).validate(full=True)  # text that is not UTF-8 fails only when it is shown
    return frame


def _stata(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> Any:
    return pandas.read_stata(stream)


def _spss(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> Any:
    return pandas.read_spss(file.data.same_path(file.shown))


def _sas(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> Any:
    return pandas.read_sas(stream, format="sas7bdat", encoding=how.encoding or "infer")


def _xport(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> Any:
    import pyreadstat  # pandas.read_sas reads a zero of this format as 5.4e-79

    return pyreadstat.read_xport(file.data.same_path(file.shown))[0]


def _xml(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> TextFrame:
    once = _Once(file)
    read_xml(stream, file.place, once.start, once.end, lambda text: None, most=_COLUMNS)
    stream.seek(0)
    rows = io.BytesIO(stream.read())
    try:
        frame = pandas.read_xml(rows, parser="etree", dtype=str)
    except ValueError as e:
        if "does not return any nodes" not in str(e):
            raise
        raise DataError("contains no rows", file.place, "write one element per row below the root") from None
    return TextFrame(file, frame, how)


class _Once:
    """The elements of XML by their events. Raises DataError for a row with two values of one column."""

    def __init__(self, file: InputFile) -> None:
        self.path, self.depth, self.row, self.names = file.place.path, 0, 0, set[str]()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 2:
            self.row, self.names = self.row + 1, set(attributes)
        elif self.depth == 3:
            if name in self.names:
                raise DataError("two values of one column", Where(self.path, row=self.row, column=name), "write each column once")
            self.names.add(name)

    def end(self, name: str) -> None:
        self.depth -= 1


def _html(pandas: Any, file: InputFile, stream: IO[bytes], how: SideFormat) -> TextFrame:
    """The only table of a page, or the one whose number `FILE::N` gives."""
    import lxml.html  # named by the error if it is missing

    raw = stream.read()
    if reports.is_page(raw[:HEAD]):
        raise reports.refused(file.place)
    kept = _COMMENT.sub(b"", raw).lower()
    if len(_OPENED.findall(kept)) > len(_CLOSED.findall(kept)):
        raise DataError("the page ends before its table does", file.place, "download or write it again")
    page = lxml.html.fromstring(raw, parser=lxml.html.HTMLParser(encoding=how.encoding or "utf-8"))
    notes = only_cells(page, file.place)
    header = 0 if how.header == "names" else None
    tables = [(*x, table) for x in _tables(page) if (table := _parsed(pandas, x[1], header, 0)) is not None]
    if not tables:
        raise DataError("contains no table", file.place, "check how the file was downloaded")
    element, html, plain = tables[_number(file, [table for *_, table in tables]) - 1]
    refuse_twice(element, file.place, named=header is not None)
    frame = _parsed(pandas, html, header, len(plain.columns))
    table = TextFrame(file, frame, how)
    table.notes = notes
    if list(frame.columns) == list(range(len(frame.columns))) and how.header is None:
        table.notes += (f"the table has no header; {how.flag('--header', 'names')} takes the names from its first row",)
    return table


def _tables(page: Any) -> Iterator[tuple[Any, str]]:
    """Each table with its text, in which it is marked, as others may be inside it."""
    import lxml.html

    for table in list(page.iter("table")):
        table.set(_MARK, "")
        yield table, lxml.html.tostring(table, encoding="unicode", with_tail=False)
        del table.attrib[_MARK]


def _parsed(pandas: Any, html: str, header: int | None, texts: int) -> Any:
    """The data frame of the marked table, of whose columns the first ones stay text; None where nothing is in it."""
    try:
        (frame,) = pandas.read_html(
            io.StringIO(html),
            flavor="lxml",
            attrs={_MARK: ""},
            thousands=None,
            keep_default_na=False,
            header=header,
            converters=dict.fromkeys(range(texts), str),
        )
    except ValueError as e:
        if "No tables found" not in str(e):
            raise
        return None
    return frame


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _number(file: InputFile, tables: Sequence[Any]) -> int:
    """The table that is meant, counted from 1."""
    path = "FILE" if file.shown == STDIN else file.shown.removesuffix(f"::{file.member}") if file.member else file.shown
    if not file.member and len(tables) == 1:
        return 1
    sizes = (f"{_count(len(t), 'row')}, {_count(len(t.columns), 'column')}" for t in tables)
    ways = "; ".join(f"{shlex.quote(f'{path}::{i}')} has {size}" for i, size in enumerate(sizes, 1))
    if not file.member:
        raise DataError(f"has {len(tables)} tables", file.place, f"name one of them: {visible(ways, 300)}")
    if not is_whole(file.member) or not 1 <= int(file.member) <= len(tables):
        raise DataError(
            f"no table {visible(file.member, 20)!r}", file.place, f"its tables are counted from 1: {visible(ways, 300)}"
        )
    return int(file.member)


_READ: dict[str, Read] = {
    "orc": _orc,
    "stata": _stata,
    "spss": _spss,
    "sas": _sas,
    "xport": _xport,
    "xml": _xml,
    "html": _html,
}
"""By format."""
