"""Models to be compared: made from evaluations, checked to be of the same losses and samples, or restricted to common samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.engine.evaluate import Evaluation
from losscli.numerics.stable import Words
from losscli.numerics.statistics.interval import Interval
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.skew_t import skew_t
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.numerics.statistics.wilson import of_sums
from losscli.report.comparisons import Read, Side
from losscli.report.model import Line, Warned
from losscli.report.ranking import Address, Contender, Model
from losscli.spec.recipe import Recipe

ALLOW = "--allow-different"


def contender(model: Model, found: Read) -> Contender:
    """An evaluated model; of its evaluation only what a comparison needs is kept."""
    recipes = found.outcome.plan.recipes
    sides: dict[Address, Side] = {((), r.id): _side(found.outcome, r, x) for r, x in zip(recipes, found.report.losses, strict=True)}
    for by, (outcome, group) in found.groups().items():
        sides |= {(by, r.id): _side(outcome, r, x) for r, x in zip(recipes, group.losses, strict=True)}
    return Contender(model, sides, found.inputs.pairing.books is not None)


def _side(outcome: Evaluation, recipe: Recipe, line: Line) -> Side:
    side = Side.of(outcome, recipe, line)
    if isinstance(side.sums, UnitTotals):
        return replace(side, sums=UnitTotals((side.sums.totals(),), side.sums.lost), value_of=None)
    if not isinstance(side.sums, GroupedTotals):
        return replace(side, value_of=None)
    tally = replace(outcome.tally, distributions={}, slopes={}, groups={}, estimates={}, paired={})
    return replace(Side.of(replace(outcome, tally=tally, groups={}), recipe, line), sums=side.sums)


def refuse_other_signatures(contenders: Sequence[Contender], allowed: bool) -> list[Warned]:
    """Raise DataError where two models were evaluated in different ways, unless that is allowed: then a warning says so."""
    for x in contenders[1:]:
        first = contenders[0]
        for address, side in x.sides.items():
            other = first.sides.get(address)
            if other is None or not (other.line.signature and side.line.signature):
                continue
            parts = differences(other.line.signature, side.line.signature)
            if parts:
                what = f"{visible(side.line.label)} differs from that of {visible(first.model.path)}: {'; '.join(parts)}"
                if not allowed:
                    raise DataError(what, Where(x.model.path), f"evaluate both in the same way, or compare nevertheless: {ALLOW}")
                return [Warned("different-signatures", f"{visible(x.model.path)}: {what}")]
    return []


def differences(one: str, other: str) -> list[str]:
    """The parts in which two signatures differ: `reduction mean | sum`."""
    (recipe, *mine), (recipe2, *theirs) = one.split("|"), other.split("|")
    found = [f"{visible(recipe)} | {visible(recipe2)}"] if recipe != recipe2 else []
    a, b = (dict(x.partition("=")[::2] for x in parts) for parts in (mine, theirs))
    keys = (key for key in dict.fromkeys((*a, *b)) if a.get(key) != b.get(key))
    return [*found, *(f"{visible(key)} {visible(a.get(key, 'not given'))} | {visible(b.get(key, 'not given'))}" for key in keys)]


@dataclass(frozen=True)
class Common:
    """The units that every model has a loss of, and how many there are in all."""

    units: Words
    every: int
    least: Contender
    """The model with the fewest."""
    lacking: int
    """Those that it lacks."""


def common(contenders: Sequence[Contender]) -> Common | None:
    """The common units of the models that have totals by unit; None where all of them have the same."""
    contenders = [x for x in contenders if any(not by and isinstance(s.sums, UnitTotals) for (by, _), s in x.sides.items())]
    names = [_units(x) for x in contenders]
    if all(np.array_equal(names[0], x) for x in names[1:]):
        return None
    shared, every = names[0], names[0]
    for x in names[1:]:
        shared, every = np.intersect1d(shared, x), np.union1d(every, x)
    i = min(range(len(names)), key=lambda i: len(names[i]))
    return Common(shared, len(every), contenders[i], len(every) - len(names[i]))


def _units(x: Contender) -> Words:
    """The units of all losses over all samples."""
    found = [side.sums.parts[0][0] for (by, _), side in x.sides.items() if not by and isinstance(side.sums, UnitTotals)]
    if not found:
        return np.zeros(0, np.uint64)
    units = found[0]
    for names in found[1:]:
        units = units if np.array_equal(units, names) else np.intersect1d(units, names)
    return units


def refuse_other_samples(contenders: Sequence[Contender], allowed: bool) -> tuple[Sequence[Contender], list[Warned]]:
    """The models, and what there is to say of samples that only some of them have.

    Raises DataError for targets that only some predict, unless that is allowed: then all are restricted to those of every model.
    Boxes that only some of the models match count in the totals.
    """
    found = common(contenders)
    if found is None:
        return contenders, _uneven(contenders, allowed)
    if all(x.matched for x in contenders):
        alone = found.every - len(found.units)
        are = f"{alone:,} boxes or units are" if alone > 1 else "1 box or unit is"
        return contenders, [Warned("unpaired-units", f"{are} matched with only some of the models: they count in the totals only")]
    name, lacking = found.least.model.path, f"{found.lacking:,} of {found.every:,} targets or units"
    if not allowed:
        fix = f"give models of the same targets, or compare on those that all of them have: {ALLOW}"
        raise DataError(f"has no loss of {lacking} that others have", Where(name), fix)
    if not len(found.units):
        raise DataError(
            "there is no target or unit that every model has a loss of", Where(name), "compare models of the same targets"
        )
    what = f"compared on the {len(found.units):,} of {found.every:,} targets or units that every model has a loss of"
    return [_restricted(x, found.units) for x in contenders], [Warned("different-samples", what)]


def _uneven(contenders: Sequence[Contender], allowed: bool) -> list[Warned]:
    """Raise DataError where losses without totals by unit are of different numbers of samples, unless that is allowed."""
    counts = [{address: side.line.n for address, side in x.sides.items() if not address[0]} for x in contenders]
    for x, mine in zip(contenders, counts, strict=True):
        for address, n in mine.items():
            most = max(theirs.get(address, 0) for theirs in counts)
            sums = x.sides[address].sums
            if n == most or x.matched or isinstance(sums, UnitTotals):
                continue
            what = f"{visible(address[1])} is of {n:,} samples, and of {most:,} for another model"
            if not allowed:
                raise DataError(what, Where(x.model.path), f"give models of the same targets, or compare nevertheless: {ALLOW}")
            return [Warned("different-samples", f"{visible(x.model.path)}: {what}")]
    return []


def _restricted(x: Contender, units: Words) -> Contender:
    sides = {address: side_of_units(side, units) for address, side in x.sides.items()}
    return replace(x, sides={address: side for address, side in sides.items() if side is not None})


def side_of_units(side: Side, units: Words) -> Side | None:
    """A line over some of its units, with its value and interval made anew; None where it has none of them. What has no totals by
    unit is left as it is."""
    if not isinstance(side.sums, UnitTotals):
        return side
    names, found = side.sums.totals()
    there = np.isin(names, units)
    if not there.any():
        return None
    sums = UnitTotals(((names[there], found[there]),), side.sums.lost)
    level = side.line.ci.level if isinstance(side.line.ci, Interval) else None
    return replace(side, sums=sums, line=line_of(side.line, sums, level, side.scale))


def line_of(line: Line, sums: UnitTotals, level: float | None, scale: float = 1.0) -> Line:
    """The line of these totals: its value, its interval, and n, the number of units. level: None for no interval."""
    columns = sums.totals()[1]
    values, summed = PowerSums.of(columns[:, 0]), line.reduction == "sum"
    spread = values.spread().times(scale * values.n) if summed else sums.spread().times(scale)
    if not spread.finite or not np.isfinite(columns).all():
        with np.errstate(all="ignore"):
            total, norm = columns.sum(0).tolist()
        spread = replace(spread, value=scale * total / (1.0 if summed else norm), finite=False)
    share = values.binary and not summed and scale == 1 and bool((columns[:, 1] == 1).all())
    ci = None if level is None else of_sums(values, level) if share else skew_t(spread, level)
    return replace(line, value=spread.value, n=len(columns), ci=ci)
