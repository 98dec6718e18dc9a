"""Turns the counts of a budget into shares: the only place where its sums become values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import nan

from losscli.core.records import dataclass
from losscli.engine.budget import BudgetCounts
from losscli.engine.calibration import CELLS, upper_edge
from losscli.engine.evaluate import Evaluation
from losscli.numerics.binned_sums import ONE, BinnedSums
from losscli.numerics.quantile_sketch import bucket_edges
from losscli.report.budget import FIRST, TENTHS, TRUTH, Budget, LossBudget, Share


@dataclass(frozen=True)
class _Sums:
    """Exact sums over some rows: their weight, and of their losses and gradients' lengths."""

    weight: int | Fraction = 0
    loss: int | Fraction = 0
    slope: int | Fraction = 0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(self.weight + other.weight, self.loss + other.loss, self.slope + other.slope)

    def part(self, share: Fraction) -> _Sums:
        """A share of the rows, as if all of them were alike."""
        return self if share == 1 else _Sums(self.weight * share, self.loss * share, self.slope * share)


def budget_of(outcome: Evaluation, groups: Sequence[tuple[Mapping[str, str], Evaluation]]) -> Budget | None:
    """The budget of an evaluation; None where none was asked for. groups: with the values that name them."""
    plan = outcome.plan
    if plan.budgeting is None:
        return None
    by_truth = plan.budgeting.how is not None
    found = []
    for recipe in plan.recipes:
        counts = outcome.tally.budgets.get(recipe.id, BudgetCounts())
        cells = _by_key(counts.ranks, counts.weighted)
        whole = sum(cells.values(), _Sums())
        tenths, ends = _tenths(cells, whole)
        until = tuple(_ease(end, by_truth, plan.budgeting.sign) for end in ends)
        classes = {_name(c, plan.budgeting.classes): x for c, x in _by_key(counts.classes, counts.weighted).items()}
        of_groups = [(by, _whole(part.tally.budgets.get(recipe.id, BudgetCounts()))) for by, part in groups]
        found.append(
            LossBudget(
                recipe.id,
                tuple(_share(x, whole, counts) for x in tenths),
                until,
                {name: _share(x, whole, counts) for name, x in classes.items()},
                tuple((by, _share(x, whole, counts)) for by, x in of_groups),
            )
        )
    return Budget(TRUTH if by_truth else FIRST, _slope(outcome), tuple(found))


def _slope(outcome: Evaluation) -> str:
    """What the gradients are with respect to."""
    assert outcome.plan.budgeting is not None
    forms = [bound.form for bound in outcome.plan.terms.values()]
    scored = all("scores" in form.takes for form in forms)
    logits = outcome.plan.conventions.from_logits or outcome.plan.budgeting.how is not None
    return ("logits" if logits else "scores") if scored else "predictions"


def _name(c: int, names: Sequence[str]) -> str:
    return names[c] if c < len(names) else str(c)


def _by_key(found: BinnedSums, weighted: bool) -> dict[int, _Sums]:
    """The sums of each cell, in ascending order."""
    weights = found.totals("w") if weighted else [n * ONE for n in found.counts.tolist()]
    sums = map(_Sums, weights, found.totals("l"), found.totals("g"))
    return dict(zip(found.cells.tolist(), sums, strict=True))


def _whole(counts: BudgetCounts) -> _Sums:
    return sum(_by_key(counts.ranks, counts.weighted).values(), _Sums())


def _tenths(cells: Mapping[int, _Sums], whole: _Sums) -> tuple[list[_Sums], list[int | None]]:
    """The sums of each tenth of the weight, and the cell in which each ends.

    The rows of a cell that tenths share are divided in proportion to the weight that each tenth has of it.
    """
    out = [_Sums() for _ in range(TENTHS)]
    ends: list[int | None] = [None] * TENTHS
    seen: int | Fraction = 0
    for cell, sums in cells.items():
        low, high = TENTHS * seen, TENTHS * (seen + sums.weight)
        for k in range(int(low // whole.weight), int(-(-high // whole.weight))):
            part = Fraction(min(high, (k + 1) * whole.weight) - max(low, k * whole.weight))
            out[k], ends[k] = out[k] + sums.part(part / (high - low)), cell
        seen += sums.weight
    return out, ends


def _share(x: _Sums, whole: _Sums, counts: BudgetCounts) -> Share:
    loss = None if counts.lost or counts.negative else _of(x.loss, whole.loss)
    slope = _of(x.slope, whole.slope) if counts.sloped and not counts.steep else None
    return Share(_of(x.weight, whole.weight) or 0.0, loss, slope)


def _of(part: int | Fraction, whole: int | Fraction) -> float | None:
    return float(Fraction(part) / whole) if whole else None


def _ease(cell: int | None, by_truth: bool, sign: int) -> float:
    """The measure of ease at the hard end of a cell."""
    if cell is None:
        return nan
    if by_truth:
        return upper_edge(CELLS - 2 - cell) if cell < CELLS - 1 else 0.0
    return sign * bucket_edges(cell)[1]
