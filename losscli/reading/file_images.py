"""Folders and patterns of arrays whose files are an image each, as images that pair by the names of their files, in any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.core.errors import Where
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array
from losscli.reading.file_names import apart, names_of
from losscli.sources.base import FILE_STEM, Field, Source, declared_of, notes_of
from losscli.sources.folders.shards import Shards, refuse_other_type
from losscli.sources.images.image_field import ImageField, size
from losscli.sources.images.image_files import ImageNames


def by_file(pred: Source, target: Source) -> tuple[Source, Source]:
    """Both sides, those of an image per file as images; unchanged where a file may have several images."""
    sides = (_Files.of(pred), _Files.of(target))
    cut = _cuts(*(_named_axes(x) if s is None else s for s, x in zip(sides, (pred, target), strict=True)))
    if cut is None:
        return pred, target
    paths = [[shard.path for shard in s.source.shards] if s else [] for s in sides]
    names = [names_of(files, s.source.stem) if s else [] for files, s in zip(paths, sides, strict=True)]
    if any(len(set(x)) < len(x) for x in names):
        return pred, target
    named = not all(sides) or _meet(*names)
    found = [
        x if s is None else FileImages(s, n, named=named, noted=all(sides) and side == 1)
        for side, (s, n, x) in enumerate(zip(sides, cut, (pred, target), strict=True))
    ]
    return found[0], found[1]


def _meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether images pair by name: not where two sides of as many files have other names, which do not contradict their order."""
    return bool(set(ours) & set(theirs)) or len(ours) != len(theirs) or apart(ours, theirs) is not None


@dataclass(frozen=True)
class _Files:
    """Files of one array each. axes: those of an array, rows included; lone: whether every file has a single row."""

    source: Shards
    fields: tuple[Any, ...]
    axes: int
    lone: bool

    @classmethod
    def of(cls, source: Source) -> _Files | None:
        """The files of a source; None of another source, and where arrays differ in their axes."""
        if not isinstance(source, Shards) or source.is_table or len(source.names) > 1 or len(source.shards) < 2:
            return None
        if source.numeric() != source.names:
            return None
        fields = tuple(shard.numbers(shard.names) for shard in source.shards)
        axes = {1 + len(field.shape) for field in fields}
        return cls(source, fields, axes.pop(), all(f.rows == 1 for f in fields)) if len(axes) == 1 else None


def _named_axes(source: Source) -> int:
    """The axes of the images of a source that have names; 0 of another source."""
    named = declared_of(source).get("ids") == FILE_STEM and not isinstance(source, Shards)
    return len(source.numbers(()).shape) if named else 0


def _cuts(pred: _Files | int, target: _Files | int) -> tuple[int, int] | None:
    """How many axes of length 1 stand before those of an image, on each side; None where files are not an image each."""
    if isinstance(pred, int) and isinstance(target, int):
        return None
    ours, theirs = (x if isinstance(x, int) else x.axes for x in (pred, target))
    if not ours or not theirs:
        return None
    lone = [not isinstance(x, int) and x.lone for x in (pred, target)]
    if isinstance(target, int):
        pixels = theirs
    elif isinstance(pred, int):
        pixels = min(ours, theirs)
    else:
        pixels = _pixels(pred, target)
    cuts = int(lone[0] and ours > pixels), int(lone[1] and theirs > pixels)
    fits = ours - cuts[0] in (pixels, pixels + 1) and theirs - cuts[1] in (pixels, pixels + 1)
    return cuts if pixels and fits else None


def _pixels(pred: _Files, target: _Files) -> int:
    """The axes of pixels of an image, where both sides are arrays; 0 where a file may have several images."""
    if target.axes == 2:
        return 2
    if pred.lone and target.lone:
        return target.axes - 1 if target.axes <= pred.axes else 0
    if target.lone and target.axes == 3:
        return 2 if pred.axes in (2, 3) else 0
    whole = pred.axes == target.axes + 1 and not pred.lone
    return target.axes if whole and all(p.shape == (t.rows, *t.shape) for p, t in _both(pred, target)) else 0


def _both(pred: _Files, target: _Files) -> list[tuple[Any, Any]]:
    return list(zip(pred.fields, target.fields, strict=False))


class FileImages:
    """An image per file. named: whether the names of the files pair the images; noted: whether a note says what was read."""

    is_table = False
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, files: _Files, cut: int, *, named: bool, noted: bool) -> None:
        source = files.source
        self._source, self.path, self.format, self.forks = source, source.path, source.format, source.forks
        self.names = source.names
        for shard, field in zip(source.shards[1:], files.fields[1:], strict=True):
            refuse_other_type(shard, field, source.shards[0], files.fields[0])
        shapes = [f.shape if cut else (f.rows, *f.shape) for f in files.fields]
        self._field = ImageField.of(
            source.names, shapes, files.fields[0].kind, _Load(files.fields, cut), _Place(tuple(f.where(0) for f in files.fields))
        )
        self.rows = self._field.rows
        self._names = ImageNames([shard.path for shard in source.shards], source.stem)
        self.declared = {"family": "segment", **({"ids": FILE_STEM} if named else {})}
        bare = noted and not cut and len(self._field.shape) == 2
        self.notes = (*notes_of(source), *([_note(self._field)] if bare else []))

    def numeric(self) -> tuple[str, ...]:
        return self.names

    def kind(self, name: str = "") -> str:
        return "U" if name == FILE_STEM and name not in self.names else self._source.kind(name)

    def numbers(self, names: tuple[str, ...] = ()) -> Field:
        return self._field if names == self.names else self._source.numbers(names)

    def common(self, names: tuple[str, ...]) -> Field:
        return self._source.common(names)

    def text(self, name: str = "") -> Field:
        return self._names if name == FILE_STEM else self._source.text(name)

    def sha256(self) -> str:
        return self._source.sha256()


@dataclass(frozen=True)
class _Load:
    """Reads the array of a file. cut: how many axes in front are left out."""

    fields: tuple[Any, ...]
    cut: int

    def __call__(self, row: int) -> Array:
        field = self.fields[row]
        array: Array = field.read(0, field.rows)
        return array[0] if self.cut else array


@dataclass(frozen=True)
class _Place:
    """The file of an image."""

    places: tuple[Where, ...]

    def __call__(self, row: int) -> Where:
        return replace(self.places[row], row=None, column=None)


def _note(field: ImageField) -> str:
    sizes = set(field.shapes)
    pixels = f"of {size(field.shapes[0])} pixels" if len(sizes) == 1 else "each of its own size"
    return f"bare arrays are {field.rows} images, one per file, {pixels}; --rows-are-images reads each row as an image"
