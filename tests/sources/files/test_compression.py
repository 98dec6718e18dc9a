"""Compressed files read as what is in them, and damaged ones are refused at the place where they end."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from losscli.sources.files import compression
from losscli.sources.files.compression import COMPRESSIONS
from losscli.sources.formats import FILES
from tests.support.compressed import COMPRESS, zipped

X = np.random.default_rng(1).normal(size=500)
TEXT = ("x\n" + "".join(f"{value!r}\n" for value in X.tolist())).encode()
SPOOLED = compression.FREE


def saved(save: Any, *args: Any, **more: Any) -> bytes:
    out = io.BytesIO()
    save(out, *args, **more)
    return out.getvalue()


def parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet as pq

    return saved(lambda out: pq.write_table(pyarrow.table({"x": X}), out))


def orc() -> bytes:
    import pyarrow
    from pyarrow import orc as writer

    return saved(lambda out: writer.write_table(pyarrow.table({"x": X}), out))


def stata() -> bytes:
    return saved(lambda out: pd.DataFrame({"x": X}).to_stata(out, write_index=False))


FORMATS = {
    "csv": lambda: (TEXT, ".csv"),
    "jsonl": lambda: ("".join(f'{{"x": {value!r}}}\n' for value in X.tolist()).encode(), ".jsonl"),
    "json": lambda: (json.dumps({"x": X.tolist()}).encode(), ".json"),
    "parquet": lambda: (parquet(), ".parquet"),
    "orc": lambda: (orc(), ".orc"),
    "stata": lambda: (stata(), ".dta"),
    "npy": lambda: (saved(np.save, X), ".npy"),
    "npz": lambda: (saved(np.savez, x=X), ".npz"),
}


def values(source: Any) -> bytes:
    return np.asarray(source.numbers(() if source.format == "npy" else ("x",)).read(0, 1000), np.float64).tobytes()


def test_every_compression_has_a_writer():
    assert set(COMPRESS) == {known.suffixes[0] for known in COMPRESSIONS}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("packed", COMPRESS)
def test_the_same_values(tmp_path, monkeypatch, form, packed):
    """As a file, by content alone, with another name, and from a pipe."""
    raw, suffix = FORMATS[form]()
    stored = COMPRESS[packed](raw, f"x{suffix}")
    odd = next(other for other in COMPRESS if other != packed)
    for name, noted in ((f"x{suffix}{packed}", False), (f"x{packed}", False), (f"x{suffix}", True), (f"x{suffix}{odd}", True)):
        if packed == ".zip" and form == "npy" and not name.endswith(".zip"):
            continue  # an archive of arrays
        if form == "csv" and name == f"x{packed}" and packed != ".zip":
            continue  # one column of text without a name: not certain
        (tmp_path / name).write_bytes(stored)
        source: Any = open_source(str(tmp_path / name))
        assert (source.format, values(source)) == (form, X.tobytes()), name
        assert bool(source.found_notes) == noted, (name, source.found_notes)
        assert pickle.loads(pickle.dumps(source)).sha256() == source.sha256()
        assert values(pickle.loads(pickle.dumps(source))) == X.tobytes()
    if packed == ".zip" and form == "npy":
        return
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(stored)}))
    source = open_source("-")
    assert (source.format, values(source), source.found_notes) == (form, X.tobytes(), ())


def test_no_copy_outlives_its_source(tmp_path, monkeypatch):
    (tmp_path / "x.npy.xz").write_bytes(COMPRESS[".xz"](saved(np.save, X), ""))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source: Any = open_source(str(tmp_path / "x.npy.xz"))
    assert len(list(tmp_path.iterdir())) == 2
    assert source.forks
    del source
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy.xz"]


@pytest.mark.parametrize("packed", COMPRESS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path_factory, packed, data):
    raw, suffix = FORMATS[data.draw(st.sampled_from(sorted(FORMATS)))]()
    stored = COMPRESS[packed](raw, f"x{suffix}")
    cut = data.draw(st.integers(1, len(stored) - 1))
    path = tmp_path_factory.mktemp("cut") / f"x{suffix}{packed}"
    path.write_bytes(stored[:cut])
    with pytest.raises(DataError) as e:
        open_source(str(path))
    assert len(e.value.lines()) <= 3
    assert e.value.fix


@pytest.mark.parametrize("packed", COMPRESS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_file_with_a_wrong_byte_is_refused_or_read_as_it_was(tmp_path_factory, packed, data):
    """zstd without a checksum, and the fields of a header that no value depends on, may pass."""
    stored = bytearray(COMPRESS[packed](TEXT, "x.csv"))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("wrong") / f"x.csv{packed}"
    path.write_bytes(stored)
    with contextlib.suppress(DataError):
        assert values(open_source(str(path))) == X.tobytes() or packed == ".zst"


@pytest.mark.parametrize("packed", [".gz", ".xz"])
def test_the_place_where_a_text_ends(tmp_path, packed):
    stored = COMPRESS[packed](TEXT, "")
    (tmp_path / "x.csv").write_bytes(stored[:3000])
    with pytest.raises(DataError, match=r"the data end at byte 3000; line (\d+) of the text is the last whole one") as e:
        open_source(str(tmp_path / "x.csv"))
    line = int(str(e.value).partition("line ")[2].split()[0])
    import lzma
    import zlib

    inflate: Any = zlib.decompressobj(31) if packed == ".gz" else lzma.LZMADecompressor()
    assert inflate.decompress(stored[:3000]).count(b"\n") == line > 100


@pytest.mark.parametrize("packed", [".gz", ".xz", ".zip", ""])
def test_the_last_whole_row_of_a_cut_array(tmp_path, packed):
    array = np.random.default_rng(0).normal(size=(5000, 3))
    whole = saved(lambda out: np.save(out, array))
    stored = whole if not packed else zipped(x__npy=whole) if packed == ".zip" else COMPRESS[packed](whole, "")
    (tmp_path / f"x.npy{packed}").write_bytes(stored[: len(stored) * 6 // 10])
    with pytest.raises(DataError, match=r"row 2\d{3} of 5000 is the last whole one"):
        open_source(str(tmp_path / f"x.npy{packed}"))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_last_whole_line_of_a_cut_zip(tmp_path, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("x.csv", TEXT)
    (tmp_path / "x.csv.zip").write_bytes(out.getvalue()[:3000])
    with pytest.raises(DataError, match=r"line \d+ of the text is the last whole one"):
        open_source(str(tmp_path / "x.csv.zip"))


def test_a_cut_zip_of_an_archive_of_arrays(tmp_path):
    """The name of the member is that of a zip too; the error is of the outer one."""
    stored = zipped(x__npz=saved(lambda out: np.savez(out, x=X, y=X)))
    (tmp_path / "x.npz.zip").write_bytes(stored[: len(stored) // 2])
    with pytest.raises(DataError, match="not a complete zip file"):
        open_source(str(tmp_path / "x.npz.zip"))


def test_what_expands_a_thousandfold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    (tmp_path / "x.csv.bz2").write_bytes(bz2.compress(b"x\n" + b"1\n" * 5_000_000))
    with pytest.raises(DataError, match="expands to more than 1000 times its") as e:
        open_source(str(tmp_path / "x.csv.bz2"))
    assert str(e.value.fix).endswith(f"bzip2 -dk {tmp_path}/x.csv.bz2")
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros(1 << 22), y=np.zeros(3))
    source = open_source(str(tmp_path / "x.npz"))
    assert source.numbers(("y",)).read(0, 3).tolist() == [0, 0, 0]
    with pytest.raises(DataError, match="is not decompressed"):
        source.numbers(("x",))


def test_a_constant_file_of_some_megabytes_is_read(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(1 << 22))
    raw = bz2.compress((tmp_path / "x.npy").read_bytes())
    assert len(raw) < 1000
    (tmp_path / "x.npy.bz2").write_bytes(raw)
    assert not open_source(str(tmp_path / "x.npy.bz2")).numbers(()).read(0, 1 << 22).any()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (zipped(a__csv=b"x\n1\n", b__csv=b"x\n1\n"), ("is a zip of 2 files: a.csv, b.csv", "unzip ")),
        (zipped(), ("is a zip without files",)),
        (zipped(a__csv=gzip.compress(b"x\n1\n", mtime=0)), ("is compressed twice: gzip in zip", "unzip ")),
        (gzip.compress(gzip.compress(b"x\n1\n", mtime=0), mtime=0), ("is compressed twice: gzip in gzip", "gzip -dk ")),
        (gzip.compress(b"", mtime=0), ("decompresses to nothing",)),
    ],
)
def test_refused(tmp_path, raw, says):
    (tmp_path / "x.csv.zip").write_bytes(raw)
    with pytest.raises(DataError) as e:
        open_source(str(tmp_path / "x.csv.zip"))
    assert all(words in str(e.value) for words in says), e.value


def test_the_table_among_other_files_of_a_zip(tmp_path):
    raw = zipped(a__csv=b"x\n1\n", LICENSE=b"MIT", __MACOSX__x=b"")
    (tmp_path / "x.zip").write_bytes(raw)
    source = open_source(str(tmp_path / "x.zip"))
    assert source.names == ("x",)
    assert "a.csv is read" in notes_of(source)[0]


def test_an_encrypted_member(tmp_path):
    raw = bytearray(zipped(a__csv=b"x\n1\n"))
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(raw)
    with pytest.raises(DataError, match="encrypted"):
        open_source(str(tmp_path / "x.zip"))


def test_zstd_without_its_library(tmp_path, monkeypatch):
    (tmp_path / "x.csv.zst").write_bytes(COMPRESS[".zst"](TEXT, ""))
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"needs backports\.zstd") as e:
        open_source(str(tmp_path / "x.csv.zst"))
    assert "[zstd]" in str(e.value.fix)


def test_a_pattern_of_files_compressed_in_several_ways(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i, (suffix, compress) in enumerate(COMPRESS.items()):
        Path(f"part-{i}.csv{suffix}").write_bytes(compress(f"x\n{i}\n".encode(), "part.csv"))
    source = open_source("part-*")
    assert source.numbers(("x",)).read(0, 9).tolist() == [0, 1, 2, 3, 4]
    assert notes_of(source) == ()


def test_suffixes_of_formats_and_compressions_differ():
    assert set(FILES).isdisjoint(suffix for known in COMPRESSIONS for suffix in known.suffixes)
