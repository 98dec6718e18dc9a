"""What each column, key or array of a file contains: kind, range, missing values. Reads everything once, evaluates nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError, LosscliError
from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array
from losscli.sources.base import Field, Source, at_once, hint_of, notes_of, shape_words
from losscli.sources.missing import is_missing

MOST_WORDS = 1000
"""The most different values that are counted."""
_SPAN = 1 << 16


@dataclass
class Column:
    """The facts of one column, key or array; `name` is empty for an array without one."""

    name: str
    values: Field | None
    """None where it cannot be opened."""
    table: bool
    text: bool = False
    dtype: str = ""
    low: float = np.inf
    high: float = -np.inf
    missing: int = 0
    """Cells without value: those that are not finite, or text that stands for none."""
    first_missing: int = 0
    """The first row of them, from 1; 0 if there are none."""
    whole: bool = True
    sums: bool = True
    """Whether every row sums to one along its first axis."""
    words: dict[Any, None] = field(default_factory=dict)
    """The different values, of text and of whole numbers, up to one more than are counted."""
    stopped: str = ""
    """Why the column cannot be read to its end."""

    def read(self, start: int, stop: int) -> None:
        """Take in some rows."""
        if self.stopped or self.values is None or start >= self.values.rows:
            return
        stop = min(stop, self.values.rows)
        each = max(1, at_once(self.values, stop - start))
        for low in range(start, stop, each):
            self._read(low, min(low + each, stop))

    def _read(self, start: int, stop: int) -> None:
        if self.stopped or self.values is None:
            return
        try:
            part = self.values.read(start, stop)
        except DataError as e:
            self.stopped = e.lines()[0]
            return
        self.dtype = str(part.dtype)
        (self._numbers if part.dtype.kind in "fiub" else self._texts)(part, start)

    def _texts(self, part: Array, start: int) -> None:
        cells = list(map(str, part.ravel().tolist()))
        different = dict.fromkeys(cells)
        if len(self.words) <= MOST_WORDS:
            self.words.update(different)
        gone = {w for w in different if is_missing(w)}
        if gone:
            self._lost(np.fromiter((c in gone for c in cells), bool, len(cells)), len(part), start)

    def _numbers(self, part: Array, start: int) -> None:
        finite = np.isfinite(part)
        if not finite.all():
            self._lost(~finite, len(part), start)
        known = part[finite]
        if known.size:
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
            self.whole = self.whole and bool((known == np.floor(known)).all())
        if part.ndim == 1 and self.whole and len(self.words) <= MOST_WORDS:
            self.words.update(dict.fromkeys(np.unique(known).tolist()))
        if part.ndim > 1:
            self.sums = self.sums and bool((np.abs(part.sum(1, dtype=np.float64) - 1.0) < 1e-3).all())

    def _lost(self, gone: Array, rows: int, start: int) -> None:
        self.first_missing = self.first_missing or start + 1 + int(np.argmax(gone.reshape(rows, -1).any(1)))
        self.missing += int(np.count_nonzero(gone))

    @property
    def rows(self) -> int:
        return 0 if self.values is None else self.values.rows

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return () if self.values is None else self.values.shape

    @property
    def ranged(self) -> bool:
        """Whether it has a finite number."""
        return self.low <= self.high

    @property
    def kind(self) -> str:
        """`text`, `whole` or `number`; of an array, its shape and type."""
        if self.table or self.text:
            return "text" if self.text else "whole" if self.whole and self.ranged else "number"
        shape = "" if self.values is None else f"({', '.join(shape_words(self.values))}{',' * (not self.shape)})"
        return f"{shape} {self.dtype}".strip()

    @property
    def distinct(self) -> int | None:
        """The number of different values; None of fractions, and where there are too many to count."""
        counted = self.text or (self.whole and self.ranged and not self.shape)
        return len(self.words) if counted and len(self.words) <= MOST_WORDS and not self.stopped else None

    @property
    def sums_to_one(self) -> bool:
        """Whether its rows are shares."""
        return bool(self.shape) and self.sums and self.low >= 0 and self.high <= 1 and self.ranged

    @property
    def classes(self) -> bool:
        """Whether its values may be classes: text, or few different whole numbers."""
        return self.text or self.distinct is not None


@dataclass
class File:
    """One file: where it is, how it is read, and its columns."""

    side: str
    path: str
    format: str
    rows: int
    table: bool
    columns: list[Column]
    notes: tuple[str, ...] = ()


def file_of(side: str, source: Source) -> File:
    """The facts of one file. A column that cannot be read says so; the others are read all the same."""
    named = [n for n in source.names if n] or ([] if source.names else [""])
    columns = [_column(source, n) for n in named]
    for start in range(0, max((x.rows for x in columns), default=0), _SPAN):
        for x in columns:
            x.read(start, start + _SPAN)
    notes = tuple(note for note in (*notes_of(source), hint_of(source)) if note)
    return File(side, source.path, source.format, source.rows, source.is_table, columns, notes)


def _column(source: Source, name: str) -> Column:
    try:
        text = source.kind(name) in ("U", "m")
        values = source.text(name) if text else source.numbers((name,) if name else ())
    except LosscliError as e:
        return Column(name, None, source.is_table, stopped=e.lines()[0])
    return Column(name, values, source.is_table, text)
