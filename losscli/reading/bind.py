"""Binds two files and the options to Inputs: finds the column or key of every role that the losses may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.reading.agreement import Agreement
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.array_axes import refuse_axes
from losscli.reading.asked import Bindings, Reading
from losscli.reading.column_facts import FIRST, ColumnFacts, facts_of
from losscli.reading.implied import settled
from losscli.reading.labels import label_field, names_note
from losscli.reading.lone_index import LoneIndex
from losscli.reading.named_images import implied_keys, refuse_no_keys
from losscli.reading.numbering import one_numbering
from losscli.reading.pairing import Pairing
from losscli.reading.random_order import in_any_order, looked_up
from losscli.reading.roles import RoleColumns
from losscli.reading.row_pairs import RowPairs
from losscli.reading.swapped import refuse_swapped
from losscli.reading.units import unit_like
from losscli.reading.weights import refuse_short_weights, refuse_two_weights, weights
from losscli.sources.base import Field, MultiFile, Source, declared_of, expect
from losscli.spec.column_names import is_id
from losscli.spec.family import Conventions, Family, Role


def bind(
    family: Family,
    pred: Source,
    target: Source | None,
    wanted: frozenset[str],
    conventions: Conventions,
    reading: Reading,
    pairing: Pairing | None = None,
    keys: tuple[str, ...] | None = None,
    facts: Mapping[str, ColumnFacts] | None = None,
) -> Bindings:
    """Fill every wanted role found in the files, and pair the rows, or use a `pairing` that is known already.

    keys: the columns of PRED behind a known pairing, if they are not those of --key. facts: what is known of the columns. Raises
    DataError or UsageError.
    """
    _refuse_sets(family, pred, target)
    if reading.gallery is not None and target is not None:
        from losscli.reading.gallery import bind_gallery

        found = bind_gallery(family, pred, target, wanted, conventions, reading)
    else:
        found = _Binder(family, pred, target, wanted, conventions, reading, facts).bind(pairing, keys)
    if reading.filters or reading.bins or reading.unit:
        from losscli.reading.slices import sliced

        found = sliced(found, reading)
    if any(source.is_table for source in found.inputs.sources.values()):
        from losscli.reading.total_rows import refuse_totals

        refuse_totals(found.inputs, reading)
    return found


def _refuse_sets(family: Family, *sources: Source | None) -> None:
    """Raise DataError where a family that reads no boxes is given a file of them, whose numbers would be taken for others."""
    if family.match is not None or any(role.rest == "pixels" for role in family.roles):
        return
    found = next((s for s in sources if s is not None and declared_of(s).get("sets")), None)
    if found is not None:
        raise DataError("contains objects of images", Where(found.path), "losscli detect reads their boxes, losscli segment masks")


class _Binder:
    def __init__(
        self,
        family: Family,
        pred: Source,
        target: Source | None,
        wanted: frozenset[str],
        conventions: Conventions,
        reading: Reading,
        facts: Mapping[str, ColumnFacts] | None,
    ) -> None:
        self.family, self.pred, self.target = family, pred, target
        self.wanted, self.conventions = wanted, conventions
        self.reading, implied = settled(reading, family, pred, target)
        _refuse_unclear(conventions.classes)
        self.models: tuple[str, ...] = ()
        self.keys, cols, self.listing = implied_keys(reading, pred, target), reading.cols, None
        refuse_no_keys(self.reading, self.keys)
        if reading.listed is not None:
            from losscli.reading.listed import listing

            facts = facts or facts_of(pred, target)
            self.listing = found = listing(facts, reading, wanted)
            self.keys, self.wanted, cols = found.keys, found.wanted, found.without(cols)
        else:
            if getattr(pred, "quantiles", None) is None:
                refuse_swapped(family, pred, target, cols)
            if target is not None and any(role.rest == "vectors" for role in family.roles):
                from losscli.reading.listed import refuse_list

                facts = facts or facts_of(pred, target)
                refuse_list(facts)
        if reading.forecasts.of and pred.is_table:
            from losscli.reading.forecast_columns import forecast_columns

            facts = facts or facts_of(pred, target)
            cols = (*cols, *forecast_columns(facts["pred"], reading, self.wanted))
        if reading.models:
            from losscli.reading.models import models_of

            facts = facts or facts_of(pred, target)
            self.models = models_of(facts, reading.models, [left for left, _ in self.keys], family)
            cols = (*cols, f"pred={self.models[0]}")
        column = reading.weights if isinstance(reading.weights, str) else None
        self.columns = RoleColumns(family, pred, target, self.wanted, cols, self.keys, column, reading.beside, conventions, facts)
        self.columns.described = reading.described
        self.notes, self.guesses = self.columns.notes, self.columns.guesses
        self.notes += [implied] if implied else []
        if self.listing is not None and (same := self.listing.same):
            self.notes.append(f"`same` read from {visible(same)} (override with --col same=…)")
            self.guesses.append(f"`same` of {visible(self.columns.source('target').path)} is {visible(same)}")
        self.agreement: Agreement | None = None
        self.lone: LoneIndex | None = None
        self.warnings: list[tuple[str, str]] = []

    def bind(self, known: Pairing | None, keys: tuple[str, ...] | None) -> Bindings:
        chosen = {side: self.columns.side(side) for side in ("pred", "target")}
        self._refuse_doubled(chosen)
        if self.family.implied:
            from losscli.reading.box_formats import completed

            self.conventions = completed(self.columns, chosen, self.conventions)
        filled = one_numbering([f for side in ("pred", "target") for f in self._fields(side)], self.reading.allowed)
        if self.reading.described:
            from losscli.reading.pixel_boxes import in_pixels

            filled = in_pixels(self.columns, filled)
        if self.family.fields is not None:
            tables = {side: self._in_rows(side, filled) for side in ("pred", "target")}
            filled, self.conventions, more = self.family.fields(filled, tables, self.conventions)
            self.notes += more
        self._refuse_guesses()
        weight = weights(self.reading.weights, self.pred, self.target)
        names = tuple(left for left, _ in self.keys) if keys is None else keys
        if self.reading.matching is not None and (known is None or self.family.match is None):
            from losscli.reading.lone_boxes import refuse_lone_weights
            from losscli.reading.matching import match

            matched = match(self.family, self.columns, filled, self.conventions, self.reading.matching, self.reading)
            known, names = matched.pairing, matched.keys
            self.warnings += matched.warnings
            refuse_short_weights(weight, {"pred": known.pred_rows, "target": known.target_rows})
            refuse_lone_weights(weight, known)
        if self.listing is not None:
            from losscli.reading.listed import given

            found = given(self.listing, filled, self.reading, self.columns, self.conventions.nonfinite == "drop")
            filled, known, names = found.filled, found.pairing, self.listing.columns
        if known is None:
            rows = RowPairs(self.family, self.columns, self.keys, self.reading, self.conventions.nonfinite == "drop")
            known = rows.paired(filled, weight)
            self.agreement, self.lone, self.warnings = rows.agreement, rows.lone, rows.warnings
        pairing = known
        refuse_two_weights(self.reading.weights, self.pred, self.target, pairing)
        by = self._by(pairing, names, filled)
        if self.models:
            from losscli.reading.models import stacked

            filled, pairing, by = stacked(self.columns, filled, pairing, by, self.models, self.agreement or self.lone)
            self.agreement = self.lone = None
        if sides := looked_up(pairing):
            filled, weight, by = in_any_order(filled, weight, by, sides)
        agreeing = None if self.agreement is None else self.agreement.names
        left = {s: self.columns.left_out(s, agreeing and agreeing[i]) for i, s in enumerate(("pred", "target"))}
        guard = (self.agreement or self.lone) if pairing.rows > FIRST else None
        if pairing.rows > FIRST:
            expect((f.field for f in filled if not f.shared), guard.fields if guard else ())
        return Bindings(
            Inputs(
                self.family,
                self.pred,
                self.target,
                tuple(filled),
                pairing,
                names,
                "pred" if self.listing is None else "target",
                weight,
                agreement=guard,
                set_columns=self.columns.read,
                models=self.models,
                left_out=left if self.target is not None else {"pred": left["pred"]},
                by=by,
                unit_like="" if self.reading.unit_given else unit_like(self.columns, self._same(names)),
            ),
            self.conventions,
            tuple(self.notes),
            tuple(self.guesses),
            tuple(self.warnings),
        )

    def _refuse_guesses(self) -> None:
        """With --strict, raise UsageError if anything was guessed, naming the options that state it."""
        flags = {"`": "--col ROLE=NAME", "box": "--box-format FORMAT"}
        said = [flag for start, flag in flags.items() if any(g.startswith(start) for g in self.guesses)]
        if self.reading.matching is not None and self.reading.implied is not None:
            self.guesses.append("boxes pair by overlap")
            said.append("--match greedy")
        if self.target is not None and not self.keys and self.reading.matching is None and not self.reading.by_position:
            self.guesses.append("rows pair by position")
            said += ["--key COL", "--pair position"]
        if self.reading.strict and self.guesses:
            raise UsageError(f"--strict refuses guesses: {'; '.join(self.guesses)}", fix=f"state them with {' or '.join(said)}")

    # --- the fields

    def _fields(self, side: str) -> list[Filled]:
        chosen, words = self.columns.side(side), self._words()
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
            if role.text:
                self.notes += names_note(source, words if own else ())
                field = label_field(source, names, words if own else (), numbered and own)
            elif role.binary and len(names) < 2 and source.kind(*names or ("",)) == "U":
                from losscli.reading.yes_no import YesNo

                field = YesNo(source.text(*names or ("",)))
            else:
                field = _numbers(source, names, role.shared)
            if names and not source.is_table:
                refuse_axes(source, field, role)
            parts = len(sharing) > 1 and names == () and field.shape != () and split and side == "pred"
            out.append(Filled(name, side, field, sharing.index(name) if parts else None, role.shared))
        return out

    def _in_rows(self, side: str, filled: Sequence[Filled]) -> bool:
        """Whether each row of a side is a sample for certain: of a table, or of arrays beside as many ids."""
        source = self.columns.source(side)
        if source.is_table:
            return True
        ids = {source.text(name).rows for name in source.names if is_id(name) and source.kind(name) != "f"}
        return any(f.field.rows in ids for f in filled if f.side == side)

    def _numbers_classes(self, role: Role) -> bool:
        """Whether this role fixes the order of the classes: the scores, or the rows of a file of class weights."""
        scored = role.key == "scores" and role.name in self.columns.chosen["pred"]
        return scored or (role.side == "option" and getattr(self.conventions, role.name) is not None)

    def _words(self) -> tuple[str, ...]:
        """The classes in order: --classes, or those that PRED's columns are named after; empty where they are 0, 1, …"""
        return self.conventions.classes or self.columns.words()

    # --- weights, pairs

    def _by(self, pairing: Pairing, keys: tuple[str, ...], filled: Sequence[Filled]) -> tuple[Filled, ...]:
        """The columns that group and filter the rows. keys: the columns of PRED that paired the rows."""
        if not self.reading.beside and not self.reading.filters and not self.reading.unit:
            return ()
        from losscli.reading.slice_columns import slice_columns

        return slice_columns(self.columns, self.reading, pairing, self._same(keys), filled, self.conventions)

    def _same(self, keys: tuple[str, ...]) -> frozenset[str]:
        """The columns that are equal on both sides. keys: the columns of PRED that paired the rows."""
        same = {left for left, right in self.keys if left == right} if self.keys else set(keys)
        if self.agreement is not None and len(set(self.agreement.names)) == 1:
            same.add(self.agreement.names[0])
        return frozenset(same)

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


def _numbers(source: Source, names: tuple[str, ...], shared: bool) -> Field:
    return source.common(names) if shared and isinstance(source, MultiFile) else source.numbers(names)


def _refuse_unclear(classes: Sequence[str]) -> None:
    if len(set(classes)) < len(classes) or "" in classes:
        raise UsageError(f"--classes {visible(','.join(classes))}: an empty or duplicate name", fix="name every class once")
