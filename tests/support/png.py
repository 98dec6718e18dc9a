"""PNG files made by hand, to hold readers to: every bit depth and colour type, with any filter on any line. Uses zlib alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    pixels: np.ndarray,
    *,
    bits: int = 8,
    colour: int = GREY,
    filters: Sequence[int] = (0,),
    more: Iterable[tuple[bytes, bytes]] = (),
    after: Iterable[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG of these samples, (H,W) or (H,W,channels). filters: of the lines, in turn; more: chunks before the pixels."""
    high, wide = pixels.shape[:2]
    rows = packed(np.asarray(pixels).reshape(high, -1), bits)
    step = max(1, bits * (1 if pixels.ndim == 2 else pixels.shape[2]) // 8)
    lines, above = [], bytes(rows.shape[1])
    for y, row in enumerate(rows):
        line = row.tobytes()
        kind = filters[y % len(filters)]
        lines.append(bytes([kind]) + filtered(kind, line, above, step))
        above = line
    header = struct.pack(">IIBBBBB", wide, high, bits, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(b"".join(lines))), *after, (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*part) for part in parts)


def packed(samples: np.ndarray, bits: int) -> np.ndarray:
    """Rows of samples as bytes, the first in the highest bits."""
    if bits == 16:
        return samples.astype(">u2").view(np.uint8).reshape(len(samples), -1)
    if bits == 8:
        return samples.astype(np.uint8)
    each = np.unpackbits(samples.astype(np.uint8)[..., None], axis=-1)[..., -bits:]
    return np.packbits(each.reshape(len(samples), -1), axis=1)


def filtered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """One line by one of PNG's five filters."""
    left, corner = bytes(step) + line[:-step], bytes(step) + above[:-step]
    guesses = {
        0: lambda a, b, c: 0,
        1: lambda a, b, c: a,
        2: lambda a, b, c: b,
        3: lambda a, b, c: (a + b) // 2,
        4: paeth,
    }
    return bytes((x - guesses[kind](a, b, c)) & 255 for x, a, b, c in zip(line, left, above, corner, strict=True))


def paeth(a: int, b: int, c: int) -> int:
    guess = a + b - c
    return min((a, b, c), key=lambda x: abs(guess - x))


def write(path: str, pixels: Any, **how: Any) -> str:
    """Write a PNG; returns the path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(png(np.asarray(pixels), **how))
    return path


def palette(colours: np.ndarray) -> tuple[bytes, bytes]:
    """The chunk of a palette (n,3)."""
    return b"PLTE", np.asarray(colours, np.uint8).tobytes()
