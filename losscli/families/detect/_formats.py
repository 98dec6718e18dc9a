"""Box formats (xyxy, xywh, cxcywh): the column names that imply them, and conversion to corners and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import UsageError, visible
from losscli.numerics.stable import Array, Floats
from losscli.spec.names import BOX_FORMATS

FORMATS = BOX_FORMATS

_LAYOUTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("x1", "y1", "x2", "y2"), "xyxy"),
    (("xmin", "ymin", "xmax", "ymax"), "xyxy"),
    (("x_min", "y_min", "x_max", "y_max"), "xyxy"),
    (("left", "top", "right", "bottom"), "xyxy"),
    (("x", "y", "w", "h"), "xywh"),
    (("x", "y", "width", "height"), "xywh"),
    (("left", "top", "width", "height"), "xywh"),
    (("cx", "cy", "w", "h"), "cxcywh"),
    (("cx", "cy", "width", "height"), "cxcywh"),
    (("x_center", "y_center", "width", "height"), "cxcywh"),
)

PREFIXES = {"pred": ("pred_", ""), "target": ("target_", "gt_", "true_", "")}
"""Prefixes of a box's column names, so that one table can hold both sides."""


def box_columns(names: Sequence[str], prefixes: Sequence[str] = ("",)) -> tuple[tuple[str, ...], str] | None:
    """The four columns that hold a box and the format they imply, or None without known names.

    Raises UsageError if the names fit several formats.
    """
    own = {name.lower(): name for name in reversed(names)}
    for prefix in prefixes:
        hits = [(layout, form) for layout, form in _LAYOUTS if all(prefix + word in own for word in layout)]
        if not hits:
            continue
        columns = [tuple(own[prefix + word] for word in layout) for layout, _ in hits]
        if len(hits) > 1:
            spelled = " and ".join(visible(",".join(c)) for c in columns)
            fix = f"choose with --col box={visible(','.join(columns[0]))}"
            raise UsageError(f"several sets of columns look like a box: {spelled}", fix=fix)
        return columns[0], hits[0][1]
    return None


_CENTRES = (("cx", "cy"), ("x", "y"), ("x_center", "y_center"))
_SIDES = (("w", "h"), ("width", "height"))
_ANGLES = ("angle", "r", "rotation", "theta")


def oriented_columns(names: Sequence[str], prefixes: Sequence[str] = ("",)) -> tuple[str, ...] | None:
    """The five columns of a rotated box, or None without known names."""
    own = {name.lower(): name for name in reversed(names)}
    for prefix in prefixes:
        for centre in _CENTRES:
            for sides in _SIDES:
                for angle in _ANGLES:
                    words = [prefix + word for word in (*centre, *sides, angle)]
                    if all(word in own for word in words):
                        return tuple(own[word] for word in words)
    return None


def implied_format(names: Sequence[str]) -> str | None:
    """The format that four column names, in this order, imply, or None."""
    words = tuple(name.lower() for name in names)
    for prefix in sorted({p for side in PREFIXES.values() for p in side}, key=len, reverse=True):
        if all(word.startswith(prefix) for word in words):
            bare = tuple(word[len(prefix) :] for word in words)
            return next((form for layout, form in _LAYOUTS if layout == bare), None)
    return None


def corners(array: Array, form: str) -> Floats:
    """Boxes along the last axis as x1, y1, x2, y2 in float64; each coordinate is contiguous in memory."""
    a = np.ascontiguousarray(array.T if array.ndim == 2 else np.moveaxis(array, -1, 0), dtype=np.float64)
    if form == "xywh":
        a = np.stack([a[0], a[1], a[0] + a[2], a[1] + a[3]])
    elif form == "cxcywh":
        half_w, half_h = 0.5 * a[2], 0.5 * a[3]
        a = np.stack([a[0] - half_w, a[1] - half_h, a[0] + half_w, a[1] + half_h])
    return a.T if a.ndim == 2 else np.moveaxis(a, 0, -1)


def as_written(gradient: Floats, form: str) -> Floats:
    """A gradient by corners (…,4) converted to a gradient by the numbers of the given format."""
    if form not in ("xywh", "cxcywh"):
        return np.ascontiguousarray(gradient)
    x1, y1, x2, y2 = np.moveaxis(gradient, -1, 0)
    if form == "xywh":
        return np.stack([x1 + x2, y1 + y2, x2, y2], axis=-1)
    return np.stack([x1 + x2, y1 + y2, 0.5 * (x2 - x1), 0.5 * (y2 - y1)], axis=-1)
