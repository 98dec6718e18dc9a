"""A/A tests of gates: how often each fails on random halves of one run, between which there is nothing to find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.estimates import Estimate
from losscli.engine.evaluate import Evaluation
from losscli.numerics.quantile_sketch import Quantiles
from losscli.numerics.stable import Floats
from losscli.numerics.statistics.halves import half
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.order import order
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.skew_t import skew_t
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.numerics.statistics.wilson import wilson
from losscli.numerics.weighted_quantiles import WeightedQuantiles
from losscli.report.comparisons import Evaluated, Tested, adjusted
from losscli.report.gates import Gate
from losscli.report.intervals import of_totals
from losscli.report.judging import INCONCLUSIVE, judge
from losscli.report.model import AGAINST, Group, Line, Report
from losscli.report.sample_comparisons import unpaired
from losscli.report.verdicts import Alarms
from losscli.spec.recipe import Recipe

OF_SAMPLES = ("p50", "p95")
OF_HALVES = ("value", "mean", "low", "high", "delta", "rel", "p", "p_holm", *OF_SAMPLES)
"""The statistics that one half of the units has, with the other as its baseline."""


def self_tested(gates: Sequence[Gate], run: Evaluated, how: Tested) -> Report:
    """The judged report, each gate with its false alarms in `how.exchanges` draws.

    A gate on differences between paired evaluations is judged with the two exchanged in a random half of the units. Any other
    gate is judged on one half of the units, with the other as its baseline; where it reads no difference, the run does not fail it.
    """
    exchanged = [adjusted(_exchanged(run.report, draw), how.adjust) for draw in range(how.exchanges)] if _paired(run.report) else []
    halves: list[Report] = []
    found = []
    for gate in gates:
        of_pairs = bool(exchanged) and any(part.stat in AGAINST for part in gate.parts)
        why = "" if of_pairs else _why_not(gate, run)
        if not of_pairs and not why and not halves:
            halves = [_half(run, draw, how) for draw in range(how.exchanges)]
        found.append(_alarms(gate, exchanged if of_pairs else [] if why else halves, of_pairs, why))
    every = iter(found)
    verdicts = tuple(v if v.joined else replace(v, alarms=next(every)) for v in run.report.gates)
    return replace(run.report, gates=verdicts)


def _alarms(gate: Gate, draws: Sequence[Report], exchanged: bool, why: str) -> Alarms:
    seen = [judge([gate], report)[0].verdict for report in draws]
    failed, undecided = seen.count(gate.level), seen.count(INCONCLUSIVE)
    return Alarms(" and ".join(part.expr for part in gate.parts), len(seen), failed, undecided, exchanged, why)


def _paired(report: Report) -> bool:
    return any(x.against is not None and x.against.exchanged for x in _lines(report))


def _lines(report: Report) -> list[Line]:
    return [*report.losses, *(x for g in report.groups for x in g.losses)]


def _exchanged(report: Report, draw: int) -> Report:
    """The report with the comparisons of one draw."""

    def of(lines: Sequence[Line]) -> tuple[Line, ...]:
        found = [None if x.against is None or not x.against.exchanged else x.against.exchanged[draw] for x in lines]
        return tuple(replace(x, against=y) for x, y in zip(lines, found, strict=True))

    return replace(report, losses=of(report.losses), groups=tuple(replace(g, losses=of(g.losses)) for g in report.groups))


def _why_not(gate: Gate, run: Evaluated) -> str:
    """Why a gate cannot be judged on halves; empty where it can."""
    for part in gate.parts:
        line = next((x for x in run.report.losses if x.id == part.loss), None)
        if line is None or part.stat not in OF_HALVES:
            return f"{part.stat} of half of the units is not known"
        if line.reduction == "sum":
            return "a sum depends on the number of samples"
        found = run.outcome.tally.paired.get(line.id)
        if found is None:
            return "the loss compares rows with each other"
        if part.stat in OF_SAMPLES and not _single(found, line):
            return f"{part.stat} is of samples, and the units are not"
    alone = not any(part.stat in AGAINST for part in gate.parts)
    return "the run itself fails" if alone and judge([gate], run.report)[0].verdict == gate.level else ""


@dataclass(frozen=True)
class _Half:
    """A loss over half of the units: how it varies from unit to unit, and its ones and samples where all values are 0 or 1."""

    spread: Spread
    ones: tuple[int, int] | None = None
    quantiles: WeightedQuantiles | None = None
    """Of the losses, where every unit is one sample."""

    def interval(self, level: float) -> Found:
        return skew_t(self.spread, level) if self.ones is None else wilson(*self.ones, level)

    def statistics(self, level: float) -> dict[str, Any]:
        """What a line says of the half."""
        found: dict[str, Any] = {"value": self.spread.value, "mean": self.spread.value, "n": self.spread.n}
        if self.quantiles is not None:
            alike = Quantiles.of(np.concatenate(self.quantiles.values)) if self.quantiles.even else None
            for name, share in (("p50", 0.5), ("p95", 0.95)):
                found[name] = (alike or self.quantiles).at((share,))[0]
                found[f"{name}_ci"] = NoInterval("no-method") if alike is None else order(alike, share, level)
        return {**found, "ci": self.interval(level), "std": None}


def _half(run: Evaluated, draw: int, how: Tested) -> Report:
    """The report of one half of the units, with the other as its baseline."""
    recipes = run.outcome.plan.recipes

    def of(outcome: Evaluation, lines: Sequence[Line]) -> tuple[Line, ...]:
        return tuple(_of_half(outcome, r, x, draw, how) for r, x in zip(recipes, lines, strict=True))

    groups: list[Group] = [replace(g, losses=of(outcome, g.losses)) for outcome, g in run.groups().values()]
    return adjusted(replace(run.report, losses=of(run.outcome, run.report.losses), groups=tuple(groups)), how.adjust)


def _of_half(outcome: Evaluation, recipe: Recipe, line: Line, draw: int, how: Tested) -> Line:
    pair = _halves(outcome, recipe, line, draw, how.seed)
    if pair is None:
        return replace(line, n=0, ci=NoInterval("no-method"), against=None)
    one, two = pair
    return replace(line, **one.statistics(how.level), against=unpaired(one.spread, two.spread, how.level))


def _halves(outcome: Evaluation, recipe: Recipe, line: Line, draw: int, seed: int) -> tuple[_Half, _Half] | None:
    """A loss over either half of the units; None where no unit has it."""
    found = outcome.tally.paired.get(recipe.id)
    if found is None:
        return None
    if isinstance(found.sums, UnitTotals):
        names, columns = found.sums.totals()
        first = half(names, draw, seed)
        a, n = columns[:, 0] * recipe.terms[0][0], columns[:, 1]
        binary = isinstance(line.ci, Interval) and line.ci.method == "wilson"
        one, two = (_of_units(a[side], n[side], binary, _single(found, line)) for side in (first, ~first))
        return one, two
    assert isinstance(found.sums, GroupedTotals)
    keys = sorted(found.sums.parts)
    first = half(np.array(keys, np.uint64), draw, seed)
    parts, value = found.sums.parts, of_totals(outcome, recipe)
    one, two = (
        _Half(GroupedTotals({keys[i]: parts[keys[i]] for i in np.flatnonzero(side).tolist()}, found.sums.folded).spread(value))
        for side in (first, ~first)
    )
    return one, two


def _single(found: Estimate, line: Line) -> bool:
    """Whether every unit is one sample."""
    return isinstance(found.sums, UnitTotals) and len(found.sums.totals()[0]) == line.n


def _of_units(a: Floats, n: Floats, binary: bool, single: bool) -> _Half:
    ones = (round(a.sum()), round(n.sum())) if binary else None
    return _Half(RatioSums.of(a, n).spread(), ones, WeightedQuantiles.of(a / n, n) if single else None)
