"""PRED and TARGET given in the wrong order, as the names of their columns show."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import DataError, some, visible
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.series import named_after, numbered
from losscli.reading.wide_columns import of_pairs
from losscli.sources.base import Source
from losscli.spec.column_names import BOX_SCORE, fold, is_id, is_index
from losscli.spec.family import Family


def refuse_swapped(family: Family, pred: Source, target: Source | None, cols: Sequence[str]) -> None:
    """Raise DataError if the columns of each side are named after roles of the other."""
    if target is None or cols or not (pred.names and target.names):
        return
    if of_pairs(pred.names, (*pred.names, *target.names), "pred"):
        return
    ours, theirs = _names_of(family, "pred"), _names_of(family, "target")
    here, there = _words(pred), _words(target)
    if family.implied and here.keys() & {fold(n) for n in BOX_SCORE}:
        return  # boxes with scores are predictions
    wrong = [n for w, n in here.items() if w in theirs - ours and w not in there]
    right = [n for w, n in there.items() if w in ours - theirs and w not in here]
    unnamed = not ours & here.keys() and not theirs & there.keys() and not family.implied
    alone = wrong and unnamed
    if unnamed and not of_pairs(target.names, target.names, "pred"):
        right = [*right, *(n for n in _of_pairs(target, pred, "pred") if n not in right)]
        wrong = [*wrong, *(n for n in _of_pairs(pred, target, "target") if n not in wrong)]
    if (wrong and right) or "score" in map(fold, right) or (alone and not _names_columns(pred, target)):
        found = [(target.path, right), (pred.path, wrong)]
        told = ", ".join(f"{visible(path)} has {some(sorted(names))}" for path, names in found if names)
        raise DataError(
            f"PRED and TARGET look swapped: {told}",
            fix="give PRED first and TARGET second, or confirm the columns with --col ROLE=NAME",
        )


def _of_pairs(source: Source, other: Source, side: str) -> list[str]:
    """The columns of numbers that are named as `predicted X` beside an `X` of the other file, or for the truth the reverse."""
    facts = ColumnFacts(source)
    return [n for n in of_pairs(source.names, other.names, side) if not is_id(n) and facts.numeric(n)]


def _names_columns(pred: Source, target: Source) -> bool:
    """Whether TARGET has several columns of PRED, or names them in a column of text: they are of its classes."""
    if sum(not is_id(n) and not is_index(n) for n in {*pred.names} & {*target.names}) > 1:
        return True
    facts = ColumnFacts(target)
    texts = [n for n in facts.names if target.is_table and not facts.numeric(n)]
    return any(named_after(pred.names, facts.words(n), every=True) is not None for n in texts)


def _words(source: Source) -> dict[str, str]:
    """The names of a side as names are compared, a numbered series by what its columns share."""
    found = {fold(n): n for n in source.names}
    for series in numbered(source.names):
        found.setdefault(fold(series.affix[0]), series.columns[0])
    return found


def _names_of(family: Family, side: str) -> set[str]:
    names = {fold(n) for r in family.roles if r.side == side for n in (r.key, *r.names)}
    return names | {"score", "scores"} if side == "pred" and family.implied else names
