"""Sets of boxes of which few pair as they are read, but most would in another format, or if one side were scaled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from losscli.core.records import replace
from losscli.families.detect._formats import FORMATS, centre, corners
from losscli.families.detect._matching import matches, ranked, together
from losscli.families.detect._matching import overlaps as overlaps_of
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.spec.guards import SAMPLE
from losscli.spec.matching import Found, Matching, OtherReading, Sets

_ALIKE = 0.2
"""How far apart, as a logarithm, the ratios of sizes and of centres may be where two boxes are one box at two scales."""
_FEWEST = 20
"""Possible pairs below which a scale, fitted to them, says nothing, nor a format where some boxes pair as they are read."""
_EQUALLY = 0.95
_PER_SET = 100
"""Predictions of a set that are looked at."""


def other_reading(
    raw: Mapping[str, Array], forms: Mapping[str, str], sets: Sets, matching: Matching, found: Found
) -> OtherReading | None:
    """The reading under which most of the boxes pair, where fewer than half of them do.

    raw: the boxes of both sides as in the files; forms: how they are read.
    """
    if 2 * len(found.pred) >= _possible(sets.pred, sets.target):
        return None
    some = _sample(sets)
    order, _ = ranked(some, replace(matching, max_dets=min(matching.max_dets or _PER_SET, _PER_SET)))
    possible = _possible(some.pred[order], some.target)
    read = {side: corners(raw[side], form) for side, form in forms.items()}

    def pairs(boxes: Mapping[str, Floats]) -> int:
        def similar(rows: Ints, cols: Ints) -> Floats:
            return overlaps_of(boxes["pred"][rows], boxes["target"][cols])

        return len(matches(similar, (some.pred, some.target), order, "greedy", matching.threshold)[0])

    now = pairs(read)
    if now and possible < _FEWEST:
        return None
    likely = max(2 * now, possible // 2)
    counts = {(side, form): pairs(boxes) for side, form, boxes in _formats(raw, read, forms, some)}
    most = max(counts.values(), default=0)
    if most > likely:
        return OtherReading(tuple(key for key, n in counts.items() if n >= _EQUALLY * most), most, possible, now)
    scale = _scale(read["pred"], read["target"], some, order) if possible >= _FEWEST else None
    scaled = 0 if scale is None else pairs({**read, "pred": read["pred"] * scale})
    return OtherReading((), scaled, possible, now) if scaled > likely else None


def _possible(pred: Ints, target: Ints) -> int:
    """How many pairs there can be in all sets."""
    names, counts = np.unique(target[target >= 0], return_counts=True)
    ours, own = np.unique(pred[pred >= 0], return_counts=True)
    both, at, there = np.intersect1d(names, ours, return_indices=True)
    return int(np.minimum(counts[at], own[there]).sum()) if len(both) else 0


def _sample(sets: Sets) -> Sets:
    """The first sets, which have enough true boxes to look at; all other rows count for nothing."""
    names, counts = np.unique(sets.target[(sets.target >= 0) & np.isin(sets.target, sets.pred)], return_counts=True)
    kept = names[: 1 + int(np.searchsorted(np.cumsum(counts), SAMPLE))]
    pred, target = (np.where(np.isin(side, kept), side, -1) for side in (sets.pred, sets.target))
    return replace(sets, pred=pred, target=target)


def _formats(
    raw: Mapping[str, Array], read: Mapping[str, Floats], forms: Mapping[str, str], sets: Sets
) -> Iterator[tuple[str, str, Mapping[str, Floats]]]:
    """The side, its format and the corners of both sides for every other format that inverts no box."""
    for side in ("pred", "target"):
        used = (sets.pred if side == "pred" else sets.target) >= 0
        for form in FORMATS:
            again = corners(raw[side], form)
            if form != forms[side] and not _inverted(again[used]).any():
                yield side, form, {**read, side: again}


def _inverted(box: Floats) -> Bools:
    return np.asarray((box[:, 2:] <= box[:, :2]).any(1))


def _scale(pred: Floats, target: Floats, sets: Sets, order: Ints) -> Floats | None:
    """What the coordinates of PRED are multiplied by, in the median of the pairs of boxes that may be one at two scales."""
    ratios = []
    for rows, cols in together(sets.pred, sets.target, order):
        with np.errstate(all="ignore"):
            centres, sizes = (np.log(np.abs(f(target[cols])[None] / f(pred[rows])[:, None])) for f in (centre, _size))
        alike = (np.abs(centres - sizes) < _ALIKE).all(-1)
        ratios.append(centres[alike])
    found = np.concatenate(ratios) if ratios else np.empty((0, 2))
    return np.exp(np.tile(np.median(found, axis=0), 2)) if len(found) else None


def _size(box: Floats) -> Floats:
    return box[:, 2:] - box[:, :2]
