"""Walks the fixed grid of tiles, calls the kernels and adds everything to one tally. Knows no loss and no file format."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from losscli.block import Block, tiles
from losscli.errors import DataError
from losscli.evaluate import Bound, Sums, weighted_totals
from losscli.family import Conventions, Watch
from losscli.inputs import Inputs
from losscli.loss import Rows, Whole
from losscli.numeric import Bools, Floats
from losscli.recipe import Recipe
from losscli.tally import Mean, Spread, Tally, Totals, mean_of, present

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

    def per_row(self, recipe: Recipe) -> bool:
        """Whether every sample has a value of its own."""
        return all(self.terms[t.full()].per_row for _, t in recipe.terms)

    def sign(self, recipe: Recipe) -> int:
        """-1 where a higher value is better."""
        return -1 if all(t.loss.direction == "higher" for _, t in recipe.terms) else 1


@dataclass(frozen=True)
class Tile:
    """What one tile gave: its tally, and its samples' losses by recipe (NaN where a row left the count)."""

    start: int
    block: Block
    tally: Tally
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


def ordered(work: Callable[[int, int], T], spans: Iterable[tuple[int, int]], jobs: int) -> Iterator[T]:
    """`work` over spans on threads, results in the order of the spans; only a few are ever waiting.

    Overflow and 0/0 are answers (inf, nan) that the report counts; NumPy's warnings of them would name lines of ours.
    """

    def quiet(start: int, stop: int) -> T:
        with np.errstate(all="ignore"):  # of this thread: a new one begins with NumPy's own settings
            return work(start, stop)

    if jobs <= 1:
        yield from (quiet(*span) for span in spans)
        return
    pool = ThreadPoolExecutor(jobs)
    waiting: deque[Future[T]] = deque()
    try:
        for span in spans:
            waiting.append(pool.submit(quiet, *span))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def evaluate(plan: Plan, inputs: Inputs, *, jobs: int = 1, sinks: Sequence[Sink] = ()) -> Outcome:
    """One pass over the rows (two where a parameter depends on all of them)."""
    plan = _resolve(plan, inputs, jobs)
    spans = list(tiles(inputs.rows, inputs.width))
    tally = Tally()
    rowwise = any(b.form.unit != "whole" for b in plan.terms.values())
    for tile in ordered(partial(_tile, plan, inputs), spans if rowwise else (), jobs):
        tally = tally + tile.tally
        for sink in sinks:
            sink.take(tile)
    wholes, tally = _wholes(plan, inputs, tally)
    if tally.rows == 0:
        raise DataError(f"nothing to evaluate: none of {inputs.rows} rows is left")
    totals = {k: t.arrays() for k, t in tally.totals.items()}
    return Outcome(plan, tally, totals, wholes)


def _resolve(plan: Plan, inputs: Inputs, jobs: int) -> Plan:
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


def _tile(plan: Plan, inputs: Inputs, start: int, stop: int) -> Tile:
    block, dropped = inputs.block(start, stop)
    watch = Watch()
    if block.rows == 0:
        return Tile(start, block, Tally(dropped=dropped), {r.id: np.zeros(0) for r in plan.recipes if plan.per_row(r)})
    if inputs.family.check:
        inputs.family.check(block, plan.how, watch)
    rows: dict[str, Rows] = {}
    totals: dict[str, Totals] = {}
    for key, bound in plan.terms.items():
        if bound.form.unit == "whole":
            continue
        if bound.pooled:
            totals[key] = Totals.of(weighted_totals(bound.sums(block, watch), block.weight))
        else:
            rows[key] = bound.rows(block, watch)
    means = {key: _mean(r, block.weight) for key, r in rows.items()}
    values, spreads = {}, {}
    for recipe in plan.recipes:
        if plan.per_row(recipe):
            loss, kept = combined(recipe, rows)
            values[recipe.id] = loss if kept is None else np.where(kept, loss, np.nan)
            spreads[recipe.id] = _spread(loss, kept, block, plan, plan.sign(recipe))
    return Tile(start, block, Tally(block.rows, dropped, means, spreads, totals, watch), values)


def combined(recipe: Recipe, rows: Mapping[str, Rows]) -> tuple[Floats, Bools | None]:
    """The weighted sum of the terms' rows, and which rows every term keeps."""
    first = recipe.terms[0]
    if len(recipe.terms) == 1 and first[0] == 1.0:
        only = rows[first[1].full()]
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


def _mean(rows: Rows, weight: Floats | None) -> Mean:
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


def _spread(values: Floats, kept: Bools | None, block: Block, plan: Plan, sign: int) -> Spread:
    samples = np.arange(block.rows) if block.samples is None else block.samples
    mask, weight = present(kept, block.weight), block.weight
    if mask is None:
        return Spread.of(values, weight, samples, plan.worst, sign, plan.full)
    return Spread.of(values[mask], None if weight is None else weight[mask], samples[mask], plan.worst, sign, plan.full)


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
