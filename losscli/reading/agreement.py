"""Whether rows may pair by position: not where both files tell their rows apart by one column and the order differs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.key_words import plain, plain_words, stems_meet
from losscli.reading.pairing import by_key
from losscli.reading.shared_columns import jointly, rank, same, shared
from losscli.sources.base import Field, same_cells
from losscli.sources.packed_keys import KeyIndex, pack
from losscli.spec.column_names import is_id, is_index, is_time

_SPAN = 1 << 16
_INSIST = "--pair position"
MATCH = "use --match greedy to pair the boxes of each image"


@dataclass(frozen=True)
class Agreement:
    """A column that both sides have: rows pair by position as long as it is equal in every row."""

    names: tuple[str, str]
    pred: Field
    target: Field
    certain: bool
    """Whether its name says that it identifies the rows."""
    sets: bool = False
    """Whether it is the image of a box, of which an image may have several."""

    def respelled(self, facts: Mapping[str, ColumnFacts]) -> str:
        """Says that the first rows agree by value only; empty where they agree as they are written."""
        ours, theirs = (facts[side].texts(name, FIRST) for side, name in zip(("pred", "target"), self.names, strict=True))
        pair = next(((a, b) for a, b in zip(ours, theirs, strict=False) if a.strip() != b.strip()), None)
        if pair is None:
            return ""
        return f"{visible(self.names[0], 40)} is compared by value: {visible(pair[0], 40)} is {visible(pair[1], 40)}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """What `check` reads."""
        return self.pred, self.target

    def check(self, start: int, stop: int) -> None:
        """Raise DataError at the first of these rows that the two sides tell apart."""
        if same_cells(self.pred, self.target, start, stop):
            return
        row = _first_difference(self.pred, self.target, start, stop)
        if row is not None and (found := _contradiction(self, row)) is not None:
            raise found


def agreement(
    facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]], images: tuple[str, str] | None = None
) -> Agreement | None:
    """The column of both sides that speaks for pairing by position, to be checked row by row; None if they share none.

    used: the columns of each side that fill roles. images: the columns of the images of boxes.
    Raises DataError where the first rows contradict position already.
    """
    best: Agreement | None = None
    repeats: Agreement | None = None
    ranked = sorted((pair for pair in shared(facts, used) if pair != images), key=lambda pair: rank(facts["pred"], pair))
    for names in ranked if images is None else [*(p for p in ranked if is_id(p[0])), images, *ranked]:
        found = _agreement(facts, names, names == images)
        if found is None:
            continue
        ours, theirs = (facts[side].texts(name, FIRST) for side, name in zip(("pred", "target"), names, strict=True))
        if found.certain and not (ours and theirs):
            _refuse_unreadable(found)
        row = _different(ours, theirs) if ours and theirs else None
        if row is None:
            if not found.sets and _repeats(facts, names):  # the rows of one series agree, whatever their order within it
                repeats = repeats or found
            elif best is None and not (is_index(names[0]) and not found.certain):
                best = found
        elif best is None and (error := _contradiction(found, row)) is not None:
            raise (None if found.sets else _jointly(facts, used)) or error
    if best is None and (error := _jointly(facts, used)) is not None:
        raise error
    return best or repeats


def _refuse_unreadable(found: Agreement) -> None:
    """Raise the DataError of ids whose first cells cannot be read."""
    try:
        for field in found.fields:
            field.read(0, min(FIRST, field.rows))
    except DataError as e:
        raise DataError(e.what, e.where, f"{e.fix}, or use {_INSIST} to leave the column unread") from None


def _repeats(facts: Mapping[str, ColumnFacts], names: tuple[str, str]) -> bool:
    """Whether a column that agrees has values that occur in several rows."""
    return not any(facts[side].unique(name) for side, name in zip(("pred", "target"), names, strict=True))


def _jointly(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> DataError | None:
    """The error of rows that several columns together tell apart, all of them the same on both sides but in another order."""
    ours, theirs = facts["pred"], facts["target"]
    pairs = jointly(facts, used)
    cells = [(ours.texts(a, FIRST), theirs.texts(b, FIRST)) for a, b in pairs]
    if len(pairs) < 2 or all(list(map(plain, a)) == list(map(plain, b)) for a, b in cells):
        return None
    if any(len(set(rows)) < len(rows) for rows in (list(zip(*side, strict=True)) for side in zip(*cells, strict=True))):
        return None
    try:
        found = by_key(ours.source, theirs.source, pairs, missing="drop", extra="drop")
    except DataError:
        return None
    if found.matched < found.pred_rows or found.matched < found.target_rows:
        return None
    names = ", ".join(visible(a, 40) for a, _ in pairs)
    what = f"{visible(ours.source.path)} and {visible(theirs.source.path)} have the same {names} in another order"
    keys = " ".join(f"--key {shlex.quote(a if a == b else f'{a}={b}')}" for a, b in pairs)
    return DataError(what, fix=f"use {keys}, or {_INSIST} if that is meant")


def _agreement(facts: Mapping[str, ColumnFacts], names: tuple[str, str], sets: bool) -> Agreement | None:
    """The shared column, if it identifies rows: by its name, as whole numbers that are unique in the first rows of both sides, or
    as text that is unique on one, where a row may have been doubled on the other."""
    certain = sets or (is_id(names[0]) and same(names[0]) == same(names[1]))
    sides = [(facts["pred"], names[0]), (facts["target"], names[1])]
    if any(not h.source.is_table and h.source.kind(n) == "f" for h, n in sides):
        return None
    if any(h.numeric(n) and not h.whole(n) for h, n in sides):
        return None
    text = not any(h.numeric(n) for h, n in sides)
    if not certain and not (any if text else all)(h.unique(n) for h, n in sides):
        return None
    try:
        pred, target = (h.source.text(n) for h, n in sides)
    except DataError:
        return None
    return None if pred.shape or target.shape or pred.rows != target.rows else Agreement(names, pred, target, certain, sets)


def _first_difference(pred: Field, target: Field, start: int, stop: int) -> int | None:
    """The first row whose cells differ by value (`1.0` is `1`, a time in two spellings is one, blanks around text do not count), or
    where both are empty."""
    row = _different(*([str(x) for x in f.read(start, stop).tolist()] for f in (pred, target)))
    return None if row is None else start + row


def _different(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    pairs = enumerate(zip(ours, theirs, strict=True))
    return next((i for i, (a, b) in pairs if (a != b and plain(a) != plain(b)) or not a.strip()), None)


def _contradiction(found: Agreement, row: int) -> DataError | None:
    """The error of two sides whose rows are not in one order; None where the column does not tell rows apart after all."""
    ours, theirs = (str(f.read(row, row + 1)[0]) for f in (found.pred, found.target))
    paths = [visible(f.where(row).path) for f in (found.pred, found.target)]
    name, one = visible(found.names[0], 60), found.names[0] == found.names[1]
    key = shlex.quote(found.names[0] if one else "=".join(found.names))
    if found.certain and not (ours.strip() and theirs.strip()):
        where = (found.target if ours.strip() else found.pred).where(row)
        return DataError("a missing id", where, f"fill it, or pair the rows as they stand with {_INSIST}")
    what = f"row {row + 1} is {name} {visible(ours, 40)} in {paths[0]} and {visible(theirs, 40)} in {paths[1]}"
    doubled = [_twice(field) for field in (found.pred, found.target)]
    twice = next(filter(None, doubled), None)
    alike = same(found.names[0]) == same(found.names[1])
    if twice is not None and not alike and not found.sets:
        return None
    if twice is not None:
        if not found.certain and all(doubled):
            return None
        if found.sets:
            return DataError(what, fix=f"{MATCH}, or {_INSIST} if that is meant")
        return DataError(f"{what}; {twice}", fix=f"remove the duplicate and use --key {key}, or use {_INSIST} if that is meant")
    common = _common(found)
    times = common and all(map(is_time, found.names))
    if (is_index(found.names[0]) or not (alike or times)) and not found.sets and common < found.pred.rows:
        return None
    if common == found.pred.rows:
        return DataError(f"{what}: the same values in another order", fix=f"use --key {key}, or {_INSIST} if that is meant")
    counted = f"{what}; {common:,} of {found.pred.rows:,} values are on both sides"
    if not common and (stems := _stems(found)):
        return DataError(f"{what}: {stems}", fix=f"use --key {key} --key-stem, or {_INSIST} if that is meant")
    by_key = f"use --key {key} --missing drop --extra drop to pair those, or " if common else ""
    return DataError(counted, fix=f"{by_key}{'' if common else 'use '}{_INSIST} if that is meant")


def _stems(found: Agreement) -> str:
    """What to say of ids that differ in their folder or file suffix only; empty where they differ otherwise."""
    ours, theirs = ([str(x) for x in f.read(0, min(FIRST, f.rows)).tolist()] for f in (found.pred, found.target))
    return "the same without folder and file suffix" if stems_meet(ours, theirs) else ""


def _twice(field: Field) -> str | None:
    """The first duplicate of a side, in words; None where each value is there once."""
    again = _index(field)[1]
    if again is None:
        return None
    row, first = again
    value = visible(str(field.read(row, row + 1)[0]), 40)
    return f"{visible(field.where(row).path)} has {value} in rows {first + 1} and {row + 1}"


def _index(field: Field) -> tuple[KeyIndex, tuple[int, int] | None]:
    index = KeyIndex(field.rows)
    for start in range(0, field.rows, _SPAN):
        index.put(start, pack(plain_words(field.read(start, min(start + _SPAN, field.rows)))))
    return index, index.close()


def _common(found: Agreement) -> int:
    """How many values of PRED are in TARGET too."""
    index, _ = _index(found.target)
    spans = range(0, found.pred.rows, _SPAN)
    hits = (index.find(pack(plain_words(found.pred.read(s, min(s + _SPAN, found.pred.rows))))) for s in spans)
    return sum(int((h >= 0).sum()) for h in hits)
