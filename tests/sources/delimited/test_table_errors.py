"""What a table may not be, with the row, line and column that the message must name."""

from __future__ import annotations

import pytest

from losscli.core.errors import DataError, UsageError
from losscli.sources import open_source
from losscli.sources.delimited import table as tables
from losscli.sources.side_format import side_format


@pytest.fixture(params=["cells", "bulk"], autouse=True)
def way(request, monkeypatch):
    monkeypatch.setattr(tables, "BULK", 1 << 60 if request.param == "cells" else 0)


def read(tmp_path, content, column="x", name="t.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = open_source(str(path), side_format({name: [value] for name, value in options.items()}))
    return source.numbers((column,)).read(0, source.rows)


def long(at, line, rows=3000):
    lines = ["id,x"] + [f"{i},{i}.5" for i in range(1, rows + 1)]
    lines[at] = line
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (long(2000, "2000"), ["row 2000", "line 2001", "found 1 field, expected 2"]),
        (long(2000, "2000,1,1"), ["row 2000", "line 2001", "found 3 fields, expected 2"]),
        (long(2000, ""), ["row 2000", "line 2001", "an empty line"]),
        (long(2000, "2000,cat"), ["row 2000", "line 2001", "column x", "'cat' is not a number"]),
        (long(2000, "2000,?"), ["row 2000", "line 2001", "column x", "'?' is not a number"]),
        (long(2000, "2000,1_0"), ["row 2000", "column x", "'1_0' is not a number"]),
        (long(2000, '"a\nb",cat'), ["row 2000", "line 2001", "column x"]),
        (long(1500, '"a\nb",1').replace("2000,2000.5", "2000,cat"), ["row 2000", "line 2002", "column x"]),
        (long(2000, "20\r00,1"), ["row 2000", "line 2001", "broken record"]),
        (long(2000, '"20"00,1'), ["row 2000", "line 2001", "broken record"]),
        (long(2000, '"2000,1'), ["line 2001", "never closed"]),
        (long(2000, 'a "b, "x",1'), ["row 2000", "line 2001", "found 3 fields"]),
        (long(2000, "20\x0000,1"), ["line 2001", "NUL"]),
        (long(2000, "2000,1").encode().replace(b"\n1999,", b"\n\xff,"), ["line 2000", "not UTF-8", "0xff"]),
        ("", ["the file is empty"]),
        ("id,x\n", ["a header but no rows"]),
        ("id,x", ["a header but no rows"]),
        ("id,x\n\n\r\n", ["a header but no rows"]),
        ("\n1,2\n", ["line 1", "the first line is empty"]),
        ("1,2\n3,4\n", ["line 1", "contains numbers, not column names", "--header none", "--header names"]),
        ("x,y,x\n1,2,3\n", ["column x", "duplicate column name", "1 and 3"]),
        ("X,y\n1,2\n", ["no column 'x'", "its columns are X, y"]),
        ("a;x\tb\n1;2\t3\n", ["delimiter is unclear", "--delimiter"]),
        ("a;x\n1;2;3\n", ["delimiter is unclear", "--delimiter"]),
        ("x\0\n1\n", ["line 1", "NUL"]),
        (b"\xff\xfex\0\n", ["utf-16", "--encoding"]),
        (b"\xffx\n1\n", ["line 1", "not UTF-8"]),
        (",\n1,2\n", ["only empty column names"]),
    ],
)
def test_refused(tmp_path, content, facts):
    with pytest.raises(DataError) as e:
        read(tmp_path, content)
    message = str(e.value)
    assert e.value.fix
    for fact in facts:
        assert fact in message


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("id,x\n1,2\n\n\n", [2]),
        ("id,x\r\n1,2\r\n\r\n", [2]),
        ("x\n1\n2", [1, 2]),
        ("x;y\n1;2\n3;4\n", [1, 3]),
        ('"x","y,z"\n"1","2"\n', [1]),
        ('"x\n2",x\n1,2\n', [2]),
        ('y,x\n5" pipe,2\n6",3\n', [2, 3]),
        ("x , y\n 1 ,2\n", [1]),
        (",x\n0,1\n", [1]),
        ('y,x\n"a ""b"", c",2\n', [2]),
        ('y,x\n"",2\n"""",3\n', [2, 3]),
    ],
)
def test_accepted(tmp_path, content, values):
    assert read(tmp_path, content).tolist() == values


def test_options(tmp_path):
    assert read(tmp_path, "1,2\n3,4\n", "c1", header="none").tolist() == [2, 4]
    assert read(tmp_path, "x|y\n3|4\n", "y", delimiter="|").tolist() == [4]
    assert read(tmp_path, "x\ty\n3\t4\n", "y", delimiter="\\t").tolist() == [4]
    for bad in ("", "ab", '"', "\n", "é", "1", "."):
        with pytest.raises(UsageError, match="not a delimiter"):
            read(tmp_path, "x\n3\n", delimiter=bad)


def test_text_stands_as_it_is(tmp_path):
    path = tmp_path / "t.csv"
    cells = ["007", "NA", " a ", "Zürich", "", 'say "hi", you', "two\nlines", "two\r\nlines"]
    path.write_bytes(("x,k\n" + "".join(f'1,"{c.replace(chr(34), 2 * chr(34))}"\n' for c in cells)).encode())
    source = open_source(str(path))
    assert source.text("k").read(0, 99).tolist() == cells
    assert source.numeric() == ("x",)
    assert (source.kind("x"), source.kind("k")) == ("f", "U")


def test_a_broken_column_spoils_no_other(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(long(2000, "2000,cat"))
    source = open_source(str(path))
    good, bad = source.numbers(("id",)), source.numbers(("x",))
    assert len(good.read(0, 3000)) == 3000
    with pytest.raises(DataError, match="cat"):
        bad.read(0, 3000)
    assert bad.read(0, 1024)[0] == 1.5


def test_where(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(long(1200, '"a\nb",1'))
    field = open_source(str(path)).numbers(("id", "x"))
    assert str(field.where(1100, 1)).endswith("t.csv, row 1101, line 1102, column x")
    assert str(field.where(2500, 0)).endswith("t.csv, row 2501, line 2503, column id")
