"""The cells of a spreadsheet that have no value of their own: errors, formulas that were never computed, merged cells. Found in the
XML of the file, as python-calamine reads all of them as empty cells."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from zipfile import ZipFile

from losscli.core.errors import DataError, Where
from losscli.numerics.exact_integers import NO_DOUBLE
from losscli.sources.files.plain_xml import read_xml
from losscli.sources.missing import is_missing

Faults = dict[tuple[int, int], str]
"""What is wrong with cells, by row and column counted from 0; for an error that is a missing value, its spelling."""
MOST_CELLS = 1 << 27
"""Cells of a sheet, blank ones between others included."""
_SMALL, _RATIO = 1 << 22, 1000
"""Cells that any sheet may have, and blank ones per cell that is written."""
_MOST_ROWS, MOST_COLUMNS = 1 << 20, 1 << 14
_MOST_MERGED = 1 << 20
_UNCOMPUTED = "a formula without a value"
_SUSPECT = re.compile(rb"<(?:[\w.-]+:)?(?:f|mergeCell)[\s/>]|\bt\s*=\s*[\"']e[\"']|<!DOCTYPE|>[+-]?[0-9]{16,}<")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row\s[^>]*?\br\s*=\s*[\"'](\d+)")
_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Z]+)\d+[\"']")
_ADDRESS = re.compile(r"([A-Z]+)(\d+)")
_LONG, _WHOLE = 16, re.compile(r"[+-]?[0-9]{1,400}")
"""How many digits a whole number has that a double may change."""
_ERROR = re.compile(r"#[A-Z0/!?]+|Err:\d+")


def address(row: int, column: int) -> str:
    """The name of a cell, from its row and column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"


def place(name: str) -> tuple[int, int]:
    """The row and column, counted from 0, of a cell by its name."""
    found = _ADDRESS.fullmatch(name)
    if found is None:
        raise ValueError(name)
    return int(found[2]) - 1, _number(found[1]) - 1


def merged(first: tuple[int, int], last: tuple[int, int]) -> Faults:
    """The faults of merged cells, from their corners."""
    told = f"part of the merged cells {address(*first)}:{address(*last)}"
    if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) > _MOST_MERGED:
        return {first: told}
    return {(r, c): told for r in range(first[0], last[0] + 1) for c in range(first[1], last[1] + 1)}


def in_xlsx(archive: ZipFile, where: Where) -> dict[str, Faults]:
    """The faults of each sheet of an Office Open XML workbook. Raises DataError where its cells are too far apart."""
    asked: list[str] = []
    sheets: dict[str, str] = {}
    _attributes(archive, "xl/workbook.xml", where, "calcPr", lambda a: asked.append(a.get("fullCalcOnLoad", "")))
    _attributes(archive, "xl/workbook.xml", where, "sheet", lambda a: sheets.update({a["name"]: a["id"]}))
    later = any(word in ("1", "true") for word in asked)
    found = parts(archive, "xl/_rels/workbook.xml.rels", sheets, where)
    return {sheet: _of_part(archive.read(part), later, where) for sheet, part in found}


def _of_part(raw: bytes, later: bool, where: Where) -> Faults:
    _refuse_sparse(raw, where)
    if raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" and not _SUSPECT.search(raw):
        return {}
    found = _Cells(later)
    read_xml(io.BytesIO(raw), where, found.start, found.end, found.words)
    return found.faults


def in_ods(archive: ZipFile, where: Where) -> dict[str, Faults]:
    """The faults of each sheet of an OpenDocument spreadsheet. Raises DataError where repeated cells are too many."""
    found = _Repeated(where)
    with archive.open("content.xml") as stream:
        read_xml(stream, where, found.start, found.end, found.words)
    return found.tables


def _rounded(text: str) -> bool:
    """Whether a number as it is stored is a whole one that a double would change."""
    return len(text) >= _LONG and _WHOLE.fullmatch(text) is not None and int(text) != float(text)


def _number(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found


def parts(archive: ZipFile, relations: str, sheets: Mapping[str, str], where: Where) -> list[tuple[str, str]]:
    """The sheets by name, with the member that has each, which the relation of the sheet names."""
    targets: dict[str, str] = {}
    _attributes(archive, relations, where, "Relationship", lambda a: targets.update({a["Id"]: a["Target"]}))
    found = {name: targets[key][1:] if targets[key].startswith("/") else f"xl/{targets[key]}" for name, key in sheets.items()}
    known = set(archive.namelist())
    return [(name, part) for name, part in found.items() if part in known]


def _attributes(archive: ZipFile, member: str, where: Where, name: str, take: Callable[[dict[str, str]], None]) -> None:
    with archive.open(member) as stream:
        read_xml(stream, where, lambda n, a: take(a) if n == name else None, lambda n: None, lambda t: None)


def _refuse_sparse(raw: bytes, where: Where) -> None:
    rows, cells = max(map(int, _ROW.findall(raw)), default=0), raw.count(b"<c ")
    if rows * MOST_COLUMNS > _most(cells) or rows > _MOST_ROWS:
        refuse_size(rows, max(map(_number, {found.decode() for found in _COLUMN.findall(raw)}), default=0), cells, where)


def _most(cells: int) -> int:
    """How many cells a sheet may have, from the number that is written."""
    return min(MOST_CELLS, max(_SMALL, _RATIO * cells))


def refuse_size(rows: int, columns: int, cells: int, where: Where) -> None:
    """Raise DataError for a sheet that would take too much memory, as python-calamine holds blank cells too. cells: how many are
    written."""
    if rows * columns > _most(cells) or rows > _MOST_ROWS or columns > MOST_COLUMNS:
        raise _too_many(where, f"a sheet of {rows} rows and {columns} columns")


def _too_many(where: Where, what: str) -> DataError:
    return DataError(f"{what} is too large", where, "remove cells far from the table, or save the sheet as CSV")


class _Cells:
    """The faults of a sheet, from the events of its XML. later: whether the workbook asks to be computed when it is opened, so that
    its formulas may have a 0 in place of a value, as XlsxWriter writes it."""

    def __init__(self, later: bool) -> None:
        self.faults: Faults = {}
        self._blank = ("", "0") if later else ("",)
        self._row, self._column = -1, -1
        self._kind, self._formula, self._inside, self._text = "", False, False, ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif name == "c":
            self._column += 1
            if "r" in attributes:
                self._row, self._column = place(attributes["r"])
            self._kind, self._formula, self._text = attributes.get("t", ""), False, ""
        elif name == "f":
            self._formula = True
        elif name == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            self.faults |= merged(place(first), place(last or first))
        self._inside = name in ("v", "t")

    def words(self, text: str) -> None:
        if self._inside:
            self._text += text

    def end(self, name: str) -> None:
        self._inside = False
        if name != "c":
            return
        if self._kind == "e":
            self.faults[self._row, self._column] = self._text if is_missing(self._text) else f"the error {self._text}"
        elif self._formula and self._text in self._blank and self._kind != "str":
            self.faults[self._row, self._column] = _UNCOMPUTED
        elif self._kind in ("", "n") and _rounded(self._text):
            self.faults[self._row, self._column] = NO_DOUBLE[0](self._text)


class _Repeated:
    """The faults of each sheet, from the events of OpenDocument's XML, where equal cells and rows are written once."""

    def __init__(self, where: Where) -> None:
        self.tables: dict[str, Faults] = {}
        self._where, self._count, self._written = where, 0, 0
        self._wide, self._far = 0, 0
        self._faults: Faults = {}
        self._row = self._rows = self._column = self._columns = 0
        self._attributes: dict[str, str] = {}
        self._text = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._faults = self.tables[attributes.get("name", "")] = {}
            self._row = self._rows = self._wide = self._far = self._count = self._written = 0
        elif name == "table-row":
            self._row += self._rows
            self._rows = int(attributes.get("number-rows-repeated", "1"))
            self._column = self._columns = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._column += self._columns
            self._columns = int(attributes.get("number-columns-repeated", "1"))
            self._attributes, self._text = attributes, ""

    def words(self, text: str) -> None:
        self._text += text

    def end(self, name: str) -> None:
        if name not in ("table-cell", "covered-table-cell"):
            return
        found, text = self._attributes, self._text.strip()
        if text or "value-type" in found or "formula" in found:
            self._written += 1
            self._count += self._rows * self._columns
            self._wide, self._far = max(self._wide, self._column + self._columns), self._row + self._rows
            most = _most(self._written)
            if self._count > most or self._wide * self._far > most:
                raise _too_many(
                    self._where, f"a sheet of {self._far} rows and {self._wide} columns with {self._written} written cells"
                )
        across, down = (int(found.get(f"number-{x}-spanned", "1")) for x in ("columns", "rows"))
        if across > 1 or down > 1:
            self._faults |= merged((self._row, self._column), (self._row + down - 1, self._column + across - 1))
        elif "formula" in found and (not text or _ERROR.fullmatch(text)):
            told = (text if is_missing(text) else f"the error {text}") if text else _UNCOMPUTED
            if text or "value-type" not in found:
                self._faults |= dict.fromkeys(self._places(), told)
        elif _rounded(found.get("value", "")):
            self._faults |= dict.fromkeys(self._places(), NO_DOUBLE[0](found["value"]))

    def _places(self) -> Iterator[tuple[int, int]]:
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + self._columns):
                yield row, column
