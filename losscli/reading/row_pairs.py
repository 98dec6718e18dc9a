"""Pairs rows by key, else by position, unless a column of both sides contradicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.reading.agreement import Agreement, agreement
from losscli.reading.aligned import Filled
from losscli.reading.asked import Reading
from losscli.reading.doubtful_headers import refuse_doubtful_headers
from losscli.reading.keys import AS_WRITTEN, STEMS, DuplicateKey
from losscli.reading.lone_index import LoneIndex, lone_index
from losscli.reading.pairing import Pairing, by_key, unequal
from losscli.reading.parts import refuse_other_files, uneven_parts
from losscli.reading.roles import RoleColumns
from losscli.reading.shared_columns import way_to_pair
from losscli.reading.weights import refuse_short_weights
from losscli.sources.base import Source, declared_of
from losscli.spec.family import Family


class RowPairs:
    """The pairing of one run. agreement: the column that agrees with pairing by position. lone: an index that one side alone has.
    warnings: what speaks against pairing by position. keys: columns of PRED and TARGET. drop: leave rows without a key out."""

    def __init__(self, family: Family, columns: RoleColumns, keys: list[tuple[str, str]], reading: Reading, drop: bool) -> None:
        self.family, self.columns, self.keys, self.reading, self.drop = family, columns, keys, reading, drop
        self.agreement: Agreement | None = None
        self.lone: LoneIndex | None = None
        self.warnings: list[tuple[str, str]] = []

    def paired(self, filled: Sequence[Filled], weight: Filled | None) -> Pairing:
        """The pairs of rows. Raises DataError where a column contradicts them, or sides differ in their rows."""
        rows = {side: self._rows(side, filled) for side in ("pred", "target")}
        target = self.columns.target
        if self.keys:
            self._refuse_unequal([f for f in filled if not f.shared] if target is None else [])
            pairing = self._by_key(target or self.columns.pred)
            found = {"pred": pairing.pred_rows, "target": pairing.target_rows}
            self._refuse_short_keys(found, rows if target is not None else {"pred": rows["pred"]})
        elif target is None:
            self._refuse_unequal([f for f in filled if not f.shared])
            pairing = Pairing(rows["pred"], rows["pred"], rows["pred"])
        else:
            aligned = any(f.side == "target" and not f.shared for f in filled)
            if aligned and self.family.match is not None and not self.reading.by_position:
                from losscli.reading.set_guard import refuse_unequal_sets

                refuse_unequal_sets(self.columns, rows, (self.columns.pred.path, target.path))
            pairing = self._by_position(target, rows["pred"], rows["target"] if aligned else rows["pred"])
        refuse_short_weights(weight, rows)
        if pairing.rows == 0:
            raise DataError("nothing to evaluate: no rows", Where(self.columns.pred.path))
        return pairing

    def _by_key(self, target: Source) -> Pairing:
        asked = self.reading
        try:
            pairing = by_key(
                self.columns.pred,
                target,
                self._own_keys(),
                missing=asked.missing,
                extra=asked.extra,
                spelling=STEMS if asked.key_stem else AS_WRITTEN,
                many=asked.many,
                drop=self.drop,
            )
            self.columns.notes += [pairing.note] if pairing.note else []
            return pairing
        except DuplicateKey as e:
            if self.family.match is None:
                raise
            from losscli.reading.set_guard import explained

            raise explained(self.columns, e, self.keys) from None

    def _by_position(self, target: Source, pred_rows: int, target_rows: int) -> Pairing:
        """Row i with row i, unless a column of both sides contradicts it."""
        facts = self.columns.facts
        used = {side: {n for names in self.columns.side(side).values() for n in names} for side in facts}
        if pred_rows != target_rows:
            paths, arrays = (self.columns.pred.path, target.path), not (self.columns.pred.names and target.names)
            raise unequal(pred_rows, target_rows, paths, way_to_pair(facts, used), arrays=arrays)
        if not self.reading.by_position and self.columns.pred.rows == pred_rows and target.rows == target_rows:
            self.agreement = agreement(facts, used, self._images())
            if self.agreement is not None and (note := self.agreement.respelled(facts)):
                self.columns.notes.append(note)
            self._note_sets()
            if self.agreement is None:
                refuse_other_files(self.columns.pred, target)
                self.lone = lone_index(facts, used)
                self.warnings += uneven_parts(self.columns.pred, target)
            if self.agreement is None and self.lone is None:
                self.columns.notes += refuse_doubtful_headers(facts)
        agrees = "" if self.agreement is None else self.agreement.names[0]
        return Pairing(pred_rows, target_rows, pred_rows, agrees=agrees)

    def _images(self) -> tuple[str, str] | None:
        """The columns of image ids, where rows are boxes that belong to images."""
        if self.family.match is None:
            return None
        from losscli.reading.set_guard import image_columns

        return image_columns(self.columns)

    def _note_sets(self) -> None:
        """Say so where nothing but the image of each box agrees with pairing by position, and images have several boxes."""
        found = self.agreement
        if found is not None and found.sets and not self.columns.facts["pred"].unique(found.names[0]):
            name = visible(found.names[0])
            rotated = declared_of(self.columns.pred).get("rotated")
            how = "" if rotated else "; --match greedy pairs them by overlap"
            self.columns.notes.append(f"`{name}` repeats: boxes of one image pair by position{how}")

    def _own_keys(self) -> list[tuple[str, str]]:
        """The key columns, which must have the same names in both roles of a single table."""
        if self.columns.target is None and any(left != right for left, right in self.keys):
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
                what = f"`{one}` has {mine[0].field.rows} rows, `{two}` has {f.field.rows}"
                raise DataError(what, Where(self.columns.source(f.side).path), "write one value of each for every sample")
