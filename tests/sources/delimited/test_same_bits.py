"""The same numbers give the same bits from every format, by either way of reading text, in any span."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pytest

from losscli.sources import open_source
from losscli.sources.delimited import table as tables

ROWS = 3000
NAMES = ("id", "a", "b", "c")


def numbers():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 3)) * 10.0 ** rng.integers(-12, 12, (ROWS, 3))
    x[0] = [0.1, -0.0, 1 / 3]
    x[7] = [np.pi, 5e-324, 1.7976931348623157e308]
    return x


def text(x, mark=",", end="\n", last=True, names=NAMES, quoted=False):
    keys = [f'"k{i:05d}"' if quoted else f"k{i:05d}" for i in range(len(x))]
    lines = [mark.join([k, *map(repr, row)]) for k, row in zip(keys, x.tolist(), strict=True)]
    return end.join([mark.join(names), *lines]) + (end if last else "")


@pytest.fixture(params=["cells", "bulk"])
def way(request, monkeypatch):
    monkeypatch.setattr(tables, "BULK", 1 << 60 if request.param == "cells" else 0)
    return request.param


@pytest.mark.slow
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize(("suffix", "mark"), [(".csv", ","), (".tsv", "\t"), (".csv", ";"), (".txt", "\t"), (".txt", ",")])
def test_text(tmp_path, way, suffix, mark, end, last, bom, quoted):
    x = numbers()[:500]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(bom + text(x, mark, end, last, quoted=quoted).encode())
    source = open_source(str(path))
    assert (source.rows, source.names, source.numeric()) == (500, NAMES, ("a", "b", "c"))
    assert source.numbers(("a", "b", "c")).read(0, 500).tobytes() == x.tobytes()
    assert source.text("id").read(5, 7).tolist() == ["k00005", "k00006"]


def test_gzip(tmp_path, way):
    x = numbers()
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(text(x).encode()))
    source = open_source(str(path))
    assert source.numbers(("a", "b", "c")).read(0, ROWS).tobytes() == x.tobytes()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i2", "?"])
def test_arrays(tmp_path, save, layout, dtype):
    with np.errstate(over="ignore", invalid="ignore"):
        x = layout(numbers().astype(dtype))
    np.save(tmp_path / "x.npy", x)
    save(tmp_path / "x.npz", other=np.arange(4), x=x)
    for field in (open_source(str(tmp_path / "x.npy")).numbers(()), open_source(str(tmp_path / "x.npz")).numbers(("x",))):
        assert (field.rows, field.shape, field.kind) == (ROWS, (3,), "f" if "f" in dtype else "i")
        for copy in (field, pickle.loads(pickle.dumps(field))):
            read = copy.read(1, ROWS - 1)
            assert read.dtype == x.dtype
            assert read.flags.aligned
            assert read.tobytes() == x[1:-1].tobytes()


def test_a_long_read_in_pieces(tmp_path, way, monkeypatch):
    monkeypatch.setattr(tables, "PAGE", 1)
    x = numbers()
    path = tmp_path / "x.csv"
    path.write_text(text(x))
    field = open_source(str(path)).numbers(("a", "b", "c"))
    assert field.read(0, ROWS).tobytes() == x.tobytes()
    assert field.read(100, 2900).tobytes() == x[100:2900].tobytes()


@pytest.mark.parametrize("quoted", [True, False])
def test_any_span_equals_the_whole(tmp_path, way, quoted):
    x = numbers()
    path = tmp_path / "x.csv"
    path.write_text(text(x, quoted=quoted))
    source = open_source(str(path))
    field, keys = source.numbers(("c", "a")), source.text("id")
    whole = field.read(0, ROWS)
    again = pickle.loads(pickle.dumps(field))
    edges = [0, 1, 2, 1023, 1024, 1025, 2047, 2048, 2500, ROWS - 1, ROWS]
    for i, start in enumerate(edges):
        for stop in edges[i:]:
            assert field.read(start, stop).tobytes() == whole[start:stop].tobytes()
            assert again.read(start, stop).tobytes() == whole[start:stop].tobytes()
            assert keys.read(start, stop).tolist() == [f"k{r:05d}" for r in range(start, stop)]


def test_a_read_changes_nothing_that_another_sees(tmp_path, way):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n2\n")
    read = open_source(str(path)).numbers(("a",)).read(0, 2)
    with pytest.raises(ValueError, match="read-only"):
        read[0] = 5
