"""Pairs of boxes that are apart as they are read, but would lie on each other in another format, or if one side were scaled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.families.detect._formats import FORMATS, centre, corners
from losscli.numerics.stable import Array, Bools, Floats
from losscli.spec.family import Conventions, Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.tile import Block

_FEWEST = 20
_MATCHED = 4
"""Where at most one pair in so many is apart, a tile is read as it is meant: under other readings all of it counts as apart."""
_SIDES = {"pred": "--pred-box-format", "target": "--target-box-format"}


def look_at_readings(block: Block, conventions: Conventions, watch: Watch) -> None:
    """Count, in the first rows of a tile, the pairs that are apart by the size of a box under each reading."""
    arrays = {role: block.arrays.get(role) for role in _SIDES}
    if any(a is None or a.ndim != 2 or a.shape[1] != 4 or not len(a) for a in arrays.values()):
        return
    rows = {role: np.asarray(a[:SAMPLE], np.float64) for role, a in arrays.items() if a is not None}
    form = _forms(conventions)
    boxes = {role: corners(a, form[role]) for role, a in rows.items() if form[role] in FORMATS}
    if len(boxes) < 2:
        return
    watch.count("pairs looked at", len(rows["pred"]))
    apart = _apart(boxes["pred"], boxes["target"])
    watch.count("apart as read", int(apart.sum()))
    watch.see("apart as read", block, apart, *_SIDES)
    if _MATCHED * apart.sum() <= len(apart):
        for name in (*(f"apart as {flag}" for flag in _others(form)), "apart if scaled"):
            watch.count(name, len(apart))
        return
    for role, flag in _SIDES.items():
        for other in FORMATS:
            if other != form[role]:
                again = {**boxes, role: corners(rows[role], other)}
                watch.count(
                    f"apart as {flag} {other}", int((_apart(again["pred"], again["target"]) | _inverted(again[role])).sum())
                )
    scaled = boxes["pred"] * _scale(boxes["pred"], boxes["target"])
    watch.count("apart if scaled", int(_apart(scaled, boxes["target"]).sum()))


def _forms(conventions: Conventions) -> dict[str, str]:
    return {"pred": conventions.pred_format or "xyxy", "target": conventions.target_format or "xyxy"}


def _others(read: Mapping[str, str]) -> list[str]:
    """The flags that read one side in another format."""
    return [f"{flag} {form}" for role, flag in _SIDES.items() for form in FORMATS if form != read[role]]


def _apart(pred: Floats, target: Floats) -> Bools:
    """Whether the centres of a pair are apart by more than the size of the smaller box, along an axis."""
    size = np.minimum(np.abs(pred[:, 2:] - pred[:, :2]), np.abs(target[:, 2:] - target[:, :2]))
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(centre(pred) - centre(target)) > size).any(1))


def _inverted(box: Floats) -> Array:
    return np.asarray((box[:, 2:] < box[:, :2]).any(1))


def _scale(pred: Floats, target: Floats) -> Floats:
    """Per axis, what the coordinates of PRED are multiplied by to lie on those of TARGET in the middle."""
    with np.errstate(all="ignore"):
        ordered = np.sort(centre(target) / centre(pred), axis=0)
        ratio = 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])  # np.median loads numpy.ma
    ratio = np.where(~np.isnan(ordered[-1]) & np.isfinite(ratio) & (ratio > 0), ratio, 1.0)
    return np.concatenate([ratio, ratio])


def other_readings(watch: Watch, conventions: Conventions) -> list[tuple[str, str]]:
    """The warning of pairs that lie on each other under another reading."""
    n, apart = watch.counts.get("pairs looked at", 0), watch.counts.get("apart as read", 0)
    if n < _FEWEST or 2 * apart <= n:
        return []
    what = f"the boxes of {apart:,} of {n:,} pairs are apart by more than a box (first {watch.place('apart as read')})"
    best = min(_others(_forms(conventions)), key=lambda flag: watch.counts.get(f"apart as {flag}", 0))
    together = watch.counts.get(f"apart as {best}", 0)
    if 10 * together < n:
        return [("box-convention", f"{what}, {together:,} with {best}")]
    scaled = watch.counts.get("apart if scaled", 0)
    if 10 * scaled < n:
        return [("mixed-scale", f"{what}, {scaled:,} if one side were scaled: are they boxes of a resized image?")]
    return []
