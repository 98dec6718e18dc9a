"""The images of --ignore-mask, each with the mask of its name: a folder pairs by file name as PRED and TARGET do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import key_columns
from losscli.reading.key_words import plain
from losscli.sources.base import Field, declared_of, gather, size
from losscli.sources.images.image_field import ImageField, all_images

if TYPE_CHECKING:
    from losscli.reading.asked import Reading
    from losscli.sources.base import Source
    from losscli.spec.family import PerImage


class IgnoredImages:
    """The images in the order of TARGET's rows; one that is not there is missed when its row is evaluated."""

    def __init__(self, images: ImageField, rows: Ints, names: tuple[str, ...], path: str) -> None:
        self._images, self._rows, self._names, self._path = images, rows, names, path
        self.shape = (len(rows), *images.shape)
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Ints, /) -> Array:
        at = self._rows[np.asarray(rows)]
        if (at < 0).any():
            lone = [name for name, row in zip(self._names, self._rows.tolist(), strict=True) if row < 0]
            what = f"has no image for {len(lone)} of {len(self)} masks: {some(lone)}"
            raise DataError(what, Where(self._path), "add an image for each, of zeros where no pixel is ignored")
        return gather(self._images, at)

    def refuse_other_sizes(self, rows: Ints, pixels: tuple[int, ...]) -> None:
        """Raise DataError naming the first file among these rows whose image has another size."""
        for row in self._rows[np.asarray(rows)].tolist():
            if row >= 0 and self._images.shapes[row] != pixels:
                what = f"{size(self._images.shapes[row])} pixels, but the mask has {size(pixels)}"
                raise DataError(what, self._images.where(row), "give images of the size of the masks; none is resized")


def ignored_images(source: Source, target: Source, reading: Reading) -> PerImage:
    """What --ignore-mask names, with an axis of images as many as TARGET's rows. Raises UsageError for what is not images."""
    if source.is_table or len(source.names) > 1:
        what = f"--ignore-mask {visible(source.path)} is {'a table' if source.is_table else f'{len(source.names)} arrays'}"
        raise UsageError(what, fix="give a folder of images, or one array of the shape of the masks, as .npy or .npz")
    images, own = source.numbers(source.names), declared_of(source).get("ids")
    if own is None or reading.by_position:
        return all_images(images)
    theirs = _names(target, reading)
    if theirs is None:
        if source.rows == target.rows == 1:
            return all_images(images)
        what = f"the images of --ignore-mask have names, but the rows of {visible(target.path)} do not"
        raise DataError(what, Where(source.path), "give TARGET as a folder of images, or use --pair position")
    known = {plain(str(name)): row for row, name in enumerate(source.text(str(own)).read(0, source.rows).tolist())}
    assert isinstance(images, ImageField)
    names = tuple(str(name) for name in theirs.read(0, theirs.rows).tolist())
    rows = np.array([known.get(plain(name), -1) for name in names], np.int64)
    if not (rows >= 0).any():
        what = f"has no image of a name of {visible(target.path)}: it begins with {some(list(known))}, TARGET with {some(names)}"
        raise DataError(what, Where(source.path), "change the names with --stem 's/PATTERN/TEXT/', which applies to both")
    return IgnoredImages(images, rows, names, source.path)


def _names(target: Source, reading: Reading) -> Field | None:
    """The names of TARGET's rows: those of its images, or its column of --key."""
    ids = declared_of(target).get("ids")
    if ids is not None:
        return target.text(str(ids))
    keys = key_columns(reading.keys)
    return target.text(keys[0][1]) if len(keys) == 1 else None
