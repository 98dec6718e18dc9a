"""Long tables of forecasts, a row per quantile level or member: spread into one row per forecast, a column per level or member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number, write_number
from losscli.numerics.stable import Array, Ints
from losscli.sources.base import Field, Source, spelled
from losscli.sources.columns import missing_column

QUANTILE, SAMPLE = "quantile", "sample"
POINTS = ("mean", "median")
_SPAN = 1 << 17


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table. kind: whether a row is a quantile, a sample, a mean …; empty where all are quantiles. keys: the
    columns that name a forecast."""

    level: str
    value: str
    kind: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class _Codes:
    """A column of text as the number of each row's word."""

    words: tuple[str, ...]
    codes: Ints


class Spread:
    """A long table with one row per forecast: its keys, `q0.1` … for quantiles, `sample_0` … for members, `mean` and `median`."""

    is_table = True
    hint = ""

    def __init__(self, source: Source, columns: LongColumns, kinds: Sequence[str]) -> None:
        """kinds: the kinds of rows that are read, where the table has kinds. Raises DataError for a level that a forecast lacks."""
        self._source, self.columns = source, columns
        self._columns: dict[tuple[str, str], _Whole] = {}
        self.path, self.format, self.forks = source.path, source.format, source.forks
        self.lists: Mapping[str, tuple[str, ...]] = {}
        kind = _codes(source, columns.kind) if columns.kind else None
        names = [w.strip().lower() for w in kind.words] if kind is not None else [QUANTILE]
        codes = kind.codes if kind is not None else np.zeros(source.rows, np.int64)
        self._kind = {name: codes == i for i, name in enumerate(names) if name in kinds}
        read = np.flatnonzero(np.logical_or.reduce(list(self._kind.values()))) if self._kind else np.zeros(0, np.int64)
        self._left = {name: int(np.count_nonzero(codes == i)) for i, name in enumerate(names) if name not in self._kind}
        self._first, self._forecast = self._forecasts(read)
        self.rows = len(self._first)
        self._cells: dict[str, Ints] = {}
        """By column, the row of each forecast's cell in the file."""
        self.quantiles = self._spread_quantiles()
        self.members = self._spread_members()
        self.points = tuple(name for name in POINTS if self._spread_point(name))
        self.names = (*columns.keys, *self._cells)
        if twice := next((n for n in columns.keys if n in self._cells), None):
            raise DataError(f"a column of the table and one of its levels are both named {visible(twice)!r}", Where(self.path))
        self.declared: dict[str, Any] = {}
        self.notes = (self._note(),)

    def _forecasts(self, read: Ints) -> tuple[Ints, Ints]:
        """The first row of each forecast, and the forecast of each row (-1: of none)."""
        key = np.zeros(len(read), np.int64)
        for name in self.columns.keys:
            column = _codes(self._source, name)
            _, key = np.unique(key * len(column.words) + column.codes[read], return_inverse=True)
        _, first, forecast = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        out = np.full(self._source.rows, -1, np.int64)
        out[read] = rank[forecast]
        return read[first[order]], out

    def _spread_quantiles(self) -> tuple[str, ...]:
        rows = np.flatnonzero(self._kind[QUANTILE]) if QUANTILE in self._kind else np.zeros(0, np.int64)
        if not len(rows):
            return ()
        levels = _codes(self._source, self.columns.level)
        numbers = np.array([level_in(word) for word in levels.words])[levels.codes[rows]]
        if (bad := ~((numbers > 0) & (numbers < 1))).any():
            row = int(rows[np.argmax(bad)])
            place = self._place(row, self.columns.level)
            raise DataError(f"{visible(levels.words[levels.codes[row]])!r} is not a level between 0 and 1", place)
        known, code = np.unique(numbers, return_inverse=True)
        return self._put([f"q{write_number(x)}" for x in known.tolist()], rows, code, "level", [write_number(x) for x in known])

    def _spread_members(self) -> tuple[str, ...]:
        """The members of each forecast in the order of the file, as their ids may differ between forecasts."""
        rows = np.flatnonzero(self._kind[SAMPLE]) if SAMPLE in self._kind else np.zeros(0, np.int64)
        if not len(rows):
            return ()
        order = np.argsort(self._forecast[rows], kind="stable")
        mine = self._forecast[rows][order]
        code = np.empty(len(rows), np.int64)
        code[order] = np.arange(len(rows)) - np.searchsorted(mine, mine)
        counts = np.bincount(mine, minlength=self.rows)
        used = counts[np.unique(mine)]
        if used.min() != used.max():
            short = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
            what = f"{self.key_words(short)} has {int(counts[short])} samples, others have {int(counts.max())}"
            raise DataError(what, self._place(int(self._first[short]), self.columns.level), "give as many samples of each forecast")
        return self._put([f"sample_{i}" for i in range(int(counts.max()))], rows, code, "sample", [])

    def _spread_point(self, name: str) -> bool:
        rows = np.flatnonzero(self._kind[name]) if name in self._kind else np.zeros(0, np.int64)
        if len(rows):
            self._put([name], rows, np.zeros(len(rows), np.int64), "", [name])
        return len(rows) > 0

    def _put(self, names: list[str], rows: Ints, code: Ints, what: str, words: Sequence[str]) -> tuple[str, ...]:
        """One column per code. Raises DataError for a forecast without one of them, or with two."""
        wide = len(names)
        flat = self._forecast[rows] * wide + code
        times = np.bincount(flat, minlength=self.rows * wide)
        if (times > 1).any():
            at = int(np.argmax(times > 1))
            one, two = (int(rows[i]) + 1 for i in np.flatnonzero(flat == at)[:2])
            told = " ".join(filter(None, [what, words[at % wide]]))
            raise DataError(
                f"{told} of {self.key_words(at // wide)} is there twice (rows {one} and {two})",
                self._place(two - 1, self.columns.level),
                "a column has to tell such forecasts apart; leave out the rows of one of them",
            )
        if (times == 0).any():
            at = int(np.argmax(times == 0))
            told = " ".join(filter(None, [what, words[at % wide] if words else ""]))
            raise DataError(
                f"no {told} for {self.key_words(at // wide)}",
                self._place(int(self._first[at // wide]), self.columns.level),
                "give every forecast the same levels",
            )
        cells = np.empty(self.rows * wide, np.int64)
        cells[flat] = rows
        table = cells.reshape(self.rows, wide)
        self._cells.update({name: table[:, i] for i, name in enumerate(names)})
        return tuple(names)

    def key_words(self, forecast: int) -> str:
        """The key of a forecast, for messages."""
        row = int(self._first[forecast])
        cells = (f"{visible(k, 30)}={visible(self._source.text(k).read(row, row + 1)[0], 30)}" for k in self.columns.keys)
        return ", ".join(cells) or "the forecast"

    def _place(self, row: int, column: str) -> Where:
        return self._source.text(column).where(row)

    def _note(self) -> str:
        c, kinds = self.columns, []
        if self.quantiles:
            kinds.append(f"{len(self.quantiles)} levels of `{visible(c.level, 40)}`")
        if self.members:
            kinds.append(f"{len(self.members)} samples")
        kinds += self.points
        note = f"{' and '.join(kinds)} are columns of `{visible(c.value, 40)}`, one row for each of {self.rows:,} forecasts"
        note += f" ({some(c.keys)})" if c.keys else ""
        note += "; a row of PRED in reports is a forecast, in the order of their first rows"
        if self._left:
            left = ", ".join(f"{visible(k, 30)} ({n:,} rows)" for k, n in self._left.items())
            note += f"; left out by `{visible(c.kind, 40)}`: {left}"
        return note

    # --- the source

    def numeric(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if self.kind(name) != "U")

    def kind(self, name: str) -> str:
        """`f` for levels; that of the file for keys."""
        return "f" if name in self._cells else self._source.kind(self._known(name))

    def numbers(self, names: tuple[str, ...]) -> Field:
        if not names:
            raise missing_column(self.names, self.path)
        parts = [self._shared("f", self.columns.value if name in self._cells else self._known(name)) for name in names]
        return _Taken(names, [self._cells.get(name, self._first) for name in names], parts, "f")

    def text(self, name: str) -> Field:
        own = self.columns.value if name in self._cells else self._known(name)
        return _Taken((name,), [self._cells.get(name, self._first)], [self._shared("U", own)], "U")

    def _shared(self, kind: str, name: str) -> _Whole:
        """A column of the file, read once for all levels."""
        if (kind, name) not in self._columns:
            self._columns[kind, name] = _Whole(self._source.text(name) if kind == "U" else self._source.numbers((name,)))
        return self._columns[kind, name]

    def sha256(self, jobs: int = 1) -> str:
        return self._source.sha256(jobs)

    def _known(self, name: str) -> str:
        if name not in self.names:
            raise missing_column(self.names, self.path, name)
        return name


class _Taken:
    """Rows of columns of the file, each at rows of its own."""

    def __init__(self, names: tuple[str, ...], rows: Sequence[Ints], parts: Sequence[_Whole], kind: str) -> None:
        self.names, self._rows, self._parts, self.kind = names, rows, parts, kind
        self.rows = len(rows[0])
        self.shape: tuple[int, ...] = () if len(names) == 1 else (len(names),)

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1."""
        found = [part.take(rows[start:stop]) for part, rows in zip(self._parts, self._rows, strict=True)]
        return np.stack(found, axis=1) if self.shape else found[0]

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        found = [part.take(own[rows]) for part, own in zip(self._parts, self._rows, strict=True)]
        return np.stack(found, axis=1) if self.shape else found[0]

    def where(self, row: int, item: int = 0) -> Where:
        return self._parts[item].field.where(int(self._rows[item][row]))

    def spelled(self, row: int, item: int = 0) -> str:
        """A cell that is not a finite number, for messages."""
        return spelled(self._parts[item].field, int(self._rows[item][row]))


class _Whole:
    """A column of the file, read once."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._cells: Array | None = None

    def take(self, rows: Ints) -> Array:
        if self._cells is None:
            spans = [self.field.read(low, min(low + _SPAN, self.field.rows)) for low in range(0, self.field.rows, _SPAN)]
            self._cells = np.concatenate(spans)
        return np.asarray(self._cells[rows])


def _codes(source: Source, name: str) -> _Codes:
    """The words of a column, numbered by first appearance."""
    field, known = source.text(name), dict[str, int]()
    out = np.empty(field.rows, np.int64)
    for low in range(0, field.rows, _SPAN):
        cells = field.read(low, min(low + _SPAN, field.rows)).tolist()
        out[low : low + len(cells)] = [known.setdefault(cell, len(known)) for cell in cells]
    return _Codes(tuple(map(str, known)), out)


def level_in(word: str) -> float:
    """The number in a cell of levels; NaN where it is not one."""
    found = read_number(word.strip())
    return np.nan if found is None else found
