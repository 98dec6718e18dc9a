"""What the lines of box text are: boxes with or without score, polygons, rotated boxes; and in which order their numbers stand."""

from __future__ import annotations

import os
import shlex

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.numerics.stable import Bools, Floats
from losscli.sources.annotations.orders import CLASS, POLYGON, REST, SCORE, Order, candidates, fits, normalised, outside
from losscli.sources.annotations.text_lines import TextLines
from losscli.sources.cell_numbers import is_number
from losscli.sources.side_format import SideFormat

_BOX = 4
_QUAD = 8
_LONGER = {
    6: ("boxes, scores and numbers of tracks", "class,cx,cy,w,h,score,_"),
    14: ("KITTI's labels", "class,_,_,_,left,top,right,bottom,rest"),
    15: ("KITTI's results", f"class,_,_,_,left,top,right,bottom,{'_,' * 7}score"),
}
"""What lines with as many numbers after the class may be, and their order."""
_REACH = 0.5
_POSE = 5
"""The fewest keypoints of a pose that is told from a polygon without other signs of it."""
_PLAIN = Order((CLASS, "cx", "cy", "w", "h"))
_POLYGONS = Order((CLASS, POLYGON))


def decided(lines: TextLines, stated: Order | None, how: SideFormat) -> tuple[Order, list[str], bool]:
    """The order of the numbers, notes, and whether the boxes are rotated. Raises DataError where the lines do not decide it."""
    widths = lines.widths
    _refuse_class_last(lines)
    if how.yolo_obb:
        return _turned(lines, stated)
    if not len(widths):
        return stated or _PLAIN, [], False
    if stated is not None:
        return _as_stated(lines, stated), _polygon_notes(stated, how), False
    if (widths < _BOX).any():
        row = int(np.argmax(widths < _BOX))
        raise DataError(f"{_count(int(widths[row]))} after the class, where a box has 4", lines.where(row), _text_fix())
    kinds = _kinds(lines)
    if kinds[0] in (_BOX, _BOX + 1):
        values = lines.values().reshape(len(widths), -1)
        order, notes = _of_boxes(values, lines, how)
        return order, notes, False
    order = _of_polygons(lines, how)
    return order, _polygon_notes(order, how), False


def _kinds(lines: TextLines) -> Bools:
    """The number of numbers of each line, 6 for any polygon and 7 for any with a score; one kind in all lines."""
    widths = lines.widths
    kinds = np.where(widths <= _BOX + 1, widths, 6 + widths % 2)
    refuse_mixed(lines, kinds)
    return kinds


def refuse_mixed(lines: TextLines, kinds: Bools) -> None:
    """Raise DataError at the first line of another kind than the first line."""
    other = kinds != kinds[0]
    if other.any():
        row = int(np.argmax(other))
        first = lines.where(0)
        what = f"{_count(len(lines.cells[row]))} after the class, but {len(lines.cells[0])} in {first}"
        fix = "all lines must be boxes with score, boxes without, or polygons"
        if lines.where(row).path != first.path:
            fix += "; a quoted pattern names some of the files of a folder"
        raise DataError(what, lines.where(row), fix)


def _as_stated(lines: TextLines, stated: Order) -> Order:
    """The stated order; without its score, where all lines have one number less."""
    widths, wanted = lines.widths, len(stated.numbers)
    if POLYGON in stated.words:
        scored = int(SCORE in stated.words)
        bad = (widths < 6 + scored) | (widths % 2 != scored)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(f"{_count(int(widths[row]))} after the class are not a polygon", lines.where(row), "check --yolo-order")
        return stated
    if REST in stated.words:
        for row in np.flatnonzero(widths > wanted).tolist():
            del lines.cells[row][wanted:]
    else:
        _rejoin(lines, wanted)
    widths = lines.widths
    if SCORE in stated.words and (widths == wanted - 1).all():
        return stated.without_score()
    bad = widths != wanted
    if bad.any():
        row = int(np.argmax(bad))
        said = "after the class" if CLASS in stated.words else "in the line"
        what = f"{_count(int(widths[row]))} {said}, but --yolo-order {stated} has {wanted}"
        raise DataError(what, lines.where(row), "correct the line, or the order (rest at its end leaves further numbers out)")
    return stated


def _rejoin(lines: TextLines, wanted: int) -> None:
    """Give numbers that end the name of a class back to it: `sign 3 0.9 1 2 3 4`."""
    for row in np.flatnonzero(lines.widths > wanted).tolist():
        cells = lines.cells[row]
        if not lines.labels[row].replace(".", "").isdigit():
            lines.labels[row] = " ".join([lines.labels[row], *cells[:-wanted]])
            del cells[:-wanted]


def _of_boxes(values: Floats, lines: TextLines, how: SideFormat) -> tuple[Order, list[str]]:
    """The order of lines with a class and 4 or 5 numbers."""
    orders = candidates(values.shape[1])
    if normalised(values):
        yolo = [order for order in orders if order.form == "cxcywh"]
        fitting = [order for order in yolo if fits(order, values)]
        others = [order for order in orders if order.form != "cxcywh" and fits(order, values)]
        if len(yolo) == 1 and (fitting or not others):
            return yolo[0], []
        if len(fitting) == 1:
            place = "second word" if fitting[0].words[1] == SCORE else "last word"
            return fitting[0], [f"score read from the {place} of each line, which keeps every box in its image"]
        if len(yolo) == 2:
            second, last = (outside(order, values) for order in yolo)
            out = f"{second:,} or {last:,} of {len(values):,} boxes reach out of their images"
            why = "both keep every box in its image" if fitting else out
            what = f"is the score the second or the last word? {why}"
            raise DataError(what, lines.where(0), _choose(yolo, how))
        raise DataError("some boxes reach out of their images", lines.where(0), _choose([*yolo, *others], how))
    possible = [order for order in orders if fits(order, values)]
    what = f"{_count(values.shape[1])} after the class, in pixels: their order is not known"
    raise DataError(what, lines.where(0), _choose(possible or orders, how))


def _choose(orders: list[Order], how: SideFormat) -> str:
    flags = [how.flag("--yolo-order", str(order)) for order in orders]
    return f"say which it is: {' or '.join(flags)}" if len(flags) > 1 else f"if this is right, use {flags[0]}"


def _of_polygons(lines: TextLines, how: SideFormat) -> Order:
    """Polygons of any number of corners, with or without a score. Raises DataError where they may be something else."""
    widths = lines.widths
    scored = bool(widths[0] % 2)
    order = Order((CLASS, POLYGON, SCORE)) if scored else _POLYGONS
    told = how.flag("--yolo-order", str(order))
    if (widths == _QUAD + scored).all() and how.family != "segment":
        what = f"{_count(_QUAD)} after the class{' and a score' * scored}: a polygon or a rotated box"
        raise DataError(what, lines.where(0), f"use --yolo-obb if they are rotated boxes, {told} if polygons")
    if how.family != "segment" and _far(lines.values()).any():
        raise _of_pixels(lines, told, how)
    shape = _keypoints(lines.values().reshape(len(widths), -1), how) if (widths == widths[0]).all() else None
    if shape is not None:
        boxes = how.flag("--yolo-order", f"{_PLAIN},rest")
        pose = "" if how.family == "segment" else f"--yolo-kpt-shape {shape} for a box and keypoints, "
        what = f"{_count(int(widths[0]))} after the class: a polygon, or a box and keypoints"
        raise DataError(what, lines.where(0), f"use {told} for polygons, {pose}{boxes} to read the boxes alone")
    return order


def _far(values: Floats) -> Bools:
    """Which numbers lie farther out of an image than a corner of a polygon may, as shares of its size."""
    return np.asarray((values < -_REACH) | (values > 1.0 + _REACH))


def _of_pixels(lines: TextLines, told: str, how: SideFormat) -> DataError:
    """The error of more numbers than those of a box, of which some are pixels: they may be anything."""
    widths = lines.widths
    known = _LONGER.get(int(widths[0])) if (widths == widths[0]).all() else None
    row = next(i for i, cells in enumerate(lines.cells) if _far(np.array([float(c) for c in cells])).any())
    what = f"{_count(int(widths[row]))} after the class, not all of them shares of the image as YOLO's polygons have them"
    ways = [f"{how.flag('--yolo-order', known[1])} for {known[0]}"] if known else []
    ways += [f"{told} for polygons in pixels"]
    ways += [] if known else ["--yolo-kpt-shape K,D for keypoints"]
    return DataError(what, lines.where(row), f"use {' or '.join(ways)}")


def _refuse_class_last(lines: TextLines) -> None:
    """Raise DataError at lines of corners whose class is the ninth word, as DOTA has them."""
    for row, (label, cells) in enumerate(zip(lines.labels, lines.cells, strict=True)):
        if (
            len(cells) in (_QUAD, _QUAD + 1)
            and not is_number(cells[_QUAD - 1])
            and all(map(is_number, (label, *cells[: _QUAD - 1])))
        ):
            place = lines.where(row)
            files = os.path.join(shlex.quote(visible(os.path.dirname(place.path or ""))), "*.txt")
            fix = (
                f"write the class first, and use --yolo-obb: mkdir first; for f in {files}; do "
                """awk 'NF > 8 {print $9,$1,$2,$3,$4,$5,$6,$7,$8}' "$f" > first/"${f##*/}"; done"""
            )
            raise DataError("the class is the ninth word, after four corners, as DOTA writes it", place, fix)


def _keypoints(values: Floats, how: SideFormat) -> str | None:
    """The shape of the keypoints, where all lines of one length may be a box and keypoints, perhaps with a score: all that are seen
    lie within the box. None where they may not."""
    found = _points(values)
    if found is not None or how.family == "segment" or values.shape[1] < _BOX + 1 + 2 * _POSE:
        return found
    return _points(values, guessed=True) or _points(values[:, :-1], guessed=True) or _points(values[:, 1:], guessed=True)


def _points(values: Floats, guessed: bool = False) -> str | None:
    """guessed: whether visibilities may be the confidences of a model, of keypoints that are as many as those of a pose."""
    box, rest = values[:, :_BOX], values[:, _BOX:]
    for step in (2, 3):
        if rest.shape[1] % step:
            continue
        points = rest.reshape(len(rest), -1, step)
        stated = np.isin(points[..., 2:], (0, 1, 2)).all()
        if not stated and (not guessed or points.shape[1] < _POSE or (points[..., 2:] > 1).any()):
            continue
        seen = (points[..., :2] != 0).any(-1)
        reach = np.abs(points[..., :2] - box[:, None, :2]) <= 0.5 * box[:, None, 2:] + 0.02
        if (reach.all(-1) | ~seen).all():
            return f"{points.shape[1]},{step}"
    return None


def _turned(lines: TextLines, stated: Order | None) -> tuple[Order, list[str], bool]:
    """Rotated boxes: four corners and perhaps a score in every line."""
    widths = lines.widths
    scored = bool(len(widths) and widths[0] == _QUAD + 1)
    bad = widths != _QUAD + scored
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{_count(int(widths[row]))} after the class, where --yolo-obb needs 8", lines.where(row), "omit --yolo-obb"
        )
    return Order((CLASS, POLYGON, SCORE)) if scored else _POLYGONS, [], True


def _polygon_notes(order: Order, how: SideFormat) -> list[str]:
    """Says that polygons become boxes, which those of masks do not."""
    return ["polygons read as the boxes around them"] if POLYGON in order.words and how.family != "segment" else []


def _text_fix() -> str:
    return "in a folder, text files are boxes: a class and 4 numbers a line; tables are read by a pattern, such as 'DIR/*.txt'"


def _count(n: int) -> str:
    return f"{n} number{'s' * (n != 1)}"
