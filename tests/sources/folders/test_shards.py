"""Several files as one input: the rows, places and bits of the one file that they would be together."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources import joined, open_source
from losscli.sources.base import RandomAccess, gather, spelled
from losscli.sources.folders import shards

CUTS = [0, 3, 4, 1500, 1501, 2500]
ROWS = CUTS[-1]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def numbers(dtype="<f4"):
    return np.random.default_rng(5).normal(size=(ROWS, 3)).astype(dtype)


def pieces(x):
    """The rows of `x` by file: part-1, part-2, part-10 …, in natural order."""
    return [(name, x[a:b]) for name, a, b in zip(("1", "2", "10", "11", "100"), CUTS, CUTS[1:], strict=False)]


def write_tables(x, suffix=".csv", mark=","):
    for name, part in pieces(x):
        lines = [f"k{int(r[0])}{mark}{mark.join(map(repr, r[1:].tolist()))}\n" for r in part]
        with open(f"part-{name}{suffix}", "w") as f:
            f.write(mark.join(("id", "a", "b")) + "\n" + "".join(lines))


def test_natural_order():
    for name in ("p-10.npy", "p-9.npy", "p-09.npy", "q-1.npy", "p-.npy", "p-1b.npy", "p-1a.npy"):
        np.save(name, np.zeros(1))
    assert shards.expand("*.npy") == ["p-1a.npy", "p-1b.npy", "p-09.npy", "p-9.npy", "p-10.npy", "p-.npy", "q-1.npy"]


def every_span(field, whole):
    edges = [0, 1, *CUTS[1:-1], 2000, ROWS - 1, ROWS]
    for i, start in enumerate(edges):
        for stop in edges[i:]:
            read = field.read(start, stop)
            assert read.dtype.newbyteorder("=") == whole.dtype.newbyteorder("=")
            assert read.tolist() == whole[start:stop].tolist(), (start, stop)


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2"])
def test_arrays(dtype):
    x = (numbers("f8") * 100).astype(dtype)
    for name, part in pieces(x):
        np.save(f"part-{name}.npy", part)
    source = open_source("part-*.npy")
    assert (source.path, source.format, source.rows, source.names) == ("part-*.npy", "npy", ROWS, ())
    field = source.numbers(())
    for copy in (field, pickle.loads(pickle.dumps(field))):
        every_span(copy, x)
        rows = np.random.default_rng(1).permutation(ROWS)
        assert gather(copy, rows).tobytes() == np.ascontiguousarray(x[rows]).tobytes()
    assert str(field.where(2, 1)) == "part-1.npy, row 3, column [1]"
    assert str(field.where(3, 1)) == "part-2.npy, row 1, column [1]"
    assert str(field.where(ROWS - 1)) == "part-100.npy, row 999, column [0]"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_keyed_arrays(save):
    x = numbers()
    for name, part in pieces(x):
        save(f"part-{name}.npz", x=part, id=part[:, 0].astype(str))
    source = open_source("part-*.npz")
    every_span(source.numbers(("x",)), x)
    every_span(source.text("id"), x[:, 0].astype(str).astype(object))
    assert isinstance(source.numbers(("x",)), RandomAccess) == (save is np.savez)


@pytest.mark.parametrize(("suffix", "mark"), [(".csv", ","), (".tsv", "\t")])
def test_tables(suffix, mark):
    x = numbers("f8")
    write_tables(x, suffix, mark)
    source = open_source(f"part-*{suffix}")
    assert (source.format, source.rows, source.names, source.numeric()) == (suffix[1:], ROWS, ("id", "a", "b"), ("a", "b"))
    for field in (source.numbers(("a", "b")), pickle.loads(pickle.dumps(source)).numbers(("a", "b"))):
        every_span(field, x[:, 1:])
        assert not isinstance(field, RandomAccess)
    every_span(source.text("id"), np.array([f"k{int(v)}" for v in x[:, 0]], dtype=object))
    assert str(source.numbers(("b",)).where(4)) == "part-10.csv, row 1, line 2, column b".replace(".csv", suffix)


def test_memory_is_given_back(monkeypatch):
    monkeypatch.setattr(joined, "HELD", 2)
    for name, part in pieces(numbers()):
        np.save(f"part-{name}.npy", part)
    field: Any = open_source("part-*.npy").numbers(())
    for start in range(0, ROWS, 500):
        field.read(start, start + 500)
        assert sum(f._array is not None for f in field.fields) <= 2
    field.forget()
    assert all(f._array is None for f in field.fields)


def test_the_digest_is_that_of_the_list_of_digests():
    for name, part in pieces(numbers()):
        np.save(f"part-{name}.npy", part)
    own = [hashlib.sha256(Path(f"part-{n}.npy").read_bytes()).hexdigest() for n in (1, 2, 10, 11, 100)]
    assert open_source("part-*.npy").sha256() == hashlib.sha256("".join(f"{d}\n" for d in own).encode()).hexdigest()


def test_a_file_whose_name_looks_like_a_pattern_is_that_file():
    np.save("part[1].npy", np.arange(3))
    np.save("part1.npy", np.arange(4))
    assert open_source("part[1].npy").rows == 3
    assert open_source("part[12].npy").rows == 4


def refused(pattern, *words):
    def read():
        source = open_source(pattern)
        source.numbers(("x",) if "npz" in pattern else ("a",) if source.names else ()).read(0, source.rows)

    with pytest.raises(DataError) as e:
        read()
    for word in words:
        assert word in str(e.value), str(e.value)


def test_nothing_matches():
    refused("nosuch-*.npy", "nosuch-*.npy: no file matches this pattern")


def test_files_that_differ():
    np.save("s-1.npy", np.zeros((2, 3)))
    np.save("s-2.npy", np.zeros((2, 4)))
    refused("s-*.npy", "s-2.npy: has rows of shape (4,), but s-1.npy has (3,)")
    np.save("t-1.npy", np.zeros(2, "f4"))
    np.save("t-2.npy", np.zeros(2, "f8"))
    refused("t-*.npy", "t-2.npy: contains float64, but t-1.npy contains float32")
    np.savez("u-1.npz", x=np.zeros(2))
    np.savez("u-2.npz", y=np.zeros(2))
    refused("u-*.npz", "u-2.npz: has the keys y, but u-1.npz has x")
    np.save("v-1.npy", np.zeros(2))
    np.savez("v-2.npz", x=np.zeros(2))
    refused("v-*", "v-2.npz: is npz, but v-1.npy is npy")


def test_tables_that_differ(folder):
    (folder / "s-1.csv").write_text("a,b\n1,2\n")
    (folder / "s-2.csv").write_text("b,a\n1,2\n")
    refused("s-*.csv", "s-2.csv: has the columns b, a, but s-1.csv has a, b")
    (folder / "t-1.csv").write_text("a\n1\n2\n")
    (folder / "t-2.csv").write_text("a\n1\nx\n")
    refused("t-*.csv", "t-2.csv, row 2, line 3, column a: 'x' is not a number")
    (folder / "u-1.csv").write_text("a\n1\n2\n")
    (folder / "u-2.csv").write_text("a\n")
    refused("u-*.csv", "u-2.csv: the file has a header but no rows")


def test_arrays_cut_at_other_rows():
    np.savez("p-1.npz", x=np.zeros(2), y=np.zeros(3))
    np.savez("p-2.npz", x=np.zeros(3), y=np.zeros(2))
    source = open_source("p-*.npz")
    source.numbers(("x",))
    with pytest.raises(DataError, match=r"p-1\.npz: `x` and `y` have different numbers of rows"):
        source.numbers(("y",))


def test_one_array_for_all_rows():
    for i in (1, 2):
        np.savez(f"p-{i}.npz", x=np.zeros(2), anchors=np.arange(8.0))
    parts: Any = open_source("p-*.npz")
    assert parts.common(("anchors",)).rows == 8
    np.savez("p-3.npz", x=np.zeros(2), anchors=np.zeros(8))
    parts = open_source("p-*.npz")
    with pytest.raises(DataError, match=r"p-3\.npz, column anchors: differs from the array in p-1\.npz"):
        parts.common(("anchors",))


def test_missing_values_and_kinds_over_files():
    Path("p-1.csv").write_text('x,label,v\n,,"[1, 2]"\n')
    Path("p-2.csv").write_text('x,label,v\n1.5,,"[3, nan]"\nNA,cat,""\n')
    source = open_source("p-*.csv")
    assert source.lists == {"v": ("v_0", "v_1")}
    assert [source.kind(name) for name in source.names] == ["f", "f", "f", "f"]
    assert np.array_equal(source.numbers(("x", "v_1")).read(0, 3), [[np.nan, 2], [1.5, np.nan], [np.nan] * 2], equal_nan=True)
    assert spelled(source.numbers(("x",)), 2) == "'NA'"
    with pytest.raises(DataError, match=r"p-2.csv, row 2, line 3, column label: 'cat' is not a number"):
        source.numbers(("label",)).read(0, 3)
    Path("p-3.csv").write_text('x,label,v\n1.5,,"[1, 2, 3]"\n')
    with pytest.raises(DataError, match=r"p-3.csv: has the columns x, label, v_0, v_1, v_2, but p-1.csv has x, label, v_0, v_1"):
        open_source("p-*.csv")
