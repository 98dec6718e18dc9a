"""How a text is cut into columns and its numbers are read: delimiters, headers, comments, spellings, encodings."""

from __future__ import annotations

import csv
import io
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError
from losscli.sources import open_source
from losscli.sources.base import hint_of, notes_of
from losscli.sources.delimited.number_spelling import NumberSpelling
from losscli.sources.side_format import SideFormat, side_format


def source_of(folder, content, name="t.csv", **options):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_source(str(path), side_format({key: [value] for key, value in options.items()}))


def values(source):
    return {name: source.numbers((name,)).read(0, source.rows).tolist() for name in source.names if source.kind(name) == "f"}


def message(folder, content, name="t.csv", **options):
    try:
        source = source_of(folder, content, name, **options)
        source.numbers(source.names[-1:]).read(0, source.rows)
    except DataError as e:
        return str(e)
    raise AssertionError("it was read")


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.tsv"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, name, mark):
    source = source_of(tmp_path, "a,b\n1,2.5\n3,4.5\n".replace(",", mark), name)
    assert values(source) == {"a": [1, 3], "b": [2.5, 4.5]}
    assert notes_of(source) == ()


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("a b\n1.5 2\n 3   4\n", ("a", "b"), {"a": [1.5, 3], "b": [2, 4]}),
        ("  a \t b\n1.5\t2\n3 4  \n", ("a", "b"), {"a": [1.5, 3], "b": [2, 4]}),
        ("cat 0.9 1 2\ndog 0.5 3 4\n", ("c0", "c1", "c2", "c3"), {"c1": [0.9, 0.5], "c2": [1, 3], "c3": [2, 4]}),
        ("7 0.5 0.25\n", ("c0", "c1", "c2"), {"c0": [7], "c1": [0.5], "c2": [0.25]}),
        ("cat 0.5 3 4\n", ("c0", "c1", "c2", "c3"), {"c1": [0.5], "c2": [3], "c3": [4]}),
        ('a b\n"x y" 2.5\nz 4\n', ("a", "b"), {"b": [2.5, 4]}),
    ],
)
def test_runs_of_blanks(tmp_path, content, names, rows):
    source = source_of(tmp_path, content, "t.txt", header="none" if names[0] == "c0" else "names")
    assert source.names == names
    assert values(source) == rows
    assert notes_of(source) == ("columns are separated by blanks",)
    assert notes_of(source_of(tmp_path, content, "t.txt", header="none", delimiter="blank")) == ()


@pytest.mark.parametrize(
    "content",
    [
        "two words\n1.5\n2.5\n",
        "true label\nclass 1\nclass 2\n",
        "full name\nJohn Smith\nMary Jones\n",
        "net sales\n1 234\n2 345\n",
        "P(a|b)\n0.5\n0.25\n",
    ],
)
def test_one_column_stays_one(tmp_path, content):
    assert source_of(tmp_path, content).names == (content.partition("\n")[0],)


def test_an_unclear_delimiter_names_the_candidates(tmp_path):
    told = message(tmp_path, "a;x\tb\n1;2\t3\n")
    assert "--delimiter ';' or --delimiter tab" in told
    assert source_of(tmp_path, "a;x\tb\n1;2\t3\n", delimiter="tab").names == ("a;x", "b")


@pytest.mark.parametrize(("header", "rows"), [(None, 2), ("names", 2), ("none", 3)])
def test_the_header_of_a_frame_without_names(tmp_path, header, rows):
    said = {} if header is None else {"header": header}
    source = source_of(tmp_path, "0,1,2\n1.5,2.5,3.5\n4,5,6\n", **said)
    assert source.rows == rows
    assert source.names == (("c0", "c1", "c2") if header == "none" else ("0", "1", "2"))
    assert len(notes_of(source)) == (header is None)


@pytest.mark.parametrize(
    ("line", "says", "never"),
    [
        ("1,2,3", "--header none if it is data, --header names if it holds the column names", "no-header"),
        ("0,2,1", "--header none if it is data, --header names if it holds the column names", "no-header"),
        ("0.5,0.5,1", "--header none if it is data", "--header names"),
    ],
)
def test_a_first_line_of_numbers(tmp_path, line, says, never):
    told = message(tmp_path, f"{line}\n7,8,9\n")
    assert says in told
    assert never not in told
    assert source_of(tmp_path, f"{line}\n7,8,9\n", header="none").rows == 2


def test_the_line_by_which_excel_names_the_delimiter(tmp_path):
    source = source_of(tmp_path, "\ufeffsep=;\r\na;b\r\n1;x,y\r\n2;cat,z\r\n")
    assert source.names == ("a", "b")
    assert source.text("b").read(0, 2).tolist() == ["x,y", "cat,z"]
    assert "line 4" in str(source.text("b").where(1))


def test_comments_are_skipped_wherever_they_are(tmp_path):
    text = "# model 7, run 3\n#\na,b\n1,2\n# half way\n3,x # y\n\n"
    source = source_of(tmp_path, text, comment="#")
    assert source.names == ("a", "b")
    assert source.text("b").read(0, 9).tolist() == ["2", "x # y"]
    assert str(source.text("b").where(1)).endswith("row 2, line 6, column b")
    again = pickle.loads(pickle.dumps(source))
    assert again.text("a").read(0, 9).tolist() == ["1", "3"]


def test_a_quoted_line_is_not_a_comment(tmp_path):
    source = source_of(tmp_path, 'a,b\n1,"x\n# y"\n# z\n2,w\n', comment="#")
    assert source.text("b").read(0, 9).tolist() == ["x\n# y", "w"]
    assert "row 2, line 5" in str(source.text("b").where(1))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# model 7, run 3\na,b,c\n1,2,3\n", ("line 1", "is a comment", "--comment '#'")),
        ("% made today\na,b,c\n1,2,3\n", ("line 1", "is a comment", "--comment %")),
        ("a,b,c\n1,2,3\n# end\n", ("row 2, line 3", "found 1 field, expected 3", "--comment '#'")),
        ("# a,b\nx,y\nu,v\n", ("line 1", "begins with '#'", "--comment '#'", "--header names")),
        ("# a,b\n0,1\n2,3\n", ("line 1", "--comment '#'")),
    ],
)
def test_a_comment_is_named_as_one(tmp_path, content, says):
    told = message(tmp_path, content)
    for words in says:
        assert words in told
    assert "is a comment" in told or source_of(tmp_path, content, comment="#").rows


@pytest.mark.parametrize(
    "options", [{}, {"delimiter": ",", "fmt": "%g"}, {"delimiter": "\t"}, {"delimiter": ";", "comments": "% "}]
)
@pytest.mark.parametrize("suffix", ["csv", "txt"])
def test_what_savetxt_writes(tmp_path, options, suffix):
    table = np.array([[0.25, 0.5, 0.25], [1.5, -2.0, 1e-7]])
    path = tmp_path / f"t.{suffix}"
    np.savetxt(path, table, header=options.get("delimiter", " ").join("abc"), **options)
    source = open_source(str(path))
    assert source.names == ("a", "b", "c")
    assert source.numbers(("a", "b", "c")).read(0, 2).tolist() == table.tolist()
    assert "column names are read from the comment in line 1" in notes_of(source)
    if "comments" not in options:
        assert open_source(str(path), SideFormat(comment="#", header="none")).names == ("c0", "c1", "c2")


def test_names_in_a_comment_before_text_are_read_if_the_option_says_so(tmp_path):
    assert source_of(tmp_path, "# a,b\nx,y\nu,v\n", header="names").names == ("a", "b")
    assert source_of(tmp_path, "# a,b\nx,y\nu,v\n", header="names", comment="#").names == ("x", "y")
    assert source_of(tmp_path, "# a, b\nx,7\n1,2\n", comment="#").names == ("x", "7")


NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6).map(float)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5), st.sampled_from(["csv", "txt", "tsv"]))
def test_a_frame_reads_alike_in_every_dialect(tmp_path_factory, rows, suffix):
    folder = tmp_path_factory.mktemp("t")
    frame = pd.DataFrame(rows, columns=["a", "b"])
    for sep, decimal in ((",", "."), (";", "."), (";", ","), ("\t", "."), ("|", "."), (" ", ".")):
        for encoding in ("utf-8", "utf-16"):
            text = frame.to_csv(sep=sep, decimal=decimal, index=False)
            source = source_of(folder, text.encode(encoding), f"t.{suffix}")
            assert source.numbers(("a", "b")).read(0, 9).tolist() == [list(row) for row in rows], (sep, decimal)
    text = frame.to_csv(sep="\t", decimal=",", index=False)
    assert source_of(folder, text, decimal=",").numbers(("a", "b")).read(0, 9).tolist() == [list(row) for row in rows]


def test_a_column_may_be_named_by_a_mark(tmp_path):
    assert source_of(tmp_path, "#,a\n1,2\n").names == ("#", "a")
    assert source_of(tmp_path, "%change,a\n1,2\n").names == ("%change", "a")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a  b\n1.5 2\n3\n", ("row 2, line 3", "found 1 field, expected 2")),
        ("a  b\n1.5 2\n3 4 5\n", ("row 2, line 3", "found 3 fields, expected 2")),
        ("a  b\n1.5 2\n\n3 4\n", ("row 2, line 3", "an empty line")),
        ("a,b\n1,2\n#\n3\n", ("row 2, line 4", "found 1 field, expected 2")),
        ("a,b\n1,2\n#\n3,\n4\n", ("row 3, line 5", "found 1 field, expected 2")),
        ("a,b\n1,2\n#\n3,4,\n", ("row 2, line 4", "found 3 fields, expected 2")),
        ("a,b\n1,2,3\n#\n3,4\n", ("row 1, line 2", "found 3 fields, expected 2")),
        ("a,b\n1,2\n#\n\n3,4\n", ("row 2, line 4", "an empty line")),
        ('a,b\n1,2\n#\n"3"1,4\n', ("row 2, line 4", "broken record")),
        ('a,b\n"1\n2",3\n#\n4,5\n6,cat\n', ("row 3, line 6, column b", "'cat' is not a number")),
        (b"a,b\n1,2\n#\n\xff,4\n", ("line 4", "not UTF-8", "--encoding")),
        ("#\n#\n", ("has only comments",)),
        ("a,b\n#\n", ("no rows",)),
    ],
)
def test_special_tables_are_as_strict_as_plain_ones(tmp_path, content, says):
    options = (
        {"delimiter": "blank"} if b"a  b" in (content if isinstance(content, bytes) else content.encode()) else {"comment": "#"}
    )
    told = message(tmp_path, content, **options)
    for words in says:
        assert words in told


CELLS = st.text(st.sampled_from('ab1.# "\n'), max_size=4)


@given(
    st.lists(st.tuples(CELLS, CELLS, st.integers(0, 9)), min_size=1, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6)
)
def test_comments_change_no_row(tmp_path_factory, rows, after):
    folder = tmp_path_factory.mktemp("t")
    plain, marked = io.StringIO(), io.StringIO()
    for text, some in ((plain, [False] * 6), (marked, after)):
        text.write("a,b,c\n")
        for row, comment in zip(rows, some, strict=False):
            csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
            text.write("# aside, with commas\n" * comment)
    one, two = source_of(folder, plain.getvalue(), "p.csv"), source_of(folder, marked.getvalue(), "m.csv", comment="#")
    assert two.rows == one.rows
    assert all(two.text(name).read(0, 9).tolist() == one.text(name).read(0, 9).tolist() for name in "abc")
    assert two.numbers(("c",)).read(0, 9).tolist() == one.numbers(("c",)).read(0, 9).tolist()


def test_decimal_commas_are_implied_by_a_semicolon(tmp_path):
    source = source_of(tmp_path, "id;a;b\n1;1,50;7\n2;-2,5e-3;8\n3;,25;1\n")
    assert values(source) == {"id": [1, 2, 3], "a": [1.5, -0.0025, 0.25], "b": [7, 8, 1]}
    assert notes_of(source) == ("numbers are read with decimal commas",)
    assert notes_of(source_of(tmp_path, "id;a\n1;1.50\n2;3\n")) == ()
    assert notes_of(source_of(tmp_path, "id;a\n1;1,50\n2;3\n", decimal=",")) == ()


def test_a_later_row_may_not_contradict(tmp_path):
    early = "a;b\n" + "1;1,5\n" * 2000
    assert "row 2001, line 2002, column b: '1.5' is written with a decimal point" in message(tmp_path, early + "1;1.5\n")
    late = "a;b\n" + "1;2\n" * 2000
    assert "row 2001, line 2002, column b: '1,5' is a number with a decimal comma" in message(tmp_path, late + "1;1,5\n")
    assert source_of(tmp_path, late + "1;1,5\n", decimal=",").numbers(("b",)).read(2000, 2001).tolist() == [1.5]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("a;b\n1.234,50;1\n7.654.321;2\n", {"thousands": "."}, [1234.5, 7654321]),
        ('a,b\n"1,234.5",1\n7,2\n', {"thousands": ","}, [1234.5, 7]),
        ("a;b\n1 234,5;1\n1\u00a0234\u202f567;2\n", {"thousands": "blank"}, [1234.5, 1234567]),
        ("a,b\n1'234.5,1\n2,2\n", {"thousands": "'"}, [1234.5, 2]),
        ("a\tb\n1,5\t2\n2\t4\n", {"decimal": ","}, [1.5, 2]),
        ("a\n1,5\n2,5\n", {"decimal": ","}, [1.5, 2.5]),
        ('a,b\n"1,5",2\n"2,5",3\n', {"decimal": ","}, [1.5, 2.5]),
        ("a b\n1,5 2\n2,5 3\n", {"decimal": ",", "delimiter": "blank"}, [1.5, 2.5]),
    ],
)
def test_spellings_of_numbers(tmp_path, content, options, expected):
    assert source_of(tmp_path, content, **options).numbers(("a",)).read(0, 2).tolist() == expected


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ('a,b\n1,"1,50"\n', {}, ("'1,50' is a number with a decimal comma", "--decimal ,")),
        ('a,b\n1,"1,500"\n', {}, ("--decimal , if", "--thousands , if")),
        ('a,b\n1,"1,234.5"\n', {}, ("separated thousands", "--thousands ,")),
        ("a;b\n1;1.234,5\n", {}, ("separated thousands", "--thousands .")),
        ("a;b\n1;1,5\n2;1.5\n", {"decimal": ","}, ("row 2", "decimal point", "same mark")),
        ("a;b\n1;1,5\n2;1.234\n", {"decimal": ","}, ("row 2", "--thousands .")),
        ("a,b\n1,1 234\n", {}, ("--thousands blank",)),
        ("a,b\n1,12.5%\n", {}, ("a percentage", "0.125")),
        ("a,b\n1,$3\n", {}, ("currency sign", "alone: 3")),
        ("a,b\n1,3.5 €\n", {}, ("currency sign", "alone: 3.5")),
        ("a,b\n1,\u22121.5\n", {}, ("U+2212", "-1.5")),
        ("a,b\n1,1.0D+00\n", {}, ("Fortran", "1.0E+00")),
        ("a,b\n1,-1.#INF00\n", {}, ("Windows", "inf")),
        ("a,b\n1,-nan(ind)\n", {}, ("Windows", "write nan")),
        ("a,b\n1,0.5;0.25\n", {}, ("several numbers", "--delimiter ';'")),
        ("a\n1,5\n", {}, ("found 2 fields, expected 1", "if 1,5 is one number, use --decimal ,")),
        ("a,b\n1,cat\n", {}, ("'cat' is not a number", "correct the cell")),
        ("a\n1\n# end\n", {}, ("row 2, line 3", "'# end' is not a number", "--comment '#'")),
        ("a;b\n1;12.34\n", {"decimal": ","}, ("decimal point",)),
        ("a;b\n1;1.23.4\n", {"thousands": "."}, ("not a number",)),
    ],
)
def test_a_cell_that_is_not_a_number_names_the_cause(tmp_path, content, options, says):
    told = message(tmp_path, content, **options)
    for words in says:
        assert words in told


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([(",", ""), (",", "."), (",", " "), (".", ","), (".", "'")])
)
def test_a_spelled_number_reads_as_itself(x, marks):
    decimal, thousands = marks
    spelled = f"{x:,.25f}" if thousands else repr(x)
    spelled = spelled.translate(str.maketrans({",": thousands, ".": decimal}))
    assert math.isclose(float(NumberSpelling(decimal, thousands).point(spelled)), x, rel_tol=1e-15, abs_tol=1e-25)
    if not thousands:
        assert float(NumberSpelling(decimal).point(spelled)) == x


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252"])
def test_encodings(tmp_path, encoding):
    said = {"encoding": encoding} if encoding in ("utf-16-le", "cp1252") else {}
    source = source_of(tmp_path, "id,größe\nä,1.5\nb,2.5\n".encode(encoding), **said)
    assert source.names == ("id", "größe")
    assert source.text("id").read(0, 2).tolist() == ["ä", "b"]
    assert pickle.loads(pickle.dumps(source)).numbers(("größe",)).read(0, 2).tolist() == [1.5, 2.5]


def test_long_cells_are_read(tmp_path):
    long = "x" * 200_000
    assert source_of(tmp_path, f"id,a\n{long},1\n").text("id").read(0, 1).tolist() == [long]


@pytest.mark.parametrize("cells", [["12%", "3%"], ["1,5", "2"], ["$3", "$4.5"], ["\u22121", "2"]])
def test_numbers_in_another_spelling_are_no_column_of_text(tmp_path, cells):
    content = "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    assert source_of(tmp_path, "id,a\n" + content).kind("a") == "m"
    assert source_of(tmp_path, "id,a\n0,x1\n1,2024-01-01\n").kind("a") == "U"


def test_options_by_side():
    said = {"header": ["none", "target.names"], "delimiter": ["pred.;", "target.tab"], "decimal": [","]}
    assert side_format(said, "pred", alone=False) == SideFormat(";", "none", decimal=",", side="pred")
    assert side_format(said, "target", alone=False) == SideFormat("\t", "names", decimal=",", side="target")
    assert side_format({"decimal": ["pred.."]}, "pred").decimal == "."
    assert SideFormat(side="target").flag("--delimiter", ";") == "--delimiter 'target.;'"


@pytest.mark.parametrize(
    "said",
    [
        {"header": ["no"]},
        {"header": ["none", "names"]},
        {"delimiter": ["ab"]},
        {"delimiter": ["pred."]},
        {"comment": [""]},
        {"comment": ["x"]},
        {"decimal": [";"]},
        {"thousands": ["x"]},
        {"decimal": [","], "thousands": [","]},
        {"encoding": ["klingon"]},
        {"encoding": ["base64"]},
    ],
)
def test_values_that_are_not_accepted(said):
    with pytest.raises(UsageError):
        side_format(said)


@pytest.mark.parametrize(
    "content", [",0,1\n0,1,2\n", "label,0,1\na,1,2\n", "id,2020,2021\na,1,2\n", "0,1\n1,2\n", "0\n1\n", "pred\n1\n", "a,b\n1,2\n"]
)
def test_names_that_look_right_have_no_hint(tmp_path, content):
    assert hint_of(source_of(tmp_path, content)) == ""
