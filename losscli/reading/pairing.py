"""Pairs predictions with targets: by position, or by keys compared as text. Reads keys only, never values."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Ints, Words
from losscli.sources.base import Field, Source
from losscli.sources.packed_keys import KeyIndex, first_again, read_packed

if TYPE_CHECKING:
    from losscli.reading.bookkeeping import Bookkeeping

_SPAN = 1 << 17
_SHOWN = 5


class DuplicateKey(DataError):
    """A key that occurs twice on one side."""


@dataclass(frozen=True)
class Pairing:
    """Row i of the evaluation is row pred_index[i] of PRED and target_index[i] of TARGET; None is the identity."""

    pred_rows: int
    target_rows: int
    matched: int
    pred_only: int = 0
    target_only: int = 0
    pred_index: Ints | None = None
    target_index: Ints | None = None
    matching: str = ""
    """How sets were matched; empty if rows are paired by key or position."""
    books: Bookkeeping | None = None
    """What became of every box where sets were matched."""
    agrees: str = ""
    """The column that agrees with pairing by position in every row; empty if there is none."""

    @property
    def rows(self) -> int:
        """The number of pairs, which are in the order of PRED."""
        return self.matched


def unequal(pred_rows: int, target_rows: int, paths: tuple[str, str], key: str | None) -> DataError:
    """The error of sides that cannot pair by position. key: the column that pairs them, if there is one."""
    what = f"{pred_rows:,} predictions in {visible(paths[0])}, but {target_rows:,} targets in {visible(paths[1])}"
    drop = "--missing drop" if target_rows > pred_rows else "--extra drop"
    found = f"--key {shlex.quote(key)} {drop}" if key else "a column of both with --key"
    return DataError(what, fix=f"pairing by position needs equally many rows; pair them by {found}")


def by_key(pred: Source, target: Source, keys: list[tuple[str, str]], *, missing: str = "error", extra: str = "error") -> Pairing:
    """Pair rows whose keys are equal as text, in PRED's order. keys: (column of PRED, column of TARGET); all must match.

    missing: what to do with a target without prediction, extra: with a prediction without target; `error` or `drop`.
    TARGET's keys are kept in memory as an index; PRED's are streamed.
    """
    left, right = _Keys(pred, [k[0] for k in keys]), _Keys(target, [k[1] for k in keys])
    index = right.index()
    found = np.empty(left.rows, np.int64)
    lone: list[Words] = []
    for start, words in left.spans():
        here = found[start : start + len(words)] = index.find(words)
        lone.append(words[here < 0])
    del index
    pred_index = np.flatnonzero(found >= 0)
    target_index = found[pred_index]
    times = np.bincount(target_index, minlength=right.rows)
    left.refuse_twice(found, times, lone)
    matched = len(pred_index)
    pairing = Pairing(
        left.rows,
        right.rows,
        matched,
        pred_only=left.rows - matched,
        target_only=right.rows - matched,
        pred_index=_identity(pred_index, left.rows),
        target_index=_identity(target_index, right.rows),
    )
    if not matched:
        raise _nothing(left, right)
    _refuse_unpaired(pairing, missing, extra, left, right, found, times)
    return pairing


def _identity(index: Ints, rows: int) -> Ints | None:
    return None if len(index) == rows and np.array_equal(index, np.arange(rows)) else index


class _Keys:
    """The key column or columns of one side."""

    def __init__(self, source: Source, names: list[str]) -> None:
        self.source, self.names = source, names
        self.fields: list[Field] = [source.text(name) for name in names]
        self.rows = self.fields[0].rows
        for name, field in zip(names, self.fields, strict=True):
            if field.rows != self.rows:
                what = f"{field.rows} keys in {visible(name, 60)!r}, {self.rows} in {visible(names[0], 60)!r}"
                raise DataError(what, field.where(0), "arrays of keys must have the same length")

    def spans(self) -> Iterator[tuple[int, Words]]:
        """Packed keys in spans, each with its first row."""
        for low in range(0, self.rows, _SPAN):
            columns = [read_packed(field, low, min(low + _SPAN, self.rows)) for field in self.fields]
            yield low, columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)

    def index(self) -> KeyIndex:
        """An index of all keys; DataError if one is duplicated."""
        index = KeyIndex(self.rows)
        for start, words in self.spans():
            index.put(start, words)
        self._refuse(index.close())
        return index

    def at(self, row: int) -> Any:
        cells = tuple(field.read(row, row + 1)[0] for field in self.fields)
        return cells[0] if len(cells) == 1 else cells

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
        self._refuse(min(((int(rows[pair[0]]), int(rows[pair[1]])) for rows, pair in again if pair), default=None))

    def _refuse(self, again: tuple[int, int] | None) -> None:
        if again is not None:
            row, first = again
            what = f"duplicate key {_show(self.at(row))} (rows {first + 1} and {row + 1})"
            fix = "keys must be unique on both sides; remove the duplicate or add another column with a second --key"
            raise DuplicateKey(what, self.where(row), fix)


def _show(key: Any) -> str:
    return "(" + ", ".join(visible(k, 40) for k in key) + ")" if isinstance(key, tuple) else visible(key, 40)


def _nothing(left: _Keys, right: _Keys) -> DataError:
    what = f"{visible(left.source.path)} and {visible(right.source.path)} have no key in common"
    shown = f"the first begins with {left.shown(range(left.rows))}, the second with {right.shown(range(right.rows))}"
    return DataError(f"{what}: {shown}", fix="keys compare as text (007 is not 7); choose other columns with --key LEFT=RIGHT")


def _refuse_unpaired(pairing: Pairing, missing: str, extra: str, left: _Keys, right: _Keys, found: Ints, times: Ints) -> None:
    faults, flags = [], []
    if pairing.target_only and missing == "error":
        n = pairing.target_only
        faults.append(f"{n} of {pairing.target_rows} targets have no prediction: {right.shown(np.flatnonzero(times == 0))}")
        flags.append("--missing drop")
    if pairing.pred_only and extra == "error":
        n = pairing.pred_only
        faults.append(f"{n} of {pairing.pred_rows} predictions have no target: {left.shown(np.flatnonzero(found < 0))}")
        flags.append("--extra drop")
    if faults:
        raise DataError("; ".join(faults), fix=f"exclude them with {' '.join(flags)}, or add the missing rows")
