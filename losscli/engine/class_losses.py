"""Losses per class: the results of a tile for each class, and the plan that turns a class's sums into its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.plan import ClassPlan, Plan
from losscli.engine.tally import RecipeLosses, TileResult, split
from losscli.engine.term import BoundTerm, Sums
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.family import ClassRules, Family, Watch
from losscli.spec.loss import Rows, Whole
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block


def results(plan: Plan, family: Family, block: Block, found: TileResult) -> Iterator[tuple[int, TileResult]]:
    """The results of a tile by class, given those of all classes."""
    classes, rules = plan.classes, family.classes
    assert classes is not None
    assert rules is not None
    labels = rules.labels(block) if rules.labels and "rows" in classes.means.values() else None
    if labels is not None and classes.by_rows:
        yield from _apart(found, labels, classes.count)
        return
    of = _Tile(classes, plan.terms, rules, block, found, labels)
    for c in range(classes.count):
        yield c, of.result(c, plan.recipes)


def _apart(found: TileResult, labels: Ints, count: int) -> Iterator[tuple[int, TileResult]]:
    """The rows of each class."""
    codes = np.where((labels < 0) | ((labels >= count) & (count > 0)), 0, labels + 1)
    order, places = split(codes, max(count, int(codes.max(initial=0))) + 1)
    together = found.cut(order)
    for c, place in enumerate(places[1:]):
        yield c, together.cut(place)


@dataclass(frozen=True)
class _Tile:
    """One tile, for the losses of one class after another."""

    classes: ClassPlan
    terms: Mapping[str, BoundTerm]
    rules: ClassRules
    block: Block
    found: TileResult
    labels: Ints | None

    def result(self, c: int, recipes: tuple[Recipe, ...]) -> TileResult:
        out = TileResult(self.found.samples, self.found.weight)
        for key in self.found.rows:
            out.rows[key] = self._rows(key, c)
        for key, (sums, tops) in self.found.sums.items():
            mine = self._sums(key, c, sums)
            if mine is not None:
                out.sums[key] = mine, tops
        for recipe in recipes:
            if recipe.id in self.found.losses:
                out.losses[recipe.id] = RecipeLosses.of(recipe, out.rows)
        return out

    def _rows(self, key: str, c: int) -> Rows:
        means, rows, bound = self.classes.means[key], self.found.rows[key], self.terms[key]
        if means == "rows":
            mine = np.asarray(self.labels == c)
            return replace(rows, kept=mine if rows.kept is None else np.asarray(rows.kept & mine))
        if means == "given":
            assert rows.classes is not None
            return _given(*rows.classes(), c - self.classes.count)
        own = self.classes.bound(key, bound, c)
        if means == "sums":
            sums = _of_class(bound.cached_sums(self.block, Watch()), c - self.classes.count)
            return _nothing(len(rows.values)) if sums is None else own.finish(sums)
        return own.rows_of(self.block, self._args(bound, c, means))

    def _sums(self, key: str, c: int, sums: Sums) -> Sums | None:
        means, bound = self.classes.means[key], self.terms[key]
        if means == "sums":
            return _of_class(sums, c - self.classes.count)
        return self.classes.bound(key, bound, c).sums_of(self.block, self._args(bound, c, means))

    def _args(self, bound: BoundTerm, c: int, means: str) -> tuple[Any, ...]:
        return self.rules.argued(bound.args(self.block, Watch()), c, means)


def _of_class(sums: Sums, last: int) -> Sums | None:
    """The sums (n,K) of one class, counted from the end (-1 is the last); None for a class that they do not include."""
    count = max(v.shape[1] for v in sums.values())
    if -last > count:
        return None
    return {name: v if v.shape[1] < count else v[:, count + last : count + last + 1] for name, v in sums.items()}


def _given(values: Floats, counted: Bools, last: int) -> Rows:
    count = values.shape[1]
    if -last > count:
        return _nothing(len(values))
    return Rows(np.ascontiguousarray(values[:, last]), kept=counted[:, last])


def _nothing(rows: int) -> Rows:
    return Rows(np.full(rows, np.nan), kept=np.zeros(rows, bool))


def wholes(plan: Plan, family: Family, block: Block, found: Mapping[str, Whole]) -> dict[int, tuple[int, dict[str, Whole]]]:
    """By class, its rows and the terms that compare rows with each other; a term that does not count the class is not in it."""
    classes, rules, terms = plan.classes, family.classes, plan.terms
    assert classes is not None
    assert rules is not None
    labels = rules.labels(block) if rules.labels else None
    out = {}
    for c in range(classes.count):
        mine = {key: _whole(classes, key, terms[key], rules, block, x, labels, c) for key, x in found.items()}
        rows = int((labels == c).sum()) if classes.by_rows and labels is not None else block.rows
        out[c] = rows, {key: x for key, x in mine.items() if x is not None}
    return out


def _whole(
    classes: ClassPlan, key: str, bound: BoundTerm, rules: ClassRules, block: Block, found: Whole, labels: Ints | None, c: int
) -> Whole | None:
    means = classes.means[key]
    if means == "given":
        assert found.classes is not None
        last = c - classes.count
        value = float(found.classes[last]) if -last <= len(found.classes) else np.nan
        return None if np.isnan(value) else Whole(value, np.array([value]))
    if means == "rows":
        assert labels is not None
        mine = labels == c
        return bound.whole(block.keep(mine), Watch()) if mine.any() else None
    args = rules.argued(bound.args(block, Watch()), c, means)
    return classes.bound(key, bound, c).whole_of(block, args)
