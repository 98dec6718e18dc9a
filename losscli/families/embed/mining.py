"""Which triplets labelled embeddings form, and the space that their distances are measured in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from losscli.families.embed._vectors import measure, pull_unit, slope, unit
from losscli.numeric import Floats, Ints


@dataclass
class Space:
    """Embeddings under one distance, an anchor at a time: never more than a row of the matrix of distances.

    eps is added to each coordinate of a difference, anchor first; `cosine` is of directions and takes none.
    """

    embedding: Floats
    kind: str
    eps: float = 0.0
    normalize: bool = False

    def __post_init__(self) -> None:
        self.directed = self.normalize or self.kind == "cosine"
        self.x = unit(self.embedding) if self.directed else self.embedding

    def _gap(self, i: int, others: Ints | slice) -> Floats:
        gap = self.x[i] - self.x[others]
        return gap + self.eps if self.eps and self.kind != "cosine" else gap

    def distances(self, i: int) -> Floats:
        """From row i to every row."""
        return measure(self._gap(i, slice(None)), self.kind)

    def table(self) -> Floats:
        """Every distance at once."""
        return np.stack([self.distances(i) for i in range(len(self.x))])

    def spread(self, g: Floats, i: int, pull: Floats) -> None:
        """Add to `g`, the gradient at x, what dL/d(distance of row i to each row) makes of it."""
        others = np.flatnonzero(pull)
        toward = pull[others, None] * slope(self._gap(i, others), self.kind)
        g[i] += toward.sum(0)
        g[others] -= toward

    def restore(self, g: Floats) -> Floats:
        """From the gradient at x to that at the embeddings."""
        return pull_unit(self.embedding, g) if self.directed else g


def anchors(space: Space, label: Ints, mining: str) -> Iterator[tuple[int, Floats, Ints, Ints]]:
    """Each anchor that has triplets: its row, its distances, and the positive and the negative of every triplet."""
    for i in range(len(label)):
        like = label == label[i]
        others = np.flatnonzero(~like)
        like[i] = False
        positives = np.flatnonzero(like)
        if len(positives) and len(others):
            d = space.distances(i)
            yield (i, d, *_picked(mining, d, positives, others))


def _picked(mining: str, d: Floats, positives: Ints, negatives: Ints) -> tuple[Ints, Ints]:
    if mining == "hard":
        return positives[[np.argmax(d[positives])]], negatives[[np.argmin(d[negatives])]]
    if mining == "semihard":
        ordered = negatives[np.argsort(d[negatives], kind="stable")]
        beyond = np.searchsorted(d[ordered], d[positives], side="right")
        return positives, ordered[np.minimum(beyond, len(ordered) - 1)]
    return np.repeat(positives, len(negatives)), np.tile(negatives, len(positives))


def tally(rows: Ints, weight: Floats, n: int) -> Floats:
    """The sum of the weights that fall on each of n rows."""
    return np.bincount(rows, weight, n).astype(np.float64, copy=False)
