"""A file is what its contents are where they are certain, whatever its name; kinds that are not read name what converts them."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from losscli.sources.files.identify import identify
from losscli.sources.files.unread import UNREAD
from losscli.sources.formats import FILES
from tests.support.compressed import COMPRESS, zipped


def npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([1.0, 2.0]))
    return out.getvalue()


def npz() -> bytes:
    out = io.BytesIO()
    np.savez(out, x=np.array([1.0, 2.0]))
    return out.getvalue()


RECORDS = b'[{"x": 1, "y": 2}, {"x": 2, "y": 3}]'
LINES = b'{"x": 1, "y": 2}\n{"x": 2, "y": 3}\n'
TABLE = b"x,y\n1,2\n2,3\n"


@pytest.mark.parametrize(
    ("name", "raw", "form"),
    [
        ("x.csv", npy(), "npy"),
        ("x.npz", npy(), "npy"),
        ("x.parquet", npy(), "npy"),
        ("x.pkl", npy(), "npy"),
        ("x.csv", npz(), "npz"),
        ("x.npy", npz(), "npz"),
        ("x.zip", npz(), "npy"),
        ("x.npy", TABLE, "csv"),
        ("x.npz", TABLE, "csv"),
        ("x.parquet", TABLE, "csv"),
        ("x.parquet", TABLE.replace(b",", b"\t"), "tsv"),
        ("x.csv", RECORDS, "json"),
        ("x.txt", LINES, "jsonl"),
        ("x.npy", LINES, "jsonl"),
    ],
)
def test_the_contents_win_with_a_note(tmp_path, name, raw, form):
    (tmp_path / name).write_bytes(raw)
    source: Any = open_source(str(tmp_path / name))
    assert source.format == form
    suffix = os.path.splitext(name)[1]
    assert name == "x.zip" or notes_of(source)[0].endswith(f"although its name ends in {suffix}")
    column = source.numbers(("x",) if source.names else ()).read(0, 2)
    assert column.tolist() == [1, 2]


@pytest.mark.parametrize("name", ["x", "x.dat", "x.2024", ".x", "predictions.final", "x.gz"])
@pytest.mark.parametrize(
    ("raw", "form", "noted"),
    [
        (npy(), "npy", False),
        (npz(), "npz", False),
        (RECORDS, "json", False),
        (TABLE, "csv", True),
        (TABLE.replace(b",", b"\t"), "tsv", True),
        (TABLE.replace(b",", b";"), "csv", True),
        (b"\xef\xbb\xbf" + TABLE, "csv", True),
    ],
)
def test_a_name_that_says_nothing(tmp_path, name, raw, form, noted):
    (tmp_path / name).write_bytes(COMPRESS[".gz"](raw, "") if name.endswith(".gz") else raw)
    source = open_source(str(tmp_path / name))
    assert source.format == form
    told = [note for note in notes_of(source) if "name" in note]
    assert len(told) == noted or name in ("x.dat", "x.2024", "predictions.final")
    assert all("ends in" in note or "does not say" in note for note in told)


@pytest.mark.parametrize(
    "raw",
    [
        b"some words\nand more of them\n",
        b"x\n1\n",
        b"a,b\n",
        b"\0\1\2",
        bytes(100),
        b"a,b\nc\nd,e,f\n",
        b"\xff\xfe\xfd\n\n",
        b"PK\3\4",
    ],
)
def test_what_is_not_certain_is_refused(tmp_path, raw):
    (tmp_path / "x.what").write_bytes(raw)
    with pytest.raises(DataError) as e:
        open_source(str(tmp_path / "x.what"))
    assert "unknown file type" in str(e.value) or "not a complete zip" in str(e.value)
    assert len(str(e.value.fix)) < 200


@given(st.binary(max_size=300), st.sampled_from([*FILES, ".pkl", ".what", ""]), st.booleans())
def test_any_bytes_are_identified_or_refused(raw, suffix, stream):
    try:
        kind = identify("-" if stream else f"x{suffix}", "" if stream else f"x{suffix}", raw, stream=stream)
    except DataError as e:
        lines = e.lines()
    else:
        lines = []
        assert kind.suffix in FILES
    assert len(lines) <= 3


@pytest.mark.parametrize("known", UNREAD, ids=lambda known: known.name)
def test_every_kind_that_is_not_read(tmp_path, known):
    """By its first bytes under a name that says nothing, and by its suffix where the first bytes are not its own."""
    for first in known.first:
        path = tmp_path / "it's.data"
        path.write_bytes(bytes(known.at) + first + (b" text" if known.text else b"\0\1\2"))
        with pytest.raises(DataError, match=f"is {known.name}, which is not read") as e:
            open_source(str(path))
        assert e.value.fix
    for suffix in known.suffixes:
        path = tmp_path / f"x{suffix}"
        path.mkdir() if known.folder else path.write_bytes(b"\0\1\2")
        with pytest.raises(DataError, match=f"is {known.name}, which is not read") as e:
            open_source(str(path))
        assert e.value.fix


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
@pytest.mark.parametrize("name", ["x.pkl", 'it\'s $x `y` "z".pkl', "a b.pkl.gz"])
def test_the_command_for_a_pickle_works(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    raw = pickle.dumps(np.array([1.0, 2.0]))
    Path(name).write_bytes(COMPRESS[".gz"](raw, "") if name.endswith(".gz") else raw)
    with pytest.raises(DataError, match="a pickle runs code") as e:
        open_source(name)
    command = str(e.value.fix).partition("to_csv): ")[2].replace("python -c", f"'{sys.executable}' -c")
    subprocess.run(["bash", "-c", command], check=True)
    saved = name.removesuffix(".gz").removesuffix(".pkl") + ".npy"
    assert open_source(saved).numbers(()).read(0, 2).tolist() == [1, 2]


def test_a_zarr_folder(tmp_path):
    (tmp_path / "x.zarr" / "c").mkdir(parents=True)
    (tmp_path / "x.zarr" / "zarr.json").write_text("{}")
    with pytest.raises(DataError, match="is a Zarr array, which is not read") as e:
        open_source(str(tmp_path / "x.zarr") + "/")
    assert f"zarr.open('{tmp_path}/x.zarr')" in str(e.value.fix)


def test_a_tar_archive_by_its_contents(tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "x.csv", "w:gz") as archive:
        archive.add(__file__)
    with pytest.raises(DataError, match="is a tar archive") as e:
        open_source(str(tmp_path / "x.csv"))
    assert "tar -xf" in str(e.value.fix)


def test_an_archive_of_arrays_among_others_is_a_zip(tmp_path):
    (tmp_path / "x.zip").write_bytes(zipped(a__npy=npy(), b__csv=TABLE))
    with pytest.raises(DataError, match=r"is a zip of 2 files: a\.npy, b\.csv"):
        open_source(str(tmp_path / "x.zip"))
    (tmp_path / "x.zip").write_bytes(zipped(a__npy=npy(), b__npy=npy()))
    assert open_source(str(tmp_path / "x.zip")).names == ("a", "b")


def test_plain_files_load_no_decompressor(tmp_path):
    (tmp_path / "x.csv").write_bytes(TABLE)
    (tmp_path / "x.npy").write_bytes(npy())
    code = """
import sys
from losscli.sources import open_source
for path in ("x.npy", "x.csv"):
    open_source(path)
assert not {"bz2", "lzma", "zipfile", "zlib", "backports"} & set(sys.modules), sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, check=True)
