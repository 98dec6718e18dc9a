"""Roles that no name fills: one column of numbers, the dimensions of a vector, the pixels of an image."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.values import read_number
from losscli.reading.chosen import Chosen, col, undecided
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.forecast_parts import whole_forecasts
from losscli.reading.series import Series, numbered, one_series
from losscli.sources.formats import FILES
from losscli.spec.column_names import ABOUT, EMBEDDING, OF_A_RUN, SCALES, fold
from losscli.spec.family import Role

Names = tuple[str, ...]
_PREDICTED = ("predicted", "prediction", "pred", "forecast")
_OBSERVED = ("actual", "true", "observed", "target")
_VECTORS = frozenset(map(fold, (*EMBEDDING, "e", "dim", "feat", "f", "x", "v", "z", "d", "")))


def one(facts: ColumnFacts, role: str, free: Sequence[str], facing: Names, partner: Names, text: bool) -> Chosen | None:
    """The one column left that neither counts nor identifies the rows; `Predicted X` beside `Actual X` or `X`.

    facing: the columns of the other file. partner: those among them that fill its role.
    """
    numeric = [n for n in free if text or facts.numeric(n)]
    paired = of_pairs(numeric, (*facts.names, *facing), role)
    if len(paired) == 1:
        return Chosen((paired[0],), "its name")
    if len(paired) > 1:
        raise undecided(facts.source, role, paired)
    data = facts.data(numeric)
    if role == "pred" and not text:
        data = whole_forecasts(data, facts.names) or data
    data = [n for n in data if n not in facts.named(OF_A_RUN)] or data
    if text and sum(not facts.numeric(n) for n in data) == 1:
        data = [n for n in data if not facts.numeric(n) or facts.classes(n)]
    if not facing:
        refuse_noted(facts, role, data)
    if len(data) == 1:
        _refuse_number(facts, role, data[0])
        _refuse_scale(facts, role, data[0], (*facts.names, *facing))
        return Chosen((data[0],), "the only column left", guess=True)
    same = [n for n in data if n in partner]
    if len(partner) > 1 and len(same) == len(partner) and (role != "pred" or len(data) == len(partner)):
        return Chosen(partner, "the names of the other side's columns")
    if len(same) == 1:
        return Chosen((same[0],), "the name of the other side's column")
    alone = [n for n in data if n not in facing]
    if partner and len(alone) == 1:
        return Chosen((alone[0],), "the only column left that the other side does not have", guess=True)
    if len(data) > 1:
        raise undecided(facts.source, role, data, "all numeric" if not text else "", _several(facts, role, data, facing))
    return None


def refuse_noted(facts: ColumnFacts, role: str, data: Sequence[str]) -> None:
    """Raise DataError if the only column left of a table of both sides is named as what is noted beside predictions."""
    if len(data) == 1 and data[0] in facts.named(ABOUT):
        raise undecided(facts.source, role, data, "the only one left, but named as a note beside predictions")


def _several(facts: ColumnFacts, role: str, data: Sequence[str], facing: Names) -> str:
    """The way on that reads several columns: together where the other file has them too, or as models."""
    if set(data) <= set(facing):
        pred = role.rpartition(".")[2] == "pred"
        return f"all of them, paired by name: {col('pred', data)} {col('target', data)}" if pred else ""
    ways = [f"all of them: {col(role, series)}"] if (series := one_series(data)) else []
    ways += [f"evaluate each as a model: --models {shlex.quote(','.join(data))}"] if role == "pred" else []
    return "; or ".join(ways)


def _refuse_number(facts: ColumnFacts, role: str, name: str) -> None:
    """Raise DataError if the only column left is named by a number, as the first row of a table without a header is. pandas names
    a column without a name 0."""
    number = read_number(name)
    known = FILES.get(f".{facts.source.format}")
    if known is None or known.name != "csv" or number is None or name == "0" or len(facts.names) == 1:
        return
    what = f"{visible(facts.source.path)}: the column that is left for `{role}` is named {visible(name, 40)}, a number"
    raise DataError(what, fix=f"{col(role, [name])} if that is its name")


def refuse_counting(facts: ColumnFacts, truth: Chosen, pred: Iterable[Chosen]) -> None:
    """Raise DataError where both sides of one table are guesses, and the truth is a column that may as well count the rows."""
    guessed = [n for found in pred if found.guess for n in found.columns]
    if guessed and any(map(facts.counts, truth.columns)):
        raise undecided(facts.source, "pred", sorted((*guessed, *truth.columns), key=facts.names.index), "all numeric")


def _refuse_scale(facts: ColumnFacts, role: str, name: str, others: Sequence[str]) -> None:
    """Raise DataError if the only column left is named after a scale, as `log_pred`, and no other column is."""
    scale = next((part for part in _parts(name) if part in SCALES), None)
    if scale is not None and len(_parts(name)) > 1 and not any(scale in _parts(n) for n in others if n != name):
        what = f"the column that is left for `{role}`, {visible(name, 40)}, is named after another scale"
        raise DataError(what, Where(facts.source.path), f"{col(role, [name])} if both sides have the same scale")


def _parts(name: str) -> list[str]:
    return re.split(r"[\W_]+", name.casefold())


def of_pairs(candidates: Sequence[str], names: Sequence[str], role: str) -> list[str]:
    """Those that are the `Predicted X` (or `X pred`) of an `Actual X` or an `X` among the names, or for the truth the reverse."""
    folded = {_bare(n) for n in names}
    ours = role.rpartition(".")[2] == "pred"
    return [n for n in candidates if _of_a_pair(n, folded, ours)]


def _of_a_pair(name: str, folded: set[str], ours: bool) -> bool:
    mine, facing = (_PREDICTED, (*_OBSERVED, "")) if ours else (_OBSERVED, _PREDICTED)
    if any(w + about in folded for about in _about(name, mine) for w in facing):
        return True
    if any(about + w in folded for about in _about(name, mine, after=True) for w in facing):
        return True
    return not ours and any(x in folded for w in _PREDICTED for x in (w + _bare(name), _bare(name) + w))


def _bare(name: str) -> str:
    """A name as names are compared, without brackets: `Load (predicted)` is `loadpredicted`."""
    return re.sub(r"[()\[\]]", "", fold(name))


def predicted_ones(candidates: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those that are the `predicted X` of an `X` among the names."""
    others = {_bare(n) for n in names}
    return [n for n in candidates if any(x in others for after in (False, True) for x in _about(n, _PREDICTED, after=after))]


def _about(name: str, words: Sequence[str], *, after: bool = False) -> list[str]:
    """What remains of a name without one of the words before it, or after it."""
    folded = _bare(name)
    cut = [(folded.removesuffix(w) if after else folded.removeprefix(w)) for w in words]
    return [x for x in cut if x not in ("", folded)][:1]


def vectors(facts: ColumnFacts, role: str, free: Sequence[str], facing: Names, partner: Names, text: bool) -> Chosen | None:
    """The dimensions of a vector: a list column, or one series of numbered columns."""
    own = [n for n in facts.lists if set(facts.lists[n]) <= set(free)]
    named = [n for n in own if fold(n) in map(fold, EMBEDDING)]
    if len(named or own) == 1:
        name = (named or own)[0]
        return Chosen(facts.lists[name], f"the list {visible(name, 40)}")
    if len(named or own) > 1:
        raise undecided(facts.source, role, named or own)
    found = _series(facts, role, free)
    if found is not None:
        return Chosen(found.columns, "numbered")
    data = facts.data([n for n in free if facts.numeric(n)])
    if not data:
        return None
    what = f"{visible(facts.source.path)}: which columns are `{role}`? {some(data)} are not a numbered series"
    raise DataError(what, fix=f"choose with {col(role, data)}, without those that are not dimensions")


def pixels(facts: ColumnFacts, role: str, free: Sequence[str], facing: Names, partner: Names, text: bool) -> Chosen | None:
    """The pixels of a row: a list column, one series of numbered columns, or the one column of numbers left."""
    own = [n for n in facts.lists if set(facts.lists[n]) <= set(free)]
    if len(own) == 1:
        return Chosen(facts.lists[own[0]], f"the list {visible(own[0], 40)}")
    if len(own) > 1:
        raise undecided(facts.source, role, own)
    found = _series(facts, role, free)
    return Chosen(found.columns, "numbered") if found is not None else one(facts, role, free, (), (), False)


def _series(facts: ColumnFacts, role: str, free: Sequence[str]) -> Series | None:
    """The one series of numbered columns; of several the one with a usual name."""
    numeric = [n for n in free if facts.numeric(n) and not facts.named_apart(n) and not (facts.placed and facts.counts(n))]
    found = [s for s in numbered(numeric) if s.start is not None]
    if len(found) > 1:
        usual = [s for s in found if fold(s.affix[0]) in _VECTORS]
        found = usual if len(usual) == 1 else found
    if len(found) > 1:
        lists = [s.columns for s in found]
        shown = "; ".join(f"{visible(x[0], 30)} … {visible(x[-1], 30)}" for x in lists)
        what = f"{visible(facts.source.path)}: {len(lists)} series of columns could be `{role}`: {shown}"
        pairs = f"; or as pairs: {col('a', lists[0])} {col('b', lists[1])}" if role == "embedding" and len(lists) == 2 else ""
        raise DataError(what, fix=f"choose with {col(role, *lists[:3])}{pairs}")
    return found[0] if found else None


def refuse_widths(facts: Mapping[str, ColumnFacts], roles: Mapping[str, Role], chosen: Mapping[str, Mapping[str, Chosen]]) -> None:
    """Raise DataError if the pixels of the two sides differ in number and a series of columns would fit.

    roles: that of the pixels of each side. chosen: by side and name of a role.
    """
    filled = {side: found for side, role in roles.items() if (found := chosen[side].get(role.name)) is not None}
    widths = {side: len(found.columns) for side, found in filled.items()}
    if len(set(widths.values())) < 2 or not all(facts[side].source.is_table for side in widths):
        return
    for side, other in (("target", "pred"), ("pred", "target")):
        used = {n for s, found in filled.items() if facts[s] is facts[side] for n in found.columns}
        fits = [s.columns for s in numbered([n for n in facts[side].names if n not in used]) if len(s.columns) == widths[other]]
        if fits and filled[side].why != "--col":
            path, facing = (visible(facts[s].source.path) for s in (side, other))
            what = f"{path}: `{roles[side].key}` is {some(filled[side].columns)}"
            what += f", but `{roles[other].key}` in {facing} has {widths[other]} columns"
            raise DataError(what, fix=f"choose with {col(roles[side].key, *fits[:3])}")
