"""Several columns of each side that pair by their places, although their names pair them otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.errors import DataError, some
from losscli.reading.chosen import Chosen, col
from losscli.reading.series import shared_prefix
from losscli.spec.family import Family


def refuse_crossed(family: Family, chosen: Mapping[str, Mapping[str, Chosen]]) -> None:
    """Raise DataError where the names of PRED's and TARGET's columns differ in the same words, in another order.

    chosen: by side and name of a role.
    """
    ours, theirs = (_several(family, side, chosen[side]) for side in ("pred", "target"))
    for key, mine in ours.items():
        for other, its in theirs.items():
            left, right = _words(mine.columns), _words(its.columns)
            if len(left) != len(right) or left == right or set(left) != set(right) or set(its.columns) <= set(mine.words):
                continue
            at = dict(zip(left, mine.columns, strict=True))
            what = f"`{key}` is {some(mine.columns)}, but `{other}` is {some(its.columns)}: the same names in another order"
            raise DataError(what, fix=f"{col(key, [at[word] for word in right])} pairs them by name")


def _several(family: Family, side: str, roles: Mapping[str, Chosen]) -> dict[str, Chosen]:
    """The roles of a side that several columns fill, by key."""
    found = ((family.role(name), chosen) for name, chosen in roles.items() if len(chosen.columns) > 1)
    return {role.key: chosen for role, chosen in found if role.side == side and role.rest in ("one", "scores", "label")}


def _words(columns: tuple[str, ...]) -> list[str]:
    """What distinguishes names from each other: without what all of them begin and end with."""
    start = len(shared_prefix(columns))
    end = len(shared_prefix([name[start:][::-1] for name in columns]))
    return [name[start : len(name) - end].casefold() for name in columns]
