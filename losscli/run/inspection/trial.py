"""One loss on the files as an evaluation would bind and check it, over all rows. Values are never kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.errors import LosscliError
from losscli.core.records import dataclass, field, replace
from losscli.engine.evaluate import concluded
from losscli.engine.plan import Plan
from losscli.engine.tally import Tally
from losscli.reading.aligned import Filled, Inputs, key_columns
from losscli.reading.asked import Bindings, Forecasts
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.forecast_columns import forecast_columns
from losscli.reading.models import ModelNames
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.report.summarise import nothing_kept
from losscli.run.asking import asking
from losscli.run.guarded import guarded
from losscli.run.inspection.counts import ClassCounts, GroupCounts, of_sets
from losscli.run.prepare import Files, Prepared, bound, prepared, wanted
from losscli.run.request import Request
from losscli.sources.base import at_once
from losscli.spec.family import Family, Watch
from losscli.spec.recipe import Recipe, parse
from losscli.spec.tile import Block, tiles

_FEW = 1 << 10
"""Rows up to which a loss that compares rows with each other is run for the errors that only its kernel finds."""
_FIRST = 256
"""Rows on which losses other than the proposed one are tried."""


@dataclass
class Bench:
    """The files under one family, with each set of roles bound once, and how rows pair once that is known."""

    request: Request
    files: Files
    family: Family
    facts: Mapping[str, ColumnFacts]
    pairing: Pairing | None = None
    keys: tuple[str, ...] | None = None
    _bound: dict[tuple[frozenset[str], Forecasts], Bindings | LosscliError] = field(default_factory=dict)
    _columns: dict[tuple[frozenset[str], bool, Forecasts], RoleColumns | None] = field(default_factory=dict)
    _first: dict[tuple[frozenset[str], Forecasts], Block] = field(default_factory=dict)

    def recipe(self, text: str) -> Recipe:
        return parse(text, self.family, self.request.convention)

    def bind(self, recipe: Recipe) -> Bindings:
        """The files with the roles that a recipe may read. Raises the error of an evaluation."""
        roles, asked = wanted(self.request, [recipe]), self._asked(recipe)
        key = roles, asked.reading.forecasts
        if key not in self._bound:
            try:
                self._bound[key] = bound(asked, self.files, roles, self.pairing, self.keys, self.facts)
            except LosscliError as e:
                self._bound[key] = e
        found = self._bound[key]
        if isinstance(found, LosscliError):
            raise found
        return found

    def _asked(self, recipe: Recipe) -> Request:
        """The request, with what the recipe says of how rows pair."""
        return asking(self.request, [recipe])

    def settle(self, inputs: Inputs) -> None:
        """Pair the rows for other losses as here, where that took reading keys or boxes."""
        if self.request.reading.keys or inputs.pairing.books is not None:
            self.pairing, self.keys = inputs.pairing.unfiltered, inputs.keys

    def columns(self, recipe: Recipe, stated: bool = True) -> RoleColumns | None:
        """What each column is for a recipe, with or without what --col and --key state; None where that is undecided."""
        reading = self._asked(recipe).reading
        key = wanted(self.request, [recipe]), stated, reading.forecasts
        if key not in self._columns:
            weight = reading.weights if isinstance(reading.weights, str) else None
            pred, target, conventions = self.files.pred, self.files.target, self.files.conventions
            try:
                cols, keys = (reading.cols, key_columns(reading.keys)) if stated else ((), [])
                cols = (*cols, *forecast_columns(self.facts["pred"], reading, key[0])) if reading.forecasts.of else cols
                found = RoleColumns(self.family, pred, target, key[0], cols, keys, weight, reading.beside, conventions, self.facts)
            except LosscliError:
                found = None
            self._columns[key] = found
        return self._columns[key]

    def prepared(self, recipe: Recipe) -> Prepared:
        return prepared(self.request, self.files, [recipe], self.bind(recipe))

    def fits_first(self, recipe: Recipe) -> bool:
        """Whether the first rows pass the checks before the kernels."""
        try:
            ready = self.prepared(recipe)
            roles = wanted(self.request, [recipe]), self._asked(recipe).reading.forecasts
            if roles not in self._first:
                inputs = replace(self.bind(recipe).inputs, nonfinite=ready.conventions.nonfinite, agreement=None)
                if not _even(inputs):
                    return False
                rows = min(at_once(f.field, min(_FIRST, inputs.rows)) for f in inputs.filled)
                self._first[roles] = inputs.block(0, rows)[0]
            block = self._first[roles]
            if block.rows:
                for term in ready.plan.terms.values():
                    term.args(block, Watch())
        except LosscliError:
            return False
        return True


def _even(inputs: Inputs) -> bool:
    """Whether each side has the rows that were paired, which binding to known pairs does not check."""
    rows = {"pred": inputs.pairing.pred_rows, "target": inputs.pairing.target_rows}
    models = next((len(f.field.models) for f in inputs.by if isinstance(f.field, ModelNames)), 1)
    return all(
        f.shared or f.field.rows == rows[f.side if inputs.target is not None else "pred"] * (models if f.side == "pred" else 1)
        for f in inputs.filled
    )


@dataclass(frozen=True)
class Trial:
    """What the checks of all rows found."""

    ready: Prepared
    evaluated: int
    dropped: int
    classes: Mapping[str, int]
    """By class name, how many rows of TARGET (of masks: pixels) have that label."""
    groups: GroupCounts | None
    warnings: tuple[tuple[str, str], ...]

    @property
    def filled(self) -> tuple[Filled, ...]:
        return self.ready.inputs.filled


def tried(bench: Bench, recipe: Recipe) -> Trial:
    """Every check that precedes the loss, on every row in the order of an evaluation. Raises the error of an evaluation."""
    ready = bench.prepared(recipe)
    inputs, plan, family = ready.inputs, ready.plan, bench.family
    watch, rows, dropped, weight = Watch(), 0, 0, 0.0
    classes = ClassCounts(inputs)
    groups = GroupCounts(inputs) if inputs.by else None
    by_row = [t for t in plan.terms.values() if t.form.unit != "whole"]
    with np.errstate(all="ignore"):
        for start, stop in tiles(inputs.rows, inputs.width):
            block, lost = inputs.block(start, stop)
            rows, dropped = rows + block.rows, dropped + lost
            if block.rows:
                weight += block.rows if block.weight is None else float(block.weight.sum())
                if family.check and by_row:
                    family.check(block, plan.conventions, watch)
                for term in by_row:
                    term.args(block, watch)
                classes.add(block)
                if groups is not None:
                    groups.add(block, start, stop)
        if plan.whole:
            watch |= _whole(plan, inputs)
    if not rows:
        raise inputs.all_dropped()
    if not weight:
        raise nothing_kept(recipe.label, rows)
    found = family.conclude(watch, plan.conventions) if family.conclude else []
    warnings = guarded((*ready.warnings, *found), bench.request.reading)
    return Trial(ready, rows, dropped, classes.named or of_sets(inputs), groups, warnings)


def _whole(plan: Plan, inputs: Inputs) -> Watch:
    """The checks of losses that compare rows with each other, and, where rows are few, the errors that only kernels find."""
    if inputs.rows <= _FEW:
        return concluded(plan, inputs, Tally(), {}).tally.watch
    watch = Watch()
    block, _ = inputs.block(0, inputs.rows)
    for key in plan.whole if block.rows else ():
        plan.terms[key].args(block, watch)
    return watch


def misses_role(bench: Bench, recipe: Recipe) -> bool:
    """Whether no form of a loss finds the roles that it reads, so that other losses may."""
    columns = bench.columns(recipe)
    if columns is None:
        return False
    there = {role for side in columns.chosen.values() for role in side}
    if bench.family.fields is not None:
        try:
            there = {*bench.bind(recipe).inputs.available()}
        except LosscliError:
            return False
    given = {r.name for r in bench.family.roles if r.side == "option" and getattr(bench.files.conventions, r.name) is not None}
    there |= given
    return not all(any(set(f.takes) - f.optional <= there for f in t.loss.forms) for _, t in recipe.terms)
