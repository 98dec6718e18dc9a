"""Text that says yes or no as 1 and 0: `same` and `different`, `match` and `mismatch`, in any case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Array
from losscli.reading.derived import Derived
from losscli.reading.words import truth
from losscli.sources.missing import is_missing
from losscli.spec.column_names import NO, YES, fold


@dataclass(frozen=True)
class YesNo(Derived):
    """A column of such text as numbers; a missing cell is NaN."""

    shape: tuple[int, ...] = ()
    kind: str = "f"

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1. Raises DataError for another word."""
        return np.array(self._numbers([str(x) for x in self.field.read(start, stop).tolist()], start), dtype=np.float64)

    def _numbers(self, cells: Sequence[str], start: int) -> list[float]:
        known: dict[str, float] = {}
        for i, cell in enumerate(cells):
            if cell not in known:
                found = _number(cell)
                if found is None:
                    what = f"{visible(cell, 40)!r} says neither that two are the same nor that they differ"
                    raise DataError(what, self.where(start + i), "write same and different, yes and no, or 1 and 0")
                known[cell] = found
        return [known[cell] for cell in cells]


def _number(cell: str) -> float | None:
    if is_missing(cell):
        return np.nan
    name = fold(cell.strip())
    if name in YES or name in NO:
        return float(name in YES)
    return {"1": 1.0, "0": 0.0, "-1": -1.0}.get(truth(cell))
