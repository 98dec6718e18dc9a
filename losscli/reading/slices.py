"""Slices of the pairs: those that every --filter keeps, the bins that --bins groups them by, and the units. Changes no pair."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np

from losscli.core.errors import DataError, nearest, some, visible
from losscli.core.records import dataclass, field, replace
from losscli.core.values import read_number, write_number
from losscli.numerics.quantile_sketch import EXACT_QUANTILES, QuantileAccumulator
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.asked import Bindings, Reading
from losscli.reading.bins import Binned, numbers_of
from losscli.reading.key_times import comparable
from losscli.reading.key_words import plain
from losscli.reading.lone_boxes import NOWHERE, group_cells
from losscli.reading.random_order import in_any_order, looked_up
from losscli.reading.words import truth
from losscli.sources.base import expect
from losscli.sources.missing import is_missing
from losscli.spec.slices import ORDERED, Bins, Condition

_SPAN = 1 << 16
_MOST = 1000
"""The most different values of a column that are kept for a message."""
_HOLDS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def sliced(bound: Bindings, reading: Reading) -> Bindings:
    """The pairs that satisfy every condition, grouped by --by and --bins. The columns of these, and that of --unit, follow those of
    --by in `by`.

    Raises DataError where a cell cannot be compared, or where no pair is left.
    """
    inputs, many = bound.inputs, len(reading.filters)
    first = len(inputs.by) - many - len(reading.bins) - bool(reading.unit)
    conditions = [_Tested(c.among({f.role}), f) for c, f in zip(reading.filters, inputs.by[first : first + many], strict=True)]
    binned = inputs.by[first + many :]
    inputs = replace(inputs, by=inputs.by[:first])
    if conditions:
        inputs, binned = _kept(inputs, conditions, binned)
    unit = binned[-1] if reading.unit else None
    found = [_grouping(inputs, f, bins) for f, bins in zip(binned, reading.bins, strict=not reading.unit)]
    notes = tuple(note for _, note in found if note)
    inputs = replace(inputs, by=(*inputs.by, *(f for f, _ in found)), unit=unit)
    return replace(bound, inputs=inputs, notes=(*bound.notes, *notes))


def _spans(inputs: Inputs) -> Iterator[tuple[int, int]]:
    return ((low, min(low + _SPAN, inputs.rows)) for low in range(0, inputs.rows, _SPAN))


# --- filters


@dataclass
class _Tested:
    """A condition and its column, with what was seen of it."""

    condition: Condition
    filled: Filled
    kept: int = 0
    words: dict[str, None] = field(default_factory=dict)
    low: float = np.inf
    high: float = -np.inf

    def holds(self, inputs: Inputs, start: int, stop: int) -> Bools:
        """Which of these samples satisfy the condition; one without a value does not."""
        if self.condition.of_times:
            found = self._timed(inputs, start, stop)
        else:
            found = self._ordered(inputs, start, stop) if self.condition.op in ORDERED else self._equal(inputs, start, stop)
        self.kept += int(np.count_nonzero(found))
        return found

    def _ordered(self, inputs: Inputs, start: int, stop: int) -> Bools:
        numbers = numbers_of(inputs, self.filled, start, stop)
        if len(known := numbers[~np.isnan(numbers)]):
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
        limit = read_number(self.condition.value)
        assert limit is not None
        return np.asarray(_HOLDS[self.condition.op](numbers, limit))

    def _timed(self, inputs: Inputs, start: int, stop: int) -> Bools:
        """As `_ordered`, of times, which compare as they are spelled in ISO 8601."""
        limit = plain(self.condition.value)
        cells = [str(x) for x in group_cells(inputs, self.filled, start, stop).tolist()]
        times = {word: "" if is_missing(word) or word == NOWHERE else plain(word) for word in dict.fromkeys(cells)}
        bad = next((word for word, time in times.items() if time and not comparable(time, limit)), None)
        if bad is not None:
            index = inputs.rows_of(self.filled)
            at = start + cells.index(bad)
            what = f"{visible(bad, 40)!r} cannot be compared with the time {visible(self.condition.value)}"
            fix = "write both as 2024-01-31 or 2024-01-31 12:00, either both with a time zone or neither"
            raise DataError(what, self.filled.field.where(at if index is None else int(index[at])), fix)
        if len(self.words) < _MOST:
            self.words.update(dict.fromkeys(word for word, time in times.items() if time))
        holds = _HOLDS[self.condition.op]
        keep = {word: bool(time) and holds(time.removesuffix("Z"), limit.removesuffix("Z")) for word, time in times.items()}
        return np.array([keep[word] for word in cells], dtype=bool)

    def _equal(self, inputs: Inputs, start: int, stop: int) -> Bools:
        cells = group_cells(inputs, self.filled, start, stop)
        words, codes = np.unique(cells, return_inverse=True) if cells.dtype.kind != "O" else _distinct(cells)
        texts = [_word(x) for x in words.tolist()]
        there = np.array([not is_missing(w) and w != NOWHERE for w in texts], dtype=bool)
        same = np.array([same_value(w, self.condition.value) for w in texts], dtype=bool)
        if len(self.words) < _MOST:
            self.words.update(dict.fromkeys(w for w, known in zip(texts, there, strict=True) if known))
        keep = there & (same if self.condition.op == "=" else ~same)
        return np.asarray(keep[codes.reshape(-1)])

    @property
    def seen(self) -> str:
        """What the column contains, for a message."""
        name = visible(self.condition.column)
        if self.condition.op in ORDERED and not self.condition.of_times:
            return f"{name} is from {write_number(self.low)} to {write_number(self.high)}" if self.low <= self.high else ""
        near = nearest(self.condition.value, self.words)
        return f"{name} is {some(list(self.words))}{near}" if self.words else f"{name} has no values"


def _distinct(cells: Array) -> tuple[Array, Ints]:
    """The distinct cells of a column of text, and the index of each row's."""
    listed = cells.tolist()
    known = {word: i for i, word in enumerate(dict.fromkeys(listed))}
    words = np.empty(len(known), dtype=object)
    words[:] = list(known)
    return words, np.fromiter(map(known.__getitem__, listed), np.int64, len(listed))


def _word(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def same_value(word: str, value: str) -> bool:
    """Whether two texts are one value, as labels are compared: `1`, `1.0` and `true` are, `0.5` and `0.50`, and times in two
    spellings."""
    if truth(word) == truth(value) or plain(word) == plain(value):
        return True
    word, value = word.strip(), value.strip()
    return read_number(word) is not None and read_number(value) is not None and Decimal(word) == Decimal(value)


def _kept(inputs: Inputs, conditions: Sequence[_Tested], binned: tuple[Filled, ...]) -> tuple[Inputs, tuple[Filled, ...]]:
    """The inputs of the samples that satisfy every condition, and the columns of --bins at these samples."""
    if inputs.rows > _SPAN:
        guard = () if inputs.agreement is None else inputs.agreement.fields
        expect((c.filled.field for c in conditions), guard)
    parts = []
    for start, stop in _spans(inputs):
        if inputs.agreement is not None:
            inputs.agreement.check(start, stop)
        holds = np.all([c.holds(inputs, start, stop) for c in conditions], axis=0)
        parts.append(np.flatnonzero(holds) + start)
    keep = np.concatenate(parts)
    if not len(keep):
        raise _nothing(conditions)
    return _at(inputs, keep, tuple(sorted({str(c.condition) for c in conditions})), binned)


def _at(inputs: Inputs, keep: Ints, filters: tuple[str, ...], binned: tuple[Filled, ...]) -> tuple[Inputs, tuple[Filled, ...]]:
    """Some of the samples, which are in ascending order."""
    whole = inputs.pairing
    inputs = replace(inputs, filters=filters, agreement=None)
    if len(keep) == whole.rows:
        return replace(inputs, pairing=replace(whole, whole=whole)), binned
    lone = whole.matched + whole.missed
    matched, missed = int(np.searchsorted(keep, whole.matched)), int(np.searchsorted(keep, lone))
    pairing = replace(
        whole,
        matched=matched,
        missed=missed - matched,
        spurious=len(keep) - missed,
        pred_index=keep if whole.pred_index is None else whole.pred_index[keep],
        target_index=keep if whole.target_index is None else whole.target_index[keep],
        whole=whole,
    )
    filled = [_rows_at(f, keep) for f in inputs.filled]
    by = [_rows_at(f, keep) for f in (*inputs.by, *binned)]
    weight = inputs.weight
    if sides := looked_up(pairing):
        filled, weight, found = in_any_order(filled, weight, by, sides)
        by = list(found)
    n = len(inputs.by)
    return replace(inputs, filled=tuple(filled), by=tuple(by[:n]), weight=weight, pairing=pairing), tuple(by[n:])


def _rows_at(filled: Filled, keep: Ints) -> Filled:
    return filled if filled.rows is None else replace(filled, rows=filled.rows[keep])


def _nothing(conditions: Sequence[_Tested]) -> DataError:
    empty = next((c for c in conditions if not c.kept), None)
    if empty is not None:
        return DataError(f"nothing to evaluate: no sample has {visible(str(empty.condition))}", fix=empty.seen or None)
    asked = " and ".join(visible(str(c.condition)) for c in conditions)
    fix = ", ".join(f"{c.kept:,} with {visible(str(c.condition))}" for c in conditions)
    return DataError(f"nothing to evaluate: no sample has {asked}", fix=f"there are {fix}")


# --- bins


def _grouping(inputs: Inputs, filled: Filled, bins: Bins) -> tuple[Filled, str]:
    """The bins of a column as groups, and a note of edges that come from the values."""
    edges, note = (bins.edges, "") if not bins.parts else _quantiles(inputs, filled, bins)
    return replace(filled, role=bins.column, field=Binned(filled.field, edges, bins.labels, bool(bins.parts))), note


def _quantiles(inputs: Inputs, filled: Filled, bins: Bins) -> tuple[tuple[float, ...], str]:
    found = QuantileAccumulator(inputs.rows <= EXACT_QUANTILES)
    for start, stop in _spans(inputs):
        numbers: Floats = numbers_of(inputs, filled, start, stop)
        if len(known := numbers[~np.isnan(numbers)]):
            found.add(known)
    quantiles = found.quantiles()
    if not quantiles.n:
        raise DataError(f"--bins {visible(bins.column)}: no sample has a value", fix="omit --bins, or name another column")
    edges = quantiles.at(tuple(i / bins.parts for i in range(1, bins.parts)))
    shown = ", ".join(f"{label} from {edge:.12g}" for label, edge in zip(bins.labels[1:], edges, strict=True))
    about = "" if quantiles.exact else " (accurate to 0.05 %)"
    return edges, f"bins of {visible(bins.column)}: {bins.labels[0]} below {edges[0]:.12g}, {shown}{about}"
