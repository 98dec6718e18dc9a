"""The temperature T that minimises the cross-entropy of the scores, softmax(logits / T), in passes over the rows (Guo et al. 2017).

The cross-entropy is convex in β = 1/T. Its first two derivatives at some β, which the tally has, bracket the minimum; then Newton's
method finds it in a pass per step. The sums are exact, so that every way to spread the work finds the same β.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import exp, inf, log, nan, sqrt

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.calibration import CalibrationCounts
from losscli.engine.plan import Plan
from losscli.engine.tally import GroupKey, Tally, present
from losscli.numerics.exact_sum import Exact
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.reading.aligned import Inputs
from losscli.spec.family import Watch
from losscli.spec.forecast import NODES
from losscli.spec.tile import Block, tiles

_CLOSE = 2.0**-26
"""The relative step after which β is known: Newton's method squares it."""
_MOST_PASSES = 100
_HALVINGS = 40
_STEP = 4.0
"""The factor that one step changes β by at most."""

INFINITE, SURE, NOTHING, ROWS = "infinite-loss", "no-mistakes", "no-information", "rows-needed"
"""Why there is no temperature (see `report.calibration`)."""


@dataclass(frozen=True)
class Temperature:
    """T, or why there is none. spread: of 1/T, as an estimate from the rows or units."""

    value: float = nan
    why: str = ""
    spread: Spread | None = None


Known = Mapping[float, tuple[Exact, Exact]]
"""By β, the sums of both derivatives."""
Wanted = Mapping[GroupKey, float]
"""By group, and for all rows by (), the β at which the derivatives are summed."""


@dataclass(frozen=True)
class Slopes:
    """By group, the sums of the derivatives of the rows' cross-entropies; units: by unit, where rows are grouped."""

    rows: Mapping[GroupKey, RatioSums] = field(default_factory=dict)
    units: Mapping[GroupKey, UnitTotals] = field(default_factory=dict)

    def __add__(self, other: Slopes) -> Slopes:
        return Slopes(
            {k: self.rows.get(k, RatioSums()) + other.rows.get(k, RatioSums()) for k in {**self.rows, **other.rows}},
            {k: self.units.get(k, UnitTotals()) + other.units.get(k, UnitTotals()) for k in {**self.units, **other.units}},
        )


Parts = Callable[[Callable[[Plan, Inputs, int, int], Slopes]], Iterable[Slopes]]
"""The results of a function on parts that make up all rows, wherever they are evaluated."""


def temperatures(tally: Tally, parts: Parts) -> dict[GroupKey, Temperature]:
    """The temperature of all rows, by (), and of each group."""
    counted = {key: x.calibration for key, x in {(): tally, **tally.groups}.items()}
    searches = {key: _Search(x.slopes) for key, x in counted.items() if x is not None}
    for _ in range(_MOST_PASSES):
        at = {key: search.beta for key, search in searches.items() if search.found is None}
        if not at:
            break
        slopes = sum(parts(_Pass(at)), Slopes())
        for key in at:
            searches[key].see(slopes.rows.get(key, RatioSums()), slopes.units.get(key))
    return {key: search.found or Temperature(1.0 / search.beta) for key, search in searches.items()}


def known(counts: CalibrationCounts) -> Temperature:
    """What sums say without a further pass over the rows: that there is no temperature, if there is none."""
    why = _without(counts.slopes)
    return Temperature(_VALUES.get(why, nan), why or ROWS)


_VALUES = {SURE: 0.0, NOTHING: inf}


class _Search:
    """The search for one β, and its bracket."""

    def __init__(self, known: Known) -> None:
        self.found: Temperature | None = None
        why = _without(known)
        if why:
            self.found = Temperature(_VALUES.get(why, nan), why)
            return
        self.low = max(beta for beta in NODES if known[beta][0].total < 0)
        self.high = min(beta for beta in NODES if known[beta][0].total >= 0)
        self.beta = self._start(known)

    def _start(self, known: Known) -> float:
        """Where the cubic through both ends of the bracket, with their slopes in log β, has its root."""
        if self.low == 0.0 or self.high == inf:
            return self._step()
        width = log(self.high / self.low)
        (a, p), (b, q) = ((float(known[x][0]), width * x * float(known[x][1])) for x in (self.low, self.high))
        left, right = 0.0, 1.0
        for _ in range(_HALVINGS):
            t = (left + right) / 2
            y = (1 - t) ** 2 * ((1 + 2 * t) * a + t * p) + t * t * ((3 - 2 * t) * b + (t - 1) * q)
            left, right = (t, right) if y < 0 else (left, t)
        return self.low * exp(width * left)

    def see(self, here: RatioSums, units: UnitTotals | None) -> None:
        """Use the sums at β."""
        step = -here.value
        if here.sums[0] < 0:
            self.low = self.beta
        else:
            self.high = self.beta
        best = self.beta + step
        if abs(step) <= _CLOSE * self.beta or self.high - self.low <= _CLOSE * self.low:
            beta = best if self.low <= best <= self.high else self.beta
            self.found = Temperature(1.0 / beta, "", (here if units is None else units).spread())
        else:
            self.beta = best if self.low < best < self.high and self._near(best) else self._step()

    def _near(self, best: float) -> bool:
        return self.beta / _STEP < best < self.beta * _STEP

    def _step(self) -> float:
        """A step within the bracket, or to where its open end may be."""
        if self.low > 0 and self.high < inf:
            return sqrt(self.low) * sqrt(self.high)
        return self.low * _STEP if self.high == inf else self.high / _STEP


def _without(known: Known) -> str:
    """Why there is no temperature; empty where there is one."""
    flat, sharp = known[NODES[0]][0], known[NODES[-1]][0]
    if not flat.finite:
        return INFINITE
    if flat.total >= 0:
        return NOTHING
    return SURE if sharp.total <= 0 else ""


@dataclass(frozen=True)
class _Pass:
    """One pass over a span of rows. Picklable."""

    wanted: Wanted

    def __call__(self, plan: Plan, inputs: Inputs, start: int, stop: int) -> Slopes:
        found = Slopes()
        with np.errstate(all="ignore"):
            for low, high in tiles(stop, inputs.width, start):
                block, _ = inputs.block(low, high)
                for key, part in self._parts(inputs, block, low, high):
                    found = found + self._slopes(plan, inputs, key, part)
        return found

    def _parts(self, inputs: Inputs, block: Block, start: int, stop: int) -> Iterator[tuple[GroupKey, Block]]:
        if block.rows and () in self.wanted:
            yield (), block
        if block.rows and inputs.by and self.wanted.keys() - {()}:
            from losscli.engine.groups import blocks  # late: most runs have none

            yield from ((key, part) for key, part in blocks(inputs, block, start, stop) if key in self.wanted)

    def _slopes(self, plan: Plan, inputs: Inputs, key: GroupKey, block: Block) -> Slopes:
        assert plan.calibrating is not None
        assert inputs.family.forecast is not None
        forecast = inputs.family.forecast(block, plan.calibrating, plan.conventions, Watch())
        mask, weight = present(forecast.kept, block.weight), block.weight
        first, second = forecast.slopes(self.wanted[key])
        if mask is not None:
            first, second, weight = first[mask], second[mask], None if weight is None else weight[mask]
        rows = {key: RatioSums.of(first, second, weight)}
        if inputs.unit is None:
            return Slopes(rows)
        from losscli.engine.units import unit_numbers  # late: most runs take every row as a unit

        units, slopes = unit_numbers(inputs, block), np.stack([first, second], axis=1)
        mine = units if mask is None else units[mask]
        return Slopes(rows, {key: UnitTotals.of(mine, slopes if weight is None else weight[:, None] * slopes)})
