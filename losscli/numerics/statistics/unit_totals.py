"""Totals of units: rows that stand or fall together, such as the boxes of an image, count as one observation."""

from __future__ import annotations

from collections.abc import Sequence
from sys import float_info

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import SCALE, ratio, rounded_sum, to_int
from losscli.numerics.exact_totals import parts_by_place
from losscli.numerics.stable import Floats, Words, two_sum
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.spread import Spread

Parts = tuple[Words, Floats]
"""Units, and a row of numbers to be added to the totals of each."""

_SPARE = 1 << 16
"""Parts beyond twice the units that are kept before they are joined."""


@dataclass(frozen=True)
class UnitTotals:
    """Totals of one or more columns by unit, which a 64-bit number names: parts from the tiles, added exactly in any order."""

    parts: tuple[Parts, ...] = ()
    lost: int = 0

    @classmethod
    def of(cls, units: Words, columns: Floats) -> UnitTotals:
        """The totals over one tile's rows: `columns` has a row per row, such as (ω·loss, ω)."""
        names, place = np.unique(units.astype(np.uint64, copy=False), return_inverse=True)
        totals = np.stack([np.bincount(place, weights=c, minlength=len(names)).astype(np.float64) for c in columns.T], axis=1)
        return cls(((names, totals),) if len(names) else (), int((~np.isfinite(totals).all(1)).sum()))

    @classmethod
    def exactly(cls, units: Words, columns: Floats) -> UnitTotals:
        """The same, of which no total is rounded."""
        finite = np.isfinite(columns).all(1)
        names, place = np.unique(units[finite].astype(np.uint64, copy=False), return_inverse=True)
        if len(names) == len(columns):
            return cls(((units.astype(np.uint64, copy=False), columns),))
        with np.errstate(over="ignore"):
            every = [(names, totals) for totals in parts_by_place(columns[finite], place, len(names))]
        if not all(np.isfinite(totals).all() for _, totals in every):  # no double is the total of a unit
            every = [(units[finite].astype(np.uint64, copy=False), columns[finite])]
        parts = [*every[:1], *((names[held], totals[held]) for _, totals in every[1:] if (held := totals.any(1)).any())]
        parts += [(units[~finite].astype(np.uint64, copy=False), columns[~finite])] if not finite.all() else []
        return cls(tuple(parts), int((~finite).sum()))

    def __add__(self, other: UnitTotals) -> UnitTotals:
        both = UnitTotals(self.parts + other.parts, self.lost + other.lost)
        size = sum(len(names) for names, _ in both.parts)
        largest = max((len(names) for names, _ in both.parts), default=0)
        return both.joined() if size > 2 * largest + _SPARE and len(both.parts) > 8 else both

    def _sorted(self) -> tuple[Words, Floats]:
        names = np.concatenate([n for n, _ in self.parts])
        order = np.argsort(names, kind="stable")
        return names[order], np.concatenate([t for _, t in self.parts])[order]

    def joined(self) -> UnitTotals:
        """The same totals in fewer parts: each unit's exact sums as the shortest rows of doubles that have them."""
        if self.lost or not self.parts:
            return self
        names, rows = self._sorted()
        starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
        counts = np.diff(np.r_[starts, len(names)])
        alone = starts[counts == 1]
        units, found = [], []
        for a, n in zip(starts[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
            terms = [_expansion(column) for column in rows[a : a + n].T.tolist()]
            length = max(1, *map(len, terms))
            units += [names[a]] * length
            found += [[t[i] if i < len(t) else 0.0 for t in terms] for i in range(length)]
        together = (np.array(units, np.uint64), np.array(found).reshape(len(units), rows.shape[1]))
        both = UnitTotals(((np.r_[names[alone], together[0]], np.r_[rows[alone], together[1]]),))
        return UnitTotals((both._sorted(),))

    def totals(self) -> tuple[Words, Floats]:
        """The units in ascending order and their totals, each rounded once: the same for any order of the rows' tiles."""
        if not self.parts:
            return np.zeros(0, np.uint64), np.zeros((0, 2))
        names, rows = self._sorted()
        first = np.r_[True, names[1:] != names[:-1]]
        starts = np.flatnonzero(first)
        counts = np.diff(np.r_[starts, len(names)])
        found = rows[starts].copy()
        two = starts[counts == 2]
        found[counts == 2] = two_sum(rows[two], rows[two + 1])[0]
        for i in np.flatnonzero(counts > 2).tolist():
            a, b = starts[i], starts[i] + counts[i]
            found[i] = [rounded_sum(column) for column in rows[a:b].T.tolist()]
        return names[starts], found

    def spread(self) -> Spread:
        """The ratio of the first column's total to the second's, Σ over units; residual totals A_u - value·N_u, df = units - 1."""
        _, found = self.totals()
        return RatioSums.of(found[:, 0], found[:, 1]).spread()


def _expansion(column: Sequence[float]) -> list[float]:
    """An exact sum as doubles of descending size."""
    rest = sum(map(to_int, column))
    out: list[float] = []
    while rest:
        out.append(min(max(ratio(rest, 1 << SCALE), -float_info.max), float_info.max))
        rest -= to_int(out[-1])
    return out
