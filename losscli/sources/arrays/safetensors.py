"""Safetensors: eight bytes of length, a JSON header, and a buffer. Every claim of the header is checked."""

from __future__ import annotations

import json
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.json_objects import no_constant, unique
from losscli.sources.arrays.small_floats import BFLOAT16, FLOAT8_E4M3FN, FLOAT8_E5M2, SmallFloat
from losscli.sources.arrays.tensors import MOST_AXES, Tensor, TensorFile
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import SideFormat

_LENGTH = 8
_LONGEST = 100_000_000
"""Bytes of the longest header that the format allows."""
_NOTES = "__metadata__"
_KINDS: dict[str, np.dtype[Any] | SmallFloat] = {
    "BOOL": np.dtype("?"),
    **{f"{kind}{8 * size}": np.dtype(f"<{kind.lower()}{size}") for kind in "IU" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
    "C64": np.dtype("<c8"),
    "BF16": BFLOAT16,
    "F8_E4M3": FLOAT8_E4M3FN,
    "F8_E5M2": FLOAT8_E5M2,
}
_FIX = "write the file again with safetensors' save_file"


class Entry(NamedTuple):
    """One tensor as the header describes it; offsets are those of the buffer."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


class Safetensors(TensorFile):
    """The tensors of a safetensors file."""

    format = "safetensors"

    def __init__(self, file: InputFile) -> None:
        header, begin = _header(file)
        entries = [_entry(name, facts, file.place) for name, facts in header.items() if name != _NOTES]
        if not entries:
            raise DataError("contains no tensors", file.place, "check the program that wrote the file")
        _check_buffer(entries, file.size - begin, file.place)
        super().__init__(file, {entry.name: _tensor(entry, begin, Where(file.shown, column=entry.name)) for entry in entries})


def _header(file: InputFile) -> tuple[dict[str, Any], int]:
    """The header, and the offset of the buffer after it."""
    place, size = file.place, file.size
    length = int.from_bytes(file.data.read(0, _LENGTH), "little")
    if size < _LENGTH or file.data.read(_LENGTH, 1) != b"{":
        raise DataError("not a safetensors file: no header follows its first 8 bytes", place, _FIX)
    if length > _LONGEST:
        what = f"not a safetensors file: a header of {length} bytes is announced; {_LONGEST} are the most"
        raise DataError(what, place, _FIX)
    if length > size - _LENGTH:
        what = f"truncated: a header of {length} bytes is announced, the file has {size - _LENGTH} after the length"
        raise DataError(what, place, "copy or write the file again")
    try:
        header = json.loads(file.data.read(_LENGTH, length), object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError:
        raise DataError("broken header: nested too deeply", place, _FIX) from None
    except ValueError as e:  # of UTF-8 and of JSON too
        raise DataError(f"broken header: {visible(e)}", place, _FIX) from None
    if not isinstance(header, dict):
        raise DataError("broken header: not a JSON object", place, _FIX)
    return header, _LENGTH + length


def _entry(name: str, facts: Any, place: Where) -> Entry:
    """One tensor. Raises DataError where the header contradicts the format."""
    try:
        dtype, shape, (start, stop) = facts["dtype"], facts["shape"], facts["data_offsets"]
    except (KeyError, TypeError, ValueError, IndexError):
        what = f"broken header: {visible(name, 60)!r} needs dtype, shape and two data_offsets"
        raise DataError(what, place, _FIX) from None
    counts = [*shape, start, stop] if isinstance(shape, list) and len(shape) <= MOST_AXES else [None]
    if not isinstance(dtype, str) or not all(type(n) is int and 0 <= n < 1 << 63 for n in counts) or stop < start:
        what = f"broken header: dtype {visible(dtype, 20)}, shape {visible(shape, 40)} and offsets {visible([start, stop], 40)}"
        raise DataError(what, Where(place.path, column=name), _FIX)
    return Entry(name, dtype, tuple(shape), start, stop)


def _check_buffer(entries: list[Entry], length: int, place: Where) -> None:
    """Raise DataError unless the tensors fill the buffer without gap or overlap, as the format demands."""
    ordered = sorted(entries, key=lambda entry: (entry.start, entry.stop))
    last = ordered[-1]
    if last.stop > length:
        what = f"truncated: its values end at byte {last.stop} of the buffer, which has {length}"
        raise DataError(what, Where(place.path, column=last.name), "copy or write the file again")
    for one, two in pairwise(ordered):
        if two.start < one.stop:
            what = f"broken header: its values overlap those of {visible(one.name, 60)!r}"
            raise DataError(what, Where(place.path, column=two.name), _FIX)
    filled = sum(entry.stop - entry.start for entry in entries)
    if filled != length:
        raise DataError(f"broken file: {length - filled} bytes of its buffer belong to no tensor", place, _FIX)


def _tensor(entry: Entry, begin: int, where: Where) -> Tensor | DataError:
    """The tensor in the file, or the error to raise when it is used."""
    kind = _KINDS.get(entry.dtype)
    if kind is None:
        what = f"contains values of type {visible(entry.dtype, 20)}, which losscli does not read"
        return DataError(what, where, f"save them as one of {' '.join(name for name in _KINDS if name != 'C64')}")
    size = kind.stored.itemsize if isinstance(kind, SmallFloat) else kind.itemsize
    if prod(entry.shape) * size != entry.stop - entry.start:
        what = f"broken header: shape {list(entry.shape)} of {entry.dtype} takes {prod(entry.shape) * size} bytes"
        return DataError(f"{what}, its offsets span {entry.stop - entry.start}", where, _FIX)
    return Tensor(begin + entry.start, entry.shape, kind)


def open_file(file: InputFile, how: SideFormat, jobs: int) -> Safetensors:
    return Safetensors(file)
