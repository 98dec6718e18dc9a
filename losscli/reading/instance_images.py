"""Files of objects with masks, as families of images read them: the images of both sides in the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.reading.key_words import plain
from losscli.reading.object_classes import Beside, Classes, Stated, classes_of
from losscli.reading.two_names import Side, by_key, refuse_two_names
from losscli.sources.base import FILE_STEM, Source, declared_of
from losscli.sources.instances.images import InstanceImages, above
from losscli.sources.instances.objects import Instances
from losscli.sources.instances.rle_cells import Columns, instances, look_like_runs
from losscli.sources.side_format import SideFormat
from losscli.spec.column_names import BOX_CLASS, IMAGE_ID, RUNS, fold, is_id

_LOOKED = 256
"""Rows whose cells show whether a column has runs."""
_LABEL = (*BOX_CLASS, "class_label")


@dataclass(frozen=True)
class Wanted:
    """What options say of masks of objects. cols: by side, the column of runs that --col names; keys: the columns of images that
    --key names; formats: how its file is written."""

    formats: Mapping[str, SideFormat]
    cols: Mapping[str, str] = {}
    keys: Mapping[str, str] = {}
    stated: Stated = Stated()
    class_agnostic: bool = False
    score_threshold: float | None = None


@runtime_checkable
class WithInstances(Protocol):
    """A source whose format is one of objects with masks."""

    def instances(self, listed: Any) -> Instances | None:
        """The objects; None where they have no masks. listed: what the other side declares as its catalogue, or None."""
        ...


def by_image(wanted: Wanted, pred: Source, target: Source | None) -> tuple[Source, Source | None]:
    """Both sides, those of objects with masks as sources of images; unchanged where neither is.

    Raises UsageError or DataError where the class of a pixel would be a guess.
    """
    sides: dict[str, Source] = {"pred": pred, **({} if target is None else {"target": target})}
    found: dict[str, Instances] = {}
    for side, source in sides.items():
        other = next((x for name, x in sides.items() if name != side), None)
        objects = _instances(source, other, wanted, side)
        if objects is not None:
            kept = above(objects, wanted.score_threshold)
            found[side] = kept if side == "target" else replace(kept, crowds=frozenset())
    if not found:
        return pred, target
    lone = next((Beside(side, _channels(x)) for side, x in sides.items() if side not in found), None)
    classes = Classes() if wanted.class_agnostic else classes_of(found, wanted.stated, lone)
    named = any(x.by_file for x in found.values())
    for side, objects in found.items():
        other = next((x for name, x in sides.items() if name != side), None)
        channels = wanted.stated.multilabel and len(classes.names) > 1
        ids = FILE_STEM if named or declared_of(other).get("ids") == FILE_STEM else objects.names[0]
        sized = _sized(objects, wanted.formats[side])
        sized = replace(sized, notes=(*sized.notes, classes.note)) if classes.note else sized
        sides[side] = InstanceImages(sized, classes.names, classes.background, channels, ids, classes.labels)
    return sides["pred"], sides.get("target")


def _instances(source: Source, other: Source | None, wanted: Wanted, side: str) -> Instances | None:
    if isinstance(source, WithInstances):
        return source.instances(declared_of(other).get("catalogue"))
    columns = _columns(source, wanted.cols.get(side, ""), wanted.keys.get(side, ""))
    if columns is None:
        return None
    if other is not None and not wanted.keys:
        _refuse_two_names(Side(source, columns.image), other, first=side == "pred")
    return instances(source, columns, by_rows=wanted.formats[side].rle_order == "rows")


def _refuse_two_names(objects: Side, other: Source, first: bool) -> None:
    """Raise DataError where a table of runs names an image in another way than the other file. first: whether it is PRED."""
    column = objects.column if objects.column in other.names else _named(other, IMAGE_ID)
    if column:
        pair = (objects, Side(other, column)) if first else (Side(other, column), objects)
        refuse_two_names(*pair, plain, by_key)


def _columns(source: Source, stated: str, key: str) -> Columns | None:
    """What the columns of a table of runs are; None of another table. stated: the column that --col names; key: that of --key."""
    if not source.is_table:
        return None
    runs = stated if stated in source.names and source.kind(stated) == "U" else _named(source, RUNS) or _like_runs(source)
    if not runs:
        return None
    others = [name for name in source.names if name and name != runs]
    image = key if key in others else _named(source, IMAGE_ID)
    image = image or next((name for name in others if is_id(name) and fold(name) not in _folded(_LABEL)), "")
    if not image:
        what = f"masks in `{visible(runs)}`, but no column of their images"
        raise DataError(what, Where(source.path), "name it with --key COL")
    shape = tuple(filter(None, (_named(source, (name,)) for name in ("height", "width"))))
    return Columns(image, runs, _named(source, _LABEL), shape if len(shape) == 2 else ())


def _like_runs(source: Source) -> str:
    """The one column of text whose first cells are runs; empty where there is none, or several."""
    texts = [name for name in source.names if name and source.kind(name) == "U"]
    found = [name for name in texts if look_like_runs([str(x) for x in source.text(name).read(0, _LOOKED).tolist()])]
    return found[0] if len(found) == 1 else ""


def _folded(names: tuple[str, ...]) -> set[str]:
    return {fold(name) for name in names}


def _named(source: Source, names: tuple[str, ...]) -> str:
    return next((name for name in source.names if name and fold(name) in _folded(names)), "")


def _channels(source: Source) -> bool:
    """Whether the images of a source have three axes or more."""
    keys: list[tuple[str, ...]] = [(name,) for name in source.numeric()] if source.names else [()]
    return not source.is_table and any(len(source.numbers(key).shape) > 2 for key in keys)


def _sized(found: Instances, how: SideFormat) -> Instances:
    """The objects with the sizes that options state or name, for the images that have none."""
    found = replace(found, most=how.max_pixels)
    if how.image_size is None and how.images is None:
        return found
    from losscli.sources.annotations.image_sizes import images_of
    from losscli.sources.folders.stems import stem_of

    rows = [row for row in range(len(found.images)) if row not in found.sizes]
    names = [stem_of((found.files or found.images)[row]) for row in rows]
    sizes = images_of(how.images, how.image_size).sizes(names).tolist()
    more = {row: (high, wide) for row, (wide, high) in zip(rows, sizes, strict=True)}
    return replace(found, sizes={**found.sizes, **more})
