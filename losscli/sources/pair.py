"""Which prediction belongs to which target: by position, or by keys that compare as text. Reads keys only, never values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any

import numpy as np

from losscli.errors import DataError, Where, visible
from losscli.numeric import Ints
from losscli.sources.base import Field, Source

_SPAN = 1 << 16
_SHOWN = 5


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
    """How sets were matched; empty where rows pair by key or position."""

    @property
    def rows(self) -> int:
        """Pairs, in the order of PRED."""
        return self.matched


def by_position(pred_rows: int, target_rows: int, paths: tuple[str, str]) -> Pairing:
    """Row i with row i; the numbers of rows must be equal."""
    if pred_rows != target_rows:
        what = f"{pred_rows} predictions in {visible(paths[0])}, {target_rows} targets in {visible(paths[1])}"
        fix = "rows pair by position only when there are as many of each; pair them by a column with --key"
        raise DataError(what, fix=fix)
    return Pairing(pred_rows, target_rows, pred_rows)


def by_key(pred: Source, target: Source, keys: list[tuple[str, str]], *, missing: str = "error", extra: str = "error") -> Pairing:
    """Rows whose keys are equal as text, in PRED's order. keys: (column of PRED, column of TARGET), all must be equal.

    missing: what a target without prediction is, extra: a prediction without target; `error` or `drop`.
    A dictionary holds TARGET's keys: pandas' hash join is no faster on text, and costs its import.
    """
    left, right = _Keys(pred, [k[0] for k in keys]), _Keys(target, [k[1] for k in keys])
    place = right.places()
    found = np.concatenate([np.fromiter(map(place.get, span, repeat(-1)), np.int64) for span in left.spans()])
    pred_index = np.flatnonzero(found >= 0)
    target_index = found[pred_index]
    times = np.bincount(target_index, minlength=right.rows)
    left.refuse_twice(found, times)
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
                raise DataError(what, field.where(0), "key arrays must be of one length")

    def spans(self) -> Iterator[list[Any]]:
        """Keys by spans: text, or tuples of text for several columns."""
        for low in range(0, self.rows, _SPAN):
            columns = [field.read(low, min(low + _SPAN, self.rows)).tolist() for field in self.fields]
            yield columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))

    def all(self) -> Iterator[Any]:
        return (key for span in self.spans() for key in span)

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

    def places(self) -> dict[Any, int]:
        """The row of every key."""
        place: dict[Any, int] = {}
        row = 0
        for span in self.spans():
            place.update(zip(span, range(row, row + len(span)), strict=True))
            row += len(span)
            if len(place) < row:
                raise self.twice()
        return place

    def twice(self) -> DataError:
        """The error of the first key that stands twice."""
        seen: dict[Any, int] = {}
        for row, key in enumerate(self.all()):
            first = seen.setdefault(key, row)
            if first != row:
                what = f"key {_show(key)} of row {row + 1} stands in row {first + 1} already"
                fix = "keys must be unique on both sides; take out the copy or pair by one more column (--key is repeatable)"
                return DataError(what, self.where(row), fix)
        raise AssertionError("every key is unique")

    def refuse_twice(self, found: Ints, times: Ints) -> None:
        """The same for PRED, whose keys are held only where TARGET has none of them."""
        lone = int(np.count_nonzero(found < 0))
        rows = zip(self.all(), found.tolist(), strict=True) if lone else ()
        if (times > 1).any() or len({key for key, row in rows if row < 0}) < lone:
            raise self.twice()


def _show(key: Any) -> str:
    return "(" + ", ".join(visible(k, 40) for k in key) + ")" if isinstance(key, tuple) else visible(key, 40)


def _nothing(left: _Keys, right: _Keys) -> DataError:
    what = f"no key of {visible(left.source.path)} stands in {visible(right.source.path)}"
    shown = f"the one begins {left.shown(range(left.rows))}, the other {right.shown(range(right.rows))}"
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
        raise DataError("; ".join(faults), fix=f"leave them out with {' '.join(flags)}, or add what is missing")
