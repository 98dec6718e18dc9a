"""Torch files without torch: the archive and the pickle that torch.save writes, for NumPy arrays in place of tensors."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from typing import Any
from unittest import mock

import numpy as np

STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}
"""The storages of `_rebuild_tensor_v2`; other types are rebuilt by `_rebuild_tensor_v3` from bytes."""


class Storage:
    """What a persistent id stands for."""

    def __init__(self, kind, key, size):
        self.kind, self.key, self.size = kind, key, size


def _modules():
    """The modules that a pickler imports to see that its globals are there."""
    torch, utils, storage = (types.ModuleType(name) for name in ("torch", "torch._utils", "torch.storage"))
    for name in (*STORAGES.values(), "uint16", "uint32", "uint64"):
        setattr(torch, name, type(name, (), {"__module__": "torch", "__qualname__": name}))
    storage.UntypedStorage = type("UntypedStorage", (), {"__module__": "torch.storage"})  # type: ignore[attr-defined]
    for name in ("_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"):
        made = types.FunctionType((lambda *_: None).__code__, {})
        made.__module__, made.__name__, made.__qualname__ = "torch._utils", name, name
        setattr(utils, name, made)
    torch._utils, torch.storage = utils, storage  # type: ignore[attr-defined]
    return {"torch": torch, "torch._utils": utils, "torch.storage": storage}


class Pickler(pickle.Pickler):
    """Writes arrays as tensors: a view and its base share a storage."""

    def __init__(self, stream, modules, protocol):
        super().__init__(stream, protocol)
        self._modules, self.storages, self._keys = modules, [], {}

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        return ("storage", obj.kind, obj.key, "cpu", obj.size)

    def reducer_override(self, obj):
        if not isinstance(obj, np.ndarray):
            return NotImplemented
        torch, utils = self._modules["torch"], self._modules["torch._utils"]
        whole = obj
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        if id(whole) not in self._keys:
            self._keys[id(whole)] = str(len(self.storages))
            self.storages.append(whole)
        key, item = self._keys[id(whole)], obj.dtype.itemsize
        offset = (obj.__array_interface__["data"][0] - whole.__array_interface__["data"][0]) // item
        view = (offset, obj.shape, tuple(step // item for step in obj.strides), False, OrderedDict())
        name = obj.dtype.newbyteorder("=").name
        if name in STORAGES:
            return utils._rebuild_tensor_v2, (Storage(getattr(torch, STORAGES[name]), key, whole.size), *view)
        untyped = Storage(self._modules["torch.storage"].UntypedStorage, key, whole.nbytes)
        return utils._rebuild_tensor_v3, (untyped, *view, getattr(torch, name))


def save(path: Any, value: Any, *, protocol: int = 2, big: bool = False, compressed: tuple[str, ...] = ()) -> str:
    """Write what torch.save would; big: as a big-endian machine does, of arrays in that order."""
    stream, modules = io.BytesIO(), _modules()
    with mock.patch.dict(sys.modules, modules):
        pickler = Pickler(stream, modules, protocol)
        pickler.dump(value)
    members = {"data.pkl": stream.getvalue(), "byteorder": b"big" if big else b"little"}
    members |= {f"data/{i}": whole.tobytes() for i, whole in enumerate(pickler.storages)}
    return archive(path, {**members, "version": b"3\n"}, compressed=compressed)


def archive(path: Any, members: dict[str, bytes], *, root: str = "x/", compressed: tuple[str, ...] = ()) -> str:
    """Write these members; torch writes them uncompressed."""
    with zipfile.ZipFile(path, "w") as z:
        for name, raw in members.items():
            z.writestr(root + name, raw, zipfile.ZIP_DEFLATED if name in compressed else zipfile.ZIP_STORED)
    return str(path)
