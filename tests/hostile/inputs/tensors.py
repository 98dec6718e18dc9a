"""Tensors and datasets that are malformed, or that can be read in more than one way: safetensors, torch files and HDF5."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

from tests.hostile.inputs.row import Table, main
from tests.support import torch_files
from tests.support.samples import _path

THREE = np.array([1.0, 2.0, 3.0])
TENSORS = Table()
TENSORS.of("safetensors")


def tensors(header: Any, data: bytes = bytes(48), size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def tensor(begin: int, end: int, kind: str = "F64", shape: Any = (3,)) -> dict[str, Any]:
    return {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}


def safe(name: str, content: bytes, *says: str, command: str = "regress a.safetensors -l mae") -> None:
    TENSORS.add(name, command, {"a.safetensors": content}, *says)


TARGET = {"target": tensor(24, 48)}
safe("empty", b"", "a.safetensors: the file is empty")
safe(
    "cut in the header",
    main("safetensors")[:20],
    "a.safetensors: truncated: a header of 120 bytes is announced, the file has 12 after the length",
)
safe(
    "cut in the data",
    main("safetensors")[:-8],
    "a.safetensors, column target: truncated: its values end at byte 96 of the buffer, which has 88",
)
safe(
    "a header of 10^18 bytes",
    tensors(b"{}", size=10**18),
    "a.safetensors: not a safetensors file: a header of 1000000000000000000 bytes is announced;",
)
safe(
    "a header that is not JSON",
    tensors(b"{'pred': 1}"),
    "a.safetensors: broken header",
)
safe("a header that is an array", tensors(b"[1]"), "a.safetensors: not a safetensors file: no header follows its first 8 bytes")
safe(
    "tensors that overlap",
    tensors({"pred": tensor(0, 24), "target": tensor(16, 40)}, bytes(40)),
    "a.safetensors, column target: broken header: its values overlap those of 'pred'",
)
safe(
    "a tensor beyond the end",
    tensors({"pred": tensor(0, 24), "target": tensor(24, 480)}),
    "a.safetensors, column target: truncated: its values end at byte 480 of the buffer, which has 48",
)
safe(
    "a size that is not that of the shape",
    tensors({"pred": tensor(0, 24, shape=(4,)), **TARGET}),
    "a.safetensors, column pred: broken header: shape [4] of F64 takes 32 bytes, its offsets span 24",
)
safe(
    "a negative offset",
    tensors({"pred": tensor(-24, 0), **TARGET}),
    "a.safetensors, column pred: broken header: dtype F64, shape [3] and offsets [-24, 0]",
)
safe(
    "an unknown type",
    tensors({"pred": tensor(0, 24, "Q4"), **TARGET}),
    "a.safetensors, column pred: contains values of type Q4, which losscli does not read",
)
safe(
    "a key twice",
    tensors(b'{"pred":' + json.dumps(tensor(0, 24)).encode() + b',"pred":' + json.dumps(tensor(24, 48)).encode() + b"}"),
    "a.safetensors: broken header: the key 'pred' occurs twice",
)
safe(
    "unequal lengths",
    tensors({"pred": tensor(0, 24), "target": tensor(24, 40, shape=(2,))}, bytes(40)),
    "a.safetensors: `pred` has 3 rows, `target` has 2",
)
safe(
    "bytes after the last tensor",
    tensors({"pred": tensor(0, 24), **TARGET}, bytes(80)),
    "a.safetensors: broken file: 32 bytes of its buffer belong to no tensor",
)
safe("no tensor", tensors({"__metadata__": {"format": "pt"}}, b""), "a.safetensors: contains no tensors")
safe(
    "metadata that are numbers",
    tensors({"__metadata__": {"epoch": 3}, "pred": tensor(0, 24)}, bytes(24)),
    "mae reads `target` (TARGET), which the inputs do not contain; a.safetensors has pred",
)

TENSORS.of("pt")


def torch(name: str, content: bytes, *says: str, command: str = "regress a.pt -l mae") -> None:
    TENSORS.add(name, command, {"a.pt": content}, *says)


def pickled(value: Any, **members: bytes) -> bytes:
    return _path(lambda path: torch_files.archive(path, {"data.pkl": value, "byteorder": b"little", **members}), "a.pt")


class Payload:
    def __reduce__(self):
        import os

        return os.system, ("touch pwned",)


def saved(value: Any) -> bytes:
    return _path(lambda path: torch_files.save(path, value), "a.pt")


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as z:
        return {name: z.read(name) for name in z.namelist()}


def rewritten(content: bytes, change: Any) -> bytes:
    """The torch file with other bytes for its first storage; None for none."""
    found = {name: change(data) if name.endswith("data/0") else data for name, data in members(content).items()}
    return _path(lambda path: torch_files.archive(path, {k: v for k, v in found.items() if v is not None}, root=""), "a.pt")


torch("empty", b"", "a.pt: the file is empty")
torch("cut", main("pt")[:-40], "a.pt: not a readable torch file: File is not a zip file")
torch("a command", pickled(pickle.dumps(Payload(), 2)), "a.pt: calls posix.system, which tensors do not need")
torch(
    "a module",
    pickled(b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81."),
    "a.pt: contains a torch.nn.modules.linear.Linear, which is not a tensor",
)
torch("a pickle alone", pickle.dumps({"pred": [1, 2]}, 2), "a.pt: is a pickle, which is not read")
torch(
    "a file of old torch",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    "a.pt: is a file in the format before torch 1.6, which is not read",
)
torch("no tensor", saved({"epoch": 3}), "a.pt: contains no tensors")
torch("tensors of unequal lengths", saved({"pred": np.ones(3), "target": np.ones(2)}), "a.pt: `pred` has 3 rows, `target` has 2")
torch(
    "a storage that is not there",
    rewritten(main("pt"), lambda data: None),
    "a.pt, column pred: broken: the archive has no member x/data/0",
)
torch(
    "a storage cut",
    rewritten(main("pt"), lambda data: data[:8]),
    "a.pt, column pred: truncated: its storage needs 96 bytes, the archive has 8",
)
torch("bytes that are not a pickle", pickled(b"hello"), "a.pt: broken data.pkl: no object 101 was kept before")
torch("a pickle without its end", pickled(b"\x80\x02}q\x00"), "a.pt: broken data.pkl")
torch("a name that is not there", saved({"pred": np.ones(3)}), "a.pt::nope: no key 'nope'", command="regress a.pt::nope -l mae")

TENSORS.of("hdf5")


def hdf5(write: Any) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as f:
        write(f)
    return out.getvalue()


def held(name: str, content: bytes, *says: str, command: str = "regress a.h5 -l mae") -> None:
    TENSORS.add(name, command, {"a.h5": content}, *says)


def _fill(**data: Any) -> Any:
    def write(f: Any) -> None:
        for name, values in data.items():
            f[name.replace("__", "/")] = values

    return write


def _external(f: Any) -> None:
    import h5py

    f["pred"] = h5py.ExternalLink("/etc/passwd", "/x")
    f["target"] = np.ones(3)


def _stored_outside(f: Any) -> None:
    f.create_dataset("pred", (3,), "f8", external=[("/etc/passwd", 0, 24)])
    f["target"] = np.ones(3)


def _dangling(f: Any) -> None:
    import h5py

    f["pred"] = h5py.SoftLink("/nowhere")
    f["target"] = np.ones(3)


held("empty", b"", "a.h5: the file is empty")
held(
    "cut",
    main("h5")[: len(main("h5")) // 2],
    "a.h5: not a readable HDF5 file",
)
held("of no datasets", hdf5(lambda f: f.create_group("g")), "a.h5: contains no datasets")
held("unequal lengths", hdf5(_fill(pred=np.ones(3), target=np.ones(2))), "a.h5: `pred` has 3 rows, `target` has 2")
held("a link to another file", hdf5(_external), "a.h5, column /pred: is a link to the file /etc/passwd, which is not followed")
held("data in another file", hdf5(_stored_outside), "a.h5, column /pred: has its values in other files, which are not read")
held("a link to nothing", hdf5(_dangling), "mae reads `pred` (PRED), which the inputs do not contain; a.h5 has target")
held(
    "a dataset that is not there",
    hdf5(_fill(pred=np.ones(3))),
    "a.h5::/nope: no dataset /nope",
    command="regress a.h5::/nope -l mae",
)
held(
    "a group in place of a dataset",
    hdf5(_fill(g__pred=np.ones(3))),
    "mae reads `target` (TARGET), which the inputs do not contain; a.h5::/g has pred",
    command="regress a.h5::/g -l mae",
)
held(
    "one name in two groups",
    hdf5(_fill(a__pred=np.ones(3), b__pred=np.ones(3), target=np.ones(3))),
    "mae reads `pred` (PRED), which the inputs do not contain; a.h5 has a/pred, b/pred, target",
)
held(
    "records",
    hdf5(_fill(pred=np.zeros(3, [("a", "f8"), ("b", "i4")]), target=np.ones(3))),
    "mae reads `pred` (PRED), which the inputs do not contain; a.h5 has a, b, target",
)
