"""What the interval of a loss is made from where the distribution of the samples' losses does not say it: sums of ratios, totals by
unit, and totals by groups of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.records import dataclass
from losscli.engine.adding import ROUNDED, Adding
from losscli.engine.term import BoundTerm
from losscli.engine.totals import PooledSums
from losscli.numerics.exact_sum import SCALE, ratio, to_int
from losscli.numerics.exact_totals import exact_by_place
from losscli.numerics.stable import Bools, Floats, Ints, Words
from losscli.numerics.statistics.hashing import GROUPS, groups_of
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.spec.loss import Rows
from losscli.spec.recipe import Recipe
from losscli.spec.tile import as_index

MOST_COLUMNS = 1024
"""Totals of a recipe beyond which there is no jackknife."""


@dataclass(frozen=True)
class Sum:
    """Totals as multiples of 2^-1074; `lost`: how many of the numbers were not finite."""

    totals: tuple[int, ...]
    lost: int = 0

    @classmethod
    def each(cls, rows: Floats) -> list[Sum]:
        """The totals of each row of numbers."""
        finite = np.isfinite(rows)
        lost = (~finite).sum(1).tolist()
        whole = rows if finite.all() else np.where(finite, rows, 0.0)
        return [cls(tuple(map(to_int, row)), n) for row, n in zip(whole.tolist(), lost, strict=True)]

    def __add__(self, other: Sum) -> Sum:
        return Sum(tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)), self.lost + other.lost)

    def first(self, count: int) -> Sum:
        """The first totals; none of them is known where any number was not finite."""
        return Sum(self.totals[:count], self.lost)

    def after(self, count: int) -> Sum:
        """The totals that follow."""
        return Sum(self.totals[count:], self.lost)

    def numbers(self) -> Floats:
        """The totals, each rounded once; NaN if any number was not finite."""
        return np.full(len(self.totals), np.nan) if self.lost else np.array([ratio(x, 1 << SCALE) for x in self.totals])


Jackknife = GroupedTotals[Sum]


@dataclass(frozen=True)
class Estimate:
    """The sums of one recipe, of one kind throughout a run."""

    sums: RatioSums | UnitTotals | Jackknife

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.sums + other.sums)  # type: ignore[operator]


def jackknifed(recipe: Recipe, terms: Mapping[str, BoundTerm]) -> bool:
    """Whether the value is not a mean over samples but a function of totals: a pooled loss, or several terms."""
    return len(recipe.terms) > 1 or any(terms[t.full()].pooled for _, t in recipe.terms)


def estimated(recipe: Recipe, terms: Mapping[str, BoundTerm]) -> bool:
    """Whether an interval can be made from sums: not of terms that compare rows with each other."""
    return all(terms[t.full()].form.unit != "whole" for _, t in recipe.terms)


class EstimateAccumulator:
    """Builds the estimate of one recipe tile by tile, in one thread; None where the distribution of the samples says it all."""

    def __init__(self, recipe: Recipe, terms: Mapping[str, BoundTerm], adding: Adding = ROUNDED) -> None:
        self.recipe, self.adding = recipe, adding
        self.jackknifed = jackknifed(recipe, terms)
        self.possible = True
        self.terms = tuple(dict.fromkeys(t.full() for _, t in recipe.terms))
        self.found: Estimate | None = None

    def add(
        self,
        rows: Mapping[str, Rows],
        sums: Mapping[str, PooledSums],
        weight: Floats | None,
        samples: Ints | range,
        units: Words | None,
    ) -> None:
        """Add one tile's samples; units: the number of each sample's unit, None where every sample is one."""
        if not self.possible:
            return
        found: RatioSums | UnitTotals | Jackknife | None
        if self.jackknifed:
            columns = columns_of(self.terms, rows, sums, weight)
            if columns is None or columns.shape[2] > MOST_COLUMNS:
                self.possible, self.found = False, None
                return
            found = self._grouped(columns, weight, samples, units)
        else:
            found = self._mean(rows, weight, units)
        if found is not None:
            self.found = Estimate(found) if self.found is None else self.found + Estimate(found)

    def _mean(self, rows: Mapping[str, Rows], weight: Floats | None, units: Words | None) -> RatioSums | UnitTotals | None:
        mine = rows[self.recipe.terms[0][1].full()]
        if units is None and weight is None and mine.norm is None:
            return None
        totals = _of_rows(mine, weight)
        used = totals[1][:, 0] != 0 if mine.kept is not None or weight is not None else slice(None)
        if units is not None:
            columns = np.concatenate(totals, axis=1)[used]
            return self.adding.units(units[used], columns) if len(columns) else None
        norm = None if mine.norm is None else mine.norm[used]
        return self.adding.ratio(mine.values[used], norm, None if weight is None else weight[used])

    def _grouped(self, columns: Floats, weight: Floats | None, samples: Ints | range, units: Words | None) -> Jackknife | None:
        names = as_index(samples).astype(np.uint64) if units is None else units
        if weight is not None and not weight.all():
            columns, names = columns[weight > 0], names[weight > 0]
        if not len(columns):
            return None
        parts = columns.shape[1]
        flat = columns.reshape(-1, columns.shape[2])
        return grouped(flat, np.repeat(names, parts) if parts > 1 else names, units is None and parts == 1, self.adding)


class RowTotals:
    """Builds ω·l, ω·norm and ω of each target of one recipe, tile by tile, for a comparison with losses of single samples."""

    def __init__(self, recipe: Recipe, terms: Mapping[str, BoundTerm], adding: Adding = ROUNDED) -> None:
        self.adding = adding
        self.keys = [t.full() for _, t in recipe.terms]
        self.possible = all(terms[key].per_row for key in self.keys)
        self.found: Estimate | None = None

    def add(self, values: Floats, kept: Bools | None, rows: Mapping[str, Rows], weight: Floats | None, targets: Words) -> None:
        """Add one tile's samples; values, kept: their losses, and which of them count."""
        norms = [rows[key].norm for key in self.keys]
        if len(norms) > 1 and any(norm is not None for norm in norms):
            self.possible, self.found = False, None
        if not self.possible:
            return
        ones = np.ones(len(values)) if weight is None else weight
        columns = np.concatenate([*_of_rows(Rows(values, norms[0], kept), weight), ones[:, None]], axis=1)
        used = columns[:, 1] != 0
        if used.any():
            part = Estimate(self.adding.units(targets[used], columns[used]))
            self.found = part if self.found is None else self.found + part


def grouped(columns: Floats, units: Words, distinct: bool, adding: Adding = ROUNDED) -> Jackknife:
    """Totals by unit of one tile's rows, by groups of units where there are many; distinct: whether every row is a unit."""
    if distinct:
        if len(units) <= GROUPS:
            return GroupedTotals(dict(zip(units.tolist(), Sum.each(columns), strict=True)))
        return _folded(columns, groups_of(units).astype(np.int64), adding)
    names, place = np.unique(units, return_inverse=True)
    if len(names) > GROUPS:
        return _folded(columns, groups_of(names).astype(np.int64)[place], adding)
    return GroupedTotals(dict(zip(names.tolist(), _by_place(columns, place, len(names), adding), strict=True)))


def _folded(columns: Floats, groups: Ints, adding: Adding) -> Jackknife:
    there = np.flatnonzero(np.bincount(groups, minlength=GROUPS)).tolist()
    totals = _by_place(columns, groups, GROUPS, adding)
    return GroupedTotals({group: totals[group] for group in there}, True)


def _by_place(columns: Floats, place: Ints, groups: int, adding: Adding) -> list[Sum]:
    if not adding.exact:
        with np.errstate(all="ignore"):
            return Sum.each(np.stack([np.bincount(place, weights=c, minlength=groups) for c in columns.T], axis=1))
    finite = np.isfinite(columns)
    lost = np.bincount(place, weights=(~finite).sum(1), minlength=groups).astype(np.int64).tolist()
    totals = exact_by_place(np.where(finite, columns, 0.0), place, groups).tolist()
    return [Sum(tuple(row), n) for row, n in zip(totals, lost, strict=True)]


def columns_of(
    terms: Sequence[str], rows: Mapping[str, Rows], sums: Mapping[str, PooledSums], weight: Floats | None
) -> Floats | None:
    """The numbers of each sample whose totals the value is a function of, term by term: Σ ω·v and Σ ω·norm, or the pooled sums in
    the order of their names, without maxima; (n, k, m), k numbers to be added. None where a term has none of these samples, or has
    no sums.
    """
    out: list[Floats] = []
    for key in terms:
        if key in sums:
            found = sums[key].columns(weight)
            if not found:
                return None
            out += found
        elif key in rows:
            out += [x[:, None] for x in _of_rows(rows[key], weight)]
        else:
            return None
    parts = max(x.shape[1] for x in out)
    return np.concatenate([x if x.shape[1] == parts else _padded(x, parts) for x in out], axis=2)


def _padded(x: Floats, parts: int) -> Floats:
    return np.concatenate([x, np.zeros((len(x), parts - x.shape[1], x.shape[2]))], axis=1)


def _of_rows(rows: Rows, weight: Floats | None) -> list[Floats]:
    """ω·v and ω·norm of each row, 0 where it does not count."""
    kept: Bools = np.ones(len(rows.values), bool) if rows.kept is None else rows.kept
    w = np.where(kept, 1.0 if weight is None else weight, 0.0)
    with np.errstate(all="ignore"):
        norm = w if rows.norm is None else np.where(w == 0, 0.0, w * rows.norm)
        return [np.where(w == 0, 0.0, w * rows.values)[:, None], norm[:, None]]
