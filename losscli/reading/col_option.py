"""`--col ROLE=NAME,…`: columns by name, by a glob, or by the name of a list column; every name must be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from losscli.core.errors import DataError, UsageError, nearest, some, visible
from losscli.reading.column_facts import ColumnFacts
from losscli.reading.series import numbered
from losscli.sources.base import Source, refuse_unreadable
from losscli.spec.column_names import fold
from losscli.spec.family import Family

SIDES = ("pred", "target")
SETS = ("image_id", "label")
"""Roles whose columns must be equal in both boxes of a pair."""


class ColOption:
    """The columns that --col names, by role and side. Raises UsageError or DataError where a name is of nothing."""

    def __init__(self, family: Family, facts: Mapping[str, ColumnFacts], one: bool, texts: Sequence[str]) -> None:
        self._facts, self._one = facts, one
        self._sides = {key: {r.side for r in family.roles if r.key == key} for key in {r.key for r in family.roles}}
        for key in SETS if family.match is not None else ():
            self._sides[key] = {"any"}
        self._by_key: dict[str, dict[str, tuple[str, ...]]] = {}
        given: dict[str, str] = {}
        for text in texts:
            role, names = self._parts(family, text)
            if role in given:
                raise UsageError(
                    f"--col {visible(role)} is given twice", fix=f"name several columns with --col {visible(role)}=NAME,NAME"
                )
            given[role] = names
        for role in sorted(given, key=lambda r: "." in r):  # a side of its own wins
            self._fill(family, role, given[role])

    def columns(self, key: str, side: str) -> tuple[str, ...] | None:
        """The columns of a role on a side, if --col names them."""
        return self._by_key.get(key, {}).get(side)

    def _parts(self, family: Family, text: str) -> tuple[str, str]:
        role, equals, names = text.partition("=")
        if not equals or not names:
            raise UsageError(f"--col {visible(text)!r} is not of the form ROLE=NAME[,NAME…]")
        key, keys = role.rpartition(".")[2], {k for k, sides in self._sides.items() if sides != {"option"}}
        if key not in keys or (role != key and role.partition(".")[0] not in SIDES):
            raise UsageError(
                f"{family.name} has no role {visible(role)!r}{nearest(key, keys)}", fix=f"its roles are {', '.join(sorted(keys))}"
            )
        if any("=" in n and not self._known(n) for n in names.split(",")):
            raise UsageError(f"--col {visible(text)!r} names two roles", fix="give every role its own --col ROLE=NAME")
        return role, names

    def _known(self, name: str) -> bool:
        return any(name in facts.names for facts in self._facts.values())

    def _fill(self, family: Family, role: str, names: str) -> None:
        side, dot, key = role.rpartition(".")
        allowed = [s for s in SIDES if self._sides[key] & {s, "any"}]
        if dot and side not in allowed:
            raise UsageError(
                f"{family.name} reads no `{key}` from {side.upper()}", fix=f"omit `{side}.`: --col {visible(key)}=NAME"
            )
        sides = [side] if dot else allowed
        found: dict[str, tuple[str, ...]] = {}
        lost: dict[str, list[str]] = {}
        for s in sides:
            columns, gone = _expanded(self._facts[s], names.split(","))
            if gone:
                lost[s] = gone
            else:
                found[s] = columns
        if not found:
            raise self._no_column(lost, key)
        for s, gone in lost.items():
            if len(gone) < len(names.split(",")) and not (self._one and found):
                raise _absent(self._facts[s], gone[0])
        for s, columns in found.items():
            if twice := next((n for i, n in enumerate(columns) if n in columns[:i]), None):
                raise UsageError(f"--col {visible(role)}=… names {visible(twice)!r} twice", fix="name every column once")
            self._by_key.setdefault(key, {})[s] = columns

    def _no_column(self, lost: Mapping[str, list[str]], key: str) -> DataError:
        side = next(iter(lost)) if len(lost) == 1 else min(lost, key=lambda s: len(lost[s]))
        gone = lost[side][0]
        other = next((s for s in SIDES if s not in lost and gone in self._facts[s].names), None)
        if other is not None and not self._one:
            path, its = visible(self._facts[side].source.path), visible(self._facts[other].source.path)
            what = f"{path} has no column {visible(gone)!r}; {its} has, but `{key}` is of {side.upper()}"
            return DataError(what, fix=f"its columns: {some(self._facts[side].names)}")
        if len(lost) > 1 and not self._one:
            paths = " nor ".join(visible(self._facts[s].source.path) for s in lost)
            known = [n for s in lost for n in self._facts[s].names]
            return DataError(
                f"neither {paths} has a column {visible(gone)!r}{nearest(gone, known)}", fix=f"the columns: {some(known)}"
            )
        return _absent(self._facts[side], gone)


def column_of(given: str, side: str, source: Source) -> str | None:
    """The column of a side that an option names, `w` or `target.w`; None if the side has none."""
    return next((name for name in (given, given.removeprefix(f"{side}.")) if name in source.names), None)


def _expanded(facts: ColumnFacts, names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The columns that names, globs and list columns stand for, and the names that stand for none."""
    out: list[str] = []
    gone: list[str] = []
    for name in names:
        if name in facts.names:
            out.append(name)
        elif name in facts.lists:
            out += facts.lists[name]
        elif any(c in name for c in "*?[") and (hits := [n for n in facts.names if fnmatchcase(n, name)]):
            out += (n for n in sorted(hits, key=_number(hits)) if n not in out)
        else:
            gone.append(name)
    return tuple(out), gone


def _number(hits: Sequence[str]) -> Callable[[str], int]:
    """The order of a glob's columns: by the number at their end where all have one and the rest is equal, else of the file."""
    series = numbered(hits)
    if len(series) == 1 and len(series[0].columns) == len(hits):
        return series[0].columns.index
    return list(hits).index


def _absent(facts: ColumnFacts, name: str) -> DataError:
    refuse_unreadable(facts.source, name)
    near = next((n for n in facts.names if fold(n) == fold(name)), None)
    what = f"{visible(facts.source.path)} has no column {visible(name)!r}"
    what += f", did you mean {visible(near)}?" if near else nearest(name, [*facts.names, *facts.lists])
    return DataError(what, fix=f"its columns: {some(facts.names)}" if facts.names else "it is one array without names: omit --col")
