"""Images that are read one by one and may differ in size. Nothing is padded: a row is an array of its image's own shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Ints
from losscli.sources.base import VARIES, Field, gather, size

_LOOKED = 1 << 22
"""Numbers that are looked at together."""


def common_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of every row of that many axes: `VARIES` along the axes on which they differ."""
    return tuple(axis[0] if len(set(axis)) == 1 else VARIES for axis in zip(*shapes, strict=True))


@dataclass(frozen=True)
class ImageField:
    """Images, each loaded when it is read, as the rows of a field. Picklable if `load` is.

    shapes: of every image, known without loading it; all have equally many axes. load(i): image i, of the type that `kind` says.
    place(i): where image i is.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    kind: str
    load: Callable[[int], Array]
    place: Callable[[int], Where]
    shape: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        shapes: Sequence[tuple[int, ...]],
        kind: str,
        load: Callable[[int], Array],
        place: Callable[[int], Where],
    ) -> ImageField:
        return cls(names, tuple(shapes), kind, load, place, common_shape(shapes))

    @property
    def rows(self) -> int:
        return len(self.shapes)

    @property
    def most(self) -> int:
        """Images that are looked at together, so that memory does not grow with their number."""
        return max(1, _LOOKED // max(1, prod(self.shape)))

    def read(self, start: int, stop: int) -> Array:
        """Images start…stop-1 as one array. Raises DataError where they differ in size."""
        return self.take(np.arange(start, min(stop, self.rows)))

    def take(self, rows: Ints) -> Array:
        """The given images, in any order, as one array. Raises DataError where they differ in size."""
        found = np.asarray(rows).tolist()
        if not found:
            return np.zeros((0, *(max(n, 0) for n in self.shape)))
        for row in found[1:]:
            if self.shapes[row] != self.shapes[found[0]]:
                what = f"images of different sizes, {size(self.shapes[found[0]])} and {size(self.shapes[row])}, in one array"
                raise DataError(what, self.where(row), "give images of one size where all of them are read at once")
        images = [self.load(row) for row in found]
        return images[0][None] if len(images) == 1 else np.stack(images)

    def where(self, row: int, item: int | None = None) -> Where:
        """The place of an image, or of one of its pixels."""
        place = self.place(row)
        if item is None:
            return place
        index = ", ".join(str(i) for i in np.unravel_index(item, self.shapes[row]))
        return replace(place, column=f"{place.column or ''}[{index}]")


class ImageRows:
    """The images of a field, picked by their rows as from an array with an axis of images in front."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.shape = (field.rows, *field.shape)
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self._field.rows

    def __getitem__(self, rows: Ints, /) -> Array:
        return gather(self._field, np.asarray(rows))


def all_images(field: Field) -> Array | ImageRows:
    """Every row of a field: an array, or where images are decoded one by one, what is indexed like one."""
    return ImageRows(field) if isinstance(field, ImageField) or VARIES in field.shape else field.read(0, field.rows)
