"""Safetensors: the values of the safetensors library, and every claim of the header checked."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import numpy as library

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.arrays.array import ArrayField
from losscli.sources.base import gather
from tests.support.command import cli, refused

KINDS = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "?", "u2", "u4", "u8"]
ARRAYS = st.sampled_from(KINDS).flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(max_side=4)))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(header, buffer=b"", length=None, path="x.safetensors"):
    """A file with whatever header."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    Path(path).write_bytes((len(raw) if length is None else length).to_bytes(8, "little") + raw + buffer)
    return path


def tensor(dtype, shape, *offsets):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def all_rows(source, *names):
    field = pickle.loads(pickle.dumps(source.numbers(names)))
    return field.read(0, field.rows)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(NAMES, st.sampled_from(KINDS).flatmap(lambda k: arrays.arrays(k, arrays.array_shapes(max_side=4))), min_size=1)
)
def test_equal_to_the_library(tmp_path_factory, tensors):
    path = str(tmp_path_factory.mktemp("x") / "x.safetensors")
    library.save_file(tensors, path, {"note": "anything"})
    source = open_source(path)
    assert set(source.names) == set(tensors)
    for name, values in library.load_file(path).items():
        found = all_rows(source, name)
        assert (found.dtype, found.shape, found.tobytes()) == (values.dtype, values.shape, values.tobytes())
        rows = np.arange(len(values))[::-1]
        assert gather(source.numbers((name,)), rows).tobytes() == values[rows].tobytes()
        assert all_rows(open_source(f"{path}::{name}")).tobytes() == values.tobytes()


def test_bfloat16_is_the_upper_half_of_a_float32():
    bits = np.arange(1 << 16, dtype="<u2")
    source = open_source(write({"x": tensor("BF16", (1 << 8, 1 << 8), 0, 1 << 17)}, bits.tobytes()))
    halves = np.stack([np.zeros_like(bits), bits], axis=1).tobytes()
    assert all_rows(source, "x").tobytes() == halves
    field = source.numbers(("x",))
    assert field.read(3, 5).tobytes() == halves[3 * 1024 : 5 * 1024]


def test_float8():
    """Some values of the 8-bit formats of OCP, which the specification lists: the largest, the smallest normal, the subnormals."""
    codes = bytes([0x7E, 0x08, 0x01, 0x07, 0x80, 0xFE, 0x38])
    source = open_source(write({"x": tensor("F8_E4M3", (7,), 0, 7)}, codes))
    assert all_rows(source, "x").tolist() == [448, 2**-6, 2**-9, 7 * 2**-9, 0, -448, 1]
    assert np.isnan(all_rows(open_source(write({"x": tensor("F8_E4M3", (2,), 0, 2)}, b"\x7f\xff")), "x")).all()
    codes = bytes([0x7B, 0x04, 0x01, 0x03, 0xFB, 0x3C, 0x7C])
    source = open_source(write({"x": tensor("F8_E5M2", (7,), 0, 7)}, codes))
    assert all_rows(source, "x").tolist() == [57344, 2**-14, 2**-16, 3 * 2**-16, -57344, 1, np.inf]


def test_values_that_are_not_aligned():
    values = np.array([1.5, -2.0, 3.0])
    header = {"a": tensor("U8", (1,), 0, 1), "x": tensor("F64", (3,), 1, 25)}
    found = all_rows(open_source(write(header, b"\7" + values.tobytes())), "x")
    assert found.flags.aligned
    assert found.tolist() == values.tolist()


def test_an_array_that_cannot_be_rows_leaves_the_others():
    header = {
        "n": tensor("I64", (), 0, 8),
        "z": tensor("C64", (1,), 8, 16),
        "q": tensor("F4", (2,), 16, 17),
        "x": tensor("U8", (1,), 17, 18),
    }
    source = open_source(write(header, bytes(18)))
    assert all_rows(source, "x").tolist() == [0]
    for name, says in (("n", "a single number"), ("z", "complex"), ("q", "type F4, which losscli does not read")):
        with pytest.raises(DataError, match=says):
            source.numbers((name,))


ONE = tensor("F32", (2,), 0, 8)
BROKEN = {
    "shorter than a length": (b"", None, "no header follows"),
    "text": (b"hello, this is text", None, "no header follows"),
    "length of a huge header": ({"x": ONE}, 1 << 40, "100000000 are the most"),
    "length beyond the file": ({"x": ONE}, 4000, "truncated: a header of 4000 bytes"),
    "length too short": ({"x": ONE}, 5, "broken header"),
    "not JSON": (b"{x}", None, "broken header"),
    "not UTF-8": (b'{"\xff": 1}', None, "broken header"),
    "deep JSON": (b'{"x":' + b"[" * 100_000, None, "nested too deeply"),
    "duplicate name": (b'{"x": 1, "x": 1}', None, "the key 'x' occurs twice"),
    "duplicate field": (b'{"x": {"dtype": "F32", "dtype": "F64"}}', None, "the key 'dtype' occurs twice"),
    "NaN": (b'{"x": NaN}', None, "NaN is not JSON"),
    "no tensors": ({"__metadata__": {}}, None, "contains no tensors"),
    "number for a tensor": ({"x": 3}, None, "needs dtype, shape and two data_offsets"),
    "text for a tensor": ({"x": "abc"}, None, "needs dtype, shape and two data_offsets"),
    "no dtype": ({"x": {"shape": [2], "data_offsets": [0, 8]}}, None, "needs dtype"),
    "one offset": ({"x": tensor("F32", (2,), 0)}, None, "two data_offsets"),
    "number as dtype": ({"x": tensor(3, (2,), 0, 8)}, None, "broken header: dtype 3"),
    "negative axis": ({"x": tensor("F32", (-2,), 0, 8)}, None, "shape [-2]"),
    "fraction as axis": ({"x": tensor("F32", (2.0,), 0, 8)}, None, "shape [2.0]"),
    "truth value as axis": ({"x": tensor("F32", (True,), 0, 4)}, None, "shape [True]"),
    "many axes": ({"x": tensor("F32", [1] * 5000, 0, 4)}, None, "broken header"),
    "negative offset": ({"x": tensor("F32", (2,), -8, 0)}, None, "offsets [-8, 0]"),
    "offsets reversed": ({"x": tensor("F32", (2,), 8, 0)}, None, "offsets [8, 0]"),
    "offset beyond the file": ({"x": tensor("F32", (20,), 0, 80)}, None, "truncated: its values end at byte 80"),
    "overlap": ({"x": ONE, "y": tensor("F32", (1,), 4, 8)}, None, "overlap"),
    "gap": ({"x": tensor("F32", (1,), 4, 8)}, None, "4 bytes of its buffer belong to no tensor"),
    "rest": ({"x": tensor("F32", (1,), 0, 4)}, None, "4 bytes of its buffer belong to no tensor"),
    "unknown dtype": ({"x": tensor("F\x1b32", (2,), 0, 8)}, None, "values of type"),
    "another size": ({"x": tensor("F64", (2,), 0, 8)}, None, "takes 16 bytes, its offsets span 8"),
    "huge shape": ({"x": tensor("F32", (1 << 62, 1 << 62), 0, 8)}, None, "its offsets span 8"),
    "an empty axis": ({"x": tensor("F32", (0,), 0, 0), "y": ONE}, None, "contains no values"),
}


@pytest.mark.parametrize(("header", "length", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_files(header, length, says):
    path = write(header, bytes(8) if b"text" not in bytes(str(header), "utf-8") else b"", length)
    if header == b"":
        Path(path).write_bytes(b"\0\0\0")
    np.save("t.npy", np.zeros(2))
    refused(3, "regress", path, "t.npy", "-l", "mae", "--col", "pred=x", says=(path, says))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.binary(min_size=1, max_size=3)), max_size=4))
def test_damaged_files_end_in_an_error_or_an_array(tmp_path_factory, changes):
    path = tmp_path_factory.mktemp("x") / "x.safetensors"
    library.save_file({"x": np.arange(4.0, dtype="f4")}, path)
    raw = bytearray(path.read_bytes())
    for at, new in changes:
        raw[at : at + len(new)] = new
    path.write_bytes(raw)
    try:
        source = open_source(str(path))
        field = source.numbers((source.names[0],)) if source.names else source.numbers(())
    except DataError:
        return
    assert isinstance(field, ArrayField)
    assert len(field.read(0, field.rows)) == field.rows


def test_the_command():
    library.save_file({"pred": np.array([1.0, 2, 4]), "target": np.array([1.0, 2, 3])}, "x.safetensors")
    assert cli("regress", "x.safetensors", "-l", "mse", "-f", "json").loss["value"] == pytest.approx(1 / 3, rel=1e-15)
    np.save("t.npy", np.array([1.0, 2, 4]))
    assert cli("regress", "x.safetensors::pred", "t.npy", "-l", "mse", "-f", "json").loss["value"] == 0
    refused(3, "regress", "x.safetensors::pret", "t.npy", "-l", "mse", says=("did you mean pred?", "its keys are pred, target"))
    library.save_file({"pred": np.array([1.0, 2, 4])}, "part-1.safetensors")
    library.save_file({"pred": np.array([5.0, 6])}, "part-2.safetensors")
    np.save("t.npy", np.array([1.0, 2, 4, 5, 6]))
    assert cli("regress", "part-*.safetensors", "t.npy", "-l", "mse", "-f", "json").loss["value"] == 0


@pytest.mark.slow
def test_same_bits_for_any_number_of_jobs():
    values = np.random.default_rng(0).random((2, 200_000), dtype=np.float32)
    bits = (values.view(np.uint32) >> 16).astype("<u2")
    size = bits.nbytes // 2
    header = {"pred": tensor("BF16", (200_000,), 0, size), "target": tensor("BF16", (200_000,), size, 2 * size)}
    write(header, bits.tobytes(), path="p.safetensors")
    widened = (bits.astype(np.uint32) << 16).view(np.float32)
    np.savez("p.npz", pred=widened[0], target=widened[1])
    runs = [("p.safetensors", "1"), ("p.safetensors", "2"), ("p.safetensors", "4"), ("p.npz", "1")]
    assert len({cli("regress", path, "-l", "mse", "-f", "json", "--jobs", jobs).loss["value"] for path, jobs in runs}) == 1


OPENED = """
import resource, sys
from losscli.sources import open_source
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
field = open_source(sys.argv[1]).numbers(("x",))
rows = sum(len(field.read(start, start + 1000)) for start in (0, 10_000_000, 99_000_000))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_is_mapped():
    raw = json.dumps({"x": tensor("BF16", (100_000_000,), 0, 200_000_000)}).encode()
    with open("x.safetensors", "wb") as f:  # a hole, which takes no space
        f.write(len(raw).to_bytes(8, "little") + raw)
        f.truncate(8 + len(raw) + 200_000_000)
    done = subprocess.run([sys.executable, "-c", OPENED, "x.safetensors"], capture_output=True, check=True, text=True)
    rows, grown = map(int, done.stdout.split())
    assert rows == 3000
    assert grown < 16_000 * (1024 if sys.platform == "darwin" else 1)
