"""Boxes and masks drawn on an image, by Pillow: a target is solid or an outline, a prediction dashed or hatched. Reads no files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np

from losscli.core.errors import visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Bools
from losscli.pictures.look import COLORS

LONGEST, SHORTEST, QUALITY = 640, 320, 80
"""The bounds of the longest side in pixels, and the quality of JPEG."""
TARGET, PREDICTION = COLORS[0], COLORS[1]
_DASH, _GAP, _WIDTH = 9, 6, 3
_HATCH, _STROKE, _OUTLINE = 9, 3, 2


@dataclass(frozen=True)
class Box:
    """Corners x1, y1, x2, y2 in pixels of the image, and what is written at the box."""

    corners: tuple[float, float, float, float]
    words: str
    predicted: bool


@dataclass(frozen=True)
class Masks:
    """The pixels of a class on both sides, each (H,W)."""

    target: Bools
    pred: Bools


def with_boxes(image: Any, boxes: Sequence[Box]) -> bytes:
    """The image as JPEG with boxes and their words."""
    from PIL import ImageDraw

    small, scale = _small(image)
    draw = ImageDraw.Draw(small)
    for box in boxes:
        x1, y1, x2, y2 = (min(max(c * s, -LONGEST), 2 * LONGEST) for c, s in zip(box.corners, (*scale, *scale), strict=True))
        lines = [((x1, y1), (x2, y1)), ((x2, y1), (x2, y2)), ((x2, y2), (x1, y2)), ((x1, y2), (x1, y1))]
        for color, width in (("#ffffff", _WIDTH + 2), (PREDICTION if box.predicted else TARGET, _WIDTH)):
            for a, b in lines:
                for piece in _dashes(a, b) if box.predicted else [(a, b)]:
                    draw.line(piece, fill=color, width=width)
    for box in boxes:
        x1, y1, _, y2 = (c * s for c, s in zip(box.corners, (*scale, *scale), strict=True))
        _label(draw, small.size, (x1, y2 + 2 if box.predicted else y1 - 18), box.words, PREDICTION if box.predicted else TARGET)
    return _jpeg(small)


def with_masks(image: Any, masks: Sequence[Masks]) -> bytes:
    """The image as JPEG with the classes of both sides, a colour for each class."""
    from PIL import Image

    small, _ = _small(image)
    pixels = np.asarray(small).copy()
    rows, columns = np.indices(pixels.shape[:2])
    hatch = (rows + columns) % _HATCH < _STROKE
    for i, found in enumerate(masks):
        target, pred = (_nearest(x, pixels.shape[:2]) for x in (found.target, found.pred))
        color = _rgb([c for c in COLORS if c][i % (len(COLORS) - 1)])
        edge = target & ~_eroded(target, _OUTLINE)
        pixels[pred & hatch] = color
        pixels[_eroded(target, 0) & ~_eroded(target, _OUTLINE + 1)] = 255
        pixels[edge] = color
    return _jpeg(Image.fromarray(pixels))


def _small(image: Any) -> tuple[Any, tuple[float, float]]:
    """The image with its longest side within bounds, and the scale of both axes. Tiny ones grow by a whole factor."""
    from PIL import Image

    longest = max(image.size)
    share = LONGEST / longest if longest > LONGEST else max(1, SHORTEST // longest)
    size = tuple(max(1, round(n * share)) for n in image.size)
    way = Image.Resampling.LANCZOS if share < 1 else Image.Resampling.NEAREST
    small = image.copy() if size == image.size else image.resize(size, way)
    return small, (size[0] / image.width, size[1] / image.height)


def _dashes(a: tuple[float, float], b: tuple[float, float]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """A side in dashes."""
    length = abs(b[0] - a[0]) + abs(b[1] - a[1])
    step = ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length else (0.0, 0.0)
    starts = np.arange(0, length, _DASH + _GAP).tolist()
    ends = [min(start + _DASH, length) for start in starts]
    return [
        ((a[0] + s * step[0], a[1] + s * step[1]), (a[0] + e * step[0], a[1] + e * step[1]))
        for s, e in zip(starts, ends, strict=True)
    ]


def _label(draw: Any, size: tuple[int, int], at: tuple[float, float], words: str, color: str) -> None:
    """Words on a ground of their own, within the image."""
    if not words:
        return
    from PIL import ImageFont

    font, text = ImageFont.load_default(), visible(words, 60)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    wide, high = right - left + 6, bottom - top + 6
    x, y = (min(max(place, 0), max(room - side, 0)) for place, room, side in zip(at, size, (wide, high), strict=True))
    draw.rectangle((x, y, x + wide, y + high), fill=color)
    draw.text((x + 3 - left, y + 3 - top), text, fill="#ffffff", font=font)


def _nearest(mask: Bools, shape: tuple[int, int]) -> Bools:
    """The mask in another size."""
    rows, columns = (np.arange(n) * m // n for n, m in zip(shape, mask.shape, strict=True))
    return mask[np.ix_(rows, columns)]


def _eroded(mask: Bools, times: int) -> Bools:
    """The mask without what is within some pixels of its border, those of the image included."""
    for _ in range(times):
        wide = np.pad(mask, 1)
        mask = mask & wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return mask


def _rgb(color: str) -> Array:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def _jpeg(image: Any) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=0)  # thin lines keep their colours
    return out.getvalue()
