"""Distances to the sides of a box as distributions over bins 0 … R-1: their means and the distribution focal loss (DFL)."""

from __future__ import annotations

import numpy as np

from losscli.core.lazy import lazy
from losscli.families.detect.family import misshapen
from losscli.numerics.stable import Bools, Floats, Ints, cell, log_softmax, times
from losscli.spec.tile import Block


class Bins:
    """Distributions over bins, from logits of shape (n,4,R)."""

    def __init__(self, logits: Floats) -> None:
        self.log_p = log_softmax(logits, axis=2)
        self.last = logits.shape[-1] - 1

    @lazy
    def p(self) -> Floats:
        return np.exp(self.log_p)

    @lazy
    def steps(self) -> Floats:
        return np.arange(self.last + 1, dtype=np.float64)

    @lazy
    def mean(self) -> Floats:
        """(n,4): the expected distances."""
        return np.asarray((self.p * self.steps).sum(-1))

    def pull_mean(self, g: Floats) -> Floats:
        """The gradient by the logits (n,4,R) from the gradient g (n,4) by the means."""
        return g[..., None] * self.p * (self.steps - self.mean[..., None])

    def _between(self, target: Floats, cut: float | None) -> tuple[Ints, Floats]:
        """The bin below each distance, and the remaining fraction of a bin."""
        y = target if cut is None else np.minimum(target, self.last - cut)
        low = cell(y, self.last - 1)
        return low, y - low

    def dfl(self, target: Floats, cut: float | None) -> Floats:
        """-((l + 1 - y)·log p_l + (y - l)·log p_(l+1)), averaged over the four sides."""
        low, above = self._between(target, cut)
        left = np.take_along_axis(self.log_p, low[..., None], -1)[..., 0]
        right = np.take_along_axis(self.log_p, low[..., None] + 1, -1)[..., 0]
        loss = 0.0 - (times(1.0 - above, left) + times(above, right))
        return np.asarray(0.25 * ((loss[:, 0] + loss[:, 1]) + (loss[:, 2] + loss[:, 3])))

    def pull_dfl(self, target: Floats, cut: float | None, g: Floats) -> Floats:
        """The gradient by the logits (n,4,R) from the gradient g (n,) by `dfl`."""
        low, above = self._between(target, cut)
        hot = (self.steps == low[..., None]) * (1.0 - above)[..., None] + (self.steps == low[..., None] + 1.0) * above[..., None]
        return 0.25 * g[:, None, None] * (self.p - hot)


def read_bins(block: Block) -> Floats:
    """PRED's dist as (n,4,R); flat rows contain R logits for each side in turn. Raises DataError for other shapes."""
    found = block.arrays["dist"]
    wide = int(np.prod(found.shape[1:]))
    if wide % 4 or wide < 8 or (found.ndim > 2 and found.shape[1] != 4):
        what = f"dist needs four distributions over at least two bins per row, found rows of shape {found.shape[1:]}"
        fix = "save the raw output of the regression branch: (n,4,R) or (n,4R), sides in the order l, t, r, b"
        raise misshapen(block, "dist", what, fix)
    return block.doubles("dist").reshape(len(found), 4, wide // 4)


def refuse_beyond(block: Block, inside: Bools, target: Floats, bins: int, cut: float | None, name: str) -> None:
    """Raise DataError at a true distance beyond the last bin, unless `cut` clips such distances."""
    if cut is None:
        bad = inside & np.asarray((target > bins - 1).any(1))
        what = f"a distance is beyond the last of {bins} bins"
        fix = f"give distances in units of the stride, or clip them with {name}:cut=0.01"
        block.reject("target_deltas", bad, lambda _: what, fix)
