"""Masked softmaxes over the rows of a batch, and the cross-entropy of picking the matching row."""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._affinity import Affinity
from losscli.numerics.stable import Array, Bools, Floats, Ints

PARTNERS = {"a": "direction", "b": "direction"}
_LEAST = -700.0
"""e^ of less is slow to compute, and counts for nothing beside the largest term, 1."""


@dataclass(frozen=True)
class Costs:
    """The terms e^(z - highest) of each row, and their sum without the highest, so that a confident row keeps its digits."""

    highest: Floats
    rest: Floats
    e: Floats

    @property
    def tail(self) -> Floats:
        """log Σ e^z - highest."""
        return np.log1p(self.rest)

    @property
    def total(self) -> Floats:
        """log Σ e^z; -inf without terms."""
        return self.highest + self.tail

    def shares(self, weight: Array | float = 1.0) -> Floats:
        """Each term's share of its row's sum, times the weight of the row."""
        return self.e * (weight / (1.0 + self.rest))[:, None]

    def short(self, rows: Ints, columns: Ints, count: Floats | float = 1.0) -> Floats:
        """1/count - share of some terms, without cancellation where a row has only one large term."""
        return ((1.0 - count * self.e[rows, columns]) + self.rest[rows]) / (count * (1.0 + self.rest[rows]))


def costs_of(z: Floats, among: Bools | None = None) -> Costs:
    """The terms of each row over the entries in the mask `among`, or all; overwrites z."""
    others = None if among is None else ~among
    if others is not None:
        np.copyto(z, -np.inf, where=others)
    top = np.arange(len(z)), np.argmax(z, 1)
    highest = z[top]
    z -= np.where(highest == -np.inf, 0.0, highest)[:, None]
    np.maximum(z, _LEAST, out=z)
    np.exp(z, out=z)
    if others is not None:
        np.copyto(z, 0.0, where=others)
    z[top] = 0.0
    rest = z.sum(1)
    z[top] = highest > -np.inf
    return Costs(highest, rest, z)


@dataclass(frozen=True)
class Pick:
    """A softmax over scaled inner products that picks the matching row of the right side for each row of the left."""

    space: Affinity
    scale: float

    def losses(self) -> Floats:
        """(n,): -log of the softmax of each row's matching row."""

        def value(rows: slice, near: Floats) -> Floats:
            z = self.scale * near
            own = z[_own(rows)]
            costs = costs_of(z)
            return (costs.highest - own) + costs.tail

        return np.concatenate(list(self.space.each(value))) + 0.0

    def pull(self, share: float, more: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
        """The gradients by both sides, with each loss weighted by `share`; `more` is added by the (normalised) vectors."""

        def slope(rows: slice, near: Floats) -> Floats:
            costs, weight = costs_of(self.scale * near), share * self.scale
            found = costs.shares(weight)
            found[_own(rows)] = -weight * costs.short(*_own(rows))
            return found

        return self.space.gradients(slope, more)


def _own(rows: slice) -> tuple[Ints, Ints]:
    """The places of the matching rows in a block."""
    return np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)
