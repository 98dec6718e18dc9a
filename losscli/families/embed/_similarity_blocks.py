"""Similarities or distances within one batch, a block of anchors at a time, and their gradients by the vectors.

Only one block of the matrix exists at a time, so memory grows with the rows of a batch and not with their square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from losscli.core import progress
from losscli.core.records import dataclass
from losscli.families.embed._batches import Column, Found
from losscli.families.embed._exact_matmul import Cut, products
from losscli.families.embed._reduction import Terms
from losscli.families.embed._vectors import pull_unit, unit
from losscli.numerics.stable import Bools, Floats, Ints

_SPAN = 1 << 20
"""Entries of a block of the matrix: eight megabytes, of which a kernel holds a few; smaller blocks slow down the BLAS."""
_FEWEST = 16
"""Minimum number of anchors in a block."""


@dataclass
class Affinity:
    """Inner products or distances of `left` with `right`. kind: dot, euclidean, squared, cosine.

    normalize: divide vectors by their lengths first, so that dot is the cosine; implied by the kind cosine, 1 - cos.
    """

    left: Floats
    right: Floats
    kind: str = "dot"
    normalize: bool = True

    def __post_init__(self) -> None:
        self.normalize = self.normalize or self.kind == "cosine"
        self.x = unit(self.left) if self.normalize else self.left
        self.within = self.right is self.left
        self.y = self.x if self.within else unit(self.right) if self.normalize else self.right
        both = self.x if self.within else np.concatenate([self.x, self.y])
        cut = Cut.of(both, self.kind != "dot")
        n = len(self.x)
        self.a = Cut(cut.head[:n], cut.tail[:n], cut.exponent[:n])
        self.b = self.a if self.within else Cut(cut.head[n:], cut.tail[n:], cut.exponent[n:])
        self.flat = not cut.exponent.any()
        if self.kind != "dot":
            self.own = (self.a.own(), self.a.own() if self.within else self.b.own())

    def spans(self) -> Iterator[slice]:
        step = max(_FEWEST, _SPAN // max(1, len(self.y)))
        for start in range(0, len(self.x), step):
            rows = slice(start, min(start + step, len(self.x)))
            yield rows
            progress.done(rows.stop - rows.start)

    def block(self, rows: slice | Ints) -> Floats:
        """(b, m): the given rows of `left` against all of `right`."""
        high, low = products(self.a, rows, self.b)
        if self.kind == "dot":
            high += low
            return high if self.flat else np.ldexp(high, self.a.exponent[rows][:, None] + self.b.exponent)
        (xh, xl), (yh, yl) = self.own
        # differences of the heads are exact, which keeps the digits of small distances
        squared = ((xh[rows][:, None] - high) + (yh - high)) + ((xl[rows][:, None] - low) + (yl - low))
        np.maximum(squared, 0.0, out=squared)
        if self.kind == "euclidean":
            np.sqrt(squared, out=squared)
        elif self.kind == "cosine":
            squared *= 0.5
        if self.flat:
            return squared
        power = int(self.a.exponent[0])
        return np.ldexp(squared, power if self.kind == "euclidean" else 2 * power)

    def zeros(self) -> tuple[Floats, Floats]:
        """Zero gradients by left and right to accumulate into; one array if both are the same rows."""
        left = np.zeros_like(self.x)
        return left, left if self.within else np.zeros_like(self.y)

    def pull(self, g: tuple[Floats, Floats], rows: slice | Ints, slope: Floats, block: Floats) -> None:
        """Add to `g`, the gradients by the (normalised) vectors, the contribution of `slope`; none where a distance is 0."""
        x, y = self.x[rows], self.y
        if self.kind == "dot":
            g[0][rows] += np.einsum("ij,jd->id", slope, y)
            g[1][...] += np.einsum("ij,id->jd", slope, x)
            return
        if self.kind == "euclidean":
            weight = slope / np.where(block == 0, np.inf, block)
        else:
            weight = slope if self.kind == "cosine" else 2.0 * slope
        g[0][rows] += weight.sum(1)[:, None] * x - np.einsum("ij,jd->id", weight, y)
        g[1][...] += weight.sum(0)[:, None] * y - np.einsum("ij,id->jd", weight, x)

    def gradients(self, slopes: Iterable[tuple[slice | Ints, Floats, Floats]]) -> tuple[Floats, Floats]:
        """The gradients by the vectors of both sides, from the rows, the slope and the values of each block."""
        g = self.zeros()
        for rows, slope, block in slopes:
            self.pull(g, rows, slope, block)
        return self.restored(g)

    def restored(self, g: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """The gradients by the vectors from those by the normalised vectors."""
        if not self.normalize:
            return g
        left = pull_unit(self.left, g[0])
        return left, left if self.within else pull_unit(self.right, g[1])


@dataclass(frozen=True)
class Block:
    """Some anchors against every row of their batch: similarities, and masks of positives (without the anchor) and negatives."""

    rows: slice
    near: Floats
    like: Bools
    unlike: Bools


@dataclass(frozen=True)
class Said:
    """The result of a loss on a block: its terms, the anchor of each, and, on demand, d(sum of terms)/d(near).

    owner: positions within the block; None if every anchor has one term.
    """

    terms: Floats
    owner: Ints | None
    slope: Callable[[Floats], Floats]
    """Called with the weight of each term, returns the gradient by `near`."""


Saying = Callable[[Block], Said]


class Among(Affinity):
    """The rows of one batch compared with each other, with their classes."""

    def __init__(self, embedding: Floats, label: Ints, kind: str = "dot", normalize: bool = True) -> None:
        super().__init__(embedding, embedding, kind, normalize)
        self.label = label

    def blocks(self) -> Iterator[Block]:
        for rows in self.spans():
            like = self.label[rows, None] == self.label
            unlike = ~like
            like[np.arange(len(like)), np.arange(rows.start, rows.stop)] = False
            yield Block(rows, self.block(rows), like, unlike)

    def gradient(self, slope: Callable[[Block], Floats]) -> dict[str, Floats]:
        """The gradient by the embeddings of a loss whose derivative by `near` is `slope`."""
        return {"embedding": self.gradients((block.rows, slope(block), block.near) for block in self.blocks())[0]}

    def by_anchor(self, say: Saying) -> Found:
        """The result of a loss whose terms belong to single anchors, computed block by block."""
        terms, rows = Terms(), np.full(len(self.x), np.nan)
        for block in self.blocks():
            said = say(block)
            terms.add(said.terms)
            rows[block.rows] = _means(said, len(block.near))

        def slope(block: Block, share: float) -> Floats:
            said = say(block)
            return said.slope(np.full(len(said.terms), share))

        return Found((Column(terms),), lambda shares: self.gradient(lambda block: slope(block, shares[0])), rows)


def _means(said: Said, anchors: int) -> Floats:
    """The loss of each anchor: the mean of its terms, NaN without any."""
    owner = np.arange(anchors) if said.owner is None else said.owner
    count = np.bincount(owner, minlength=anchors)
    total = np.bincount(owner, said.terms, anchors)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def some(mask: Bools) -> Bools:
    """(n,): which rows of the mask have any True."""
    return np.asarray(mask.any(1))


def at_anchors(kept: Bools, terms: Floats, slope: Callable[[Floats], Floats]) -> Said:
    """The result with one term for each kept anchor; slope takes a weight per anchor."""
    owner = np.flatnonzero(kept)

    def spread(share: Floats) -> Floats:
        whole = np.zeros(len(kept))
        whole[owner] = share
        return slope(whole)

    return Said(terms[owner], owner, spread)
