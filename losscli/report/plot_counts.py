"""What each kind of plot is drawn from, of the sums of an evaluation. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, copysign, isfinite
from sys import float_info
from typing import Any

from losscli.core.errors import UsageError
from losscli.engine.evaluate import Evaluation
from losscli.numerics.binning import histogram
from losscli.numerics.histogram import LINEAR, Histogram
from losscli.numerics.lattice import Lattice
from losscli.report.model import Report
from losscli.report.plot_data import Grid, Parts, Plot, Series
from losscli.report.summarise import spread_of
from losscli.spec.plot_kinds import TERMS

FEWEST, MOST, STEPS = 8, 60, 240
"""The fewest and the most bars of a histogram, and the steps of a cumulative distribution."""
WIDE, HIGH, BARS = 64, 48, 64
"""The most cells along each axis of a picture, and bars of distances."""
PARTS = 20
_SCORES = {1: (0.0, 1.0)}
"""The ends of the axis of IoU."""


def plot_of(kind: str, outcome: Evaluation, report: Report) -> Plot:
    """The plot of that kind. Raises UsageError where no loss of the run has what it shows."""
    counted = _COUNTED.get(kind)
    if kind == "reliability" and (report.calibration is None or not isfinite(report.calibration.ece)):
        what = "--plot reliability draws the calibration of scores, and no row has a score with a label"
        raise UsageError(what, fix="omit --plot reliability")
    return Plot(kind) if counted is None else counted(outcome, report)


def bars(n: int) -> int:
    """The number of bars for n samples: Rice's rule, within limits."""
    return min(max(ceil(2 * n ** (1 / 3)), FEWEST), MOST)


def _hist(outcome: Evaluation, report: Report) -> Plot:
    return Plot("hist", tuple(_distributions(outcome, report, bars, "hist")))


def _ecdf(outcome: Evaluation, report: Report) -> Plot:
    return Plot("ecdf", tuple(_distributions(outcome, report, lambda n: STEPS, "ecdf")))


def _distributions(outcome: Evaluation, report: Report, bins: Callable[[int], int], kind: str) -> Iterator[Series]:
    """The histogram of each loss with values of samples."""
    some = False
    for recipe, line in zip(outcome.plan.recipes, report.losses, strict=True):
        spread = spread_of(outcome, recipe)
        found = None if spread is None else histogram(spread.quantiles, bins(spread.n))
        if found is not None:
            some = True
            yield Series(line.id, found, lost=line.nonfinite)
    if not some:
        what = f"--plot {kind} draws the losses of samples, and no loss of this run has a finite value per sample"
        raise UsageError(what, fix=f"omit --plot {kind}, or evaluate a loss with one (`losscli losses`)")


def _cells(kind: str) -> Callable[[Evaluation, Report], Plot]:
    """Of points in cells, those of `scores` with the whole axis of IoU."""

    def counted(outcome: Evaluation, report: Report) -> Plot:
        fixed = _SCORES if kind == "scores" else {}
        return Plot(kind, grids=tuple(_grid(name, x, fixed) for name, x in _lattices(outcome, kind).items() if x.n))

    return counted


def _grid(name: str, found: Lattice, fixed: dict[int, tuple[float, float]]) -> Grid:
    ends = {**{axis: found.ends(axis) for axis in (0, 1)}, **fixed}
    grid = found.grid((ends[0], ends[1]), (WIDE, HIGH))
    x_edges, y_edges = map(tuple, grid.edges)
    return Grid(name, x_edges, y_edges, tuple(map(tuple, grid.counts.T.tolist())), grid.outside, found.lost)


def _distances(outcome: Evaluation, report: Report) -> Plot:
    """In bars with the same edges: cells of the coarser of all series."""
    counts = _lattices(outcome, "distances")
    every = [x for x in counts.values() if x.n]
    together = sum(every[1:], every[0])
    ends = (together.ends(0),)
    series = []
    for name, found in sorted(counts.items()):
        mine = Lattice(found.coarser(together.steps), found.counts, together.steps)
        grid = mine.grid(ends, (BARS,))
        series.append(Series(name, Histogram(tuple(grid.edges[0]), tuple(grid.counts.tolist()), LINEAR), grid.outside, found.lost))
    first = next(iter(outcome.plan.terms.values()))
    return Plot("distances", tuple(series), axis=first.family.plots["distances"].axis(first.form, first.params))


def _lattices(outcome: Evaluation, kind: str) -> dict[str, Lattice]:
    """The counts of a kind by series. Raises UsageError where no point is finite."""
    found: dict[str, Any] = {key.partition(":")[2]: x for key, x in outcome.tally.plotted.items() if key.partition(":")[0] == kind}
    if not any(x.n for x in found.values()):
        raise UsageError(f"--plot {kind} has nothing to draw: no row has finite numbers", fix=f"omit --plot {kind}")
    return found


def _terms(outcome: Evaluation, report: Report) -> Plot:
    parts = []
    for line in report.losses:
        found: Any = outcome.tally.plotted.get(f"{TERMS}:{line.id}")
        if found is not None and found.n:
            means = found.means(min(PARTS, found.n))
            parts.append(Parts(line.id, tuple(tuple(map(_finite, row)) for row in means)))
    if not parts:
        what = f"--plot {TERMS} draws the terms of a loss per sample, and no loss of this run has several"
        raise UsageError(what, fix="combine losses in one recipe: --loss mae+0.5*mse")
    return Plot(TERMS, parts=tuple(parts))


def _finite(x: float) -> float:
    """A mean; one that leads beyond the doubles ends at the last of them."""
    return x if isfinite(x) else copysign(float_info.max, x)


_COUNTED: dict[str, Callable[[Evaluation, Report], Plot]] = {
    "hist": _hist,
    "ecdf": _ecdf,
    TERMS: _terms,
    "distances": _distances,
    **{kind: _cells(kind) for kind in ("residuals", "confidence", "scores")},
}
"""The kinds whose numbers are not in the report otherwise."""
