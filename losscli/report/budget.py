"""Where losses spend themselves, as part of the report: the shares of each loss, and of its gradient, by ease and by class."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.records import dataclass, field

TRUTH, FIRST = "truth", "loss"
"""What ease is ranked by: the probability of the true class, or the first loss of the run."""
SLOPES = ("logits", "scores", "predictions")
"""What gradients are with respect to."""
TENTHS = 10


@dataclass(frozen=True)
class Share:
    """Some rows: their share of the rows' weight, and what share of the loss and of the lengths of the gradients they carry.

    None where that is not known: of a loss without a gradient per row, or below 0 for some rows, or not finite for some.
    """

    weight: float
    loss: float | None
    gradient: float | None


@dataclass(frozen=True)
class LossBudget:
    """The budget of one loss over the rows that it counts.

    tenths: from the easiest to the hardest tenth of the rows, by weight; until: the ease at the end of each. classes: by class, or
    empty where rows have none. groups: by the values of --by.
    """

    loss: str
    tenths: tuple[Share, ...]
    until: tuple[float, ...]
    classes: Mapping[str, Share]
    groups: tuple[tuple[Mapping[str, str], Share], ...] = ()

    @property
    def by_ease(self) -> tuple[tuple[float, Share], ...]:
        """The end of each tenth, and the tenth."""
        return tuple(zip(self.until, self.tenths, strict=True))

    @property
    def by_class(self) -> tuple[tuple[str, Share], ...]:
        """The classes in a list."""
        return tuple(self.classes.items())

    def easiest(self, tenths: int) -> Share:
        """The easiest of the rows together."""
        some = self.tenths[:tenths]
        return Share(tenths / TENTHS, _sum([x.loss for x in some]), _sum([x.gradient for x in some]))


@dataclass(frozen=True)
class Budget:
    """The budgets of all losses of a run. ease: TRUTH or FIRST; slope: what gradients are with respect to."""

    ease: str
    slope: str
    losses: tuple[LossBudget, ...] = field(default_factory=tuple)


def _sum(shares: list[float | None]) -> float | None:
    return None if None in shares else sum(x for x in shares if x is not None)
