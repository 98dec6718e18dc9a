"""Pairs and triplets given as a list of ids: each row of the list names rows of PRED, whose vectors fill the roles."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, some, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Ints
from losscli.reading.aligned import Filled
from losscli.reading.asked import Reading
from losscli.reading.chosen import undecided
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.key_words import plain, respelled, stems_meet
from losscli.reading.keys import AS_WRITTEN, BY_VALUE, STEMS, Keys, Spelling
from losscli.reading.list_columns import same_column, ways_to_name
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Source
from losscli.sources.columns import missing_column
from losscli.sources.random_access import with_random_access
from losscli.spec import column_names

FORMS = {
    ("anchor", "positive", "negative"): (column_names.ANCHOR_ID, column_names.POSITIVE_ID, column_names.NEGATIVE_ID),
    ("a", "b"): (column_names.FIRST_ID, column_names.SECOND_ID),
}
"""What a row of a list names, with the names of the columns of ids."""
_SPAN = 1 << 16
_SHOWN = 5


@dataclass(frozen=True)
class Listing:
    """How a list names rows of PRED: the roles, the columns of the list that hold their ids, and the column of ids in PRED.
    same: the column that says which pairs match, where neither a name nor --col does."""

    roles: tuple[str, ...]
    columns: tuple[str, ...]
    id: str
    same: str = ""

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Pairs of columns (PRED, list) that hold the same ids."""
        return [(self.id, column) for column in self.columns]

    def without(self, cols: Sequence[str]) -> tuple[str, ...]:
        """The values of --col, without those that name columns of ids, with the column of `same`."""
        left = tuple(text for text in cols if text.partition("=")[0].removeprefix("target.") not in self.roles)
        return (*left, f"same={self.same}") if self.same else left

    @property
    def wanted(self) -> frozenset[str]:
        """The roles that are read from columns: the vectors, and of pairs whether they are of the same class."""
        return frozenset({"embedding", "same"} if self.roles == ("a", "b") else {"embedding"})


def listing(facts: Mapping[str, ColumnFacts], reading: Reading, wanted: frozenset[str]) -> Listing:
    """How TARGET lists rows of PRED. Raises DataError where columns of ids are not found or not certain."""
    roles, columns = _form(facts, reading.cols, wanted)
    said = {text.partition("=")[0].removeprefix("target.") for text in reading.cols}
    reads = roles == ("a", "b") and "same" in wanted and "same" not in said
    apart = (*columns, *reading.beside, *(f.column for f in reading.filters))
    return Listing(roles, columns, _id_of(facts, columns, reading), same_column(facts["target"], apart) if reads else "")


def _form(sides: Mapping[str, ColumnFacts], cols: Sequence[str], wanted: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    facts = sides["target"]
    path = facts.source.path
    for roles, names in FORMS.items():
        found = [_column(facts, role, known, cols) for role, known in zip(roles, names, strict=True)]
        columns = tuple(name for name in found if name is not None)
        if len(columns) < len(roles) or len(set(columns)) < len(roles):
            continue
        if not set(roles) <= wanted:
            what = f"{visible(path)} lists {'pairs' if len(roles) == 2 else 'triplets'}, which no loss of this run reads"
            raise DataError(what, fix="see `losscli explain LOSS` for what each loss reads")
        return roles, columns
    texts = [n for n in facts.names if facts.is_text(n)]
    for roles in FORMS:
        if len(texts) == len(roles) and facts.placed and set(roles) <= wanted:
            return roles, tuple(texts)
    what = f"no columns of ids for pairs (a, b) or triplets (anchor, positive, negative); its columns are {some(facts.names)}"
    raise DataError(what, Where(path), ways_to_name(sides["pred"], facts))


def refuse_list(facts: Mapping[str, ColumnFacts]) -> None:
    """Raise DataError where TARGET is a list of ids of PRED's rows, which --pairs reads."""
    target = facts["target"]
    for names in FORMS.values():
        found = [next((n for n in target.named(known) if not target.numeric(n)), None) for known in names]
        ours = facts["pred"].named(tuple(n for n in found if n))
        if target.source.is_table and None not in found and len(set(found)) == len(found) > len(ours):
            path = visible(target.source.path)
            what = f"{path} lists rows by their ids ({some([n for n in found if n])}), and has no label per row of PRED"
            raise DataError(what, fix=f"read it as a list: --pairs {shlex.quote(path)} in the place of TARGET")


def _column(facts: ColumnFacts, role: str, names: Sequence[str], cols: Sequence[str]) -> str | None:
    """The column of ids for a role: the one that --col names, else the only one with a name of the role."""
    said = next((text.partition("=")[2] for text in cols if text.partition("=")[0] in (role, f"target.{role}")), None)
    if said is not None:
        if said not in facts.names:
            raise missing_column(facts.names, facts.source.path, said)
        return said
    found = facts.named(tuple(names))
    exact = [n for n in found if column_names.fold(n) == role]
    if len(exact or found) > 1:
        raise undecided(facts.source, role, found)
    return next(iter(exact or found), None)


def _id_of(facts: Mapping[str, ColumnFacts], columns: Sequence[str], reading: Reading) -> str:
    """The column of PRED with the ids: that of --key, else the only one in which ids of the list are found."""
    pred, spelling = facts["pred"], STEMS if reading.key_stem else AS_WRITTEN
    if reading.keys:
        if len(reading.keys) > 1:
            raise UsageError("--pairs takes one --key: the column of PRED with the ids", fix="use --key COL once")
        return reading.keys[0]
    if not pred.source.names:
        fix = "save it with its ids as .npz: numpy.savez(path, embedding=array, id=ids)"
        raise DataError("a bare array has no ids that a list could name", Where(pred.source.path), fix)
    known = [n for n in pred.names if pred.kind(n) != "f" or pred.whole(n)]
    ids = [n for n in known if pred.identifies(n) or n in pred.named(column_names.IMAGE_ID)]
    listed = {w for name in columns for w in _spelled(facts["target"].texts(name, FIRST), spelling)}
    met = [n for n in ids or known if not listed.isdisjoint(_cells(pred, n, spelling))]
    found = met or ids
    if len(found) != 1:
        which = f"which of {some(found)} has the ids of the list?" if found else "no column has the ids of the list"
        flags = " or ".join(f"--key {visible(n)}" for n in found[:3]) or "--key COL"
        raise DataError(which, Where(pred.source.path), f"name it with {flags}")
    return found[0]


def _cells(facts: ColumnFacts, name: str, spelling: Spelling) -> set[str]:
    field = facts.source.text(name)
    spans = (field.read(low, min(low + _SPAN, field.rows)) for low in range(0, field.rows, _SPAN))
    return {w for span in spans for w in _spelled(span.tolist(), spelling)}


def _spelled(words: Sequence[object], spelling: Spelling) -> list[str]:
    found = np.array([str(w) for w in words], dtype=object)
    return [str(w) for w in (found if spelling.words is None else spelling.words(found)).tolist()]


@dataclass(frozen=True)
class Given:
    """The roles of a list, each at its own rows of PRED, and the pairing of PRED with the list."""

    filled: list[Filled]
    pairing: Pairing


def given(found: Listing, filled: Sequence[Filled], reading: Reading, columns: RoleColumns, drop: bool) -> Given:
    """The vectors of the rows that a list names. Raises DataError for an id that PRED does not have.

    drop: leave out rows of the list without an id.
    """
    spelling = STEMS if reading.key_stem else AS_WRITTEN
    pred, target = columns.source("pred"), columns.source("target")
    rows = _rows(pred, target, found, spelling, drop)
    note = ""
    if spelling is AS_WRITTEN and any((r < 0).any() for r in rows) and (pair := _respelled(pred, target, found, rows)):
        rows = _rows(pred, target, found, BY_VALUE, drop)
        note = f"ids are compared by value: {visible(pair[0], 40)} is {visible(pair[1], 40)}"
    complete = np.all([r >= 0 for r in rows], axis=0)
    if not complete.all() and reading.missing != "drop":
        raise _unknown(pred, target, found, rows, reading)
    if not complete.any():
        raise DataError("nothing to evaluate: no row of the list names rows of PRED", Where(target.path))
    kept = None if complete.all() else np.flatnonzero(complete)
    rows = [r if kept is None else r[kept] for r in rows]
    vectors = next((f for f in filled if f.role == "embedding"), None)
    if vectors is None:
        fix = f"name its columns with --col embedding=NAME,…; its columns are {some(pred.names)}"
        raise DataError("no column of vectors", Where(pred.path), fix)
    field = with_random_access([vectors.field])[0]
    own = [replace(vectors, role=role, field=field, rows=r) for role, r in zip(found.roles, rows, strict=True)]
    n = len(rows[0])
    lost = len(complete) - n
    pairing = Pairing(field.rows, len(complete), n, target_only=lost, pred_index=rows[0], target_index=kept, listed="list")
    columns.notes += [note] if note else []
    columns.read["pred"]["id"] = found.id
    columns.read["target"].update(zip(found.roles, found.columns, strict=True))
    if unused := field.rows - len(np.unique(np.concatenate(rows))):
        columns.notes.append(f"{unused:,} of {field.rows:,} rows of {visible(pred.path)} are not in the list")
    return Given([*own, *(f for f in filled if f.role != "embedding")], pairing)


def _rows(pred: Source, target: Source, found: Listing, spelling: Spelling, drop: bool) -> list[Ints]:
    """Per role the row of PRED that each row of the list names, -1 where PRED does not have the id."""
    index = Keys(pred, [found.id], spelling).index()
    out = []
    for column in found.columns:
        keys = Keys(target, [column], spelling)
        out.append(np.concatenate([index.find(words) for _, words in keys.spans(drop)]))
    return out


def _lost(target: Source, found: Listing, rows: Sequence[Ints]) -> dict[str, tuple[str, int]]:
    """The ids of the list that PRED does not have, as written, with the first column and row of each, in the order of the list."""
    firsts: dict[str, tuple[str, int]] = {}
    for column, row in sorted((c, int(i)) for c, r in zip(found.columns, rows, strict=True) for i in np.flatnonzero(r < 0)):
        firsts.setdefault(str(target.text(column).read(row, row + 1)[0]), (column, row))
    return dict(sorted(firsts.items(), key=lambda item: item[1][1]))


def _respelled(pred: Source, target: Source, found: Listing, rows: Sequence[Ints]) -> tuple[str, str] | None:
    """An id of each side that are equal only by value, as `1.0` and `1`."""
    ours = [str(w) for w in pred.text(found.id).read(0, pred.rows).tolist()]
    return respelled(ours, _lost(target, found, rows), plain)


def _unknown(pred: Source, target: Source, found: Listing, rows: Sequence[Ints], reading: Reading) -> DataError:
    lost = _lost(target, found, rows)
    column, row = next(iter(lost.values()))
    shown = ", ".join(visible(word, 40) for word in list(lost)[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
    many = "id" if len(lost) == 1 else "ids"
    what = f"{len(lost):,} {many} of the list not among `{visible(found.id)}` of {visible(pred.path)}: {shown}"
    fix = "add their vectors, or leave such rows of the list out with --missing drop"
    ours = [str(w) for w in pred.text(found.id).read(0, pred.rows).tolist()]
    if not reading.key_stem and stems_meet(ours, list(lost)):
        fix = f"--key-stem compares ids without folder and file suffix; or {fix}"
    return DataError(what, target.text(column).where(row), fix)
