"""Groups of rows: the group of each row, a tally per group, and the order of groups in a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from losscli.core.errors import DataError, UsageError, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.engine.tally import Accumulator, GroupKey, Tally, TileResult, split
from losscli.engine.term import BoundTerm
from losscli.engine.totals import PooledSums
from losscli.numerics.stable import Array, Ints
from losscli.reading.aligned import Filled, Inputs
from losscli.spec.family import Watch
from losscli.spec.tile import Block, as_index

LIMIT = 10_000
"""The most groups in one run."""


def coded(inputs: Inputs, start: int, stop: int, samples: Ints | range) -> tuple[list[GroupKey], Ints]:
    """The groups that occur among `samples`, which are some of the pairs start…stop-1, and the index of each sample's group."""
    from losscli.reading.lone_boxes import group_cells  # late: most runs have no groups

    left = slice(None) if len(samples) == stop - start else as_index(samples) - start
    columns = [coded_cells(group_cells(inputs, f, start, stop)[left]) for f in inputs.by]
    words, codes = columns[0]
    keys: list[GroupKey] = [(word,) for word in words]
    for words, more in columns[1:]:
        found, codes = np.unique(codes * len(words) + more, return_inverse=True)
        keys = [(*keys[x // len(words)], words[x % len(words)]) for x in found.tolist()]
    return keys, codes


def coded_cells(column: Array) -> tuple[list[str], Ints]:
    """The distinct values as text, and the index of each row's value."""
    if column.dtype.kind == "O":
        words = column.tolist()
        known = {word: i for i, word in enumerate(dict.fromkeys(words))}
        return [str(word) for word in known], np.fromiter(map(known.__getitem__, words), np.int64, len(words))
    if column.dtype.kind == "b":
        words, codes = coded_cells(column.astype(np.int8))
        return [{"0": "false", "1": "true"}[word] for word in words], codes
    low, high = int(column.min()), int(column.max())
    if high - low > 4 * len(column):
        found, codes = np.unique(column, return_inverse=True)
        return [str(x) for x in found.tolist()], codes
    place = (column - column.min()).astype(np.int64) if column.dtype.kind == "u" else column.astype(np.int64) - low
    filled = np.bincount(place) > 0
    return [str(low + x) for x in np.flatnonzero(filled).tolist()], (np.cumsum(filled) - 1)[place]


class Groups:
    """Builds a tally per group tile by tile, in one thread; `new` creates an empty accumulator.

    by_class: the results of each class from those of a block; then the number of the class is the last of the values that name
    a group.
    """

    def __init__(
        self,
        inputs: Inputs,
        new: Callable[[], Accumulator],
        own: Mapping[GroupKey, Mapping[str, BoundTerm]],
        by_class: Callable[[Block, TileResult], Iterator[tuple[int, TileResult]]] | None = None,
    ) -> None:
        self.inputs, self.new, self.own, self.by_class = inputs, new, own, by_class
        self.parts: dict[GroupKey, Accumulator] = {}

    def add(self, found: TileResult, block: Block, start: int, stop: int) -> None:
        """Add the results of a block of the pairs start…stop-1."""
        if self.by_class is None:
            self._split(found, block, start, stop)
            return
        for c, part in self.by_class(block, found):
            if self.inputs.by:
                self._split(part, block, start, stop, (str(c),))
            else:
                self._add((str(c),), part)

    def _split(self, found: TileResult, block: Block, start: int, stop: int, last: GroupKey = ()) -> None:
        keys, codes = coded(self.inputs, start, stop, found.samples)
        order, places = split(codes, len(keys))
        together = found if len(keys) == 1 else found.cut(order)
        for key, place in zip(keys, places, strict=True):
            mine = together.cut(place)
            if key in self.own and not last:
                rows = block.take(order[place])
                for term, bound in self.own[key].items():
                    mine.sums[term] = PooledSums.of(bound, rows, Watch())
            self._add((*key, *last), mine)

    def _add(self, key: GroupKey, found: TileResult) -> None:
        if key not in self.parts:
            self.parts[key] = self.new()
            refuse_many(self.parts, self.inputs)
        self.parts[key].add(found)

    def tallies(self) -> dict[GroupKey, Tally]:
        """The tally of each group so far."""
        return {key: part.tally() for key, part in self.parts.items()}


def blocks(inputs: Inputs, block: Block, start: int, stop: int) -> Iterator[tuple[GroupKey, Block]]:
    """The rows of each group in a block of the pairs start…stop-1."""
    keys, codes = coded(inputs, start, stop, block.samples)
    refuse_many(keys, inputs)
    if len(keys) == 1:
        yield keys[0], block
        return
    order, places = split(codes, len(keys))
    for key, place in zip(keys, places, strict=True):
        yield key, block.take(order[place])


def named(inputs: Inputs, key: GroupKey) -> str:
    """`class=person, split=test`."""
    return ", ".join(f"{visible(f.role)}={visible(word)}" for f, word in zip(inputs.by, key, strict=True))


def refuse_placed(terms: Iterable[BoundTerm]) -> None:
    """Raise UsageError for a loss that depends on the positions of rows, which change within a group."""
    for bound in terms:
        if bound.form.placed is not None and bound.form.placed(bound.params):
            raise UsageError(
                f"{bound.form.name} depends on the position of rows in the batch, so --by cannot be used with it",
                fix=f"use {bound.form.name}:runs=none, which goes by labels"
                if "runs" in bound.params
                else "omit --by for this loss",
            )


def refuse_many(groups: Collection[GroupKey], inputs: Inputs) -> None:
    """Raise DataError if there are more than LIMIT groups."""
    if len(groups) > LIMIT:
        raise DataError(
            f"--by {visible(', '.join(f.role for f in inputs.by))} makes more than {LIMIT} groups"
            if inputs.by
            else f"--per-class makes more than {LIMIT} groups",
            fix="name a column with fewer distinct values, or write a row per sample with --per-sample FILE"
            if inputs.by
            else "omit --per-class, and write a row per sample with --per-sample FILE",
        )


@dataclass(frozen=True)
class Grouping:
    """What groups rows: its name, and where its values are bins these in ascending order. of_values: whether the edges of the bins
    are quantiles of the rows."""

    role: str
    labels: tuple[str, ...] = ()
    of_values: bool = False

    @classmethod
    def each(cls, by: Sequence[Filled]) -> tuple[Grouping, ...]:
        """The groupings of columns."""
        fields = [(f.role, f.field) for f in by]
        return tuple(cls(role, tuple(getattr(x, "labels", ())), getattr(x, "of_values", False)) for role, x in fields)


def ordered(keys: Sequence[GroupKey], by: Sequence[Grouping] = ()) -> list[GroupKey]:
    """Groups sorted by value if they are numbers or horizons, then other text by code points; bins in ascending order."""
    bins = [{word: i for i, word in enumerate(x.labels)} for x in by]
    known: list[Mapping[str, int]] = [*bins, *({} for _ in keys[:1] for _ in keys[0][len(bins) :])]
    return sorted(keys, key=lambda key: [_rank(word, places) for word, places in zip(key, known, strict=True)])


def _rank(word: str, places: Mapping[str, int]) -> tuple[bool, float, int, str]:
    return (False, places[word], 0, "") if word in places else _value_rank(word)


def _value_rank(word: str) -> tuple[bool, float, int, str]:
    if " " in word:
        from losscli.reading.horizon import seconds  # late: few groups are horizons

        number = seconds(word)
    else:
        number = read_number(word)
    return (True, 0.0, 0, word) if number is None else (False, number, len(word), word)
