"""JSON with an entry per image: lists of its boxes, labels and scores, as torchvision and mmdetection have them; a row per box."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.json_objects import Twice, unique
from losscli.core.records import dataclass
from losscli.sources.annotations.box_table import LABEL, BoxTable, Lines, numbers
from losscli.sources.annotations.orders import LAYOUTS
from losscli.sources.files.input_file import InputFile
from losscli.sources.frames.frame import text_column
from losscli.sources.json.document import Document
from losscli.sources.json.records import line_numbers
from losscli.sources.side_format import SideFormat

_BOXES, _LABELS, _SCORES = ("boxes", "bboxes"), "labels", "scores"
_IMAGES = ("image_id", "img_id", "file_name", "filename", "image_name", "image_path", "img_path", "image")
"""Keys that name the image of an entry, the plainest first."""
_AGAIN = "give every image lists of one length: boxes, labels and, of predictions, scores"


@dataclass(frozen=True)
class _Image:
    """The boxes of an image: the place of its entry, its name where it has one, and the columns of its boxes."""

    where: Where
    name: str | None
    boxes: Sequence[Sequence[float]]
    labels: Sequence[Any]
    scores: Sequence[Any] | None


@dataclass(frozen=True)
class EntryLines(Lines):
    """The image of each row, and the place of its entry."""

    places: tuple[Where, ...] = ()

    def where(self, row: int, column: str | None = None) -> Where:
        own = self.places[int(self.file[row])]
        return Where(own.path, None, own.column or column, own.line)


def open_document(document: Document, how: SideFormat) -> BoxTable | None:
    """The boxes of an array with an entry per image, or of the object of one image; None for another document."""
    if not document.is_array:
        known = any(key in document.members for key in _BOXES) and _LABELS in document.members
        entry = document.value if known else {}
        own = _is_image(entry) and not isinstance(entry.get("image_id"), list)
        return _table(document.stored, [entry], [1]) if own else None
    first = document.first
    if not _is_image(first) and not _is_by_class(first):
        return None
    return _table(document.stored, document.value, line_numbers(document))


def open_lines(file: InputFile, first: bytes, encoding: str | None) -> BoxTable | None:
    """The boxes of JSON Lines with an object per image, None where the first line is not one."""
    try:
        if not _is_image(json.loads(first.decode(encoding or "utf-8-sig"))):
            return None
    except (ValueError, RecursionError):
        return None
    entries, lines = [], []
    for number, text in enumerate(file.data.read(0, file.size).decode(encoding or "utf-8-sig").split("\n"), 1):
        if text.strip():
            lines.append(number)
            try:
                entries.append(json.loads(text, object_pairs_hook=unique))
            except (ValueError, RecursionError) as e:
                what = str(e) if isinstance(e, Twice) else "not valid JSON"
                raise DataError(what, Where(file.shown, line=number), "write one JSON object per line") from None
    file.data.check(file.shown)
    return _table(file, entries, lines)


def _is_image(entry: Any) -> bool:
    """Whether an entry has a list of boxes, and one of labels beside it."""
    if not isinstance(entry, dict) or not isinstance(entry.get(_LABELS), list):
        return False
    boxes = next((entry[key] for key in _BOXES if key in entry), None)
    return isinstance(boxes, list) and len(boxes) == len(entry[_LABELS]) and all(isinstance(x, list) and len(x) == 4 for x in boxes)


def _is_by_class(entry: Any) -> bool:
    """Whether an entry is a list with the boxes of each class, of five numbers each."""
    if not isinstance(entry, list) or not all(isinstance(of_class, list) for of_class in entry):
        return False
    rows = [row for of_class in entry for row in of_class]
    return bool(rows) and all(isinstance(row, list) and len(row) == 5 for row in rows)


def _table(file: InputFile, entries: Sequence[Any], lines: Sequence[int]) -> BoxTable:
    places = [Where(file.shown, i + 1, line=line) for i, line in enumerate(lines)]
    return table_of(file.shown, "json", entries, places, file.sha256())


def table_of(path: str, format: str, entries: Sequence[Any], places: Sequence[Where], digest: str) -> BoxTable:
    """The boxes of the entries of images, each at its place. Raises DataError at one that is not an image with boxes."""
    images = [_of_entry(entry, where) for entry, where in zip(entries, places, strict=True)]
    named = [image for image in images if image.name is not None]
    if named and len(named) < len(images):
        lone = next(image for image in images if image.name is None)
        raise DataError("an image without its id", lone.where, "give every image its image_id, or none")
    ids = [image.name if image.name is not None else str(i) for i, image in enumerate(images)]
    _refuse_twice(ids, images)
    _refuse_some_scores(images)
    owners = [i for i, image in enumerate(images) for _ in image.boxes]
    boxes = np.array([box for image in images for box in image.boxes], np.float64).reshape(-1, 4)
    labels = [label for image in images for label in image.labels]
    columns = [text_column("image_id", [ids[i] for i in owners]), _labels(labels)]
    columns += [numbers(name, np.ascontiguousarray(boxes[:, i])) for i, name in enumerate(LAYOUTS["xyxy"])]
    if images and images[0].scores is not None:
        columns.append(numbers("score", np.array([score for image in images for score in image.scores or ()], np.float64)))
    rows = EntryLines((path,), np.array(owners, np.int64), np.zeros(len(owners), np.int64), tuple(places))
    declared: dict[str, Any] = {"sets": True, "box_format": "xyxy"}
    if not named:
        declared["numbered_images"] = len(images)
    return BoxTable(
        path, format, columns, rows, ids, digest, declared=declared, notes=["an entry per image, boxes as x1, y1, x2, y2"]
    )


def _of_entry(entry: Any, where: Where) -> _Image:
    if isinstance(entry, list):
        found = list(_of_classes(entry, where))
        return _Image(where, None, [row[:4] for _, row in found], [c for c, _ in found], [row[4] for _, row in found])
    if not isinstance(entry, dict):
        raise DataError(f"{visible(entry, 40)} is not an image with boxes", where, _AGAIN)
    boxes, labels, scores = next((entry[k] for k in _BOXES if k in entry), None), entry.get(_LABELS), entry.get(_SCORES)
    if not isinstance(boxes, list) or not isinstance(labels, list) or not isinstance(scores, (list, type(None))):
        raise DataError("an image without a list of boxes and of labels", where, _AGAIN)
    for what, other in ((_LABELS, labels), (_SCORES, scores)):
        if other is not None and len(other) != len(boxes):
            raise DataError(f"{len(boxes)} boxes, but {len(other)} {what}", where, _AGAIN)
    for label in labels:
        if not isinstance(label, (str, int, float)):
            raise DataError(f"{visible(label, 40)} is not a label", where, _AGAIN)
    return _Image(
        where,
        _name(entry),
        [_row(x, 4, where) for x in boxes],
        labels,
        None if scores is None else _row(scores, None, where),
    )


def _of_classes(entry: Sequence[Any], where: Where) -> Iterator[tuple[int, Sequence[float]]]:
    """The class and the five numbers of each box."""
    for c, rows in enumerate(entry):
        if not isinstance(rows, list):
            raise DataError(
                f"class {c} is not a list of boxes", where, "give each class the boxes [x1, y1, x2, y2, score] of the image"
            )
        for row in rows:
            yield c, _row(row, 5, where)


def _row(given: Any, width: int | None, where: Where) -> list[float]:
    """A list of finite numbers."""
    if not isinstance(given, list) or width not in (None, len(given)):
        raise DataError(f"{visible(given, 60)} is not a box of {width} numbers", where, _AGAIN)
    for x in given:
        if isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x):
            raise DataError(f"{visible(x, 40)} is not a finite number", where, "correct the number, or remove the box")
    return given


def _name(entry: Mapping[str, Any]) -> str | None:
    """The id or the name of the file of an image."""
    for value in (entry.get(key) for key in _IMAGES):
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return str(value)
    return None


def _labels(labels: Sequence[Any]) -> Any:
    whole = all(isinstance(x, (int, float)) and not isinstance(x, bool) and x == int(x) for x in labels)
    return numbers(LABEL, np.array(labels, np.int64)) if whole else text_column(LABEL, [str(x) for x in labels])


def _refuse_twice(ids: Sequence[str], images: Sequence[_Image]) -> None:
    seen: set[str] = set()
    for name, image in zip(ids, images, strict=True):
        if name in seen:
            raise DataError(f"the image {visible(name, 60)} has two entries", image.where, "write one entry per image")
        seen.add(name)


def _refuse_some_scores(images: Sequence[_Image]) -> None:
    lone = next((image for image in images if (image.scores is None) != (images[0].scores is None)), None)
    if lone is not None:
        raise DataError("only some images have scores", lone.where, "give the boxes of every image their scores, or none")
