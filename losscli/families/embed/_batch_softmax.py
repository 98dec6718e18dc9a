"""Masked softmaxes over the rows of a batch, and the cross-entropy of picking the matching row."""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._similarity_blocks import Affinity
from losscli.numerics.stable import Bools, Floats, log_softmax

PARTNERS = {"a": "direction", "b": "direction"}


@dataclass(frozen=True)
class Costs:
    """log Σ e^z over the masked entries of each row (-inf without any), and each entry's share of the sum."""

    total: Floats
    share: Floats


def costs_of(z: Floats, among: Bools) -> Costs:
    """The log-sum-exp of each row over the entries in the mask `among`, without overflow."""
    top = np.max(z, 1, initial=-np.inf, where=among)
    high = np.where(np.isfinite(top), top, 0.0)
    e = np.exp(np.minimum(z - high[:, None], 0.0))
    e *= among
    total = e.sum(1)
    safe = np.where(total == 0, 1.0, total)
    e /= safe[:, None]
    return Costs(np.where(total == 0, -np.inf, np.log(safe) + high), e)


@dataclass(frozen=True)
class Pick:
    """A softmax over scaled inner products that picks the matching row of the right side for each row of the left."""

    space: Affinity
    scale: float

    def losses(self) -> Floats:
        """(n,): -log of the softmax of each row's matching row."""
        parts = [-np.diagonal(log_softmax(self.scale * self.space.block(s)), s.start) for s in self.space.spans()]
        return np.concatenate(parts) + 0.0

    def pull(self, share: float, more: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
        """The gradients by both sides, with each loss weighted by `share`; `more` is added by the (normalised) vectors."""
        g = self.space.zeros()
        for span in self.space.spans():
            near = self.space.block(span)
            slope = np.exp(log_softmax(self.scale * near))
            slope[np.arange(len(slope)), np.arange(span.start, span.stop)] -= 1.0
            self.space.pull(g, span, share * self.scale * slope, near)
        for part, extra in zip(g, more or (), strict=False):
            part += extra
        return self.space.restored(g)
