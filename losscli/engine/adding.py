"""How the numbers of a tile are added: as NumPy rounds them, or exactly, whichever rows are in which tile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import Exact, tile_sum
from losscli.numerics.exact_totals import exact_sum, exact_sums
from losscli.numerics.stable import Floats, Words
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.unit_totals import UnitTotals


@dataclass(frozen=True)
class Adding:
    """The sums of a tile: of (weighted) numbers, of each column, of ratios, and by unit.

    exact: whether none of them rounds, whatever the tile.
    """

    exact: bool
    total: Callable[[Floats, Floats | None], Exact]
    columns: Callable[[Floats], list[Exact]]
    """Of an array (n, …), along its first axis."""
    ratio: Callable[[Floats, Floats | None, Floats | None], RatioSums]
    units: Callable[[Words, Floats], UnitTotals]


def _exact_sum(values: Floats, weight: Floats | None) -> Exact:
    with np.errstate(over="ignore", invalid="ignore"):
        return exact_sum(values if weight is None else weight * values)


def _columns(rows: Floats) -> list[Exact]:
    return [Exact.of(x) for x in rows.sum(0, keepdims=True).ravel().tolist()]


def _exact_columns(rows: Floats) -> list[Exact]:
    return exact_sums(rows.reshape(len(rows), -1))


ROUNDED = Adding(False, tile_sum, _columns, RatioSums.of, UnitTotals.of)
EXACT = Adding(True, _exact_sum, _exact_columns, RatioSums.exactly, UnitTotals.exactly)
