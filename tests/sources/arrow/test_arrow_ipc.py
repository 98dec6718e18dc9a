"""Feather and Arrow streams: the numbers and the text that pyarrow reads, in any span, and every broken file refused."""

from __future__ import annotations

import datetime
import decimal
import pickle
import shlex
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc, parquet

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.arrow import ipc as arrow_ipc
from losscli.sources.arrow import table as arrow_table
from losscli.sources.base import expect, notes_of
from tests.support.command import call, cli, refused

HALVES = st.floats(width=16, allow_nan=False)
NUMBERS = {
    pa.int8(): st.integers(-128, 127),
    pa.uint64(): st.integers(0, 2**53),
    pa.int64(): st.integers(-(2**53), 2**53),
    pa.float16(): HALVES.map(np.float16),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.decimal128(12, 3): st.decimals(-999, 999, places=3, allow_nan=False),
    pa.dictionary(pa.int8(), pa.int32()): st.integers(-3, 3),
}
WORDS = st.text(st.characters(codec="utf-8"), max_size=6)
TEXTS = {
    pa.string(): WORDS,
    pa.large_string(): WORDS,
    pa.string_view(): WORDS,
    pa.dictionary(pa.int32(), pa.string()): WORDS,
    pa.date32(): st.dates(),
}
SIZED = {
    pa.list_(pa.float32(), 2): st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=2),
    pa.list_(pa.int16()): st.lists(st.integers(-9, 9), min_size=3, max_size=3),
    pa.large_list(pa.float64()): st.lists(st.floats(allow_nan=False), min_size=1, max_size=1),
}
CELLS = {**NUMBERS, **TEXTS, **SIZED}


@st.composite
def tables(draw):
    rows = draw(st.integers(1, 25))
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=5))
    columns = [pa.array([draw(st.none() | CELLS[kind]) for _ in range(rows)], kind) for kind in kinds]
    return pa.table(columns, names=[f"column{chr(97 + i)}" for i in range(len(kinds))])


def write(table, path, batch):
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=batch, store_schema=True)
    elif path.suffix == ".feather":
        feather.write_feather(table, str(path), chunksize=batch)
    elif path.name == "file.arrow":
        with pa.OSFile(str(path), "wb") as out, ipc.new_file(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=batch)
    else:
        with pa.OSFile(str(path), "wb") as out, ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=batch)
    return path


def numbers_of(column):
    return np.array([np.nan if v is None else float(v) for v in column.to_pylist()])


def spellings(column):
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    missing = column.to_pylist()
    if pa.types.is_floating(kind):
        return ["" if v is None else str(column.type.to_pandas_dtype()(v)) for v in missing]
    return ["" if v is None else str(v) for v in missing]


def agree(source, table, low, high):
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_nested(column.type):
            entries = source.lists.get(name, ())
            held = [v for v in column.to_pylist() if v is not None]
            fixed = pa.types.is_fixed_size_list(column.type)
            assert len(entries) == (column.type.list_size if fixed else len(held[0]) if held else 0)
            for i, entry in enumerate(entries):
                expected = np.array([np.nan if v is None or v[i] is None else float(v[i]) for v in column.to_pylist()])
                assert source.numbers((entry,)).read(low, high).tobytes() == expected[low:high].tobytes()
            continue
        assert source.text(name).read(low, high).tolist() == spellings(column)[low:high]
        if column.type in NUMBERS:
            assert source.numbers((name,)).read(low, high).tobytes() == numbers_of(column)[low:high].tobytes()


@pytest.mark.parametrize("name", ["x.feather", "file.arrow", "stream.arrow", "x.parquet"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), batch=st.integers(1, 12), data=st.data())
def test_what_pyarrow_reads(tmp_path, name, table, batch, data):
    if name == "x.parquet" and any(pa.types.is_string_view(kind) for kind in table.schema.types):
        table = table.cast(pa.schema([f.with_type(pa.string()) if pa.types.is_string_view(f.type) else f for f in table.schema]))
    source = open_source(str(write(table, tmp_path / name, batch)))
    assert source.rows == table.num_rows
    low = data.draw(st.integers(0, table.num_rows))
    high = data.draw(st.integers(low, table.num_rows))
    agree(source, table, low, high)
    agree(pickle.loads(pickle.dumps(source)), table, 0, table.num_rows)
    wanted = source.numeric()
    if wanted:
        together = source.numbers(wanted).read(low, high)
        apart = np.array([source.numbers((n,)).read(low, high) for n in wanted]).T
        assert together.tobytes() == (apart if len(wanted) > 1 else apart[:, 0]).tobytes()


def test_feather_as_it_was_before(tmp_path, monkeypatch):
    """pyarrow ends the process by a segmentation fault on most damaged files of that version."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feather.write_feather(pa.table({"x": [1.5, None]}), "x.feather", version=1)
        with pytest.raises(DataError, match="is a Feather file of the first version") as error:
            open_source("x.feather")
        code = shlex.split(str(error.value.fix).partition(": ")[2])
        assert code[:2] == ["python", "-c"]
        subprocess.run([sys.executable, *code[1:]], check=True)
    assert np.array_equal(open_source("new.feather").numbers(("x",)).read(0, 2), [1.5, np.nan], equal_nan=True)


def test_types_that_have_another_type_in_store(tmp_path):
    tensor = pa.fixed_shape_tensor(pa.float32(), (2,))
    columns = {
        "t": pa.ExtensionArray.from_storage(tensor, pa.array([[1, 2], [3, 4]], pa.list_(pa.float32(), 2))),
        "r": pa.array([7, 7]).dictionary_encode().dictionary_decode(),
        "u": pa.array([b"a" * 16, b"b" * 16], pa.uuid()),
        "when": [datetime.datetime(2024, 1, 2), datetime.datetime(2024, 1, 3)],
        "d": [decimal.Decimal("1.50"), None],
        "o": [{"a": 1.0, "b": None}, None],
        "none": pa.nulls(2),
    }
    source = open_source(str(write(pa.table(columns), tmp_path / "stream.arrow", 1)))
    assert source.names == ("t_0", "t_1", "r", "when", "d", "o.a", "o.b", "none")
    assert source.numbers(("t_0", "t_1")).read(0, 2).tolist() == [[1, 2], [3, 4]]
    assert source.text("when").read(0, 2).tolist() == ["2024-01-02", "2024-01-03"]
    assert source.text("d").read(0, 2).tolist() == ["1.50", ""]
    assert np.isnan(source.numbers(("o.b", "none")).read(0, 2)).all()
    with pytest.raises(DataError, match="column u: cannot be read: it contains bytes"):
        source.numbers(("u",))


def test_dictionaries_that_grow_and_change(tmp_path):
    kind = pa.dictionary(pa.int8(), pa.string())
    batches = [["a", "b"], ["b", "c"], ["d"], ["a", None]]
    with pa.OSFile(str(tmp_path / "s.arrow"), "wb") as out:
        options = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        with ipc.new_stream(out, pa.schema([("k", kind), ("n", pa.int64())]), options=options) as writer:
            for cells in batches:
                writer.write_batch(pa.record_batch({"k": pa.array(cells, kind), "n": range(len(cells))}))
    source = open_source(str(tmp_path / "s.arrow"))
    expected = ["" if c is None else c for cells in batches for c in cells]
    assert source.text("k").read(0, 7).tolist() == expected
    assert [source.text("k").read(i, i + 1)[0] for i in (6, 0, 5, 3)] == [expected[i] for i in (6, 0, 5, 3)]


def numbers_table(rows=400):
    rng = np.random.default_rng(3)
    return pa.table({"pred": rng.normal(size=rows), "target": rng.normal(size=rows), "k": [f"k{i % 7}" for i in range(rows)]})


@pytest.mark.parametrize("name", ["x.feather", "file.arrow", "stream.arrow", "x.parquet"])
def test_a_file_cut_anywhere_is_refused(tmp_path, name):
    whole = write(numbers_table(60), tmp_path / name, 25).read_bytes()
    cut = tmp_path / f"cut-{name}"
    for size in [*range(1, len(whole), max(1, len(whole) // 60)), *range(len(whole) - 20, len(whole))]:
        cut.write_bytes(whole[:size])
        refused(3, "regress", str(cut), "-l", "mse", says=(str(cut),))


@pytest.mark.parametrize("name", ["x.feather", "file.arrow", "stream.arrow", "x.parquet"])
def test_bytes_that_are_wrong_end_in_an_error_or_in_values(tmp_path, name):
    whole = bytearray(write(numbers_table(60), tmp_path / name, 25).read_bytes())
    bad = tmp_path / f"bad-{name}"
    rng = np.random.default_rng(8)
    for _ in range(150):
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            broken[at] = rng.integers(256)
        bad.write_bytes(broken)
        try:
            source = open_source(str(bad))
            for column in source.names:
                source.text(column).read(0, source.rows)
        except DataError as e:
            assert len(str(e).splitlines()) <= 5  # noqa: PT017 (values are as good)


def test_what_a_broken_stream_says(tmp_path):
    path = write(numbers_table(60), tmp_path / "stream.arrow", 25)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    refused(3, "regress", str(path), "-l", "mse", says=("truncated after row 60", "mark of its end is missing", "write it again"))
    path.write_bytes(whole[:-300])
    refused(3, "regress", str(path), "-l", "mse", says=("truncated after row 50 (batch 2)",))
    path.write_bytes(whole + whole)
    refused(3, "regress", str(path), "-l", "mse", says=(f"{len(whole)} bytes follow its end",))
    path.write_bytes(b"ARROW1\0\0 and nothing else")
    refused(3, "regress", str(path), "-l", "mse", says=("not a readable Arrow file",))


def test_the_report_of_the_table_in_every_form(tmp_path):
    table, found = numbers_table(), []
    for name in ("x.feather", "file.arrow", "stream.arrow", "x.parquet"):
        path = str(write(table, tmp_path / name, 64))
        for jobs in ("1", "2", "3", "4"):
            done = call("regress", path, "-l", "mse", "-l", "mae", "--by", "k", "-j", jobs, "-f", "csv")
            assert done.code == 0, done.err
            found.append(done.out)
    assert len(set(found)) == 1
    mse = np.mean((table["pred"].to_numpy() - table["target"].to_numpy()) ** 2)
    assert float(call("regress", path, "-l", "mse", "-b").out) == pytest.approx(mse, rel=1e-15)


def test_a_pipe(tmp_path):
    path = write(numbers_table(), tmp_path / "stream.arrow", 64)
    expected = cli("regress", str(path), "-l", "mse", "-b").out
    assert expected
    for name in ("stream.arrow", "x.feather"):
        raw = write(numbers_table(), tmp_path / name, 64).read_bytes()
        assert cli("regress", "-", "-l", "mse", "-b", stdin=raw).out == expected


def test_class_names_of_hugging_face_are_said(tmp_path):
    features = b'{"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}'
    table = pa.table({"label": [0, 1], "p": [0.2, 0.9]}).replace_schema_metadata({b"huggingface": features})
    for name in ("stream.arrow", "x.parquet"):
        source = open_source(str(write(table, tmp_path / name, 8)))
        assert notes_of(source) == ("`label` contains class numbers: 0 = neg, 1 = pos",)
        assert source.numeric() == ("label", "p")


def test_a_row_group_is_read_once(tmp_path, monkeypatch):
    path = write(numbers_table(1000), tmp_path / "x.parquet", 300)
    read = []
    true = parquet.ParquetFile.read_row_group

    def counted(self, group, columns, use_threads):
        read.append((group, tuple(columns)))
        return true(self, group, columns=columns, use_threads=use_threads)

    monkeypatch.setattr(parquet.ParquetFile, "read_row_group", counted)
    source = open_source(str(path))
    fields = [source.numbers(("pred",)), source.numbers(("target",)), source.text("k")]
    expect(fields[:2])
    for low in range(0, 1000, 70):
        for one in fields:
            one.read(low, low + 70)
    assert sorted(read) == sorted((g, names) for g in range(4) for names in [("pred", "target"), ("k",)])


def test_many_small_batches_are_read_once_and_not_kept(tmp_path, monkeypatch):
    path = write(numbers_table(20_000), tmp_path / "stream.arrow", 5)
    read = []
    true = arrow_ipc.IpcStream.load

    def counted(self, group, names):
        read.append(group)
        return true(self, group, names)

    monkeypatch.setattr(arrow_ipc.IpcStream, "load", counted)
    monkeypatch.setattr(arrow_table, "_HELD", 1_000)
    source: Any = open_source(str(path))
    fields = [source.numbers(("pred",)), source.numbers(("target",))]
    expect(fields)
    for low in range(0, 20_000, 700):
        for one in fields:
            one.read(low, low + 700)
    assert read == list(range(4_000))
    assert len(source._own.groups) <= 201
