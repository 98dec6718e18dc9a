"""The rows of one batch compared with each other, some anchors at a time: their classes, and losses that belong to anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._affinity import Affinity, Pairs
from losscli.families.embed._batches import Column, Found
from losscli.families.embed._reduction import Terms
from losscli.numerics.stable import Bools, Floats, Ints

T = TypeVar("T")


@dataclass(frozen=True)
class Block:
    """Some anchors against every row of their batch: similarities, and masks of positives (without the anchor) and negatives."""

    rows: slice
    near: Floats
    like: Bools
    unlike: Bools

    @property
    def anchors(self) -> Ints:
        return np.arange(self.rows.start, self.rows.stop)


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

    def __init__(
        self, embedding: Floats, label: Ints, kind: str = "dot", normalize: bool = True, eps: float = 0.0, root_eps: float = 0.0
    ) -> None:
        super().__init__(embedding, embedding, kind, normalize, eps, root_eps)
        self.label = label

    def blocks(self, work: Callable[[Block], T]) -> Iterator[T]:
        """`work` on some anchors at a time, on the workers, with the results in order."""
        return self.each(lambda rows, near: work(self._block(rows, near)))

    def _block(self, rows: slice, near: Floats) -> Block:
        like = self.label[rows, None] == self.label
        unlike = ~like
        like[np.arange(len(like)), np.arange(rows.start, rows.stop)] = False
        return Block(rows, near, like, unlike)

    def gradient(self, slope: Callable[[Block], Floats | tuple[Floats, Pairs]]) -> dict[str, Floats]:
        """The gradient by the embeddings of a loss whose derivative by `near` is `slope`."""
        return {"embedding": self.gradients(lambda rows, near: slope(self._block(rows, near)))[0]}

    def by_anchor(self, say: Saying) -> Found:
        """The result of a loss whose terms belong to single anchors, computed block by block."""

        def value(block: Block) -> tuple[slice, Floats, Floats]:
            said = say(block)
            return block.rows, said.terms, _means(said, len(block.near))

        def slope(block: Block, share: float) -> Floats:
            said = say(block)
            return said.slope(np.full(len(said.terms), share))

        terms, rows = Terms(), np.full(len(self.x), np.nan)
        for of, found, means in self.blocks(value):
            terms.add(found)
            rows[of] = means
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
