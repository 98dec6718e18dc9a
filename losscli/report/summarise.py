"""Turns the finished tally into a Report: the only place where sums become values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import replace
from losscli.engine.digests import Digests
from losscli.engine.distribution import Distribution
from losscli.engine.evaluate import Evaluation
from losscli.engine.plan import Plan
from losscli.engine.term import BoundTerm
from losscli.numerics.binning import histogram
from losscli.numerics.histogram import Histogram
from losscli.reading.aligned import Inputs
from losscli.report.boxes import Boxes
from losscli.report.budget import Budget
from losscli.report.calibration import Calibration
from losscli.report.facts import Facts, facts_of
from losscli.report.intervals import Asked, of_quantile, of_value
from losscli.report.model import Alignment, GradientLine, Group, InputLine, Line, Report, TermLine, Warned, Worst
from losscli.report.signature import signature
from losscli.report.warned import conclusions, unkept, warned
from losscli.sources.base import Source
from losscli.spec.recipe import Recipe, Term

_NAN_SPREAD = (None,) * 4
_NONE = (None,) * 7


def summarise(
    outcome: Evaluation,
    inputs: Inputs,
    reduction: str,
    digests: Digests,
    notes: Sequence[Warned] = (),
    asked: Asked | None = None,
) -> Report:
    """The report of an evaluation, gates not yet judged. asked: the confidence intervals; None for none."""
    lines = tuple(
        line_from(outcome, r, reduction, signature(r, inputs, outcome.plan, reduction), asked) for r in outcome.plan.recipes
    )
    facts = facts_of(outcome, inputs)
    groups = groups_of(outcome, facts, lines, asked)
    family, concluded = inputs.family, conclusions(outcome)
    hot = any(w.code == "one-hot" for w in concluded)
    warnings = [*notes, *concluded, *warned(outcome, facts, lines, groups, asked)]
    return Report(
        family.name,
        _sample(outcome.plan),
        {side: _input(inputs, side, source, digests.of(side), hot) for side, source in inputs.sources.items()},
        _alignment(outcome, inputs),
        lines,
        _extremes(outcome, inputs, best=False),
        (),
        tuple(warnings),
        groups,
        None if inputs.pairing.books is None else Boxes.of(inputs.pairing.books, inputs.pairing.missed + inputs.pairing.spurious),
        best=_extremes(outcome, inputs, best=True),
        calibration=calibration_in(outcome, asked),
        budget=budget_in(outcome, facts),
    )


def budget_in(outcome: Evaluation, facts: Facts) -> Budget | None:
    """The budget of an evaluation; None where none was asked for."""
    if outcome.plan.budgeting is None:
        return None
    from losscli.engine.groups import ordered  # late: most runs have none
    from losscli.report.budgets import budget_of
    from losscli.report.extremes import group_words

    keys = ordered(list(outcome.groups), facts.by) if outcome.groups else []
    return budget_of(outcome, [(group_words(outcome, facts.by, key), outcome.groups[key]) for key in keys])


def calibration_in(outcome: Evaluation, asked: Asked | None) -> Calibration | None:
    """The calibration of an evaluation; None where none was asked for."""
    if outcome.plan.calibrating is None:
        return None
    from losscli.report.reliability import calibration_of  # late: most runs calibrate nothing

    return calibration_of(outcome, None if asked is None else asked.level)


def _extremes(outcome: Evaluation, inputs: Inputs, *, best: bool) -> tuple[Worst, ...]:
    if not (outcome.plan.best if best else outcome.plan.worst):
        return ()
    from losscli.report.extremes import extremes

    return extremes(outcome, inputs, best)


def groups_of(outcome: Evaluation, facts: Facts, lines: Sequence[Line], asked: Asked | None) -> tuple[Group, ...]:
    """The groups in order; `lines` are those over all samples."""
    if not facts.by and outcome.plan.classes is None:
        return ()
    from losscli.engine.groups import ordered  # late: most runs have none
    from losscli.report.extremes import group_words

    out = []
    for key in ordered(list(outcome.groups), facts.by):
        found = outcome.groups[key]
        mine = tuple(_line_of(found, r, line, asked) for r, line in zip(found.plan.recipes, lines, strict=True))
        out.append(Group(group_words(outcome, facts.by, key), found.tally.rows, mine, calibration_in(found, asked)))
    return tuple(out)


def _line_of(group: Evaluation, recipe: Recipe, line: Line, asked: Asked | None) -> Line:
    """A group's line, where `line` is the one over all samples; NaN where the loss leaves out every sample of the group."""
    try:
        return line_from(group, recipe, line.reduction, line.signature, asked, line.histogram)
    except Nothing:
        return Line(line.id, line.recipe, line.signature, line.direction, line.reduction, math.nan, 0, *_NONE, 0, typed=line.typed)


def _input(inputs: Inputs, side: str, source: Source, digest: str, hot: bool) -> InputLine:
    roles = {}
    for f in inputs.filled:
        if f.side == side or (inputs.target is None and side == "pred"):
            roles[inputs.family.role(f.role).key] = tuple(f.field.names)
    for key, column in inputs.set_columns.get(side, {}).items():
        roles.setdefault(key, (column,))
    return InputLine(source.path, source.format, source.rows, digest, roles, inputs.left_out.get(side, ()), hot)


def _alignment(outcome: Evaluation, inputs: Inputs) -> Alignment:
    p = inputs.pairing.unfiltered
    dropped, filtered = outcome.tally.dropped, inputs.pairing.filtered
    return Alignment(
        p.matching.partition(":")[0] or p.listed or ("key" if inputs.keys else "position"),
        inputs.keys,
        p.pred_rows,
        p.target_rows,
        p.matched,
        p.pred_only,
        p.target_only,
        dropped,
        p.matched - filtered - dropped,
        inputs.filters,
        filtered,
        inputs.pairing.agrees,
    )


def term_value(outcome: Evaluation, term: Term, summed: bool = False) -> tuple[float, dict[str, tuple[float, float]]]:
    """A term's mean over the file, and those of its parts; summed: their sums over the samples instead."""
    key = term.full()
    bound = outcome.plan.terms[key]
    if key in outcome.wholes:
        whole = outcome.wholes[key]
        total = np.sum(whole.terms) if whole.total is None else whole.total
        return float(total) if summed else whole.value, dict(whole.parts)
    if key not in (outcome.totals if bound.pooled else outcome.tally.means):
        raise _nothing(str(term), outcome)
    if bound.pooled:
        if not outcome.tally.totals[key].weighed:
            raise _nothing(str(term), outcome)
        row = bound.finish(outcome.totals[key])
        if row.kept is not None and not row.kept[0]:
            raise _nothing(str(term), outcome)
        return float(row.values[0]), {k: (w, float(x[0])) for k, (w, x) in row.parts.items()}
    mean = outcome.tally.means[key]
    if mean.norm.total == 0 and not mean.floor and outcome.tally.rows:
        raise _nothing(str(term), outcome)
    if summed:
        return float(mean.total), {k: (w, float(x)) for k, (w, x) in mean.parts.items()}
    return mean.value, mean.part_values()


class Nothing(DataError):
    """A loss that leaves out every sample."""


def _nothing(loss: str, outcome: Evaluation) -> Nothing:
    return nothing_kept(loss, outcome.tally.rows)


def nothing_kept(loss: str, rows: int) -> Nothing:
    """The error of a loss that leaves out every sample."""
    return Nothing(
        f"nothing to evaluate: {visible(loss)} leaves out all {rows:,} samples",
        fix="a sample is left out by an ignored label, a weight of 0 or a skipped 0/0",
    )


def line_from(
    outcome: Evaluation, recipe: Recipe, reduction: str, signed: str, asked: Asked | None, like: Histogram | None = None
) -> Line:
    """The line of a recipe. signed: its signature. like: the histogram whose edges are taken where they can be.

    Raises Nothing where the loss leaves out every sample.
    """
    spread = spread_of(outcome, recipe)
    if spread is not None and spread.n == 0:
        raise _nothing(recipe.label, outcome)
    whole = unkept(outcome, recipe)
    total = whole.total if whole is not None else None if spread is None else float(spread.total)
    summed = reduction == "sum" and total is not None
    found = [(w, t, *term_value(outcome, t, summed)) for w, t in recipe.terms]
    value = total if summed and total is not None else _weighted([(w, v) for w, _, v, _ in found])
    if spread is not None and value == spread.quotient:
        value = spread.mean
    if len(found) == 1 and found[0][0] == 1.0:
        _, term, _, parts = found[0]
        terms = tuple(TermLine(name, w, term.full(), x) for name, (w, x) in parts.items()) or (
            TermLine(term.loss.name, 1.0, term.full(), value),
        )
    else:
        terms = tuple(TermLine(t.loss.name, w, t.full(), v) for w, t, v, _ in found)
    n = spread.n if spread is not None else outcome.tally.rows if whole is None or whole.count is None else whole.count
    spread = None if spread is None else replace(spread, quantiles=spread.quantiles.ordered())
    low, p50, p95, high = _NAN_SPREAD if spread is None else (spread.low, *spread.at((0.5, 0.95)), spread.high)
    return Line(
        recipe.id,
        recipe.full(),
        signed,
        "higher" if outcome.plan.sign(recipe) < 0 else "lower",
        reduction,
        value,
        n,
        spread.mean if spread is not None else total / n if total is not None else None,
        total,
        None if spread is None else spread.std,
        low,
        p50,
        p95,
        high,
        (0 if math.isfinite(value) else 1) if spread is None else spread.nonfinite,
        terms,
        _gradient(outcome, recipe),
        None if asked is None else of_value(outcome, recipe, value, asked),
        None if asked is None else of_quantile(outcome, recipe, 0.5, asked),
        None if asked is None else of_quantile(outcome, recipe, 0.95, asked),
        None if spread is None else histogram(spread.quantiles, like=like),
        typed=recipe.label,
    )


def _gradient(outcome: Evaluation, recipe: Recipe) -> GradientLine | None:
    found = outcome.tally.slopes.get(recipe.id)
    if found is None:
        return None
    norms = found.norms
    if not norms.n:
        return GradientLine(found.n, found.zero, found.nonfinite, None, None, None, None, None, None, None)
    p05, p25, p50, p75, p95 = norms.quantiles.at((0.05, 0.25, 0.5, 0.75, 0.95))
    return GradientLine(found.n, found.zero, found.nonfinite, norms.low, p05, p25, p50, p75, p95, norms.high)


def spread_of(outcome: Evaluation, recipe: Recipe) -> Distribution | None:
    """The distribution of the samples' losses; the samples of a mined loss are its terms."""
    if recipe.id in outcome.tally.distributions:
        return outcome.tally.distributions[recipe.id]
    (weight, term), *more = recipe.terms
    whole = outcome.wholes.get(term.full())
    if whole is None or more or weight != 1.0 or whole.terms.size == 0:
        return None
    return Distribution.of(whole.terms, None, range(whole.terms.size), 0, 1)


def _weighted(values: list[tuple[float, float]]) -> float:
    total = 0.0
    for w, v in values:
        total += v if w == 1.0 else 0.0 if w == 0.0 else w * v
    return total


def _sample(plan: Plan) -> str:
    """What one of the evaluated samples is, where all losses of the run agree: `a pair of boxes`; else `a sample`."""
    known = {_evaluated(bound) for bound in plan.terms.values()}
    return known.pop() if len(known) == 1 else "a sample"


def _evaluated(bound: BoundTerm) -> str:
    """What a loss reads a row of the inputs as; pairs or triplets that it forms among rows are not counted as evaluated."""
    family, form = bound.family, bound.form
    sample = family.sample_of(form)
    return "a sample" if form.unit == "whole" and not form.rowed_for(bound.params) and sample != family.sample else sample
