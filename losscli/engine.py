"""Walks the fixed grid of tiles, calls the kernels and adds everything to one tally. Knows no loss and no file format."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from threading import Event
from typing import Protocol, TypeVar

import numpy as np

from losscli.block import Block, as_index, spans, tiles
from losscli.bound import Bound, Sums, joined_rows, weighted_totals
from losscli.errors import DataError
from losscli.family import Conventions, Watch
from losscli.inputs import Inputs
from losscli.loss import Rows, Whole
from losscli.numeric import Bools, Floats
from losscli.quantiles import EXACT_QUANTILES
from losscli.recipe import Recipe
from losscli.slopes import GatheringSlopes
from losscli.spread import Gathering
from losscli.tally import Mean, Tally, Totals, mean_of, present

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What is to be computed: recipes over terms, each different term once."""

    recipes: tuple[Recipe, ...]
    terms: Mapping[str, Bound]
    how: Conventions
    worst: int = 0
    full: bool = True
    """Whether the spread of the samples is wanted, or their value alone."""
    slopes: bool = False
    """Whether the health of the gradients is wanted."""

    @property
    def rowwise(self) -> bool:
        """Whether any term is evaluated row by row."""
        return any(b.form.unit != "whole" for b in self.terms.values())

    def per_row(self, recipe: Recipe) -> bool:
        """Whether every sample has a value of its own."""
        return all(self.terms[t.full()].per_row for _, t in recipe.terms)

    def sloped(self, recipe: Recipe) -> bool:
        """Whether every term has a gradient."""
        return all(self.terms[t.full()].form.differentiable for _, t in recipe.terms)

    def row_slopes(self, recipe: Recipe) -> bool:
        """Whether a sample's gradient is that of its own loss; else it is that of the value."""
        return self.per_row(recipe) and not any(t.loss.of_value for _, t in recipe.terms)

    def sign(self, recipe: Recipe) -> int:
        """-1 where a higher value is better."""
        return -1 if all(t.loss.direction_for(dict(t.values)) == "higher" for _, t in recipe.terms) else 1


@dataclass(frozen=True)
class Tile:
    """The samples of one tile: their losses by recipe, NaN where a row left the count."""

    start: int
    block: Block
    values: Mapping[str, Floats]


class Sink(Protocol):
    """Takes tiles in the order of the rows."""

    def take(self, tile: Tile) -> None:
        """Write one tile's samples."""
        ...


@dataclass(frozen=True)
class Outcome:
    """The whole evaluation: the tally, the pooled terms' finished rows, the whole terms, and the terms as resolved."""

    plan: Plan
    tally: Tally
    totals: Mapping[str, Sums]
    wholes: Mapping[str, Whole]


def ordered(work: Callable[[int, int], T], spans: Iterable[tuple[int, int]], jobs: int, halt: Event | None = None) -> Iterator[T]:
    """`work` over spans on threads, results in the order of the spans; only a few are ever waiting. At its end `halt` is set.

    Overflow and 0/0 are answers (inf, nan) that the report counts; NumPy's warnings of them would name lines of ours.
    """

    def quiet(start: int, stop: int) -> T:
        with np.errstate(all="ignore"):  # of this thread: a new one begins with NumPy's own settings
            return work(start, stop)

    queue = iter(spans)
    first = list(islice(queue, 2))
    if jobs <= 1 or len(first) < 2:
        yield from (quiet(*span) for span in chain(first, queue))
        return
    from concurrent.futures import Future, ThreadPoolExecutor  # late: one span needs no pool

    pool = ThreadPoolExecutor(jobs)
    waiting: deque[Future[T]] = deque()
    try:
        for span in chain(first, queue):
            waiting.append(pool.submit(quiet, *span))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        if halt is not None:
            halt.set()
        pool.shutdown(wait=True, cancel_futures=True)


def evaluate(
    plan: Plan, inputs: Inputs, *, jobs: int = 1, sinks: Sequence[Sink] = (), tell: Callable[[int], None] = lambda rows: None
) -> Outcome:
    """One pass over the rows (two where a parameter depends on all of them); `tell` hears of rows done."""
    plan = resolve(plan, inputs, jobs)
    tally = Tally()
    if plan.rowwise:
        tally = _sunk(plan, inputs, jobs, sinks, tell) if sinks else _tallied(plan, inputs, jobs, tell)
    return concluded(plan, inputs, tally)


def _tallied(plan: Plan, inputs: Inputs, jobs: int, tell: Callable[[int], None]) -> Tally:
    tally, halt = Tally(), Event()
    work = partial(tally_span, plan, inputs, halted=halt.is_set)
    for part in ordered(work, spans(inputs.rows, inputs.width, jobs), jobs, halt):
        tally = tally + part
        tell(part.rows + part.dropped)
    return tally


def _sunk(plan: Plan, inputs: Inputs, jobs: int, sinks: Sequence[Sink], tell: Callable[[int], None]) -> Tally:
    def work(start: int, stop: int) -> tuple[Filling, Tile]:
        filling = Filling(plan, inputs.rows)
        return filling, filling.add(inputs, start, stop)

    tally = Tally()
    for filling, tile in ordered(work, tiles(inputs.rows, inputs.width), jobs):
        part = filling.tally()
        tally = tally + part
        for sink in sinks:
            sink.take(tile)
        tell(part.rows + part.dropped)
    return tally


def tally_span(plan: Plan, inputs: Inputs, start: int, stop: int, halted: Callable[[], bool] = lambda: False) -> Tally:
    """The tally of the rows start…stop-1, whose ends are edges of the grid of tiles; a part of it once nobody waits for it."""
    filling = Filling(plan, inputs.rows)
    with np.errstate(all="ignore"):
        for low, high in tiles(stop, inputs.width, start):
            if halted():
                break
            filling.add(inputs, low, high)
    return filling.tally()


def concluded(plan: Plan, inputs: Inputs, tally: Tally) -> Outcome:
    """The outcome of a whole tally; losses that need every row at once are evaluated here."""
    wholes, tally = _wholes(plan, inputs, tally)
    if tally.rows == 0:
        raise DataError(f"nothing to evaluate: none of {inputs.rows} rows is left")
    totals = {k: t.arrays() for k, t in tally.totals.items()}
    return Outcome(plan, tally, totals, wholes)


def resolve(plan: Plan, inputs: Inputs, jobs: int) -> Plan:
    """Settle the parameters that only the whole file tells, in a pass of their own."""
    waiting = {k: b for k, b in plan.terms.items() if b.fits}
    if not waiting:
        return plan

    def work(start: int, stop: int) -> dict[str, Totals]:
        block, _ = inputs.block(start, stop)
        if block.rows == 0:
            return {k: Totals() for k in waiting}
        return {k: Totals.of(weighted_totals(b.fit(block, Watch()), block.weight)) for k, b in waiting.items()}

    sums = {k: Totals() for k in waiting}
    for part in ordered(work, tiles(inputs.rows, inputs.width), jobs):
        sums = {k: sums[k] + part[k] for k in sums}
    return replace(plan, terms={**plan.terms, **{k: b.resolved(sums[k].arrays()) for k, b in waiting.items()}})


class Filling:
    """A tally being filled tile by tile, by one thread."""

    def __init__(self, plan: Plan, rows: int) -> None:
        self.plan, self.watch = plan, Watch()
        self.rows = self.dropped = 0
        self.means: dict[str, Mean] = {}
        self.totals: dict[str, Totals] = {}
        exact = rows <= EXACT_QUANTILES
        self.slopes = {r.id: GatheringSlopes(exact) for r in plan.recipes if plan.slopes and plan.sloped(r) and plan.row_slopes(r)}
        self.gathered = {
            r.id: Gathering(plan.worst, plan.sign(r), plan.full, exact) for r in plan.recipes if plan.rowwise and plan.per_row(r)
        }

    def add(self, inputs: Inputs, start: int, stop: int) -> Tile:
        """Evaluate one tile."""
        block, dropped = inputs.block(start, stop)
        self.rows += block.rows
        self.dropped += dropped
        values = self._evaluate(inputs, block) if block.rows else {key: np.zeros(0) for key in self.gathered}
        inputs.release(start, stop)
        return Tile(start, block, values)

    def _evaluate(self, inputs: Inputs, block: Block) -> dict[str, Floats]:
        plan = self.plan
        if inputs.family.check:
            inputs.family.check(block, plan.how, self.watch)
        rows = row_values({k: b for k, b in plan.terms.items() if b.form.unit != "whole" and not b.pooled}, block, self.watch)
        sums: dict[str, float] = {}
        for key, bound in plan.terms.items():
            if bound.form.unit == "whole":
                continue
            if bound.pooled:
                tops = bound.form.tops
                part = Totals.of(weighted_totals(bound.sums(block, self.watch), block.weight, tops), tops)
                self.totals[key] = self.totals[key] + part if key in self.totals else part
            else:
                mean, sums[key] = _mean(rows[key], block.weight)
                self.means[key] = self.means[key] + mean if key in self.means else mean
        values = {}
        for recipe in plan.recipes:
            if plan.per_row(recipe):
                loss, kept = combined(recipe, rows)
                values[recipe.id] = loss if kept is None else np.where(kept, loss, np.nan)
                self._gather(recipe, loss, kept, block, sums.get(recipe.terms[0][1].full()) if recipe.plain else None)
                if recipe.id in self.slopes:
                    self.slopes[recipe.id].add(row_gradients(plan, inputs, recipe, block), present(kept, block.weight))
        return values

    def _gather(self, recipe: Recipe, values: Floats, kept: Bools | None, block: Block, total: float | None) -> None:
        mask, weight, samples = present(kept, block.weight), block.weight, block.samples
        if mask is not None:
            values, weight, samples = values[mask], None if weight is None else weight[mask], as_index(samples)[mask]
        self.gathered[recipe.id].add(values, weight, samples, total)

    def tally(self) -> Tally:
        """What was filled in."""
        spreads = {key: found.spread() for key, found in self.gathered.items()}
        slopes = {key: found.slopes() for key, found in self.slopes.items()}
        return Tally(self.rows, self.dropped, self.means, spreads, self.totals, self.watch, slopes)


def row_values(terms: Mapping[str, Bound], block: Block, watch: Watch) -> dict[str, Rows]:
    """Every term's rows on one tile; those of terms that may be are evaluated a piece of the tile after the other."""
    rows: dict[str, list[Rows]] = {key: [] for key in terms}
    sizes = {key: bound.piece or block.rows for key, bound in terms.items()}
    for size in dict.fromkeys(sizes.values()):
        for piece in block.pieces(size) if size < block.rows else (block,):
            for key in (k for k, s in sizes.items() if s == size):
                rows[key].append(terms[key].rows(piece, watch))
    return {key: joined_rows(found) for key, found in rows.items()}


def row_gradients(plan: Plan, inputs: Inputs, recipe: Recipe, block: Block) -> Mapping[str, Floats]:
    """By PRED key, in the prediction's own layout: the gradient of each sample's own loss."""
    total: dict[str, Floats] = {}
    for weight, term in recipe.terms:
        for role, g in plan.terms[term.full()].gradient(block, Watch()).items():
            total[role] = total[role] + weight * g if role in total else weight * g
    return inputs.family.restore(total, block.arrays, plan.how) if inputs.family.restore and total else total


def combined(recipe: Recipe, rows: Mapping[str, Rows]) -> tuple[Floats, Bools | None]:
    """The weighted sum of the terms' rows, and which rows every term keeps."""
    if recipe.plain:
        only = rows[recipe.terms[0][1].full()]
        return only.values, only.kept
    total = np.zeros(0)
    kept: Bools | None = None
    for i, (weight, term) in enumerate(recipe.terms):
        found = rows[term.full()]
        scaled = weight * found.values
        total = scaled if i == 0 else total + scaled
        if found.kept is not None:
            kept = found.kept if kept is None else kept & found.kept
    return total, kept


def _mean(rows: Rows, weight: Floats | None) -> tuple[Mean, float]:
    mask = present(rows.kept, weight)
    if mask is None:
        return mean_of(rows.values, rows.norm, weight, rows.floor, rows.parts)
    return mean_of(
        rows.values[mask],
        None if rows.norm is None else rows.norm[mask],
        None if weight is None else weight[mask],
        rows.floor,
        {k: (w, x[mask]) for k, (w, x) in rows.parts.items()},
    )


def whole_block(inputs: Inputs) -> tuple[Block, int]:
    """Every row at once, for the losses that need them together."""
    return inputs.block(0, inputs.rows)


def _wholes(plan: Plan, inputs: Inputs, tally: Tally) -> tuple[dict[str, Whole], Tally]:
    terms = {k: b for k, b in plan.terms.items() if b.form.unit == "whole"}
    if not terms:
        return {}, tally
    block, dropped = whole_block(inputs)
    if block.rows == 0:
        return {}, Tally(dropped=dropped)
    watch = Watch()
    wholes = {k: b.whole(block, watch) for k, b in terms.items()}
    seen = tally if tally.rows else Tally(block.rows, dropped)
    return wholes, replace(seen, watch=seen.watch | watch)
