"""The running state of an evaluation: means, distributions and totals of a set of rows, built tile by tile and added exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.adding import ROUNDED, Adding
from losscli.engine.distribution import Distribution, DistributionAccumulator
from losscli.engine.estimates import Estimate, EstimateAccumulator, RowTotals
from losscli.engine.gradient_stats import GradientStats, GradientStatsAccumulator
from losscli.engine.totals import PooledSums, Totals
from losscli.numerics.exact_sum import Exact
from losscli.numerics.stable import Bools, Floats, Ints, Words
from losscli.spec.family import Watch
from losscli.spec.forecast import Forecast
from losscli.spec.loss import Rows
from losscli.spec.recipe import Recipe
from losscli.spec.tile import as_index

if TYPE_CHECKING:
    from losscli.engine.budget import BudgetCounts, Ranks
    from losscli.engine.calibration import CalibrationCounts
    from losscli.numerics.lattice import Lattice
    from losscli.numerics.ranked_sums import RankedSums

Cut = Ints | Bools | slice


@dataclass(frozen=True)
class Mean:
    """Σ ω·v and Σ ω·norm, for one ratio of the two."""

    total: Exact = field(default_factory=Exact)
    norm: Exact = field(default_factory=Exact)
    floor: float = 0.0
    parts: Mapping[str, tuple[float, Exact]] = field(default_factory=dict)

    def __add__(self, other: Mean) -> Mean:
        parts = {k: (w, x + other.parts[k][1] if k in other.parts else x) for k, (w, x) in self.parts.items()}
        return Mean(self.total + other.total, self.norm + other.norm, max(self.floor, other.floor), {**other.parts, **parts})

    @property
    def value(self) -> float:
        return self.total.over(self.norm, self.floor)

    def part_values(self) -> dict[str, tuple[float, float]]:
        return {k: (w, x.over(self.norm, self.floor)) for k, (w, x) in self.parts.items()}


GroupKey = tuple[str, ...]
"""The values that name a group, one per --by column."""

K = TypeVar("K")
V = TypeVar("V", Mean, Distribution, Totals, GradientStats, Estimate, "BudgetCounts", "Tally")


def _merged(a: Mapping[K, V], b: Mapping[K, V]) -> dict[K, V]:
    out = dict(a)
    for k, v in b.items():
        out[k] = out[k] + v if k in out else v
    return out


@dataclass(frozen=True)
class Tally:
    """The sums over a set of rows, equal however the rows are grouped.

    means: by term. distributions, slopes, estimates, paired (by target, or by unit) and budgets: by recipe. totals: by pooled
    term. groups: tallies of parts of the rows. plotted: the counts that plots are drawn from (see `engine.plotting`).
    """

    rows: int = 0
    dropped: int = 0
    means: Mapping[str, Mean] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    totals: Mapping[str, Totals] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    slopes: Mapping[str, GradientStats] = field(default_factory=dict)
    groups: Mapping[GroupKey, Tally] = field(default_factory=dict)
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    paired: Mapping[str, Estimate] = field(default_factory=dict)
    calibration: CalibrationCounts | None = None
    budgets: Mapping[str, BudgetCounts] = field(default_factory=dict)
    plotted: Mapping[str, Lattice | RankedSums] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.dropped + other.dropped,
            _merged(self.means, other.means),
            _merged(self.distributions, other.distributions),
            _merged(self.totals, other.totals),
            self.watch | other.watch,
            _merged(self.slopes, other.slopes),
            _merged(self.groups, other.groups) if other.groups else self.groups,
            _merged(self.estimates, other.estimates),
            _merged(self.paired, other.paired),
            _both(self.calibration, other.calibration),
            _merged(self.budgets, other.budgets),
            _merged(cast("Mapping[str, Any]", self.plotted), cast("Mapping[str, Any]", other.plotted)),
        )


def _both(a: CalibrationCounts | None, b: CalibrationCounts | None) -> CalibrationCounts | None:
    return a or b if a is None or b is None else a + b


def mean_of(
    values: Floats,
    norm: Floats | None,
    weight: Floats | None,
    floor: float,
    parts: Mapping[str, tuple[float, Floats]],
    adding: Adding = ROUNDED,
) -> tuple[Mean, Exact]:
    """The Mean of one tile's kept rows, and the sum Σ ω·v."""
    total = adding.total(values, weight)
    sums = {k: (w, adding.total(x, weight)) for k, (w, x) in parts.items()}
    return Mean(total, _divisor(len(values), norm, weight, adding), floor, sums), total


def _divisor(n: int, norm: Floats | None, weight: Floats | None, adding: Adding) -> Exact:
    if norm is None:
        return Exact.of(float(n)) if weight is None else adding.total(weight, None)
    return adding.total(norm, weight)


def present(kept: Bools | None, weight: Floats | None) -> Bools | None:
    """The rows that count (kept, with a positive weight); None for all of them."""
    if weight is None:
        return None if kept is None or bool(kept.all()) else kept
    mask = weight > 0 if kept is None else kept & (weight > 0)
    return None if bool(mask.all()) else mask


@dataclass(frozen=True)
class RecipeLosses:
    """A recipe's losses by row, and which rows count; term: the recipe's only unscaled term, or empty."""

    values: Floats
    kept: Bools | None
    term: str = ""

    @classmethod
    def of(cls, recipe: Recipe, rows: Mapping[str, Rows]) -> RecipeLosses:
        """The weighted sum of the terms' rows, and the rows kept by every term."""
        if recipe.plain:
            key = recipe.terms[0][1].full()
            return cls(rows[key].values, rows[key].kept, key)
        total = np.zeros(0)
        kept: Bools | None = None
        for i, (weight, term) in enumerate(recipe.terms):
            found = rows[term.full()]
            scaled = weight * found.values
            total = scaled if i == 0 else total + scaled
            if found.kept is not None:
                kept = found.kept if kept is None else kept & found.kept
        return cls(total, kept)

    def cut(self, at: Cut) -> RecipeLosses:
        return RecipeLosses(self.values[at], None if self.kept is None else self.kept[at], self.term)


@dataclass
class TileResult:
    """The kernels' results for one tile: rows by term, sums by pooled term, losses and gradient norms by recipe."""

    samples: Ints | range
    weight: Floats | None
    rows: dict[str, Rows] = field(default_factory=dict)
    sums: dict[str, PooledSums] = field(default_factory=dict)
    losses: dict[str, RecipeLosses] = field(default_factory=dict)
    norms: dict[str, Floats] = field(default_factory=dict)
    units: Words | None = None
    """The number of each row's unit; None where every row is one."""
    pairs: Words | None = None
    """The number of what each row is paired by with a row of another evaluation; None without one."""
    forecast: Forecast | None = None
    ranks: Ranks | None = None

    def cut(self, at: Cut) -> TileResult:
        """The results of some of the rows."""
        return TileResult(
            as_index(self.samples)[at],
            None if self.weight is None else self.weight[at],
            {k: _rows(x, at) for k, x in self.rows.items()},
            {k: x.cut(at) for k, x in self.sums.items()},
            {k: x.cut(at) for k, x in self.losses.items()},
            {k: x[at] for k, x in self.norms.items()},
            None if self.units is None else self.units[at],
            None if self.pairs is None else self.pairs[at],
            None if self.forecast is None else self.forecast.cut(at),
            None if self.ranks is None else self.ranks.cut(at),
        )


def _rows(rows: Rows, at: Cut) -> Rows:
    return Rows(
        rows.values[at],
        None if rows.norm is None else rows.norm[at],
        None if rows.kept is None else rows.kept[at],
        {k: (w, x[at]) for k, (w, x) in rows.parts.items()},
        rows.floor,
    )


class Accumulator:
    """Builds a tally. gathered, slopes, estimates and paired, by recipe, determine what is collected; bins: of the calibration."""

    def __init__(
        self,
        gathered: dict[str, DistributionAccumulator],
        slopes: dict[str, GradientStatsAccumulator],
        estimates: dict[str, EstimateAccumulator],
        paired: dict[str, EstimateAccumulator] | dict[str, RowTotals],
        bins: int = 0,
        adding: Adding = ROUNDED,
    ) -> None:
        self.gathered, self.slopes, self.estimates, self.paired, self.bins = gathered, slopes, estimates, paired, bins
        self.adding = adding
        self.rows = 0
        self.means: dict[str, Mean] = {}
        self.totals: dict[str, Totals] = {}
        self.calibration: CalibrationCounts | None = None
        self.budgets: dict[str, BudgetCounts] = {}

    def add(self, found: TileResult) -> None:
        """Add the rows of one tile."""
        weight = found.weight
        self.rows += len(found.samples)
        for key, sums in found.sums.items():
            part = sums.totals(weight, self.adding)
            self.totals[key] = self.totals[key] + part if key in self.totals else part
        totals = {}
        for key, rows in found.rows.items():
            mean, totals[key] = _mean(rows, weight, self.adding)
            self.means[key] = self.means[key] + mean if key in self.means else mean
        for key, loss in found.losses.items():
            mask = present(loss.kept, weight)
            self._gather(key, loss, mask, found, totals.get(loss.term))
            if key in found.norms:
                self.slopes[key].add_norms(found.norms[key], mask)
            if found.ranks is not None:
                spent = found.ranks.counts(key, loss.values, weight, mask)
                self.budgets[key] = self.budgets[key] + spent if key in self.budgets else spent
        if found.forecast is not None and self.bins:
            from losscli.engine.calibration import CalibrationCounts  # late: most runs calibrate nothing

            mask = present(found.forecast.kept, weight)
            self.calibration = _both(self.calibration, CalibrationCounts.of(found.forecast, weight, mask, self.bins, self.adding))
        for estimate in self.estimates.values():
            estimate.add(found.rows, found.sums, weight, found.samples, found.units)
        for key, paired in self.paired.items():
            if isinstance(paired, RowTotals):
                assert found.pairs is not None
                losses = found.losses[key]
                paired.add(losses.values, losses.kept, found.rows, weight, found.pairs)
            else:
                paired.add(found.rows, found.sums, weight, found.samples, found.pairs)

    def _gather(self, key: str, loss: RecipeLosses, mask: Bools | None, found: TileResult, total: Exact | None) -> None:
        values, weight, samples = loss.values, found.weight, found.samples
        if mask is not None:
            values, weight, samples = values[mask], None if weight is None else weight[mask], as_index(samples)[mask]
        self.gathered[key].add(values, weight, samples, total)

    def tally(self, dropped: int = 0, watch: Watch | None = None, groups: Mapping[GroupKey, Tally] | None = None) -> Tally:
        """The tally of everything added so far."""
        distributions = {key: found.distribution() for key, found in self.gathered.items()}
        slopes = {key: found.slopes() for key, found in self.slopes.items()}
        estimates = {key: found.found for key, found in self.estimates.items() if found.found is not None}
        paired = {key: found.found for key, found in self.paired.items() if found.found is not None}
        return Tally(
            self.rows,
            dropped,
            self.means,
            distributions,
            self.totals,
            watch or Watch(),
            slopes,
            groups or {},
            estimates,
            paired,
            self.calibration,
            self.budgets,
        )


def _mean(rows: Rows, weight: Floats | None, adding: Adding) -> tuple[Mean, Exact]:
    mask = present(rows.kept, weight)
    if mask is not None:
        rows, weight = _rows(rows, mask), None if weight is None else weight[mask]
    return mean_of(rows.values, rows.norm, weight, rows.floor, rows.parts, adding)


def split(codes: Ints, groups: int) -> tuple[Ints, list[slice]]:
    """A stable order that sorts rows by group (0…groups-1), and the slice of each group in it."""
    narrow = codes.astype(np.int16) if groups < 1 << 15 else codes  # sorted by radix
    order = np.argsort(narrow, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=groups)).tolist()
    return order, [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
