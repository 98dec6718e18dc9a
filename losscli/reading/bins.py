"""Numbers of a column as bins: the field of --bins, and the numbers of samples that bins and filters compare."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.numerics.stable import Array, Floats, Ints
from losscli.reading.aligned import Filled, Inputs
from losscli.reading.derived import Derived
from losscli.reading.lone_boxes import NOWHERE, group_cells
from losscli.sources.base import gather
from losscli.sources.missing import is_missing

MISSING = "(missing)"
"""The bin of the samples without a value."""
_INFINITE = {"inf": np.inf, "+inf": np.inf, "-inf": -np.inf, "infinity": np.inf, "-infinity": -np.inf, "true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Binned(Derived):
    """The name of each number's bin: the first below the first edge, each next one from an edge on."""

    edges: tuple[float, ...]
    labels: tuple[str, ...]
    of_values: bool = False
    """Whether the edges are quantiles of the values."""
    names: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    kind: str = "U"

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 as objects of str."""
        return self._named(self.field.read(start, stop), lambda i: start + i)

    def take(self, rows: Ints) -> Array:
        """The given rows, in any order."""
        return self._named(gather(self.field, rows), lambda i: int(rows[i]))

    def _named(self, cells: Array, row_of: Callable[[int], int]) -> Array:
        numbers = as_numbers(cells, lambda i: self.field.where(row_of(i)))
        words = np.array([*self.labels, MISSING], dtype=object)
        at = np.searchsorted(self.edges, numbers, side="right")
        return np.asarray(words[np.where(np.isnan(numbers), len(self.labels), at)])


def numbers_of(inputs: Inputs, filled: Filled, start: int, stop: int) -> Floats:
    """The numbers of a column at the samples start…stop-1, NaN where there is none. Raises DataError at other text."""
    index = inputs.rows_of(filled)
    return as_numbers(
        group_cells(inputs, filled, start, stop),
        lambda i: filled.field.where(start + i if index is None else int(index[start + i])),
    )


def as_numbers(cells: Array, where: Callable[[int], Where]) -> Floats:
    """Cells as numbers, NaN where one is missing. where: the location of a cell, for the error of other text."""
    if cells.dtype.kind in "fiub":
        return np.asarray(cells, dtype=np.float64)
    known: dict[object, float] = {}
    out = np.empty(len(cells))
    for i, cell in enumerate(cells.tolist()):
        if cell not in known:
            known[cell] = _number(str(cell), where, i)
        out[i] = known[cell]
    return out


def _number(text: str, where: Callable[[int], Where], i: int) -> float:
    if is_missing(text) or text == NOWHERE:
        return np.nan
    word = text.strip()
    found = read_number(word)
    if found is None:
        found = _INFINITE.get(word.lower())
    if found is None:
        fix = "--bins and the comparisons > >= < <= need numbers; = and != compare text"
        raise DataError(f"{visible(word, 40)!r} is not a number", where(i), fix)
    return found
