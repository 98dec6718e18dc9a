"""The images of a file of objects, as a source with a row per image. Paints an image when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array, Bools, Ints
from losscli.sources.base import FILE_STEM, Field, notes_of, size
from losscli.sources.folders.stems import stem_of
from losscli.sources.images.image_field import ImageField
from losscli.sources.instances.objects import Instances, Size
from losscli.sources.instances.rle import painted

FILE = "file_name"


class InstanceImages:
    """A mask per image. classes: none for one mask of all objects; else those of a label map after the background, or with
    `channels` those of the channels. ids: the column by which images pair. labels: of the background and of the classes, where
    they are not 0, 1 and so on."""

    is_table = False
    of_objects = True
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(
        self, found: Instances, classes: Sequence[str], background: str, channels: bool, ids: str, labels: Sequence[int] = ()
    ) -> None:
        self.path, self.format, self.forks = found.source.path, found.source.format, found.source.forks
        self._source, self.rows = found.source, len(found.images)
        image, self._mask = found.names
        self._words = {image: found.images, **({FILE: found.files} if found.files else {})}
        self.names = (*self._words, self._mask)
        sizes = _sizes(found)
        objects = _by_image(found)
        shapes = [(len(classes), *x) if channels else x for x in sizes]
        painter = Painter(found, objects, tuple(sizes), tuple(classes), channels, tuple(labels))
        self._field = ImageField.of((self._mask,), shapes, "i", painter, painter.where)
        self.declared: dict[str, Any] = {"family": "segment", "ids": ids, "signature": found.declared}
        if classes:
            self.declared["classes"] = tuple(classes) if channels else (background, *classes)
        if labels:
            self.declared["mask_values"] = tuple(labels)
        if found.crowds:
            crowds = Crowds(found, objects, tuple(sizes))
            self.declared["void"] = ImageField.of((), list(sizes), "i", crowds, painter.where)
        empty = sum(not x for x in objects)
        note = f"{empty} of {self.rows} images have no object: their masks are empty"
        self.notes = (*notes_of(found.source), *found.notes, *([note] if empty else []))

    def numeric(self) -> tuple[str, ...]:
        return (self._mask,)

    def kind(self, name: str) -> str:
        """`i` of the masks, `U` of what names the images."""
        return self._field.kind if name == self._mask else "U"

    def numbers(self, names: tuple[str, ...]) -> Field:
        if names not in ((self._mask,), ()):
            raise DataError(f"{visible(names[0])!r} is not numeric", Where(self.path), f"`{self._mask}` is the images")
        return self._field

    def text(self, name: str) -> Field:
        if name == FILE_STEM:
            files = self._words.get(FILE, self._words[self.names[0]])
            stems = tuple(map(stem_of, files))
            return Words(self.path, name, stems if len(set(stems)) == len(files) else files)
        if name not in self._words:
            raise DataError(f"no text column {visible(name)!r}", Where(self.path), f"its columns are {', '.join(self._words)}")
        return Words(self.path, name, self._words[name])

    def sha256(self, jobs: int = 1) -> str:
        return self._source.sha256(jobs)


@dataclass(frozen=True)
class Words:
    """A column of text with a cell per image."""

    path: str
    name: str
    words: tuple[str, ...]
    shape: tuple[int, ...] = ()
    kind: str = "U"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def rows(self) -> int:
        return len(self.words)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        return self.take(np.arange(start, min(stop, self.rows)))

    def take(self, rows: Ints) -> Array:
        out = np.empty(len(rows), dtype=object)
        out[:] = [self.words[i] for i in rows.tolist()]
        return out

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self.path, row + 1, entry=f"image {visible(self.words[row], 60)}")


@dataclass(frozen=True)
class Painter:
    """Paints the objects of an image that are not crowds. objects: by image, the numbers of its objects."""

    found: Instances
    objects: tuple[tuple[int, ...], ...]
    sizes: tuple[Size, ...]
    classes: tuple[str, ...]
    channels: bool
    labels: tuple[int, ...] = ()

    def __call__(self, row: int) -> Array:
        of_class = list(self._masks(row))
        if not self.classes:
            return of_class[0][1].view(np.uint8) if of_class else np.zeros(self.sizes[row], np.uint8)
        if self.channels:
            out = np.zeros((len(self.classes), *self.sizes[row]), np.uint8)
            for c, mask in of_class:
                out[c] = mask
            return out
        labels = np.zeros(self.sizes[row], np.uint8 if len(self.classes) < 256 else np.int32)
        for c, mask in of_class:
            both = mask & (labels > 0)
            if both.any():
                raise self._overlap(row, np.unravel_index(int(np.argmax(both)), both.shape), int(labels[both][0]) - 1, c)
            labels[mask] = c + 1
        return np.array(self.labels)[labels] if self.labels else labels

    def _masks(self, row: int) -> Iterator[tuple[int, Bools]]:
        """The class and the pixels of all objects of that class, in the order of the classes."""
        found: dict[int, list[Ints]] = {}
        place = {name: c for c, name in enumerate(self.classes)}
        for i in self.objects[row]:
            if i not in self.found.crowds:
                c = place[self.found.labels[i]] if self.classes else 0
                found.setdefault(c, []).append(_runs(self.found, i, self.sizes[row]))
        for c in sorted(found):
            yield c, painted(found[c], self.sizes[row], by_rows=self.found.by_rows)

    def where(self, row: int) -> Where:
        """The place of an image."""
        return place_of(self.found, row)

    def _overlap(self, row: int, pixel: Sequence[Any], one: int, two: int) -> DataError:
        names = f"{visible(self.classes[one], 40)} and {visible(self.classes[two], 40)}"
        return DataError(
            f"pixel [{pixel[0]}, {pixel[1]}] belongs to {names}, but a pixel of a label map has one class",
            self.where(row),
            "use --multilabel for a mask per class, or --class-agnostic for one mask of all",
        )


@dataclass(frozen=True)
class Crowds:
    """Paints the crowds of an image, without the pixels of its other objects."""

    found: Instances
    objects: tuple[tuple[int, ...], ...]
    sizes: tuple[Size, ...]

    def __call__(self, row: int) -> Array:
        kinds: tuple[list[Ints], list[Ints]] = ([], [])
        crowds = [i for i in self.objects[row] if i in self.found.crowds]
        for i in self.objects[row] if crowds else ():
            kinds[i in self.found.crowds].append(_runs(self.found, i, self.sizes[row]))
        others, groups = (painted(x, self.sizes[row], by_rows=self.found.by_rows) for x in kinds)
        return (groups & ~others).view(np.uint8)


def place_of(found: Instances, row: int) -> Where:
    """The place of an image."""
    return Where(found.source.path, row + 1, entry=f"image {visible(found.images[row], 60)}")


def _runs(found: Instances, i: int, size_: Size) -> Ints:
    try:
        return found.runs.read(i, size_)
    except DataError as e:
        raise e if e.where is not None else DataError(e.what, found.runs.where(i), e.fix) from None


def _by_image(found: Instances) -> tuple[tuple[int, ...], ...]:
    out: list[list[int]] = [[] for _ in found.images]
    for i, owner in enumerate(found.owners):
        out[owner].append(i)
    return tuple(map(tuple, out))


def _sizes(found: Instances) -> list[Size]:
    """The size of every image: its own or that of its objects. Raises DataError where it is not known."""
    own = dict(found.sizes)
    for i, owner in enumerate(found.owners):
        said = found.runs.size(i)
        if said is None:
            continue
        if own.setdefault(owner, said) != said:
            what = f"the mask is {size(said)} pixels, its image {visible(found.images[owner], 40)} {size(own[owner])}"
            raise DataError(what, found.runs.where(i), "correct the size of the image or of the mask")
    for row in range(len(found.images)):
        known = own.get(row)
        place = place_of(found, row)
        if known is None:
            fix = "give it with --image-size WxH, or the images themselves with --images DIR"
            raise DataError("the size of the image is not known", place, fix)
        if known[0] * known[1] > found.most:
            what = f"an image of {size(known)} pixels, more than --max-pixels {found.most}"
            raise DataError(what, place, f"use --max-pixels {known[0] * known[1]} if the image is that large")
    return [own[row] for row in range(len(found.images))]


def above(found: Instances, least: float | None) -> Instances:
    """The objects whose score is at least that, and a note on the others."""
    if found.scores is None:
        return found
    if least is None:
        count = len(found.scores)
        objects = "the one object" if count == 1 else f"all {count} objects"
        note = f"{objects} read, whatever their score: --score-threshold T leaves out those below T"
        return replace(found, notes=(*found.notes, note))
    kept = [i for i, score in enumerate(found.scores) if score >= least]
    note = f"{len(found.scores) - len(kept)} of {len(found.scores)} objects left out: their score is below {least:g}"
    return replace(
        found,
        owners=[found.owners[i] for i in kept],
        labels=[found.labels[i] for i in kept],
        runs=Some(found.runs, tuple(kept)),
        scores=[found.scores[i] for i in kept],
        crowds=frozenset(new for new, i in enumerate(kept) if i in found.crowds),
        notes=(*found.notes, note),
    )


@dataclass(frozen=True)
class Some:
    """The runs of some of the objects."""

    runs: Any
    kept: tuple[int, ...]

    def size(self, i: int) -> Size | None:
        found: Size | None = self.runs.size(self.kept[i])
        return found

    def read(self, i: int, size: Size) -> Ints:
        return np.asarray(self.runs.read(self.kept[i], size))

    def where(self, i: int) -> Where:
        place: Where = self.runs.where(self.kept[i])
        return place
