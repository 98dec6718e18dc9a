"""The detection family: its roles, and the checks that turn the user's boxes into valid corners for the kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, visible
from losscli.core.records import replace
from losscli.families.detect import _coco
from losscli.families.detect._formats import (
    FORMATS,
    PREFIXES,
    as_written,
    box_columns,
    box_key,
    corners,
    format_of_list,
    implied_format,
    is_list,
    option_of,
    oriented_columns,
    spelled,
)
from losscli.families.detect._matching import matched
from losscli.families.detect._oks import COCO_SIGMAS, keypoints
from losscli.families.detect._other_reading import look_at_readings, other_readings
from losscli.families.detect._set_readings import other_reading
from losscli.families.shared.label_guards import refuse_mixed
from losscli.families.shared.score_guards import suspicious
from losscli.numerics.stable import Array, Bools, Floats
from losscli.spec import column_names
from losscli.spec.family import Conventions, Family, Gradients, Held, Role, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.matching import Found, Matching, Sets, TwoScales
from losscli.spec.tile import Block

_COLUMNS = "name the columns with --col box=x1,y1,x2,y2"
NORMALISED, PIXELS = 1.5, 10.0
"""Coordinates up to NORMALISED may be normalised (boxes may extend beyond their image); above PIXELS they cannot be."""


def prepared(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    """The kernel's arguments: boxes as (n,4) corners, in order and, unless --degenerate keep is set, with an area."""
    upright = {name: boxes(block, name, conventions, watch) for name in loss.takes if name in ("pred", "target")}
    if conventions.degenerate == "keep" and len(upright) == 2:
        _refuse_undefined(block, loss, p, upright["pred"], upright["target"])
    return tuple(upright[name] if name in upright else _plain(block, name) for name in loss.takes)


def _plain(block: Block, role: str) -> Array | None:
    """A role unchanged, as int64 or float64; None if it is optional and missing."""
    if role not in block.arrays:
        return None
    array = block.arrays[role]
    return block.doubles(role) if array.dtype.kind == "f" else np.ascontiguousarray(array, dtype=np.int64)


def overlapping(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Floats, Floats]:
    """Corners of both sides, for losses that are undefined for two boxes without area. Raises DataError at such a row."""
    pred, target = boxes(block, "pred", conventions, watch), boxes(block, "target", conventions, watch)
    if conventions.degenerate == "keep":
        _refuse_no_area(block, pred, target, "leave the row out, or use iou with empty=perfect, one or skip")
    return pred, target


def _refuse_no_area(block: Block, pred: Floats, target: Floats, fix: str) -> None:
    """Raise DataError at the first pair of boxes of which neither has an area."""
    flat = _either(pred, np.equal) & _either(target, np.equal)
    block.reject("pred", flat, lambda b: f"box {spelled(b)} and its target have no area: 0/0", fix)


def format_of(role: str, conventions: Conventions) -> str:
    """The format of a role's boxes. Raises UsageError if it is unknown."""
    form = (conventions.pred_format if role == "pred" else conventions.target_format) or "xyxy"
    if form not in FORMATS:
        raise UsageError(f"unknown box format {visible(form)!r}", fix=f"use --box-format {'|'.join(FORMATS)}")
    return form


def boxes(block: Block, role: str, conventions: Conventions, watch: Watch) -> Floats:
    """The (n,4) boxes of `pred` or `target` as corners x1, y1, x2, y2. Raises DataError at the first invalid box."""

    def read() -> Floats:
        form = format_of(role, conventions)
        found = fours(block, role)
        out = corners(found, form)
        if not (out[:, 2] > out[:, 0]).all() or not (out[:, 3] > out[:, 1]).all() or form != "xyxy":
            refuse_inverted(block, role, out, form)
            if conventions.degenerate != "keep":
                _refuse_degenerate(block, role, out)
        _note_scale(role, out, watch)
        out.flags.writeable = False  # lets several losses share one Overlap
        return out

    return block.once(("boxes", role, conventions.degenerate), read)


def _note_scale(role: str, box: Floats, watch: Watch) -> None:
    """Record the range of a side's coordinates, and whether they look normalised (fractions below NORMALISED)."""
    if not box.size:
        return
    low, high = float(box[:, :2].min()), float(box[:, 2:].max())  # corners are in order; a NaN shows up in both
    if not (isfinite(low) and isfinite(high)):
        return
    watch.span(role, low, high)
    if high <= NORMALISED and (box != np.floor(box)).any():
        watch.flags.add(f"{role} fractions")


def fours(block: Block, role: str) -> Array:
    """The array of a role whose rows have four numbers each. Raises DataError if they do not."""
    found = block.arrays[role]
    if found.ndim != 2 or found.shape[1] != 4:
        what = f"{FAMILY.role(role).key} needs four numbers per row, found rows of shape {found.shape[1:]}"
        several = found.ndim == 2 and found.shape[1] > 4
        fix = "save the four numbers of a box alone, or as key `boxes` of an .npz" if several else _COLUMNS
        raise misshapen(block, role, what, fix)
    return found


def misshapen(block: Block, role: str, what: str, fix: str) -> DataError:
    """The error of an array of the wrong shape, at its first row."""
    return DataError(what, block.place(role, 0, 0) if block.rows else None, fix)


def refuse_inverted(block: Block, role: str, box: Floats, form: str) -> None:
    """Raise DataError at the first box with x2 < x1 or y2 < y1, in any format."""
    bad = _either(box, np.less) if form == "xyxy" else np.asarray((block.arrays[role][:, 2:] < 0).any(1))
    if not bad.any():
        return
    if form == "xyxy":
        fix = f"if these numbers are a corner (or centre) and a size, use {option_of(block, role, 'xywh')} (or cxcywh)"
        block.reject(role, bad, lambda b: f"inverted box {spelled(b)}: x2 < x1 or y2 < y1", fix)
    fix = f"if these numbers are two corners, use {option_of(block, role, 'xyxy')}"
    block.reject(role, bad, lambda b: f"inverted box {spelled(b)}: its width or height is negative", fix)


def _either(box: Floats, compare: np.ufunc) -> Bools:
    """Whether `compare(far edge, near edge)` is true along either axis; column by column, as in memory."""
    return np.asarray(compare(box[:, 2], box[:, 0]) | compare(box[:, 3], box[:, 1]))


def _refuse_degenerate(block: Block, role: str, box: Floats) -> None:
    block.reject(
        role,
        _either(box, np.equal),
        lambda b: f"degenerate box {spelled(b)}: its width or height is zero",
        "use --degenerate keep to evaluate such boxes",
    )


def _refuse_undefined(block: Block, loss: Loss, p: Params, pred: Floats, target: Floats) -> None:
    """Raise DataError where zero areas give 0/0 and the parameters define no value for it."""
    if p.get("empty") == "error" and not p.get("offset") and not p.get("eps"):
        _refuse_no_area(block, pred, target, f"set their value with {loss.name}:empty=perfect (loss 0), one, skip or nan")
    if p.get("eps") == 0.0 and "empty" not in p:
        _refuse_no_area(block, pred, target, f"use {loss.name}:eps=1e-7 to give them a value")
    if p.get("aspect_eps") == 0.0:
        for role, box in (("pred", pred), ("target", target)):
            fix = f"use {loss.name}:aspect_eps=1e-7 to give it one"
            block.reject(role, _is_point(box), lambda b: f"box {spelled(b)} is a point and has no aspect ratio", fix)


def _is_point(box: Floats) -> Bools:
    return np.asarray((box[:, 2:] == box[:, :2]).all(1))


def conclude(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """Checks over the whole file: refuse pixel against normalised coordinates, warn of scores that look misread."""
    refuse_mixed(watch)
    _refuse_two_scales(watch, conventions)
    return [*suspicious(watch), *other_readings(watch, conventions)]


def _refuse_two_scales(watch: Watch, conventions: Conventions) -> None:
    if conventions.mixed_scale == "keep" or not {"pred", "target"} <= watch.high.keys():
        return
    for small, large in (("pred", "target"), ("target", "pred")):
        normalised = watch.low[small] >= -1e-9 and watch.high[small] <= NORMALISED and f"{small} fractions" in watch.flags
        if normalised and watch.high[large] > PIXELS:
            raise TwoScales(
                f"{large.upper()} has boxes in pixels (up to {watch.high[large]:.6g}), {small.upper()} has normalised boxes "
                f"(within {watch.low[small]:.6g} … {watch.high[small]:.6g})",
                fix="give the images with --images DIR, or their size with --image-size WxH: shares of them become pixels; "
                "--mixed-scale keep evaluates the boxes as they are",
            )


def piece(loss: Loss) -> int:
    """Rows per piece for losses of one pair of boxes, small enough that their dozens of columns stay in the cache; 0: default."""
    return 1 << 15 if loss.unit == "row" and set(loss.takes) == {"pred", "target"} else 0


def restore(gradients: Gradients, used: Mapping[str, Array], conventions: Conventions) -> Gradients:
    """Gradients by PRED key; gradients by corners are converted to the box format of the input."""
    return {
        FAMILY.role(name).key: as_written(g, format_of("pred", conventions))
        if name in ("pred", "pred_boxes")
        else g.reshape(used[name].shape)
        for name, g in gradients.items()
    }


def choose(side: str, held: Held, wanted: frozenset[str], taken: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The columns of a table that hold boxes, upright or rotated, by role."""
    role = "pred" if side == "pred" else "target"
    free = [name for name in held.names if name not in taken]
    if not held.is_table:
        key = box_key(free)
        own = [r.name for r in FAMILY.roles if r.key == "box" and r.side == side and r.name in wanted]
        return {} if key is None else dict.fromkeys(own, (key,))
    found: dict[str, tuple[str, ...]] = {}
    if f"{role}_obb" in wanted and (rotated := oriented_columns(free, PREFIXES[role])):
        found[f"{role}_obb"] = rotated
    if role in wanted and (hit := box_columns(free, PREFIXES[role])):
        found[role] = hit[0]
    return found


def match(blocks: Mapping[str, Block], sets: Sets, conventions: Conventions, matching: Matching) -> Found:
    """The paired rows of PRED and TARGET. Raises DataError at an invalid box, or where one side is in pixels and the other not."""
    if matching.by_keypoints:
        return _by_keypoints(blocks, sets, matching)
    watch = Watch()
    pred, target = (boxes(blocks[side], side, conventions, watch) for side in ("pred", "target"))
    _refuse_two_scales(watch, conventions)
    with np.errstate(all="ignore"):  # boxes that --nonfinite lets through overlap nothing
        if matching.method == "coco":
            sizes = tuple(sizes_of(blocks[side], side, conventions, box) for side, box in (("pred", pred), ("target", target)))
            found = _coco.matched(pred, target, (sizes[0], sizes[1]), sets, matching)
        else:
            found = matched(pred, target, sets, matching)
        forms = {side: format_of(side, conventions) for side in blocks}
        other = other_reading({side: blocks[side].arrays[side] for side in blocks}, forms, sets, matching, found)
        return replace(found, other=other)


def _by_keypoints(blocks: Mapping[str, Block], sets: Sets, matching: Matching) -> Found:
    """The rows paired by the similarity of their keypoints; objects without labelled keypoints are ignored."""
    pred, target, area = blocks["pred"].doubles("pred"), blocks["target"].doubles("target"), blocks["target"].doubles("area")
    sigmas = np.array(matching.sigmas or COCO_SIGMAS)
    found = keypoints(pred, target, area, sigmas, sets.boxes)
    ignored = found.unlabelled if sets.ignored is None else found.unlabelled | sets.ignored
    sets = replace(sets, ignored=ignored, area=found.area if sets.area is None else sets.area)
    with np.errstate(all="ignore"):
        if matching.method == "coco":
            return _coco.matched(found.pred, found.target, (found.extents, found.area), sets, matching, found.similarity)
        return matched(found.pred, found.target, sets, matching, found.similarity)


def sizes_of(block: Block, role: str, conventions: Conventions, box: Floats) -> Floats:
    """The areas of boxes, from the widths and heights of the file where it has them."""
    if format_of(role, conventions) == "xyxy":
        return np.asarray((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]))
    sides = np.asarray(block.arrays[role][:, 2:], np.float64)
    return np.asarray(sides[:, 0] * sides[:, 1])


def unnamed(columns: tuple[str, ...], names: tuple[str, ...], spans: Callable[[], Iterable[Array]]) -> tuple[str, str] | None:
    """The format of boxes whose column names do not say it, and why; xyxy without a reason, but for a list named bbox.

    None where nothing decides.
    """
    return format_of_list(names, spans) if is_list(columns) else ("xyxy", "")


def bare(side: str, shape: tuple[int, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    """The role of an unnamed array: boxes first, then rotated boxes, then scores or labels, then the rest."""
    ours = ("pred", "pred_obb", "scores", "grid", "deltas", "keypoints")
    order = ours if side == "pred" else ("target", "target_obb", "label", "target_box", "target_deltas")
    return next(((name,) for name in order if name in wanted), ())


FAMILY = Family(
    name="detect",
    summary="losses of predicted against true boxes, and the composite losses of detectors",
    sample="a pair of boxes",
    roles=(
        Role("pred", "pred", "box", "(n,4)", "predicted boxes"),
        Role("scores", "pred", "scores", "(n,), (n,C) or (N,A,C)", "scores of the classes", ("scores", "logits")),
        Role("pred_boxes", "pred", "box", "(N,Q,4)", "predicted boxes of an image"),
        Role("pred_obb", "pred", "box", "(n,5)", "predicted rotated boxes: centre, size, angle"),
        Role("deltas", "pred", "deltas", "(n,4), (n,4C) or (N,A,4)", "predicted box deltas, or distances to the sides"),
        Role("initial", "pred", "initial", "(n,4)", "distances to the sides before refinement"),
        Role("dist", "pred", "dist", "(n,4,R)", "logits of the distance bins of each side"),
        Role("central", "pred", "centerness", "(n,)", "centredness scores of locations"),
        Role("keypoints", "pred", "keypoints", "(n,K,2)", "predicted keypoints"),
        Role("mask", "pred", "mask", "(n,C,M,M)", "mask scores per class and pixel"),
        Role("heat", "pred", "heat", "(N,C,H,W)", "centre scores per class and cell"),
        Role("size", "pred", "size", "(N,2,H,W)", "predicted widths and heights at each cell"),
        Role("offset", "pred", "offset", "(N,2,H,W)", "predicted centre offsets at each cell"),
        Role("grid", "pred", "grid", "(N,S,S,5B+C)", "per cell: B times x, y, w, h, confidence, then classes"),
        Role("target", "target", "box", "(n,4)", "true boxes"),
        Role("label", "target", "label", "(n,) or (N,G)", "true classes", column_names.BOX_CLASS, text=True),
        Role("target_obb", "target", "box", "(n,5)", "true rotated boxes: centre, size, angle"),
        Role("target_deltas", "target", "deltas", "(n,4)", "encoded true boxes, or distances to their sides"),
        Role("quality", "target", "quality", "(n,C)", "target scores of the classes"),
        Role("target_keypoints", "target", "keypoints", "(n,K,3)", "true keypoints: x, y, visibility"),
        Role("area", "target", "area", "(n,)", "areas of the objects"),
        Role("crowd", "target", "iscrowd", "(n,)", "1 where a box stands for several objects", column_names.CROWD),
        Role("difficult", "target", "difficult", "(n,)", "1 where an object counts for nothing", column_names.DIFFICULT),
        Role("target_mask", "target", "mask", "(n,M,M)", "true masks of the regions"),
        Role("target_heat", "target", "heat", "(N,C,H,W)", "1 at the true centres, a Gaussian around them"),
        Role("target_size", "target", "size", "(N,2,H,W)", "true widths and heights at the centres"),
        Role("target_offset", "target", "offset", "(N,2,H,W)", "true centre offsets"),
        Role("target_box", "target", "box", "(N,G,4) or (N,S,S,4)", "true boxes of an image"),
        Role("match", "target", "match", "(N,A)", "index of the true box matched to an anchor, -1 for none", whole=True),
        Role("obj", "target", "obj", "(N,S,S)", "1 where a cell contains an object", whole=True),
        Role("target_class", "target", "class", "(N,S,S,C)", "true classes of a cell, one-hot"),
        Role("image_id", "any", "image_id", "(n,)", "image of a box", column_names.IMAGE_ID, text=True),
        Role("score", "pred", "score", "(n,)", "confidence of a prediction", column_names.BOX_SCORE),
        Role("anchor", "any", "anchor", "(n,4)", "the anchor that a row's deltas refer to"),
        Role("anchors", "any", "anchor", "(A,4)", "the anchors of every image", shared=True),
    ),
    reads=prepared,
    check=look_at_readings,
    conclude=conclude,
    restore=restore,
    choose=choose,
    bare=bare,
    implied=implied_format,
    unnamed=unnamed,
    match=match,
    piece=piece,
)
