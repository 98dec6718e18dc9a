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

_HALF = 512
"""The power of two that factors are divided by where no double is their product."""


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
    if weight is None:
        return exact_sum(values)
    with np.errstate(over="ignore", invalid="ignore"):
        products = weight * values
    beyond = np.isinf(products) & np.isfinite(values) & np.isfinite(weight)
    if not beyond.any():
        return exact_sum(products)
    large = exact_sum(np.ldexp(weight[beyond], -_HALF) * np.ldexp(values[beyond], -_HALF))
    return exact_sum(products[~beyond]) + Exact(large.total << 2 * _HALF)


def _columns(rows: Floats) -> list[Exact]:
    return [Exact.of(x) for x in rows.sum(0, keepdims=True).ravel().tolist()]


def _exact_columns(rows: Floats) -> list[Exact]:
    return exact_sums(rows.reshape(len(rows), -1))


ROUNDED = Adding(False, tile_sum, _columns, RatioSums.of, UnitTotals.of)
EXACT = Adding(True, _exact_sum, _exact_columns, RatioSums.exactly, UnitTotals.exactly)
