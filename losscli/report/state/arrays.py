"""Arrays as plain data: compressed bytes in base64, column by column."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from math import prod
from typing import Any

import numpy as np

from losscli.numerics.stable import Array

KINDS = ("<f8", "<i8", "<u8", "|b1")
"""Doubles, integers and truths, as NumPy writes their types."""
KEYS = ("dtype", "shape", "zlib")
_MOST_AXES = 8


def packed(array: Array) -> dict[str, Any]:
    """An array as `dtype`, `shape` and `zlib`: the differences of its items as 64-bit words, the first bytes of all words first."""
    kind = array.dtype.newbyteorder("<").str if array.dtype.kind != "b" else "|b1"
    if kind not in KINDS:
        raise TypeError(f"{array.dtype} is not packed")
    plain = np.ascontiguousarray(array.astype(kind, copy=False))
    columns = plain.T if plain.ndim == 2 else plain
    if kind == "|b1":
        data = np.packbits(columns.ravel()).tobytes()
    else:
        words = np.ascontiguousarray(columns).ravel().view("<u8")
        words = np.diff(words, prepend=np.uint64(0))  # modulo 2^64
        data = np.ascontiguousarray(words.view(np.uint8).reshape(-1, 8).T).tobytes()
    return {"dtype": kind, "shape": list(array.shape), "zlib": b64encode(zlib.compress(data)).decode("ascii")}


def unpacked(data: Any) -> Array:
    """The array of plain data. Raises ValueError saying what is wrong."""
    if not isinstance(data, dict) or set(data) != set(KEYS):
        raise ValueError(f"is not an array: an object with {', '.join(KEYS)}")
    kind, shape = data["dtype"], data["shape"]
    if kind not in KINDS:
        raise ValueError(f"dtype is not one of {', '.join(KINDS)}")
    if not isinstance(shape, list) or len(shape) > _MOST_AXES or not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        raise ValueError("shape is not a list of lengths")
    count = prod(shape)
    raw = _inflated(data["zlib"], (count + 7) // 8 if kind == "|b1" else 8 * count)
    if kind == "|b1":
        flat: Array = np.unpackbits(np.frombuffer(raw, np.uint8))[:count].astype(bool)
    else:
        words = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(8, count).T).reshape(-1).view("<u8")
        flat = np.cumsum(words, dtype=np.uint64).view(np.dtype(kind).newbyteorder("="))
    return np.ascontiguousarray(flat.reshape(shape[::-1]).T) if len(shape) == 2 else flat.reshape(shape)


def _inflated(text: Any, size: int) -> bytes:
    """Decompressed bytes, of which there must be exactly `size`."""
    if not isinstance(text, str):
        raise ValueError("zlib is not a text")
    try:
        packed_bytes = b64decode(text.encode("ascii"), validate=True)
        reader = zlib.decompressobj()
        found = reader.decompress(packed_bytes, size + 1)
    except (ValueError, zlib.error):
        raise ValueError("zlib is not compressed data in base64") from None
    if len(found) != size or not reader.eof or reader.unused_data:
        raise ValueError("zlib has another length than shape says")
    return found
