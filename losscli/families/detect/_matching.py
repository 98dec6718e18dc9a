"""Pairing of predicted and true boxes per group: greedy in score order, or one-to-one with the greatest total IoU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from losscli.core.records import dataclass
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._hungarian import cheapest
from losscli.families.detect._iou_terms import share
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.matching import Found, Matching, Sets

_PAIRS = 1 << 16
"""Number of box pairs compared at once."""


Similarity = Callable[[Ints, Ints], Floats]
"""The similarity of rows of PRED with rows of TARGET, (P,T)."""


@dataclass(frozen=True)
class BoxOverlap:
    """The IoU of boxes."""

    pred: Floats
    target: Floats

    def __call__(self, rows: Ints, cols: Ints) -> Floats:
        return overlaps(self.pred[rows], self.target[cols])

    def pairs(self, rows: Ints, cols: Ints) -> Floats:
        """The IoU of each pair of rows."""
        return share(Overlap(self.pred[rows], self.target[cols]))


def matched(pred: Floats, target: Floats, sets: Sets, matching: Matching, similarity: Similarity | None = None) -> Found:
    """The paired rows of both sides, and those that count for nothing. similarity: what pairs them instead of their boxes."""
    similar = similarity or BoxOverlap(pred, target)
    order, pred_ignored = ranked(sets, matching)
    counted = sets.target if sets.ignored is None else np.where(sets.ignored, -1, sets.target)
    pairs = matches(similar, (sets.pred, counted), order, matching.method, matching.threshold)
    if sets.ignored is not None:
        rest = order[~np.isin(order, pairs[0])]
        groups = together(sets.pred, np.where(sets.ignored, sets.target, -1), rest)
        for rows, _, iou in compared(similar, groups):
            reached = (iou >= matching.threshold).any(1)
            pred_ignored[rows[reached]] = True
    return Found(*pairs, pred_ignored, counted < 0)


def matches(similar: Similarity, sets: tuple[Ints, Ints], order: Ints, method: str, threshold: float) -> tuple[Ints, Ints]:
    """The paired rows of both sides, in the order of PRED.

    sets: the number of the set of each row of PRED and of TARGET; only rows of one set are paired, none of the set -1.
    order: rows of PRED by descending score. threshold: the lowest IoU of a pair.
    """
    left: list[Ints] = []
    right: list[Ints] = []
    choose = _greedy if method == "greedy" else _assigned
    for rows, cols, iou in compared(similar, together(*sets, order)):
        allowed = iou >= threshold
        if allowed.any():
            p, t = choose(iou, allowed)
            left.append(rows[p])
            right.append(cols[t])
    return in_order(left, right)


def compared(similar: Similarity, groups: Iterable[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Each group's rows and their similarity. Boxes of many small groups are compared at once."""
    if not isinstance(similar, BoxOverlap):
        yield from ((rows, cols, similar(rows, cols)) for rows, cols in groups)
        return
    for batch in _batches(groups):
        if len(batch) == 1:
            iou = [similar(*batch[0])]
        else:
            left = np.concatenate([np.repeat(rows, len(cols)) for rows, cols in batch])
            right = np.concatenate([cols for rows, cols in batch for _ in range(len(rows))])
            flat = similar.pairs(left, right)
            ends = np.cumsum([len(rows) * len(cols) for rows, cols in batch])
            iou = [
                flat[end - len(rows) * len(cols) : end].reshape(len(rows), -1)
                for end, (rows, cols) in zip(ends, batch, strict=True)
            ]
        yield from ((rows, cols, found) for (rows, cols), found in zip(batch, iou, strict=True))


def _batches(groups: Iterable[tuple[Ints, Ints]]) -> Iterator[list[tuple[Ints, Ints]]]:
    """Groups with at most so many pairs together as are compared at once, or one with more."""
    batch: list[tuple[Ints, Ints]] = []
    pairs = 0
    for rows, cols in groups:
        size = len(rows) * len(cols)
        if batch and pairs + size > _PAIRS:
            yield batch
            batch, pairs = [], 0
        batch.append((rows, cols))
        pairs += size
    if batch:
        yield batch


def ranked(sets: Sets, matching: Matching) -> tuple[Ints, Bools]:
    """The rows of PRED that may be paired, by falling score, equal scores in file order; and which rows count for nothing:
    those of no set, and those beyond the first `max_dets` of their set."""
    ignored = sets.pred < 0
    order = np.argsort(-sets.scores, kind="stable")
    order = order[~ignored[order]]
    if matching.max_dets is not None:
        by_set = order[np.argsort(sets.pred[order], kind="stable")]
        own = sets.pred[by_set]
        rank = np.arange(len(own)) - np.searchsorted(own, own, "left")
        ignored[by_set[rank >= matching.max_dets]] = True
        order = order[~ignored[order]]
    return order, ignored


def in_order(left: list[Ints], right: list[Ints]) -> tuple[Ints, Ints]:
    """The pairs of all sets in the order of PRED."""
    if not left:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found, partner = np.concatenate(left), np.concatenate(right)
    by_row = np.argsort(found, kind="stable")
    return found[by_row], partner[by_row]


def overlaps(pred: Floats, target: Floats) -> Floats:
    """(P,T): the IoU of every prediction with every true box."""
    step = max(1, _PAIRS // max(1, len(target)))
    out = np.empty((len(pred), len(target)))
    for start in range(0, len(pred), step):
        some = pred[start : start + step]
        both = Overlap(np.repeat(some, len(target), 0), np.tile(target, (len(some), 1)))
        out[start : start + step] = share(both).reshape(len(some), -1)
    return out


def together(pred: Ints, target: Ints, order: Ints) -> Iterator[tuple[Ints, Ints]]:
    """The rows of each set present on both sides: PRED's in the given order, TARGET's in file order; none of the set -1."""
    ours = order[np.argsort(pred[order], kind="stable")]
    theirs = np.argsort(target, kind="stable")
    names = np.intersect1d(pred[order], target)
    names = names[names >= 0]
    edges = [np.searchsorted(sorted_, names, side) for sorted_ in (pred[ours], target[theirs]) for side in ("left", "right")]
    for a, b, c, d in zip(*(e.tolist() for e in edges), strict=True):
        yield ours[a:b], theirs[c:d]


def _greedy(iou: Floats, allowed: Bools) -> tuple[Ints, Ints]:
    """Pair each row in turn with the unpaired column of highest IoU; the first of equals."""
    left, right = [], []
    free = np.where(allowed, iou, -1.0)
    for row in np.flatnonzero(allowed.any(1)).tolist():
        best = int(np.argmax(free[row]))
        if free[row, best] >= 0.0:
            left.append(row)
            right.append(best)
            free[:, best] = -1.0
    return np.array(left, np.int64), np.array(right, np.int64)


def _assigned(iou: Floats, allowed: Bools) -> tuple[Ints, Ints]:
    """Pair rows and columns one to one with the greatest sum of IoU."""
    rows, cols = cheapest(np.where(allowed, -iou, 0.0))
    kept = allowed[rows, cols]
    return rows[kept], cols[kept]
