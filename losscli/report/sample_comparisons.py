"""Compares an evaluation with the losses of single samples, or with the numbers of a report, without evaluating the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from losscli.core.records import replace
from losscli.engine.evaluate import Evaluation
from losscli.numerics.stable import Floats, Words
from losscli.numerics.statistics.interval import Found, NoInterval
from losscli.numerics.statistics.paired_totals import paired_means
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.numerics.statistics.welch import welch
from losscli.report.against import Against
from losscli.report.comparisons import Evaluated, Tested, adjusted, against
from losscli.report.model import Group, Line, Report
from losscli.spec.recipe import Recipe

Units = tuple[Words, Words]
"""Targets in ascending order, and the unit of each."""


def compared_with_samples(new: Evaluated, targets: Words, losses: Mapping[str, Floats], units: Units | None, how: Tested) -> Report:
    """The report, each of its lines compared with the losses of the same targets. targets: in ascending order."""

    def of(evaluation: Evaluation, recipe: Recipe, line: Line) -> Line:
        return replace(line, against=_against(evaluation, recipe, line, targets, losses[recipe.id], units, how))

    return adjusted(_each(new, of), how.adjust)


def _each(new: Evaluated, of: Callable[[Evaluation, Recipe, Line], Line]) -> Report:
    """The report with every line of it and of its groups replaced."""
    recipes = new.outcome.plan.recipes
    lines = tuple(of(new.outcome, r, x) for r, x in zip(recipes, new.report.losses, strict=True))
    groups: list[Group] = []
    for outcome, group in new.groups().values():
        groups.append(replace(group, losses=tuple(of(outcome, r, x) for r, x in zip(recipes, group.losses, strict=True))))
    return replace(new.report, losses=lines, groups=tuple(groups))


def _against(
    evaluation: Evaluation, recipe: Recipe, line: Line, targets: Words, losses: Floats, units: Units | None, how: Tested
) -> Against | None:
    found = evaluation.tally.paired.get(recipe.id)
    if found is None or not isinstance(found.sums, UnitTotals):
        return None
    names, columns = found.sums.totals()
    at = np.minimum(np.searchsorted(targets, names), len(targets) - 1)
    there = (targets[at] == names) & np.isfinite(losses[at])
    names, columns, theirs = names[there], columns[there], losses[at][there]
    alone = int((~there).sum())
    if not len(names):
        return None
    a, n, w = columns.T
    total, norm, base = (float(x.sum()) for x in (a, n, w * theirs))
    summed = line.reduction == "sum"
    values = (total, base) if summed else (total / norm, base / norm)
    keys = names if units is None else units[1][np.searchsorted(units[0], names)]
    sides = [UnitTotals.of(keys, np.stack([x, n], 1)) for x in (a, w * theirs)]
    sign = -1 if line.direction == "higher" else 1
    paired = replace(paired_means(sides[0], sides[1], values, sign, summed=summed), alone=alone)
    return against(paired, replace(line, value=values[0]), replace(line, value=values[1]), how)


def compared_unpaired(new: Report, base: Mapping[str, Spread], how: Tested) -> Report:
    """The report, its losses compared with means of other samples by Welch's test (1947); base: by loss."""
    lines = tuple(replace(x, against=unpaired(_spread(x), base[x.id], how.level)) if x.id in base else x for x in new.losses)
    return adjusted(replace(new, losses=lines), how.adjust)


def _spread(line: Line) -> Spread:
    """What a line says of its mean; without samples' losses it is of one unit, of which nothing more is known."""
    if line.std is None or line.n < 2:
        return Spread(1, line.value, 0.0, 0.0)
    return Spread(line.n, line.value, line.std * (line.n / (line.n - 1)) ** 0.5, 0.0)


def unpaired(new: Spread, base: Spread, level: float) -> Against:
    """The comparison of two means of different samples."""
    delta = new.value - base.value
    rel = delta / abs(base.value) if base.value else None
    if new.n < 2:
        return Against(base.value, new.value, delta, rel)
    found = welch(new, base, level)
    share: Found = NoInterval("zero-base") if rel is None else _share(new, base, level)
    return Against(base.value, new.value, delta, rel, found.interval, share, "welch", found.p, units=new.n)


def _share(mine: Spread, base: Spread, level: float) -> Found:
    """The interval of (new - base)/|base| by the delta method: of new/|base| less base·(new/base)/|base|."""
    size, ratio = abs(base.value), mine.value / base.value
    one, two = mine.times(1 / size), replace(base.times(ratio / size), value=base.value / size)
    return welch(one, two, level).interval
