"""Two samples that are not paired: Welch's test and interval of the difference of their means."""

from __future__ import annotations

from losscli.core.records import dataclass
from losscli.numerics.statistics import student
from losscli.numerics.statistics.interval import Found, Interval, NoInterval
from losscli.numerics.statistics.spread import Spread


@dataclass(frozen=True)
class Welch:
    """new - base of two samples: the interval, degrees of freedom and the two-sided p, or None."""

    delta: float
    interval: Found
    df: float | None
    p: float | None


def welch(new: Spread, base: Spread, level: float) -> Welch:
    """Student's t with Satterthwaite's degrees of freedom (Welch 1947): the variances need not be equal."""
    delta = new.value - base.value
    unknown = next((s.unknown for s in (new, base) if s.unknown in ("one-unit", "not-finite")), "")
    a, b = (0.0, 0.0) if unknown else (new.error**2, base.error**2)
    if unknown or a + b == 0:
        return Welch(delta, NoInterval(unknown or "constant"), None, None)
    share = a / (a + b)
    df = 1 / (share**2 / new.df + (1 - share) ** 2 / base.df)
    error = (a + b) ** 0.5
    reach = student.upper((1 - level) / 2, df) * error
    n = new.n + base.n
    found = Interval(delta - reach, delta + reach, "welch", level, n, new.rough or base.rough)
    return Welch(delta, found, df, min(1.0, 2 * student.tail(abs(delta) / error, df)))
