"""Losses per class: the results of a tile for each class, and the plan that turns a class's sums into its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.plan import ClassPlan, Plan
from losscli.engine.tally import RecipeLosses, TileResult, split
from losscli.engine.term import BoundTerm, Sums
from losscli.engine.totals import PooledSums
from losscli.numerics.stable import Ints
from losscli.spec.family import ClassRules, Family, Watch
from losscli.spec.loss import Rows, Whole
from losscli.spec.recipe import Recipe
from losscli.spec.tile import Block


def results(plan: Plan, family: Family, block: Block, found: TileResult) -> Iterator[tuple[int, TileResult]]:
    """The results of a tile by class, given those of all classes; a class that no loss counts is left out."""
    classes, rules = plan.classes, family.classes
    assert classes is not None
    assert rules is not None
    labels = rules.labels(block) if rules.labels and "rows" in classes.means.values() else None
    if labels is not None and classes.by_rows:
        yield from _apart(found, labels, classes.count)
        return
    of = _Tile(classes, plan.terms, rules, block, found, labels)
    for c in range(classes.count):
        mine = of.result(c, plan.recipes)
        if mine is not None:
            yield c, mine


def _apart(found: TileResult, labels: Ints, count: int) -> Iterator[tuple[int, TileResult]]:
    """The rows of each class that has some."""
    codes = np.where((labels < 0) | ((labels >= count) & (count > 0)), 0, labels + 1)
    order, places = split(codes, int(codes.max(initial=0)) + 1)
    together = found.cut(order)
    for c, place in enumerate(places[1:]):
        if place.stop > place.start:
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

    def result(self, c: int, recipes: tuple[Recipe, ...]) -> TileResult | None:
        """The results of class c; None if no loss counts it."""
        rows = {key: self._rows(key, c) for key in self.found.rows}
        sums = {key: self._sums(key, c, of_all.sums) for key, of_all in self.found.sums.items()}
        if all(x is None for x in rows.values()) and all(x is None for x in sums.values()):
            return None
        out = TileResult(self.found.samples, self.found.weight, units=self.found.units, pairs=self.found.pairs)
        nothing = Rows(np.full(self.block.rows, np.nan), kept=np.zeros(self.block.rows, bool))
        out.rows.update({key: nothing if x is None else x for key, x in rows.items()})
        out.sums.update({key: PooledSums(x, self.found.sums[key].tops) for key, x in sums.items() if x is not None})
        out.losses.update({r.id: RecipeLosses.of(r, out.rows) for r in recipes if r.id in self.found.losses})
        return out

    def _rows(self, key: str, c: int) -> Rows | None:
        means, rows, bound = self.classes.means[key], self.found.rows[key], self.terms[key]
        last = c - self.classes.count
        if means == "rows":
            mine = np.asarray(self.labels == c)
            return replace(rows, kept=mine if rows.kept is None else np.asarray(rows.kept & mine))
        if means == "given":
            assert rows.classes is not None
            values, counted = self.block.once(("classes", key), rows.classes)
            return Rows(values[:, last], kept=counted[:, last]) if _has(values.shape[1], last) else None
        own = self.classes.bound(key, bound, c)
        if means == "sums":
            sums = _of_class(bound.cached_sums(self.block, Watch()), last)
            return None if sums is None else own.finish(sums)
        return own.rows_of(self.block, self._args(bound, c, means))

    def _sums(self, key: str, c: int, sums: Sums) -> Sums | None:
        means, bound = self.classes.means[key], self.terms[key]
        if means == "sums":
            return _of_class(sums, c - self.classes.count)
        return self.classes.bound(key, bound, c).sums_of(self.block, self._args(bound, c, means))

    def _args(self, bound: BoundTerm, c: int, means: str) -> tuple[Any, ...]:
        return self.rules.argued(bound.args(self.block, Watch()), c, means)


def _has(count: int, last: int) -> bool:
    """Whether the last `count` classes include one, counted from the end (-1 is the last)."""
    return -last <= count


def _of_class(sums: Sums, last: int) -> Sums | None:
    """The sums (n,K) of one class, counted from the end; None for a class that they do not include."""
    count = max(v.shape[1] for v in sums.values())
    if not _has(count, last):
        return None
    return {name: v if v.shape[1] < count else v[:, count + last : count + last + 1] for name, v in sums.items()}


def wholes(plan: Plan, family: Family, block: Block, found: Mapping[str, Whole]) -> dict[int, tuple[int, dict[str, Whole]]]:
    """By class, its rows and the terms that compare rows with each other; a class that none of them counts is left out."""
    classes, rules = plan.classes, family.classes
    assert classes is not None
    assert rules is not None
    labels = rules.labels(block) if rules.labels else None
    of = _All(classes, plan.terms, rules, block, labels)
    out = {}
    for c in range(classes.count):
        if any(of.counts(key, x, c) for key, x in found.items()):
            mine = {key: of.result(key, x, c) for key, x in found.items() if of.counts(key, x, c)}
            rows = int((labels == c).sum()) if classes.by_rows and labels is not None else block.rows
            out[c] = rows, {key: x for key, x in mine.items() if x is not None}
    return out


@dataclass(frozen=True)
class _All:
    """All rows, for the losses of one class after another."""

    classes: ClassPlan
    terms: Mapping[str, BoundTerm]
    rules: ClassRules
    block: Block
    labels: Ints | None

    def counts(self, key: str, found: Whole, c: int) -> bool:
        """Whether a loss counts class c."""
        return found.classes is None or self.classes.means[key] != "given" or _has(len(found.classes), c - self.classes.count)

    def result(self, key: str, found: Whole, c: int) -> Whole | None:
        """The loss of class c; None if it is left out."""
        means, bound = self.classes.means[key], self.terms[key]
        if means == "given":
            if found.classes is None:  # undefined, as its rows hold NaN
                return None
            value = float(found.classes[c - self.classes.count])
            return None if np.isnan(value) else Whole(value, np.array([value]))
        if means == "rows":
            assert self.labels is not None
            mine = np.asarray(self.labels == c)
            return bound.whole(self.block.keep(mine), Watch()) if mine.any() else None
        args = self.rules.argued(bound.args(self.block, Watch()), c, means)
        return self.classes.bound(key, bound, c).whole_of(self.block, args)
