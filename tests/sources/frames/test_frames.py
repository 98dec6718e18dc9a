"""DataFrames and Series as tables: what a CSV of the same columns gives, dtype by dtype; missing values; the index."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import UserDict
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import losscli
from losscli.sources.frames.frame import Frame
from losscli.sources.in_memory import Memory, as_source
from tests.support.paths import SAMPLES


def evaluated(pred, target, **options):
    """What an evaluation found, without the files and lines of the worst rows, which data in memory do not have."""
    found = losscli.evaluate(pred, target, **options)
    return found.losses, found.groups, found.alignment, [replace(worst, where={}) for worst in found.worst]


@pytest.mark.parametrize(
    ("pred", "target", "options"),
    [
        ("diabetes.csv", None, {"family": "regress", "losses": ["mae", "huber:delta=10"], "worst": 3}),
        ("boxes.csv", "gt.csv", {"family": "detect", "losses": "giou", "key": "id", "by": "target.label"}),
        ("boxes.csv", "gt.csv", {"family": "detect", "losses": ["iou", "l1"], "match": "greedy"}),
    ],
    ids=["regress", "detect by key", "detect by match"],
)
def test_a_frame_gives_what_its_csv_gives(pred, target, options):
    paths = [None if name is None else SAMPLES / name for name in (pred, target)]
    frames = [None if path is None else pd.read_csv(path) for path in paths]
    assert evaluated(*frames, **options) == evaluated(*paths, **options)
    tables = [None if f is None else pa.Table.from_pandas(f) for f in frames]
    assert evaluated(*tables, **options) == evaluated(*paths, **options)


def test_class_names_of_score_columns_survive(tmp_path):
    probs = pd.DataFrame({"cat": [0.7, 0.2], "dog": [0.2, 0.5], "emu": [0.1, 0.3]})
    labels = pd.DataFrame({"label": ["emu", "dog"]})
    options = {"family": "classify", "losses": "ce"}
    probs.to_csv(tmp_path / "p.csv", index=False)
    labels.to_csv(tmp_path / "t.csv", index=False)
    expected = evaluated(tmp_path / "p.csv", tmp_path / "t.csv", **options)
    assert evaluated(probs, labels, **options) == expected
    assert evaluated(probs, labels.label, **options) == expected
    assert evaluated(probs, labels.astype("category"), **options) == expected
    assert evaluated(probs, labels.astype("string"), **options) == expected


NUMBERS = [1.0, 2.0, 4.0]
AS_NUMBERS = {
    "float64": pd.Series(NUMBERS),
    "float32": pd.Series(NUMBERS, dtype="float32"),
    "int64": pd.Series([1, 2, 4]),
    "Int64": pd.Series([1, 2, 4], dtype="Int64"),
    "Float64": pd.Series(NUMBERS, dtype="Float64"),
    "arrow": pd.Series([1, 2, 4], dtype=pd.ArrowDtype(pa.int64())),
    "category": pd.Series([1, 2, 4], dtype="category"),
    "objects": pd.Series([1, 2.0, Decimal(4)], dtype=object),
}


@pytest.mark.parametrize("dtype", AS_NUMBERS)
def test_numbers_of_every_dtype(dtype):
    series = AS_NUMBERS[dtype]
    field = Frame("pred", pd.DataFrame({"x": series})).numbers(("x",))
    assert field.read(0, 3).tolist() == NUMBERS
    assert losscli.evaluate(series, [1, 2, 3], family="regress", losses="mae")["mae"].value == pytest.approx(1 / 3)
    assert losscli.evaluate({"pred": series}, [1, 2, 3], family="regress", losses="mae")["mae"].value == pytest.approx(1 / 3)


AS_TEXT = {
    "str": (pd.Series(["007", "b"]), ["007", "b"]),
    "object": (pd.Series(["007", "b"], dtype=object), ["007", "b"]),
    "category": (pd.Series(["x", "b"], dtype="category"), ["x", "b"]),
    "int": (pd.Series([7, 8]), ["7", "8"]),
    "Int64": (pd.Series([7, 8], dtype="Int64"), ["7", "8"]),
    "float": (pd.Series([7.0, 8.5]), ["7.0", "8.5"]),
    "bool": (pd.Series([True, False]), ["True", "False"]),
    "dates": (pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"])), ["2026-01-01", "2026-01-02"]),
}


@pytest.mark.parametrize("dtype", AS_TEXT)
def test_text_of_every_dtype_is_that_of_a_csv(dtype, tmp_path):
    series, expected = AS_TEXT[dtype]
    frame = pd.DataFrame({"x": series})
    assert Frame("pred", frame).text("x").read(0, 2).tolist() == expected
    frame.to_csv(tmp_path / "x.csv", index=False)
    assert pd.read_csv(tmp_path / "x.csv", dtype=str)["x"].tolist() == expected


@pytest.mark.parametrize("gone", [np.nan, None, pd.NA])
def test_missing_numbers_are_nan(gone):
    target = [1.0, 2.0, 3.0]
    for dtype in (object, "Float64"):
        series = pd.Series([1.0, gone, 4.0], dtype=dtype, name="pred")
        with pytest.raises(losscli.DataError, match="pred, row 2, column pred"):
            losscli.evaluate(series, target, family="regress", losses="mae")
        found = losscli.evaluate(series, target, family="regress", losses="mae", nonfinite="drop")
        assert (found["mae"].value, found.alignment.dropped) == (0.5, 1)
    with pytest.raises(losscli.DataError, match="pred, row 2"):
        losscli.evaluate([1.0, None, 4.0], target, family="regress", losses="mae")


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_missing_text_is_never_a_class_or_a_key(dtype):
    probs = pd.DataFrame({"a": [0.5, 0.5], "b": [0.5, 0.5]})
    labels = pd.Series(["a", None], dtype=dtype, name="label")
    with pytest.raises(losscli.DataError, match="target, row 2, column label"):
        losscli.evaluate(probs, labels, family="classify", losses="ce")


def test_a_cell_that_is_not_a_number_is_named():
    frame = pd.DataFrame({"pred": [1.0, "n/a!", 3.0], "target": [1.0, 2.0, 3.0]})
    with pytest.raises(losscli.DataError, match="pred, row 2, column pred: 'n/a!' is not a number"):
        losscli.evaluate(frame, family="regress", losses="mae")


def test_named_levels_of_the_index_are_columns():
    pred = pd.DataFrame({"pred": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="id"))
    target = pd.DataFrame({"target": [3.0, 1.0]}, index=pd.Index(["b", "a"], name="id"))
    for one, two in ((pred, target), (pred.pred, target.target), (pred.pred, target.reset_index())):
        assert losscli.evaluate(one, two, family="regress", losses="mae", key="id")["mae"].value == 0.5
    assert Frame("pred", pred.pred.rename(None)).names == ("id", "0")
    both = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["site", None])
    assert Frame("pred", pd.DataFrame({"pred": [1.0, 2.0]}, index=both)).names == ("site", "pred")


def test_indexes_in_different_orders_are_refused():
    pred, target = pd.Series([1.0, 2.0], index=[5, 9]), pd.Series([2.0, 1.0], index=[9, 5])
    with pytest.raises(losscli.DataError, match="same labels in different orders"):
        losscli.evaluate(pred, target, family="regress", losses="mae")
    with pytest.raises(losscli.DataError, match="same labels in different orders"):
        losscli.losses.mae(pred, target)
    assert losscli.losses.mae(pred, target.reset_index(drop=True)).tolist() == [1.0, 1.0]
    assert losscli.losses.mae(pred, target.reindex(pred.index)).tolist() == [0.0, 0.0]
    insisted = losscli.evaluate(pred, target, family="regress", losses="mae", pair="position")
    assert insisted["mae"].value == 1.0
    days = [pd.Series([2.0, 1.0], index=pd.date_range(f"2020-01-0{day}", periods=2)) for day in (1, 2, 8)]
    with pytest.raises(losscli.DataError, match="different labels in row 1: 2020-01-01 00:00:00 and 2020-01-02 00:00:00"):
        losscli.evaluate(days[0], days[1], family="regress", losses="mae")
    assert losscli.losses.mae(days[0], days[2]).tolist() == [0.0, 0.0]
    with pytest.raises(losscli.DataError, match=r"functions of losscli.losses take .* \.to_numpy\(\)"):
        losscli.losses.mae(days[0], days[1])
    assert losscli.losses.mae(days[0].to_numpy(), days[1].to_numpy()).tolist() == [0.0, 0.0]
    counted = pd.Series([2.0, 1.0])  # rows 0 and 1, which the other has as 1 and 0
    with pytest.raises(losscli.DataError, match="pair='position' if that is meant"):
        losscli.evaluate(pd.Series([1.0, 2.0], index=[1, 0]), counted, family="regress", losses="mae")
    table = pd.DataFrame({"id": ["a", "b"], "pred": [1.0, 2.0]}, index=[1, 0])
    truth = pd.DataFrame({"id": ["a", "b"], "target": [1.0, 2.0]})
    assert losscli.evaluate(table, truth, family="regress", losses="mae")["mae"].value == 0.0, "the ids agree"


def test_a_column_of_lists_is_a_column_per_entry():
    boxes = pd.DataFrame({"box": [[0, 0, 2, 2], np.array([0, 0, 4, 4])]})
    assert Frame("pred", boxes).names == ("box_0", "box_1", "box_2", "box_3")
    assert losscli.evaluate(boxes, boxes, family="detect", losses="giou")["giou"].value == 0
    with pytest.raises(losscli.DataError, match="row 2, column box: a list of 3 values, but the first row has 4"):
        Frame("pred", pd.DataFrame({"box": [[0, 0, 2, 2], [0, 0, 4]]}))


def test_what_is_not_a_table_is_refused():
    with pytest.raises(losscli.DataError, match="without rows"):
        as_source("pred", pd.DataFrame({"pred": []}))
    with pytest.raises(losscli.DataError, match="two columns are named 'x'"):
        as_source("pred", pd.DataFrame([[1, 2]], columns=["x", "x"]))
    with pytest.raises(losscli.DataError, match="several levels"):
        as_source("pred", pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])))
    with pytest.raises(losscli.DataError, match="no column 'pre', did you mean pred"):
        Frame("pred", pd.DataFrame({"pred": [1.0]})).numbers(("pre",))
    with pytest.raises(losscli.DataError, match="contains text where numbers are needed"):
        Frame("pred", pd.DataFrame({"pred": ["x"]})).numbers(("pred",))
    with pytest.raises(losscli.DataError, match="values of several types: int, str"):
        as_source("pred", np.array([1, "x"], dtype=object))
    with pytest.raises(losscli.DataError, match="contains no arrays"):
        as_source("pred", UserDict())


def test_a_series_without_a_name_is_an_array():
    assert isinstance(as_source("pred", pd.Series([1.0])), Memory)
    assert isinstance(as_source("pred", pd.Series([1.0], name="x")), Frame)
    labels = Memory("target", {"label": pd.Series(["a", "b"])})
    assert labels.kind("label") == "U"
    assert Memory("pred", pd.Series([True, None], dtype="boolean")).numbers().read(0, 2).tolist()[0] == 1.0
    assert Memory("pred", pd.Series([1, 2], dtype="Int64")).kind("") == "i"


def test_a_frame_travels_without_pandas():
    frame = Frame("pred", pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))
    code = """
import sys, pickle
frame = pickle.load(sys.stdin.buffer)
print(frame.names, frame.numbers(("x",)).read(0, 2).tolist(), "pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(frame), capture_output=True, check=True)
    assert done.stdout.decode().strip() == "('x', 'y') [1.0, 2.0] False"
    assert frame.sha256() == pickle.loads(pickle.dumps(frame)).sha256()
    assert frame.sha256() != Frame("pred", pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "c"]})).sha256()


def test_arrays_and_reports_load_no_pandas():
    code = """
import sys, losscli
report = losscli.evaluate([1.0], [2.0], family="regress", losses="mae")
str(report), report._repr_html_(), report["mae"], losscli.losses.mae([1.0], [2.0]), losscli.explain("mae")
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
