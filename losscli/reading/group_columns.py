"""From the names of --by to the columns that group the rows: text, or whole numbers of an array. Reads no value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, nearest, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns, some

SIDES = ("pred", "target")


def grouped(columns: RoleColumns, names: Sequence[str], pairing: Pairing, same: frozenset[str], strict: bool) -> tuple[Filled, ...]:
    """A text field per name: `COL`, or `pred.COL` and `target.COL` where both files hold one. same: columns equal on both sides.

    Raises UsageError for a name given twice, DataError where there is no such column, or two, or one of the wrong length.
    """
    twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if twice is not None:
        raise UsageError(f"--by {visible(twice)} is given twice", fix="name every column once")
    return tuple(_one(columns, name, pairing, same, strict) for name in names)


def _one(columns: RoleColumns, text: str, pairing: Pairing, same: frozenset[str], strict: bool) -> Filled:
    side, name = _place(columns, text, same)
    if side is None:
        if name != "image_id" or columns.family.sample != "an image":
            raise _unknown(columns, text)
        if strict:
            raise UsageError("--strict refuses what was implied: every image is a group", fix="name a column that groups them")
        columns.notes.append("no image_id: every image is a group, named by its row")
        return Filled(text, "pred", Numbered(columns.pred.path, pairing.pred_rows))
    source = columns.source(side)
    whole = not source.is_table and source.kind(name) == "i"
    field = source.numbers((name,)) if whole else source.text(name)
    if field.shape:
        raise DataError(f"a group needs one value a row, found rows of shape {field.shape}", field.where(0), "save a vector")
    rows = pairing.target_rows if side == "target" and columns.target is not None else pairing.pred_rows
    if field.rows != rows:
        what = f"{field.rows} values of {visible(name)!r} for {rows} rows"
        raise DataError(what, Where(source.path), "an array that groups the rows must be as long as the others")
    return Filled(text, side, field)


def _place(columns: RoleColumns, text: str, same: frozenset[str]) -> tuple[str | None, str]:
    """The side and the column that a name means; None where it is nobody's."""
    held = _holding(columns, text)
    if len(held) > 1 and text not in same:
        what = f"--by {visible(text)}: both {visible(columns.pred.path)} and {visible(columns.source('target').path)} hold it"
        raise DataError(what, fix=f"--by target.{visible(text)} or --by pred.{visible(text)} says which")
    if held:
        return held[0], text
    side, dot, name = text.partition(".")
    if dot and side in SIDES and side in _holding(columns, name, (side,)):
        return side, name
    return None, text


def _holding(columns: RoleColumns, name: str, sides: Sequence[str] = SIDES) -> list[str]:
    """The sides whose file holds a column; a single file is PRED's."""
    found = [side for side in sides if name in columns.source(side).names]
    return found[:1] if columns.target is None else found


def _unknown(columns: RoleColumns, text: str) -> DataError:
    known = list(dict.fromkeys(n for side in SIDES for n in columns.source(side).names))
    what = f"--by {visible(text)}: no column of that name{nearest(text, known)}"
    bare = "an .npy has no columns: save PRED or TARGET as .npz, with the groups beside the others"
    return DataError(what, fix=f"the columns are {some(known)}" if known else bare)


@dataclass(frozen=True)
class Numbered:
    """The rows of a file by their number, counted from 1: every row a group of its own."""

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
