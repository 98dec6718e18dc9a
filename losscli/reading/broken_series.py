"""A numbered series of columns of numbers that a column of text goes on: `e0, e1, e2` beside an `e3` with a word in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from losscli.core.errors import DataError, Where, some, visible
from losscli.reading.chosen import Chosen, col
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.series import numbered


def refuse_broken(
    facts: Mapping[str, ColumnFacts], chosen: Mapping[str, Mapping[str, Chosen]], taken: Mapping[str, Collection[str]]
) -> None:
    """Raise DataError if the columns of a role are one series, not of --col, and a text column without use is next to them in it.

    chosen: by side and name of a role. taken: by side, the columns that are used otherwise, such as keys.
    """
    for side, roles in chosen.items():
        used = {*taken[side], *(n for s in chosen if facts[s] is facts[side] for c in chosen[s].values() for n in c.columns)}
        for role, found in roles.items():
            if found.why != "--col" and len(found.columns) > 1 and facts[side].source.is_table and not facts[side].placed:
                _refuse(facts[side], role, found.columns, used)


def _refuse(facts: ColumnFacts, role: str, columns: Sequence[str], used: Collection[str]) -> None:
    ours = next((s for s in numbered(columns) if len(s.columns) == len(columns)), None)
    if ours is None:
        return
    beside = {int(ours.words[0]) - 1, int(ours.words[-1]) + 1}
    for whole in numbered(facts.names):
        for word, name in zip(whole.words, whole.columns, strict=True) if whole.affix == ours.affix else ():
            if int(word) in beside and name not in used and not facts.numeric(name):
                what = f"{some(columns)} are numbers, but {visible(name, 40)}, which goes on with them, is text"
                fix = f"correct the column, or choose without it: {col(role, columns)}"
                raise DataError(what, Where(facts.source.path, column=name), fix)
