"""JSON Lines: the same numbers as a CSV, lists as numbered columns, and every refusal with its row."""

from __future__ import annotations

import gzip
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.delimited import line_scan


@pytest.fixture
def made(tmp_path):
    def make(*rows, name="x.jsonl", text=None):
        raw = text if text is not None else "".join(json.dumps(row) + "\n" for row in rows)
        path = tmp_path / name
        path.write_bytes(gzip.compress(raw.encode()) if name.endswith(".gz") else raw.encode())
        return open_source(str(path))

    return make


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson", "x.jsonl.gz"])
def test_columns(made, name):
    source = made({"k": "007", "x": 1.5, "v": [0.25, 1e-300], "ok": True}, {"k": "é", "x": 2, "v": [3, 4], "ok": False}, name=name)
    assert (source.rows, source.format, source.is_table) == (2, "jsonl", True)
    assert source.names == ("k", "x", "v_0", "v_1", "ok")
    assert source.numeric() == ("x", "v_0", "v_1", "ok")
    assert source.numbers(("v_1", "x")).read(0, 2).tolist() == [[1e-300, 1.5], [4.0, 2.0]]
    assert source.numbers(("ok",)).read(0, 2).tolist() == [1.0, 0.0]
    assert source.text("k").read(0, 2).tolist() == ["007", "é"]
    assert source.text("x").read(0, 2).tolist() == ["1.5", "2"]
    assert str(source.numbers(("x",)).where(1)).endswith("row 2, line 2, column x")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_any_span(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("jsonl") / "x.jsonl"
    path.write_text("\n".join(json.dumps({"a": i, "x": x}) for i, x in enumerate(values)) + "\n\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_scan, "SPAN", 16)
        field = pickle.loads(pickle.dumps(open_source(str(path)).numbers(("x",))))
    assert field.read(0, 99).tobytes() == np.array(values).tobytes()
    for start in range(len(values)):
        assert field.read(start, start + 3).tobytes() == np.array(values[start : start + 3]).tobytes()


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('{"x": 1}\n{"x": \n', ["row 2", "line 2", "not a JSON object"]),
        ('{"x": 1}\n\n{"x": 2}\n', ["row 2", "an empty line"]),
        ('{"x": 1}\n[1]\n', ["row 2", "[1] is not a JSON object"]),
        ('{"x": 1}\n{"y": 2}\n', ["row 2", "column x", "has no such column"]),
        ('{"x": 1}\n{"x": "2"}\n', ["row 2", '"2" is not a number']),
        ('{"x_0": 0, "v": [1, 2]}\n{"x_0": 1, "v": [1]}\n', ["row 2", "column v", "a list of 1 value, but the first row has 2"]),
        ("\n\n", ["no rows"]),
    ],
)
def test_refused(made, text, facts):
    with pytest.raises(DataError) as e:
        made(text=text).numbers(("v_1" if "v" in text else "x",)).read(0, 9)
    for fact in facts:
        assert fact in str(e.value)


def test_another_encoding_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes('{"x": 1, "k": "a"}\n{"x": 2, "k": "é"}\n'.encode("cp1252"))
    with pytest.raises(DataError, match="row 2, line 2: not UTF-8 text: byte 0xe9\nsave it as UTF-8"):
        open_source(str(path)).numbers(("x",)).read(0, 2)


def test_a_column_that_is_not_there(made):
    with pytest.raises(DataError, match="no column 'xx', did you mean x"):
        made({"x": 1}).numbers(("xx",))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('{"x": 1}\n{"x": 2, "y": 1, "x": 3}\n', ["row 2, line 2", "the key 'x' occurs twice"]),
        ('{"x": 1, "p": {"a": 1, "a": 2}}\n', ["row 1, line 1", "the key 'a' occurs twice"]),
        ('{"x_0": 5, "x": [1]}\n', ["'x_0' is the name of a column and of an entry of the lists in 'x'"]),
        ('{"x": [1]}\n{"x": [2], "x_0": 5}\n', ["'x_0' is the name of a column and of an entry of the lists in 'x'"]),
    ],
)
def test_two_ways_to_one_column(made, text, facts):
    with pytest.raises(DataError) as e:
        made(text=text).numbers(("x",)).read(0, 2)
    for fact in facts:
        assert fact in str(e.value)


LONGER = 1100
"""More rows than those that determine the columns."""


@pytest.mark.parametrize(
    ("first", "last", "name", "fact"),
    [
        ([1, 2], [1, 2, 3], "x_0", "a list of 3 values, but the first row has 2"),
        ([1, 2], [1], "x_0", "a list of 1 value, but the first row has 2"),
        ([1, 2], [], "x_0", "a list of 0 values, but the first row has 2"),
        ([1, 2], 1, "x_0", "has no such column"),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, "x.a", "an object with the keys a, c, unlike the first row"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}, "x.a", "an object with the keys a, b, c"),
        ({"a": 1, "b": 2}, {"a": 1, "b": "x"}, "x.b", '"x" is not a number'),
    ],
)
def test_entries_of_other_lengths_or_keys(made, first, last, name, fact):
    source = made(*[{"x": first}] * LONGER, {"x": last})
    with pytest.raises(DataError) as e:
        source.numbers((name,)).read(0, LONGER + 1)
    assert f"row {LONGER + 1}, line {LONGER + 1}" in str(e.value)
    assert fact in str(e.value)
