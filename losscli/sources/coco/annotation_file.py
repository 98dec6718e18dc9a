"""COCO's annotations: images, annotations and categories of one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.sources.coco.catalogue import Catalogue
from losscli.sources.coco.entries import Entries, id_of
from losscli.sources.coco.objects import columns_of
from losscli.sources.coco.table import CocoTable, numeric
from losscli.sources.frames.frame import Column
from losscli.sources.json.document import Document

_IMAGE = ("file_name", "width", "height")
"""What is a column of each object of an image."""


def table(document: Document) -> CocoTable:
    """The annotations of a file. Raises DataError at the first entry that is not as COCO has it."""
    file, value = document.stored, document.value
    known = catalogue(file.shown, value)
    entries = Entries.of(file.shown, value, "annotations")
    if not entries.items:
        raise DataError("no annotations", Where(file.shown), "there is nothing to evaluate")
    columns, lists = columns_of(entries)
    entries.refuse_twice(entries.ids("id", needed=False))
    held = {column.name: column for column in columns}
    area, note = _areas(entries, held)
    held |= {"iscrowd": _crowds(entries)} | ({"area": area} if area is not None else {})
    found = CocoTable(file, entries, tuple(held.values()), lists).listed(known)
    found.declared |= {"catalogue": known, "values": known.values, "crowds": "left out"}
    unnamed = "two categories have one name: categories are named by their ids" if known.categories and not known.names else ""
    found.notes = tuple(x for x in (note, unnamed) if x)
    return found


def catalogue(path: str, document: Mapping[str, Any]) -> Catalogue:
    """The images and categories of a file."""
    if "images" not in document:
        raise DataError(
            "annotations without a list of `images`", Where(path), "COCO's annotations list every image, also those without objects"
        )
    images = _by_id(Entries.of(path, document, "images"))
    categories = _by_id(Entries.of(path, document, "categories"))
    names = _names(path, document)
    shown = [key for key in _IMAGE if any(image.get(key) is not None for image in images.values())]
    return Catalogue(
        path,
        {x: {key: _plain(image.get(key)) for key in shown} for x, image in images.items()},
        dict(zip(categories, names, strict=True)) if len(set(names)) == len(names) else {},
        tuple(categories),
    )


def _by_id(entries: Entries) -> dict[str, Mapping[str, Any]]:
    ids = entries.ids("id")
    entries.refuse_twice(ids)
    return dict(zip(ids, entries.items, strict=True))


def _names(path: str, document: Mapping[str, Any]) -> list[str]:
    """The name of each category, or its id where it has none."""
    entries = Entries.of(path, document, "categories")
    out = []
    for i, item in enumerate(entries.items):
        name = item.get("name")
        if name is not None and (not isinstance(name, str) or not name.strip()):
            entries.refuse(i, f"the name {visible(name, 40)!r} is not text", "give every category a name", "name")
        out.append(str(id_of(item["id"])) if name is None else name)
    return out


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else None


def _crowds(entries: Entries) -> Column:
    """Whether each object is a crowd."""
    given = entries.numbers("iscrowd", default=0) or [0] * len(entries.items)
    for i, x in enumerate(given):
        if x not in (0, 1):
            entries.refuse(i, f"`iscrowd` is {x:g}, neither 0 nor 1", "correct it")
    return numeric("iscrowd", given)


def _areas(entries: Entries, held: Mapping[str, Column]) -> tuple[Column | None, str]:
    """The area of each object, its box's where the file has none, and a note where that is so."""
    given: Sequence[float | None] = entries.numbers("area") or [None] * len(entries.items)
    for i, x in enumerate(given):
        if x is not None and x < 0:
            entries.refuse(i, f"the area {x:g} is negative", "correct it, or remove the key: the area of the box then counts")
    lacking = sum(x is None for x in given)
    if "bbox_0" not in held:
        return (numeric("area", given), "") if lacking < len(given) else (None, "")
    areas = held["bbox_2"].values * held["bbox_3"].values
    areas = np.array([box if x is None else x for x, box in zip(given, areas.tolist(), strict=True)], dtype=np.float64)
    note = f"{lacking} of {len(given)} annotations have no area: the area of their boxes is used" if lacking else ""
    return Column("area", "f", areas), note
