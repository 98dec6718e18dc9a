"""Sheets that are malformed, or that can be read in more than one way."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.hostile.inputs.table_files import TABLES, alike
from tests.support import sheets
from tests.support.samples import _stream
from tests.support.xlsb import xlsb

SHEETS = TABLES
SHEETS.of("excel")
CELL = "row 1, cell A2, column pred: the text '1.0' where a number is needed"
EMPTY = "row 2, cell A3, column pred: an empty cell where a number is needed"
for kind in ("xlsx", "xlsb", "ods"):
    alike(kind, "not a readable spreadsheet", CELL, EMPTY * (kind == "xlsx"), "a table without rows")


def book(change: Any) -> bytes:
    from openpyxl import Workbook

    made = Workbook()
    for cells in (("pred", "target"), (1.5, 2), (3, 4)):
        made.active.append(cells)
    change(made)
    return _stream(made.save)


def excel(name: str, change: Any, *says: str, part: str = "") -> None:
    TABLES.add(name, f"regress 'a.xlsx{part}' -l mae", {"a.xlsx": book(change)}, *says)


def put(address: str, value: Any) -> Any:
    def change(made: Any) -> None:
        made.active[address] = value

    return change


def _date(made: Any) -> None:
    import datetime

    made.active["A2"] = datetime.date(2024, 5, 1)


def rewritten(content: bytes, name: str, change: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == name else data)
    return out.getvalue()


excel("a formula without its value", put("A2", "=1+1"), "a.xlsx, row 1, cell A2, column pred: a formula without a value")
excel(
    "merged cells",
    lambda made: made.active.merge_cells("A2:A3"),
    "a.xlsx, row 1, cell A2, column pred: part of the merged cells A2:A3",
)
excel("a date", _date, "a.xlsx, row 1, cell A2, column pred: a date or time, 2024-05-01, where a number is needed")
excel("an error of a formula", put("A3", "#DIV/0!"), "a.xlsx, row 2, cell A3, column pred: the error #DIV/0!")
excel("a number as text", put("A3", "3"), "a.xlsx, row 2, cell A3, column pred: the text '3' where a number is needed")
excel(
    "a blank row",
    lambda made: made.active.insert_rows(3),
    "a.xlsx, row 2, cell A3, column pred: an empty cell where a number is needed",
)
excel("two sheets", lambda made: made.create_sheet("Other").append(("pred", "target")), "a.xlsx: has several sheets: Sheet, Other")
excel("a sheet that is not there", lambda made: None, "a.xlsx::Nope: no sheet 'Nope'", part="::Nope")
excel(
    "a blank name of a column",
    put("A1", None),
    "mae reads `pred` (PRED), which the inputs do not contain; a.xlsx has Unnamed: 0, target",
)
excel("two columns of one name", put("C1", "pred"), "a.xlsx, cell C1: duplicate column name 'pred'")
BOOK = book(lambda made: None)
SHEET = "xl/worksheets/sheet1.xml"
TABLES.add(
    "a sheet that is not XML",
    "regress a.xlsx -l mae",
    {"a.xlsx": rewritten(BOOK, SHEET, lambda x: b"hello")},
    "a.xlsx, line 1: not valid XML at character 1",
)
TABLES.add(
    "a sheet that expands",
    "regress a.xlsx -l mae",
    {"a.xlsx": rewritten(BOOK, SHEET, lambda x: x.replace(b"<sheetData>", b" " * (1 << 25) + b"<sheetData>"))},
    "a.xlsx: xl/worksheets/sheet1.xml would expand from 33059 bytes to 33555155",
)
TABLES.add(
    "an entity",
    "regress a.ods -l mae",
    {"a.ods": sheets.document(sheets.row(sheets.cell("pred")), before="<!DOCTYPE x [<!ENTITY a 'b'>]>")},
    "a.ods, line 1: has a DOCTYPE, which is not read",
)
TABLES.add(
    "a workbook with a password",
    "regress a.xlsx -l mae",
    {"a.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")},
    "a.xlsx: not a readable spreadsheet",
)
TABLES.add(
    "an error, xlsb",
    "regress a.xlsb -l mae",
    {"a.xlsb": xlsb([("pred", "target"), (1.0, 2.0), (b"\x07", 3.0)])},
    "a.xlsb, row 2, cell A3, column pred: the error #DIV/0!",
)
TABLES.add(
    "merged cells, xlsb",
    "regress a.xlsb -l mae",
    {"a.xlsb": xlsb([("pred", "target"), (1.0, 2.0), (1.0, 3.0)], merged=(1, 2, 0, 0))},
    "a.xlsb, row 1, cell A2, column pred: part of the merged cells A2:A3",
)
