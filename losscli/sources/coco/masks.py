"""The masks of the objects of a COCO file: runs, compressed or not, or polygons. Decodes a mask when it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, install, visible
from losscli.core.records import dataclass
from losscli.core.values import is_whole
from losscli.numerics.stable import Ints
from losscli.sources.coco.entries import Entries
from losscli.sources.instances.objects import Instances, Size
from losscli.sources.instances.rle import of_compressed, of_counts

if TYPE_CHECKING:
    from losscli.sources.base import Source
    from losscli.sources.coco.catalogue import Catalogue

KEY = "segmentation"
_LONGEST = 1 << 22
"""Pixels of an outline: pycocotools holds five points of each of them, in several arrays."""
_FORMS = "a mask is polygons [[x, y, x, y, …], …], or runs with their `size` and `counts`"


@dataclass(frozen=True)
class Segmentations:
    """What the entries of a file have under `segmentation`."""

    entries: Entries

    def size(self, i: int) -> Size | None:
        """The size that runs are stored with."""
        mask = self.entries.items[i].get(KEY)
        if not isinstance(mask, dict):
            return None
        size = mask.get("size")
        if not isinstance(size, list) or len(size) != 2 or not all(_is_whole(n) and n > 0 for n in size):
            self.entries.refuse(i, "runs without a `size` of two whole numbers", "their size is [height, width]", KEY)
        return size[0], size[1]

    def read(self, i: int, size: Size) -> Ints:
        mask = self.entries.items[i].get(KEY)
        if not isinstance(mask, dict):
            return self._of_polygons(i, mask, size)
        counts = mask.get("counts")
        if isinstance(counts, str):
            return of_compressed(counts, size[0] * size[1])
        if not isinstance(counts, list) or not all(map(_is_whole, counts)):
            self.entries.refuse(i, "runs whose `counts` are neither text nor whole numbers", _FORMS, KEY)
        return of_counts(counts, size[0] * size[1])

    def where(self, i: int) -> Where:
        return self.entries.where(i, KEY)

    def _of_polygons(self, i: int, polygons: Any, size: Size) -> Ints:
        self._refuse_polygons(i, polygons, size)
        return rasterised(polygons, size, self.where(i))

    def _refuse_polygons(self, i: int, polygons: Any, size: Size) -> None:
        """Raise DataError for what is not polygons near an image of that size."""
        if not isinstance(polygons, list):
            self.entries.refuse(i, "an object without its mask" if polygons is None else "a mask of an unknown form", _FORMS, KEY)
        if not polygons:
            self.entries.refuse(i, "an object without polygons", "give every object its mask, or remove the object", KEY)
        for polygon in polygons:
            if not isinstance(polygon, list):
                self.entries.refuse(i, "polygons in one list of numbers", "write a list of polygons, each a list of numbers", KEY)
            if len(polygon) < 6 or len(polygon) % 2:
                what = f"a polygon of {len(polygon)} number{'s' * (len(polygon) != 1)}"
                self.entries.refuse(i, what, "a polygon is at least three points, [x, y, x, y, x, y]", KEY)
            for at, x in enumerate(polygon):
                side = size[1] if at % 2 == 0 else size[0]
                if isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x):
                    self.entries.refuse(i, f"{visible(x, 40)} is not a coordinate", "correct the polygon", KEY)
                if not -side <= x <= 2 * side:
                    what = f"the polygon has {'y' if at % 2 else 'x'} = {x:g} in an image of {size[0]} × {size[1]} pixels"
                    self.entries.refuse(i, what, "polygons are in pixels of their image; check its size", KEY)


def instances(source: Source, entries: Entries, ids: Sequence[str], known: Catalogue | None) -> Instances:
    """The objects of a file. ids: of their images; known: the images and categories of the annotations, which results go without.

    Raises DataError where no object has a mask, and UsageError where polygons need a library that is missing.
    """
    masks = [item.get(KEY) for item in entries.items]
    if not any(masks):
        what = "its objects have boxes, but no masks"
        raise DataError(what, Where(source.path), "write the `segmentation` of every object; detect reads boxes")
    polygons = any(isinstance(mask, list) and mask for mask in masks)
    if polygons:
        rasteriser()
    categories = entries.ids("category_id")
    images = tuple(known.images if known is not None else dict.fromkeys(ids))
    place = {name: row for row, name in enumerate(images)}
    scores = [item.get("score") for item in entries.items]
    names = known.names if known is not None else {}
    return Instances(
        source,
        images,
        [place[x] for x in ids],
        [names.get(x, x) for x in categories],
        Segmentations(entries),
        classes=tuple(names.get(x, x) for x in known.categories) if known is not None and known.categories else None,
        numbers=_numbers(known) if known is not None else {},
        sizes=_sizes(known) if known is not None else {},
        files=_files(known) if known is not None else (),
        scores=scores if all(isinstance(x, (int, float)) for x in scores) else None,
        crowds=frozenset(i for i, item in enumerate(entries.items) if item.get("iscrowd")),
        declared={"polygons": "pycocotools"} if polygons else {},
    )


def rasterised(polygons: Sequence[Sequence[float]], size: Size, place: Where) -> Ints:
    """The runs of the polygons of an object, x and y in turn, as pycocotools paints them.

    Raises DataError for an outline that is so long that pycocotools would need gigabytes for it, or end without an error.
    """
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        long = np.abs(points - np.roll(points, 1, axis=0)).max(1).sum() + len(points)
        if long > _LONGEST:
            what = f"the outline of a polygon of {len(points)} points is {long:.0f} pixels long; {_LONGEST} are the most"
            raise DataError(what, place, "write the mask as runs, or the polygon with fewer points")
    made = rasteriser().frPyObjects([[float(x) for x in polygon] for polygon in polygons], *size)
    return np.concatenate([of_compressed(found["counts"].decode("ascii"), size[0] * size[1]) for found in made])


def rasteriser() -> Any:
    """The functions of pycocotools on masks. Raises UsageError where it is missing."""
    try:
        from pycocotools import mask
    except ImportError:
        fix = f"{install('coco')}, or write the masks as runs"
        raise UsageError("polygons need pycocotools, which is not installed", fix=fix) from None
    return mask


def _numbers(known: Catalogue) -> dict[str, int]:
    """The ids of the categories by name; none where they are not numbers."""
    ids = known.categories
    return {known.names.get(x, x): int(x) for x in ids} if all(map(is_whole, ids)) else {}


def _sizes(known: Catalogue) -> dict[int, Size]:
    """The sizes of the images that have one."""
    found = {}
    for row, image in enumerate(known.images.values()):
        high, wide = image.get("height"), image.get("width")
        if isinstance(high, int) and isinstance(wide, int) and min(high, wide) > 0:
            found[row] = (high, wide)
    return found


def _files(known: Catalogue) -> tuple[str, ...]:
    found = [image.get("file_name") for image in known.images.values()]
    return tuple(map(str, found)) if all(found) and len(set(found)) == len(found) else ()


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
