"""Finds the columns that --by, --filter and --bins name: text, or numbers of an array. Reads no values."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, nearest, some, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled
from losscli.reading.horizon import CUTOFF, HORIZON, TIME, horizon
from losscli.reading.key_words import plain
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.sources.base import FILE_STEM, Field, MultiFile, Source, declared_of, gather, refuse_unreadable
from losscli.spec.column_names import fold

SIDES = ("pred", "target")
_SPAN = 1 << 16


def refuse_twice(names: Sequence[str]) -> None:
    """Raise UsageError for a repeated name."""
    twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if twice is not None:
        raise UsageError(f"--by {visible(twice)} is given twice", fix="name every column once")


def named(
    columns: RoleColumns,
    option: str,
    text: str,
    pairing: Pairing,
    same: frozenset[str],
    strict: bool,
    numbers: bool = False,
    rest: str = "",
) -> Filled:
    """The column that an option names: `COL`, or `pred.COL` and `target.COL` if both files have it. same: columns equal on both
    sides. numbers: read it as numbers where it looks like them. rest: what follows the column in the option.

    Raises DataError if it is missing, ambiguous or of the wrong length.
    """
    side, name = _place(columns, option, text, pairing, same, rest)
    if side is None and name == HORIZON and (own := _horizon(columns)):
        return Filled(text, *own)
    if side is None:
        if name != "image_id" or columns.family.sample != "an image":
            raise _unknown(columns, option, text, rest)
        if strict:
            raise UsageError("--strict refuses guesses: every image is a group", fix="name a column to group by")
        columns.notes.append("no image_id column: every image is a group, named by its row")
        return Filled(text, "pred", Numbered(columns.pred.path, pairing.pred_rows))
    field = _field(columns.source(side), name, option, numbers)
    if field.shape:
        raise DataError(f"{option} needs one value per row, found rows of shape {field.shape}", field.where(0), "save a vector")
    rows = pairing.target_rows if side == "target" and columns.target is not None else pairing.pred_rows
    if field.rows != rows:
        what = f"{field.rows} values of {visible(name)!r} for {rows} rows"
        raise DataError(what, Where(columns.source(side).path), "save one value per row")
    return Filled(text, side, field)


def _field(source: Source, name: str, option: str, numbers: bool) -> Field:
    """A column as text, integers of an array as they are, and numbers where they are asked for or no group is named after them."""
    kind = source.kind(name)
    if source.is_table:
        return source.numbers((name,)) if numbers and kind != "U" else source.text(name)
    return source.numbers((name,)) if kind == "i" or (option != "--by" and kind != "U") else source.text(name)


def _horizon(columns: RoleColumns) -> tuple[str, Field] | None:
    """The side with both times of a forecast, and their difference."""
    for side in SIDES:
        source = columns.source(side)
        if TIME in source.names and CUTOFF in source.names:
            found, note = horizon(source.text(TIME), source.text(CUTOFF))
            columns.notes += [note] if note else []
            return side, found
    return None


def known_columns(columns: RoleColumns) -> list[str]:
    """Every name that a column can be called by."""
    both = [n for side in SIDES for n in _names(columns.source(side))]
    return list(dict.fromkeys((*both, *(f"{side}.{n}" for side in SIDES for n in _names(columns.source(side))))))


def _names(source: Source) -> tuple[str, ...]:
    """The columns of a source, with that of the names of its files where it has several."""
    files = isinstance(source, MultiFile) or declared_of(source).get("ids") == FILE_STEM
    return (*source.names, FILE_STEM) if files and FILE_STEM not in source.names else source.names


def _place(
    columns: RoleColumns, option: str, text: str, pairing: Pairing, same: frozenset[str], rest: str
) -> tuple[str | None, str]:
    """The side and the column of a name; None if no file has it."""
    held = _holding(columns, text)
    if len(held) > 1 and text not in same and not _equal(columns, text, pairing):
        paths = " and ".join(visible(columns.source(side).path) for side in SIDES)
        what = f"{option} {visible(text)}: both {paths} have this column"
        ways = [f"{option} {quote(visible(f'{side}.{text}{rest}'))}" for side in reversed(SIDES)]
        raise DataError(what, fix=f"use {ways[0]} or {ways[1]}")
    if held:
        return held[0], text
    side, dot, name = text.partition(".")
    if dot and side in SIDES and side in _holding(columns, name, (side,)):
        return side, name
    return None, text


def _equal(columns: RoleColumns, name: str, pairing: Pairing) -> bool:
    """Whether a column of both tables has the same value on both sides of every pair."""
    if columns.target is None or pairing.books is not None or pairing.listed or not columns.pred.is_table:
        return False
    try:
        fields = [columns.pred.text(name), columns.target.text(name)]
    except DataError:
        return False
    if pairing.pred_index is not None or pairing.target_index is not None:
        from losscli.sources.random_access import with_random_access  # late: most rows are read in their order

        fields = with_random_access(fields)
    for start in range(0, pairing.matched, _SPAN):
        rows = np.arange(start, min(start + _SPAN, pairing.matched))
        ours, theirs = (
            gather(field, rows if index is None else np.asarray(index)[rows]).tolist()
            for field, index in zip(fields, (pairing.pred_index, pairing.target_index), strict=True)
        )
        if any(a != b and plain(str(a)) != plain(str(b)) for a, b in zip(ours, theirs, strict=True)):
            return False
    return True


def _holding(columns: RoleColumns, name: str, sides: Sequence[str] = SIDES) -> list[str]:
    """The sides whose file has a column; a single file counts as PRED."""
    found = [side for side in sides if name in _names(columns.source(side))]
    return found[:1] if columns.target is None else found


def _meant(columns: RoleColumns, text: str) -> str:
    """The column of a match that fills the role of a name: `category` for `label` or `class`; empty if none does."""
    keys = [r.key for r in columns.family.roles if fold(text) in map(fold, (r.key, *r.names))]
    found = {columns.read[side][key] for key in keys for side in SIDES if key in columns.read[side]}
    return found.pop() if len(found) == 1 else ""


def _unknown(columns: RoleColumns, option: str, text: str, rest: str) -> DataError:
    meant = _meant(columns, text)
    if meant:
        return DataError(f"{option} {visible(text)}: no column of that name", fix=f"use {option} {quote(visible(meant + rest))}")
    for side in SIDES:
        refuse_unreadable(columns.source(side), text)
    known = list(dict.fromkeys(n for side in SIDES for n in _names(columns.source(side))))
    what = f"{option} {visible(text)}: no column of that name{nearest(text, known)}"
    bare = "an .npy file has no columns: save PRED or TARGET as .npz with an array of groups"
    return DataError(what, fix=f"the columns are {some(known)}" if known else bare)


@dataclass(frozen=True)
class Numbered:
    """The row numbers of a file, counted from 1, so that every row is a group."""

    path: str
    rows: int
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    kind: str = "U"

    def read(self, start: int, stop: int) -> Array:
        return np.array([str(i + 1) for i in range(start, stop)], dtype=object)

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return np.array([str(i + 1) for i in rows.tolist()], dtype=object)

    def where(self, row: int, item: int = 0) -> Where:
        return Where(self.path, row=row + 1)
