"""Pairs predictions with targets: by position, or by keys compared as text. Reads keys only, never values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.stable import Bools, Ints, Words
from losscli.reading.keys import AS_WRITTEN, BY_VALUE, Keys, Spelling, Unpaired
from losscli.sources.base import Source

if TYPE_CHECKING:
    from losscli.reading.bookkeeping import Bookkeeping


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
    missed: int = 0
    spurious: int = 0
    """How many unmatched boxes are samples: those of TARGET follow the pairs, then those of PRED. The index of the side that such a
    sample does not have is that of some other row."""
    many: bool = False
    """Whether several rows of PRED are paired with one of TARGET."""
    note: str = ""
    """What the user should know of how keys were compared."""
    listed: str = ""
    """How rows were paired without keys or positions: `list` (--pairs) or `gallery` (--gallery)."""
    whole: Pairing | None = None
    """The pairing before --filter left samples out; None without --filter."""
    agrees: str = ""
    """The column that agrees with pairing by position in every row; empty if there is none."""

    @property
    def rows(self) -> int:
        """The number of samples: the pairs, which are in the order of PRED, and the unmatched boxes that count."""
        return self.matched + self.missed + self.spurious

    @property
    def unfiltered(self) -> Pairing:
        """The pairing whatever --filter leaves out."""
        return self.whole or self

    @property
    def filtered(self) -> int:
        """The pairs that --filter leaves out."""
        return self.unfiltered.matched - self.matched

    @property
    def all_pairs(self) -> bool:
        """Whether every sample is a pair."""
        return not self.missed and not self.spurious

    def has(self, side: str, samples: Ints) -> Bools:
        """Whether each of these samples has a row of that side."""
        both = samples < self.matched
        alone = samples < self.matched + self.missed
        return np.asarray(alone if side == "target" else both | ~alone)


def counted(pred_rows: int, target_rows: int, paths: tuple[str, str]) -> str:
    """How many rows each side has, where they differ."""
    ours = f"{pred_rows:,} prediction{'s' * (pred_rows != 1)} in {visible(paths[0])}"
    return f"{ours}, but {target_rows:,} target{'s' * (target_rows != 1)} in {visible(paths[1])}"


def unequal(pred_rows: int, target_rows: int, paths: tuple[str, str], way: str, *, arrays: bool = False) -> DataError:
    """The error of sides that cannot pair by position. way: the options that pair them, if there are any; arrays: whether a side is
    an array, which has no columns."""
    what = counted(pred_rows, target_rows, paths)
    if arrays:
        return DataError(what, fix="write the same samples to both, one per row (the first axis)")
    return DataError(what, fix=f"pairing by position needs equally many rows; pair them by {way or 'a column of both with --key'}")


def by_key(
    pred: Source,
    target: Source,
    keys: list[tuple[str, str]],
    *,
    missing: str = "error",
    extra: str = "error",
    spelling: Spelling = AS_WRITTEN,
    many: bool = False,
    drop: bool = False,
) -> Pairing:
    """Pair rows whose keys are equal as text, in PRED's order. keys: (column of PRED, column of TARGET); all must match.

    missing: what to do with a target without prediction, extra: with a prediction without target; `error` or `drop`.
    spelling: how keys are spelled before they are compared. Where some are equal only by value (`1.0` and `1`), keys compare by
    value. many: whether several rows of PRED may have the key of one row of TARGET. drop: leave rows without a key out.
    TARGET's keys are kept in memory as an index; PRED's are streamed.
    """
    left, right = Keys(pred, [k[0] for k in keys], spelling), Keys(target, [k[1] for k in keys], spelling, second=True)
    index = right.index(drop)
    found = np.empty(left.rows, np.int64)
    lone: list[Words] = []
    for start, words in left.spans(drop):
        here = found[start : start + len(words)] = index.find(words)
        lone.append(words[here < 0])
    del index
    pred_index = np.flatnonzero(found >= 0)
    target_index = found[pred_index]
    times = np.bincount(target_index, minlength=right.rows)
    if not many:
        left.refuse_twice(found, times, lone)
    unpaired = Unpaired(left, right, found, times)
    note = left.note or right.note
    if spelling is AS_WRITTEN and (again := unpaired.equal_by_value()):
        spelled = by_key(pred, target, keys, missing=missing, extra=extra, spelling=BY_VALUE, many=many, drop=drop)
        return replace(spelled, note=f"keys are compared by value: {visible(again[0], 40)} is {visible(again[1], 40)}")
    if not len(pred_index):
        raise unpaired.nothing()
    unpaired.refuse(missing, extra)
    return Pairing(
        left.rows,
        right.rows,
        len(pred_index),
        pred_only=left.rows - len(pred_index),
        target_only=int(np.count_nonzero(times == 0)),
        pred_index=_identity(pred_index, left.rows),
        target_index=_identity(target_index, right.rows),
        many=many,
        note=note,
    )


def _identity(index: Ints, rows: int) -> Ints | None:
    return None if len(index) == rows and np.array_equal(index, np.arange(rows)) else index
