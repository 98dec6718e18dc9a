"""What is known of the columns of one side before any role is filled: their kinds, and what their first rows show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError
from losscli.core.lazy import lazy
from losscli.numerics.stable import Array, Floats
from losscli.reading.words import word
from losscli.sources.base import Caching, Field, Source
from losscli.sources.missing import is_missing
from losscli.spec.column_names import NO, YES, fold, is_id, is_index

FIRST = 1024
"""Rows that are read to learn what a column contains."""
_SPAN = 1 << 16
_CELLS = 1 << 17
"""Numbers that are read to learn what the columns of a table contain."""
DISTINCT = "text that is different in every row"
"""Why a column is left out that may name the rows."""
ROUNDED = 5e-3
"""How far from 1 the sum of a row of rounded probabilities may be."""


class ColumnFacts:
    """The columns of a table or the keys of an archive, each with its facts, read once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names = tuple(n for n in source.names if n)
        self._kinds: dict[str, str] = {}
        self._first: dict[str, Floats | None] = {}
        self._alone = False
        self._words: dict[str, tuple[str, ...]] = {}
        self._cells: dict[str, list[str]] = {}

    @lazy
    def placed(self) -> bool:
        """Whether the columns have the names of a table without header, which tell their places only: `c0`, `c1` and so on."""
        return self.source.is_table and self.names == tuple(f"c{i}" for i in range(len(self.names)))

    @lazy
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The list columns: name to the columns of their entries."""
        return dict(getattr(self.source, "lists", None) or {})

    def kind(self, name: str) -> str:
        """`f`, `i`, `m` (numbers, and cells that are not) or `U`; empty where an array cannot be read."""
        if name not in self._kinds:
            try:
                self._kinds[name] = self.source.kind(name)
            except DataError:
                self._kinds[name] = ""
        return self._kinds[name]

    def numeric(self, name: str) -> bool:
        """Whether a column is of numbers, perhaps with cells that are not, which are refused when read."""
        return self.kind(name) not in ("", "U")

    def is_text(self, name: str) -> bool:
        """Whether a column is text other than yes and no."""
        return not self.numeric(name) and not all(fold(w) in YES or fold(w) in NO for w in self.words(name))

    def named(self, names: tuple[str, ...]) -> list[str]:
        """The columns of these names, as names are compared, in the order of the file."""
        return [n for _, n in sorted(x for name in dict.fromkeys(map(fold, names)) for x in self._folded.get(name, ()))]

    @lazy
    def folds(self) -> dict[str, str]:
        """The names of the columns as names are compared, made once: there may be more than `fold` remembers."""
        return {name: fold(name) for name in self.names}

    @lazy
    def _folded(self) -> dict[str, list[tuple[int, str]]]:
        """The columns with their places, by their names as these are compared."""
        found: dict[str, list[tuple[int, str]]] = {}
        for place, (name, folded) in enumerate(self.folds.items()):
            found.setdefault(folded, []).append((place, name))
        return found

    def first(self, name: str) -> Floats | None:
        """The numbers of the first rows; None where a cell is not a number, or a row holds several."""
        if name not in self._first:
            if not self.numeric(name):
                self._first[name] = None
            elif not self._read_together(name):
                self._first[name] = self._numbers(self._field(name))
        return self._first[name]

    def _read_together(self, name: str) -> bool:
        """Read the first rows of all columns of numbers at once, as one by one takes a pass each. False where that fails."""
        if not self.source.is_table or self._alone or name in self.source.lists:
            return False
        self._alone = True
        numbers = tuple(n for n in self.names if self.kind(n) == "f")
        found = self._numbers(self.source.numbers(numbers)) if len(numbers) > 1 and name in numbers else None
        if found is None:
            return False
        self._first.update(zip(numbers, found.T, strict=True))
        return True

    def _numbers(self, field: Field) -> Floats | None:
        if field.shape and not self.source.is_table:
            return None
        try:
            return np.asarray(_sample(field, 0, min(self._looked, field.rows)), dtype=np.float64)
        except DataError:
            return None

    @property
    def _looked(self) -> int:
        """Rows of numbers that are looked at: fewer of wide tables."""
        return max(16, min(FIRST, _CELLS // max(1, len(self.names))))

    def words(self, name: str) -> tuple[str, ...]:
        """The different values of the first rows by value (`1.0` is `1`), without the missing ones."""
        if name not in self._words:
            self._words[name] = tuple(self._different(name, 0, FIRST))
        return self._words[name]

    def every_word(self, name: str) -> tuple[str, ...]:
        """The different values of all rows."""
        found: dict[str, None] = {}
        for start in range(0, self.source.rows, _SPAN):
            found.update(self._different(name, start, start + _SPAN))
        return tuple(found)

    def _different(self, name: str, start: int, stop: int) -> dict[str, None]:
        if self.numeric(name) and self.whole(name):
            field = self._field(name)
            values = np.asarray(field.read(start, min(stop, field.rows)), dtype=np.float64).ravel()
            return dict.fromkeys(word(repr(x)) for x in np.unique(values[np.isfinite(values)]).tolist())
        cells = dict.fromkeys(self.texts(name, stop, start))
        return dict.fromkeys(word(x) for x in cells if not is_missing(x))

    def _field(self, name: str) -> Field:
        """The numbers of a column; the empty name is an array without names."""
        return self.source.numbers((name,) if name else ())

    def texts(self, name: str, stop: int, start: int = 0) -> list[str]:
        """Cells as text; none where the column cannot be read as text."""
        if (start, stop) != (0, FIRST):
            return self._texts(name, start, stop)
        if name not in self._cells:
            self._cells[name] = self._texts(name, 0, FIRST)
        return self._cells[name]

    def _texts(self, name: str, start: int, stop: int) -> list[str]:
        try:
            field = self.source.text(name)
            return [str(x) for x in _sample(field, start, min(stop, field.rows)).tolist()]
        except DataError:
            return []

    def classes(self, name: str) -> tuple[str, ...]:
        """The values of a column that may be classes: text, or whole numbers; none of a column of fractions."""
        if self.numeric(name) and not self.whole(name):
            return ()
        return self.words(name)

    def whole(self, name: str) -> bool:
        """Whether the first rows are whole numbers."""
        values = self.first(name)
        if values is None:
            return False
        known = values[np.isfinite(values)]
        return bool(known.size) and bool((known == np.floor(known)).all())

    def counts(self, name: str) -> bool:
        """Whether a column counts its rows in order, from 0 or from 1: at least three of them."""
        values = self.first(name)
        if values is None or len(values) < 3 or values[0] not in (0.0, 1.0):
            return False
        return bool((np.diff(values) == 1).all())

    def unique(self, name: str) -> bool:
        """Whether no value of the first rows is there twice."""
        cells = self.texts(name, FIRST)
        return bool(cells) and len(set(cells)) == len(cells)

    def texts_repeat(self, name: str) -> bool:
        """Whether a value of the first rows is there twice."""
        cells = self.texts(name, FIRST)
        return len(set(cells)) < len(cells)

    def named_apart(self, name: str) -> bool:
        """Whether the name of a column says that it counts or identifies the rows."""
        return is_id(name) or (is_index(name) and not self._lone_text(name))

    def identifies(self, name: str) -> str:
        """Why a column tells rows apart and holds no data: `an index`, `an id`; empty where it may be data."""
        if is_index(name) and not self._lone_text(name):
            return "an index"
        if is_id(name):
            return "an id"
        if self.numeric(name):
            return "it counts the rows" if self.counts(name) else ""
        return DISTINCT if self.source.rows > 2 and self.unique(name) else ""

    def data(self, names: Sequence[str]) -> list[str]:
        """The columns that may be data: those that only count their rows or are different in each count as none beside others."""
        found = [n for n in names if not self.identifies(n)]
        return found or [n for n in names if self.identifies(n) not in ("an index", "an id")]

    def _lone_text(self, name: str) -> bool:
        return not self.numeric(name) and not name.startswith("Unnamed:") and not self.unique(name)

    def sums_to_one(self, names: list[str]) -> bool:
        """Whether these columns add up to 1 in each of the first rows, up to rounding, none of them below 0."""
        values = self.matrix(names)
        if values is None or len(names) < 2 or not len(values):
            return False
        return bool((values >= 0).all() and (np.abs(values.sum(1) - 1.0) <= ROUNDED).all())

    def matrix(self, names: list[str]) -> Array | None:
        """The first rows of several columns; None where one is not of numbers. Rows with a missing value are left out."""
        columns = [self.first(n) for n in names]
        if not columns or any(c is None for c in columns):
            return None
        found = np.stack([c for c in columns if c is not None], axis=1)
        return np.asarray(found[np.isfinite(found).all(1)])


def _sample(field: Field, start: int, stop: int) -> Array:
    """Some rows of a field, which is not expected to be read on from there."""
    found = field.read(start, stop)
    if isinstance(field, Caching):
        field.forget()
    return found


def facts_of(pred: Source, target: Source | None) -> dict[str, ColumnFacts]:
    """The columns of both sides; one file may contain both."""
    ours = ColumnFacts(pred)
    return {"pred": ours, "target": ours if target is None else ColumnFacts(target)}
