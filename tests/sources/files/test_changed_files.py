"""Files that change while they are read, and damaged ones: always an error, never other numbers."""

from __future__ import annotations

import json
import os
import pickle
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source

ROWS = 200_000


@pytest.fixture(params=["csv", "jsonl", "npy", "npz", "parquet"])
def path(request, tmp_path):
    x = np.arange(ROWS) / 2
    path = tmp_path / f"x.{request.param}"
    if request.param == "csv":
        path.write_text("x,y\n" + "".join(f"{v},0\n" for v in x.tolist()))
    elif request.param == "jsonl":
        path.write_text("".join(json.dumps({"x": v}) + "\n" for v in x.tolist()))
    elif request.param == "npy":
        np.save(path, x)
    elif request.param == "npz":
        np.savez_compressed(path, x=x)
    else:
        arrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(arrow.table({"x": x}), path, row_group_size=1000)
    return path


def opened(path):
    source = open_source(str(path))
    return source, source.numbers(("x",) if source.names else ())


def shorten(path):
    os.truncate(path, path.stat().st_size // 2)


def touch(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    with open(path, "r+b") as file:
        file.write(raw)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [shorten, touch])
def test_changed_in_place(path, change):
    _, field = opened(path)
    change(path)
    with pytest.raises(DataError, match=r"has changed while it was read|has become shorter"):
        field.read(0, ROWS)


def test_changed_before_it_is_hashed(path):
    source, field = opened(path)
    assert field.read(0, 10).tolist() == [x / 2 for x in range(10)]
    touch(path)
    with pytest.raises(DataError, match="has changed while it was read"):
        source.sha256()


def test_replaced_by_another(path):
    """Read through the descriptor as it was, or refused where the file must be opened again."""
    _, field = opened(path)
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes()[:-1])
    copy.replace(path)
    if path.suffix == ".parquet":
        with pytest.raises(DataError, match="has changed while it was read"):
            field.read(0, 10)
    else:
        assert field.read(0, 10).tolist() == [x / 2 for x in range(10)]
    with pytest.raises(DataError, match=r"has changed while it was read|has become shorter"):
        pickle.loads(pickle.dumps(field)).read(0, 10)


@pytest.mark.parametrize("rows", [10_000, 3_000_000])
def test_a_damaged_stored_array(tmp_path, rows):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros(rows), y=np.zeros(3))
    raw = bytearray(path.read_bytes())
    raw[rows * 4] ^= 1
    path.write_bytes(raw)
    source = open_source(str(path))
    assert source.numbers(("y",)).read(0, 3).tolist() == [0, 0, 0]
    with pytest.raises(DataError, match="column x: damaged: its checksum is wrong"):
        source.numbers(("x",))


UNCLOSED = "{'descr': '<f8', 'shape': (2,"
NO_NUMBER = "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}"


@pytest.mark.parametrize("head", [UNCLOSED, NO_NUMBER])
def test_broken_headers(tmp_path, head):
    path = tmp_path / "x.npy"
    raw = head.encode().ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + bytes(64))
    with pytest.raises(DataError, match=r"broken (NPY )?header"):
        open_source(str(path))


def test_too_many_axes(tmp_path):
    path = tmp_path / "x.npy"
    shape = "(" + "1, " * 65 + ")"
    raw = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode().ljust(373) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + bytes(64))
    with pytest.raises(DataError, match="broken header: shape"):
        open_source(str(path))


@pytest.mark.parametrize("order", "<>")
def test_code_points_that_do_not_exist(tmp_path, order):
    path = tmp_path / "x.npy"
    np.save(path, np.array(["ab", "cd"], f"{order}U2"))
    source = open_source(str(path))
    assert source.text("").read(0, 2).tolist() == ["ab", "cd"]
    raw = bytearray(path.read_bytes())
    raw[-8:-4] = (0x110000).to_bytes(4, "little" if order == "<" else "big")
    path.write_bytes(raw)
    with pytest.raises(DataError, match="row 2: text with code points that do not exist"):
        open_source(str(path)).text("").read(0, 2)


def test_a_header_that_announces_too_much(tmp_path):
    path = tmp_path / "x.npz"
    raw = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,)}".ljust(117) + b"\n"
    with ZipFile(path, "w", ZIP_DEFLATED) as z:
        z.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + bytes(64))
    with pytest.raises(DataError, match="column x: truncated: the header announces 8000000000000000 bytes"):
        open_source(str(path)).numbers(("x",))
