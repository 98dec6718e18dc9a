"""The columns that annotations and results share: image, category, box, score, keypoints, and whatever else is one value."""

from __future__ import annotations

from losscli.sources.coco.entries import Entries
from losscli.sources.coco.table import numeric, spread
from losscli.sources.frames.frame import Column, mixed_column, text_column

_READ = ("image_id", "category_id", "bbox", "score", "id", "keypoints")
_NEVER = ("category", "file_name", "segmentation")
"""Keys that are the image's or the category's, or that no table can hold."""


def columns_of(entries: Entries) -> tuple[list[Column], dict[str, int]]:
    """The columns of the objects, and the lists among them with their lengths."""
    out = [text_column(key, entries.ids(key)) for key in ("image_id", "category_id")]
    lists: dict[str, int] = {}
    boxes = entries.boxes()
    if boxes is not None:
        out += spread("bbox", boxes, 4)
        lists["bbox"] = 4
    scores = _scores(entries)
    if scores is not None:
        out.append(scores)
    if ids := entries.ids("id", needed=False):
        out.append(text_column("id", ids))
    points = entries.lists("keypoints")
    if points is not None:
        rows, width = points
        out += spread("keypoints", [tuple([0.0] * width if x is None else x) for x in rows], width)
        lists["keypoints"] = width
    out += [mixed_column(name, values) for name, values in entries.scalars((*_READ, *_NEVER)).items()]
    return out, lists


def _scores(entries: Entries) -> Column | None:
    """The score of each object, None where no object has one."""
    given = entries.numbers("score")
    if given is None:
        return None
    for i, x in enumerate(given):
        if x is None:
            entries.refuse(i, "no `score`", "give every result its score, or none of them", "score")
    return numeric("score", given)
