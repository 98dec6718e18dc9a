"""Data that are in memory already, as if they had been read from a file. Never copies an array."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array
from losscli.sources.arrays.array import ArrayField, Header, Loaded, TextField, check
from losscli.sources.as_array import as_array
from losscli.sources.base import Source, at_once
from losscli.sources.frames.frame import Frame, array_of, as_pandas
from losscli.sources.images.image_field import ImageField, common_shape


def as_source(path: str, data: Any) -> Source:
    """Data as a source: a DataFrame or a Series with a name is a table, whatever else arrays. `path` is its name in messages."""
    frame = as_pandas(data)
    if frame is None:
        return Memory(path, data)
    if frame.ndim == 1 and frame.name is None and all(n is None for n in frame.index.names):
        return Memory(path, frame)
    return Frame(path, frame)


class Memory:
    """One array, as a bare NPY, or arrays by key, as an NPZ. `path` is its name in messages."""

    format = "array"
    is_table = False
    forks = True
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, path: str, data: Any) -> None:
        self.path = path
        self._fields = {key: _field(path, key, values) for key, values in _named(path, data).items()}
        if not self._fields:
            raise DataError("contains no arrays", Where(path), "give a mapping of roles to arrays")
        self.names = tuple(k for k in self._fields if k)
        self.rows = next(iter(self._fields.values())).rows

    def numeric(self) -> tuple[str, ...]:
        return tuple(n for n in self.names if self._fields[n].kind != "U")

    def kind(self, name: str = "") -> str:
        """`f`, `i` or `U`."""
        return self._fields[name].kind if name in self._fields else ""

    def _field(self, name: str) -> ArrayField | ImageField:
        if name not in self._fields:
            known = f"its keys are {visible(', '.join(self.names))}" if self.names else "it is one array without keys"
            raise DataError(f"no array {visible(name)!r}{nearest(name, self.names)}", Where(self.path), known)
        return self._fields[name]

    def numbers(self, names: tuple[str, ...] = ()) -> ArrayField | ImageField:
        if len(names) > 1 or (self.names and not names):
            raise DataError(f"{len(names)} keys for one role", Where(self.path), f"name one of {visible(', '.join(self.names))}")
        name = names[0] if names else ""
        field = self._field(name)
        if field.kind == "U":
            raise DataError("contains text where numbers are needed", Where(self.path, column=name or None), "give a numeric array")
        return field

    def text(self, name: str = "") -> TextField:
        field = self._field(name)
        if isinstance(field, ImageField):
            raise DataError(
                "text needs one value per row, found images", Where(self.path, column=name or None), "give a vector of keys"
            )
        return TextField(field)

    def sha256(self, jobs: int = 1) -> str:
        """Of the keys, shapes, types and values."""
        digest = hashlib.sha256()
        for key, field in self._fields.items():
            each = max(1, at_once(field, field.rows))
            for start in range(0, field.rows, each):
                values = field.read(start, start + each)
                digest.update(f"{key}\0{values.dtype.str}\0{values.shape}\0".encode())
                digest.update(np.ascontiguousarray(values).data.cast("B") if values.dtype.kind != "U" else values.tobytes())
        return digest.hexdigest()


def _named(path: str, data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        return {"": data}
    named = {str(k): v for k, v in data.items()}
    if len(named) < len(data):
        raise DataError("two keys have the same name as text", Where(path), "rename one of them")
    return named


def _field(path: str, key: str, values: Any) -> ArrayField | ImageField:
    where = Where(path, column=key or None)
    images = images_of(values, where)
    if images is not None:
        return _image_field(images, where)
    frame = as_pandas(values)
    array = as_array(values, where) if frame is None else array_of(path, key, frame)
    header = Header(array.shape, False, array.dtype, 0)
    check(header, where)
    return ArrayField(Loaded(array), header, where)


class Images:
    """Images of different sizes, in the type that one array of all of them would have."""

    def __init__(self, images: Sequence[Array]) -> None:
        kind = np.result_type(*images)
        self._images = tuple(image.astype(kind, copy=False) for image in images)
        self.shapes = tuple(image.shape for image in images)
        self.shape = (len(images), *common_shape(self.shapes))
        self.ndim, self.dtype = len(self.shape), kind

    def __call__(self, row: int) -> Array:
        return self._images[row]


def images_of(values: Any, where: Where | None = None) -> Images | None:
    """Several images that differ in size, in a list or an array of objects; None for whatever else."""
    if isinstance(values, Images):
        return values
    several = isinstance(values, (list, tuple)) or (
        isinstance(values, np.ndarray) and values.dtype.kind == "O" and values.ndim == 1
    )
    if not several or len(values) < 2 or any(getattr(x, "ndim", 0) < 2 for x in values):
        return None
    found = [as_array(x, replace(where or Where("images"), row=i + 1)) for i, x in enumerate(values)]
    if len({x.shape for x in found}) == 1 or len({x.ndim for x in found}) > 1 or any(x.dtype.kind not in "fiub" for x in found):
        return None
    return Images(found)


@dataclass(frozen=True)
class _Row:
    """The place of a row."""

    where: Where

    def __call__(self, row: int) -> Where:
        return replace(self.where, row=row + 1)


def _image_field(images: Images, where: Where) -> ImageField:
    names = (where.column,) if where.column else ()
    return ImageField.of(names, images.shapes, "f" if images.dtype.kind == "f" else "i", images, _Row(where))
