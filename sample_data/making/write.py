"""Files with the same bytes on every run, and numbers that are exact in text and float32. Computes no data."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FOLDER = Path(__file__).parent.parent


def csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table with a header; a float is written with the digits that read back to the same double."""
    lines = [",".join(columns), *(",".join(_cell(v) for v in row) for row in rows)]
    text(name, "\n".join(lines) + "\n")


def text(name: str, content: str) -> None:
    """A file of text, in folders that are made."""
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="\n")


def png(name: str, indices: Array, colours: Sequence[tuple[int, int, int]]) -> None:
    """An image of indices with a palette. Its bytes are stored, not deflated: versions of zlib deflate differently."""
    high, wide = indices.shape
    lines = b"".join(b"\0" + row.tobytes() for row in np.asarray(indices, np.uint8))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(value for colour in colours for value in colour)),
        (b"IDAT", zlib.compress(lines, 0)),
        (b"IEND", b""),
    )
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts)
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def npy(name: str, array: Array) -> None:
    """One array, C-contiguous."""
    np.save(FOLDER / name, np.ascontiguousarray(array), allow_pickle=False)


def npz(name: str, arrays: Mapping[str, Array]) -> None:
    """Arrays by key, stored uncompressed; NumPy stamps the members with a constant date."""
    np.savez(FOLDER / name, allow_pickle=False, **{key: np.ascontiguousarray(a) for key, a in arrays.items()})


def significant(values: Array, digits: int = 6) -> Array:
    """Float64 rounded to `digits` significant digits."""
    return np.array([float(f"{v:.{digits}g}") for v in values.ravel()]).reshape(values.shape)


def on_grid(values: Array, bits: int) -> Array:
    """Float32 rounded to multiples of 2^-bits, which are exact in decimal text of `bits` places."""
    return np.asarray(np.rint(np.ldexp(values, bits)) / 2.0**bits, np.float32)


def shares(probabilities: Array, bits: int = 16) -> Array:
    """Float32 probabilities as counts of 2^-bits: none is 0 or 1, and the last axis sums to exactly one."""
    counts = np.maximum(np.rint(np.ldexp(probabilities, bits)), 1)
    largest = np.expand_dims(probabilities.argmax(-1), -1)
    rest = 2.0**bits - counts.sum(-1, keepdims=True) + np.take_along_axis(counts, largest, -1)
    np.put_along_axis(counts, largest, rest, -1)
    return np.asarray(counts / 2.0**bits, np.float32)


def softmax(logits: Array) -> Array:
    """Float64 probabilities; every row is checked to sum to one within 1e-12."""
    wide = logits.astype(np.float64)
    p = np.exp(wide - wide.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    assert all(abs(math.fsum(row) - 1) < 1e-12 for row in p), "a row of probabilities does not sum to one"
    return p


def _cell(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        text = repr(float(value))
        return text[:-2] if text.endswith(".0") else text
    return str(value)
