"""Binds two files and the options to Inputs: finds the column or key of every role that the losses may read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.core.errors import DataError, UsageError, Where, nearest, visible
from losscli.core.records import dataclass, replace
from losscli.reading.aligned import Filled, Inputs, key_columns
from losscli.reading.labels import label_field
from losscli.reading.pairing import DuplicateKey, Pairing, by_key, by_position
from losscli.reading.roles import RoleColumns, some
from losscli.sources.base import Field, MultiFile, Source
from losscli.sources.random_access import with_random_access
from losscli.spec.family import Conventions, Family, Role

if TYPE_CHECKING:
    from losscli.spec.matching import Matching


_FEW = 4
"""If fewer than one row in this many is needed, the rows between are not read."""


@dataclass(frozen=True)
class Reading:
    """How to read and pair the files, as the user requested."""

    keys: tuple[str, ...] = ()
    missing: str = "error"
    extra: str = "error"
    cols: tuple[str, ...] = ()
    weights: str | Source | None = None
    strict: bool = False
    matching: Matching | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bindings:
    """The result of binding: the inputs, the conventions completed from column names, and notes for the user."""

    inputs: Inputs
    conventions: Conventions
    notes: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()


def bind(
    family: Family,
    pred: Source,
    target: Source | None,
    wanted: frozenset[str],
    conventions: Conventions,
    reading: Reading,
    pairing: Pairing | None = None,
    keys: tuple[str, ...] | None = None,
) -> Bindings:
    """Fill every wanted role found in the files, and pair the rows, or use a `pairing` that is known already.

    keys: the columns of PRED behind a known pairing, if they are not those of --key.

    Raises DataError or UsageError naming the problem.
    """
    return _Binder(family, pred, target, wanted, conventions, reading).bind(pairing, keys)


class _Binder:
    def __init__(
        self,
        family: Family,
        pred: Source,
        target: Source | None,
        wanted: frozenset[str],
        conventions: Conventions,
        reading: Reading,
    ) -> None:
        self.family, self.pred, self.target = family, pred, target
        self.wanted, self.conventions, self.reading = wanted, conventions, reading
        self.keys = key_columns(reading.keys)
        column = reading.weights if isinstance(reading.weights, str) else None
        self.columns = RoleColumns(family, pred, target, wanted, reading.cols, self.keys, column, _bare_names(reading.by))
        self.notes, self.guesses = self.columns.notes, self.columns.guesses

    def bind(self, known: Pairing | None, keys: tuple[str, ...] | None) -> Bindings:
        self._refuse_swapped()
        chosen = {side: self.columns.side(side) for side in ("pred", "target")}
        self._refuse_doubled(chosen)
        if self.family.implied:
            from losscli.reading.box_formats import completed

            self.conventions = completed(self.columns, chosen, self.conventions)
        filled = [f for side in ("pred", "target") for f in self._fields(side, chosen)]
        if self.family.fields is not None:
            tables = {side: self.columns.source(side).is_table for side in ("pred", "target")}
            filled, self.conventions, more = self.family.fields(filled, tables, self.conventions)
            self.notes += more
        if self.target is not None and not self.keys and self.reading.matching is None:
            self.guesses.append("rows pair by position")
        if self.reading.strict and self.guesses:
            raise UsageError(
                f"--strict refuses guesses: {'; '.join(self.guesses)}", fix="state them with --col, --box-format or --key"
            )
        weight = self._weight()
        names = tuple(left for left, _ in self.keys) if keys is None else keys
        if self.reading.matching is not None and (known is None or self.family.match is None):
            from losscli.reading.matching import match

            matched = match(self.family, self.columns, filled, self.conventions, self.reading.matching)
            known, names = matched.pairing, matched.keys
            _refuse_short_weights(weight, {"pred": known.pred_rows, "target": known.target_rows})
        pairing = known or self._pair(filled, weight)
        by = self._by(pairing, names)
        if sides := _looked_up(pairing):
            filled, weight, by = _in_any_order(filled, weight, by, sides)
        return Bindings(
            Inputs(self.family, self.pred, self.target, tuple(filled), pairing, names, weight, by=by),
            self.conventions,
            tuple(self.notes),
            tuple(self.guesses),
        )

    # --- the fields

    def _fields(self, side: str, sides: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[Filled]:
        chosen, classes = sides[side], self._classes(sides["pred"])
        numbered = any(self._numbers_classes(r) for r in self.family.roles if r.name in self.wanted)
        source = self.columns.source(side)
        out = []
        sharing = [n for n, names in chosen.items() if names == ()]
        split = self.target is not None or side == "pred"
        for name, names in chosen.items():
            role = self.family.role(name)
            if role.side == "any" and side == "target" and self.target is None:
                continue
            own = role.side != "any"  # names of batches or images are not classes
            known = classes if own else ()
            field = label_field(source, names, known, numbered and own) if role.text else _numbers(source, names, role.shared)
            parts = len(sharing) > 1 and names == () and field.shape != () and split and side == "pred"
            out.append(Filled(name, side, field, sharing.index(name) if parts else None, role.shared))
        return out

    def _numbers_classes(self, role: Role) -> bool:
        """Whether this role fixes the order of the classes: the scores, or the rows of a file of class weights."""
        return role.key == "scores" or (role.side == "option" and getattr(self.conventions, role.name) is not None)

    def _classes(self, chosen: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """--classes, or the names of PRED's score columns. Raises UsageError if both name the classes in different orders."""
        said = self.conventions.classes
        if len(set(said)) < len(said) or "" in said:
            raise UsageError(f"--classes {visible(','.join(said))}: an empty or duplicate name", fix="name every class once")
        scores = next((r.name for r in self.family.roles if r.key == "scores" and r.side == "pred"), "")
        names = chosen.get(scores, ()) if self.pred.is_table else ()
        if len(names) < 2:
            return said
        moved = next((c for i, c in enumerate(said) if c in names and names.index(c) != i), None)
        if moved is not None:
            raise UsageError(
                f"{visible(moved)!r} is class {said.index(moved) + 1} in --classes but column {names.index(moved) + 1} of "
                f"{visible(self.pred.path)}: {some(names)}",
                fix=f"omit --classes, or reorder the columns with --col scores={','.join(map(visible, said))}",
            )
        return said or names

    # --- weights, pairs

    def _weight(self) -> Filled | None:
        name = self.reading.weights
        if name is None:
            return None
        if not isinstance(name, str):
            return _one_each(Filled("weight", "pred", name.numbers(name.names)))
        for side, source in (("pred", self.pred), ("target", self.target)):
            if source is not None and name in source.names:
                return _one_each(Filled("weight", side, source.numbers((name,))))
        source = self._weight_file(name)
        if len(source.names) > 1:
            raise DataError(
                f"{visible(name)} has {len(source.names)} columns ({some(source.names)}); a file of weights must have one",
                fix="add the weights to PRED or TARGET and name the column: --weights COL",
            )
        return _one_each(Filled("weight", "pred", source.numbers(source.names)))

    def _by(self, pairing: Pairing, keys: tuple[str, ...]) -> tuple[Filled, ...]:
        """The columns that group the rows. keys: the columns of PRED that paired the rows."""
        if not self.reading.by:
            return ()
        from losscli.reading.group_columns import grouped

        same = {left for left, right in self.keys if left == right} if self.keys else set(keys)
        return grouped(self.columns, self.reading.by, pairing, frozenset(same), self.reading.strict)

    def _weight_file(self, name: str) -> Source:
        from losscli.sources import TextFormat, is_pattern, is_url, open_source

        if os.path.exists(name) or is_pattern(name) or is_url(name):
            return open_source(name, TextFormat(header="auto", comment="#"))
        known = list(dict.fromkeys(n for s in (self.pred, self.target) if s is not None for n in s.names))
        raise DataError(
            f"--weights {visible(name)} is neither a file nor a column{nearest(name, known)}",
            fix=f"the columns are {some(known)}" if known else "give a .npy or .csv file with a number per row",
        )

    def _pair(self, filled: Sequence[Filled], weight: Filled | None) -> Pairing:
        rows = {side: self._rows(side, filled) for side in ("pred", "target")}
        target = self.target
        if self.keys:
            pairing = self._by_key(target or self.pred)
            found = {"pred": pairing.pred_rows, "target": pairing.target_rows}
            self._refuse_short_keys(found, rows if target is not None else {"pred": rows["pred"]})
        elif target is None:
            self._refuse_unequal([f for f in filled if not f.shared])
            pairing = Pairing(rows["pred"], rows["pred"], rows["pred"])
        else:
            aligned = any(f.side == "target" and not f.shared for f in filled)
            paths = self.pred.path, target.path
            if aligned and self.family.match is not None:
                from losscli.reading.set_guard import refuse_sets

                refuse_sets(self.columns, rows, paths)
            pairing = by_position(rows["pred"], rows["target"] if aligned else rows["pred"], paths)
        _refuse_short_weights(weight, rows)
        if pairing.rows == 0:
            raise DataError("nothing to evaluate: no rows", Where(self.pred.path))
        return pairing

    def _by_key(self, target: Source) -> Pairing:
        try:
            return by_key(self.pred, target, self._own_keys(), missing=self.reading.missing, extra=self.reading.extra)
        except DuplicateKey as e:
            if self.family.match is None:
                raise
            from losscli.reading.set_guard import explained

            raise explained(self.columns, e, self.keys) from None

    def _own_keys(self) -> list[tuple[str, str]]:
        """The key columns, which must have the same names in both roles of a single table."""
        if self.target is None and any(left != right for left, right in self.keys):
            raise UsageError("--key LEFT=RIGHT needs two files", fix="use --key COL")
        return self.keys

    def _refuse_short_keys(self, found: Mapping[str, int], rows: Mapping[str, int]) -> None:
        for side, n in rows.items():
            if found[side] != n:
                source = self.columns.source(side)
                raise DataError(f"{found[side]} keys for {n} rows", Where(source.path), "save one key per row")

    def _rows(self, side: str, filled: Sequence[Filled]) -> int:
        mine = [f for f in filled if f.side == side and not f.shared]
        self._refuse_unequal(mine)
        return mine[0].field.rows if mine else self.columns.source(side).rows

    def _refuse_unequal(self, mine: Sequence[Filled]) -> None:
        """Raise DataError where the roles of one source differ in their rows."""
        for f in mine[1:]:
            if f.field.rows != mine[0].field.rows:
                one, two = self.family.role(mine[0].role).key, self.family.role(f.role).key
                path = visible(self.columns.source(f.side).path)
                raise DataError(f"{path}: `{one}` has {mine[0].field.rows} rows, `{two}` has {f.field.rows}")

    def _refuse_swapped(self) -> None:
        """Raise DataError if the column names belong to the other side."""
        if self.target is None or self.reading.cols or not (self.pred.names and self.target.names):
            return
        ours, theirs = self._names_of("pred"), self._names_of("target")
        here, there = set(self.pred.names), set(self.target.names)
        wrong, right = (theirs - ours) & (here - there), (ours - theirs) & (there - here)
        alone = wrong and not ours & here and not theirs & there and not self.family.implied
        if (wrong and right) or "score" in right or alone:
            held = [(self.target.path, right), (self.pred.path, wrong)]
            told = ", ".join(f"{visible(path)} has {some(sorted(names))}" for path, names in held if names)
            raise DataError(
                f"PRED and TARGET look swapped: {told}",
                fix="give PRED first and TARGET second, or confirm the columns with --col ROLE=NAME",
            )

    def _refuse_doubled(self, chosen: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """Raise DataError if a column of a single file fills a role of both sides, as it would be compared with itself."""
        if self.target is not None or self.reading.matching is not None:
            return
        for name, columns in chosen["target"].items():
            role = self.family.role(name)
            ours = next((n for n, names in chosen["pred"].items() if n != name and set(names) & set(columns)), None)
            if role.side == "target" and ours is not None:
                mine = self.family.role(ours)
                raise DataError(
                    f"{some(columns)} would fill both `{mine.key}` of PRED and `{role.key}` of TARGET",
                    Where(self.pred.path),
                    f"name the columns of the truth with --col target.{role.key}=NAME,…, or give TARGET as a second file",
                )

    def _names_of(self, side: str) -> set[str]:
        names = {n for r in self.family.roles if r.side == side for n in (r.key, *r.names)}
        return names | {"score", "scores"} if side == "pred" and self.family.implied else names


def _refuse_short_weights(weight: Filled | None, rows: Mapping[str, int]) -> None:
    if weight is not None and weight.field.rows != rows[weight.side]:
        fix = "give one weight per row, in the order of the rows; 0 excludes a row"
        raise DataError(f"{weight.field.rows} weights for {rows[weight.side]} rows", Where(weight.field.where(0).path), fix)


def _one_each(weight: Filled) -> Filled:
    """The weights, which must be one number per row."""
    if weight.width != 1:
        what = f"weights of shape {(weight.field.rows, *weight.field.shape)}: {weight.width} numbers per row"
        raise DataError(what, Where(weight.field.where(0).path), "save one number per row, an array of shape (n,)")
    return weight


def _numbers(source: Source, names: tuple[str, ...], shared: bool) -> Field:
    return source.common(names) if shared and isinstance(source, MultiFile) else source.numbers(names)


def _looked_up(pairing: Pairing) -> frozenset[str]:
    """The sides whose rows are read out of order, or sparsely."""
    sides = (("pred", pairing.pred_index, pairing.pred_rows), ("target", pairing.target_index, pairing.target_rows))
    return frozenset(
        side
        for side, index, rows in sides
        if index is not None and len(index) and ((index[1:] < index[:-1]).any() or _FEW * len(index) < rows)
    )


def _in_any_order(
    filled: Sequence[Filled], weight: Filled | None, by: Sequence[Filled], sides: frozenset[str]
) -> tuple[list[Filled], Filled | None, tuple[Filled, ...]]:
    """The inputs with the fields of these sides made random access."""
    every = [*filled, *by, *([] if weight is None else [weight])]
    found = [i for i, f in enumerate(every) if f.side in sides and not f.shared]
    for i, field in zip(found, with_random_access([every[i].field for i in found]), strict=True):
        every[i] = replace(every[i], field=field)
    n = len(filled)
    return every[:n], None if weight is None else every[-1], tuple(every[n : n + len(by)])


def _bare_names(by: Sequence[str]) -> list[str]:
    """The columns that --by may name: `target.site` is `site` of TARGET."""
    return [name for text in by for name in (text, text.removeprefix("pred.").removeprefix("target."))]
