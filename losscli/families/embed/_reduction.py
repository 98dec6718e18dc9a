"""Reduction of the terms of pair and triplet losses to a value, for given rows and for mined terms."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.core.records import dataclass, field
from losscli.numerics.exact_sum import rounded_sum
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Rows

LEAST = 5e-324
"""The smallest positive double: the divisor of an empty sum, so that it gives 0."""
KEPT_TERMS = 1 << 24
"""Up to this many terms, a mined loss keeps them for statistics; beyond, only their number and their sum."""

Empty = Annotated[Literal["error", "perfect"], Param("if there is nothing to compare: an error, or a loss of 0")]

Normalize = Annotated[bool, Param("normalise embeddings to unit length first")]


def rows_of(values: Floats, reduce: str) -> Rows:
    """Given pairs or triplets, reduced to their mean, their sum, or the mean of those above zero (0 without any)."""
    if reduce == "sum":
        return Rows(values, norm=np.zeros(len(values)), floor=1.0)
    if reduce == "nonzero":
        return Rows(values, norm=(values > 0).astype(np.float64), floor=LEAST)
    return Rows(values)


@dataclass
class Terms:
    """The terms of a mined loss, accumulated anchor by anchor."""

    n: int = 0
    active: int = 0
    sums: list[float] = field(default_factory=list)
    kept: list[Floats] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        self.n += len(values)
        self.active += int(np.count_nonzero(values > 0))
        self.sums.append(float(values.sum()))
        if self.n <= KEPT_TERMS:
            self.kept.append(values)
        else:
            self.kept = []

    def count(self, n: int, active: int, total: float) -> None:
        """Add `n` terms by their sum and the number of those above zero."""
        self.n, self.active, self.kept = self.n + n, self.active + active, []
        self.sums.append(total)

    @classmethod
    def of(cls, values: Floats) -> Terms:
        """Terms from one array."""
        found = cls()
        found.add(values)
        return found

    def join(self, other: Terms) -> None:
        """Append the terms of another."""
        self.n, self.active, self.sums = self.n + other.n, self.active + other.active, self.sums + other.sums
        self.kept = self.kept + other.kept if self.n <= KEPT_TERMS else []

    def share(self, reduce: str) -> float:
        """The weight of each term in the value."""
        count = {"mean": self.n, "sum": 1}.get(reduce, self.active)
        return 1.0 / count if count else 0.0

    def value(self, reduce: str) -> float:
        count = {"mean": self.n, "sum": 1}.get(reduce, self.active)
        return rounded_sum(self.sums) / count if count else 0.0

    def all(self) -> Floats:
        """All terms, or an empty array if there are too many to keep."""
        return np.concatenate([np.zeros(0), *self.kept]) if self.n <= KEPT_TERMS else np.zeros(0)
