"""PRED and TARGET as aligned blocks: the column that fills each role and the pairs of rows. Evaluates nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NoReturn

import numpy as np

from losscli.core.errors import DataError, UsageError, Where, visible
from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array, Bools, Floats, Ints
from losscli.reading.agreement import Agreement
from losscli.reading.labels import Coded
from losscli.reading.lone_index import LoneIndex
from losscli.reading.pairing import Pairing
from losscli.sources.base import VARIES, Field, Source, gather, not_finite
from losscli.spec.family import Family
from losscli.spec.tile import TILE_VALUES, Block, as_doubles, as_index

_SPAN = 1 << 18
"""Rows looked at together."""


@dataclass(frozen=True)
class Filled:
    """One role and the field that fills it; part: the index along axis 1 if several roles share the field."""

    role: str
    side: str
    field: Field
    part: int | None = None
    shared: bool = False
    unordered: bool = False
    """Whether it has classes by names whose order nothing says."""
    rows: Ints | None = None
    """The row of its field for each pair, where several roles read the field, each at rows of its own."""

    @property
    def width(self) -> int:
        """Numbers per row; as many as a tile has where rows differ in shape, so that each is a tile of its own."""
        return 0 if self.shared else TILE_VALUES if self.varies else prod(self.field.shape)

    @property
    def varies(self) -> bool:
        """Whether rows differ in shape."""
        return VARIES in self.field.shape

    def read(self, start: int, stop: int, index: Ints | None) -> Array:
        if self.shared:
            return self.field.read(0, self.field.rows)
        rows = self.field.read(start, stop) if index is None else gather(self.field, index[start:stop])
        return rows if self.part is None else rows[:, self.part]

    def where(self, row: int, item: int) -> Where:
        return self.field.where(row, self._item(item))

    def refuse(self, row: int, item: int, fix: str) -> NoReturn:
        """Raise the DataError of a cell that is not a finite number."""
        raise not_finite(self.field, row, self._item(item), fix)

    def _item(self, item: int) -> int:
        return item if self.part is None else item + self.part * prod(self.field.shape[1:])


@dataclass(frozen=True)
class Inputs:
    """Everything a run reads, aligned: `block(start, stop)` is any span of the pairs. Picklable."""

    family: Family
    pred: Source
    target: Source | None
    filled: tuple[Filled, ...]
    pairing: Pairing
    keys: tuple[str, ...] = ()
    key_side: str = "pred"
    """The side whose columns the keys are."""
    weight: Filled | None = None
    nonfinite: str = "error"
    agreement: Agreement | LoneIndex | None = None
    """The column that must be equal in every pair, or count one side's rows in order, where rows pair by position."""
    left_out: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """The columns of each side that no role reads, and why."""
    set_columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The columns of each side by which boxes were matched, by role key."""
    models: tuple[str, ...] = ()
    """The columns of --models, whose samples follow one another; empty without."""
    by: tuple[Filled, ...] = ()
    """The columns whose values group the rows; `role` is what the user calls each."""
    filters: tuple[str, ...] = ()
    """The conditions of --filter, which every sample satisfies."""
    unit: Filled | None = None
    """The column whose values name what varies as one: the rows of a value stand or fall together."""
    unit_like: str = ""
    """A column that looks as if it were one, where the user said nothing."""

    @property
    def sources(self) -> dict[str, Source]:
        """The files by side."""
        return {"pred": self.pred, **({"target": self.target} if self.target is not None else {})}

    @property
    def forks(self) -> bool:
        """Whether forked processes can read these files."""
        return all(source.forks for source in self.sources.values())

    @property
    def rows(self) -> int:
        return self.pairing.rows

    @property
    def width(self) -> int:
        return max((f.width for f in self.filled), default=1)

    def available(self) -> frozenset[str]:
        return frozenset(f.role for f in self.filled)

    def sure(self) -> frozenset[str]:
        """The roles of classes that an unnamed array of PRED fills for certain: its numbers are whole, and not all 0 or 1."""
        bare = [f for f in self.filled if f.side == "pred" and not f.field.names and f.field.shape == ()]
        if len(bare) < 2 or not _classes_only(bare[0].field):
            return frozenset()
        return frozenset(f.role for f in bare if self.family.role(f.role).text)

    @property
    def named_by(self) -> tuple[str, ...]:
        """What names a sample: the model, where there are several, and the keys."""
        return (*(("model",) if self.models else ()), *self.keys)

    def models_of(self, samples: Ints) -> list[str]:
        """The models that predicted these samples, which are the first group."""
        rows = self.by[0].rows
        assert rows is not None
        return [str(word) for word in gather(self.by[0].field, rows[samples])]

    @property
    def key_fields(self) -> dict[str, Field]:
        """The columns that name a pair, as text, by name; read at the rows of `key_side`."""
        return {name: self.sources[self.key_side].text(name) for name in self.keys}

    def index(self, side: str) -> Ints | None:
        return self.pairing.target_index if side == "target" and self.target is not None else self.pairing.pred_index

    def origin(self, side: str, start: int, stop: int) -> Ints | range:
        """The 0-based rows in a side's file of the pairs start…stop-1."""
        index = self.index(side)
        return range(start, stop) if index is None else index[start:stop]

    def rows_of(self, filled: Filled) -> Ints | None:
        """The row of a role's field for each pair; None where it is the number of the pair."""
        return self.index(filled.side) if filled.rows is None else filled.rows

    def block(self, start: int, stop: int) -> tuple[Block, int]:
        """The pairs start…stop-1 and the number of them that --nonfinite drop removed."""
        if self.agreement is not None:
            self.agreement.check(start, stop)
        by_role = {f.role: f for f in self.filled}
        arrays = {f.role: f.read(start, stop, self.rows_of(f)) for f in self.filled}
        origins = {side: self.origin(side, start, stop) for side in ("pred", "target")}

        def place(role: str, row: int, item: int) -> Where:
            found = by_role[role]
            own = origins[found.side] if found.rows is None else found.rows[start:stop]
            return found.where(row if found.shared else int(own[row]), item)

        weight = None if self.weight is None else self._weights(start, stop)
        shared = frozenset(f.role for f in self.filled if f.shared)
        varies = any(f.varies for f in self.filled)
        block = Block(
            arrays, origins["pred"], origins["target"], place, weight, shared, range(start, stop), varies, self._lone(start, stop)
        )
        return self._finite(block)

    def all_dropped(self) -> DataError:
        """The error where --nonfinite drop leaves no row."""
        return DataError(f"nothing to evaluate: all {self.rows} rows were dropped")

    def weights(self, start: int, stop: int) -> Floats:
        """The checked weights of the pairs start…stop-1; with --nonfinite drop, 0 where they are not finite."""
        found = self._weights(start, stop)
        return np.where(np.isfinite(found), found, 0.0)

    def _weights(self, start: int, stop: int) -> Floats:
        """The weights of the pairs start…stop-1, which are not negative, and finite unless --nonfinite drop excludes their rows."""
        assert self.weight is not None
        found = np.asarray(self.weight.read(start, stop, self.index(self.weight.side)), dtype=np.float64).reshape(stop - start, -1)
        bad = ~(np.isfinite(found) & (found >= 0)) if self.nonfinite != "drop" else found < 0
        if bad.any():
            row, item = divmod(int(np.argmax(bad)), found.shape[1])
            origin = int(self.origin(self.weight.side, start, stop)[row])
            if not np.isfinite(found[row, item]) and self.nonfinite == "error":
                self.weight.refuse(origin, item, "use --nonfinite drop to exclude such rows")
            what = f"weight {found[row, item]:g} is negative or not finite"
            raise DataError(what, self.weight.where(origin, item), "a weight of 0 excludes a row")
        return found[:, 0]

    def _finite(self, block: Block) -> tuple[Block, int]:
        """The rows whose numbers are finite, as --nonfinite has it, and the number of the others."""
        lost = np.zeros(block.rows, bool) if block.weight is None else ~np.isfinite(block.weight)
        for role, array in block.arrays.items():
            if array.dtype.kind != "f" or (self.nonfinite == "keep" and not self._named(role)):
                continue
            fine = np.isfinite(array if array.dtype.itemsize <= 8 else as_doubles(array))  # a long double may exceed them
            if fine.all():
                continue
            bad = np.asarray(~fine).reshape(len(array), -1)
            if self.nonfinite != "drop" or role in block.shared:
                self._refuse(block, role, bad)
            lost |= bad.any(1) if block.lone is None else bad.any(1) & ~block.lone
        return (block.keep(~lost), int(lost.sum())) if lost.any() else (block, 0)

    def _named(self, role: str) -> bool:
        """Whether the values of a role are names, which have no NaN to be kept as."""
        return any(f.role == role and isinstance(f.field, Coded) for f in self.filled)

    def _lone(self, start: int, stop: int) -> Bools | None:
        """Which of the samples start…stop-1 are boxes without a partner; None if none is."""
        return None if stop <= self.pairing.matched or self.pairing.all_pairs else np.arange(start, stop) >= self.pairing.matched

    def _refuse(self, block: Block, role: str, bad: Bools) -> NoReturn:
        """Raise the DataError of the first cell that is not a finite number."""
        row, item = divmod(int(np.argmax(bad)), bad.shape[1])
        found = next(f for f in self.filled if f.role == role)
        if found.shared:
            found.refuse(row, item, "correct it: every row is evaluated with this array")
        rows = block.pred_rows if found.side == "pred" else block.target_rows
        rows = rows if found.rows is None else found.rows[as_index(block.samples)]
        drop, key = "use --nonfinite drop to exclude such rows", self.family.role(role).key
        if self.family.role(role).text and bad.shape[1] == 1 and np.isnan(block.arrays[role]).ravel()[row]:
            raise DataError(f"a missing {key}", found.where(int(rows[row]), item), drop)  # which no row can be evaluated without
        found.refuse(int(rows[row]), item, f"{drop}, or keep to evaluate them")


def _classes_only(field: Field) -> bool:
    """Whether numbers, one per row, are whole, not negative, and not all 0 or 1."""
    if field.kind not in "iuf":
        return False
    highest = 0.0
    for start in range(0, field.rows, _SPAN):
        rows = np.asarray(field.read(start, min(start + _SPAN, field.rows)))
        if rows.min() < 0 or (rows.dtype.kind == "f" and not bool((rows == np.rint(rows)).all())):
            return False
        highest = max(highest, float(rows.max()))
    return highest > 1


def key_columns(keys: Sequence[str]) -> list[tuple[str, str]]:
    """`COL` or `LEFT=RIGHT` of --key as pairs of column names."""
    pairs = []
    for key in keys:
        left, equals, right = key.partition("=")
        if not left or (equals and not right):
            what = f"--key {visible(key)!r} is neither a column name nor LEFT=RIGHT"
            raise UsageError(what, fix="for example --key id, or --key pred_id=target_id")
        pairs.append((left, right or left))
    return pairs
