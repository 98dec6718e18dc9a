"""Files of torch.save (`.pt`, `.pth`), read without torch and without unpickling, row by row."""

from __future__ import annotations

import math
from typing import Any
from zipfile import ZipInfo

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField, Header
from losscli.sources.arrays.batches import listed
from losscli.sources.arrays.keyed import BARE
from losscli.sources.arrays.small_floats import SmallFloat
from losscli.sources.arrays.tensors import Found, Tensor, TensorFile
from losscli.sources.arrays.torch_archive import TorchArchive
from losscli.sources.arrays.torch_pickle import ALONE, Refused, TensorView, read
from losscli.sources.base import Source
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

_DEEPEST = 20
_MOST = 1_000_000
"""Objects in the containers of a file."""
_LARGER = 1000
"""How many times as many values as its storage has a view may have."""
_LONGEST_TEXTS = 1 << 26
"""Bytes that the texts of a list may take as an array."""


class TorchFile(TensorFile):
    """The tensors of a torch file: one tensor is a bare array, those in dicts and lists are arrays by key, `outer.inner`."""

    format = "pt"
    split = staticmethod(listed)

    def __init__(self, file: InputFile) -> None:
        self._archive = TorchArchive(file)
        contents = _Contents(self._archive)
        try:
            top = read(self._archive.pickle())
            contents.add(top, BARE, 0)
        except Refused as e:
            raise DataError(e.what, file.place, e.fix) from None
        bare = contents.found.get(BARE)
        if isinstance(bare, DataError):
            raise bare
        if contents.arrays == 0:
            raise DataError("contains no tensors", file.place, ALONE)
        self._storages, self._single, self.stored = contents.storages, contents.single, tuple(contents.found)
        self.listed = isinstance(top, (list, tuple))
        super().__init__(file, contents.found)

    def open_array(self, key: str, header: Header) -> ArrayField:
        """The rows in the storage, whose checksum is verified."""
        info = self._storages.get(key)
        if info is not None:
            self._archive.verify(info, self.where(key))
        return super().open_array(key, header)

    def values(self, key: str) -> Array:
        """All values of a tensor, also of one that has none, or the single number or text under a key."""
        if key in self._single:
            return np.array(self._single[key])
        tensor = self._tensors[key]
        if isinstance(tensor, DataError):
            raise tensor
        if not isinstance(tensor, Tensor):
            return tensor
        if 0 in tensor.shape:
            return np.empty(tensor.shape)
        flat = Tensor(tensor.offset, tensor.shape or (1,), tensor.kind, tensor.strides if tensor.shape else None)
        field = flat.field(self._file.data, self.where(key))
        found: Array = np.array(field.read(0, field.rows))
        return found


class _Contents:
    """The tensors of nested containers by key, with the members of their storages."""

    def __init__(self, archive: TorchArchive) -> None:
        self._archive, self._left = archive, _MOST
        self.found: dict[str, Found] = {}
        self.storages: dict[str, ZipInfo] = {}
        self.single: dict[str, int | str] = {}
        self.arrays = 0

    def add(self, item: Any, key: str, depth: int) -> None:
        """Add what `item` contains. Raises Refused for containers nested without end, and for two tensors of one key."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise Refused("contains containers nested without end")
        found = self._one(item, key)
        if found is None:
            for name, inner in item.items() if isinstance(item, dict) else enumerate(item):
                self.add(inner, f"{key}.{name}" if depth else str(name), depth + 1)
        elif key in self.found:
            raise Refused(f"contains two tensors of the key {visible(key, 60)!r}", "rename one of them")
        else:
            self.found[key] = found

    def _one(self, item: Any, key: str) -> Found | None:
        """A tensor, or an array, or why it is neither; None for a container to look into."""
        where = Where(self._archive.place.path, column=key or None)
        try:
            if isinstance(item, TensorView):
                self.arrays += 1
                return self._tensor(item, key, where)
            if isinstance(item, (list, tuple)) and item and all(type(x) in _ARRAYS for x in item):
                self.arrays += 1
                return _array(item, where)
        except DataError as e:
            return e
        if isinstance(item, (list, tuple, dict)):
            return None
        if type(item) in (int, str):
            self.single[key] = item
        return DataError(f"contains {_NAMES.get(type(item), 'no tensor')}, not a tensor", where, ALONE)

    def _tensor(self, view: TensorView, key: str, where: Where) -> Tensor:
        kind, storage = view.kind, view.storage
        stored = kind.stored if isinstance(kind, SmallFloat) else kind
        info, item = self._archive.storage(storage.key, where), stored.itemsize
        size = storage.size * (1 if storage.kind is None else item)
        if size > info.file_size:
            what = f"truncated: its storage needs {size} bytes, the archive has {info.file_size}"
            raise DataError(what, where, "copy or write the file again")
        count = math.prod(view.shape)
        last = view.offset + sum((n - 1) * step for n, step in zip(view.shape, view.strides, strict=True))
        if count and (last + 1) * item > size:
            raise DataError("broken: it reaches beyond the end of its storage", where, "write the file again with torch.save")
        if count > _LARGER * max(1, size // item):
            raise DataError("repeats the values of a far smaller storage", where, "save tensor.contiguous()")
        start = self._archive.start(info, where) + view.offset * item
        ordered = stored.newbyteorder(self._archive.byte_order)
        self.storages[key] = info
        strides = tuple(step * item for step in view.strides)
        return Tensor(start, view.shape, SmallFloat(kind.name, ordered) if isinstance(kind, SmallFloat) else ordered, strides)


_ARRAYS: dict[type, type] = {str: str, int: np.int64, float: np.float64, bool: np.bool_}
_NAMES = {str: "a text", int: "a single number", float: "a single number", bool: "a truth value", type(None): "None"}


def _array(items: list[Any] | tuple[Any, ...], where: Where) -> Array:
    """A list of numbers or of texts."""
    kinds = {type(x) for x in items}
    if len(kinds) > 1:
        raise DataError("a list of values of several types", where, "save a tensor")
    kind = kinds.pop()
    if kind is str and len(items) * max(map(len, items)) * 4 > _LONGEST_TEXTS:
        raise DataError("a list of texts that takes too much memory", where, "save the texts in a CSV file")
    try:
        return np.array(items, _ARRAYS[kind])
    except OverflowError:
        raise DataError("contains integers beyond 64 bits", where, "save a tensor") from None


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Source:
    from losscli.sources.annotations import arrays_per_image as per_image  # late: most files have one tensor per role

    found = TorchFile(file)
    keys = {} if file.member else per_image.keys_of(found.stored)
    if not keys:
        return found
    listed = found.listed or "" in keys
    table = per_image.of_arrays(file.shown, found.format, file.sha256(), keys, found.values, listed=listed, how=how)
    return found if table is None else table
