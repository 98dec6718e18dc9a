"""Counts of forecasts by their probability, for calibration: in bins of equal width, and in fine cells that bins of equal mass are
made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.adding import Adding
from losscli.numerics.binned_sums import BinnedSums
from losscli.numerics.exact_sum import Exact
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.forecast import Forecast

_SHIFT = 52 - 7
_FIRST = (1023 - 53) << 7
"""The leading bits of 2^-53."""
_HALF = 52 << 7
"""The last cell below one half."""
CELLS = 2 * _HALF + 2
"""Cells of the probability: 128 per halving of its distance to the nearer of 0 and 1, down to 2^-53."""


def cells(probability: Floats) -> Ints:
    """The cell of each probability. A cell contains its upper edge (`upper_edge`), not its lower one; the first contains 0."""
    low = probability <= 0.5
    nearer = np.where(low, probability, 1.0 - probability)
    bits = nearer.view(np.int64)
    up = ((bits + ((1 << _SHIFT) - 1)) >> _SHIFT) - _FIRST
    down = (bits >> _SHIFT) - _FIRST + 1
    return np.where(low, np.maximum(up, 0), CELLS - 1 - np.maximum(down, 0))


def upper_edge(cell: int) -> float:
    """The largest double in a cell."""
    if cell <= _HALF:
        return _edge(cell)
    if cell == CELLS - 1:
        return 1.0
    distance = _edge(CELLS - 2 - cell)
    found = 1.0 - distance
    return found if 1.0 - found >= distance else float(np.nextafter(found, 0.0))


def _edge(cell: int) -> float:
    return float(np.array([(_FIRST + cell) << _SHIFT], dtype=np.int64).view(np.float64)[0])


def edges(bins: int) -> Floats:
    """The edges of bins of equal width."""
    return np.arange(bins + 1) / bins


@dataclass(frozen=True)
class CalibrationCounts:
    """The rows by bin and by cell of their probability, with sums of f (the probability), o (1 where the event occurred) and of
    their products; with weights, w·each, w, and w²·f·(1 - f). `lost` rows have no probability."""

    bins: BinnedSums = field(default_factory=BinnedSums)
    cells: BinnedSums = field(default_factory=BinnedSums)
    lost: int = 0
    weighted: bool = False
    slopes: Mapping[float, tuple[Exact, Exact]] = field(default_factory=dict)
    """By β, the sums of the first and second derivatives of the cross-entropy (see `Forecast`)."""

    @classmethod
    def of(cls, forecast: Forecast, weight: Floats | None, mask: Bools | None, bins: int, adding: Adding) -> CalibrationCounts:
        """The counts of the rows of `mask`, or of all."""
        p, occurred = forecast.probability, forecast.occurred
        used = slice(None) if mask is None else mask
        ours = None if weight is None else weight[used]
        slopes = {b: (adding.total(g[used], ours), adding.total(h[used], ours)) for b, (g, h) in forecast.sloped.items()}
        keep = ~np.isnan(p) if mask is None else mask & ~np.isnan(p)
        lost = (len(p) if mask is None else int(mask.sum())) - int(keep.sum())
        if not keep.all():
            p, occurred, weight = p[keep], occurred[keep], None if weight is None else weight[keep]
        o = occurred.astype(np.float64)
        columns: dict[str, Floats] = {"f": p, "o": o, "ff": p * p, "fo": p * o}
        if weight is not None:
            columns = {name: weight * column for name, column in columns.items()}
            columns |= {"w": weight, "v": weight * weight * (p * (1.0 - p))}
        few: dict[str, Floats] = {name: columns[name] for name in ("w", "f", "o") if name in columns}
        place = np.maximum(np.searchsorted(edges(bins), p, side="left") - 1, 0)
        return cls(BinnedSums.of(place, bins, columns), BinnedSums.of(cells(p), CELLS, few), lost, weight is not None, slopes)

    def __add__(self, other: CalibrationCounts) -> CalibrationCounts:
        return CalibrationCounts(
            self.bins + other.bins,
            self.cells + other.cells,
            self.lost + other.lost,
            self.weighted or other.weighted,
            {b: (g + other.slopes[b][0], h + other.slopes[b][1]) for b, (g, h) in self.slopes.items()},
        )
