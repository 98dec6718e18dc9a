"""Files behind URLs, on fsspec's own file systems: the same bits, few bytes, honest errors."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import os
import pickle
import sys
from typing import Any

import numpy as np
import pytest

from losscli.core.errors import DataError, UsageError
from losscli.sources import open_source, paths
from losscli.sources.files import input_file as files
from losscli.sources.files import remote

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def store():
    """An empty bucket in memory."""
    system = fsspec.filesystem("memory")
    yield lambda name, content: system.pipe(f"/bucket/{name}", content)
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def npy(x):
    out = io.BytesIO()
    np.save(out, x)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


X = np.arange(60.0).reshape(20, 3)
TABLE = "a,b,c\n" + "".join(f"{a},{b},{c}\n" for a, b, c in X)


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        ("x.npy", npy(X), ()),
        ("f.npy", npy(np.asfortranarray(X)), ()),
        ("x.npz", npz(x=X), ("x",)),
        ("x.csv", TABLE.encode(), ("a", "b", "c")),
        ("x.csv.gz", gzip.compress(TABLE.encode(), mtime=0), ("a", "b", "c")),
    ],
)
@pytest.mark.parametrize("scheme", ["memory", "file", "simplecache"])
def test_every_format(store, tmp_path, name, content, names, scheme):
    store(name, content)
    (tmp_path / name).write_bytes(content)
    url = {"memory": "memory://bucket/", "file": f"file://{tmp_path}/", "simplecache": "simplecache::memory://bucket/"}[
        scheme
    ] + name
    source = open_source(url)
    assert (source.path, source.rows) == (url, 20)
    field = source.numbers(names)
    assert field.read(3, 17).tobytes() == X[3:17].tobytes()
    assert pickle.loads(pickle.dumps(field)).read(0, 20).tobytes() == X.tobytes()
    assert source.sha256() == hashlib.sha256(content).hexdigest()
    assert field.where(2).path == url


def test_only_the_rows_that_are_asked_for_are_fetched(store, monkeypatch):
    x = np.arange(1 << 20, dtype=np.float32)
    store("x.npy", npy(x))
    asked = []
    true = remote.read

    def counted(url, start, stop):
        asked.append(stop - start)
        return true(url, start, stop)

    monkeypatch.setattr(remote, "read", counted)
    monkeypatch.setattr(remote, "fetch", lambda url: pytest.fail("fetched whole"))
    field = open_source("memory://bucket/x.npy").numbers(())
    assert field.read(500, 600).tolist() == x[500:600].tolist()
    assert asked == [1 << 16, 400]


def test_a_pattern(store):
    for i, name in enumerate((1, 2, 10)):
        store(f"part-{name}.npy", npy(X[i::3]))
    source: Any = open_source("memory://bucket/part-*.npy")
    assert [shard.path for shard in source.shards] == [f"memory:///bucket/part-{n}.npy" for n in (1, 2, 10)]
    assert source.numbers(()).read(0, 20).tobytes() == np.concatenate([X[i::3] for i in range(3)]).tobytes()
    with pytest.raises(DataError, match="no file matches"):
        open_source("memory://bucket/nosuch-*.npy")


def test_copies_go_when_nobody_holds_them(store, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store("x.csv.gz", gzip.compress(TABLE.encode()))
    source = open_source("memory://bucket/x.csv.gz")
    assert len(os.listdir(tmp_path)) == 2
    again = pickle.loads(pickle.dumps(source))
    assert again.numbers(("a",)).read(0, 1).tolist() == [0]
    del source, again
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nosuch.npy", None, "no such file"),
        ("x.unknown", b"1", "unknown file type"),
        ("empty.npy", b"", "the file is empty"),
        ("short.npy", npy(X)[:-8], "truncated"),
        ("cut.npy", npy(X)[:20], "broken NPY header"),
        ("text.npy", b"hello", "not an NPY array"),
    ],
)
def test_errors_name_the_url(store, name, content, words):
    if content is not None:
        store(name, content)
    with pytest.raises(DataError, match=words) as e:
        open_source(f"memory://bucket/{name}")
    assert e.value.where.path == f"memory://bucket/{name}"


def test_a_file_that_goes_away_while_it_is_read(store):
    store("x.npy", npy(X))
    field = open_source("memory://bucket/x.npy").numbers(())
    store("x.npy", npy(X)[:-100])
    with pytest.raises(DataError, match="truncated"):
        field.read(0, 20)


@pytest.mark.parametrize("url", ["ftp://", "dask://x", "zip://x", "dirfs://x", "jupyter://h/x", "reference://x"])
def test_a_file_system_that_wants_more_than_a_url(url):
    with pytest.raises((UsageError, DataError)):
        open_source(url)
    gc.collect()  # whatever it left fails without a word


def test_a_scheme_that_nobody_knows():
    with pytest.raises(UsageError, match="cannot read this URL"):
        open_source("nosuch://bucket/x.npy")


@pytest.mark.parametrize(("scheme", "extra"), [("s3", "s3"), ("memory", "remote"), ("file", "remote")])
def test_without_fsspec(monkeypatch, scheme, extra):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError) as e:
        open_source(f"{scheme}://bucket/x.npy")
    assert f"pip install '.[{extra}]'" in str(e.value)


def test_without_s3fs(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[s3\]'"):
        open_source("s3://bucket/x.npy")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://b/x.npy", "s3://b/x.npy"),
        ("https://h/x.csv?token=a.b#c", "https://h/x.csv"),
        ("simplecache::s3://b/x.npy", "s3://b/x.npy"),
        ("zip://x.npy::s3://b/y.zip", "zip://x.npy"),
    ],
)
def test_the_name_that_has_the_suffix(url, name):
    assert files.is_url(url)
    assert remote.name_of(url) == name


@pytest.mark.parametrize("path", ["x.npy", "a::b.npy", "C:\\x.npy", "./s3:/x.npy", "-"])
def test_a_path_is_no_url(path):
    assert not files.is_url(path)


def parquet_of(table, **options):
    from pyarrow import BufferOutputStream, parquet

    out = BufferOutputStream()
    parquet.write_table(table, out, **options)
    return out.getvalue().to_pybytes()


def test_parquet_by_the_ranges_of_its_columns(store, monkeypatch):
    arrow = pytest.importorskip("pyarrow")
    rng = np.random.default_rng(2)
    table = arrow.table({name: rng.normal(size=40_000) for name in ("pred", "target", "a", "b", "c", "d")})
    whole = parquet_of(table, row_group_size=10_000, compression="none", use_dictionary=False)
    store("x.parquet", whole)
    asked = []
    true = remote.read

    def counted(url, start, stop):
        asked.append((start, stop))
        return true(url, start, stop)

    monkeypatch.setattr(remote, "read", counted)
    monkeypatch.setattr(remote, "fetch", lambda url: pytest.fail("fetched whole"))
    source = open_source("memory://bucket/x.parquet")
    assert sum(stop - start for start, stop in asked) < 200_000
    asked.clear()
    field = source.numbers(("pred", "target"))
    for low in range(0, 40_000, 7_000):
        assert field.read(low, low + 7_000).T.tolist() == [table[n][low : low + 7_000].to_pylist() for n in ("pred", "target")]
    assert sum(stop - start for start, stop in asked) < len(whole) / 3 + 50_000
    assert len(asked) < 20


@pytest.mark.parametrize("named", ["memory://bucket/t/", "memory://bucket/t/**/*.parquet", "memory://bucket/t/year=*/*.parquet"])
def test_a_partitioned_folder(store, named):
    arrow = pytest.importorskip("pyarrow")
    for i, year in enumerate(("2019", "2020", "a%20b")):
        store(f"t/year={year}/part-0.parquet", parquet_of(arrow.table({"x": [float(i)] * (i + 1)})))
    if named.endswith("/"):
        store("t/_SUCCESS", b"")
        store("t/_old/year=2019/part-0.parquet", b"")
    source = open_source(named)
    assert source.names == ("x", "year")
    assert source.text("year").read(0, 6).tolist() == ["2019", "2020", "2020", "a b", "a b", "a b"]
    assert source.numbers(("x",)).read(0, 6).tolist() == [0, 1, 1, 2, 2, 2]


def test_folders_that_are_not_read(store):
    store("d/_delta_log/0.json", b"{}")
    store("d/x.parquet", b"PAR1")
    with pytest.raises(DataError, match="is a Delta table"):
        open_source("memory://bucket/d/")
    store("e/x.odd", b"1")
    with pytest.raises(DataError, match="without files of a known format"):
        open_source("memory://bucket/e/")
    with pytest.raises(DataError, match="is a folder without files"):
        open_source("memory://bucket/nosuch/")
    store("h/state.json", b"{}")
    store("h/x.arrow", b"ARROW1")
    with pytest.raises(DataError, match="a dataset is read from a local folder"):
        open_source("memory://bucket/h/")
    with pytest.raises(DataError, match="write it with / at its end"):
        open_source("memory://bucket/e")


@pytest.mark.parametrize("cut", [10, 100, 300])
def test_a_parquet_that_is_cut(store, cut):
    arrow = pytest.importorskip("pyarrow")
    store("x.parquet", parquet_of(arrow.table({"x": list(range(99))}))[:-cut])
    with pytest.raises(DataError, match=r"memory://bucket/x\.parquet: not a readable Parquet file"):
        open_source("memory://bucket/x.parquet")


def test_a_list_at_a_url(store):
    store("t/list.txt", b"# parts\nb.csv\nin/a.csv\nmemory://bucket/t/c.csv\n")
    for name, value in (("b", 1), ("in/a", 2), ("c", 3)):
        store(f"t/{name}.csv", f"x\n{value}\n".encode())
    source = open_source("@memory://bucket/t/list.txt")
    assert source.numbers(("x",)).read(0, 9).tolist() == [1, 2, 3]
    assert paths("@memory://bucket/t/list.txt") == []
    store("t/bad.txt", b"/etc/x.csv\n")
    with pytest.raises(DataError, match=r"/etc/x\.csv is a path on another machine"):
        open_source("@memory://bucket/t/bad.txt")
    with pytest.raises(DataError, match="no such file"):
        open_source("@memory://bucket/t/nosuch.txt")
