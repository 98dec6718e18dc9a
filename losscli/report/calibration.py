"""How far forecasts are from what occurred, as part of the report: reliability by bins, its summaries, and the best temperature."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.records import dataclass
from losscli.numerics.statistics.interval import Found

ERRORS = ("ece", "mce", "ace")
"""The calibration errors that a gate may limit: expected, maximum, and over bins of equal mass (adaptive)."""
STATS = (*ERRORS, "temperature")
WHY = ("infinite-loss", "no-mistakes", "no-information", "rows-needed", "not-finite")
"""Why there is no temperature, or one of 0 or infinity: a true class has probability 0; every label has the highest score, so that
the cross-entropy falls as T does; the scores say nothing of the labels, so that it falls as T rises; the report is joined of others
whose sums do not say it; a score is not a number."""
BRIER = ("score", "reliability", "resolution", "uncertainty", "within_variance", "within_covariance")
"""score = reliability - resolution + uncertainty + within_variance - within_covariance (Stephenson, Coelho and Jolliffe 2008)."""


@dataclass(frozen=True)
class Bin:
    """The rows with low < probability ≤ high, of the first bin also those at 0: their number, weight, mean probability
    (`predicted`), and the share in which the event occurred (`observed`); None of both where there are none."""

    low: float
    high: float
    n: int
    weight: float
    predicted: float | None
    observed: float | None


@dataclass(frozen=True)
class Calibration:
    """The calibration of n rows for an event (see `spec.names`).

    chance: the ece that is expected of calibrated forecasts with the same probabilities. brier: by the names of BRIER.
    why: why there is no temperature, or one of 0 or infinity (see WHY).
    """

    event: str
    n: int
    ece: float
    mce: float
    ace: float
    chance: float
    brier: Mapping[str, float]
    temperature: float
    bins: tuple[Bin, ...]
    equal_mass: tuple[Bin, ...]
    why: str = ""
    temperature_ci: Found | None = None
