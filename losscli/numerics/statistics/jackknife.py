"""The delete-a-group jackknife: intervals of statistics that are functions of totals over the file, without any derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.statistics.hashing import GROUPS, groups_of
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.spread import Spread


class Addable(Protocol):
    """Totals that are added exactly, in any order."""

    def __add__(self, other: Any) -> Any: ...


T = TypeVar("T", bound=Addable)


@dataclass(frozen=True)
class GroupedTotals(Generic[T]):
    """Totals by unit while there are at most 251, beyond by 251 groups of units (`folded`).

    Which of the two is a property of the set of units, so that addition gives the same for any grouping of the rows.
    """

    parts: Mapping[int, T] = field(default_factory=dict)
    folded: bool = False

    def __add__(self, other: GroupedTotals[T]) -> GroupedTotals[T]:
        if self.folded or other.folded:
            return GroupedTotals(_merged(self.fold().parts, other.fold().parts), True)
        both: GroupedTotals[T] = GroupedTotals(_merged(self.parts, other.parts))
        return both.fold() if len(both.parts) > GROUPS else both

    def fold(self) -> GroupedTotals[T]:
        """The totals by group."""
        if self.folded:
            return self
        found: dict[int, T] = {}
        for group, (_, part) in zip(groups_of(np.array(list(self.parts), np.uint64)).tolist(), self.parts.items(), strict=True):
            found[group] = found[group] + part if group in found else part
        return GroupedTotals(found, True)

    def spread(self, value: Callable[[T], float]) -> Spread:
        """The statistic of all totals, with the spread of the groups' influence on it."""
        parts = [self.parts[key] for key in sorted(self.parts)]
        if not parts:
            return Spread(0, 0.0, 0.0, 0.0)
        return influence(value(self.total()), [value(rest) for rest in leave_one_out(parts)])

    def total(self) -> T:
        """The totals of all units, of which there is at least one."""
        first, *more = (self.parts[key] for key in sorted(self.parts))
        for part in more:
            first = first + part
        return first


def _merged(a: Mapping[int, T], b: Mapping[int, T]) -> dict[int, T]:
    out = dict(a)
    for key, part in b.items():
        out[key] = out[key] + part if key in out else part
    return out


def leave_one_out(parts: Sequence[T]) -> list[T]:
    """The sum of all others, for each part: from sums of those before and after it, since a maximum cannot be subtracted."""
    n = len(parts)
    after = list(parts)
    for i in range(n - 2, -1, -1):
        after[i] = parts[i] + after[i + 1]
    found: list[T] = []
    before: T | None = None
    for i, part in enumerate(parts):
        rest = after[i + 1] if i + 1 < n else None
        if before is not None and rest is not None:
            found.append(before + rest)
        elif n > 1:
            found.append(rest if before is None else before)  # type: ignore[arg-type]
        before = part if before is None else before + part
    return found


def influence(value: float, without: Sequence[float]) -> Spread:
    """The spread of a statistic from its values without each of G groups (Tukey 1958; Kott 2001).

    A group's influence is (G - 1)·(θ - θ₍₋g₎); the variance of θ is that of their mean.
    """
    g = len(without)
    if g < 2:
        return Spread(g, value, 0.0, 0.0)
    with np.errstate(invalid="ignore"):
        found = PowerSums.of((g - 1) * (value - np.array(without))).spread()
    return Spread(g, value, found.sd, found.skew, found.finite and bool(np.isfinite(value)))
