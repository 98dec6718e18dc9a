"""The pixels of one image as labels, or as floats: decoded, checked for what a mask cannot have, and never scaled."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.numerics.stable import Array
from losscli.sources.files.byte_file import ByteFile
from losscli.sources.images.header import ORIENTATION, Header, decoding, opened, refuse_turned
from losscli.sources.images.palette import ID, Palette, levels, numbers

_SCALED = {2: 85, 4: 17}
"""The factor by which Pillow scales grey levels of few bits to 8 bits."""

_COMPRESSION, _DEFLATED = 259, (8, 32946)
_PIECES = ((273, 279), (324, 325))
"""The tags of a TIFF with the places and the sizes of its strips, and of its tiles."""
_AT_ONCE = 1 << 20


def decoded(file: ByteFile, header: Header, palette: Palette | str, place: Where) -> Array:
    """The (H,W) pixels of an image: labels as whole numbers, or floats."""
    raw = file.read(0, file.size)
    file.check(place.path)
    image = opened(raw, place)
    with decoding(place, image.format):
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise DataError(f"has {frames} frames, where one image is read", place, "save each frame as a file of its own")
        if image.format == "TIFF":
            _check_deflated(image, raw)
        image.load()
        if image.format == "PNG":
            refuse_turned(image.getexif().get(ORIENTATION), place)
        clear, array = _clear(image), _array(image)
    if array.shape[:2] != header.size:
        raise DataError(f"cannot be decoded: {array.shape[:2]} pixels, where its header says {header.size}", place)
    if clear is not None and clear.any():
        row, column = np.unravel_index(int(np.argmax(clear)), clear.shape)
        what = f"pixel [{row}, {column}] is transparent, which is not a class"
        raise DataError(what, place, "save the mask without an alpha channel, with a label for such pixels")
    if header.pixels == "indices":
        table = np.asarray(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        if not palette:
            _refuse_levels(image.format, array, table, place)
            return array
        array = table[np.minimum(array, len(table) - 1)]
    if array.ndim > 2:
        return _labels(array, palette, place)
    return array // _SCALED[header.bits] if header.bits in _SCALED and image.mode == "L" else array


def _check_deflated(image: Any, raw: bytes) -> None:
    """Raise zlib.error for a damaged strip or tile of a deflated TIFF: libtiff stops before the checksum that ends each."""
    tags = image.tag_v2
    if tags.get(_COMPRESSION) not in _DEFLATED:
        return
    for starts, sizes in _PIECES:
        for start, size in zip(tags.get(starts, ()), tags.get(sizes, ()), strict=True):
            piece, left = zlib.decompressobj(), raw[start : start + size]
            while left and not piece.eof:
                piece.decompress(left, _AT_ONCE)
                left = piece.unconsumed_tail
            if not piece.eof:
                raise zlib.error("a strip ends within its compressed data")


def _array(image: Any) -> Array:
    """The numbers of an image, without alpha: (H,W), or (H,W,3) for colours."""
    mode = image.mode
    if mode in ("LA", "PA"):
        return np.asarray(image)[..., 0]
    if mode.startswith("RGB"):
        return np.asarray(image)[..., :3]
    array = np.asarray(image)
    return array.astype(np.uint8) if mode == "1" else array.astype(array.dtype.newbyteorder("="), copy=False)


def _clear(image: Any) -> Array | None:
    """Where an image is not opaque; None where it has no alpha. That of a palette is for display: its pixels are indices."""
    if image.mode in ("LA", "PA", "RGBA"):
        return np.asarray(np.asarray(image)[..., -1] != 255)
    mark = image.info.get("transparency")
    if mark is None or image.mode not in ("L", "I;16", "RGB") or isinstance(mark, bytes):
        return None
    return np.asarray((np.asarray(image) == np.asarray(mark)).all(-1) if image.mode == "RGB" else np.asarray(image) == mark)


def _refuse_levels(kind: str, indices: Array, table: Array, place: Where) -> None:
    """Raise DataError for a GIF of grey levels: the format always has a palette, so that its indices need not be the labels."""
    used = np.unique(indices)
    levels = table[np.minimum(used, len(table) - 1)]
    if kind != "GIF" or (levels != levels[:, :1]).any() or used.tolist() in ([0], [1], [0, 1]):
        return
    if not np.array_equal(used, levels[:, 0]):
        what = f"a GIF of grey levels: level {levels[-1, 0]} has the index {used[-1]} in its palette, and either may be the label"
        raise DataError(what, place, "use --palette grey to read the levels, or save the mask as PNG")


def _labels(image: Array, palette: Palette | str, place: Where) -> Array:
    """Colours as class numbers."""
    if not palette:
        raise colours(place)
    if palette == ID:
        return numbers(image)
    return levels(image, place) if isinstance(palette, str) else palette.labels(image, place)


def colours(place: Where) -> DataError:
    """The error of colours without a palette."""
    fix = (
        "name the colours of the classes with --palette FILE (lines `r g b name`); --palette grey reads grey levels, "
        "--palette id R + 256·G + 65536·B"
    )
    return DataError("an RGB image, whose colours are not class numbers", place, fix)
