"""The samples with the highest losses and with the lowest, over all samples and per group, with their places in the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import replace
from losscli.engine.evaluate import Evaluation
from losscli.engine.plan import Plan
from losscli.engine.tally import GroupKey
from losscli.engine.term import rowed
from losscli.reading.aligned import Inputs
from losscli.reading.lone_boxes import key_words, rows_of
from losscli.report.model import CLASS, TermLine, Worst
from losscli.sources.base import IN_MEMORY, Field
from losscli.spec.family import Watch
from losscli.spec.recipe import Recipe
from losscli.spec.tile import as_index

if TYPE_CHECKING:
    from losscli.engine.groups import Grouping


def extremes(outcome: Evaluation, inputs: Inputs, best: bool = False) -> tuple[Worst, ...]:
    """The worst samples of each loss, or the best: of all samples, then of each group in the order of the groups."""
    places = _Places(inputs)
    out = list(_of(outcome, places, best, {}))
    if outcome.groups:
        from losscli.engine.groups import Grouping, ordered  # late: most runs have none

        by = Grouping.each(inputs.by)
        for key in ordered(list(outcome.groups), by):
            out += _of(outcome.groups[key], places, best, group_words(outcome, by, key))
    return tuple(out)


def group_words(outcome: Evaluation, by: Sequence[Grouping], key: GroupKey) -> dict[str, str]:
    """The values that name a group, by column."""
    words = dict(zip([x.role for x in by], key, strict=False))
    classes = outcome.plan.classes
    return words if classes is None else {**words, CLASS: classes.name(int(key[-1]))}


def _of(found: Evaluation, places: _Places, best: bool, by: Mapping[str, str]) -> Iterator[Worst]:
    for recipe in found.plan.recipes:
        spread = found.tally.distributions.get(recipe.id)
        rows = _of_whole(found, places.inputs, recipe, best) if spread is None else spread.best if best else spread.worst
        for rank, (value, sample) in enumerate(rows, 1):
            yield replace(places.entry(recipe.id, rank, value, sample, by), terms=_terms(found.plan, places.inputs, recipe, sample))


def _terms(plan: Plan, inputs: Inputs, recipe: Recipe, sample: int) -> tuple[TermLine, ...]:
    """The terms of a recipe with several, or the parts of its only one, for one sample; nothing where they are not asked for."""
    bounds = [plan.terms[term.full()] for _, term in recipe.terms]
    if not plan.termwise or any(bound.form.unit == "whole" for bound in bounds):
        return ()
    block, _ = inputs.block(sample, sample + 1)
    rows = [bound.rows(block, Watch()) for bound in bounds]
    (weight, term), *more = recipe.terms
    if more:
        found = zip(recipe.terms, rows, strict=True)
        return tuple(TermLine(t.loss.name, w, t.full(), float(x.values[0])) for (w, t), x in found)
    return tuple(TermLine(name, weight * w, term.full(), float(x[0])) for name, (w, x) in rows[0].parts.items())


def _of_whole(found: Evaluation, inputs: Inputs, recipe: Recipe, best: bool) -> list[tuple[float, int]]:
    """The rows of a loss that compares rows with each other and has values per row."""
    key, plan = rowed(recipe, found.plan.terms), found.plan
    rows = None if key is None or key not in found.wholes else found.wholes[key].rows
    if rows is None or (found.samples is not None and len(found.samples) != len(rows)):
        return []
    known = np.flatnonzero(~np.isnan(rows))
    sign = plan.sign(recipe) * (1 if best else -1)
    chosen = known[np.argsort(sign * rows[known], kind="stable")][: plan.best if best else plan.worst]
    samples = found.samples
    if samples is None and len(rows) < inputs.rows:
        samples = inputs.block(0, inputs.rows)[0].samples
    at = chosen if samples is None else as_index(samples)[chosen]
    return [(float(rows[i]), int(sample)) for i, sample in zip(chosen, at, strict=True)]


class _Places:
    """Where samples are in the files; each is looked up once."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs, self._keys = inputs, list(inputs.key_fields.values())
        self._known: dict[int, tuple[dict[str, str], dict[str, int | None], dict[str, Where]]] = {}
        self._fields: dict[str, Field] = {f.side: f.field for f in reversed(inputs.filled) if not f.shared and f.rows is None}

    def entry(self, loss: str, rank: int, value: float, sample: int, by: Mapping[str, str]) -> Worst:
        """One sample of a list."""
        if sample not in self._known:
            self._known[sample] = self._found(sample)
        key, rows, where = self._known[sample]
        return Worst(loss, rank, value, key, rows["pred"], rows["target"], by, where, sample=sample)

    def _found(self, sample: int) -> tuple[dict[str, str], dict[str, int | None], dict[str, Where]]:
        inputs, one = self.inputs, np.array([sample])
        words = key_words(inputs, self._keys, one)
        key = dict(zip(inputs.named_by, (word for (word,) in words), strict=True))
        rows: dict[str, int | None] = {side: rows_of(inputs, side, one)[0] for side in inputs.sources}
        where: dict[str, Where] = {}
        for side, row in rows.items():
            if row is not None and side in self._fields and (place := self._place(side, row)) is not None:
                where[side] = place
        return key, {"target": None, **rows}, where

    def _place(self, side: str, row: int) -> Where | None:
        """The file, the line of text and the entry; none of data in memory."""
        found, source = self._fields[side].where(row - 1), self.inputs.sources[side]
        return None if source.format in IN_MEMORY else Where(found.path, line=found.line, entry=found.entry)
