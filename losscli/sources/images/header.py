"""What the header of an image says before a pixel is decoded: its size, and whether its pixels are numbers or colours."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib import import_module
from io import BytesIO
from threading import Lock
from typing import Any

from losscli.core.errors import DataError, LosscliError, UsageError, Where, install, visible
from losscli.core.records import dataclass
from losscli.sources.files import compression
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.files.first_bytes import HEAD
from losscli.sources.files.native_stderr import quiet

PNG = b"\x89PNG\r\n\x1a\n"
_IHDR = 26
_LOSSY = {b"\xff\xd8\xff": "JPEG", b"RIFF": "WebP", b"\0\0\0\x0cjP": "JPEG 2000"}
_IN_TIFF = ("jpeg", "tiff_jpeg", "jpeg2000", "webp")
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_UNTURNED = (None, 1)
ORIENTATION = 274
_BITS, _FORMAT, _SIGNED = 258, 339, 2
_WARNINGS = Lock()
_QUIET = ("PNG", "BMP", "GIF")
"""The kinds whose pixels are decoded without warnings."""


@dataclass(frozen=True)
class Header:
    """The size (H,W) of an image, the bits per number, and what is stored: `whole` or `float` numbers, `indices` of a palette, or
    `colours`. palette: of indices, red, green and blue in turn."""

    size: tuple[int, int]
    pixels: str
    bits: int
    palette: bytes = b""


def read_header(file: ByteFile, place: Where, most: int) -> Header:
    """The checked header. Raises DataError for what is not a mask, or has more pixels than `most`."""
    first = file.read(0, _IHDR)
    if not first:
        raise DataError("the file is empty", place, "check the program that wrote the file")
    found = _png(file, first, place) if first.startswith(PNG) else _other(file, first, place, most)
    _refuse_size(found.size, file, place, most)
    return found


def _refuse_size(size: tuple[int, int], file: ByteFile, place: Where, most: int) -> None:
    """Raise DataError for no pixels, for more than `most`, and for more than a file of so few bytes has if it is of use."""
    high, wide = size
    if not high or not wide:
        raise DataError("an image without pixels", place, "check the program that wrote it")
    if high * wide > most:
        what = f"{high} × {wide} pixels are more than --max-pixels {most}"
        raise DataError(what, place, f"use --max-pixels {high * wide} if the image is that large")
    if compression.expands_too_much(high * wide, file.size):
        what = f"its header announces {high} × {wide} pixels, more than a thousand times its {file.size} bytes"
        raise DataError(what, place, "copy or write the file again; a mask that is so large and so plain is read as NPY")


def opened(raw: bytes, place: Where) -> Any:
    """The image of Pillow's reader for these bytes, not decoded. Raises DataError for other kinds of files."""
    kind = next((kind for mark, kind in _KINDS.items() if raw.startswith(mark)), None)
    if kind is None:
        lossy = next((name for mark, name in _LOSSY.items() if raw.startswith(mark)), "")
        if lossy:
            what = f"a {lossy} image: its compression changes pixels, so that a class 7 may be read as 4"
            raise DataError(what, place, "save masks as PNG when they are made; a mask cannot be restored from such a file")
        packed = compression.recognised(raw[:HEAD])
        if packed is not None:
            fix = f"decompress it, as images are compressed themselves: {compression.command(packed.name, place.path)}"
            raise DataError(f"is compressed by {packed.name}", place, fix)
        raise DataError("not an image of a known kind", place, "save masks as PNG, TIFF, BMP or GIF")
    made = _plugin(*kind)
    with decoding(place):
        return made(BytesIO(raw))


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without Pillow's warnings about metadata and its own limit of pixels; one thread at a time, as both belong to the process."""
    import warnings

    from PIL import Image

    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def decoding(place: Where, kind: str = "") -> Iterator[None]:
    """Whatever Pillow raises for a broken file as a DataError. kind: of the image, where it is known."""
    try:
        with nullcontext() if kind in _QUIET else _unwarned(), quiet() if kind == "TIFF" else nullcontext():
            yield
    except LosscliError:
        raise
    except Exception as e:  # a decoder raises what it meets: zlib's, struct's and its own errors
        reason = visible(str(e).strip() or type(e).__name__)
        raise DataError(f"cannot be decoded: {reason}", place, "copy or write the file again") from None


def _plugin(module: str, name: str) -> Callable[[BytesIO], Any]:
    try:
        found: Callable[[BytesIO], Any] = getattr(import_module(f"PIL.{module}"), name)
    except ImportError:
        raise UsageError("images need Pillow, which is not installed", fix=install("images")) from None
    _unlogged()
    return found


@cache
def _unlogged() -> None:
    """Keep what Pillow logs of damaged files out of stderr, unless the program that uses it listens."""
    import logging

    logging.getLogger("PIL").addHandler(logging.NullHandler())


_TIFF = ("TiffImagePlugin", "TiffImageFile")
_KINDS = {
    PNG: ("PngImagePlugin", "PngImageFile"),
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0": _TIFF,
    b"MM\0+": _TIFF,
    b"BM": ("BmpImagePlugin", "BmpImageFile"),
    b"GIF8": ("GifImagePlugin", "GifImageFile"),
}
"""Pillow's readers by the first bytes, used without `Image.open`, which has a limit of pixels of its own."""


def _png(file: ByteFile, first: bytes, place: Where) -> Header:
    """From the IHDR chunk itself, as Pillow reads 16 bits per colour as 8 without a word."""
    if len(first) < _IHDR or first[12:16] != b"IHDR":
        raise DataError("cannot be decoded: the PNG ends within its header", place, "copy or write the file again")
    wide, high, bits, colour = struct.unpack(">IIBB", first[16:])
    if colour == _GREY:
        return Header((high, wide), "whole", bits)
    if colour == _PALETTE:
        return Header((high, wide), "indices", bits, _png_palette(file))
    if colour not in (_RGB, _GREY_ALPHA, _RGB_ALPHA):
        raise DataError(f"cannot be decoded: colour type {colour} of a PNG", place, "copy or write the file again")
    if bits == 16:
        raise _deep("an RGB image" if colour != _GREY_ALPHA else "a grey image with an alpha channel", place)
    return Header((high, wide), "whole" if colour == _GREY_ALPHA else "colours", bits)


def _png_palette(file: ByteFile) -> bytes:
    """The palette of a PNG; empty where the file is damaged before it, as decoding reports."""
    at = len(PNG)
    while len(head := file.read(at, 8)) == 8 and head[4:] != b"IDAT":
        size = int.from_bytes(head[:4], "big")
        if head[4:] == b"PLTE":
            return file.read(at + 8, min(size, 768))
        at += size + 12
    return b""


def _deep(what: str, place: Where) -> DataError:
    return DataError(
        f"{what} of 16 bits per channel, which is read as 8 bits by most libraries", place, "save labels as a grey image of 16 bits"
    )


def _other(file: ByteFile, first: bytes, place: Where, most: int) -> Header:
    image = opened(file.read(0, file.size), place)
    wide, high = image.size
    _refuse_size((high, wide), file, place, most)
    with decoding(place):
        _refuse_frames(image, place)
        bits = _tiff_bits(image, place) if image.format == "TIFF" else 8
        mode = image.mode
        palette = bytes(image.getpalette("RGB") or ()) if mode in ("P", "PA") else b""
    if mode in ("P", "PA"):
        return Header((high, wide), "indices", bits, palette)
    if mode in ("1", "L", "LA") or mode.startswith("I"):
        return Header((high, wide), "whole", 32 if mode == "I" else bits)
    if mode == "F":
        return Header((high, wide), "float", 32)
    if mode in ("RGB", "RGBA", "RGBX"):
        return Header((high, wide), "colours", 8)
    raise DataError(f"an image of mode {mode}, whose pixels are not labels", place, "save labels as a grey or palette image")


def _refuse_frames(image: Any, place: Where) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise DataError(f"has {frames} frames, where one image is read", place, "save each frame as a file of its own")


def _tiff_bits(image: Any, place: Where) -> int:
    """The bits per sample. Raises DataError for what Pillow would change: deep colours, lossy compression, a turned image."""
    tags = image.tag_v2
    bits = tags.get(_BITS, (1,))
    bits = bits if isinstance(bits, tuple) else (bits,)
    if image.info.get("compression") in _IN_TIFF:
        what = f"a TIFF with {image.info['compression']} compression, which changes pixels"
        raise DataError(what, place, "save masks without loss: as PNG, or as TIFF with LZW or deflate")
    if len(bits) > 1 and max(bits) > 8:
        raise _deep("an image of several channels", place)
    if max(bits) > 32:
        raise DataError(f"a TIFF of {max(bits)} bits per number, which Pillow rounds", place, "save 32-bit floats, or an NPY")
    if max(bits) == 8 and tags.get(_FORMAT, (1,))[0] == _SIGNED:
        raise DataError("a TIFF of signed 8-bit numbers, which Pillow reads as unsigned", place, "save unsigned labels")
    refuse_turned(tags.get(ORIENTATION), place)
    return int(max(bits))


def refuse_turned(tag: Any, place: Where) -> None:
    """Raise DataError for an orientation other than as stored."""
    if tag not in _UNTURNED:
        what = f"has the orientation tag {visible(tag)}: viewers turn the image, other programs read it as it is stored"
        raise DataError(what, place, "save it turned as it is meant, without the tag")
