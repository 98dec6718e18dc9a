"""NPY and NPZ: what is refused, and how members are reached."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source


def refused(path, *names):
    def read():
        return open_source(str(path)).numbers(tuple(names)).read(0, 1)

    with pytest.raises(DataError) as e:
        read()
    assert e.value.fix
    return str(e.value)


@pytest.mark.parametrize(
    ("array", "fact"),
    [
        (np.array([None, 1]), "pickled Python objects, which are never loaded"),
        (np.array(3.0), "contains a single number, not rows"),
        (np.array([1j]), "complex"),
        (np.array([b"a"]), "byte strings"),
        (np.array(["a"]), "contains text"),
        (np.zeros(2, dtype=[("a", "f4")]), "structured"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "datetime64"),
        (np.zeros(0), "no values"),
        (np.zeros((3, 0)), "no values"),
    ],
)
def test_refused_arrays(tmp_path, array, fact):
    np.save(tmp_path / "x.npy", array)
    np.savez(tmp_path / "x.npz", good=np.arange(3), x=array)
    assert fact in refused(tmp_path / "x.npy")
    assert fact in refused(tmp_path / "x.npz", "x")
    assert open_source(str(tmp_path / "x.npz")).numbers(("good",)).read(0, 3).tolist() == [0, 1, 2]


def test_truncated(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(100.0))
    path.write_bytes(path.read_bytes()[:-8])
    message = refused(path)
    assert "800 bytes" in message
    assert "has 792" in message


@pytest.mark.parametrize(
    "content", [b"hello", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"\x93NUMPY\x01\x00\x05\x00hello", b"\x93NUMPY\x09\x00"]
)
def test_not_npy(tmp_path, content):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    assert "NPY" in refused(path)


def test_a_hostile_header_is_not_run(tmp_path):
    path = tmp_path / "x.npy"
    header = b"{'descr': __import__('os').system('touch ran'), 'fortran_order': False, 'shape': (1,)}\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "broken NPY header" in refused(path)


def test_broken_zip(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"not a zip")
    assert "not a readable NPZ" in refused(path, "a")
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("readme.txt", "hello")
    assert "no arrays" in refused(path, "a")


def test_damaged_member(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.random.default_rng(0).random(5000), b=np.arange(3))
    raw = bytearray(path.read_bytes())
    raw[20000:20010] = bytes(10)
    path.write_bytes(raw)
    source = open_source(str(path))
    assert source.numbers(("b",)).read(0, 3).tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="not a readable NPZ"):
        source.numbers(("a",)).read(0, 1)


def test_member_that_promises_too_much(tmp_path):
    path = tmp_path / "x.npz"
    buffer = io.BytesIO()
    np.save(buffer, np.arange(100.0))
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", kind) as z:
            z.writestr("a.npy", buffer.getvalue()[:-8])
        assert "truncated: the header announces 800 bytes" in refused(path, "a")


def test_keys(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(
        path,
        scores=np.zeros((4, 3)),
        label=np.array(["cat", "dog", "cat", "cow"]),
        n=np.arange(4),
        mask=np.array([True] * 4),
        p=np.ones(4),
    )
    source = open_source(str(path))
    assert source.names == ("scores", "label", "n", "mask", "p")
    assert source.numeric() == ("scores", "n", "mask", "p")
    assert [source.kind(k) for k in source.names] == ["f", "U", "i", "i", "f"]
    assert source.rows == 4
    assert source.text("label").read(1, 3).tolist() == ["dog", "cat"]
    assert source.text("n").read(1, 3).tolist() == ["1", "2"]
    assert source.text("mask").read(0, 1).tolist() == ["True"]
    assert source.text("p").read(0, 1).tolist() == ["1.0"]
    assert "did you mean scores?" in refused(path, "score")
    with pytest.raises(DataError, match="one value per row"):
        source.text("scores")
    assert str(source.numbers(("scores",)).where(1, 2)) == f"{path}, row 2, column scores[2]"


def test_image_place(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3, 4)))
    assert str(open_source(str(tmp_path / "x.npy")).numbers(()).where(1, 6)).endswith("row 2, column [1, 2]")


def test_a_field_pickles_without_its_map(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100_000.0))
    field = open_source(str(tmp_path / "x.npy")).numbers(())
    field.read(0, 5)
    assert len(pickle.dumps(field)) < 2000
