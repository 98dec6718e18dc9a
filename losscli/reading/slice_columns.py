"""The columns that --by, --filter, --bins and --unit name, with quantities of boxes that files need not have. Reads no values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Floats, Ints
from losscli.reading.aligned import Filled
from losscli.reading.asked import Reading
from losscli.reading.group_columns import SIDES, known_columns, named, refuse_twice
from losscli.reading.pairing import Pairing
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Field, gather
from losscli.spec.family import Conventions
from losscli.spec.slices import ORDERED, READY


def slice_columns(
    columns: RoleColumns,
    reading: Reading,
    pairing: Pairing,
    same: frozenset[str],
    filled: Sequence[Filled],
    conventions: Conventions,
) -> tuple[Filled, ...]:
    """A field per column of --by, then one per condition of --filter, one per --bins, and that of --unit. same: columns equal on
    both sides.

    Raises UsageError for a repeated name, DataError if a column is missing, ambiguous or of the wrong length.
    """
    refuse_twice(reading.by)
    names = known_columns(columns)
    out = [named(columns, "--by", name, pairing, same, reading.strict) for name in reading.by]

    def found(option: str, name: str, numbers: bool, rest: str) -> Filled:
        own = quantity(columns, filled, conventions, name) if name in READY else None
        return own or named(columns, option, name, pairing, same, reading.strict, numbers, rest)

    for condition in reading.filters:
        chosen = condition.among(names)
        out.append(found("--filter", chosen.column, chosen.op in ORDERED and not chosen.of_times, f"{chosen.op}{chosen.value}"))
    out += [found("--bins", b.column, True, b.typed) for b in reading.bins]
    return (*out, *([named(columns, "--unit", reading.unit, pairing, same, reading.strict)] if reading.unit else []))


def quantity(columns: RoleColumns, filled: Sequence[Filled], conventions: Conventions, name: str) -> Filled | None:
    """The area of the true object or the aspect of its box, or the score of a prediction; None where they are not known."""
    if columns.family.match is None:
        return None
    if name == "score":
        return _column(columns, "pred", name)
    if name == "area" and (own := _column(columns, "target", name)) is not None:
        columns.notes.append("area is that of the objects of TARGET (`area`), not of their boxes")
        return own
    if name == "aspect" and any(name in columns.source(side).names for side in SIDES):
        return None
    boxes = next((f for f in filled if f.role == "target" and f.field.shape == (4,)), None)
    if boxes is None:
        return None
    size = _area if name == "area" else _aspect
    return Filled(name, boxes.side, OfBoxes(boxes.field, size, conventions.target_format != "xyxy"))


def _column(columns: RoleColumns, side: str, key: str) -> Filled | None:
    found = columns.reads(side, key)
    return None if found is None else Filled(key, side, columns.source(side).numbers((found,)))


def _area(sizes: Floats) -> Floats:
    return sizes[:, 0] * sizes[:, 1]


def _aspect(sizes: Floats) -> Floats:
    return sizes[:, 0] / sizes[:, 1]


@dataclass(frozen=True)
class OfBoxes:
    """A number per box, from its width and height. sized: whether these are the last two of its four numbers."""

    boxes: Field
    of: Callable[[Floats], Floats]
    sized: bool
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    kind: str = "f"

    @property
    def rows(self) -> int:
        return self.boxes.rows

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1."""
        return self._numbers(self.boxes.read(start, stop))

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return self._numbers(gather(self.boxes, rows))

    def _numbers(self, boxes: Array) -> Floats:
        wide = np.asarray(boxes, dtype=np.float64)
        with np.errstate(all="ignore"):
            return self.of(wide[:, 2:] if self.sized else wide[:, 2:] - wide[:, :2])

    def where(self, row: int, item: int = 0) -> Where:
        return self.boxes.where(row)
