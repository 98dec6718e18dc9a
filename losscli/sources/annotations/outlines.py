"""The polygons of text labels, one per object, as masks of their images. Rasterises one when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.numerics.stable import Floats, Ints
from losscli.sources.annotations.box_table import LABEL, BoxTable, Lines
from losscli.sources.instances.objects import Instances, Size


@dataclass(frozen=True)
class Outlines:
    """The polygons of all lines.

    polygons: (k,2) points of each. shares: whether they are shares of the sizes of their images. owners: by line, the place of its
    image among those of the table. sizes: of the images, where they are known. scores: of the lines that have them.
    """

    polygons: tuple[Floats, ...]
    shares: bool
    lines: Lines
    owners: tuple[int, ...]
    sizes: Mapping[int, Size]
    scores: Floats | None = None

    def size(self, i: int) -> Size | None:
        return None

    def read(self, i: int, size: Size) -> Ints:
        from losscli.sources.coco.masks import rasterised

        points = self.polygons[i] * (size[1], size[0]) if self.shares else self.polygons[i]
        far = (points < -np.array(size[::-1])) | (points > 2 * np.array(size[::-1]))
        if far.any():
            what = f"the polygon reaches {points[far][0]:g} in an image of {size[0]} × {size[1]} pixels"
            raise DataError(what, self.where(i), "check --image-size or --images, and the polygon")
        return rasterised([points.ravel().tolist()], size, self.where(i))

    def where(self, i: int) -> Where:
        return self.lines.where(i)


class OutlineTable(BoxTable):
    """Text labels as families of images read them. outlines: None where the objects are boxes."""

    outlines: Outlines | None = None

    def instances(self, listed: Any) -> Instances:
        """The objects with their masks. Raises DataError for boxes, UsageError where the library that rasterises is missing."""
        from losscli.sources.coco.masks import rasteriser

        found = self.outlines
        if found is None:
            fix = "segment reads lines of a class and three or more points; detect reads boxes"
            raise DataError("its objects are boxes, which have no masks", Where(self.path), fix)
        rasteriser()
        labels = [str(x) for x in self.text(LABEL).read(0, self.rows).tolist()] if LABEL in self.names else [""] * self.rows
        images = self.images or ()
        return Instances(
            self,
            images,
            found.owners,
            labels,
            found,
            classes=tuple(self.classes[i] for i in sorted(self.classes)) or None,
            sizes=found.sizes,
            files=tuple(f"{image}.txt" for image in images),
            scores=None if found.scores is None else found.scores.tolist(),
            declared={"polygons": "pycocotools"},
            by_file=True,
        )
