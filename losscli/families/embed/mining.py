"""Triplet mining from labelled embeddings, and the distances it uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from losscli.core import progress
from losscli.core.records import dataclass
from losscli.families.embed._vectors import measure, pull_unit, slope, unit
from losscli.numerics.stable import Floats, Ints

_REMEMBERED = 1 << 24
"""Number of distances cached at a time: 128 megabytes."""


@dataclass
class Space:
    """Embeddings (n,d) with a distance, computed one anchor (a row of the distance matrix) at a time.

    eps is added to each coordinate of a difference anchor - other, root_eps under the root of its length; `cosine` compares
    directions and uses neither.
    """

    embedding: Floats
    kind: str
    eps: float = 0.0
    normalize: bool = False
    root_eps: float = 0.0

    def __post_init__(self) -> None:
        self.directed = self.normalize or self.kind == "cosine"
        self.x = unit(self.embedding) if self.directed else self.embedding
        self.rows: dict[int, Floats] = {}

    def _gap(self, i: int, others: Ints | slice) -> Floats:
        gap = self.x[i] - self.x[others]
        return gap + self.eps if self.eps and self.kind != "cosine" else gap

    def distances(self, i: int) -> Floats:
        """(n,): the distances from row i to every row."""
        return measure(self._gap(i, slice(None)), self.kind, self.root_eps)

    def row(self, i: int) -> Floats:
        """`distances`, cached within a memory limit."""
        if i not in self.rows:
            if (len(self.rows) + 1) * len(self.x) > _REMEMBERED:
                self.rows.clear()
            self.rows[i] = self.distances(i)
        return self.rows[i]

    def between(self, one: Ints, other: Ints) -> Floats:
        """The distances between rows `one` and `other`; `one` must be in ascending order."""
        out = np.empty(len(one))
        for i, part in runs(one):
            out[part] = self.row(i)[other[part]]
        return out

    def spread(self, g: Floats, i: int, pull: Floats) -> None:
        """Add to `g`, the gradient by x, the contribution of `pull`, the gradient by the distances from row i."""
        others = np.flatnonzero(pull)
        toward = pull[others, None] * slope(self._gap(i, others), self.kind, self.root_eps)
        g[i] += toward.sum(0)
        g[others] -= toward

    def restore(self, g: Floats) -> Floats:
        """The gradient by the embeddings from the gradient by x."""
        return pull_unit(self.embedding, g) if self.directed else g


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


def anchors(space: Space, label: Ints, mining: str, within: float = 0.0) -> Iterator[tuple[int, Floats, Ints, Ints]]:
    """For each anchor with both kinds: its row, its distances, and the positive and the negative of every triplet.

    within: the margin of violating and obeying.
    """
    for i in range(len(label)):
        like = label == label[i]
        others = np.flatnonzero(~like)
        like[i] = False
        positives = np.flatnonzero(like)
        if len(positives) and len(others):
            d = space.distances(i)
            yield (i, d, *_picked(mining, d, positives, others, within))
        progress.done(1)


def _picked(mining: str, d: Floats, positives: Ints, negatives: Ints, within: float) -> tuple[Ints, Ints]:
    if mining == "semihard":
        return positives, _next(d, positives, negatives, False)[1]
    if mining in ("hard", "easy_hard", "easy_semihard", "hard_semihard"):
        best = np.argmin if mining.startswith("easy") else np.argmax
        chosen = positives[[best(d[positives])]]
        return _next(d, chosen, negatives, True) if mining.endswith("semihard") else (chosen, negatives[[np.argmin(d[negatives])]])
    p, n = np.repeat(positives, len(negatives)), np.tile(negatives, len(positives))
    if mining in ("all", "given"):
        return p, n
    lead = d[n] - d[p]
    kept = lead > within if mining == "obeying" else lead <= within
    if mining == "violating_hard":
        kept &= lead <= 0
    if mining == "violating_semihard":
        kept &= lead > 0
    return p[kept], n[kept]


def _next(d: Floats, positives: Ints, negatives: Ints, strict: bool) -> tuple[Ints, Ints]:
    """The nearest negative farther than each positive; without one, no triplet if strict, else the farthest negative."""
    ordered = negatives[np.argsort(d[negatives], kind="stable")]
    beyond = np.searchsorted(d[ordered], d[positives], side="right")
    held = beyond < len(ordered) if strict else np.ones(len(positives), bool)
    return positives[held], ordered[np.minimum(beyond, len(ordered) - 1)][held]


def tally(rows: Ints, weight: Floats, n: int) -> Floats:
    """(n,): the sum of the weights of each row."""
    return np.bincount(rows, weight, n).astype(np.float64, copy=False)


def runs(rows: Ints) -> Iterator[tuple[int, slice]]:
    """Each distinct value of the ascending `rows`, with the slice of its entries."""
    found, start = np.unique(rows, return_index=True)
    stop = [*start[1:].tolist(), len(rows)][: len(found)]
    return ((int(i), slice(a, b)) for i, a, b in zip(found, start.tolist(), stop, strict=True))
