"""Triplet mining from labelled embeddings: which positives and negatives of an anchor are combined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._affinity import places
from losscli.families.embed._similarity_blocks import Among, Block
from losscli.numerics.stable import Array, Bools, Floats, Ints

Mining = Literal[
    "all",
    "hard",
    "semihard",
    "easy_hard",
    "easy_semihard",
    "hard_semihard",
    "violating",
    "violating_hard",
    "violating_semihard",
    "obeying",
]
"""Which triplets of an anchor are used.

The first word of two is for the positive: easy the nearest, hard the farthest. The last is for the negative: hard the nearest,
semihard the nearest one farther than the positive. hard alone combines the farthest positive with the nearest negative, semihard
alone uses every positive. violating: triplets whose negative leads by at most a margin; of them, violating_hard those where it does
not lead and violating_semihard those where it does; obeying: the rest.
"""

_AT_ONCE = 1 << 18
"""Triplets of an anchor that are held at a time."""
_ALIKE = 2.0**-42
"""Distances this near each other, relatively, may be equal: they are computed from differences of vectors first."""

_FEW = 16
"""Up to this many positives of an anchor, negatives are found by their distance; for more, all are put in order."""


@dataclass(frozen=True)
class Triplets:
    """Triplets of the anchors in a block: one entry each, or one anchor with (P,1) positives, (1,N) negatives and what is used."""

    near: Floats
    anchor: Any
    positive: Ints
    negative: Ints
    used: Bools | None = None

    @property
    def ap(self) -> Floats:
        return self.near[self.anchor, self.positive]

    @property
    def an(self) -> Floats:
        return self.near[self.anchor, self.negative]

    def pn(self, space: Among) -> Floats:
        """The distances between the positive and the negative of the triplets; 0 where they are not used."""
        d = space.between(self.terms(self.positive), self.terms(self.negative))
        out = np.zeros(np.broadcast(self.positive, self.negative).shape)
        out[... if self.used is None else self.used] = d.reshape(out.shape) if self.used is None else d
        return out

    def terms(self, values: Array) -> Array:
        """The values of the triplets, given for all positives, all negatives or both."""
        if self.positive.ndim == 1:
            return values
        every = np.broadcast_to(values, (len(self.positive), self.negative.shape[1]))
        return every.ravel() if self.used is None else every[self.used]

    def spread(self, out: Floats, by_ap: Floats, by_an: Floats) -> None:
        """Add to `out`, the derivative by the block, those of the triplets by their distances."""
        for columns, pull, axis in ((self.positive, by_ap, 1), (self.negative, by_an, 0)):
            if self.positive.ndim == 1:
                np.add.at(out, (self.anchor, columns), pull)
            else:
                every = np.broadcast_to(pull, (len(self.positive), self.negative.shape[1]))
                out[self.anchor, columns.ravel()] += every.sum(axis, where=True if self.used is None else self.used)


def triplets(space: Among, block: Block, mining: str, within: float = 0.0) -> Iterator[Triplets]:
    """The triplets of the anchors that have both kinds, some at a time. within: the margin of violating and obeying."""
    near, unlike, kept = block.near, block.unlike, block.like.any(1) & block.unlike.any(1)
    if mining in ("hard", "easy_hard", "easy_semihard", "hard_semihard"):
        owner, chosen = _extreme(near, block.like, mining.startswith("easy"))
        if mining.endswith("semihard"):
            unlike = unlike & _beyond(space, block, owner, chosen)
        nearest = np.where(unlike, near, np.inf).argmin(1)[owner]
        nearest = np.where(unlike[owner, nearest], nearest, unlike.argmax(1)[owner])  # all of them infinitely far
        found = unlike[owner, nearest]
        yield Triplets(near, owner[found], chosen[found], nearest[found])
        return
    for i in np.flatnonzero(kept).tolist():
        positives, negatives = np.flatnonzero(block.like[i]), np.flatnonzero(unlike[i])
        if mining == "semihard":
            yield Triplets(near, np.full(len(positives), i), positives, _nearest_beyond(space, block, i, positives, negatives))
            continue
        step = max(1, _AT_ONCE // len(negatives))
        for start in range(0, len(positives), step):
            some = Triplets(near, i, positives[start : start + step, None], negatives[None])
            yield some if mining in ("all", "given") else _leading(space, block, some, mining, within)


def triplets_of(label: Ints) -> int:
    """The number of all triplets."""
    count = np.unique(label, return_counts=True)[1]
    return int((count * (count - 1) * (len(label) - count)).sum())


def _settle(space: Among, block: Block, i: Ints, j: Ints) -> None:
    """Compute some of a block's distances anew from the differences of vectors, which are equal where the vectors are."""
    block.near[i, j] = space.between(i + block.rows.start, j)


def _extreme(near: Floats, mask: Bools, least: bool) -> tuple[Ints, Ints]:
    """The rows that have entries in the mask, and the column of each row's least or greatest entry."""
    i, j = places(mask)
    if not len(i):
        return i, j
    d, start = near[i, j], np.flatnonzero(np.diff(i, prepend=-1))
    best = (np.minimum if least else np.maximum).reduceat(d, start)
    first = np.flatnonzero((d == np.repeat(best, np.diff(start, append=len(i)))) | np.isnan(d))
    return i[start], j[first[np.searchsorted(first, start)]]


def _beyond(space: Among, block: Block, owner: Ints, positive: Ints) -> Bools:
    """Which rows are farther from each anchor than its positive."""
    d = np.full((len(block.near), 1), np.inf)
    d[owner, 0] = block.near[owner, positive]
    i, j = places(block.unlike & (np.abs(block.near - d) <= _ALIKE * np.where(d < np.inf, d, 0.0)))
    if len(i):
        _settle(space, block, np.append(i, owner), np.append(j, positive))
        d[owner, 0] = block.near[owner, positive]
    return block.near > d


def _nearest_beyond(space: Among, block: Block, i: int, positives: Ints, negatives: Ints) -> Ints:
    """The nearest negative farther than each positive, or the farthest negative."""
    want, d = block.near[i, positives], block.near[i, negatives]
    ordered = np.sort(d)
    low, high = np.searchsorted(ordered, want * (1.0 - _ALIKE)), np.searchsorted(ordered, want * (1.0 + _ALIKE), "right")
    if (high > low).any():
        again = np.unique(np.concatenate([positives, *(negatives[np.abs(d - x) <= 2.0 * _ALIKE * x] for x in want[high > low])]))
        _settle(space, block, np.full(len(again), i), again)
        want, d = block.near[i, positives], block.near[i, negatives]
        ordered = np.sort(d)
    beyond = np.minimum(np.searchsorted(ordered, want, "right"), len(d) - 1)
    if len(want) > _FEW:
        return negatives[np.argsort(d, kind="stable")[beyond]]
    found = d == ordered[beyond][:, None]
    # of equally far ones the first, or the last where none is beyond
    return negatives[np.where(ordered[beyond] > want, found.argmax(1), len(d) - 1 - found[:, ::-1].argmax(1))]


def _leading(space: Among, block: Block, some: Triplets, mining: str, within: float) -> Triplets:
    """The triplets whose negative leads by at most `within` (violating), or more (obeying)."""
    alike = np.abs(some.an - some.ap) <= _ALIKE * some.ap
    if alike.any():
        p, n = places(alike)
        again = np.concatenate([some.positive[p, 0], some.negative[0, n]])
        _settle(space, block, np.full(len(again), some.anchor), again)
    lead = some.an - some.ap
    used = lead > within if mining == "obeying" else lead <= within
    if mining == "violating_hard":
        used &= lead <= 0
    if mining == "violating_semihard":
        used &= lead > 0
    return Triplets(some.near, some.anchor, some.positive, some.negative, used)
