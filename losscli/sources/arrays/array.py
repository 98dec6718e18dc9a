"""Arrays in the NPY format, as fields: read row by row, or kept in memory if they were compressed. Never unpickles."""

from __future__ import annotations

import warnings
from math import prod
from tokenize import TokenError
from typing import IO, Any, Protocol

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.seen_files import changed
from losscli.numerics.stable import Array, Bools, Ints
from losscli.sources.files.byte_file import ByteFile

_FORMAT = np.lib.format
_MOST_AXES = 64
"""The limit of NumPy."""
_LAST = 0x10FFFF
"""The last code point."""
_GAP, _TOGETHER, _SPARSE = 1 << 13, 1 << 23, 4
"""Bytes between rows that are read together nevertheless, the most bytes of them, and how many times the bytes of an array may be
read for it."""
_KINDS = {"f": "f", "i": "i", "u": "i", "b": "i", "U": "U"}


@dataclass(frozen=True)
class Header:
    """The contents of an NPY header, and the length of the header."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int

    @property
    def size(self) -> int:
        """The size of the values in bytes."""
        return prod(self.shape) * self.dtype.itemsize

    def whole_rows(self, length: int) -> str:
        """Which rows are whole in the first `length` bytes of the values, for a message."""
        rows = self.shape[0]
        if self.fortran and len(self.shape) > 1:
            return "no row is whole, as it is stored by columns"
        whole = length * rows // self.size if self.size else rows
        return f"row {whole} of {rows} is the last whole one" if whole > 0 else f"none of {rows} rows is whole"

    @property
    def kind(self) -> str:
        return _KINDS[self.dtype.kind]


def read_header(stream: IO[bytes], where: Where) -> Header:
    """The checked header at the start of `stream`. Raises DataError if the array cannot be read as rows."""
    try:
        version = _FORMAT.read_magic(stream)
    except ValueError:
        raise DataError("not an NPY array", where, "write it with numpy.save, or give the file its right suffix") from None
    try:
        if version not in ((1, 0), (2, 0)):  # 3.0 is used only for field names of structured arrays
            raise ValueError(f"format version {version[0]}.{version[1]}")
        read = _FORMAT.read_array_header_1_0 if version == (1, 0) else _FORMAT.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns about headers written by Python 2
            shape, fortran, dtype = read(stream)
    except (ValueError, TypeError, SyntaxError, TokenError, OverflowError, RecursionError, MemoryError) as e:
        why = str(e.args[0] if e.args else e).partition(": <")[0]  # without the address of an object of the parser
        if isinstance(e, MemoryError) or "max_header_size" in why:
            why = "it is too long"
        raise DataError(f"broken NPY header: {visible(why)}", where, "write it again with numpy.save") from None
    header = Header(shape, fortran, dtype, stream.tell())
    check(header, where)
    return header


def check(header: Header, where: Where) -> None:
    """Raise DataError if an array is not rows of numbers or text."""
    shape, dtype = header.shape, header.dtype
    if dtype.hasobject:
        fix = "save a numeric array, or text as array.astype(str)"
        raise DataError("contains pickled Python objects, which are never loaded", where, fix)
    if dtype.kind not in _KINDS:
        kinds = {"c": "complex numbers", "V": "a structured array", "S": "byte strings"}
        found = kinds.get(dtype.kind, f"values of type {dtype}")
        fix = "save text as array.astype(str)" if dtype.kind == "S" else "save plain integers, floats or booleans"
        raise DataError(f"contains {found}, not numbers", where, fix)
    if not shape:
        raise DataError("contains a single number, not rows", where, "save an array with at least one dimension")
    if any(type(n) is not int or n < 0 for n in shape) or len(shape) > _MOST_AXES:
        raise DataError(f"broken header: shape {visible(shape)}", where, "write the file again")
    if header.size == 0:
        raise DataError(f"contains no values (shape {shape})", where, "nothing to evaluate; check the program that wrote the file")


class Whole(Protocol):
    """Loads all values of an array at once; picklable."""

    def load(self) -> Array: ...


@dataclass(frozen=True)
class Loaded:
    """The values of an array in memory."""

    array: Array

    def load(self) -> Array:
        return self.array


@dataclass(frozen=True)
class Stored:
    """Values stored uncompressed in a file from `offset` on, read as they are needed: a map of a file that gets shorter would end
    the process. strides: the steps in bytes along each axis, for a view of a larger array; None: the values are contiguous."""

    file: ByteFile
    offset: int
    header: Header
    shown: str = ""
    strides: tuple[int, ...] | None = None

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1, read-only."""
        steps = self.steps
        out = self._block(self.offset + start * steps[0], (max(0, stop - start), *self.header.shape[1:]), steps)
        out.flags.writeable = False
        return out

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order: those that are close to each other in the file are read together."""
        order = np.argsort(rows, kind="stable")
        ascending = np.asarray(rows)[order]
        width = max(1, self.header.size // self.header.shape[0])
        gaps = np.flatnonzero(np.diff(ascending) * width > _GAP) + 1
        out: Array = np.empty((len(rows), *self.header.shape[1:]), self.header.dtype)
        most = max(1, _TOGETHER // width)
        for part in np.split(np.arange(len(rows)), gaps):
            at = 0
            while at < len(part):
                low = int(ascending[part[at]])
                end = at + int(np.searchsorted(ascending[part[at:]], low + most))
                near = ascending[part[at:end]]
                out[order[part[at:end]]] = self.read(low, int(near[-1]) + 1)[near - low]
                at = end
        return out

    @property
    def steps(self) -> tuple[int, ...]:
        """The bytes from one element to the next along each axis."""
        h = self.header
        if self.strides is not None:
            return self.strides
        lengths = h.shape if h.fortran else h.shape[::-1]
        steps = tuple(h.dtype.itemsize * prod(lengths[:i]) for i in range(len(lengths)))
        return steps if h.fortran else steps[::-1]

    def _block(self, offset: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
        """Elements of a shape, `steps` bytes apart: read as one piece where they are dense, else piece by piece along the axis of
        the largest steps."""
        if not prod(shape):
            return np.empty(shape, self.header.dtype)
        spread = sum((n - 1) * step for n, step in zip(shape, steps, strict=True)) + self.header.dtype.itemsize
        if spread <= max(_GAP, _SPARSE * prod(shape) * self.header.dtype.itemsize):
            raw = np.empty(spread, np.uint8)
            if self.file.read_into(raw.data, offset) < spread:
                raise changed(self.shown)
            self.file.check(self.shown)
            return np.ndarray(shape, self.header.dtype, raw.data, 0, steps)
        axis = max((i for i, n in enumerate(shape) if n > 1), key=lambda i: steps[i])
        within = (*shape[:axis], *shape[axis + 1 :]), (*steps[:axis], *steps[axis + 1 :])
        return np.stack([self._block(offset + i * steps[axis], *within) for i in range(shape[axis])], axis)


def refuse_short(header: Header, length: int, where: Where) -> None:
    """Raise DataError if `length` bytes cannot contain the header and all values."""
    found = length - header.length
    if found < header.size:
        what = f"truncated: the header announces {header.size} bytes of values, the file has {found}; {header.whole_rows(found)}"
        raise DataError(what, where, "copy or write the file again")


def stored(file: ByteFile, start: int, header: Header, length: int, where: Where) -> Stored:
    """The values after the header at `start`, checked against the `length` bytes available."""
    refuse_short(header, length, where)
    return Stored(file, start + header.length, header, where.path)


class ArrayRows:
    """Shape, type and location of the rows of one array, from its header."""

    def __init__(self, header: Header, place: Where) -> None:
        self.place = place
        self.names: tuple[str, ...] = (place.column,) if place.column else ()
        self.rows, self.shape, self.kind, self.dtype = header.shape[0], header.shape[1:], header.kind, header.dtype

    def where(self, row: int, item: int = 0) -> Where:
        index = ", ".join(str(i) for i in np.unravel_index(item, self.shape)) if self.shape else ""
        column = (self.place.column or "") + (f"[{index}]" if index else "")
        return Where(self.place.path, row=row + 1, column=column or None)

    def read(self, start: int, stop: int) -> Array:
        raise NotImplementedError

    def forget(self) -> None:
        """Release the values kept in memory."""


class ArrayField(ArrayRows):
    """The rows of an array in a file. What can only be loaded as a whole is, by the first read, and is not pickled."""

    def __init__(self, values: Stored | Whole, header: Header, place: Where) -> None:
        super().__init__(header, place)
        self._values = values
        self._array: Array | None = None

    @property
    def stored(self) -> bool:
        """Whether rows can be read without reading the others."""
        return isinstance(self._values, Stored)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1, read-only."""
        values = self._values
        if isinstance(values, Stored):
            return values.read(min(start, self.rows), min(stop, self.rows))
        return self._whole(values)[start:stop]

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        values = self._values
        return values.take(rows) if isinstance(values, Stored) else np.asarray(self._whole(values)[rows])

    def _whole(self, values: Whole) -> Array:
        array = self._array  # another thread may forget it meanwhile
        if array is None:
            array = self._array = values.load()
        return array

    def forget(self) -> None:
        self._array = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_array": None}


def _no_text(rows: Array) -> Bools:
    """Which rows of NumPy text contain a number that is not a code point."""
    codes = np.ascontiguousarray(rows).view(np.dtype(np.uint32).newbyteorder(rows.dtype.byteorder))
    return np.asarray((codes.reshape(len(rows), rows.dtype.itemsize // 4) > _LAST).any(1))


class TextField:
    """A vector read as text, for keys, labels and groups: numbers as a CSV would have them, NaN as an empty cell."""

    shape: tuple[int, ...] = ()
    kind = "U"

    def __init__(self, field: ArrayRows) -> None:
        where = field.place
        if field.shape:
            raise DataError(f"text needs one value per row, found rows of shape {field.shape}", where, "save a vector of keys")
        self._field, self.names, self.rows = field, field.names, field.rows

    def read(self, start: int, stop: int) -> Array:
        rows = self._field.read(start, stop)
        if rows.dtype.kind == "U" and (bad := _no_text(rows)).any():
            fix = "write the array again with numpy.save"
            raise DataError("text with code points that do not exist", self.where(start + int(np.argmax(bad))), fix)
        out = np.empty(len(rows), dtype=object)
        out[:] = rows.astype(str) if rows.dtype.kind == "f" else [str(v) for v in rows.tolist()]
        if rows.dtype.kind == "f":
            out[np.isnan(rows)] = ""
        return out

    def compared(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as they are stored."""
        return self._field.read(start, stop)

    def forget(self) -> None:
        self._field.forget()

    def where(self, row: int, item: int = 0) -> Where:
        return self._field.where(row, item)
