"""Where a loss spends itself: sums of the losses and of the lengths of their gradients, by ease and by class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.calibration import CELLS, cells
from losscli.engine.gradient_stats import norms
from losscli.numerics.binned_sums import BinnedSums
from losscli.numerics.quantile_sketch import buckets_of
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.forecast import Calibrating, Forecast


@dataclass(frozen=True)
class Budgeting:
    """By what rows are ranked: the probability of the true class as `how` reads it, or else the first recipe's loss; sign: -1 if
    higher values of that are better. classes: the names of the classes in order."""

    how: Calibrating | None = None
    sign: int = 1
    classes: tuple[str, ...] = ()

    def ranks(self, forecast: Forecast | None, values: Floats, kept: Bools | None) -> Ranks:
        """The ranks of the rows of a tile. values, kept: the losses of the first recipe, and the rows that it counts."""
        if forecast is None:
            return Ranks.by_loss(values, kept, self.sign)
        return Ranks.by_truth(forecast.truth, forecast.label, forecast.kept)

    def lengths(self, slopes: Mapping[str, Floats], forecast: Forecast | None) -> Floats:
        """The lengths of the rows' gradients, with respect to the logits where scores are forecasts."""
        return norms(slopes if forecast is None else {role: forecast.pull(g) for role, g in slopes.items()})


@dataclass(frozen=True)
class Ranks:
    """Of some rows, a key that ascends from the easiest to the hardest, their classes if known, and which can be ranked."""

    keys: Ints
    labels: Ints | None
    known: Bools | None
    lengths: Mapping[str, Floats] = field(default_factory=dict)
    """By recipe, the lengths of the rows' gradients, where they have some."""

    @classmethod
    def by_truth(cls, truth: Floats, labels: Ints, kept: Bools | None) -> Ranks:
        """Ranks by the probability of the true class, highest first."""
        fine = ~np.isnan(truth) if kept is None else kept & ~np.isnan(truth)
        return cls(CELLS - 1 - cells(np.where(fine, truth, 0.0)), labels, None if fine.all() else fine)

    @classmethod
    def by_loss(cls, values: Floats, kept: Bools | None, sign: int) -> Ranks:
        """Ranks by a loss, best first."""
        fine = ~np.isnan(values) if kept is None else kept & ~np.isnan(values)
        return cls(buckets_of(sign * np.where(fine, values, 0.0)), None, None if fine.all() else fine)

    def counts(self, recipe: str, values: Floats, weight: Floats | None, mask: Bools | None) -> BudgetCounts:
        """The counts of a recipe's losses and gradients, of the rows of `mask`, or of all."""
        return BudgetCounts.of(self, values, self.lengths.get(recipe), weight, mask)

    def cut(self, at: Ints | Bools | slice) -> Ranks:
        """The ranks of some of the rows."""
        return Ranks(
            self.keys[at],
            None if self.labels is None else self.labels[at],
            None if self.known is None else self.known[at],
            {recipe: x[at] for recipe, x in self.lengths.items()},
        )


@dataclass(frozen=True)
class BudgetCounts:
    """Of one recipe, by rank and by class: the rows, and sums of w (weights, where there are some), l (losses) and g (lengths of
    gradients, where it has them), both times the weights.

    lost, steep: rows whose loss or gradient is not finite; negative: whose loss is below 0. They are left out of those sums.
    """

    ranks: BinnedSums = field(default_factory=BinnedSums)
    classes: BinnedSums = field(default_factory=BinnedSums)
    lost: int = 0
    steep: int = 0
    negative: int = 0
    weighted: bool = False
    sloped: bool = False

    @classmethod
    def of(cls, ranks: Ranks, values: Floats, lengths: Floats | None, weight: Floats | None, mask: Bools | None) -> BudgetCounts:
        """The counts of the rows of `mask`, or of all, that can be ranked."""
        keys, labels = ranks.keys, ranks.labels
        if ranks.known is not None:
            mask = ranks.known if mask is None else mask & ranks.known
        if mask is not None:
            keys, labels, values = keys[mask], None if labels is None else labels[mask], values[mask]
            lengths, weight = None if lengths is None else lengths[mask], None if weight is None else weight[mask]
        ones = np.ones(len(values)) if weight is None else weight
        fine = np.isfinite(values) & (values >= 0)
        columns = {"l": np.where(fine, ones * values, 0.0)}
        steep = 0
        if lengths is not None:
            flat = np.isfinite(lengths)
            steep = int((~flat).sum())
            columns["g"] = np.where(flat, ones * lengths, 0.0)
        columns |= {} if weight is None else {"w": weight}
        lost, negative = int((~np.isfinite(values)).sum()), int((values < 0).sum())
        by_class = BinnedSums() if labels is None else BinnedSums.by(labels, columns)
        return cls(BinnedSums.by(keys, columns), by_class, lost, steep, negative, weight is not None, lengths is not None)

    def __add__(self, other: BudgetCounts) -> BudgetCounts:
        return BudgetCounts(
            self.ranks + other.ranks,
            self.classes + other.classes,
            self.lost + other.lost,
            self.steep + other.steep,
            self.negative + other.negative,
            self.weighted or other.weighted,
            self.sloped or other.sloped,
        )
