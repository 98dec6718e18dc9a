"""Pairs predictions with targets where both are sets per image: finds the columns and calls the family's matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.reading import boxes_in_text
from losscli.reading.aligned import Filled
from losscli.reading.asked import Reading
from losscli.reading.bookkeeping import Bookkeeping
from losscli.reading.image_lists import leave_out_images
from losscli.reading.image_sets import SIDES, Axis, axes, sets_of
from losscli.reading.object_marks import difficult, marked
from losscli.reading.other_labels import others, overlapping, shifted
from losscli.reading.other_reading import other_reading, remedy
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.reading.two_names import Side, by_col, refuse_two_names
from losscli.sources.base import Source, declared_of, hint_of
from losscli.spec.family import Conventions, Family
from losscli.spec.matching import (
    IGNORE,
    MAX_DETS,
    MAX_KEYPOINT_DETS,
    PENALIZE_BOTH,
    Found,
    Matching,
    OtherReading,
    Sets,
)
from losscli.spec.tile import Block

_LOWER = (0.25, 0.1, 0.01)
"""Thresholds that are tried where one pairs nothing."""
KEYPOINTS = ("keypoints", "target_keypoints")
"""The roles by which rows pair where no loss reads boxes."""
_NONE = np.zeros(0, np.int64)
_DROP = "remove such boxes from the file, or use --nonfinite drop to leave them out"


@dataclass(frozen=True)
class Matched:
    """The pairs, the columns of PRED that define the sets, and likely mistakes, each with the code of its guard."""

    pairing: Pairing
    keys: tuple[str, ...]
    warnings: tuple[tuple[str, str], ...] = ()


def match(
    family: Family,
    columns: RoleColumns,
    filled: Sequence[Filled],
    conventions: Conventions,
    matching: Matching,
    asked: Reading | None = None,
) -> Matched:
    """Pair the boxes of PRED with those of TARGET. Raises UsageError or DataError if the inputs are not sets of boxes."""
    if family.match is None:
        raise UsageError(f"--match pairs boxes, which {family.name} does not have", fix="use --key COL to pair rows by a column")
    if columns.target is None:
        raise UsageError("--match needs two files of boxes", fix="omit --match: in a single file, each row is a pair")
    if any(declared_of(columns.source(side)).get("rotated") for side in SIDES):
        fix = "omit --match: they pair by position, or by a column with --key"
        raise UsageError("--match pairs upright boxes, and these are rotated", fix=fix)
    by_keypoints = not columns.wanted & set(SIDES) and set(KEYPOINTS) <= columns.wanted
    if not columns.wanted & set(SIDES) and not by_keypoints:
        raise UsageError("--match pairs boxes, but none of the losses reads boxes", fix="add a loss that does, such as --loss giou")
    matching = _settled(matching, by_keypoints)
    sides = _sides(filled, by_keypoints)
    if by_keypoints and len(sides) < 2:
        held = [f"{visible(columns.source(s).path)} has {some(columns.source(s).names)}" for s in SIDES if s not in sides]
        raise DataError(
            f"no keypoints: {'; '.join(held)}", fix=_keypoints_fix([columns.source(s) for s in SIDES if s not in sides])
        )
    if by_keypoints and (shares := next((x for s in SIDES if declared_of(x := columns.source(s)).get("normalised")), None)):
        what = "keypoints as shares of images pair by distances in pixels, which need the sizes of the images"
        raise DataError(what, Where(shares.path), "give the images with --images DIR, or their size with --image-size WxH")
    if len(sides) < 2:
        raise _boxless(columns, [side for side in SIDES if side not in sides])
    rows = {side: sides[side].field.rows for side in SIDES}
    if not all(rows.values()):
        path = visible(columns.source(next(side for side in SIDES if not rows[side])).path)
        raise DataError(f"nothing to evaluate: no boxes in {path}")
    found = axes(columns, rows, matching, conventions)
    blocks = {side: _block(sides[side], side) for side in SIDES}
    if by_keypoints:
        blocks["target"] = _with_areas(blocks["target"], filled)
    codes = sets_of(found, rows)
    for axis in found:
        if axis.key == "image_id":
            _refuse_two_names(columns, axis)
            leave_out_images(columns, axis, codes, asked)
    scores = _scores(columns, rows["pred"], matching, conventions.nonfinite)
    _leave_out(blocks, codes, scores, conventions.nonfinite)
    if scores is not None and matching.score_threshold is not None:
        codes["pred"][scores < matching.score_threshold] = -1
    order = np.zeros(rows["pred"]) if scores is None else scores
    crowd, area = _objects(columns, rows["target"], matching)
    if crowd is not None and matching.method != "coco":
        codes["target"][crowd], crowd = -1, None
    boxes = _own_boxes(columns.source("target")) if by_keypoints else None
    sets = Sets(codes["pred"], codes["target"], order, crowd, area, _ignored(columns, rows["target"]), boxes)
    outcome = family.match(blocks, sets, conventions, matching)
    if not len(outcome.pred):
        raise _nothing(family, columns, blocks, sets, found, conventions, matching, outcome.other)
    books = Bookkeeping.of(outcome, matching, found, scores)
    warnings = []
    if outcome.other is not None:
        warnings.append(other_reading(columns, outcome.other, _unpaired(sides["pred"], codes["pred"], outcome)))
    if 2 * len(outcome.pred) < min(int((codes[side] >= 0).sum()) for side in SIDES):
        warnings += shifted(overlapping(family, blocks, sets, found, conventions, matching), len(outcome.pred))
    keys = tuple(axis.columns[0] for axis in found)
    return Matched(_paired(rows, outcome, matching, books), keys, tuple(warnings))


def _unpaired(pred: Filled, codes: Ints, outcome: Found) -> str:
    """The place of the first box of PRED without a partner; empty where each has one."""
    left = codes >= 0
    left[outcome.pred] = False
    return str(replace(pred.field.where(int(np.argmax(left))), column=None)) if left.any() else ""


def _refuse_two_names(columns: RoleColumns, axis: Axis) -> None:
    """Raise DataError where files name an image in two ways that contradict each other, unless --col states the column."""
    if not any(columns.stated(axis.key, side) for side in SIDES):
        pred, target = (Side(columns.source(side), name) for side, name in zip(SIDES, axis.columns, strict=True))
        refuse_two_names(pred, target, axis.spell, by_col)


def _paired(rows: Mapping[str, int], outcome: Found, matching: Matching, books: Bookkeeping) -> Pairing:
    """The pairs, and after them the unmatched boxes that count."""
    count = len(outcome.pred)
    missed = books.unmatched("target") if matching.unmatched != IGNORE else _NONE
    spurious = books.unmatched("pred") if matching.unmatched == PENALIZE_BOTH else _NONE
    return Pairing(
        rows["pred"],
        rows["target"],
        count,
        rows["pred"] - count,
        rows["target"] - count,
        np.concatenate((outcome.pred, np.full(len(missed), outcome.pred[0]), spurious)),
        np.concatenate((outcome.target, missed, np.full(len(spurious), outcome.target[0]))),
        str(matching),
        books,
        len(missed),
        len(spurious),
    )


def _boxless(columns: RoleColumns, sides: Sequence[str]) -> DataError:
    """The error of files without columns known to be boxes, with an option that names four of their columns."""
    held = [f"{visible(columns.source(s).path)} has {some(columns.source(s).names) or 'no named columns'}" for s in sides]
    fixes = []
    for side in sides:
        source = columns.source(side)
        if source.format == "coco":
            fixes.append(f"{visible(source.path)}: give every object its `bbox`; `losscli segment` evaluates segmentations")
            continue
        free = [n for n in source.numeric() if n] if source.names else []
        named = ",".join(map(visible, free)) if len(free) == 4 else "A,B,C,D"
        if in_text := boxes_in_text.remedy(source):
            fixes.append(in_text)
        elif not hint_of(source):
            fixes.append(f"name the four columns of a box: --col {side}.box={named}")
    return DataError(f"no columns are known as boxes: {'; '.join(held)}", fix="; ".join(fixes))


def _scores(columns: RoleColumns, rows: int, matching: Matching, nonfinite: str) -> Floats | None:
    """The scores of PRED's boxes, or None. Raises DataError at a missing or infinite one, unless --nonfinite lets it through."""
    name = columns.reads("pred", "score")
    if name is None:
        if matching.score_threshold is not None:
            path = visible(columns.pred.path)
            raise DataError(
                f"--score-threshold: {path} has no score", fix="name its column with --col score=NAME, or omit the option"
            )
        if matching.method != "hungarian" or matching.max_dets is not None:
            columns.notes.append("no score column: predictions are matched in the order of the file")
        return None
    scores = _numbers(columns.pred, name, rows, "scores")
    lost = ~np.isfinite(scores)
    if nonfinite == "error" and lost.any():
        row = int(np.argmax(lost))
        what = "a missing score" if np.isnan(scores[row]) else f"{scores[row]:g} is not a finite number"
        raise DataError(what, columns.pred.numbers((name,)).where(row), _DROP)
    return scores


def _numbers(source: Source, name: str, rows: int, what: str) -> Floats:
    field = source.numbers((name,))
    if field.rows != rows:
        raise DataError(f"{field.rows} {what} for {rows} boxes", field.where(0))
    return np.asarray(field.read(0, rows), dtype=np.float64).reshape(rows)


def _objects(columns: RoleColumns, rows: int, matching: Matching) -> tuple[Bools | None, Floats | None]:
    """Which true boxes are crowds, and their areas, where TARGET says so and the matching asks for them."""
    source = columns.source("target")
    left_out = declared_of(source).get("crowds") == "left out"
    find = columns.reads if matching.method == "coco" or left_out else columns.extra
    name = find("target", "iscrowd")
    crowd = None if name is None else marked(source, name, rows)
    if matching.method != "coco":
        if crowd is not None and crowd.any():
            fate = (
                "left out; --match coco pairs them as COCO does" if left_out else "matched like others; --match coco ignores them"
            )
            columns.notes.append(f"crowd objects in TARGET: {int(crowd.sum())}, {fate}")
        return crowd if left_out else None, None
    if matching.area is None:
        return crowd, None
    name = columns.reads("target", "area")
    if name is None:
        columns.notes.append("no area column in TARGET: the range of --area is that of the boxes")
        return crowd, None
    return crowd, _numbers(source, name, rows, "areas")


def _ignored(columns: RoleColumns, rows: int) -> Bools | None:
    """Which true boxes count for nothing, where TARGET says so."""
    name = difficult(columns)
    if name is None:
        return None
    ignored = marked(columns.source("target"), name, rows)
    if ignored.any():
        columns.notes.append(f"difficult objects in TARGET: {int(ignored.sum())}, ignored (--keep-difficult counts them)")
    return ignored


def _leave_out(blocks: Mapping[str, Block], codes: Mapping[str, Ints], scores: Floats | None, nonfinite: str) -> None:
    """Refuse boxes that are not finite, or leave them and those without score out, as --nonfinite says."""
    for side, block in blocks.items():
        bad = ~np.isfinite(block.arrays[side])
        if nonfinite == "error":
            block.reject(side, bad, lambda x: f"{x} is not a finite number", _DROP)
        elif nonfinite == "drop":
            codes[side][bad.reshape(block.rows, -1).any(1)] = -1
    if scores is not None and nonfinite == "drop":
        codes["pred"][~np.isfinite(scores)] = -1


def _nothing(
    family: Family,
    columns: RoleColumns,
    blocks: Mapping[str, Block],
    sets: Sets,
    found: Sequence[Axis],
    conventions: Conventions,
    matching: Matching,
    other: OtherReading | None,
) -> DataError:
    """Why no boxes are paired, and what would pair some."""
    assert family.match is not None
    head = f"nothing to evaluate: no prediction of {visible(columns.pred.path)}"
    if matching.score_threshold is not None and not (sets.pred >= 0).any():
        return DataError(f"{head} has a score of at least {matching.score_threshold:g}", fix="lower --score-threshold")
    together = np.intersect1d(sets.pred[sets.pred >= 0], sets.target[sets.target >= 0])
    if not len(together) and not any(axis.key == "label" for axis in found):
        return DataError(f"{head} is left to match")
    if not len(together):
        what = "nothing to evaluate: no image has boxes of one label on both sides"
        return DataError(what, fix="use --class-agnostic to match whatever the label, or name another column with --col label=NAME")
    if matching.method == "coco" and len(
        family.match(blocks, replace(sets, crowd=None), conventions, replace(matching, area=None)).pred
    ):
        return DataError("nothing to evaluate: every pair is of an ignored object", fix="use a wider --area")
    if sets.ignored is not None and len(family.match(blocks, replace(sets, ignored=None), conventions, matching).pred):
        return DataError(
            "nothing to evaluate: every pair is of an object marked difficult", fix="use --keep-difficult to count them"
        )
    if other is not None:
        return DataError(f"{head} overlaps a true box of its image and label", fix=remedy(columns, other))
    near = "is similar to an object" if matching.by_keypoints else "overlaps a true box"
    if labels := overlapping(family, blocks, sets, found, conventions, matching):
        fix = "give both sides the same labels, name another column with --col label=NAME, or use --class-agnostic to ignore them"
        return DataError(f"{head} {near} of its image and label, but {others(labels)}", fix=fix)
    for threshold in _LOWER:
        lower = replace(matching, threshold=threshold)
        if threshold < matching.threshold and (n := len(family.match(blocks, sets, conventions, lower).pred)):
            what = f"{head} {near} of its image and label by {matching.threshold:g}"
            return DataError(what, fix=f"--iou-threshold {threshold:g} pairs {n} of them")
    return DataError(
        f"{head} {near} of its image and label",
        fix="check the box formats and the scale of the coordinates; --iou-threshold 0 pairs boxes that do not meet",
    )


def _settled(matching: Matching, by_keypoints: bool) -> Matching:
    """The matching with COCO's number of detections where it is COCO's, and with what pairs the rows."""
    most = MAX_KEYPOINT_DETS if by_keypoints else MAX_DETS
    most_dets = most if matching.method == "coco" and matching.max_dets is None else matching.max_dets
    return replace(matching, by_keypoints=by_keypoints, max_dets=most_dets, sigmas=matching.sigmas if by_keypoints else ())


def _sides(filled: Sequence[Filled], by_keypoints: bool) -> dict[str, Filled]:
    """By side, the role by which rows pair."""
    names = KEYPOINTS if by_keypoints else SIDES
    found = {f.role: f for f in filled}
    return {side: found[name] for side, name in zip(SIDES, names, strict=True) if name in found}


def _with_areas(block: Block, filled: Sequence[Filled]) -> Block:
    """The true keypoints with the areas of their objects."""
    area = next((f.field for f in filled if f.role == "area"), None)
    if area is None:
        raise DataError("keypoints are matched by the areas of the objects, which TARGET does not have", fix="--col area=NAME")
    block.arrays["area"] = area.read(0, area.rows)
    return block


def _keypoints_fix(lacking: Sequence[Source]) -> str:
    """What gives sources their keypoints."""
    lines = [source for source in lacking if source.format in ("yolo", "boxes")]
    if not lines:
        return "name their columns with --col keypoints='NAME_*'"
    if any(declared_of(source).get("polygons") for source in lines):
        return "use --yolo-kpt-shape K,D, such as 17,3, if each line is a box and keypoints"
    return "give lines of a class, a box and keypoints, or use a loss of boxes, such as --loss giou"


def _own_boxes(source: Source) -> Floats | None:
    """The boxes of the objects as corner and size, where the format declares them."""
    names = declared_of(source).get("bbox", source.lists.get("bbox"))
    form = declared_of(source).get("box_format")
    if names is None or form not in ("xywh", "cxcywh", "xyxy"):
        return None
    field = source.numbers(names)
    box = np.array(field.read(0, field.rows), dtype=np.float64)
    if form == "cxcywh":
        box[:, :2] -= 0.5 * box[:, 2:]
    elif form == "xyxy":
        box[:, 2:] -= box[:, :2]
    return box


def _block(filled: Filled, side: str) -> Block:
    """All boxes, or keypoints, of one side."""
    field = filled.field
    index = np.arange(field.rows)
    return Block({side: field.read(0, field.rows)}, index, index, lambda _, row, item: field.where(row, item))
