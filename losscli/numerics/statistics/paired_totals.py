"""Two evaluations paired by unit: the totals of each unit under both, and what they say of the difference of the two values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

import numpy as np

from losscli.core.records import dataclass, field, replace
from losscli.numerics.stable import Bools, Floats, Words
from losscli.numerics.statistics.jackknife import GroupedTotals, T, leave_one_out
from losscli.numerics.statistics.paired import PairedSums
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.unit_totals import UnitTotals

Value = Callable[[T], float]
Half = Callable[[Words], Bools]
"""Which units are in the first of two halves."""


@dataclass(frozen=True)
class Paired:
    """new - base by unit. contributions: those of the units, whose sum is n·delta where both are of the same units.

    relative: (new - base)/|base|, None where base is 0. alone: the units that one side alone has.
    """

    delta: Spread
    relative: Spread | None
    contributions: Floats
    wins: int
    ties: int
    losses: int
    alone: int = 0
    exchanged: Callable[[Half], tuple[Paired, tuple[float, float]]] | None = field(default=None, compare=False)
    """The comparison, and both values, with new and base exchanged in a half of the units; None where units are of one side."""


def paired_means(
    new: UnitTotals, base: UnitTotals, values: tuple[float, float], sign: int, scale: float = 1.0, summed: bool = False
) -> Paired:
    """Of means scale·ΣA/ΣN, from the totals (A, N) of each unit, or of sums scale·ΣA; values: those of new and base.

    sign: -1 if higher values are better.
    """
    names, mine, theirs, alone = _aligned(new, base)
    sides = (scale * mine[0], mine[1]), (scale * theirs[0], theirs[1])
    found = _means(*sides, values, sign, alone, summed)
    return found if alone else replace(found, exchanged=lambda half: _exchanged_means(half(names), *sides, sign, summed))


def _exchanged_means(
    first: Bools, new: tuple[Floats, Floats], base: tuple[Floats, Floats], sign: int, summed: bool
) -> tuple[Paired, tuple[float, float]]:
    """The comparison with the totals of some of the units exchanged."""
    one = (np.where(first, base[0], new[0]), np.where(first, base[1], new[1]))
    two = (np.where(first, new[0], base[0]), np.where(first, new[1], base[1]))
    with np.errstate(all="ignore"):
        values = (float(one[0].sum()), float(two[0].sum()))
        if not summed:
            values = (float(values[0] / one[1].sum()), float(values[1] / two[1].sum()))
    return _means(one, two, values, sign, 0, summed), values


def _means(
    new: tuple[Floats, Floats], base: tuple[Floats, Floats], values: tuple[float, float], sign: int, alone: int, summed: bool
) -> Paired:
    (a, n), (b, m) = new, base
    if summed:
        units = len(a)
        found = paired_means_of((a, np.ones(units)), (b, np.ones(units)), (values[0] / units, values[1] / units), sign, alone)
        return replace(found, delta=found.delta.times(units))
    return paired_means_of((a, n), (b, m), values, sign, alone)


def paired_means_of(
    new: tuple[Floats, Floats], base: tuple[Floats, Floats], values: tuple[float, float], sign: int, alone: int
) -> Paired:
    """The same from the totals of the units of either, 0 where one lacks them."""
    (a, n), (b, m) = new, base
    both = (n != 0) & (m != 0)
    with np.errstate(all="ignore"):
        d = sign * (a / n - b / m)[both]
    counts = (int((d < 0).sum()), int((d == 0).sum()), int((d > 0).sum()))
    if not alone and np.array_equal(n, m):
        keep = n != 0
        with np.errstate(all="ignore"):
            sums = PairedSums.of(a[keep] / n[keep], b[keep] / m[keep], None, n[keep], sign)
        delta = replace(sums.delta(), value=values[0] - values[1])
        relative = sums.relative()
        relative = None if relative is None else replace(relative, value=_share(*values))
        with np.errstate(invalid="ignore"):
            return Paired(delta, relative, (a - b)[keep], *counts)
    with np.errstate(all="ignore"):
        new_part, base_part = _influence(a, n, values[0]), _influence(b, m, values[1])
        middle = (a.sum() + b.sum()) / (n.sum() + m.sum())
        contributions = (a - middle * n) / n.mean() - (b - middle * m) / m.mean()
    return Paired(*_spreads(new_part, base_part, values), contributions, *counts, alone)


def paired_jackknife(
    new: GroupedTotals[T],
    base: GroupedTotals[T],
    value: tuple[Value[T], Value[T]],
    values: tuple[float, float],
) -> Paired:
    """Of functions of totals: by the influence of each group of units on both (see jackknife.influence)."""
    if new.folded or base.folded:
        new, base = new.fold(), base.fold()
    keys = sorted({*new.parts, *base.parts})
    alone = len(set(new.parts) ^ set(base.parts))
    if alone or len(keys) < 2:
        nothing = Spread(len(keys), values[0] - values[1], 0.0, 0.0, finite=not alone)
        return Paired(nothing, None, np.zeros(0), 0, 0, 0, alone)
    parts = [
        (len(keys) - 1) * (mine - np.array([of(rest) for rest in leave_one_out([side.parts[k] for k in keys])]))
        for side, of, mine in zip((new, base), value, values, strict=True)
    ]
    delta, relative = _spreads(parts[0], parts[1], values)
    found = Paired(delta, relative, parts[0] - parts[1] + (values[0] - values[1]), 0, 0, 0)
    return replace(found, exchanged=lambda half: _exchanged_groups(half(np.array(keys, np.uint64)), keys, (new, base), value))


def _exchanged_groups(
    first: Bools, keys: Sequence[int], sides: tuple[GroupedTotals[T], GroupedTotals[T]], value: tuple[Value[T], Value[T]]
) -> tuple[Paired, tuple[float, float]]:
    """The comparison with the totals of some of the groups exchanged."""
    order = [sides if keep else sides[::-1] for keep in (~first).tolist()]
    new, base = (GroupedTotals({k: pair[i].parts[k] for k, pair in zip(keys, order, strict=True)}, sides[0].folded) for i in (0, 1))
    values = (value[0](new.total()), value[1](base.total()))
    return paired_jackknife(new, base, value, values), values


def _spreads(new: Floats, base: Floats, values: tuple[float, float]) -> tuple[Spread, Spread | None]:
    """Of the difference and of the relative difference, from the influence of each unit on both values."""
    found = replace(PowerSums.of(new - base).spread(), value=values[0] - values[1])
    if not values[1] or not isfinite(values[1]):
        return found, None
    with np.errstate(all="ignore"):
        shares = (new - values[0] / values[1] * base) / abs(values[1])
    return found, replace(PowerSums.of(shares).spread(), value=_share(*values))


def _share(new: float, base: float) -> float:
    return (new - base) / abs(base)


def _influence(a: Floats, n: Floats, value: float) -> Floats:
    return np.asarray((a - value * n) / n.mean())


def _aligned(new: UnitTotals, base: UnitTotals) -> tuple[Words, Floats, Floats, int]:
    """The units of either, their totals under both (0 where one lacks them), and how many are of one alone."""
    (mine, found), (theirs, other) = new.totals(), base.totals()
    if np.array_equal(mine, theirs):
        return mine, found.T, other.T, 0
    names = np.union1d(mine, theirs)
    both = len(mine) + len(theirs) - len(names)
    return names, _spread_out(names, mine, found), _spread_out(names, theirs, other), len(names) - both


def _spread_out(names: Words, mine: Words, found: Floats) -> Floats:
    out = np.zeros((len(names), 2))
    out[np.searchsorted(names, mine)] = found
    return out.T
