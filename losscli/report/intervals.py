"""Confidence intervals of the values of a report, from the sums of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan, prod
from shlex import quote, split

import numpy as np

from losscli.core.errors import visible
from losscli.core.records import dataclass, replace
from losscli.engine.estimates import Sum, estimated
from losscli.engine.evaluate import Evaluation
from losscli.engine.term import BoundTerm
from losscli.engine.totals import Totals
from losscli.numerics.integers import Integers
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.order import order
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.skew_t import skew_t
from losscli.numerics.statistics.spread import ROUGH_BELOW, Spread, central
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.report.model import Group, Line, Warned
from losscli.spec.recipe import Recipe

NO_METHOD = NoInterval("no-method")
"""For values that are not functions of totals over the file."""


@dataclass(frozen=True)
class Asked:
    """Which intervals a run reports. units: whether rows are grouped to units; weighted: whether samples have weights.

    method: `skew-t`, or `bootstrap-t` or `percentile` for means and sums, from that many resamples.
    """

    level: float
    reduction: str = "mean"
    units: bool = False
    weighted: bool = False
    method: str = "skew-t"
    resamples: int = 0
    seed: int = 0


def warnings_of(lines: Sequence[Line], groups: Sequence[Group], unit_like: str) -> list[Warned]:
    """What makes the intervals of these lines doubtful: few or very skewed units, and rows that may not be the units."""
    out = []
    if unit_like and any(isinstance(x.ci, Interval) for x in lines):
        way = f"{_AS_UNIT[0]}{quote(visible(unit_like))}{_AS_UNIT[1]}, --unit none every row"
        what = f"intervals take rows as independent, but {visible(unit_like.rpartition('.')[2])} groups them: {way}"
        out.append(Warned("unit-not-given", what))
    found = [x for x in lines if isinstance(x.ci, Interval) and x.ci.rough]
    within = [g for g in groups if any(isinstance(x.ci, Interval) and x.ci.rough for x in g.losses)]
    few = any(isinstance(x.ci, Interval) and x.ci.n < ROUGH_BELOW for x in found)
    if found:
        why = f"fewer than {ROUGH_BELOW} units" if few else "very skewed losses"
        out.append(Warned("interval-rough", f"the interval of {visible(', '.join(x.label for x in found))} is rough: {why}"))
    elif within:
        out.append(
            Warned(
                "interval-rough",
                f"the intervals of {len(within)} of {len(groups)} groups are rough: few units, or very skewed losses",
            )
        )
    return out


_AS_UNIT = ("--unit ", " counts each of its values as one")
"""What stands around the name of a column whose values may be units."""


def unit_like_of(warnings: Sequence[Warned]) -> str:
    """The column that a warning of `warnings_of` names; empty without one."""
    found = next((w.message for w in warnings if w.code == "unit-not-given"), "")
    return " ".join(split(found.partition(_AS_UNIT[0])[2].partition(_AS_UNIT[1])[0]))


def of_quantile(outcome: Evaluation, recipe: Recipe, share: float, asked: Asked) -> Found:
    """The interval of a quantile of the samples' losses. The ranks behind it take every row as independent and alike, so that there
    is none of units, nor of weights that differ."""
    found = outcome.tally.distributions.get(recipe.id)
    if asked.units or found is None or not found.weighted.even or not outcome.plan.full:
        return NO_METHOD
    return order(found.quantiles, share, asked.level)


def of_value(outcome: Evaluation, recipe: Recipe, value: float, asked: Asked) -> Found:
    """The interval of the headline value."""
    if not estimated(recipe, outcome.plan.terms):
        return _of_batches(outcome, recipe, value, asked)
    if (drawn := _bootstrapped(outcome, recipe, asked)) is not None and isfinite(value):
        return drawn
    if (ones := _ones(outcome, recipe, asked)) is not None:
        from losscli.numerics.statistics.wilson import wilson  # late: most losses are not 0 and 1

        return wilson(*ones, asked.level)
    spread = spread_of(outcome, recipe, asked)
    if spread is None:
        return NO_METHOD
    return skew_t(replace(spread, value=value, finite=spread.finite and isfinite(value)), asked.level)


def _of_batches(outcome: Evaluation, recipe: Recipe, value: float, asked: Asked) -> Found:
    """The interval of a loss that compares rows within batches, which are its units."""
    (weight, term), *more = recipe.terms
    whole = outcome.wholes.get(term.full())
    if more or whole is None or whole.batches is None or asked.units or asked.reduction == "sum":
        return NO_METHOD
    spread = RatioSums.of(whole.batches[:, 0], whole.batches[:, 1]).spread().times(weight)
    return skew_t(replace(spread, value=value, finite=spread.finite and isfinite(value)), asked.level)


def _bootstrapped(outcome: Evaluation, recipe: Recipe, asked: Asked) -> Found | None:
    """The interval from resampled units, where one was asked for and the value is a mean or a sum; else None."""
    found = outcome.tally.estimates.get(recipe.id)
    if asked.method == "skew-t" or found is None or not isinstance(found.sums, UnitTotals):
        return None
    columns = found.sums.totals()[1]
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(columns * columns).all():
            return NoInterval("not-finite")
    a, b = columns[:, 0], columns[:, 1]
    if summed := asked.reduction == "sum":
        b = np.ones(len(a))
    from losscli.numerics.statistics.bootstrap import resampled  # late: most intervals draw no numbers

    drawn = resampled(a, b, asked.resamples, asked.seed)
    interval = drawn.percentile(asked.level) if asked.method == "percentile" else drawn.bootstrap_t(asked.level)
    scale = (recipe.terms[0][0] if len(recipe.terms) == 1 else 1.0) * (len(a) if summed else 1.0)
    return interval.times(scale) if isinstance(interval, Interval) else interval


def _ones(outcome: Evaluation, recipe: Recipe, asked: Asked) -> tuple[int, int] | None:
    """The number of ones, and of samples, where the loss is a share whose values are all 0 or 1; else None."""
    found = outcome.tally.distributions.get(recipe.id)
    loss = recipe.terms[0][1].loss
    share = recipe.plain and loss.lowest == 0 and loss.highest == 1 and asked.reduction == "mean"
    if not share or asked.units or recipe.id in outcome.tally.estimates or found is None or not found.binary or found.nonfinite:
        return None
    return round(float(found.total)), found.n


def spread_of(outcome: Evaluation, recipe: Recipe, asked: Asked) -> Spread | None:
    """How the value varies from unit to unit; None where the sums do not tell."""
    estimate, found = outcome.tally.estimates.get(recipe.id), outcome.tally.distributions.get(recipe.id)
    sums = None if estimate is None else estimate.sums
    plain = found.spread() if found is not None and not asked.units and not asked.weighted else None
    if asked.reduction == "sum" and found is not None:
        return _total(sums, plain, recipe.terms[0][0] if len(recipe.terms) == 1 else 1.0)
    if isinstance(sums, GroupedTotals):
        return sums.spread(of_totals(outcome, recipe))
    (weight, term), *more = recipe.terms
    if sums is None:
        return None if more or plain is None else plain
    mean = outcome.tally.means[term.full()]
    short = min(1.0, float(mean.norm) / mean.floor) if mean.floor else 1.0
    return sums.spread().times(weight * short)


def _total(sums: RatioSums | UnitTotals | GroupedTotals[Sum] | None, plain: Spread | None, scale: float) -> Spread | None:
    """The spread of a sum over samples; None of several terms with weights or units. scale: what the losses of `sums` are times."""
    if isinstance(sums, RatioSums):
        a, _, aa, _, _, aaa, *_ = sums.sums
        spread = replace(central(sums.n, a, aa, aaa), finite=not sums.lost)
        return spread.times(spread.n * scale)
    if isinstance(sums, UnitTotals):
        spread = PowerSums.of(sums.totals()[1][:, 0]).spread()
        return spread.times(spread.n * scale)
    return None if plain is None else plain.times(plain.n)


def of_totals(outcome: Evaluation, recipe: Recipe) -> Callable[[Sum], float]:
    """The value of a recipe as a function of the totals of its terms."""
    return lambda totals: _value(outcome, recipe, totals)


def _value(outcome: Evaluation, recipe: Recipe, totals: Sum) -> float:
    rest, found = totals, dict[str, float]()
    for key in dict.fromkeys(t.full() for _, t in recipe.terms):
        bound = outcome.plan.terms[key]
        if bound.pooled:
            found[key], rest = _pooled(bound, outcome.tally.totals[key], rest)
        else:
            (total, norm), rest = rest.first(2).numbers().tolist(), rest.after(2)
            below = max(norm, outcome.tally.means[key].floor)
            found[key] = total / below if below else nan
    return sum(weight * found[term.full()] for weight, term in recipe.terms if weight)


def _pooled(bound: BoundTerm, like: Totals, rest: Sum) -> tuple[float, Sum]:
    """The value of a pooled term from the first totals, which are its sums in the order of their names; and the other totals.

    Its maxima are those of the file.
    """
    sums, exact = {name: x for name, x in like.arrays().items() if name in like.tops}, dict[str, Integers]()
    for name, shape in sorted((name, shape) for name, shape in like.shapes.items() if name not in sums):
        mine, rest = rest.first(prod(shape)), rest.after(prod(shape))
        if bound.exact:
            exact[name] = Integers.unknown(shape) if mine.lost else Integers.of_units(mine.totals, shape)
        else:
            sums[name] = mine.numbers().reshape(shape)
    with np.errstate(all="ignore"):
        row = bound.finish(bound.settled(exact) if bound.exact else sums)
    return float(row.values[0]) if row.kept is None or row.kept[0] else nan, rest
