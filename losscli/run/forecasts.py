"""Quantiles, members and intervals: what the recipes read of them, and the levels that names of columns set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import replace
from losscli.core.values import read_number, write_number
from losscli.engine.term import loaded
from losscli.numerics.stable import Floats
from losscli.reading.aligned import Inputs
from losscli.reading.asked import Forecasts
from losscli.reading.chosen import col
from losscli.reading.column_facts import ColumnFacts
from losscli.spec.column_names import LEVEL
from losscli.spec.quantile_names import end_of, level_of
from losscli.spec.recipe import Recipe, Term


def forecasts_of(recipes: Sequence[Recipe]) -> Forecasts:
    """What the losses of the recipes read of several predictions. Raises UsageError where two read other intervals."""
    terms = [t for r in recipes for _, t in r.terms]
    kinds: dict[tuple[str, tuple[float, ...]], str] = {}
    outside: dict[float, str] = {}
    for term in terms:
        loss = term.loss
        if loss.outside:
            outside[float(dict(term.values)[loss.outside])] = loss.name  # type: ignore[arg-type]
        elif "pred" in loss.takes and loss.levels:
            stated = tuple(_levels(term).tolist()) if loss.levels in term.stated else ()
            kinds["levels", stated] = loss.name
        elif "pred" in loss.takes:
            kinds["members" if loss.width_for(term.params) == 0 else "point", ()] = loss.name
    if len(outside) > 1:
        raise UsageError("two losses read intervals of different levels", fix="evaluate one of them at a time")
    of, levels = ("mixed", ()) if len(kinds) > 1 else next(iter(kinds), ("point", ()))
    name = next(iter([*kinds.values(), *outside.values()]), "")
    return Forecasts(of, levels, next(iter(outside), None), name)


def _levels(term: Term) -> Floats:
    value = dict(term.values)[term.loss.levels]
    return np.atleast_1d(np.asarray(loaded(term.loss.param(term.loss.levels), value), dtype=np.float64))


def with_levels(recipes: Sequence[Recipe], inputs: Inputs) -> tuple[list[Recipe], list[str]]:
    """The recipes with the levels that the names of the columns state, where they state none, and notes of them.

    Raises DataError where a name contradicts a level.
    """
    if not any(t.loss.levels or t.loss.outside for r in recipes for _, t in r.terms):
        return list(recipes), []
    names = {f.role: f.field.names for f in inputs.filled}
    out, notes = [], dict[str, None]()
    for recipe in recipes:
        terms = [(w, _checked(t, names, inputs, notes)) for w, t in recipe.terms]
        same = all(new is old for (_, new), (_, old) in zip(terms, recipe.terms, strict=True))
        out.append(recipe if same else replace(recipe, terms=tuple(terms), given_id=recipe.id))
    return out, list(notes)


def _checked(term: Term, names: dict[str, tuple[str, ...]], inputs: Inputs, notes: dict[str, None]) -> Term:
    if term.loss.outside:
        return _interval(term, names, inputs, notes)
    columns = names.get("pred", ())
    if not term.loss.levels or not columns or not inputs.pred.is_table:
        return term
    known = [level_of(n, inputs.pred.names) for n in columns]
    key, where = term.loss.levels, Where(inputs.pred.path)
    if key in term.stated or inputs.models:
        _refuse_other_levels(term, columns, known, where, bool(inputs.models))
        return term
    if not any(level is not None for level in known):
        if len(columns) == 1 and (end := end_of(columns[0])):
            what = f"{visible(columns[0])} is the {'lower' if end == 'low' else 'upper'} end of an interval of unknown level"
            raise DataError(what, where, f"state its level: --loss {term.loss.name}:{key}=…")
        if named := _levels_beside(inputs):
            what = f"{visible(named)} contains levels, but {term.loss.name} has one level for all rows"
            raise DataError(what, where, f"state it: --loss {term.loss.name}:{key}=…, with --filter if rows have several levels")
        return term
    if None in known:
        lost = columns[known.index(None)]
        what = f"the name of {visible(lost)} does not state its level, as those of other columns do"
        raise DataError(what, where, f"state all levels with {term.loss.name}:{key}=[…], or choose columns with --col pred=…")
    found = tuple(level for level in known if level is not None)
    if len(found) > 1 and term.loss.width is None:
        raise DataError(f"{term.loss.name} reads quantiles of one level", where, f"choose one with {col('pred', columns[:1])}")
    return _set(term, key, found if len(found) > 1 else found[0], columns, notes)


def _levels_beside(inputs: Inputs) -> str:
    """A column of PRED with the level of each row; empty without."""
    facts = ColumnFacts(inputs.pred)
    for name in facts.named(LEVEL):
        numbers = [read_number(w) for w in facts.words(name)]
        if numbers and all(x is not None and 0 < x < 1 for x in numbers):
            return name
    return ""


def _set(term: Term, key: str, value: float | tuple[float, ...], columns: Sequence[str], notes: dict[str, None]) -> Term:
    shown = write_number(value) if isinstance(value, float) else f"[{some([*map(write_number, value)])}]"
    notes[f"{term.loss.name}: {key}={shown} by the name{'s' if len(columns) > 1 else ''} of {some(columns)}"] = None
    return replace(term, values=tuple(sorted({**dict(term.values), key: value}.items())))


def _refuse_other_levels(term: Term, columns: Sequence[str], known: Sequence[float | None], where: Where, models: bool) -> None:
    """Raise DataError if the name of a column states another level than the loss, or another end."""
    levels = _levels(term)
    if len(levels) != len(columns):
        if not models or len(levels) != 1:
            return
        levels = np.repeat(levels, len(columns))
    for name, own, level in zip(columns, known, levels.tolist(), strict=True):
        end = end_of(name) if own is None else ""
        other = own is not None and abs(own - level) > 1e-9
        if other or (end == "low" and level >= 0.5) or (end == "high" and level <= 0.5):
            what = f"{visible(name)} is {f'the quantile {write_number(own)}' if own is not None else f'{_side(end)} end'}"
            fix = f"set {term.loss.levels} to the level of the column, or choose another with --col pred=NAME"
            raise DataError(f"{what}, but {term.loss.name} has {term.loss.levels}={write_number(level)}", where, fix)


def _side(end: str) -> str:
    return "a lower" if end == "low" else "an upper"


def _interval(term: Term, names: dict[str, tuple[str, ...]], inputs: Inputs, notes: dict[str, None]) -> Term:
    """The share outside of an interval whose ends state their levels."""
    columns = (*names.get("lower", ()), *names.get("upper", ()))
    if len(columns) != 2 or not inputs.pred.is_table:
        return term
    low, high = (level_of(n, inputs.pred.names) for n in columns)
    key, where, ends = term.loss.outside, Where(inputs.pred.path), (end_of(columns[0]), end_of(columns[1]))
    if ends == ("high", "low") or (low is not None and high is not None and low >= high):
        raise DataError(f"lower is {visible(columns[0])} and upper is {visible(columns[1])}", where, "exchange them")
    if low is None or high is None:
        return term
    value = dict(term.values)[key]
    share = round(low + 1 - high, 12)
    central = abs(low - (1 - high)) < 1e-9
    if key in term.stated or not central:
        if not central or abs(float(value) - share) > 1e-9:  # type: ignore[arg-type]
            what = f"{visible(columns[0])} and {visible(columns[1])} leave {write_number(share)} outside"
            if not central:
                what = f"{visible(columns[0])} and {visible(columns[1])} are not the ends of a central interval"
            fix = f"set {key}={write_number(share)}" if central else "choose the ends with --col lower=NAME and --col upper=NAME"
            raise DataError(f"{what}, but {term.loss.name} has {key}={write_number(float(value))}", where, fix)  # type: ignore[arg-type]
        return term
    return term if abs(float(value) - share) < 1e-9 else _set(term, key, share, columns, notes)  # type: ignore[arg-type]
