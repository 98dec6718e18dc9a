"""Lines of box text with keypoints after the box, as YOLO's pose models write them: the keypoints are taken out of the lines, which
leaves a class, a box and perhaps a score. Decides no order of a box."""

from __future__ import annotations

import os

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.core.records import dataclass
from losscli.numerics.stable import Bools, Floats
from losscli.sources.annotations.class_names import keypoint_shape
from losscli.sources.annotations.orders import CLASS, KEYPOINTS, LAYOUTS, POLYGON, REST, SCORE, Order, fits, normalised, shape_of
from losscli.sources.annotations.text_lines import TextLines
from losscli.sources.frames.frame import Column
from losscli.sources.side_format import SideFormat

_BOX = LAYOUTS["cxcywh"]
_LAST = Order((CLASS, *_BOX, KEYPOINTS, SCORE))
_SECOND = Order((CLASS, SCORE, *_BOX, KEYPOINTS))
_PLAIN = Order((CLASS, *_BOX, KEYPOINTS))


@dataclass(frozen=True)
class Pose:
    """The keypoints of every line: x, y and visibility of each. order: that of the rest of the line, where it is known."""

    points: Floats
    order: Order | None
    notes: tuple[str, ...] = ()

    def columns(self, scale: Floats, area: Floats | None) -> list[Column]:
        """The columns of the keypoints, in the units of the boxes, and of the areas. scale: width and height by line."""
        found = self.points * np.append(scale, np.ones((len(scale), 1)), axis=1)[:, None, :]
        flat = found.reshape(len(found), 3 * self.points.shape[1])
        out = [Column(f"{KEYPOINTS}_{i}", "f", np.ascontiguousarray(flat[:, i])) for i in range(flat.shape[1])]
        return out if area is None else [*out, Column("area", "f", area)]


def pose_of(lines: TextLines, stated: Order | None, how: SideFormat, folder: str) -> Pose | None:
    """Take the keypoints out of the lines; None where no option and no data.yaml says that there are some."""
    given = shape_of(how.yolo_kpt_shape) if how.yolo_kpt_shape else None
    if given is not None and (how.yolo_obb or (stated is not None and POLYGON in stated.words)):
        raise UsageError("--yolo-kpt-shape reads a box and keypoints, not rotated boxes or polygons", fix="omit one of the options")
    if given is None and stated is not None and KEYPOINTS in stated.words:
        given = keypoint_shape(how.names, folder)
        if given is None:
            raise UsageError("--yolo-order names keypoints, whose number is not known", fix="give it with --yolo-kpt-shape 17,3")
    shape = given
    if shape is None and _may_have_keypoints(lines, stated, how):
        shape = keypoint_shape(how.names, folder)
    if shape is None:
        return None
    stated = None if stated is None else _with_keypoints(stated)
    count = shape[0] * shape[1]
    width = len(stated.numbers) - 1 if stated is not None else len(_BOX)
    scored = stated is None or SCORE in stated.words
    widths = {width + count, *([width + count + (1 if stated is None else -1)] if scored else [])}
    found = set(lines.widths.tolist())
    if not found <= widths or len(found) > 1:
        if given is None:
            return None
        row = next((i for i, n in enumerate(lines.widths.tolist()) if n not in widths or n != lines.widths[0]), 0)
        told = " or ".join(map(str, sorted(widths)))
        what = f"{int(lines.widths[row])} numbers after the class, where a box with {shape[0]} keypoints of {shape[1]} has {told}"
        raise DataError(
            what, lines.where(row), "give all lines a box and its keypoints, with a score or without, or correct the shape"
        )
    order, notes = _order(lines, stated, shape, how, given is not None)
    points = _taken(lines, order, count).reshape(len(lines.cells), *shape)
    if shape[1] == 2:
        seen: Bools = np.asarray((points >= 0).all(-1))
        zero = int((seen & (points == 0).all(-1)).sum())
        points = np.concatenate([points, seen[..., None].astype(np.float64)], axis=-1)
        if how.side != "pred":
            said = f", {zero:,} at 0, 0 among them" if zero else ""
            notes = (*notes, f"keypoints without visibility: {int(seen.sum()):,} count as labelled{said}")
    rest = Order(tuple(w for w in order.words if w != KEYPOINTS))
    return Pose(points, rest, notes)


def _may_have_keypoints(lines: TextLines, stated: Order | None, how: SideFormat) -> bool:
    """Whether the lines may be a box and keypoints where no option says so."""
    other = how.yolo_obb or how.family == "segment" or (stated is not None and {POLYGON, REST} & set(stated.words))
    return not other and not (lines.widths <= len(_BOX) + 1).any()


def _with_keypoints(stated: Order) -> Order:
    """The order with its keypoints, which follow the box where it does not name them."""
    if KEYPOINTS in stated.words:
        return stated
    last = max(stated.words.index(word) for word in LAYOUTS[stated.form]) + 1
    return Order((*stated.words[:last], KEYPOINTS, *stated.words[last:]))


def _order(
    lines: TextLines, stated: Order | None, shape: tuple[int, int], how: SideFormat, sure: bool
) -> tuple[Order, tuple[str, ...]]:
    """The order of the lines, with keypoints; and notes."""
    if not len(lines.cells):
        return stated or _PLAIN, ()
    count, width = shape[0] * shape[1], int(lines.widths[0])
    if stated is not None:
        short = width < len(stated.numbers) - 1 + count
        return stated.without_score() if short else stated, ()
    if width == len(_BOX) + count:
        return _PLAIN, ()
    values = lines.values().reshape(len(lines.cells), -1)
    possible = [order for order in (_SECOND, _LAST) if _plausible(values, order, shape)]
    if len(possible) == 1:
        place = "second word" if possible[0] == _SECOND else "last word"
        return possible[0], (f"score read from the {place} of each line, which keeps every box and keypoint in its image",)
    flags = " or ".join(how.flag("--yolo-order", str(order)) for order in (_SECOND, _LAST))
    fit = (
        "both keep every box and keypoint in its image" if possible else "with neither all boxes and keypoints lie in their images"
    )
    raise DataError(f"is the score the second or the last word? {fit}", lines.where(0), f"say which it is: {flags}")


def _plausible(values: Floats, order: Order, shape: tuple[int, int]) -> bool:
    """Whether the scores lie in 0…1, every box and keypoint in its image, and all visibilities in 0…2."""
    count, start = shape[0] * shape[1], order.numbers.index(KEYPOINTS)
    points = values[:, start : start + count].reshape(len(values), *shape)
    rest = np.delete(values, np.s_[start : start + count], axis=1)
    plain = Order(tuple(w for w in order.words if w != KEYPOINTS))
    visibility = points[..., 2:]
    inside = normalised(points[..., :2]) and bool(((visibility >= 0) & (visibility <= 2)).all())
    return inside and normalised(rest) and fits(plain, rest)


def _taken(lines: TextLines, order: Order, count: int) -> Floats:
    """The keypoints of all lines, which are removed from them."""
    start = order.numbers.index(KEYPOINTS)
    values = lines.values().reshape(len(lines.cells), -1) if lines.cells else np.empty((0, start + count))
    for cells in lines.cells:
        del cells[start : start + count]
    return values[:, start : start + count]


def folder_of(shown: str, files: list[str]) -> str:
    """The folder beside or above which data.yaml is looked for."""
    return shown if os.path.isdir(shown) else os.path.dirname(files[0])
