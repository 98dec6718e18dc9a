"""Arrays in the NPY format, as fields: memory-mapped, or kept in memory if they were compressed. Never unpickles."""

from __future__ import annotations

import mmap
import warnings
from math import prod
from tokenize import TokenError
from typing import IO, Any, Protocol

import numpy as np

from losscli.core.errors import DataError, Unreadable, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Bools, Ints
from losscli.sources.files.byte_file import ByteFile

_FORMAT = np.lib.format
_MOST_AXES = 64
"""The limit of NumPy."""
_LAST = 0x10FFFF
"""The last code point."""
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


class Values(Protocol):
    """Loads the values of an array; picklable."""

    def load(self) -> Array: ...


@dataclass(frozen=True)
class Loaded:
    """The values of an array in memory."""

    array: Array

    def load(self) -> Array:
        return self.array


@dataclass(frozen=True)
class Mapped:
    """Values stored uncompressed in a file from `offset` on. strides: the steps in bytes along each axis, for a view of a larger
    array; None: the values are contiguous."""

    file: ByteFile
    offset: int
    header: Header
    shown: str = ""
    strides: tuple[int, ...] | None = None

    def load(self) -> Array:
        """A read-only memory map, open as long as the array or a view of it exists."""
        h = self.header
        order: Any = "F" if h.fortran else "C"
        page = self.offset - self.offset % mmap.ALLOCATIONGRANULARITY
        stop = self.offset + (h.size if self.strides is None else extent(h, self.strides))
        if self.file.size < stop:
            raise Unreadable("the file has become shorter since its header was read", Where(self.shown), "write the file again")
        self.file.check(self.shown)
        held = self.file.map(page, stop)
        return np.ndarray(h.shape, h.dtype, held, self.offset - page, self.strides, order)


def extent(header: Header, strides: tuple[int, ...]) -> int:
    """The bytes from the first value of a view to the end of the last."""
    return sum((n - 1) * step for n, step in zip(header.shape, strides, strict=True)) + header.dtype.itemsize


def refuse_short(header: Header, length: int, where: Where) -> None:
    """Raise DataError if `length` bytes cannot contain the header and all values."""
    found = length - header.length
    if found < header.size:
        what = f"truncated: the header announces {header.size} bytes of values, the file has {found}; {header.whole_rows(found)}"
        raise DataError(what, where, "copy or write the file again")


def mapped(file: ByteFile, start: int, header: Header, length: int, where: Where) -> Mapped:
    """The values after the header at `start`, checked against the `length` bytes available."""
    refuse_short(header, length, where)
    return Mapped(file, start + header.length, header, where.path)


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
    """The rows of an array in a file, loaded on the first read and not pickled."""

    def __init__(self, values: Values, header: Header, place: Where) -> None:
        super().__init__(header, place)
        self._values = values
        self._array: Array | None = None

    @property
    def mapped(self) -> bool:
        """Whether rows can be read without reading the others."""
        return isinstance(self._values, Mapped)

    def _whole(self) -> Array:
        array = self._array  # another thread may forget it meanwhile
        if array is None:
            array = self._array = self._values.load()
        return array

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1: a read-only view, or a copy if the values are not aligned in the file."""
        rows = self._whole()[start:stop]
        return rows if rows.flags.aligned else rows.copy(order="K")

    def release(self, start: int, stop: int) -> None:
        """Release the memory pages of these rows if they are mapped, so that a file larger than memory never fills it."""
        array = self._array  # another thread may forget it meanwhile
        held = getattr(array, "base", None)
        if array is None or not isinstance(held, mmap.mmap) or not array.flags.c_contiguous or not hasattr(held, "madvise"):
            return
        row = array.strides[0]
        lead = len(held) - array.nbytes
        first, end = lead + start * row, lead + stop * row
        first -= first % mmap.PAGESIZE
        end -= end % mmap.PAGESIZE if stop < len(array) else 0
        if end > first:
            held.madvise(mmap.MADV_DONTNEED, first, end - first)

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return np.asarray(self._whole()[rows])

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
