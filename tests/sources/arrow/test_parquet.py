"""Parquet: the same numbers and text as were written, in any span, and every refusal."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.sources import open_source

ROWS = 700


@pytest.fixture
def made(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def make(columns, **options):
        path = tmp_path / "x.parquet"
        parquet.write_table(arrow.table(columns), path, row_group_size=256, **options)
        return open_source(str(path))

    return make


def columns():
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS) * 10.0 ** rng.integers(-30, 30, ROWS)
    x[3] = np.nan
    return {
        "k": [f"00{i}" for i in range(ROWS)],
        "n": np.arange(ROWS),
        "x": x,
        "f": x.astype(np.float32),
        "v": np.stack([x, -x], axis=1).tolist(),
    }


def test_columns_in_any_span(made):
    held = columns()
    source = made(held)
    assert (source.rows, source.format) == (ROWS, "parquet")
    assert source.names == ("k", "n", "x", "f", "v_0", "v_1")
    assert source.numeric() == ("n", "x", "f", "v_0", "v_1")
    expected = np.stack([held["x"], -held["x"]], axis=1)
    field = pickle.loads(pickle.dumps(source)).numbers(("v_0", "v_1"))
    for start in (0, 1, 255, 256, 511, 699):
        for stop in (start + 1, 256, 512, 700):
            assert np.ascontiguousarray(field.read(start, stop)).tobytes() == expected[start:stop].tobytes()
            assert source.text("k").read(start, stop).tolist() == held["k"][start:stop]
    assert source.numbers(("f",)).read(0, ROWS).tobytes() == held["f"].astype(np.float64).tobytes()
    assert source.text("n").read(5, 7).tolist() == ["5", "6"]
    assert str(source.numbers(("x",)).where(4)).endswith("x.parquet, row 5, column x")


def test_refused(made):
    source = made({"x": [*range(300), None], "v": [[1.0]] * 300 + [[]], "k": ["a"] * 301, "y": [0.5] * 301})
    assert np.isnan(source.numbers(("x",)).read(299, 301)).tolist() == [False, True]
    assert source.text("x").read(299, 301).tolist() == ["299", ""]
    assert source.text("y").read(0, 1).tolist() == ["0.5"]
    with pytest.raises(DataError, match=r"row 301, column v: a list of 0 values, but the first row has 1"):
        source.numbers(("v_0",)).read(0, 301)
    with pytest.raises(DataError, match="row 1, column k: the text 'a' where a number is needed"):
        source.numbers(("k",))
    with pytest.raises(DataError, match="no column 'z'"):
        source.text("z")


def test_no_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        open_source(str(path))


def test_without_the_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="needs pyarrow") as e:
        open_source(str(tmp_path / "x.parquet"))
    assert "'.[arrow]'" in str(e.value.fix)


def test_lists_and_objects(made):
    source = made({"v": [[1.0, 2.0], None, [3.0, None]], "p": [{"a": 1.0, "b": 2}, None, {"a": 3.0, "b": None}]})
    assert source.lists == {"v": ("v_0", "v_1"), "p": ("p.a", "p.b")}
    expected = [[2.0, 1.0, 2.0], [np.nan] * 3, [np.nan, 3.0, np.nan]]
    assert np.array_equal(source.numbers(("v_1", "p.a", "p.b")).read(0, 3), expected, equal_nan=True)
    longer = made({"v": [[1.0]] * 400 + [[1.0, 2.0]]}).numbers(("v_0",))
    assert longer.read(0, 400).sum() == 400
    with pytest.raises(DataError, match="row 401, column v: a list of 2 values, but the first row has 1"):
        longer.read(300, 401)


def test_what_cannot_be_read_is_said(made):
    arrow = pytest.importorskip("pyarrow")
    text = arrow.Array.from_buffers(
        arrow.string(), 1, [None, arrow.py_buffer(np.array([0, 2], np.int32)), arrow.py_buffer(b"a\xff")]
    )
    source = made(
        {"x": [1], "raw": [b"a"], "deep": [[[1.0]]], "empty": arrow.array([[]], arrow.list_(arrow.float64())), "bad": text}
    )
    assert source.names == ("x", "bad")
    for name, fact in (("raw", "contains bytes"), ("deep_0", "its type is list<"), ("empty_0", "its first list is empty")):
        with pytest.raises(DataError, match=fact):
            source.numbers((name,))
    with pytest.raises(DataError, match="row 1, column bad: not UTF-8 text"):
        source.text("bad").read(0, 1)


def test_two_columns_of_one_name(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    entry = "'v_0' is the name of a column and of an entry"
    for names, columns, fact in ((["x", "x"], [[1], [2]], "two columns are named 'x'"), (["v", "v_0"], [[[1.0]], [2.0]], entry)):
        parquet.write_table(arrow.Table.from_arrays([arrow.array(c) for c in columns], names=names), tmp_path / "x.parquet")
        with pytest.raises(DataError, match=fact):
            open_source(str(tmp_path / "x.parquet"))


STAMPS = ["2024-01-01", "2024-01-01 05:06:07", "2024-01-01 05:06:07.120", "2024-01-01 05:06:07.000001"]


@pytest.mark.parametrize("last", STAMPS)
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_timestamps_are_written_as_pandas_writes_them(tmp_path, last, zone):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    stamps = pandas.DatetimeIndex([pandas.Timestamp("2024-02-03"), pandas.NaT, pandas.Timestamp(last)]).tz_localize(zone)
    frame = pandas.DataFrame({"t": stamps, "n": 0})
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    expected = open_source(str(tmp_path / "x.csv")).text("t").read(0, 3).tolist()
    assert open_source(str(tmp_path / "x.parquet")).text("t").read(0, 3).tolist() == expected
