"""Distances of given triplets, and the gradient of a loss of their difference."""

from __future__ import annotations

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import apart, pull_unit, slope, unit
from losscli.numerics.stable import Floats, sigmoid, softplus


def cost(excess: Floats, margin: float | str) -> Floats:
    """The loss from the excess d_ap - d_an."""
    return softplus(excess) if isinstance(margin, str) else np.maximum(excess + margin, 0.0)


def slope_of(excess: Floats, margin: float | str) -> Floats:
    """d cost / d excess."""
    return sigmoid(excess) if isinstance(margin, str) else (excess + margin >= 0).astype(np.float64)


def lead(near: Floats, far: Floats) -> Floats:
    """d_ap - d_an; infinity where the squares of both distances are beyond the doubles."""
    with np.errstate(invalid="ignore"):
        found = near - far
    if found.size and np.isnan(found.min()):
        found = np.where(np.isinf(near) & np.isinf(far), np.inf, found)
    return found


def nearer(far: Floats, across: Floats) -> tuple[Floats, Floats]:
    """The smaller distance, and the share of its gradient that goes to the second one: half at a tie."""
    share = np.where(across == far, 0.5, (across < far).astype(np.float64))
    return np.minimum(far, across), share


@dataclass
class Legs:
    """Given triplets, (n,d) each, and the distances between their members."""

    anchor: Floats
    positive: Floats
    negative: Floats
    kind: str
    eps: float
    swap: bool
    normalize: bool
    root_eps: float = 0.0

    def __post_init__(self) -> None:
        self.corners = (self.anchor, self.positive, self.negative)
        self.directed = self.normalize or self.kind == "cosine"
        self._shift = 0.0 if self.kind == "cosine" else self.eps
        self._a, self._p, self._n = (unit(x) for x in self.corners) if self.directed else self.corners
        self.near, self.far = (apart(self._a, x, self.kind, self._shift, self.root_eps) for x in (self._p, self._n))
        if self.swap:
            self.far, self.swapped = nearer(self.far, apart(self._p, self._n, self.kind, self._shift, self.root_eps))

    @property
    def ap(self) -> Floats:
        """Anchor minus positive."""
        return self._gap(self._a, self._p)

    @property
    def an(self) -> Floats:
        """Anchor minus negative."""
        return self._gap(self._a, self._n)

    @property
    def pn(self) -> Floats:
        """Positive minus negative."""
        return self._gap(self._p, self._n)

    def _gap(self, x: Floats, y: Floats) -> Floats:
        return x - y + self._shift if self._shift else x - y

    @property
    def excess(self) -> Floats:
        return lead(self.near, self.far)

    def gradient(self, margin: float | str) -> dict[str, Floats]:
        share = slope_of(self.excess, margin)[:, None]
        near, far = share * slope(self.ap, self.kind, self.root_eps), share * slope(self.an, self.kind, self.root_eps)
        across = np.zeros_like(near)
        if self.swap:
            across = self.swapped[:, None] * share * slope(self.pn, self.kind, self.root_eps)
            far = (1.0 - self.swapped[:, None]) * far
        found = (near - far, -near - across, far + across)
        pulled = [pull_unit(x, g) if self.directed else g for x, g in zip(self.corners, found, strict=True)]
        return dict(zip(("anchor", "positive", "negative"), pulled, strict=True))
