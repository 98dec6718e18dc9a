"""Missing values, mixed columns and list columns: what they are read as, and how they are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import spelled
from losscli.sources.delimited import table as tables
from losscli.sources.in_memory import Memory
from losscli.sources.missing import MISSING


@pytest.fixture(params=["cells", "bulk"])
def csv(request, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "BULK", 1 << 60 if request.param == "cells" else 0)

    def make(text):
        (tmp_path / "x.csv").write_text(text)
        return open_source(str(tmp_path / "x.csv"))

    return make


@pytest.mark.parametrize("word", sorted(MISSING | {"NA", "NaN", "None", "<NA>", "#N/A", "  ", '""'}))
def test_a_missing_cell_is_nan(csv, word):
    source = csv(f"x,y\n1.5,0\n{word},0\n-2,0\n")
    assert source.kind("x") == "f"
    assert np.array_equal(source.numbers(("x",)).read(0, 3), [1.5, np.nan, -2.0], equal_nan=True)


@pytest.mark.parametrize(
    ("word", "shown"), [("", "an empty cell"), ("NA", "'NA'"), ("nan", "nan"), ("-inf", "-inf"), ("1e400", "inf")]
)
def test_a_cell_as_messages_show_it(csv, word, shown):
    field = csv(f"y,x\n0,1.5\n0,{word}\n").numbers(("y", "x"))
    assert spelled(field, 1, 1) == shown


def test_nulls_as_messages_show_them(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.table({"x": [1.0, None, float("nan")]}), tmp_path / "x.parquet")
    (tmp_path / "x.jsonl").write_text('{"x": 1}\n{"x": null}\n{"x": NaN}\n{"x": "NA"}\n')
    for name in ("x.parquet", "x.jsonl"):
        field = open_source(str(tmp_path / name)).numbers(("x",))
        assert np.isnan(field.read(1, 3)).all()
        assert [spelled(field, 1), spelled(field, 2)] == ["null", "nan"]
    assert spelled(field, 3) == "'NA'"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", "x"], "m"),
        (["1", "x"], "m"),
        (["1", "x", "y"], "U"),
        (["", "NA"], "f"),
        (["1", "", "", "x"], "m"),
        (["x", "", ""], "U"),
        (["True", "False"], "f"),
        (["yes", "no"], "U"),
    ],
)
def test_the_kind_of_a_column(csv, cells, kind):
    source = csv("x,y\n" + "".join(f"{cell},0\n" for cell in cells))
    assert source.kind("x") == kind
    assert source.numeric() == (("x", "y") if kind == "f" else ("y",))


def test_a_mixed_column_names_the_cell(csv, tmp_path):
    cells = ["1"] * 2000 + ["oops"]
    with pytest.raises(DataError, match=r"row 2001, line 2002, column x: 'oops' is not a number"):
        csv("x,y\n" + "".join(f"{cell},0\n" for cell in cells)).numbers(("x",)).read(0, 2001)
    (tmp_path / "x.jsonl").write_text('{"x": 1}\n{"x": "oops"}\n')
    source = open_source(str(tmp_path / "x.jsonl"))
    assert (source.kind("x"), source.numeric()) == ("m", ())
    with pytest.raises(DataError, match=r'row 2, line 2, column x: "oops" is not a number'):
        source.numbers(("x",)).read(0, 2)


@pytest.mark.parametrize("vector", ["[0.1, 2, nan]", "[0.1 2. nan]", "(0.1, 2, None)", "[np.float64(0.1), np.int64(2), nan]"])
def test_vectors_as_text(csv, vector):
    source = csv(f'id,v\n7,"{vector}"\n8,""\n9,"{vector}"\n')
    assert source.names == ("id", "v_0", "v_1", "v_2")
    assert source.lists == {"v": ("v_0", "v_1", "v_2")}
    assert source.numeric() == source.names
    expected = [[0.1, 2, np.nan, 7], [np.nan, np.nan, np.nan, 8], [0.1, 2, np.nan, 9]]
    assert np.array_equal(source.numbers(("v_0", "v_1", "v_2", "id")).read(0, 3), expected, equal_nan=True)
    assert source.text("v_0").read(0, 2).tolist() == ["0.1", ""]
    assert source.text("v").read(0, 1).tolist() == [vector]
    assert spelled(source.numbers(("id", "v_1")), 1, 1) == "an empty cell"


@pytest.mark.parametrize(
    ("cell", "fact"),
    [
        ("[1, 2, 3]", "a list of 3 values, but the first row has 2"),
        ("[1]", "a list of 1 value, but the first row has 2"),
        ("[1, x]", "'[1, x]' is not a vector of numbers"),
        ("[1, , 2]", "is not a vector"),
        ("[1 ... 2]", "is not a whole vector"),
        ("1, 2", "'1, 2' is not a vector"),
    ],
)
def test_what_is_not_such_a_vector(csv, cell, fact):
    source = csv('v,y\n"[1, 2]",0\n' * 1 + '"[1, 2]",0\n' * 1100 + f'"{cell}",0\n')
    with pytest.raises(DataError) as e:
        source.numbers(("v_0", "v_1")).read(0, 2000)
    assert fact in str(e.value)
    assert "row 1102, line 1103, column v" in str(e.value)


def test_objects_of_numbers_are_lists(tmp_path):
    rows = [{"p": {"cat": 0.25, "dog": 0.75}, "meta": {"by": "x"}}, {"p": {"dog": 1, "cat": 0}, "meta": {}}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = open_source(str(tmp_path / "x.jsonl"))
    assert (source.names, dict(source.lists)) == (("p.cat", "p.dog"), {"p": ("p.cat", "p.dog")})
    assert source.numbers(("p.cat", "p.dog")).read(0, 2).tolist() == [[0.25, 0.75], [0.0, 1.0]]


def test_masked_values_are_missing():
    masked = np.ma.array([1, 2, 3], mask=[False, True, False])
    assert np.array_equal(Memory("pred", masked).numbers().read(0, 3), [1, np.nan, 3], equal_nan=True)
    assert Memory("pred", np.ma.array([1, 2])).kind() == "i"


@pytest.mark.parametrize("cell", ["(1)", "(a, b)", "[]", "[a]", "[[1, 2]]", "[1, 2"])
def test_other_text_in_brackets_stays_text(csv, cell):
    source = csv(f'v,y\n"{cell}",0\n"{cell}",0\n')
    assert (source.names, dict(source.lists), source.kind("v")) == (("v", "y"), {}, "U")
    assert source.text("v").read(0, 2).tolist() == [cell] * 2


def test_vectors_of_numpy_over_several_lines(csv):
    rows = np.random.default_rng(1).normal(size=(500, 30))
    source = csv("v,y\n" + "".join(f'"{row}",0\n' for row in rows))
    assert np.allclose(source.numbers(source.lists["v"]).read(0, 500), rows, atol=1e-8)
    with np.printoptions(precision=17, floatmode="unique"):
        exact = csv("v,y\n" + "".join(f'"{row}",0\n' for row in rows))
    assert exact.numbers(exact.lists["v"]).read(0, 500).tolist() == rows.tolist()


def test_a_long_cell_is_read(csv):
    source = csv(f"x,note\n1,{'a' * 200_000}\n2,b\n")
    assert source.numbers(("x",)).read(0, 2).tolist() == [1, 2]
    assert len(source.text("note").read(0, 1)[0]) == 200_000
