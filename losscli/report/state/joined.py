"""The state of all rows from the states of parts of them, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, visible
from losscli.core.records import fields, replace
from losscli.engine.distribution import SHOWN, Distribution
from losscli.engine.tally import Tally
from losscli.engine.term import BoundTerm
from losscli.engine.totals import Totals
from losscli.numerics.quantile_sketch import EXACT_QUANTILES, Quantiles
from losscli.report.facts import Facts
from losscli.report.state.moved import Place, Unknown, moved
from losscli.report.state.packed import packed
from losscli.report.state.sums import BaselineState, PlanState, Sides, State, SumsState, bound_term, canonical, plan_of
from losscli.spec.family import Family
from losscli.spec.recipe import parse

_LONG = 1000
"""The most characters of a loss in a message."""


def places(sides: Sequence[Sides]) -> list[Place]:
    """Where each part is among all rows."""
    every, before, found = _sum(sides), Sides(0, 0, 0, 0, 0), []
    for own in sides:
        found.append(Place(own, before, every))
        before = _sum([before, own])
    return found


def _sum(sides: Sequence[Sides]) -> Sides:
    return Sides(*(sum(getattr(x, f.name) for x in sides) for f in fields(Sides)))


def joined(states: Sequence[State], family: Family) -> State:
    """The state of all rows. Raises DataError where the parts cannot be those of one evaluation."""
    first, at = states[0], places([x.sides for x in states])
    for x in states[1:]:
        _refuse_different(first, x)
    _refuse_whole(first.sums.plan, family)
    if len(states) > 1:
        _refuse_bins_of_values(first.facts)
    baselines = [x.baseline for x in states if x.baseline is not None]
    baseline = None
    if baselines:
        baseline = BaselineState(_sums([x.sums for x in baselines], at, first.facts.units, family), baselines[0].tested)
    sums = _sums([x.sums for x in states], at, first.facts.units, family)
    return replace(
        first,
        sides=_sum([x.sides for x in states]),
        facts=_facts(states, at),
        sums=sums,
        baseline=baseline,
        notes=tuple(dict.fromkeys(note for x in states for note in x.notes)),
    )


def _refuse_whole(state: PlanState, family: Family) -> None:
    """Raise DataError for a loss that compares rows of one part with rows of another."""
    plan = plan_of(state, family)
    if plan.whole:
        names = visible(", ".join(dict.fromkeys(plan.terms[key].form.name for key in plan.whole)))
        what = f"{names}: compares rows with each other, so that reports of parts of the rows do not say its value"
        raise DataError(what, fix="evaluate it over all rows in one run; the other losses can be joined")
    if sloped := [r.label for r in plan.recipes if plan.slopes and plan.sloped(r) and not plan.row_slopes(r)]:
        what = f"--grad-stats: the gradient of {visible(', '.join(sloped))} in a row depends on all rows"
        raise DataError(what, fix="omit --grad-stats, or evaluate all rows in one run")


def _refuse_bins_of_values(facts: Facts) -> None:
    """Raise DataError for bins with edges that each part has of its own."""
    if x := next((x for x in facts.by if x.of_values), None):
        what = f"--bins {visible(x.role)}:q{len(x.labels)}: the quantiles of all rows are not those of parts of them"
        raise DataError(what, fix=f"give the edges, --bins {visible(x.role)}:EDGE,…, or evaluate all rows in one run")


def _refuse_different(a: State, b: State) -> None:
    """Raise DataError where two states are of different settings."""
    for name, mine, theirs in _settings(a, b):
        if (x := _plain(mine)) != (y := _plain(theirs)):
            raise DataError(f"the reports differ in {name}: {visible(x, 60)} and {visible(y, 60)}", fix="evaluate all parts alike")


def _settings(a: State, b: State) -> Iterator[tuple[str, Any, Any]]:
    yield "--reduction", a.reduction, b.reduction
    yield "what intervals are asked for", packed_or_none(a.asked), packed_or_none(b.asked)
    yield "what groups the rows", a.facts.by, b.facts.by
    yield "weights", a.facts.weighted, b.facts.weighted
    yield "--allow", a.allowed, b.allowed
    yield "--unit", a.facts.units, b.facts.units
    yield "having a baseline", a.baseline is not None, b.baseline is not None
    yield from _plans(a.sums.plan, b.sums.plan)
    if a.baseline is not None and b.baseline is not None:
        yield "how a baseline is compared", packed_or_none(a.baseline.tested), packed_or_none(b.baseline.tested)
        yield from _plans(a.baseline.sums.plan, b.baseline.sums.plan)


def packed_or_none(x: Any) -> Any:
    return None if x is None else packed(x, type(x))


def _plans(a: PlanState, b: PlanState) -> Iterator[tuple[str, Any, Any]]:
    mine, theirs = packed(a, PlanState), packed(b, PlanState)
    for name in mine:
        if name == "options":
            yield from ((key.replace("_", "-"), mine[name][key], theirs[name][key]) for key in mine[name])
        elif name == "terms":
            same = [key for key in mine[name] if key not in a.fits]
            yield from ((key, mine[name][key], theirs[name].get(key)) for key in same)
        elif name not in ("fits", "classes"):
            yield name, mine[name], theirs[name]
    yield "classes", mine["classes"], theirs["classes"]


def _plain(x: Any) -> str:
    return str(x)


def _sums(parts: Sequence[SumsState], at: Sequence[Place], units: bool, family: Family) -> SumsState:
    plan = parts[0].plan
    if len(parts) > 1 and plan.by_group:
        what = "--by with a loss whose parameters are computed from each group cannot be joined"
        raise DataError(what, fix="evaluate all rows in one run, or omit --by")
    fits = _fits([x.plan for x in parts], family)
    tally = Tally()
    try:
        for x, place in zip(parts, at, strict=True):
            tally = tally + moved(x.tally, place, units)
    except Unknown:
        what = "the interval of a pooled loss over matched and unmatched boxes cannot be joined"
        raise DataError(what, fix="name the images with --unit, or use --ci none") from None
    every = at[0].every
    if every.matched + every.missed + every.spurious > EXACT_QUANTILES:
        tally = _counted(tally)
    return SumsState(replace(plan, fits=fits), canonical(tally))


def _fits(plans: Sequence[PlanState], family: Family) -> Mapping[str, Totals]:
    """The sums behind parameters that depend on all rows. Raises DataError where all rows give others than each part did."""
    found: dict[str, Totals] = {}
    for key in plans[0].fits:
        total = Totals()
        for plan in plans:
            total = total + plan.fits[key]
        base = bound_term(plans[0], key, family)
        wanted = None if base is None else _resolved(base, total)
        if base is None or any(_resolved(base, plan.fits[key]) != wanted for plan in plans):
            what = f"{visible(base.form.name if base else key)} has parameters that depend on all rows, and are others in each part"
            raise DataError(what, fix=_remedy(base, total, family))
        found[key] = total
    return found


def _remedy(bound: BoundTerm | None, totals: Totals, family: Family) -> str:
    """How the loss can be joined: with the parameters of all rows, where recipes can set them."""
    alone = "evaluate this loss over all rows in one run; the others can be joined"
    if bound is None or bound.form.resolver is None:
        return alone
    found = bound.form.resolver(totals.arrays(), bound.params)
    if any(name in bound.form.tops for name in found):
        return "name every class with --classes, so that all parts count the same ones"
    values = {k: tuple(x.tolist()) if isinstance(x, np.ndarray) else x for k, x in found.items()}
    given = replace(bound.term, values=tuple((k, values.get(k, x)) for k, x in bound.term.values))
    try:
        known = found.keys() <= {k for k, _ in bound.term.values} and parse(str(given), family).full() == given.full()
    except UsageError:
        return alone
    spelled = str(given)
    return f"evaluate the parts with the numbers of all rows, --loss {quote(spelled)}" if known and len(spelled) <= _LONG else alone


def _resolved(bound: BoundTerm, totals: Totals) -> Any:
    """The parameters computed from these sums, as comparable data."""
    assert bound.form.resolver is not None
    with np.errstate(all="ignore"):
        return {k: packed(x, Any) for k, x in bound.form.resolver(totals.arrays(), bound.params).items()}


def _counted(tally: Tally) -> Tally:
    """With counts in place of values where all rows are too many to keep."""

    def of(d: Distribution) -> Distribution:
        found = d.quantiles.counted() if d.quantiles.n else Quantiles(exact=False)
        return replace(d, quantiles=found, weighted=d.weighted.counted())

    return replace(
        tally,
        distributions={k: of(d) for k, d in tally.distributions.items()},
        slopes={k: replace(s, norms=of(s.norms)) for k, s in tally.slopes.items()},
        groups={k: _counted(part) for k, part in tally.groups.items()},
    )


def _facts(states: Sequence[State], at: Sequence[Place]) -> Facts:
    """The facts of all rows: a row of PRED counts from the first part."""
    lost: dict[str, tuple[int, ...]] = {}
    for x, place in zip(states, at, strict=True):
        for id, rows in x.facts.lost.items():
            lost[id] = (*lost.get(id, ()), *(row + place.before.pred for row in rows))[:SHOWN]
    like = next((x.facts.unit_like for x in states if x.facts.unit_like), "")
    return replace(states[0].facts, lost=lost, unit_like=like)
