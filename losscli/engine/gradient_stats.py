"""How healthy the gradients of a set of samples are: how many are zero or not finite, and how their norms are spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.distribution import Distribution, DistributionAccumulator
from losscli.numerics.stable import Bools, Floats, row_sum


@dataclass(frozen=True)
class GradientStats:
    """n samples, of which `zero` have no gradient at all and `nonfinite` none that is finite; norms: of the finite ones."""

    n: int = 0
    zero: int = 0
    nonfinite: int = 0
    norms: Distribution = field(default_factory=Distribution)

    def __add__(self, other: GradientStats) -> GradientStats:
        return GradientStats(self.n + other.n, self.zero + other.zero, self.nonfinite + other.nonfinite, self.norms + other.norms)


class GradientStatsAccumulator:
    """Slopes being gathered tile by tile, by one thread."""

    def __init__(self, exact: bool = True) -> None:
        self._n = self._zero = self._nonfinite = 0
        self._norms = DistributionAccumulator(0, 1, True, exact)

    def add(self, gradients: Mapping[str, Floats], mask: Bools | None) -> None:
        """One tile's gradients by role; mask says which of its samples count, None for all."""
        self.add_norms(norms(gradients), mask)

    def add_norms(self, found: Floats, mask: Bools | None) -> None:
        """The same of gradients whose norms are known."""
        if mask is not None:
            found = found[mask]
        finite = found[np.isfinite(found)]
        self._n += len(found)
        self._nonfinite += len(found) - len(finite)
        self._zero += int(np.count_nonzero(finite == 0))
        self._norms.add(finite, None, range(len(finite)))

    def slopes(self) -> GradientStats:
        """What was gathered."""
        return GradientStats(self._n, self._zero, self._nonfinite, self._norms.distribution())


def norms(gradients: Mapping[str, Floats]) -> Floats:
    """The Euclidean length of each sample's gradient over all roles; no square of it overflows or vanishes."""
    flat = [g.reshape(len(g), -1) for g in gradients.values()]
    top = np.max([np.abs(g).max(1, initial=0.0) for g in flat], axis=0)
    unit = np.where((top > 0) & np.isfinite(top), top, 1.0)[:, None]
    return np.asarray(top * np.sqrt(sum(row_sum((g / unit) ** 2) for g in flat)))
