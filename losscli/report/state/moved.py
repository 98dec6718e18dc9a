"""The sums of a part of the rows with its samples numbered as in all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from losscli.core.records import dataclass, replace
from losscli.engine.distribution import Distribution, Worst
from losscli.engine.estimates import Estimate, Jackknife
from losscli.engine.tally import Tally
from losscli.numerics.stable import Words
from losscli.numerics.statistics.hashing import GROUPS
from losscli.numerics.statistics.jackknife import GroupedTotals
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.unit_totals import UnitTotals
from losscli.report.state.sums import Sides

_ALONE = np.uint64(1 << 63)
"""From here on numbers are those of predictions without a target."""

S = RatioSums | UnitTotals | Jackknife
Moves = Callable[[Words], Words]


class Unknown(Exception):
    """Groups of units that hold pairs and boxes without a partner, whose numbers move by different steps."""


@dataclass(frozen=True)
class Place:
    """A part of the rows: its sizes, those of all parts before it, and those of all parts together."""

    own: Sides
    before: Sides
    every: Sides

    @property
    def lone(self) -> bool:
        """Whether some of the samples of any part are boxes without a partner."""
        return bool(self.every.missed or self.every.spurious)

    def sample(self, number: int) -> int:
        """A sample's number among those of all parts: pairs come first, then missed, then spurious boxes."""
        own, before, every = self.own, self.before, self.every
        if number < own.matched:
            return number + before.matched
        if number < own.matched + own.missed:
            return number - own.matched + before.missed + every.matched
        return number - own.matched - own.missed + before.spurious + every.matched + every.missed

    def samples(self, numbers: Words) -> Words:
        if not self.lone:
            return numbers + np.uint64(self.before.matched)
        return np.array([self.sample(x) for x in numbers.tolist()], np.uint64)

    def targets(self, numbers: Words) -> Words:
        """The numbers of targets, or of predictions without one."""
        return np.where(numbers < _ALONE, numbers + np.uint64(self.before.target), numbers + np.uint64(self.before.pred))


def moved(tally: Tally, place: Place, units: bool) -> Tally:
    """A tally with the numbers of its samples. units: whether units have names. Raises Unknown."""
    distributions = {k: _distribution(d, place) for k, d in tally.distributions.items()}
    estimates, paired = tally.estimates, tally.paired
    if not units:
        estimates = _estimates(estimates, place.samples, place.before.matched, place.lone)
        paired = _estimates(paired, place.targets, place.before.target, place.lone)
    watch = replace(tally.watch, first={k: (place.sample(n), at) for k, (n, at) in tally.watch.first.items()})
    groups = {k: moved(part, place, units) for k, part in tally.groups.items()}
    return replace(tally, distributions=distributions, estimates=estimates, paired=paired, watch=watch, groups=groups)


def _distribution(d: Distribution, place: Place) -> Distribution:
    def ranked(rows: Worst) -> Worst:
        return tuple((value, place.sample(number)) for value, number in rows)

    return replace(d, lost=tuple(map(place.sample, d.lost)), worst=ranked(d.worst), best=ranked(d.best))


def _estimates(found: Mapping[str, Estimate], moves: Moves, step: int, lone: bool) -> dict[str, Estimate]:
    return {k: Estimate(_moved(x.sums, moves, step, lone)) for k, x in found.items()}


def _moved(sums: S, moves: Moves, step: int, lone: bool) -> S:
    if isinstance(sums, UnitTotals):
        return replace(sums, parts=tuple((moves(names), columns) for names, columns in sums.parts))
    if not isinstance(sums, GroupedTotals):
        return sums
    if not sums.folded:
        names = moves(np.array(list(sums.parts), np.uint64)).tolist()
        return GroupedTotals(dict(zip(names, sums.parts.values(), strict=True)))
    if lone:
        raise Unknown
    return GroupedTotals({(group + step) % GROUPS: x for group, x in sums.parts.items()}, True)
