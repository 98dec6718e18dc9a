"""Arrays of an image each, in files or by the keys of one file, as images that pair by their names, in any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Array
from losscli.reading.file_names import apart, names_of
from losscli.sources.base import FILE_STEM, Caching, Field, Source, declared_of, notes_of, size
from losscli.sources.folders.shards import Shards
from losscli.sources.images.image_field import ImageField
from losscli.sources.instances.images import Words
from losscli.spec.column_names import MASK, OBJECTS, PIXEL_SCORE, fold

_ROLES = frozenset(map(fold, (*PIXEL_SCORE, *MASK, *OBJECTS)))
"""Names of keys that are not those of an image."""


def by_file(pred: Source, target: Source, stated: bool) -> tuple[Source, Source]:
    """Both sides, those of an array per image as images; unchanged where an array may have several images.

    stated: whether options name keys, so that these are not the images.
    """
    sides = (_Arrays.of(pred, stated), _Arrays.of(target, stated))
    cut = _cuts(*(_named_axes(x) if s is None else s for s, x in zip(sides, (pred, target), strict=True)))
    if cut is None:
        return pred, target
    names = [list(s.names) if s else _names_of(x) for s, x in zip(sides, (pred, target), strict=True)]
    if any(len(set(x)) < len(x) for x in names) or (any(s and s.keyed for s in sides) and not {*names[0]} & {*names[1]}):
        return pred, target
    named = not all(sides) or _meet(*names)
    found = [
        x if s is None else FileImages(s, n, named=named, noted=all(sides) and side == 1)
        for side, (s, n, x) in enumerate(zip(sides, cut, (pred, target), strict=True))
    ]
    return found[0], found[1]


def _names_of(source: Source) -> list[str]:
    """The names of images that have some."""
    return [str(x) for x in source.text(FILE_STEM).read(0, source.rows).tolist()]


def _meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether images pair by name: not where two sides of as many files have other names, which do not contradict their order."""
    return bool(set(ours) & set(theirs)) or len(ours) != len(theirs) or apart(ours, theirs) is not None


@dataclass(frozen=True)
class _Arrays:
    """Arrays of one side, each of its own file or key. names: by which they pair; axes: of an array, rows included; lone: whether
    every array has a single row; keyed: whether the arrays are the keys of one file."""

    source: Any
    fields: tuple[Any, ...]
    names: tuple[str, ...]
    axes: int
    lone: bool
    keyed: bool

    @classmethod
    def of(cls, source: Source, stated: bool) -> _Arrays | None:
        """The arrays of a source; None of another source, and where arrays differ in their axes."""
        if source.is_table or source.numeric() != source.names or declared_of(source):
            return None
        if isinstance(source, Shards):
            if len(source.names) > 1 or len(source.shards) < 2:
                return None
            names, keyed = names_of([x.path for x in source.shards], source.stem), False
            fields: tuple[Any, ...] = tuple(x.numbers(x.names) for x in source.shards)
        else:
            if stated or len(source.names) < 2 or any(fold(n) in _ROLES for n in source.names):
                return None
            names, keyed = list(source.names), True
            fields = tuple(source.numbers((n,)) for n in source.names)
        axes = {1 + len(field.shape) for field in fields}
        if len(axes) > 1 or min(axes) < 2 or not all(hasattr(field, "dtype") for field in fields):
            return None
        return cls(source, fields, tuple(names), axes.pop(), all(f.rows == 1 for f in fields), keyed)


def _named_axes(source: Source) -> int:
    """The axes of the images of a source that have names; 0 of another source."""
    named = declared_of(source).get("ids") == FILE_STEM and not isinstance(source, Shards)
    return len(source.numbers(()).shape) if named else 0


def _cuts(pred: _Arrays | int, target: _Arrays | int) -> tuple[int, int] | None:
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


def _pixels(pred: _Arrays, target: _Arrays) -> int:
    """The axes of pixels of an image, where both sides are arrays; 0 where a file may have several images."""
    if target.axes == 2:
        return 2
    if pred.lone and target.lone:
        return target.axes - 1 if target.axes <= pred.axes else 0
    if target.lone and target.axes == 3:
        return 2 if pred.axes in (2, 3) else 0
    whole = pred.axes == target.axes + 1 and not pred.lone
    return target.axes if whole and all(p.shape == (t.rows, *t.shape) for p, t in _both(pred, target)) else 0


def _both(pred: _Arrays, target: _Arrays) -> list[tuple[Any, Any]]:
    return list(zip(pred.fields, target.fields, strict=False))


class FileImages:
    """An image per file. named: whether the names of the files pair the images; noted: whether a note says what was read."""

    is_table = False
    lists: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, files: _Arrays, cut: int, *, named: bool, noted: bool) -> None:
        source = files.source
        self._source, self.path, self.format, self.forks = source, source.path, source.format, source.forks
        self.names: tuple[str, ...] = () if files.keyed else source.names
        for field in files.fields[1:]:
            _refuse_other_type(field, files.fields[0], files.keyed)
        shapes = [f.shape if cut else (f.rows, *f.shape) for f in files.fields]
        places = tuple(replace(f.where(0), row=None, column=f.names[0] if files.keyed else None) for f in files.fields)
        self._field = ImageField.of(self.names, shapes, files.fields[0].kind, _Load(files.fields, cut), _Place(places))
        self.rows = self._field.rows
        self._names = Words(source.path, FILE_STEM, files.names)
        self.declared = {"family": "segment", **({"ids": FILE_STEM} if named else {})}
        bare = noted and not cut and len(self._field.shape) == 2
        self.notes = (*notes_of(source), *([_note(self._field, files.keyed)] if bare else []))

    def numeric(self) -> tuple[str, ...]:
        return self.names

    def kind(self, name: str = "") -> str:
        return "U" if name == FILE_STEM and name not in self.names else self._field.kind

    def numbers(self, names: tuple[str, ...] = ()) -> Field:
        return self._field if names == self.names else self._source.numbers(names)

    def common(self, names: tuple[str, ...]) -> Field:
        return self._source.common(names)

    def text(self, name: str = "") -> Field:
        return self._names if name == FILE_STEM else self._source.text(name)

    def sha256(self, jobs: int = 1) -> str:
        return self._source.sha256(jobs)


@dataclass(frozen=True)
class _Load:
    """Reads the array of a file. cut: how many axes in front are left out."""

    fields: tuple[Any, ...]
    cut: int

    def __call__(self, row: int) -> Array:
        field = self.fields[row]
        array: Array = field.read(0, field.rows)
        if isinstance(field, Caching):
            field.forget()
        return array[0] if self.cut else array


@dataclass(frozen=True)
class _Place:
    """The file of an image."""

    places: tuple[Where, ...]

    def __call__(self, row: int) -> Where:
        return self.places[row]


def _refuse_other_type(field: Any, first: Any, keyed: bool) -> None:
    mine, its = field.dtype, first.dtype
    if mine.newbyteorder("=") != its.newbyteorder("="):
        place, other = replace(field.where(0), row=None), first.where(0)
        what = f"contains {mine}, but {visible(first.names[0] if keyed else other.path)} contains {its}"
        raise DataError(what, replace(place, column=field.names[0] if keyed else None), "save all arrays with the same type")


def _note(field: ImageField, keyed: bool) -> str:
    pixels = f"of {size(field.shapes[0])} pixels" if len(set(field.shapes)) == 1 else "each of its own size"
    if keyed:
        return f"each key is an image: {field.rows} images, {pixels}"
    return f"bare arrays are {field.rows} images, one per file, {pixels}; --rows-are-images reads each row as an image"
