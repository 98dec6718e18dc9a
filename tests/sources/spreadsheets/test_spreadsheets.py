"""Spreadsheets: the cells that openpyxl reads, the same numbers as a CSV, and every cell without a value refused by its address."""

from __future__ import annotations

import base64
import contextlib
import datetime
import io
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from losscli.sources.missing import MISSING
from losscli.sources.side_format import SideFormat
from losscli.sources.spreadsheets.faults import address, place
from tests.support.command import call, cli, refused, table
from tests.support.sheets import cell, document
from tests.support.sheets import row as cells_of
from tests.support.xlsb import xlsb

WORDS = st.text("abcxyz é,07", min_size=1, max_size=5).filter(lambda w: w == w.strip() and w.lower() not in MISSING)
DATES = st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1))
CELLS = [
    st.floats(-1e9, 1e9),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    WORDS,
    DATES,
    st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2090, 1, 1)).map(lambda d: d.replace(microsecond=0)),
    st.one_of(st.integers(0, 9), WORDS),
]
XLS = zlib.decompress(
    base64.b64decode(
        "eNrtWE1oE0EU/mZ/mh/aNKlpoRVKKFi1Vqh4sJd2VdCeLFUPigqamkVKS1qWXPRitQZPguBJ8VLoxUvViz+ooDcPSkUPgiAkehJPgoKHNuubt7OaaA4NaF"
        "GZb5k3b97MNzOZefOyOy+WUqX5211l/IRhmKj4MTRV2QSlWFhIgup9X6phHqXka/xTiEVpI5tsPGh5FpF7KPe7DAO3rCckgXeUjmEGo9N5N7OG2M1zyAo5"
        "hyGSAtfJkkAnz6qN5UmW61je5JYPWe5kyyWWQ9S2JI5gyRntG1RefNjo4boEZL93mfOGLdvQjqfSi89eFkFbG7u8iezU31nRbTVjAbRvI27e9bJTJaRpAx"
        "fwxc8An8OT+jij7WtrFyD711p7pI79imEBs/BPsIMXKbg+N4MNPriMrXwWZSLPnMhRyxnPzVG5kPVOuQVqODCwg+UgecWHuAzOfJiTNYe5hZ28mWQOrayn"
        "2NWTFK6Xb3x6uW98zDnOllkO4EGY3yBnBh/nJIPICa6xWMop9jFjC8vz3Ot61rtYpslBKe8da1fK3jluc4Fre2mc7YxXzsYqfRPpxY/773UX3zubSV8cKZ"
        "9JL7525tFDK5Mjvnzm0C/6xbWrEvedMBcqJLxl2flLeIgaSTV3X/2XtWIFcVZTLIOSXB3xvWSotZJsUYctmC3X4xGNL5h91JC2gC15Rh2ewTxL8YI9uWjW"
        "8sw6PJN5tuKZzEuwrYN5w0Yb7sjOKQT+QBwaGhoaGhoaGhoaVXc6hnqply+ktvpsiKh7nRVKFX1N8t/iAKbpKdCH6R7kKfdwuiH/6YAtwr7EKjnhfaHEIR"
        "rdwyTGeR6TDfsvfT6J6t+zamLy9x2hRsevNDLPPzz+Nw2kyhI="
    )
)
"""Written by xlwt 1.3.0: id, pred, target of three rows."""


@st.composite
def sheets(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    cells = [
        [draw(kind) for _ in range(rows)] for kind in draw(st.lists(st.sampled_from(CELLS), min_size=columns, max_size=columns))
    ]
    holes = draw(st.sets(st.tuples(st.integers(0, columns - 1), st.integers(0, rows - 2)))) if rows > 1 else ()
    for column, row in holes:
        cells[column][row] = None
    return cells, draw(st.integers(1, 4)), draw(st.integers(1, 30))


def book(path, rows, corner=(1, 1)):
    made = openpyxl.Workbook()
    for r, row in enumerate(rows, corner[0]):
        for c, value in enumerate(row, corner[1]):
            made.active.cell(r, c, value)
    made.save(path)
    return made


def spelled(cell, column):
    """A cell as text: what openpyxl reads, spelled as pandas does for its column."""
    told = [x for x in column if x is not None]
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        midnight = all(x.time() == datetime.time() for x in told if isinstance(x, datetime.datetime))
        return str(cell.date() if midnight else cell)
    if any(isinstance(x, float) and not x.is_integer() for x in told) and all(isinstance(x, (int, float)) for x in told):
        return str(float(cell))
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


@given(sheets())
def test_the_cells_that_openpyxl_reads(tmp_path_factory, sheet):
    columns, *corner = sheet
    path = tmp_path_factory.mktemp("sheet") / "a.xlsx"
    names = [f"n{i}" for i in range(len(columns))]
    book(path, [names, *zip(*columns, strict=True)], corner)
    rows = list(openpyxl.load_workbook(path, data_only=True).active.iter_rows(corner[0] + 1, min_col=corner[1], values_only=True))
    source = open_source(str(path))
    assert (source.rows, source.names) == (len(rows), tuple(names))
    for i, name in enumerate(names):
        found = [row[i] for row in rows]
        assert source.text(name).read(0, len(rows)).tolist() == [spelled(x, found) for x in found]
        assert str(source.text(name).where(0)).endswith(f"row 1, cell {address(corner[0], corner[1] - 1 + i)}, column {name}")
        if name in source.numeric():
            numbers = [np.nan if x is None else float(x) for x in found]
            np.testing.assert_array_equal(source.numbers((name,)).read(0, len(rows)), numbers)
        assert (name in source.numeric()) == all(isinstance(x, (int, float, type(None))) for x in found)
    copy = pickle.loads(pickle.dumps(source))
    assert copy.text(names[0]).read(0, copy.rows).tolist() == source.text(names[0]).read(0, copy.rows).tolist()


@given(st.integers(0, 2**20 - 1), st.integers(0, 2**14 - 1))
def test_addresses(row, column):
    assert place(address(row, column)) == (row, column)
    assert address(row, column) == f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_same_report_as_a_csv(folder):
    rows = [("id", "pred", "target"), ("007", 1.5, 2), ("008", 2.25, 2), ("é", 3, 5)]
    book("a.xlsx", rows)
    table("a.csv", *rows)
    Path("a.xls").write_bytes(XLS)
    expected = call("regress", "a.csv", "-l", "mae").out
    assert cli("regress", "a.xlsx", "-l", "mae").out == call("regress", "a.xls", "-l", "mae").out == expected
    Path("a.ods").write_bytes(document("".join(cells_of(*map(cell, values)) for values in rows)))
    assert call("regress", "a.ods", "-l", "mae").out == expected
    Path("a.xlsb").write_bytes(xlsb(rows))
    assert call("regress", "a.xlsb", "-l", "mae").out == expected
    for name in ("a.xlsx", "a.xlsb", "a.xls", "a.ods"):
        assert cli("regress", "-", "-l", "mae", stdin=Path(name).read_bytes()).out == expected


def test_sheets_by_name(folder):
    made = book("a.xlsx", [("pred", "target"), (1, 2)])
    made.active.title = "run 1"
    made.create_sheet("empty")
    made.save("a.xlsx")
    assert call("regress", "a.xlsx", "-l", "mae", "-b").out == "1\n"
    refused(3, "regress", "a.xlsx::empty", "-l", "mae", says=("a sheet without contents",))
    made["empty"].append(["notes"])
    made.save("a.xlsx")
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("several sheets: run 1, empty", "'a.xlsx::run 1', a.xlsx::empty"))
    assert call("regress", "a.xlsx::run 1", "-l", "mae", "-b").out == "1\n"
    refused(3, "regress", "a.xlsx::run 2", "-l", "mae", says=("no sheet 'run 2', did you mean run 1?", "run 1, empty"))


def faulty(kind):
    made = book("a.xlsx", [("id", "pred", "target"), ("a", 1.5, 2), ("b", 2.5, 2), ("c", 3, 2)], (2, 3))
    sheet = made.active
    if kind == "formula":
        sheet["D4"] = "=1+1"
    elif kind == "error":
        sheet["D4"] = "#DIV/0!"
        sheet["D4"].data_type = "e"
    elif kind == "missing":
        sheet["D4"] = "#N/A"
        sheet["D4"].data_type = "e"
    elif kind == "merged":
        sheet.merge_cells("D4:D5")
    elif kind == "date":
        sheet["D4"] = datetime.date(2024, 1, 2)
    elif kind == "text":
        sheet["D4"] = "2,5"
    elif kind == "empty":
        sheet["D4"] = None
    made.save("a.xlsx")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("formula", "a formula without a value"),
        ("error", "the error #DIV/0!"),
        ("missing", "#N/A where a number is needed"),
        ("merged", "part of the merged cells D4:D5"),
        ("date", "a date or time, 2024-01-02, where a number is needed"),
        ("text", "the text '2,5' where a number is needed"),
        ("empty", "an empty cell where a number is needed"),
    ],
)
def test_a_cell_without_a_number_is_named(folder, kind, says):
    faulty(kind)
    refused(3, "regress", "a.xlsx", "-l", "mae", says=(f"a.xlsx, row 2, cell D4, column pred: {says}",))
    if kind in ("missing", "empty"):
        assert call("regress", "a.xlsx", "-l", "mae", "-b", "--nonfinite", "drop").out == "0.75\n"


def test_a_title_over_the_columns_is_not_their_names(folder):
    made = book("a.xlsx", [("Results",), ("pred", "target"), (1, 2)])
    made.active.merge_cells("A1:B1")
    made.save("a.xlsx")
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("a.xlsx, cell A1: part of the merged cells A1:B1 in the first row",))


def test_a_zero_that_awaits_its_computation_is_not_a_value(folder):
    faulty("formula")
    changed(b"<v></v>", b"<v>0</v>")
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("cell D4, column pred: a formula without a value",))
    changed(b'fullCalcOnLoad="1"', b"", "xl/workbook.xml")
    assert call("regress", "a.xlsx", "-l", "mae", "-b").code == 0


def test_columns_that_are_not_read_may_have_faults(folder):
    made = book("a.xlsx", [("pred", "target", "note"), (1, 2, "=A1"), (2, 2, "=A2")])
    made.save("a.xlsx")
    assert call("regress", "a.xlsx", "-l", "mae", "-b").out == "0.5\n"


def test_headers(folder):
    book("a.xlsx", [(1, 2), (2, 2)])
    refused(
        3, "regress", "a.xlsx", "-l", "mae", says=("cell A1: the first row contains numbers", "--header none", "--header names")
    )
    assert open_source("a.xlsx", SideFormat(header="none")).names == ("c0", "c1")
    assert (open_source("a.xlsx", SideFormat(header="names")).names, open_source("a.xlsx", SideFormat(header="auto")).rows) == (
        ("1", "2"),
        2,
    )
    book("a.xlsx", [(None, "pred", None, "target"), (0, 1, "x", 2)])
    assert open_source("a.xlsx").names == ("Unnamed: 0", "pred", "target")
    assert notes_of(open_source("a.xlsx")) == ("columns without a name are not read: C1",)
    book("a.xlsx", [("pred", "pred"), (0, 1)])
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("cell B1: duplicate column name 'pred'",))
    book("a.xlsx", [("pred", "target")])
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("a table without rows",))
    openpyxl.Workbook().save("a.xlsx")
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("has no sheet with contents",))


HEAD = cells_of(cell("pred"), cell("target"))
FORMULA = '<table:table-cell table:formula="of:=1+1"/>'
FAILED = '<table:table-cell table:formula="of:=1/0" office:value-type="string"><text:p>#DIV/0!</text:p></table:table-cell>'
SPANNED = cell(3, 'table:number-columns-spanned="2"') + "<table:covered-table-cell/>"
MANY = (
    '<table:table-row table:number-rows-repeated="1048576">'
    + cell(1, 'table:number-columns-repeated="16384"')
    + "</table:table-row>"
)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (cells_of(FORMULA, cell(2)), "a.ods, row 1, cell A2, column pred: a formula without a value"),
        (cells_of(FAILED, cell(2)), "a.ods, row 1, cell A2, column pred: the error #DIV/0!"),
        (cells_of(cell(1), cell(2)) + cells_of(SPANNED), "a.ods, row 2, cell A3, column pred: part of the merged cells A3:B3"),
        (MANY, "is too large"),
    ],
)
def test_opendocument(folder, rows, says):
    Path("a.ods").write_bytes(document(HEAD + rows))
    refused(3, "regress", "a.ods", "-l", "mae", says=(says,))


def test_binary_workbooks(folder):
    head = ("pred", "target")
    Path("a.xlsb").write_bytes(xlsb([head, (1, 2), (b"\x07", 2)]))
    refused(3, "regress", "a.xlsb", "-l", "mae", says=("row 2, cell A3, column pred: the error #DIV/0!",))
    Path("a.xlsb").write_bytes(xlsb([head, (1, 2), (b"\x2a", 2)]))
    refused(3, "regress", "a.xlsb", "-l", "mae", says=("row 2, cell A3, column pred: an empty cell where",))
    Path("a.xlsb").write_bytes(xlsb([head, (1, 2), (2, 2)], merged=(1, 2, 0, 0)))
    refused(3, "regress", "a.xlsb", "-l", "mae", says=("cell A2, column pred: part of the merged cells A2:A3",))
    Path("a.xlsb").write_bytes(xlsb([head, tuple(range(16384))], last=1048575))
    refused(3, "regress", "a.xlsb", "-l", "mae", says=("a sheet of 1048576 rows and 16384 columns is too large",))


def changed(old, new, member="xl/worksheets/sheet1.xml"):
    """The workbook with other bytes in one member."""
    held = io.BytesIO()
    with zipfile.ZipFile("a.xlsx") as before, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as z:
        for name in before.namelist():
            z.writestr(name, before.read(name).replace(old, new) if name == member else before.read(name))
    Path("a.xlsx").write_bytes(held.getvalue())


def test_hostile_workbooks(folder):
    rows = [("pred", "target"), (1, 2)]
    book("a.xlsx", rows)
    changed(b"<worksheet", b'<!DOCTYPE x [<!ENTITY y "z">]><worksheet')
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("has a DOCTYPE",))
    Path("a.ods").write_bytes(document(HEAD, '<!DOCTYPE x [<!ENTITY y "z">]>'))
    refused(3, "regress", "a.ods", "-l", "mae", says=("has a DOCTYPE",))
    book("a.xlsx", rows)
    changed(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("a sheet of 1048576 rows and 16384 columns is too large",))
    book("a.xlsx", rows)
    changed(b"</sheetData>", b"</sheetData>" + b" " * 20_000_000)
    refused(3, "regress", "a.xlsx", "-l", "mae", says=("would expand from",))
    Path("a.xlsx").write_text("pred,target\n1,2\n")
    assert call("regress", "a.xlsx", "-l", "mae", "-b").err.startswith("note: a.xlsx: read as csv, by its contents")


@given(st.sampled_from(["xlsx", "xlsb", "xls", "ods"]), st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory, kind, at, byte, cut):
    path = tmp_path_factory.mktemp("sheet") / f"a.{kind}"
    if kind == "xlsx":
        book(path, [("pred", "target"), (1, 2)])
    made = {"xls": XLS, "ods": document(HEAD + cells_of(cell(1), cell(2))), "xlsb": xlsb([("pred", "target"), (1, 2)])}
    raw = path.read_bytes() if kind == "xlsx" else made[kind]
    at %= len(raw)
    path.write_bytes(raw[:at] + (b"" if cut else bytes([byte]) + raw[at + 1 :]) or b"x")
    with contextlib.suppress(DataError):
        source = open_source(str(path))
        for name in source.names:
            source.text(name).read(0, source.rows)


def test_a_missing_library_is_named(folder, monkeypatch):
    book("a.xlsx", [("pred", "target"), (1, 2)])
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    refused(2, "regress", "a.xlsx", "-l", "mae", says=("reading spreadsheets needs python-calamine", "pip install '.[excel]'"))
