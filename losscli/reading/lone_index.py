"""An index that one side alone has: rows do not pair by position where it counts all of them, but in another order."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.numerics.exact_integers import LIMIT
from losscli.numerics.stable import Array, Bools
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.key_words import plain
from losscli.sources.base import Field
from losscli.spec.column_names import is_index

_SPAN = 1 << 16


@dataclass(frozen=True)
class LoneIndex:
    """A column that counts the rows of one side in order, as far as it was read. first: the number of the first row; other: the
    file of the other side; key, facing: the --key with its only index, and that column."""

    field: Field
    first: int
    other: str
    key: str = ""
    facing: Field | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """What `check` reads."""
        return (self.field,)

    def check(self, start: int, stop: int) -> None:
        """Raise DataError at the first of these rows that is out of order, if all of them together are in order."""
        numbers = _whole(self.field.read(start, stop))
        expected = np.arange(start, stop) + self.first
        if numbers is None or not np.array_equal(numbers, expected):
            row = start if numbers is None else start + int(np.argmax(numbers != expected))
            if _counts_all(self.field, self.first):
                raise self._out_of_order(row)

    def _out_of_order(self, row: int) -> DataError:
        cell = visible(plain(str(self.field.read(row, row + 1)[0])), 40)
        what = f"an index in another order ({cell} where {row + self.first} is next), and no column of {self.other} agrees with it"
        way = f"save {self.other} with its index too"
        if self.facing is not None and self.facing.rows == self.field.rows and _counts_all(self.facing, self.first):
            way = f"use --key {self.key}"
        fix = f"{way}, or use --pair position if the rows correspond as they are"
        return DataError(what, self.field.where(row), fix)


def lone_index(facts: Mapping[str, ColumnFacts], used: Mapping[str, set[str]]) -> LoneIndex | None:
    """The index of one side, to be checked row by row, where nothing shows that rows correspond. used: the columns that fill roles.

    Raises DataError where its first rows are out of order already.
    """
    for side, other in (("pred", "target"), ("target", "pred")):
        for name in facts[side].names:
            if is_index(name) and name not in used[side] and facts[side].source.is_table:
                found = _counting(facts[side], name, facts[other])
                if found is not None:
                    return found
    return None


def _counting(facts: ColumnFacts, name: str, other: ColumnFacts) -> LoneIndex | None:
    """The column, if its first rows may count the rows from 0 or from 1."""
    numbers = _whole(np.array(facts.texts(name, FIRST), dtype=object))
    if numbers is None or len(numbers) < 2:
        return None
    field = facts.source.numbers((name,)) if facts.numeric(name) else facts.source.text(name)
    theirs = [n for n in other.names if is_index(n)]
    key = shlex.quote("=".join((name, *theirs)))
    facing = other.source.text(theirs[0]) if len(theirs) == 1 else None
    for first in (0, 1):
        at = numbers - first
        if at.min() < 0 or at.max() >= field.rows or len(np.unique(at)) < len(at):
            continue
        found = LoneIndex(field, first, visible(other.source.path), key, facing)
        found.check(0, len(numbers))
        if np.array_equal(at, np.arange(len(at))):
            return found
    return None


def _counts_all(field: Field, first: int) -> bool:
    """Whether a column has each number from the first on once."""
    seen = np.zeros(field.rows, bool)
    return all(_marked(seen, field, first, start) for start in range(0, field.rows, _SPAN))


def _marked(seen: Bools, field: Field, first: int, start: int) -> bool:
    """Whether the numbers of a span are new and counted; they are marked as seen."""
    numbers = _whole(field.read(start, min(start + _SPAN, field.rows)))
    if numbers is None:
        return False
    at = numbers - first
    if at.min() < 0 or at.max() >= len(seen) or seen[at].any() or len(np.unique(at)) < len(at):
        return False
    seen[at] = True
    return True


def _whole(cells: Array) -> Array | None:
    """Cells as whole numbers; None where one is something else."""
    if cells.dtype.kind == "f":
        fine = np.isfinite(cells) & (np.abs(cells) < LIMIT)
        numbers = np.where(fine, cells, -1).astype(np.int64)
        return numbers if np.array_equal(numbers, cells) else None
    try:
        return np.array([int(plain(str(cell))) for cell in cells.tolist()], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
