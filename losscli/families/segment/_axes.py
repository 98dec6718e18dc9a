"""The axes of images: a bare (H,W) array as one image, channels in front, and single channels dropped. Never reads a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Protocol

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array
from losscli.spec.family import Conventions, PerImage
from losscli.spec.tile import Block


class _Rows(Protocol):
    """A field of one side."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def kind(self) -> str: ...
    def read(self, start: int, stop: int) -> Array: ...
    def where(self, row: int, item: int = 0) -> Where: ...


@dataclass(frozen=True)
class BareImages:
    """Bare (H,W) arrays, one per file, as the rows of their side."""

    field: _Rows
    rows: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        return self.field.names

    @property
    def height(self) -> int:
        return self.field.rows // self.rows

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, *self.field.shape)

    @property
    def kind(self) -> str:
        return self.field.kind

    def read(self, start: int, stop: int) -> Array:
        lines = self.field.read(start * self.height, stop * self.height)
        return lines.reshape(-1, *self.shape)

    def where(self, row: int, item: int = 0) -> Where:
        index = ", ".join(str(i) for i in np.unravel_index(item, self.shape))
        return Where(self.field.where(row * self.height).path, row=1, column=f"{','.join(self.names)}[{index}]")


def as_images(
    filled: Sequence[Any], tables: Mapping[str, bool], conventions: Conventions
) -> tuple[list[Any], Conventions, list[str]]:
    """The roles with bare (H,W) arrays as images, the conventions completed, and notes on what was read so.

    tables: whether the rows of a side are images for certain: those of a table, or of arrays with ids.
    """
    sides = {f.role: f for f in filled}
    notes: list[str] = []
    if {"scores", "mask"} <= set(sides) and _volumes(sides["scores"].field.shape, sides["mask"].field.shape, conventions):
        conventions = replace(conventions, volumes=True)
    if {"scores", "mask"} <= set(sides) and not any(tables.values()) and not conventions.rows_are_images:
        fields = {role: sides[role].field for role in ("scores", "mask")}
        _refuse_last(fields["scores"], fields["mask"], conventions)
        for role in _bare(fields["scores"], fields["mask"], conventions):
            sides[role] = replace(sides[role], field=BareImages(fields[role], _files(fields[role])))
            notes.append(_note(sides[role].field, all(len(x.shape) == 1 for x in fields.values())))
    if (
        tables.get("pred")
        and "scores" in sides
        and len(found := sides["scores"].field.shape) == 1
        and not conventions.rows_are_images
    ):
        path = visible(sides["scores"].field.where(0).path)
        notes.append(f"{path}: each row of the table is an image of {found[0]} pixels")
    if conventions.ignore_mask is not None and "mask" in sides:
        conventions = replace(conventions, ignore_mask=_per_image(conventions.ignore_mask, sides["mask"].field))
    return list(sides.values()), conventions, [notes[-1]] if notes else []


def _volumes(scores: tuple[int, ...], mask: tuple[int, ...], conventions: Conventions) -> bool:
    """Whether images are volumes whose scores have a single channel, which is dropped."""
    single = (scores[-1:] if conventions.channels == "last" else scores[:1]) == (1,)
    return len(scores) == 4 and single and len(mask) >= 3 and not conventions.multilabel


def _note(images: BareImages, rows: bool) -> str:
    """rows: whether the rows of both arrays could be images."""
    what = "a bare array is one image" if images.rows == 1 else f"bare arrays are {images.rows} images, one per file,"
    size = " × ".join(map(str, images.shape)) + " pixels" * (len(images.shape) == 2)
    other = "; --rows-are-images reads each row as an image" if rows else ""
    return f"{visible(images.where(0).path)}: {what} of {size}{other}"


def _bare(scores: _Rows, mask: _Rows, conventions: Conventions) -> tuple[str, ...]:
    """The roles whose array is an image rather than rows of images: TARGET of shape (H,W), and PRED of (H,W), (C,H,W) or (H,W,C)
    beside it; or one of them beside a single image of the other side."""
    ours, size = (scores.rows // _files(scores), *scores.shape), (mask.rows // _files(mask), *mask.shape)
    last = conventions.channels == "last"
    pixels = 3 if conventions.volumes else 2
    if len(ours) == pixels and size == (1, *ours):
        return ("scores",)
    if len(ours) == pixels + 1 and _lone(mask) and ours[0] > 1:
        if (ours[:-1] if last else ours[1:]) == size[1:]:
            return ("scores",)
        size = size[1:]
    if last and len(ours) == len(size) == pixels + 1 and ours[-1] == size[-1] == 1:
        return ("scores", "mask")
    if len(size) != pixels:
        return ()
    if ours[0] == 1 and size in (ours[1:], ours[1:-1] if last else ours[2:]):
        return ("mask",)
    if len(ours) == pixels + 1 and ours[:-1] == size != ours[1:] and not last:
        what = (
            f"PRED has shape {ours}, TARGET {size}: one image with its {ours[-1]} channel{'s' * (ours[-1] != 1)} on the last axis"
        )
        raise DataError(what, Where(scores.where(0).path), "use --channels last")
    if conventions.volumes:
        return ()
    both = len(ours) == 2 or (len(ours) == 3 and (ours[:2] if last else ours[1:]) == size)
    return ("scores", "mask") if both else ()


def _lone(field: _Rows) -> bool:
    """Whether the field is one file that is an image by its format."""
    return field.rows == 1 and hasattr(field, "shapes")


def _refuse_last(scores: _Rows, mask: _Rows, conventions: Conventions) -> None:
    """Raise DataError where both sides have a single channel on the last axis, which would be read as images one pixel wide."""
    ours, size = (scores.rows, *scores.shape), (mask.rows, *mask.shape)
    single = 3 <= len(ours) == len(size) <= 5 and ours[-1] == size[-1] == 1 and min(*ours[:-1][-2:], *size[:-1][-2:]) > 1
    if single and conventions.channels != "last":
        rows = ", or --rows-are-images if each row is an image one pixel wide" if len(ours) == 3 else ""
        what = f"PRED has shape {ours}, TARGET {size}: a single channel on the last axis"
        raise DataError(what, Where(scores.where(0).path), f"use --channels last{rows}")


def _files(field: _Rows) -> int:
    """The number of files of equally many rows whose rows the field joins; 1 where they differ and rows may be images."""
    ends = list(getattr(field, "ends", [field.rows]))
    if ends == [ends[0] * (i + 1) for i in range(len(ends))]:
        return len(ends)
    if len(field.shape) > 1:
        return 1
    fix = "save each image in a file of its own, or use --rows-are-images if each row is an image"
    raise DataError("bare arrays of different sizes", replace(field.where(ends[0]), row=None), fix)


def _per_image(ignored: PerImage, mask: _Rows) -> PerImage:
    """--ignore-mask with a leading axis of images, as many as masks."""
    if isinstance(ignored, np.ndarray) and ignored.ndim == len(mask.shape) and len(ignored) == mask.rows * mask.shape[0]:
        ignored = ignored.reshape(mask.rows, -1, *ignored.shape[1:])
    if len(ignored) != mask.rows:
        from losscli.sources.base import VARIES  # late: a list of losses loads no reader

        raise DataError(
            f"--ignore-mask has {len(ignored)} images, but TARGET has {mask.rows} masks"
            if VARIES in mask.shape
            else f"--ignore-mask has shape {ignored.shape}, but TARGET has {mask.rows} masks of shape {mask.shape}",
            fix="give an array of the shape of the masks, nonzero where a pixel is ignored",
        )
    return ignored


def has_channels(scores: Array, conventions: Conventions) -> bool:
    """Whether images of scores have an axis of channels, as their number of axes says."""
    return scores.ndim > (4 if conventions.volumes else 3)


def arranged(block: Block, conventions: Conventions) -> Block | None:
    """Both sides with channels on axis 1, and without a channel that is the only one; None where they are so already."""
    arrays, before = dict(block.arrays), block.place
    moved = _last_axes(arrays, conventions) if conventions.channels == "last" else {}
    for role in moved:
        arrays[role] = np.moveaxis(arrays[role], -1, 1)
    if "mask" in arrays:
        arrays |= _single(arrays["scores"], arrays["mask"], conventions)
    if all(arrays[role] is block.arrays[role] for role in arrays):
        return None

    before = block.place

    def place(role: str, row: int, item: int) -> Where:
        return before(role, row, _item_before(item, moved[role]) if role in moved else item)

    return replace(block, arrays=arrays, place=place, cache={})


def _last_axes(arrays: Mapping[str, Array], conventions: Conventions) -> dict[str, tuple[int, ...]]:
    """The images whose last axis has the channels, with their shapes."""
    shape = arrays["scores"].shape
    if not has_channels(arrays["scores"], conventions):
        raise UsageError(f"--channels last: PRED has shape {shape}, which has no axis of channels", fix="omit --channels")
    return {role: array.shape[1:] for role, array in arrays.items() if array.ndim == len(shape)}


def _single(scores: Array, mask: Array, conventions: Conventions) -> dict[str, Array]:
    """Both sides of a binary image without an axis of one channel, or with --multilabel both with it; labels never have one."""
    channels = has_channels(scores, conventions)
    if channels and scores.shape[1] == 1:
        if conventions.multilabel:
            return {"mask": mask[:, None] if mask.shape[1:] == scores.shape[2:] else mask}
        channels = mask.shape[1:] not in (scores.shape[1:], scores.shape[2:])
        scores = scores if channels else scores[:, 0]
    pixels = scores.shape[2:] if channels else scores.shape[1:]
    labels = mask.shape[1:] == (1, *pixels) and not (channels and scores.shape[1] == 1)
    return {"scores": scores, "mask": mask[:, 0] if labels else mask}


def _item_before(item: int, shape: tuple[int, ...]) -> int:
    """The place in an image of that shape, channels last, of an entry of the image with channels first."""
    *pixels, channels = shape
    channel, pixel = divmod(item, prod(pixels))
    return pixel * channels + channel


def in_order_of_file(gradient: Array, shape: tuple[int, ...], conventions: Conventions) -> Array:
    """A gradient with channels first in the shape of PRED."""
    if conventions.channels == "last" and len(shape) > 3:
        return np.moveaxis(gradient.reshape(shape[0], shape[-1], *shape[1:-1]), 1, -1)
    return gradient.reshape(shape)
