"""Text files of boxes, one per image: YOLO's labels and predictions, and lines of a class and pixels. Evaluates nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Floats, Ints
from losscli.sources.annotations import box_table, text_lines
from losscli.sources.annotations.box_table import LABEL, BoxTable, labelled
from losscli.sources.annotations.class_names import LISTS, Names, names_of
from losscli.sources.annotations.image_sizes import Images, images_of
from losscli.sources.annotations.orders import CLASS, KEYPOINTS, LAYOUTS, POLYGON, SCORE, Order, corners, normalised, order_of
from losscli.sources.annotations.outlines import Outlines, OutlineTable
from losscli.sources.annotations.polygons import enclosing, rotated
from losscli.sources.annotations.pose_lines import Pose, folder_of, pose_of
from losscli.sources.annotations.shapes import decided
from losscli.sources.annotations.text_lines import TextLines
from losscli.sources.folders.folder import Folder
from losscli.sources.folders.stems import stem_of
from losscli.sources.frames.frame import Column, text_column
from losscli.sources.side_format import SideFormat

_ANGLE = "angle"
_SNIFFED, _HEAD = 200, 1 << 12
"""Files, and bytes of each, that are looked into to see whether files that match a pattern are box text."""


def open_folder(folder: Folder, how: SideFormat, jobs: int) -> BoxTable:
    """The boxes of a folder of text files, or of the files of a pattern."""
    notes = [f"{visible(path)} is left out" for path in folder.files if _is_readme(path)]
    files = [path for path in folder.files if os.path.basename(path) not in LISTS and not _is_readme(path)]
    if not files:
        raise DataError("has no text files of boxes", folder.place, "name the folder that holds one text file per image")
    stems = stems_of(files, how)
    stated = None if how.yolo_order is None else order_of(how.yolo_order)
    place = 0 if stated is None else stated.words.index(CLASS) if CLASS in stated.words else None
    lines = text_lines.read(files, how, place)
    root = folder_of(folder.shown, files)
    pose = pose_of(lines, stated, how, root)
    stated = pose.order if pose is not None else stated
    boxes = _boxes(lines, decided(lines, stated, how))
    images = images_of(how.images, how.image_size, how.stem)
    placed = _in_pixels(boxes, lines, stems, images)
    columns = [text_column("image_id", [stems[i] for i in lines.lines.file.tolist()])]
    names = Names({})
    if boxes.order is None or CLASS in boxes.order.words:
        names = names_of(how.names, root)
        columns.append(_labels(lines, names))
    columns += placed.columns()
    if pose is not None:
        columns += _keypoints(pose, placed, how)
        notes += pose.notes
    if any(lines.difficult):
        columns.append(box_table.numbers("difficult", np.array(lines.difficult, np.int64)))
    notes += [*placed.notes, *([names.note] if names.note and names.by_number and columns[1].kind == "U" else [])]
    if names.note and not names.by_number:
        notes.append(names.note)
    declared: dict[str, Any] = {"sets": not placed.turned, "normalised": placed.shares, "files": ("image_id",)}
    if names.unread is not None:
        declared["unread_names"] = names.unread
    if how.image_size is not None and placed.sizes is not None and boxes.shares:
        declared["image_size"] = images.size
    if boxes.order is None and not placed.turned:
        declared["polygons"] = True
    declared |= {"rotated": True} if placed.turned else {"box_format": placed.form}
    if any(lines.difficult) and not how.keep_difficult:
        declared["ignored"] = "difficult"
    numbered = len(columns) > 1 and columns[1].name == LABEL and columns[1].kind == "f"
    kind = "yolo" if placed.yolo else "boxes"
    known = dict.fromkeys([*stems, *images.files])
    reads = OutlineTable if how.family == "segment" else BoxTable
    table = reads(
        folder.shown,
        kind,
        columns,
        lines.lines,
        list(known),
        lines.digest,
        declared=declared,
        notes=notes,
        classes=names.by_number,
        numbered=numbered and how.names is None,
    )
    if pose is not None:
        table.lists[KEYPOINTS] = tuple(x.name for x in columns if x.name.startswith(f"{KEYPOINTS}_"))
        table.declared["bbox"] = LAYOUTS[placed.form]
    if isinstance(table, OutlineTable):
        table.outlines = _outlines(boxes, lines, list(known), images)
    return table


def _keypoints(pose: Pose, placed: _Boxes, how: SideFormat) -> list[Column]:
    """The columns of keypoints in the units of the boxes, and the areas of the boxes for those of the objects."""
    sizes = placed.sizes if placed.sizes is not None and placed.scaled else None
    scale = np.ones((len(placed.box), 2)) if sizes is None else sizes.astype(np.float64)
    sides = corners(placed.box, placed.form)
    area = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    if how.side != "pred":
        placed.notes.append("the area of an object is that of its box")
    return pose.columns(scale, None if how.side == "pred" else area)


def _outlines(boxes: _Boxes, lines: TextLines, known: Sequence[str], images: Images) -> Outlines | None:
    """The polygons of the objects, None where they are boxes. known: all images."""
    if boxes.order is not None or boxes.turned:
        return None
    owners = tuple(lines.lines.file.tolist())  # the files come first among the images
    sizes = images.sizes(known).tolist() if images.sized else []
    by_row = {row: (high, wide) for row, (wide, high) in enumerate(sizes)}
    return Outlines(tuple(boxes.polygons), boxes.shares, lines.lines, owners, by_row, boxes.scores)


def claims(paths: Sequence[str], how: SideFormat) -> bool:
    """Whether text files are boxes of one image each rather than tables: because an option says so, else, of several files, because
    each line is a class and the numbers of a box, and none of them is the name of a column."""
    if how.yolo_order or how.yolo_obb or how.images or how.image_size or how.names:
        return True
    if len(paths) < 2 or any((how.header, how.delimiter, how.decimal, how.thousands)):
        return False
    from losscli.sources.annotations.box_text import looks_like

    return looks_like([p for p in paths if os.path.basename(p) not in LISTS][:_SNIFFED], _HEAD)


def _is_readme(path: str) -> bool:
    return os.path.basename(path).lower().lstrip("_").startswith("readme")


def stems_of(files: Sequence[str], how: SideFormat) -> list[str]:
    """The image of each file. Raises DataError where two have the same."""
    stems = [stem_of(path, how.stem) for path in files]
    if len(set(stems)) < len(stems):
        seen: dict[str, str] = {}
        for stem, path in zip(stems, files, strict=True):
            if stem in seen:
                what = f"two files for the image {visible(stem)!r}: {visible(seen[stem])}"
                raise DataError(what, Where(path), "name the folder of one of them, or use --stem if their images differ")
            seen[stem] = path
    return stems


def _labels(lines: TextLines, names: Names) -> Column:
    """The classes: names, or numbers with the names that are known for them."""
    numbers = lines.classes()
    if numbers is None:
        return text_column(LABEL, lines.labels)
    if names.by_number:
        return labelled(numbers, names.by_number, lines.lines, visible(names.file))
    return box_table.numbers(LABEL, numbers)


@dataclass(frozen=True)
class _Boxes:
    """The numbers of every line: boxes in the order's format, or polygons. order: None for polygons."""

    order: Order | None
    box: Floats
    polygons: list[Floats]
    scores: Floats | None
    notes: list[str]
    turned: bool = False
    shares: bool = False
    yolo: bool = False
    scaled: bool = False
    sizes: Ints | None = None

    @property
    def form(self) -> str:
        """The format of the boxes."""
        return self.order.form if self.order is not None else "xyxy"

    def columns(self) -> list[Column]:
        """The columns of the box, the score and the size of the image."""
        names = (*LAYOUTS["cxcywh"], _ANGLE) if self.turned else LAYOUTS[self.form]
        found = [box_table.numbers(name, np.ascontiguousarray(self.box[:, i])) for i, name in enumerate(names)]
        if self.scores is not None:
            found.insert(0, box_table.numbers("score", self.scores))
        if self.sizes is not None:
            found += [box_table.numbers(f"image_{side}", self.sizes[:, i]) for i, side in enumerate(("width", "height"))]
        return found


def _boxes(lines: TextLines, reading: tuple[Order, list[str], bool]) -> _Boxes:
    order, notes, turned = reading
    values = lines.values()
    widths = lines.widths
    if POLYGON not in order.words:
        table = values.reshape(len(widths), -1) if len(widths) else np.empty((0, len(order.numbers)))
        scores = np.ascontiguousarray(table[:, order.numbers.index(SCORE)]) if SCORE in order.words else None
        box = table[:, order.box]
        shares = normalised(box) if order.form == "cxcywh" else bool(box.size) and bool((np.abs(box) <= 1.0).all())
        return _Boxes(order, box, [], scores, notes, shares=shares, yolo=order.form == "cxcywh" and shares)
    ends = np.cumsum(widths)
    rows = list(np.split(values, ends[:-1])) if len(widths) else []
    scored = SCORE in order.words
    scores = np.array([row[-1] for row in rows]) if scored else None
    polygons = [(row[:-1] if scored else row).reshape(-1, 2) for row in rows]
    shares = all(normalised(p) for p in polygons)
    return _Boxes(None, np.empty((0, 4)), polygons, scores, notes, turned, shares, shares)


def _in_pixels(boxes: _Boxes, lines: TextLines, stems: Sequence[str], images: Images) -> _Boxes:
    """The boxes in pixels where the sizes of the images are known, else as they are; polygons as boxes."""
    scale, sizes = np.ones((len(lines.labels), 2)), None
    if images.sized:
        file = lines.lines.file
        used = np.unique(file)
        found = np.zeros((len(stems), 2), np.int64)
        found[used] = images.sizes([stems[i] for i in used.tolist()])
        sizes = found[file]
        scale = sizes.astype(np.float64) if boxes.shares else scale
    shares = boxes.shares and sizes is None
    if boxes.order is not None:
        return replace(boxes, box=boxes.box * np.tile(scale, 2), shares=shares, sizes=sizes, scaled=boxes.shares and not shares)
    points = [polygon * factor for polygon, factor in zip(boxes.polygons, scale, strict=True)]
    box = rotated(np.array(points).reshape(-1, 4, 2)) if boxes.turned else enclosing(points)
    return replace(boxes, box=box, shares=shares, sizes=sizes)
