"""A loss against that of the baseline: both values, their difference and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.core.records import dataclass, field, replace
from losscli.numerics.statistics.interval import Found, NoInterval

if TYPE_CHECKING:
    from losscli.numerics.statistics.spread import Spread


@dataclass(frozen=True)
class Against:
    """One comparison. delta = new - base, rel = delta/|base|, None where base is 0.

    delta_ci, rel_ci: their intervals. p: of the test, None without; p_holm: adjusted for all comparisons of the run. wins, ties,
    losses: the units for which the new predictions are better, equal and worse, None where units have no values. mde, mde_rel: the
    smallest difference that such a comparison sees 4 times out of 5. units: how many were compared; alone: how many one side alone
    has.
    """

    base: float
    new: float
    delta: float
    rel: float | None
    delta_ci: Found = NoInterval("no-method")
    rel_ci: Found = NoInterval("no-method")
    test: str = "none"
    p: float | None = None
    p_holm: float | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None
    identical: bool = False
    mde: float | None = None
    mde_rel: float | None = None
    units: int = 0
    alone: int = 0
    difference: Spread | None = None
    """How the difference varies from unit to unit."""
    share: Spread | None = None
    """How the relative difference does."""
    exchanged: tuple[Against, ...] = field(default=(), compare=False)
    """The comparisons of a self-test: each with new and base exchanged in a random half of the units."""

    def adjusted(self, p: float | None) -> Against:
        """The same with its p adjusted."""
        return replace(self, p_holm=p)
