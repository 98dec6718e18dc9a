"""The key columns of one side: packed, indexed, shown in messages, and the keys of two sides that have no partner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Bools, Ints, Words
from losscli.reading.key_words import plain, plain_words, respelled, stems, stems_meet, zones_meet
from losscli.sources.base import FILE_STEM, Field, Source
from losscli.sources.missing import MISSING, is_missing
from losscli.sources.packed_keys import KeyIndex, first_again, pack, read_packed

_SPAN = 1 << 17
_SHOWN = 5
_COMPARED = 1000
"""Keys without a partner whose spelling is compared."""


class DuplicateKey(DataError):
    """A key that occurs twice on one side."""


@dataclass(frozen=True)
class Spelling:
    """How keys are spelled before they are compared: as they are where `words` is None."""

    words: Callable[[Array], Array] | None = None


AS_WRITTEN, BY_VALUE, STEMS = Spelling(), Spelling(plain_words), Spelling(stems)


class Keys:
    """The key column or columns of one side. second: whether it is the other of two sides, whose missing keys are not equal."""

    def __init__(self, source: Source, names: list[str], spelling: Spelling = AS_WRITTEN, second: bool = False) -> None:
        self.source, self.names, self.spelling, self.second = source, names, spelling, second
        self.fields: list[Field] = [source.text(name) for name in names]
        self.rows = self.fields[0].rows
        self._named: dict[int, bool] = {}
        self.without: list[Ints] = []
        """The rows without a key."""
        for name, field in zip(names, self.fields, strict=True):
            if field.rows != self.rows:
                what = f"{field.rows} keys in {visible(name, 60)!r}, {self.rows} in {visible(names[0], 60)!r}"
                raise DataError(what, field.where(0), "arrays of keys must have the same length")

    def spans(self, drop: bool = False) -> Iterator[tuple[int, Words]]:
        """Packed keys in spans, each with its first row. A missing key is a DataError, or with `drop` equal to no other key."""
        for low in range(0, self.rows, _SPAN):
            high = min(low + _SPAN, self.rows)
            columns, gone = [], np.zeros(high - low, bool)
            for i, field in enumerate(self.fields):
                words = self._packed(field, low, high)
                gone |= self._missing(i, field, low, words)
                columns.append(words)
            packed = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)
            if gone.any():
                self._refuse_missing(low + int(np.argmax(gone)), drop)
                self.without.append(np.flatnonzero(gone) + low)
                packed = packed.copy()
                packed[gone] = 0
                packed[gone, 0] = np.flatnonzero(gone) + low
                packed[gone, -1] = _NONE + self.second
            yield low, packed

    def _packed(self, field: Field, low: int, high: int) -> Words:
        if self.spelling.words is None:
            return read_packed(field, low, high)
        return pack(self.spelling.words(field.read(low, high)))

    def _missing(self, column: int, field: Field, low: int, words: Words) -> Bools:
        """The rows of a span whose key is missing: not a name that is spelled like a missing value, as NA."""
        gone = np.isin(words[:, 0], _MISSING) & (words[:, 1:] == 0).all(1)
        if not gone.any():
            return gone
        if column not in self._named:
            self._named[column] = self._is_name(field, low + int(np.argmax(gone)))
        return gone & ~np.bool_(self._named[column])

    def _is_name(self, field: Field, row: int) -> bool:
        """Whether a cell spelled like a missing value, as NA, is a name: not empty, and no other cell of the column is missing."""
        if not str(field.read(row, row + 1)[0]).strip():
            return False
        cells = (str(x) for low in range(0, field.rows, _SPAN) for x in field.read(low, min(low + _SPAN, field.rows)).tolist())
        return sum(map(is_missing, cells)) == 1

    @property
    def note(self) -> str:
        """Says that a cell spelled like a missing value was read as a key."""
        return f"{visible(self.source.path)}: a key spelled NA is read as a name" if any(self._named.values()) else ""

    def _refuse_missing(self, row: int, drop: bool) -> None:
        if not drop:
            name = next((n for n, f in zip(self.names, self.fields, strict=True) if is_missing(str(f.read(row, row + 1)[0]))), "")
            where = self.fields[self.names.index(name) if name in self.names else 0].where(row)
            raise DataError("a missing key", where, "fill it, or leave such rows out with --nonfinite drop")

    def index(self, drop: bool = False) -> KeyIndex:
        """An index of all keys; DataError if one is duplicated."""
        index = KeyIndex(self.rows)
        for start, words in self.spans(drop):
            index.put(start, words)
        self._refuse(index.close())
        return index

    def at(self, row: int) -> Any:
        """The key of a row, as written."""
        cells = tuple(field.read(row, row + 1)[0] for field in self.fields)
        return cells[0] if len(cells) == 1 else cells

    def words_at(self, row: int) -> tuple[str, ...]:
        """The key of a row as text, by column."""
        return tuple(str(field.read(row, row + 1)[0]) for field in self.fields)

    def where(self, row: int) -> Where:
        return self.fields[0].where(row)

    def shown(self, rows: Iterable[int]) -> str:
        """The keys of the first few of these rows, for a message."""
        rows = iter(rows)
        first = [_show(self.at(int(row))) for row in islice(rows, _SHOWN)]
        return ", ".join([*first, "…"] if next(rows, None) is not None else first)

    def refuse_twice(self, found: Ints, times: Ints, lone: Sequence[Words]) -> None:
        """Refuse duplicate keys of PRED. found: their rows in TARGET, times: how often each was found, lone: keys not in TARGET."""
        again = []
        if (times > 1).any():
            rows = np.flatnonzero(found >= 0)
            again.append((rows, first_again(found[rows])))
        words = np.concatenate(lone)
        if len(words) > 1:
            index = KeyIndex(len(words))
            index.put(0, words)
            again.append((np.flatnonzero(found < 0), index.close()))
        self._refuse(min(((int(rows[pair[0]]), int(rows[pair[1]])) for rows, pair in again if pair), default=None), many=True)

    def _refuse(self, again: tuple[int, int] | None, many: bool = False) -> None:
        if again is not None:
            row, first = again
            what = f"duplicate key {_show(self.at(row))} (rows {first + 1} and {row + 1})"
            fix = "keys must be unique on both sides; remove the duplicate or add another column with a second --key"
            if many:
                fix += "; --many pairs several predictions with one target"
            raise DuplicateKey(what, self.where(row), fix)


_NONE = 0xFD << 56
"""Marks a key that is missing: no packed key has this in the last byte of its last word."""
_SPELLINGS = sorted({spelled for w in MISSING for spelled in (w, w.upper(), w.title(), w.replace("n", "N"))} | {"NaN", "NaT"})
_MISSING = pack(np.array([w for w in _SPELLINGS if len(w) < 8], dtype=object))[:, 0]
"""The first words of the packed spellings of a missing value, which have no other word."""


def _show(key: Any) -> str:
    return "(" + ", ".join(visible(k, 40) for k in key) + ")" if isinstance(key, tuple) else visible(key, 40)


@dataclass(frozen=True)
class Unpaired:
    """The keys of both sides and which of them met. found: per row of PRED its row in TARGET or -1; times: per row of TARGET how
    often it was found."""

    left: Keys
    right: Keys
    found: Ints
    times: Ints

    @property
    def pred_only(self) -> Ints:
        """The rows of PRED that have a key, but no target."""
        return np.setdiff1d(np.flatnonzero(self.found < 0), np.concatenate([np.zeros(0, np.int64), *self.left.without]))

    @property
    def target_only(self) -> Ints:
        """The rows of TARGET that have a key, but no prediction."""
        return np.setdiff1d(np.flatnonzero(self.times == 0), np.concatenate([np.zeros(0, np.int64), *self.right.without]))

    def equal_by_value(self) -> tuple[str, str] | None:
        """A key of each side that has no partner as written, but has one by value; None if there is none."""
        if len(self.left.fields) == 1:
            return respelled(*self._words())
        sides = zip((self.left, self.right), (self.pred_only, self.target_only), strict=True)
        ours, theirs = ([side.words_at(int(row)) for row in rows[:_COMPARED]] for side, rows in sides)
        spelled = {tuple(map(plain, key)): key for key in theirs}
        met = next(((key, there) for key in ours if (there := spelled.get(tuple(map(plain, key))))), None)
        return None if met is None else next((a, b) for a, b in zip(*met, strict=True) if a != b)

    def _words(self) -> tuple[list[str], list[str]]:
        rows = (self.pred_only[:_COMPARED], self.target_only[:_COMPARED])
        if len(self.left.fields) > 1 or not all(map(len, rows)):
            return [], []
        sides = zip((self.left, self.right), rows, strict=True)
        ours, theirs = ([str(side.at(int(row))) for row in lone] for side, lone in sides)
        return ours, theirs

    def _stems(self) -> str:
        """The flag that would let keys meet that differ in folder or file suffix only."""
        return "--key-stem compares keys without folder and file suffix" if stems_meet(*self._words()) else ""

    def nothing(self) -> DataError:
        """The error of two sides without a key in common."""
        left, right = self.left, self.right
        what = f"{visible(left.source.path)} and {visible(right.source.path)} have no key in common"
        shown = f"the first begins with {left.shown(range(left.rows))}, the second with {right.shown(range(right.rows))}"
        if left.names == right.names == [FILE_STEM]:
            return DataError(f"{what.removesuffix('key in common')}name of an image in common: {shown}", fix=self._by_stem())
        if zones_meet(*self._words()):
            return DataError(f"{what}: {shown}", fix="times with and without a time zone differ: write the zone on both sides")
        fix = self._stems() or "keys compare as text (007 is not 7); choose other columns with --key LEFT=RIGHT"
        return DataError(f"{what}: {shown}", fix=fix)

    def _by_stem(self) -> str:
        """How the names of images can be made to meet."""
        from losscli.reading.stem_options import stem_options

        names = self._words()
        found = stem_options(*names) if all(names) else ""
        return (
            f"use {found}"
            if found
            else "change the names with --stem 's/PATTERN/TEXT/', or use --pair position for the order of the files"
        )

    def refuse(self, missing: str, extra: str) -> None:
        """Raise DataError where keys without partner are not to be dropped."""
        faults, flags = [], []
        lone = self.target_only
        if len(lone) and missing == "error":
            faults.append(f"{len(lone)} of {self.right.rows} targets have no prediction: {self.right.shown(lone)}")
            flags.append("--missing drop")
        lone = self.pred_only
        if len(lone) and extra == "error":
            faults.append(f"{len(lone)} of {self.left.rows} predictions have no target: {self.left.shown(lone)}")
            flags.append("--extra drop")
        if faults:
            way = self._stems()
            fix = f"exclude them with {' '.join(flags)}, or add the missing rows"
            raise DataError("; ".join(faults), fix=f"{way}; or {fix}" if way else fix)
