"""The verdicts of gates, and what gates can see."""

from __future__ import annotations

from losscli.core.errors import Where
from losscli.core.records import dataclass, field
from losscli.numerics.statistics.interval import Found


@dataclass(frozen=True)
class Power:
    """What one comparison of a gate can see.

    at_none, at_limit, at_twice: the chance that it is true where nothing has changed, where the change is as large as the limit,
    and twice as large. caught: the smallest change that is caught 4 times out of 5. needed: the samples with which twice the limit
    would be. why: why nothing is known, instead.

    Of a difference from a baseline a change is that difference; of any other statistic it is the way from what was observed.
    """

    expr: str
    n: int
    at_none: float | None = None
    at_limit: float | None = None
    at_twice: float | None = None
    caught: float | None = None
    needed: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Alarms:
    """How often a gate fails where there is nothing to find: in `draws` random halves, so many failed or were undecided.

    exchanged: whether each draw exchanges new and base in half of the units; else one half is judged, with the other as its
    baseline. why: why nothing is known, instead.
    """

    expr: str
    draws: int = 0
    failed: int = 0
    undecided: int = 0
    exchanged: bool = False
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """One comparison of a gate, with the verdict of the whole gate: pass, warn, fail or inconclusive."""

    expr: str
    level: str
    observed: float | None
    limit: float
    verdict: str
    joined: bool = False
    """Whether it belongs to the same gate as the verdict before it."""
    id: str = ""
    """The gate's name, where a configuration file gives it one."""
    where: Where | None = None
    """The gate's place in a configuration file."""
    ci: Found | None = None
    """The interval of what was observed, where the gate is judged by it."""
    inconclusive: str = "warn"
    """What an inconclusive gate counts as."""
    settles: int | None = None
    """The samples that would decide an open comparison, about."""
    sees: float | None = None
    """The smallest difference from a baseline that is seen 4 times out of 5."""
    power: Power | None = field(default=None, compare=False)
    alarms: Alarms | None = field(default=None, compare=False)
    """Of the whole gate, where a self-test was asked for."""

    @property
    def counts(self) -> str:
        """What the verdict counts as: pass, warn or fail; a gate that only warns never fails."""
        if self.verdict != "inconclusive":
            return self.verdict
        return "warn" if self.level == "warn" and self.inconclusive == "fail" else self.inconclusive
