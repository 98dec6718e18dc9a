"""Torch files: the values that torch.load returns, without torch and without unpickling; whatever else is refused by name."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import zlib
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import gather
from tests.support import torch_files
from tests.support.command import cli, refused

GOLDEN = json.loads((Path(__file__).parent / "golden" / "torch_files.json").read_text(encoding="utf-8"))
"""Made by torch 2.13.0; `origin` says how."""
TWO = np.array([1, 2], np.float32)
KINDS = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "?", "u2", "u4", "u8"]


def golden(name):
    """Write a file of torch's own into this folder."""
    Path(f"{name}.pt").write_bytes(zlib.decompress(base64.b64decode(GOLDEN[name])))
    return f"{name}.pt"


def all_rows(source, *names):
    field = pickle.loads(pickle.dumps(source.numbers(names)))
    return field.read(0, field.rows)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_transposed_tensor_of_torch():
    source = open_source(golden("transposed"))
    assert (source.format, source.names, source.rows, source.is_table) == ("pt", (), 3, False)
    assert all_rows(source).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert gather(source.numbers(()), np.array([2, 0])).tolist() == [[2, 5], [0, 3]]


def test_a_mapping_of_torch():
    """A Parameter, half, bfloat16, bool, uint16, float8, a view with an offset, a dict inside, and what is not a tensor."""
    source = open_source(golden("mapping"))
    want = {
        "pred": ("f4", [[0, 0.5, 1], [1.5, 2, 2.5]]),
        "half": ("f2", [1.5, -2, 65504]),
        "bf16": ("f4", [1, -2.5, 3.140625]),
        "flag": ("?", [True, False, True]),
        "u16": ("u2", [1, 65535]),
        "view": ("f4", [[3, 4, 5]]),
        "f8": ("f4", [448, -0.015625]),
        "nested.x": ("i8", [[1], [2]]),
    }
    for name, (kind, values) in want.items():
        found = all_rows(source, name)
        assert found.dtype == kind
        assert found.tolist() == values
    assert source.text("ids").read(0, 2).tolist() == ["a", "bb"]
    assert source.numeric() == tuple(want)
    for name in ("epoch", "zero"):
        with pytest.raises(DataError, match="contains a single number"):
            source.numbers((name,))


def test_a_list_of_views_of_torch():
    source = open_source(golden("views"))
    assert all_rows(source, "0").tolist() == [0, 1, 2]
    assert all_rows(source, "1").tolist() == [1, 4]
    assert all_rows(open_source("views.pt::1")).tolist() == [1, 4]


def test_checksums_that_torch_left_out():
    assert all_rows(open_source(golden("unchecked"))).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "says"),
    {
        "module": "contains a torch.nn.modules.linear.Linear",
        "legacy": "torch.save(torch.load('legacy.pt', map_location='cpu'), 'new.pt')",
        "script": "a TorchScript module",
        "sparse": "tensor.to_dense()",
        "negated": "resolve_neg()",
        "numpy": "numpy.savez",
        "complex": "complex numbers",
    }.items(),
)
def test_what_torch_writes_beside_tensors_is_refused(name, says):
    np.save("t.npy", np.arange(3.0))
    pred = ("--col", "pred=x") if name == "complex" else ()
    refused(3, "regress", golden(name), "t.npy", "-l", "mae", *pred, says=(f"{name}.pt", says))


class Payload:
    """What an attack pickles."""

    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize("value", [Payload(), {"x": Payload()}, {"x": np.arange(3.0), "y": [Payload()]}])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_payload_is_not_run(value, protocol):
    torch_files.save("x.pt", value, protocol=protocol)
    np.save("t.npy", np.arange(3.0))
    refused(3, "regress", "x.pt", "t.npy", "-l", "mae", says=("x.pt: calls", ".system, which tensors do not need"))
    assert not Path("ran").exists()


@st.composite
def views(draw):
    """An array of any type, or a transposed, sliced, or repeating view of one."""
    array = draw(arrays.arrays(draw(st.sampled_from(KINDS)), arrays.array_shapes(max_dims=3, max_side=4)))
    if draw(st.booleans()):
        array = array.T
    if draw(st.booleans()):
        array = array[draw(st.integers(0, len(array) - 1)) :]
    if draw(st.booleans()):
        array = array[:: draw(st.integers(1, 3))]
    if draw(st.booleans()):
        array = np.broadcast_to(array[:, None], (len(array), 3, *array.shape[1:]))
    return array


def same(one, two):
    assert one.dtype == two.dtype
    assert one.shape == two.shape
    assert one.tobytes() == two.tobytes()


@settings(max_examples=50, deadline=None)
@given(views(), views(), st.sampled_from([2, 3, 4, 5]))
def test_equal_to_what_was_written(tmp_path_factory, one, two, protocol):
    path = tmp_path_factory.mktemp("x") / "x.pth"
    torch_files.save(path, one, protocol=protocol)
    same(all_rows(open_source(str(path))), one)
    torch_files.save(path, OrderedDict(a=one, b=[two, {"c": one[:1]}]), protocol=protocol)
    source = open_source(str(path))
    assert source.names == ("a", "b.0", "b.1.c")
    for key, array in zip(source.names, (one, two, one[:1]), strict=True):
        same(all_rows(source, key), array)
        same(all_rows(open_source(f"{path}::{key}")), array)


def test_big_endian():
    values = np.array([1.5, -2.0], ">f4")
    torch_files.save("x.pt", values, big=True)
    assert all_rows(open_source("x.pt")).tolist() == [1.5, -2.0]


def lists(n):
    made: list = []
    for _ in range(n):
        made = [made, made]
    return made


CYCLE: dict = {"x": np.arange(3.0)}
CYCLE["again"] = CYCLE


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": {"b": np.ones(1)}, "a.b": np.ones(1)}, "two tensors of the key 'a.b'"),
        (CYCLE, "nested without end"),
        (lists(30), "nested without end"),
        ({"epoch": 3, "name": "x"}, "contains no tensors"),
        ({}, "contains no tensors"),
        ({(1, 2): np.ones(1)}, "keys that are not text"),
        (np.zeros(()), "contains a single number, not rows"),
        (np.zeros((2, 0)), "contains no values"),
        (3, "contains a single number, not a tensor"),
        (np.broadcast_to(np.ones(1), (5000,)), "save tensor.contiguous()"),
    ],
    ids=range(10),
)
def test_refused_contents(value, says):
    torch_files.save("x.pt", value)
    refused(3, "regress", "x.pt", "x.pt", "-l", "mae", says=(says, "x.pt"))


def rebuilt(shape=b"K\x02\x85", strides=b"K\x01\x85", offset=b"K\x00", size=b"K\x02", storage=b"torch\nFloatStorage\n", key=b"0"):
    """The pickle of one tensor of two floats, with whatever it claims."""
    name = b"X" + len(key).to_bytes(4, "little") + key
    pid = b"(X\x07\x00\x00\x00storagec" + storage + name + b"X\x03\x00\x00\x00cpu" + size + b"tQ"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + pid + offset + shape + strides + b"\x89}tR."


BROKEN = {
    "as it should be": (rebuilt(), ""),
    "beyond the storage": (rebuilt(offset=b"K\x01"), "reaches beyond the end"),
    "long strides": (rebuilt(strides=b"K\x09\x85"), "reaches beyond the end"),
    "negative offset": (rebuilt(offset=b"J\xff\xff\xff\xff"), "broken data.pkl"),
    "negative stride": (rebuilt(strides=b"J\xff\xff\xff\xff\x85"), "broken data.pkl"),
    "other number of strides": (rebuilt(strides=b"K\x01K\x01\x86"), "broken data.pkl"),
    "large storage": (rebuilt(size=b"K\x09"), "truncated: its storage needs 36 bytes"),
    "huge shape": (rebuilt(shape=b"\x8a\x09" + b"\xff" * 8 + b"\x00\x85"), "broken data.pkl"),
    "no such storage": (rebuilt(key=b"9"), "no member x/data/9"),
    "path as storage": (rebuilt(key=b"../../etc/passwd"), "no member"),
    "no storage type": (rebuilt(storage=b"torch\nfloat32\n"), "is not a storage"),
    "unknown storage type": (rebuilt(storage=b"torch\nQInt8Storage\n"), "contains a torch.QInt8Storage"),
    "tensor without storage": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00K\x02\x85K\x01\x85\x89}tR.", "broken data.pkl"),
    "too few arguments": (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "of 0 arguments"),
    "a call of a number": (b"\x80\x02K\x01)R.", "cannot be called"),
    "cut": (rebuilt()[:-9], "broken data.pkl"),
    "empty": (b"", "broken data.pkl"),
    "text": (b"hello", "broken data.pkl"),
    "no such opcode": (b"\x80\x02\xff.", "broken data.pkl"),
    "empty stack": (b"\x80\x02R.", "broken data.pkl"),
    "no mark": (b"\x80\x02t.", "broken data.pkl"),
    "two objects": (b"\x80\x02K\x01K\x01.", "does not end with one object"),
    "no such memo": (b"\x80\x02h\x05.", "broken data.pkl"),
    "an instance": (b"\x80\x02(ios\nsystem\n.", "opcode INST"),
    "an object": (b"\x80\x04ccollections\nOrderedDict\n)\x81.", "opcode NEWOBJ"),
    "an extension": (b"\x80\x02\x82\x01.", "opcode EXT1"),
    "a module as a mapping": (b"\x80\x02cbuiltins\neval\n.", "builtins.eval"),
    "deep tuples": (b"\x80\x02}" + b")" + b"\x85" * 200_000 + b"K\x01s.", "keys that are not text"),
    "a list as a key": (b"\x80\x02}]K\x01s.", "keys that are not text"),
    "an unusual name": (b"\x80\x02c\x1b[31m\nX\n.", "which is not a tensor"),
}


@pytest.mark.parametrize(("raw", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_pickles(raw, says):
    torch_files.archive("x.pt", {"data.pkl": raw, "data/0": TWO.tobytes()})
    if not says:
        assert all_rows(open_source("x.pt")).tolist() == [1, 2]
    else:
        refused(3, "regress", "x.pt", "x.pt", "-l", "mae", says=(says, "x.pt"))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)), max_size=4))
def test_damaged_pickles_end_in_an_error_or_a_tensor(tmp_path_factory, changes):
    raw = bytearray(rebuilt())
    for at, new in changes:
        raw[at : at + len(new)] = new
    path = tmp_path_factory.mktemp("x") / "x.pt"
    torch_files.archive(path, {"data.pkl": bytes(raw), "data/0": TWO.tobytes()})
    with contextlib.suppress(DataError):
        all_rows(open_source(str(path)))


def test_broken_archives():
    np.save("t.npy", np.arange(3.0))
    whole = Path(torch_files.save("x.pt", {"pred": np.arange(3.0)})).read_bytes()

    def says(*words):
        refused(3, "regress", "x.pt", "t.npy", "-l", "mae", says=words)

    for cut in (10, len(whole) // 2, len(whole) - 1):
        Path("x.pt").write_bytes(whole[:cut])
        says("not a readable torch file")
    at = whole.index(np.arange(3.0).tobytes())
    Path("x.pt").write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
    says("column pred", "its checksum is wrong")
    Path("x.pt").write_bytes(pickle.dumps([1]))
    says("pickle")
    torch_files.save("x.pt", {"pred": np.arange(3.0)}, compressed=("data/0",))
    says("x/data/0 is compressed", "zip -0")
    torch_files.save("x.pt", {"pred": np.arange(3.0)}, compressed=("data.pkl",))
    says("x/data.pkl is compressed")


def test_the_command():
    torch_files.save("p.pt", {"pred": np.array([1.0, 2, 4]), "epoch": 3})
    torch_files.save("t.pt", np.array([[1.0, 9], [2, 9], [3, 9]])[:, 0])
    done = cli("regress", "p.pt", "t.pt", "-l", "mse", "-f", "json")
    assert done.loss["value"] == pytest.approx(1 / 3, rel=1e-15)
    assert done.report["inputs"]["pred"]["left_out"] == [{"column": "epoch", "why": "not an array of rows"}]


@pytest.mark.slow
def test_same_bits_for_any_number_of_jobs():
    rng = np.random.default_rng(0)
    pred, target = rng.random((2, 30_000, 3)).swapaxes(1, 2)[..., ::2].swapaxes(1, 2)
    torch_files.save("p.pt", {"pred": pred, "target": target})
    np.savez("p.npz", pred=np.ascontiguousarray(pred), target=np.ascontiguousarray(target))
    runs = [
        cli("regress", path, "-l", "mse", "-f", "json", "--jobs", str(jobs)) for path in ("p.pt", "p.npz") for jobs in (1, 2, 4)
    ]
    assert len({done.loss["value"] for done in runs}) == 1
