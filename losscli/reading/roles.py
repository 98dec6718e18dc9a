"""Which columns or keys of a file fill which roles: by --col, by name, or because no other column is left. Reads values
only to distinguish numbers from text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.errors import DataError, UsageError, nearest, visible
from losscli.core.errors import some as some
from losscli.sources.base import Source
from losscli.spec.family import Family, Held, Role
from losscli.spec.shapes import shapes

_ID = re.compile(r"(id|index|key|.*[_ ]id)", re.I)


class RoleColumns:
    """The choice of columns for one run; `guesses` and `notes` record what was not stated by the user.

    keys: (PRED, TARGET) pairs of key columns. by: columns that group the rows. Neither is guessed to fill a role.
    """

    def __init__(
        self,
        family: Family,
        pred: Source,
        target: Source | None,
        wanted: frozenset[str],
        cols: Sequence[str],
        keys: Sequence[tuple[str, str]],
        weights: str | None,
        by: Sequence[str] = (),
    ) -> None:
        self.family, self.pred, self.target, self.wanted = family, pred, target, wanted
        self.keys, self.weights, self.by = keys, weights, set(by)
        self.notes: list[str] = []
        self.guesses: list[str] = []
        self.cols = self._cols(cols)
        self._claimed: set[str] = set()

    def source(self, side: str) -> Source:
        return self.pred if side == "pred" or self.target is None else self.target

    def roles(self, side: str) -> list[Role]:
        """The wanted roles that a side may fill."""
        return [r for r in self.family.roles if r.name in self.wanted and r.side in (side, "any")]

    def _cols(self, texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """--col by role key; `pred.box` and `target.box` select a side if both have the role."""
        found: dict[str, tuple[str, ...]] = {}
        keys = {r.key for r in self.family.roles if r.side != "option"}
        for text in texts:
            role, equals, names = text.partition("=")
            key = role.rpartition(".")[2]
            if not equals or not names:
                raise UsageError(f"--col {visible(text)!r} is not of the form ROLE=NAME[,NAME…]")
            if key not in keys or (role != key and role.partition(".")[0] not in ("pred", "target")):
                raise UsageError(
                    f"{self.family.name} has no role {visible(role)!r}{nearest(key, keys)}",
                    fix=f"its roles are {', '.join(sorted(keys))}",
                )
            if role in found:
                raise UsageError(
                    f"--col {visible(role)} is given twice", fix=f"name several columns with --col {visible(role)}=NAME,NAME"
                )
            found[role] = tuple(names.split(","))
        return found

    def said(self, key: str, side: str) -> bool:
        """Whether --col names the columns of a role on that side."""
        return key in self.cols or f"{side}.{key}" in self.cols

    def _said(self, side: str, role: Role) -> tuple[str, ...] | None:
        """The columns that --col assigns to a role on this side, if the file has them."""
        exact = self.cols.get(f"{side}.{role.key}")
        names = exact or self.cols.get(role.key)
        if names is None:
            return None
        source = self.source(side)
        gone = [n for n in names if n not in source.names]
        if not gone:
            return names
        both = role.side == "any" or any(r.key == role.key and r.side != role.side for r in self.family.roles)
        if both and exact is None and len(gone) == len(names):
            return None
        raise _no_column(source, gone[0])

    def extra(self, side: str, key: str) -> str | None:
        """The column of a side for a role that no loss reads, by --col or by name; None if there is none."""
        source = self.source(side)
        exact = self.cols.get(f"{side}.{key}")
        said = exact or self.cols.get(key)
        role = next(r for r in self.family.roles if r.key == key)
        for name in said or (*role.names, key):
            if name in source.names:
                return name
        if exact:
            raise _no_column(source, exact[0])
        return None

    def side(self, side: str) -> dict[str, tuple[str, ...]]:
        """Maps role names to the columns that fill them on one side; () is a bare array. In a single table, a column taken by one
        side is not guessed for the other."""
        chosen = self._choose(side)
        if self.target is None:
            self._claimed |= {n for names in chosen.values() for n in names}
        return chosen

    def _choose(self, side: str) -> dict[str, tuple[str, ...]]:
        source, roles = self.source(side), self.roles(side)
        said = {r.name: names for r in roles if (names := self._said(side, r)) is not None}
        left = [r for r in roles if r.name not in said]
        if not source.names:
            return {**said, **self._bare(side, source, left)}
        taken = self._taken(side) | {n for names in said.values() for n in names}
        chosen = dict(said)
        if self.family.choose:
            held = Held(source.names, source.is_table, lambda name: source.kind(name) == "U")
            free = self.family.choose(side, held, frozenset(r.name for r in left), frozenset(taken))
            chosen |= free
        named = self._by_name(source, [r for r in left if r.name not in chosen], taken)
        chosen |= named
        taken |= {n for names in chosen.values() for n in names}
        if not any(r.side == side for r in roles if r.name in chosen):
            chosen |= self._rest(source, [r for r in left if r.side == side], taken | self._claimed)
        return chosen

    def _taken(self, side: str) -> set[str]:
        """Columns that are keys or weights, or belong to the other side of a single table."""
        taken = {pair[0 if side == "pred" else 1] for pair in self.keys}
        if self.weights:
            taken.add(self.weights)
        if self.target is None and side == "pred":
            others = [r for r in self.family.roles if r.side == "target"]
            for r in others:
                said = self.cols.get(f"target.{r.key}") or self.cols.get(r.key) or ()
                taken |= set(said or [n for n in r.names if n in self.pred.names][:1])
        return taken

    def _by_name(self, source: Source, roles: list[Role], taken: set[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for r in roles:
            names = (r.key,) if not source.is_table else (*r.names, *(() if r.key in r.names else (r.key,)))
            hit = next((n for n in names if n in source.names and n not in taken), None)
            if hit is not None:
                found[r.name] = (hit,)
            elif source.is_table and (many := self._numbered(source, r.key)):
                found[r.name] = many
        return found

    @staticmethod
    def _numbered(source: Source, key: str) -> tuple[str, ...]:
        """Columns key_0, key_1, … in the order of their numbers."""
        hits = [(int(m[1]), n) for n in source.names if (m := re.fullmatch(re.escape(key) + r"_(\d+)", n))]
        return tuple(n for _, n in sorted(hits))

    def _rest(self, source: Source, roles: list[Role], taken: set[str]) -> dict[str, tuple[str, ...]]:
        """The remaining numeric columns, for the role that takes them."""
        role = next((r for r in roles if r.rest in ("one", "all")), None)
        if role is None:
            return {}
        if not source.is_table:
            left = tuple(n for n in source.names if n not in self.by)
            return {role.name: left} if len(left) == 1 else {}
        numeric = source.numeric()
        free = [n for n in numeric if n not in taken and n not in self.by]
        ids = [n for n in free if is_key(n)]
        free = [n for n in free if n not in ids]
        if not free:
            return {}
        if ids:
            self.guesses.append(f"column {visible(ids[0])} of {visible(source.path)} is not `{role.key}`")
            self.notes.append(
                f"{visible(source.path)}: {some(ids)} treated as a key, not as {role.key} (override with --col {role.key}=…)"
            )
        if role.rest == "one" and len(free) > 1:
            raise DataError(
                f"{visible(source.path)}: cannot choose the column for `{role.key}`: {some(free)} are all numeric",
                fix=f"choose one with --col {role.key}=NAME",
            )
        self.guesses.append(f"`{role.key}` of {visible(source.path)} is {some(free)}")
        if self.target is None and role.side == "target":
            self.notes.append(f"{visible(source.path)}: `{role.key}` read from {some(free)} (override with --col {role.key}=…)")
        return {role.name: tuple(free)}

    def _bare(self, side: str, source: Source, roles: list[Role]) -> dict[str, tuple[str, ...]]:
        if self.target is None and side == "target":
            return {}
        text = source.kind("") == "U" and any(r.text for r in roles)
        shape = (source.text("") if text else source.numbers(())).shape
        if text:
            return {r.name: () for r in roles if r.text and r.side == side}
        if self.family.bare and (names := self.family.bare(side, shape, frozenset(r.name for r in roles))):
            return dict.fromkeys(names, ())
        fits = [r for r in roles if r.side == side and not r.shared and len(shape) + 1 in map(len, shapes(r.shape))]
        if not fits and roles:
            own = [r for r in roles if r.side == side] or roles
            raise DataError(
                f"{visible(source.path)} has the shape {(source.rows, *shape)}; `{own[0].key}` needs {own[0].shape}",
                fix="see `losscli explain LOSS` for what each loss reads",
            )
        return {r.name: () for r in (fits if not shape else fits[:1])}


def _no_column(source: Source, name: str) -> DataError:
    what = f"{visible(source.path)} has no column {visible(name)!r}{nearest(name, source.names)}"
    return DataError(what, fix=f"its columns: {some(source.names)}")


def is_key(name: str) -> bool:
    """Whether a column's name suggests that it identifies rows, rather than being a score, target or dimension."""
    return _ID.fullmatch(name) is not None
