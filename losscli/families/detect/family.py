"""Detection: what the roles mean, and how a user's boxes become corners that kernels can trust."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, visible
from losscli.families.detect._formats import FORMATS, PREFIXES, as_written, box_columns, corners, implied_format, oriented_columns
from losscli.families.detect._matching import matches
from losscli.families.shared.score_guards import refuse_mixed, suspicious
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.family import Conventions, Family, Gradients, Held, Role, Watch
from losscli.spec.loss import Loss
from losscli.spec.tile import Block

NORMALISED, PIXELS = 1.5, 10.0
"""Coordinates up to the one may be normalised (a box may stick out of its image), beyond the other they cannot be."""


def prepared(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Any, ...]:
    """The kernel's arguments: boxes as (n,4) corners, ordered and, unless allowed, with an area; other roles as they stand."""
    upright = {name: boxes(block, name, how, watch) for name in loss.takes if name in ("pred", "target")}
    if how.degenerate == "keep" and len(upright) == 2:
        _refuse_undefined(block, loss, params, upright["pred"], upright["target"])
    return tuple(upright[name] if name in upright else _plain(block, name) for name in loss.takes)


def _plain(block: Block, role: str) -> Array | None:
    """A role as it stands, whole numbers whole and others as doubles; None where an optional one is not there."""
    if role not in block.arrays:
        return None
    array = block.arrays[role]
    return block.doubles(role) if array.dtype.kind == "f" else np.ascontiguousarray(array, dtype=np.int64)


def overlapping(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Floats, Floats]:
    """Both sides' corners, for losses that have no value for two boxes without area."""
    pred, target = boxes(block, "pred", how, watch), boxes(block, "target", how, watch)
    if how.degenerate == "keep":
        fix = "leave the row out; iou:empty=perfect, one or skip has a value for it"
        block.reject("pred", _areas(pred, target) == 0, lambda b: f"box {_spelled(b)} and its target have no area: 0/0", fix)
    return pred, target


def format_of(role: str, how: Conventions) -> str:
    """The format that a role's boxes are written in."""
    form = (how.pred_format if role == "pred" else how.target_format) or "xyxy"
    if form not in FORMATS:
        raise UsageError(f"unknown box format {visible(form)!r}", fix=f"--box-format {'|'.join(FORMATS)}")
    return form


def boxes(block: Block, role: str, how: Conventions, watch: Watch) -> Floats:
    """The (n,4) boxes of `pred` or `target` as corners. Raises DataError at the first that is none."""

    def read() -> Floats:
        form = format_of(role, how)
        found = fours(block, role)
        out = corners(found, form)
        if not (out[:, 2] > out[:, 0]).all() or not (out[:, 3] > out[:, 1]).all() or form != "xyxy":
            refuse_inverted(block, role, out, form)
            if how.degenerate != "keep":
                _refuse_degenerate(block, role, out)
        _note_scale(role, out, watch)
        out.flags.writeable = False  # so that losses may share what they find of the boxes
        return out

    return block.once(("boxes", role, how.degenerate), read)


def _note_scale(role: str, box: Floats, watch: Watch) -> None:
    """Remember how far a side's coordinates reach, and whether any of them lies between 0 and 1 as normalised ones do."""
    if not box.size:
        return
    low, high = float(box[:, :2].min()), float(box[:, 2:].max())  # corners in order, or a NaN, which either finds
    if not (isfinite(low) and isfinite(high)):
        return
    watch.span(role, low, high)
    if high <= NORMALISED and (box != np.floor(box)).any():
        watch.flags.add(f"{role} fractions")


def fours(block: Block, role: str) -> Array:
    """A role whose rows are four numbers each. Raises DataError where they are not."""
    found = block.arrays[role]
    if found.ndim != 2 or found.shape[1] != 4:
        raise DataError(
            f"{FAMILY.role(role).key} needs four numbers per row, found rows of shape {found.shape[1:]}",
            block.place(role, 0, 0) if block.rows else None,
            fix="--col box=x1,y1,x2,y2 names the columns",
        )
    return found


def refuse_inverted(block: Block, role: str, box: Floats, form: str) -> None:
    """Raise DataError at the first box whose right or lower edge comes before its left or upper one."""
    if form == "xyxy":
        block.reject(
            role,
            _either(box, np.less),
            lambda b: f"inverted box {_spelled(b)}: x2 < x1 or y2 < y1",
            f"{_flag(role)} xywh (or cxcywh), if these numbers are a corner or centre and a size",
        )
    else:
        sizes = block.arrays[role][:, 2:]
        block.reject(
            role,
            np.asarray((sizes < 0).any(1)),
            lambda b: f"inverted box {_spelled(b)}: its width or height is negative",
            f"{_flag(role)} xyxy, if these numbers are two corners",
        )


def _either(box: Floats, compare: np.ufunc) -> Bools:
    """Whether the far edge compares so with the near one, along either axis: column by column, as they lie in memory."""
    return np.asarray(compare(box[:, 2], box[:, 0]) | compare(box[:, 3], box[:, 1]))


def _refuse_degenerate(block: Block, role: str, box: Floats) -> None:
    block.reject(
        role,
        _either(box, np.equal),
        lambda b: f"degenerate box {_spelled(b)}: its width or height is zero",
        "--degenerate keep evaluates such boxes",
    )


def _refuse_undefined(block: Block, loss: Loss, params: Mapping[str, Any], pred: Floats, target: Floats) -> None:
    """Raise DataError where areas of zero leave a ratio 0/0 that no parameter settles."""
    if params.get("empty") == "error" and not params.get("offset") and not params.get("eps"):
        fix = f"{loss.name}:empty=perfect (loss 0), one, skip or nan says what they count"
        block.reject("pred", _areas(pred, target) == 0, lambda b: f"box {_spelled(b)} and its target have no area: 0/0", fix)
    if params.get("eps") == 0.0 and "empty" not in params:
        fix = f"{loss.name}:eps=1e-7 gives them a value"
        block.reject("pred", _areas(pred, target) == 0, lambda b: f"box {_spelled(b)} and its target have no area: 0/0", fix)
    if params.get("aspect_eps") == 0.0:
        for role, box in (("pred", pred), ("target", target)):
            fix = f"{loss.name}:aspect_eps=1e-7 gives it one"
            block.reject(role, _is_point(box), lambda b: f"box {_spelled(b)} is a point and has no aspect ratio", fix)


def _areas(pred: Floats, target: Floats) -> Floats:
    return _area(pred) + _area(target)


def _area(box: Floats) -> Floats:
    return np.asarray((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]))


def _is_point(box: Floats) -> Bools:
    return np.asarray((box[:, 2:] == box[:, :2]).all(1))


def _spelled(box: Any) -> str:
    return "(" + ", ".join(f"{float(x):.6g}" for x in box) + ")"


def _flag(role: str) -> str:
    return "--pred-box-format" if role == "pred" else "--target-box-format"


def conclude(watch: Watch, how: Conventions) -> list[tuple[str, str]]:
    """Refuse pixel against normalised coordinates, which only the whole file shows; warn of scores that look misread."""
    refuse_mixed(watch)
    _refuse_two_scales(watch, how)
    return suspicious(watch)


def _refuse_two_scales(watch: Watch, how: Conventions) -> None:
    if how.mixed_scale == "keep" or not {"pred", "target"} <= watch.high.keys():
        return
    for small, large in (("pred", "target"), ("target", "pred")):
        normalised = watch.low[small] >= -1e-9 and watch.high[small] <= NORMALISED and f"{small} fractions" in watch.flags
        if normalised and watch.high[large] > PIXELS:
            raise DataError(
                f"{large.upper()} holds boxes in pixels (up to {watch.high[large]:.6g}), {small.upper()} normalised ones "
                f"(within {watch.low[small]:.6g} … {watch.high[small]:.6g})",
                fix="bring both to one scale; --mixed-scale keep evaluates them as they are",
            )


def piece(loss: Loss) -> int:
    """Losses of one pair of boxes leave dozens of columns behind, which longer pieces would spread over slower memory."""
    return 1 << 15 if loss.unit == "row" and set(loss.takes) == {"pred", "target"} else 0


def restore(gradients: Gradients, used: Mapping[str, Array], how: Conventions) -> Gradients:
    """Gradients by PRED key; those by corners become those by the numbers that the user wrote."""
    return {
        FAMILY.role(name).key: as_written(g, format_of("pred", how))
        if name in ("pred", "pred_boxes")
        else g.reshape(used[name].shape)
        for name, g in gradients.items()
    }


def choose(side: str, held: Held, wanted: frozenset[str], taken: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The columns of a table that spell boxes, upright or rotated."""
    if not held.is_table:
        return {}
    role = "pred" if side == "pred" else "target"
    free = [name for name in held.names if name not in taken]
    found: dict[str, tuple[str, ...]] = {}
    if f"{role}_obb" in wanted and (rotated := oriented_columns(free, PREFIXES[role])):
        found[f"{role}_obb"] = rotated
    if role in wanted and (hit := box_columns(free, PREFIXES[role])):
        found[role] = hit[0]
    return found


def match(
    blocks: Mapping[str, Block], groups: tuple[Ints, Ints], scores: Floats, how: Conventions, method: str, threshold: float
) -> tuple[Ints, Ints]:
    """Pairs of boxes of one group that overlap enough, every box checked as any other."""
    watch = Watch()
    pred, target = (boxes(blocks[side], side, how, watch) for side in ("pred", "target"))
    order = np.argsort(-scores, kind="stable")
    with np.errstate(all="ignore"):  # boxes that --nonfinite lets through meet nothing
        return matches(pred, target, groups, order, method, threshold)


def bare(side: str, shape: tuple[int, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    """The role that an array without names fills: boxes before scores, scores before anything else."""
    ours = ("pred", "pred_obb", "scores", "grid", "deltas", "keypoints")
    order = ours if side == "pred" else ("target", "target_obb", "label", "target_box", "target_deltas")
    return next(((name,) for name in order if name in wanted), ())


FAMILY = Family(
    name="detect",
    summary="boxes against boxes, and the composite losses of detectors",
    sample="a pair of boxes, a region or an image",
    roles=(
        Role("pred", "pred", "box", "(n,4)", "predicted boxes"),
        Role("scores", "pred", "scores", "(n,), (n,C) or (N,A,C)", "scores of the classes", ("scores", "logits"), "prefix"),
        Role("pred_boxes", "pred", "box", "(N,Q,4)", "predicted boxes of an image"),
        Role("pred_obb", "pred", "box", "(n,5)", "predicted rotated boxes: centre, size, angle"),
        Role(
            "deltas", "pred", "deltas", "(n,4), (n,4C) or (N,A,4)", "predicted box deltas, or distances of the sides", (), "prefix"
        ),
        Role("initial", "pred", "initial", "(n,4)", "distances of the sides before their refinement", (), "prefix"),
        Role("dist", "pred", "dist", "(n,4,R)", "logits of the bins of each side's distance", (), "prefix"),
        Role("central", "pred", "centerness", "(n,)", "scores of how central a location is"),
        Role("keypoints", "pred", "keypoints", "(n,K,2)", "predicted keypoints", (), "prefix"),
        Role("mask", "pred", "mask", "(n,C,M,M)", "scores of the pixels of each class's mask"),
        Role("heat", "pred", "heat", "(N,C,H,W)", "scores of the centres of each class"),
        Role("size", "pred", "size", "(N,2,H,W)", "predicted widths and heights at each cell"),
        Role("offset", "pred", "offset", "(N,2,H,W)", "predicted shifts of the centres at each cell"),
        Role("grid", "pred", "grid", "(N,S,S,5B+C)", "per cell B times x, y, w, h, confidence, then classes"),
        Role("target", "target", "box", "(n,4)", "true boxes"),
        Role("label", "target", "label", "(n,) or (N,G)", "true classes", ("label", "class", "category"), text=True),
        Role("target_obb", "target", "box", "(n,5)", "true rotated boxes: centre, size, angle"),
        Role("target_deltas", "target", "deltas", "(n,4)", "encoded true boxes, or distances of their sides", (), "prefix"),
        Role("quality", "target", "quality", "(n,C)", "what the scores of the classes should be", (), "prefix"),
        Role("target_keypoints", "target", "keypoints", "(n,K,3)", "true keypoints: x, y, visibility", (), "prefix"),
        Role("area", "target", "area", "(n,)", "areas of the objects"),
        Role("target_mask", "target", "mask", "(n,M,M)", "true masks of the regions"),
        Role("target_heat", "target", "heat", "(N,C,H,W)", "1 at the true centres, a bell around them"),
        Role("target_size", "target", "size", "(N,2,H,W)", "true widths and heights at the centres"),
        Role("target_offset", "target", "offset", "(N,2,H,W)", "true shifts of the centres"),
        Role("target_box", "target", "box", "(N,G,4) or (N,S,S,4)", "true boxes of an image"),
        Role("match", "target", "match", "(N,A)", "the true box that an anchor is matched to, -1 for none"),
        Role("obj", "target", "obj", "(N,S,S)", "1 where a cell holds an object"),
        Role("target_class", "target", "class", "(N,S,S,C)", "true classes of a cell, one-hot"),
        Role("image_id", "any", "image_id", "(n,)", "the image that a box belongs to", ("image_id", "image", "img_id"), text=True),
        Role("score", "pred", "score", "(n,)", "how sure a prediction is", ("score", "confidence", "conf")),
        Role("anchor", "any", "anchor", "(n,4)", "the anchor that a row's deltas start from"),
        Role("anchors", "any", "anchor", "(A,4)", "the anchors of every image", shared=True),
    ),
    reads=prepared,
    conclude=conclude,
    restore=restore,
    choose=choose,
    bare=bare,
    implied=implied_format,
    match=match,
    piece=piece,
)
