"""What options say of the boxes of a table, from their text, and boxes as shares of images in pixels by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled
from losscli.reading.derived import Derived
from losscli.reading.described import OWN, Described, respelled
from losscli.reading.roles import RoleColumns
from losscli.sources.annotations.class_names import NONE, names_of
from losscli.sources.annotations.image_sizes import Images, images_of
from losscli.sources.annotations.orders import normalised
from losscli.sources.base import Field, Source
from losscli.sources.folders.stems import stem_of
from losscli.sources.side_format import SIDES, side_format

_SPAN = 1 << 18


def described(formats: Mapping[str, Sequence[str]], pred: Source, target: Source | None) -> dict[str, Described]:
    """By side, what the options say, as typed, of files whose readers have no use for it. Raises UsageError or DataError."""
    found = {}
    for side, source in zip(SIDES, (pred, target), strict=True):
        if source is None or source.format in OWN:
            continue
        how = side_format(formats, side, alone=target is None, family="detect")
        names: Mapping[int, str] = {}
        if how.names is not None and how.names != NONE and _is_meant(source, formats, side):
            names = names_of(how.names, "").by_number
        stem = how.stem or ""
        images = images_of(how.images, how.image_size, stem)
        found[side] = Described(images, names, "" if source.format == "coco" else stem, how.keep_difficult)
    return found


def _is_meant(source: Source, formats: Mapping[str, Sequence[str]], side: str) -> bool:
    """Whether --names may be for this file: COCO's ids are numbers of their own, so it has to be given for their side alone."""
    return source.format != "coco" or any(text.startswith(f"{side}.") for text in formats.get("names", ()))


@dataclass(frozen=True)
class Scaled(Derived):
    """Boxes as shares of images, in pixels. sizes: width and height of the image of each row."""

    sizes: Ints
    kind: str = "f"

    def read(self, start: int, stop: int) -> Array:
        found: Array = self.field.read(start, stop) * np.tile(self.sizes[start:stop], 2)
        return found


def in_pixels(columns: RoleColumns, filled: Sequence[Filled]) -> list[Filled]:
    """The roles, with boxes in pixels where all of a side are shares and options say the sizes of its images."""
    out = []
    for one in filled:
        known = columns.described.get(one.side)
        box = columns.family.role(one.role).key == "box" and one.field.shape == (4,)
        if not box or known is None or known.images is None or not known.images.sized or not _shares(one.field):
            out.append(one)
            continue
        out.append(replace(one, field=Scaled(one.field, _sizes(columns, one.side, known.images, one.field.rows))))
        columns.notes.append(
            f"{visible(columns.source(one.side).path)}: shares of images read as pixels, by the sizes of the images"
        )
    return out


def _shares(boxes: Field) -> bool:
    found = False
    for start in range(0, boxes.rows, _SPAN):
        rows = boxes.read(start, min(start + _SPAN, boxes.rows))
        known = rows[np.isfinite(rows).all(1)]
        if not normalised(known):
            return False
        found = found or bool(known.size)
    return found


def _sizes(columns: RoleColumns, side: str, images: Images, rows: int) -> Ints:
    """Width and height of the image of each row."""
    if images.size is not None:
        return images.sizes([""] * rows)
    name = columns.reads(side, "image_id")
    if name is None:
        path = columns.source(side).path
        raise DataError("no column of images, whose sizes --images has", Where(path), f"name it with --col {side}.image_id=NAME")
    cells = [str(x) for x in columns.source(side).text(name).read(0, rows).tolist()]
    words = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
    stems = [stem_of(word) for word in respelled(columns.source(side), side, columns.described.get(side), "image_id", words)]
    return images.sizes(stems)[np.array([words[cell] for cell in cells], np.int64)]
