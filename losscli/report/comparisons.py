"""Compares an evaluation with that of a baseline, loss by loss and group by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.evaluate import Evaluation
from losscli.engine.groups import Grouping, ordered
from losscli.numerics.statistics import multiple
from losscli.numerics.statistics.halves import half
from losscli.numerics.statistics.interval import LEVEL, NoInterval
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.paired import mde, t_test
from losscli.numerics.statistics.paired_totals import Paired, paired_jackknife, paired_means
from losscli.numerics.statistics.sign_flip import FLIPS, sign_flip
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.student_interval import student_t
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.reading.aligned import Inputs
from losscli.report.against import Against
from losscli.report.intervals import of_totals
from losscli.report.model import Group, Line, Report
from losscli.spec.recipe import Recipe

DRAWS = 200
"""Of a self-test."""
QUICK_FLIPS = 999
"""Of the test of a comparison that is one of many of a self-test."""


@dataclass(frozen=True)
class Tested:
    """How differences are tested. test: `signflip`, `t` or `none`. adjust: `holm`, `bh` or `none`."""

    level: float = LEVEL
    test: str = "signflip"
    adjust: str = "holm"
    flips: int = FLIPS
    seed: int = 0
    exchanges: int = 0
    """How many comparisons with exchanged halves are made too."""


@dataclass(frozen=True)
class Evaluated:
    """An evaluation with its report. by: what groups its rows."""

    outcome: Evaluation
    by: tuple[Grouping, ...]
    report: Report

    def groups(self) -> dict[tuple[tuple[str, str], ...], tuple[Evaluation, Group]]:
        """The evaluation and the lines of each group, by the values that name it."""
        keys = ordered(list(self.outcome.groups), self.by) if self.report.groups else []
        return {tuple(g.by.items()): (self.outcome.groups[k], g) for k, g in zip(keys, self.report.groups, strict=True)}


@dataclass(frozen=True)
class Read(Evaluated):
    """An evaluation of inputs that are at hand."""

    inputs: Inputs

    @classmethod
    def of(cls, outcome: Evaluation, inputs: Inputs, report: Report) -> Read:
        """An evaluation with its report."""
        return cls(outcome, Grouping.each(inputs.by), report, inputs)


def compared(new: Evaluated, base: Evaluated, how: Tested) -> Report:
    """The report of `new`, each of its lines with its comparison; a group that the baseline lacks has none."""
    recipes = new.outcome.plan.recipes
    lines = _lines(recipes, new.report.losses, base.report.losses, new.outcome, base.outcome, how)
    theirs, groups = base.groups(), []
    for key, (outcome, group) in new.groups().items():
        if key in theirs:
            other, of = theirs[key]
            group = replace(group, losses=_lines(recipes, group.losses, of.losses, outcome, other, how))
        groups.append(group)
    return adjusted(replace(new.report, losses=lines, groups=tuple(groups)), how.adjust)


def _lines(
    recipes: Sequence[Recipe], lines: Sequence[Line], bases: Sequence[Line], new: Evaluation, base: Evaluation, how: Tested
) -> tuple[Line, ...]:
    found = zip(recipes, lines, bases, strict=True)
    return tuple(replace(x, against=against(paired(Side.of(new, r, x), Side.of(base, r, y)), x, y, how)) for r, x, y in found)


@dataclass(frozen=True)
class Side:
    """A line of an evaluation with the totals of its units. scale: the factor of their losses; value_of: the value as a function of
    totals, where it is not their ratio."""

    line: Line
    sums: object = None
    scale: float = 1.0
    value_of: Callable[[Any], float] | None = None

    @classmethod
    def of(cls, outcome: Evaluation, recipe: Recipe, line: Line) -> Side:
        """A line of an evaluation that has collected totals for a comparison."""
        found = outcome.tally.paired.get(recipe.id)
        return cls(line, None if found is None else found.sums, recipe.terms[0][0], of_totals(outcome, recipe))


def paired(new: Side, base: Side) -> Paired | None:
    """The totals of both by unit; None where the value is not a function of totals."""
    line, values = new.line, (new.line.value, base.line.value)
    if isinstance(new.sums, UnitTotals) and isinstance(base.sums, UnitTotals):
        sign = -1 if line.direction == "higher" else 1
        return paired_means(new.sums, base.sums, values, sign, scale=new.scale, summed=line.reduction == "sum")
    if (
        isinstance(new.sums, GroupedTotals)
        and isinstance(base.sums, GroupedTotals)
        and (line.reduction != "sum" or line.sum is None)
    ):
        assert new.value_of is not None
        assert base.value_of is not None
        return paired_jackknife(new.sums, base.sums, (new.value_of, base.value_of), values)
    return None


def against(found: Paired | None, line: Line, base: Line, how: Tested) -> Against:
    """The comparison of two lines."""
    delta = line.value - base.value
    rel = delta / abs(base.value) if base.value and np.isfinite(base.value) else None
    plain = Against(base.value, line.value, delta, rel)
    if found is None:
        return plain
    sure, p, test = found.delta, None, "none"
    finite = sure.finite and bool(np.isfinite(found.contributions).all())
    flipped = sign_flip(found.contributions, how.flips, how.seed) if finite and len(found.contributions) else None
    identical = flipped is not None and flipped.identical and not found.alone
    if how.test == "signflip" and flipped is not None and sure.n > 1:
        p, test = flipped.p, "signflip"
    elif how.test == "t" and finite:
        p, test = (t_test(sure) if not sure.unknown else 1.0 if identical else None), "t"
    relative = found.relative
    rel_ci = NoInterval("zero-base") if relative is None else student_t(relative, how.level)
    counted = len(found.contributions) > 0 and found.wins + found.ties + found.losses > 0
    return replace(
        plain,
        delta_ci=student_t(sure, how.level),
        rel_ci=rel_ci,
        test=test,
        p=p,
        wins=found.wins if counted else None,
        ties=found.ties if counted else None,
        losses=found.losses if counted else None,
        identical=identical,
        mde=_mde(sure, how.level),
        mde_rel=_mde(relative, how.level),
        units=sure.n,
        alone=found.alone,
        difference=sure,
        share=relative,
        exchanged=_exchanged(found, line, base, how),
    )


def _exchanged(found: Paired, line: Line, base: Line, how: Tested) -> tuple[Against, ...]:
    """The same comparison with new and base exchanged in a random half of the units, as often as asked for."""
    if found.exchanged is None:
        return ()
    quick, out = replace(how, exchanges=0, flips=min(how.flips, QUICK_FLIPS)), []
    for draw in range(how.exchanges):
        other, (new, old) = found.exchanged(lambda units, draw=draw: half(units, draw, how.seed))  # type: ignore[misc]
        out.append(against(other, replace(line, value=new), replace(base, value=old), quick))
    return tuple(out)


def _mde(spread: Spread | None, level: float) -> float | None:
    found = None if spread is None or spread.unknown else mde(spread, level)
    return found if found is not None and isfinite(found) else None


def adjusted(report: Report, adjust: str) -> Report:
    """The report with p adjusted over all comparisons of the run."""
    every = [*report.losses, *(x for g in report.groups for x in g.losses)]
    tested = [x.against.p for x in every if x.against is not None and x.against.p is not None]
    known = {"holm": multiple.holm, "bh": multiple.benjamini_hochberg}
    found = iter(known[adjust](tested) if adjust in known else tested)

    def of(lines: Sequence[Line]) -> tuple[Line, ...]:
        return tuple(
            replace(x, against=x.against.adjusted(next(found))) if x.against is not None and x.against.p is not None else x
            for x in lines
        )

    losses = of(report.losses)
    return replace(report, losses=losses, groups=tuple(replace(g, losses=of(g.losses)) for g in report.groups))
