"""Data that are in memory already, as if they had been read from a file. Never copies an array."""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, nearest, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.sources.array import ArrayField, Header, TextField, check
from losscli.sources.base import Source
from losscli.sources.frame import Frame, array_of, as_pandas


def as_source(path: str, data: Any) -> Source:
    """Data as a source: a DataFrame or a Series with a name is a table, whatever else arrays. `path` is its name in messages."""
    frame = as_pandas(data)
    if frame is None:
        return Memory(path, data)
    if frame.ndim == 1 and frame.name is None and all(n is None for n in frame.index.names):
        return Memory(path, frame)
    return Frame(path, frame)


@dataclass(frozen=True)
class Loaded:
    """The values of an array in memory."""

    array: Array

    def load(self) -> Array:
        return self.array


class Memory:
    """One array, as a bare NPY, or arrays by key, as an NPZ. `path` is its name in messages."""

    format = "array"
    is_table = False
    forks = True
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, path: str, data: Any) -> None:
        self.path = path
        self._fields = {key: _field(path, key, values) for key, values in _named(data).items()}
        if not self._fields:
            raise DataError("contains no arrays", Where(path), "give a mapping of roles to arrays")
        self.names = tuple(k for k in self._fields if k)
        self.rows = next(iter(self._fields.values())).rows

    def numeric(self) -> tuple[str, ...]:
        return tuple(n for n in self.names if self._fields[n].kind != "U")

    def kind(self, name: str = "") -> str:
        """`f`, `i` or `U`."""
        return self._fields[name].kind if name in self._fields else ""

    def _field(self, name: str) -> ArrayField:
        if name not in self._fields:
            known = f"its keys are {visible(', '.join(self.names))}" if self.names else "it is one array without keys"
            raise DataError(f"no array {visible(name)!r}{nearest(name, self.names)}", Where(self.path), known)
        return self._fields[name]

    def numbers(self, names: tuple[str, ...] = ()) -> ArrayField:
        if len(names) > 1 or (self.names and not names):
            raise DataError(f"{len(names)} keys for one role", Where(self.path), f"name one of {visible(', '.join(self.names))}")
        field = self._field(names[0] if names else "")
        if field.kind == "U":
            raise DataError("contains text where numbers are needed", field.place, "give a numeric array")
        return field

    def text(self, name: str = "") -> TextField:
        return TextField(self._field(name))

    def sha256(self) -> str:
        """Of the keys, shapes, types and values."""
        digest = hashlib.sha256()
        for key, field in self._fields.items():
            values = field.read(0, field.rows)
            digest.update(f"{key}\0{values.dtype.str}\0{values.shape}\0".encode())
            digest.update(np.ascontiguousarray(values).data.cast("B") if values.dtype.kind != "U" else values.tobytes())
        return digest.hexdigest()


def _named(data: Any) -> Mapping[str, Any]:
    return {str(k): v for k, v in data.items()} if isinstance(data, Mapping) else {"": data}


def _field(path: str, key: str, values: Any) -> ArrayField:
    where = Where(path, column=key or None)
    frame = as_pandas(values)
    array = _array(values, where) if frame is None else array_of(path, key, frame)
    header = Header(array.shape, False, array.dtype, 0)
    check(header, where)
    return ArrayField(Loaded(array), header, where)


def _array(values: Any, where: Where) -> Array:
    """What numpy.asarray makes of the values; None among numbers and masked values are NaN."""
    try:
        if isinstance(values, np.ma.MaskedArray) and values.mask.any():
            values = np.ma.filled(values.astype(np.float64), np.nan)
        array = np.asarray(values)
    except ValueError:
        raise DataError("not an array: its rows differ in length", where, "give every row the same number of values") from None
    if array.ndim == 0:
        raise DataError("one value where rows are needed", where, "give a list or an array with an entry per row")
    if array.dtype.kind != "O":
        return array
    if all(isinstance(x, str) for x in array.flat):
        return array.astype(str)
    if all(x is None or isinstance(x, (numbers.Real, np.number, np.bool_)) for x in array.flat):
        return array.astype(np.float64)
    kinds = sorted({type(x).__name__ for x in array.flat})
    raise DataError(f"contains values of several types: {', '.join(kinds[:4])}", where, "give an array of numbers, or one of text")
