"""Gradient diagnostics for a set of samples: how many gradients are zero or not finite, and the distribution of their norms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.adding import ROUNDED, Adding
from losscli.engine.distribution import Distribution, DistributionAccumulator
from losscli.numerics.stable import Bools, Floats, row_sum


@dataclass(frozen=True)
class GradientStats:
    """Statistics of n gradients: `zero` are all zeros, `nonfinite` have an infinite or NaN component; norms: of the finite ones."""

    n: int = 0
    zero: int = 0
    nonfinite: int = 0
    norms: Distribution = field(default_factory=Distribution)

    def __add__(self, other: GradientStats) -> GradientStats:
        return GradientStats(self.n + other.n, self.zero + other.zero, self.nonfinite + other.nonfinite, self.norms + other.norms)


class GradientStatsAccumulator:
    """Builds GradientStats tile by tile, in one thread."""

    def __init__(self, exact: bool = True, adding: Adding = ROUNDED) -> None:
        self._n = self._zero = self._nonfinite = 0
        self._norms = DistributionAccumulator(0, 1, True, exact, adding=adding)

    def add(self, gradients: Mapping[str, Floats], mask: Bools | None) -> None:
        """Add one tile's gradients by role; mask: the samples that count, None for all."""
        self.add_norms(norms(gradients), mask)

    def add_norms(self, found: Floats, mask: Bools | None) -> None:
        """Add gradients by their norms."""
        if mask is not None:
            found = found[mask]
        finite = found[np.isfinite(found)]
        self._n += len(found)
        self._nonfinite += len(found) - len(finite)
        self._zero += int(np.count_nonzero(finite == 0))
        self._norms.add(finite, None, range(len(finite)))

    def slopes(self) -> GradientStats:
        """The statistics of everything added so far."""
        return GradientStats(self._n, self._zero, self._nonfinite, self._norms.distribution())


def norms(gradients: Mapping[str, Floats]) -> Floats:
    """The Euclidean length of each sample's gradient over all roles; scaled so that no square overflows or underflows."""
    flat = [g.reshape(len(g), -1) for g in gradients.values()]
    top = np.max([np.abs(g).max(1, initial=0.0) for g in flat], axis=0)
    unit = np.where((top > 0) & np.isfinite(top), top, 1.0)[:, None]
    return np.asarray(top * np.sqrt(sum(row_sum((g / unit) ** 2) for g in flat)))
