"""The exact sums of an evaluation from the losses of its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.evaluate import accumulator
from losscli.engine.plan import Plan
from losscli.engine.tally import GroupKey, RecipeLosses, Tally, TileResult, split
from losscli.numerics.stable import Bools, Floats, Ints, Words
from losscli.spec.loss import Rows

_ROWS = 1 << 16
"""Samples that are added at a time."""


@dataclass(frozen=True)
class Sampled:
    """Samples of an evaluation in their order: the loss of each by recipe, and which of them count (None: all).

    keys, codes: the groups, and the index of each sample's; no keys where nothing groups the samples.
    """

    numbers: Ints
    losses: Mapping[str, Floats]
    kept: Mapping[str, Bools | None]
    weight: Floats | None = None
    units: Words | None = None
    keys: Sequence[GroupKey] = ()
    codes: Ints | None = None


def tally_of(plan: Plan, samples: Sampled, dropped: int, exact: bool) -> Tally:
    """The sums of recipes of one term each, whose samples have losses. exact: whether quantiles are."""
    every = _results(plan, samples)
    groups: dict[GroupKey, Tally] = {}
    if samples.codes is not None:
        order, places = split(samples.codes, len(samples.keys))
        together = every.cut(order)
        groups = {key: _added(plan, together.cut(place), exact) for key, place in zip(samples.keys, places, strict=True)}
    return replace(_added(plan, every, exact), dropped=dropped, groups=groups)


def _results(plan: Plan, samples: Sampled) -> TileResult:
    rows = {r.terms[0][1].full(): Rows(samples.losses[r.id], kept=samples.kept[r.id]) for r in plan.recipes}
    losses = {r.id: RecipeLosses.of(r, rows) for r in plan.recipes}
    units = samples.numbers.astype(np.uint64) if samples.units is None and plan.resampled else samples.units
    return TileResult(samples.numbers, samples.weight, rows, losses=losses, units=units)


def _added(plan: Plan, found: TileResult, exact: bool) -> Tally:
    filling = accumulator(plan, exact)
    for start in range(0, len(found.samples), _ROWS):
        filling.add(found.cut(slice(start, start + _ROWS)))
    return filling.tally()
