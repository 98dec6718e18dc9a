"""JSON documents: one table is the same in every shape, and what is not one shape with certainty is refused."""

from __future__ import annotations

import contextlib
import gzip
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from tests.support.command import array, call, cli, refused

NAMES = st.lists(st.text("abcxyz_ é", min_size=1, max_size=4).filter(lambda n: n != "index"), min_size=1, max_size=3, unique=True)
CELLS = {
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "int": st.integers(-(2**53), 2**53),
    "text": st.text('ab0é\u2028"\\\n', max_size=3),
    "list": st.lists(st.floats(-9, 9), min_size=2, max_size=2),
    "object": st.fixed_dictionaries({"cat": st.floats(0, 1), "dog": st.floats(0, 1)}),
}


@st.composite
def tables(draw):
    names = draw(NAMES)
    rows = draw(st.integers(1, 5))
    kinds = [draw(st.sampled_from(list(CELLS))) for _ in names]
    return {n: draw(st.lists(CELLS[k], min_size=rows, max_size=rows)) for n, k in zip(names, kinds, strict=True)}


def records_of(table):
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def by_label(table):
    return {name: {str(i): x for i, x in enumerate(column)} for name, column in table.items()}


SHAPES = {
    "records": records_of,
    "lists": lambda table: table,
    "split": lambda t: {
        "columns": list(t),
        "index": list(range(len(records_of(t)))),
        "data": [list(r.values()) for r in records_of(t)],
    },
    "columns": by_label,
    "index": lambda table: {str(i): row for i, row in enumerate(records_of(table))},
    "wrapped": lambda table: {"model": "m", "predictions": records_of(table)},
    "table": lambda table: {"schema": {"fields": []}, "data": records_of(table)},
}


def cells_of(source):
    """Every column as text, and as numbers if it is numeric."""
    text = {name: list(source.text(name).read(0, source.rows)) for name in source.names}
    numbers = {name: source.numbers((name,)).read(0, source.rows).tobytes() for name in source.numeric()}
    return text, numbers, dict(source.lists)


@given(tables(), st.sampled_from(sorted(SHAPES)), st.sampled_from([None, 2]), st.booleans())
def test_every_shape_reads_as_json_lines(tmp_path_factory, table, shape, indent, packed):
    folder = tmp_path_factory.mktemp("json")
    lines = folder / "a.jsonl"
    lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in records_of(table)), encoding="utf-8")
    if shape == "lists" and all(isinstance(column[0], list) for column in table.values()):
        return  # these are arrays, as in an NPZ
    if shape == "lists" and any(isinstance(column[0], dict) for column in table.values()):
        return  # these are records
    text = json.dumps(SHAPES[shape](table), indent=indent, ensure_ascii=False).encode()
    path = folder / ("a.json.gz" if packed else "a.json")
    path.write_bytes(gzip.compress(text) if packed else text)
    source = open_source(str(path))
    assert cells_of(source) == cells_of(open_source(str(lines)))
    assert cells_of(pickle.loads(pickle.dumps(source))) == cells_of(source)
    assert (source.format, source.rows) == ("json", len(records_of(table)))


@given(st.sampled_from(["records", "split", "columns", "index", "table"]), st.booleans(), st.data())
def test_what_pandas_writes(tmp_path_factory, orient, shuffled, data):
    rows = data.draw(st.integers(2, 6))
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(rows)], "pred": np.arange(rows) / 4, "target": np.arange(rows)})
    if shuffled:
        frame = frame.iloc[data.draw(st.permutations(range(rows)))]
    path = tmp_path_factory.mktemp("json") / "a.json"
    frame.to_json(path, orient=orient)
    source = open_source(str(path))
    for name in ("id", "pred", "target"):
        assert list(source.text(name).read(0, rows)) == list(frame[name].astype(str))
    if shuffled and orient != "records" and "index" in source.names:
        assert list(source.text("index").read(0, rows)) == list(frame.index.astype(str))


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(0, 9), st.sampled_from([float, int, bool]))
def test_nested_lists_are_arrays_of_any_rank(tmp_path_factory, shape, seed, kind):
    values = np.random.default_rng(seed).integers(-5, 5, shape).astype(kind)
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(values.tolist()))
    source = open_source(str(path))
    assert not source.is_table
    read = np.asarray(source.numbers(()).read(0, len(values)))
    assert read.tolist() == values.tolist()
    assert read.dtype == values.dtype
    path.write_text(json.dumps({"a": values.tolist(), "b": [[[0]]]}))
    assert open_source(str(path)).kind("a") == {float: "f", int: "i", bool: "i"}[kind]


def test_a_list_of_text_is_one_column_of_text(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('["007", "cat", null]')
    assert open_source(str(path)).text("").read(0, 3).tolist() == ["007", "cat", ""]


def test_json_lines_whatever_the_suffix(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = '{"pred":1,"target":2}\n{"pred":2,"target":2}\n'
    Path("a.json").write_text(lines)
    Path("b.jsonl").write_text(json.dumps([json.loads(x) for x in lines.splitlines()], indent=1))
    assert open_source("a.json").format == "jsonl"
    assert (call("regress", "a.json", "-l", "mae", "-b").out, call("regress", "a.json", "-l", "mae", "-b").err) == (
        "0.5\n",
        "note: a.json: read as JSON Lines\n",
    )
    assert call("regress", "b.jsonl", "-l", "mae", "-b").err == "note: b.jsonl: read as one JSON document\n"
    for name in ("a.json", "b.jsonl"):
        done = cli("regress", "-", "-l", "mae", "-b", stdin=Path(name).read_bytes())
        assert (done.code, done.out, done.err) == (0, "0.5\n", "")


def test_lists_of_unequal_length_are_refused_as_in_an_archive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"y_true": [1, 2, 3], "y_pred": [1, 2]}')
    array("a.npz", {"y_true": np.arange(3), "y_pred": np.arange(2)})
    for name in ("a.json", "a.npz"):
        refused(3, "regress", name, "-l", "mae", says=("`pred` has 2 rows, `target` has 3",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"epoch": 1, "y_true": [1, 2], "y_pred": [1, 3]}', ("values are of several kinds", "a.json::y_true, a.json::y_pred")),
        ('{"val": [{"pred": 1, "target": 2}], "test": [{"pred": 1, "target": 2}]}', ("val, test", "a.json::val, a.json::test")),
        ('{"probs": [{"a": 1, "b": 2}], "label": [1]}', ("a column beside 'label'", "a.json::probs; or write an array of records")),
        ('{"m": 1, "results": {"y_true": [1, 2], "y_pred": [1, 3]}}', ("a.json::results",)),
        ('{"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}}', ("'a' and 'x'", "orient='records'")),
        ('{"0": {"1": 1, "0": 2}, "1": {"0": 1, "1": 2}}', ("could be the name of a column",)),
        ('[{"pred": 1, "target": 2},\n {"pred": 1,', ("a.json, line 2: the file ends before the document does",)),
        ('[{"pred": 1, "target": 2}\n {"pred": 1}]', ("a.json, line 2: not valid JSON at character 2", "comma")),
        ('[{"pred": 1, "target": 2}]\n]', ("line 2: not valid JSON at character 1", "jq -c .")),
        ('[{"pred": 1, "target": 2, "pred": 3}]', ("the key 'pred' occurs twice", "line 1")),
        ('{"pred": [1],\n "pred": [1]}', ("the key 'pred' occurs twice", "line 2")),
        ('[{"pred": 1, "target": 2},\n\n{"pred": "x", "target": 2}]', ('a.json, row 2, line 3, column pred: "x" is not a number',)),
        ('[{"pred": 1, "target": 2},\n\n{"target": 2}]', ("a.json, row 2, line 3, column pred: this row has no such column",)),
        ('[{"pred": 1, "target": 2}, 3]', ("row 2, line 1: 3 is not a JSON object", "every record must be an object")),
        ('{"columns": ["pred", "target"],\n "data": [[1, 2], [3]]}', ("row 2", "a row of 1 value, but there are 2 columns")),
        ('{"columns": ["pred", "pred"], "data": [[1, 2]]}', ("two columns are named 'pred'",)),
        ('[[1, 2], [3]]', ("row 2: a list of 1 value, but the first has 2",)),
        ('[[1, 2], 3]', ("row 2: 3 among lists",)),
        ('[1, "x"]', ('row 2: "x" is not a number',)),
        ("[1, 36893488147419103232]", ("row 2: 36893488147419103232 has no exact double",)),
        ("[]", ("contains no rows",)),
        ("{}", ("contains no rows",)),
        ('{"predictions": []}', ("contains no rows",)),
        ('"text"', ("an object or an array is expected",)),
        ("[" * 100_000, ("nested too deeply",)),
        ('[{"pred": NaN, "target": 2}]', ("a.json, row 1, line 1, column pred: nan is not a finite number",)),
    ],
)  # fmt: skip
def test_refused(tmp_path, monkeypatch, text, says):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(text)
    refused(3, "regress", "a.json", "-l", "mae", says=says)


def test_the_parts_of_a_document_have_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"epoch": 1, "y_true": [1, 2], "y_pred": [1, 3], "rows": {"pred": [1, 2], "target": [3, 3]}}')
    assert call("regress", "a.json::y_pred", "a.json::y_true", "-l", "mae", "-b").out == "0.5\n"
    assert call("regress", "a.json::rows", "-l", "mae", "-b").out == "1.5\n"
    refused(
        3, "regress", "a.json::y_prad", "a.json::y_true", "-l", "mae", says=("did you mean y_pred?", "epoch, y_true, y_pred, rows")
    )
    refused(3, "regress", "a.json::epoch", "a.json::y_true", "-l", "mae", says=("the key 'epoch' has a single value",))


def test_one_object_is_one_row_and_says_so(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"probs": {"cat": 0.25, "dog": 0.75}, "label": "cat"}')
    source = open_source(str(path))
    assert (source.rows, source.lists, notes_of(source)) == (
        1,
        {"probs": ("probs.cat", "probs.dog")},
        ("one object is read as one row",),
    )


@given(st.integers(0, 200), st.sampled_from(["[{]}", '"', "\\u12", "\0", "é", "1e999", "-", "\ufeff"]), st.booleans())
def test_a_damaged_document_is_read_or_refused(tmp_path_factory, at, piece, cut):
    text = json.dumps(
        {"predictions": [{"id": f"r{i}", "pred": i / 8, "probs": {"a": 0.5, "b": 0.5}, "x": [1, 2]} for i in range(3)]}
    )
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(text[:at] + ("" if cut else piece + text[at:]), encoding="utf-8")
    with contextlib.suppress(DataError):
        source = open_source(str(path))
        for name in source.names:
            source.text(name).read(0, source.rows)


def test_other_encodings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = '[{"pred": 1, "target": 2, "name": "é"}]'
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        Path("a.json").write_bytes(text.encode(encoding))
        assert call("regress", "a.json", "-l", "mae", "-b").out == "1\n"
    Path("a.json").write_bytes(text.encode("latin-1"))
    refused(3, "regress", "a.json", "-l", "mae", says=("not UTF-8 text: byte 0xe9", "--encoding"))
    assert call("regress", "a.json", "-l", "mae", "-b", "--encoding", "latin-1").out == "1\n"
