"""The counts that plots are drawn from, tile by tile. Only the plots that are asked for are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Union

from losscli.engine.plan import Plan
from losscli.engine.tally import TileResult, present
from losscli.numerics.lattice import Lattice
from losscli.numerics.ranked_sums import RankedSums
from losscli.numerics.stable import Floats
from losscli.spec.family import Family, Watch
from losscli.spec.loss import Rows
from losscli.spec.plot_kinds import TERMS
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block

Counted = Union[Lattice, RankedSums]  # noqa: UP007 (evaluated at import on Python 3.10)


class PlotCounter:
    """Counts what plots are drawn from, by plot, with the series or the recipe after a colon."""

    def __init__(self, plan: Plan, family: Family) -> None:
        self.plan, self.family = plan, family
        self.counts: dict[str, Counted] = {}

    def add(self, block: Block, found: TileResult) -> None:
        """Add the rows of one tile."""
        for kind in self.plan.plots:
            parts = _terms(self.plan, found) if kind == TERMS else _points(self.plan, self.family, kind, block, found)
            for name, counts in parts:
                key = f"{kind}:{name}"
                self.counts[key] = self.counts[key] + counts if key in self.counts else counts  # type: ignore[operator]


def _points(plan: Plan, family: Family, kind: str, block: Block, found: TileResult) -> Iterator[tuple[str, Lattice]]:
    plotted = family.plots[kind]
    first = next(iter(plan.terms.values()))
    watch = Watch()
    if not plotted.of_losses:
        used = present(None if block.lone is None else ~block.lone, block.weight)
        rows = block if used is None else block.keep(used)
        for series, axes in plotted.points(rows, first.form, first.params, plan.conventions, watch).items():
            yield series, Lattice.of(*axes)
        return
    ((_, axes),) = plotted.points(block, first.form, first.params, plan.conventions, watch).items()
    for recipe in plan.recipes:
        if recipe.id in found.losses:
            loss = found.losses[recipe.id]
            mask = present(loss.kept, block.weight)
            keep = slice(None) if mask is None else mask
            yield recipe.id, Lattice.of(*(x[keep] for x in axes), loss.values[keep])


def parts_of(recipe: Recipe, rows: Mapping[str, Rows]) -> list[Floats]:
    """What each term of a recipe, or each part of its only term, adds to the loss of every row, as a report lists them; empty
    where there is one."""
    if len(recipe.terms) > 1:
        return [weight * rows[term.full()].values for weight, term in recipe.terms]
    ((weight, term),) = recipe.terms
    parts = rows[term.full()].parts
    return [w * x for w, x in parts.values()] if weight == 1 and len(parts) > 1 else []


def _terms(plan: Plan, found: TileResult) -> Iterator[tuple[str, RankedSums]]:
    for recipe in plan.recipes:
        parts = parts_of(recipe, found.rows) if recipe.id in found.losses else []
        if parts:
            loss = found.losses[recipe.id]
            mask = present(loss.kept, found.weight)
            keep = slice(None) if mask is None else mask
            yield recipe.id, RankedSums.of(loss.values[keep], [x[keep] for x in parts])
