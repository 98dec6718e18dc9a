"""Evaluates the fixed grid of tiles and adds the results to one tally. Independent of losses and file formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from losscli.core.progress import told_to
from losscli.core.records import dataclass, field, replace
from losscli.engine.distribution import DistributionAccumulator
from losscli.engine.estimates import EstimateAccumulator, RowTotals, estimated
from losscli.engine.gradient_stats import GradientStatsAccumulator, norms
from losscli.engine.plan import Plan, fitted_span
from losscli.engine.row_values import row_values
from losscli.engine.tally import Accumulator, GroupKey, RecipeLosses, Tally, TileResult
from losscli.engine.term import Sums
from losscli.engine.totals import PooledSums
from losscli.numerics.in_order import ordered, workers
from losscli.numerics.quantile_sketch import EXACT_QUANTILES
from losscli.numerics.stable import Floats, Ints
from losscli.reading.aligned import Inputs
from losscli.spec.family import Watch
from losscli.spec.loss import Whole
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block, as_index, spans, tiles

if TYPE_CHECKING:
    from losscli.engine.temperature import Temperature

T = TypeVar("T")


@dataclass(frozen=True)
class Tile:
    """The samples of one tile: their losses by recipe, NaN for rows that do not count."""

    start: int
    block: Block
    values: Mapping[str, Floats]


class Sink(Protocol):
    """Receives tiles in the order of the rows."""

    def take(self, tile: Tile) -> None:
        """Write one tile's samples."""
        ...


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation: the resolved plan, the tally, sums of pooled terms and values of whole-input terms."""

    plan: Plan
    tally: Tally
    totals: Mapping[str, Sums]
    wholes: Mapping[str, Whole]
    groups: Mapping[GroupKey, Evaluation] = field(default_factory=dict)
    """The evaluation of each group's rows, by the values that name the group."""
    samples: Ints | range | None = None
    """The rows of a group whose values are in `wholes`, where its worst or best are wanted."""
    temperature: Temperature | None = None
    """The best temperature of the scores, with --calibration."""


def evaluate(
    plan: Plan,
    inputs: Inputs,
    *,
    jobs: int = 1,
    forks: bool = False,
    sinks: Sequence[Sink] = (),
    tell: Callable[[int], None] = lambda rows: None,
) -> Evaluation:
    """One pass over the rows (two if a parameter depends on all of them); `tell` is called with the number of rows done.

    forks: whether jobs may be forked processes, where this process and the inputs allow it; otherwise they are threads.
    """
    plan = resolve(plan, inputs, jobs, forks)
    tally = Tally()
    if plan.rowwise:
        tally = _sunk(plan, inputs, jobs, sinks, tell) if sinks else _tallied(plan, inputs, jobs, forks, tell)
    warm: Mapping[GroupKey, Temperature] = {}
    if plan.calibrating is not None:
        from losscli.engine.temperature import temperatures

        warm = temperatures(tally, lambda work: parts_by_workers(partial(work, plan, inputs), inputs, jobs, forks))
    with told_to(tell), workers(jobs):
        return concluded(plan, inputs, tally, warm)


def _tallied(plan: Plan, inputs: Inputs, jobs: int, forks: bool, tell: Callable[[int], None]) -> Tally:
    tally, halt = Tally(), Event()
    work = partial(tally_span, plan, inputs, halted=halt.is_set)
    for part in parts_by_workers(work, inputs, jobs, forks, halt):
        tally = _joined(tally, part, inputs)
        tell(part.rows + part.dropped)
    return tally


def parts_by_workers(
    work: Callable[[int, int], T], inputs: Inputs, jobs: int, forks: bool, halt: Event | None = None
) -> Iterator[T]:
    """The results of all rows, on processes if allowed, otherwise on threads; the results are the same."""
    grid = list(spans(inputs.rows, inputs.width, jobs))
    if forks and jobs > 1 and len(grid) > 1 and inputs.forks:
        from losscli.engine.workers import forked, possible

        if possible():
            return forked(work, grid, jobs)
    return ordered(work, grid, jobs, halt)


def _sunk(plan: Plan, inputs: Inputs, jobs: int, sinks: Sequence[Sink], tell: Callable[[int], None]) -> Tally:
    def work(start: int, stop: int) -> tuple[TileEvaluator, Tile]:
        filling = TileEvaluator(plan, inputs)
        return filling, filling.add(inputs, start, stop)

    tally = Tally()
    for filling, tile in ordered(work, tiles(inputs.rows, inputs.width), jobs):
        part = filling.tally()
        tally = _joined(tally, part, inputs)
        for sink in sinks:
            sink.take(tile)
        tell(part.rows + part.dropped)
    return tally


def _joined(tally: Tally, part: Tally, inputs: Inputs) -> Tally:
    tally = tally + part
    if part.groups:
        from losscli.engine.groups import refuse_many

        refuse_many(tally.groups, inputs)
    return tally


def tally_span(plan: Plan, inputs: Inputs, start: int, stop: int, halted: Callable[[], bool] = lambda: False) -> Tally:
    """The tally of the rows start…stop-1, which must begin and end at tile boundaries; stops early once `halted`."""
    filling = TileEvaluator(plan, inputs)
    with np.errstate(all="ignore"):
        for low, high in tiles(stop, inputs.width, start):
            if halted():
                break
            filling.add(inputs, low, high)
    return filling.tally()


def concluded(plan: Plan, inputs: Inputs, tally: Tally, warm: Mapping[GroupKey, Temperature]) -> Evaluation:
    """The evaluation from a complete tally. Losses that need every row at once are evaluated here, overall and per group."""
    wholes: dict[str, Whole] = {}
    groups = parts_of(plan, tally, bool(inputs.by), warm)
    if plan.whole:
        from losscli.engine.wholes import wholes_of  # late: most losses are of samples

        block, dropped = inputs.block(0, inputs.rows)
        watch = Watch()
        if inputs.family.check and block.rows and not plan.rowwise:
            inputs.family.check(block, plan.conventions, watch)
        wholes = wholes_of(plan, block, watch)
        if (inputs.by or plan.classes is not None) and block.rows:
            groups = _apart(plan, inputs, block, groups, wholes)
        seen = tally if tally.rows else Tally(block.rows, dropped)
        tally = replace(seen, watch=seen.watch | watch)
    if tally.rows == 0:
        raise inputs.all_dropped()
    return Evaluation(plan, tally, totals_of(plan, tally), wholes, groups, temperature=warm.get(()))


def parts_of(plan: Plan, tally: Tally, by: bool, warm: Mapping[GroupKey, Temperature]) -> dict[GroupKey, Evaluation]:
    """The evaluation of each group from its tally. by: whether columns group the rows."""
    parts = {**_without_rows(plan, by), **tally.groups}
    return {key: _part(plan.of(key), part, warm.get(key)) for key, part in parts.items()}


def _part(plan: Plan, tally: Tally, warm: Temperature | None) -> Evaluation:
    return Evaluation(plan, tally, totals_of(plan, tally), {}, temperature=warm)


def _without_rows(plan: Plan, by: bool) -> dict[GroupKey, Tally]:
    """A tally of no rows for every known class to which rows may belong, so that one without rows is reported too."""
    listed = plan.classes is not None and plan.classes.by_rows and not by
    return {(str(c),): Tally() for c in range(plan.classes.count)} if listed and plan.classes is not None else {}


def _apart(
    plan: Plan, inputs: Inputs, block: Block, groups: Mapping[GroupKey, Evaluation], wholes: Mapping[str, Whole]
) -> dict[GroupKey, Evaluation]:
    """The groups, with the terms that compare rows with each other evaluated on each group's rows alone."""
    from losscli.engine.wholes import wholes_apart

    out = dict(groups)
    for key, samples, found in wholes_apart(plan, inputs, block, wholes):
        mine = groups[key] if key in groups else Evaluation(plan.of(key), Tally(len(samples)), {}, {})
        out[key] = replace(mine, wholes=found, samples=samples if plan.worst or plan.best else None)
    return out


def totals_of(plan: Plan, tally: Tally) -> dict[str, Sums]:
    """The sums of the pooled terms, from which their values follow."""
    return {k: t.settled(plan.terms[k]) for k, t in tally.totals.items()}


def resolve(plan: Plan, inputs: Inputs, jobs: int, forks: bool = False) -> Plan:
    """The plan with its data-dependent parameters computed, in an extra pass."""
    waiting = plan.waiting
    if not waiting:
        return plan
    tally = Tally()
    for part in parts_by_workers(partial(fitted_span, waiting, inputs, adding=plan.adding), inputs, jobs, forks):
        tally = _joined(tally, part, inputs)
    return plan.resolved(tally)


def accumulator(plan: Plan, exact: bool) -> Accumulator:
    """What adds the results of tiles to the sums of a plan. exact: whether quantiles are."""
    adding = plan.adding
    sampled = [r for r in plan.recipes if plan.rowwise and plan.per_row(r)]
    sloped = [r for r in plan.recipes if plan.slopes and plan.lengths(r)]
    found = [r for r in plan.recipes if estimated(r, plan.terms)]
    return Accumulator(
        {r.id: DistributionAccumulator(plan.worst, plan.sign(r), plan.full, exact, plan.best, adding) for r in sampled},
        {r.id: GradientStatsAccumulator(exact, adding) for r in sloped},
        {r.id: EstimateAccumulator(r, plan.terms, adding) for r in found if plan.intervals},
        {r.id: RowTotals(r, plan.terms, adding) for r in sampled}
        if plan.paired == "row"
        else {r.id: EstimateAccumulator(r, plan.terms, adding) for r in found if plan.paired},
        0 if plan.calibrating is None else plan.calibrating.bins,
        adding,
    )


class TileEvaluator:
    """Evaluates tiles and adds them to a tally, in one thread."""

    def __init__(self, plan: Plan, inputs: Inputs) -> None:
        self.plan, self.watch, self.dropped = plan, Watch(), 0
        self.exact = inputs.rows <= EXACT_QUANTILES
        new = partial(accumulator, plan, self.exact)
        self.all, self.groups = new(), None
        if inputs.by or plan.classes is not None:
            from losscli.engine.groups import Groups  # late: most runs have no groups

            self.groups = Groups(inputs, new, plan.own, _by_class(plan, inputs))
        self.plots = None
        if plan.plots:
            from losscli.engine.plotting import PlotCounter  # late: most runs draw nothing that needs counts

            self.plots = PlotCounter(plan, inputs.family)

    def add(self, inputs: Inputs, start: int, stop: int) -> Tile:
        """Evaluate one tile."""
        block, dropped = inputs.block(start, stop)
        self.dropped += dropped
        found = self._evaluate(inputs, block) if block.rows else TileResult(block.samples, block.weight)
        if block.rows:
            self.all.add(found)
            if self.groups is not None:
                self.groups.add(found, block, start, stop)
            if self.plots is not None:
                self.plots.add(block, found)
        return Tile(start, block, self._values(found))

    def _evaluate(self, inputs: Inputs, block: Block) -> TileResult:
        plan = self.plan
        if inputs.family.check:
            inputs.family.check(block, plan.conventions, self.watch)
        found = TileResult(block.samples, block.weight)
        if plan.paired or (plan.intervals and (plan.resampled or inputs.unit is not None)):
            from losscli.engine.units import pair_numbers, unit_numbers  # late: most runs take every row as a unit

            named = None if inputs.unit is None else unit_numbers(inputs, block)
            found.units = as_index(block.samples).astype(np.uint64) if named is None and plan.resampled else named
            found.pairs = pair_numbers(inputs, block, None if plan.paired == "row" else named) if plan.paired else None
        rows = row_values({k: t for k, t in plan.terms.items() if t.form.unit != "whole" and not t.pooled}, block, self.watch)
        for key, bound in plan.terms.items():
            if bound.form.unit == "whole":
                continue
            if bound.pooled:
                found.sums[key] = PooledSums.of(bound, block, self.watch)
            else:
                found.rows[key] = rows[key]
        found.forecast = plan.forecast(inputs.family, block, self.watch)
        for recipe in plan.recipes:
            if plan.per_row(recipe):
                found.losses[recipe.id] = RecipeLosses.of(recipe, found.rows)
                if plan.slopes and plan.lengths(recipe):
                    found.norms[recipe.id] = norms(row_gradients(plan, inputs, recipe, block))
        if plan.budgeting is not None:
            first = found.losses[plan.recipes[0].id]
            slopes = {r.id: row_gradients(plan, inputs, r, block) for r in plan.recipes if plan.lengths(r)}
            lengths = {key: plan.budgeting.lengths(g, found.forecast) for key, g in slopes.items()}
            found.ranks = replace(plan.budgeting.ranks(found.forecast, first.values, first.kept), lengths=lengths)
        return found

    def _values(self, found: TileResult) -> dict[str, Floats]:
        """The samples' losses by recipe, NaN for samples that do not count."""
        if not found.losses:
            return {key: np.zeros(0) for key in self.all.gathered}
        return {
            key: loss.values if loss.kept is None else np.where(loss.kept, loss.values, np.nan)
            for key, loss in found.losses.items()
        }

    def tally(self) -> Tally:
        """The tally of the tiles so far."""
        found = self.all.tally(self.dropped, self.watch, self.groups.tallies() if self.groups is not None else None)
        return found if self.plots is None else replace(found, plotted=self.plots.counts)


def _by_class(plan: Plan, inputs: Inputs) -> Callable[[Block, TileResult], Iterator[tuple[int, TileResult]]] | None:
    if plan.classes is None:
        return None
    from losscli.engine.class_losses import results  # late: most runs report no classes

    return partial(results, plan, inputs.family)


def row_gradients(plan: Plan, inputs: Inputs, recipe: Recipe, block: Block) -> Mapping[str, Floats]:
    """The gradient of each sample's own loss, by PRED key, in the layout of the prediction."""
    return summed(plan, inputs, recipe, block, lambda key: plan.terms[key].gradient(block, Watch()))


def summed(
    plan: Plan, inputs: Inputs, recipe: Recipe, block: Block, of_term: Callable[[str], Mapping[str, Floats]]
) -> Mapping[str, Floats]:
    """The weighted sum of the terms' gradients, by PRED key, in the layout of the prediction."""
    total: dict[str, Floats] = {}
    for weight, term in recipe.terms:
        for role, g in of_term(term.full()).items():
            weighted = g if weight == 1.0 else weight * g
            total[role] = total[role] + weighted if role in total else weighted
    return inputs.family.restore(total, block.arrays, plan.conventions) if inputs.family.restore and total else total
