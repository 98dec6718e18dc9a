"""The warnings of a report that follow from its sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from losscli.core.errors import visible
from losscli.engine.evaluate import Evaluation
from losscli.engine.term import rowed
from losscli.numerics.quantile_sketch import EXACT_QUANTILES
from losscli.report.facts import Facts
from losscli.report.intervals import Asked, warnings_of
from losscli.report.model import Group, Line, Warned
from losscli.spec.loss import Whole
from losscli.spec.recipe import Recipe


def conclusions(outcome: Evaluation) -> list[Warned]:
    """What the family concludes from all rows."""
    family = next(iter(outcome.plan.terms.values())).family
    found = family.conclude(outcome.tally.watch, outcome.plan.conventions) if family.conclude else []
    return [Warned(code, message) for code, message in found]


def warned(
    outcome: Evaluation, facts: Facts, lines: Sequence[Line], groups: Sequence[Group], asked: Asked | None
) -> Iterator[Warned]:
    """The warnings besides those of reading and of the family."""
    plan, distributions = outcome.plan, outcome.tally.distributions
    yield from _nonfinite(outcome, facts, lines)
    extremes = plan.worst or plan.best
    unsampled = [r.label for r in plan.recipes if extremes and not plan.per_row(r) and rowed(r, plan.terms) is None]
    if unsampled:
        option = "--worst" if plan.worst else "--best"
        yield Warned("no-samples", f"{option} cannot show {visible(', '.join(unsampled))}: no value per sample")
    if plan.slopes:
        for label in (r.label for r in plan.recipes if r.id not in outcome.tally.slopes):
            yield Warned("no-gradient", f"--grad-stats cannot show {visible(label)}: it has no useful gradient")
    sketched = [r.label for r in plan.recipes if r.id in distributions and not distributions[r.id].quantiles.exact]
    if sketched:
        accuracy = f"accurate to 0.05 % (exact up to {EXACT_QUANTILES:,} samples)"
        yield Warned("quantiles-approximate", f"p50 and p95 of {visible(', '.join(sketched))} are {accuracy}")
    if facts.weighted and distributions and plan.full:
        yield Warned("quantiles-weighted", "p50 and p95 are weighted; n, min and max are of the samples with a weight above 0")
    for recipe in plan.recipes:
        if (whole := unkept(outcome, recipe)) is not None:
            yield Warned("terms-not-kept", f"{recipe.id}: {whole.count:,} terms are too many to keep: no std, min, p50, p95 or max")
    if asked is not None:
        yield from warnings_of(lines, groups, facts.unit_like)


def unkept(outcome: Evaluation, recipe: Recipe) -> Whole | None:
    """The loss of a recipe of one, where it has more terms than are kept."""
    (weight, term), *more = recipe.terms
    whole = outcome.wholes.get(term.full())
    return whole if whole is not None and whole.count is not None and weight == 1.0 and not more else None


def _nonfinite(outcome: Evaluation, facts: Facts, lines: Sequence[Line]) -> Iterator[Warned]:
    """One warning per loss with an infinite or undefined value or samples, naming the first of their rows."""
    for recipe, line in zip(outcome.plan.recipes, lines, strict=True):
        spread = outcome.tally.distributions.get(recipe.id)
        if spread is not None and spread.nonfinite:
            rows = facts.lost[recipe.id]
            shown = f"PRED row{'' if len(rows) == 1 else 's'} {', '.join(map(str, rows))}{' …' * (len(rows) < spread.nonfinite)}"
            what = f"{visible(recipe.label)} is not finite for {spread.nonfinite:,} of {spread.n:,} samples: {shown}"
            yield Warned("nonfinite-loss", what, rows)
        elif spread is None and not math.isfinite(line.value):
            yield Warned("nonfinite-loss", f"{visible(recipe.label)} is not finite")
