"""The options of statistics, each declared once: how sure the values are.

Loads nothing heavy. Annotations are evaluated as the module loads, for `slots` to read.
"""

import numbers
from typing import Annotated, Any

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass
from losscli.numerics.statistics.interval import LEVEL
from losscli.report.asked_gates import INCONCLUSIVE, ON
from losscli.run.declared import GATES, STATISTICS, Option, slots

LEAST_LEVEL, MOST_LEVEL = 0.5, 0.999999


@dataclass(frozen=True)
class StatisticsOptions:
    """How sure the values are."""

    ci: Annotated[
        Any,
        Option(
            "--ci LEVEL|none",
            "Level of the confidence intervals, such as 0.9 or 90% (default: 0.95); none to omit them.",
            group=STATISTICS,
            also=("compare",),
        ),
    ] = None

    ci_method: Annotated[
        str,
        Option(
            "--ci-method",
            "How intervals of means and sums are made: from their sums, or by resampling.",
            choices=("skew-t", "bootstrap-t", "percentile"),
            group=STATISTICS,
        ),
    ] = "skew-t"
    baseline: Annotated[
        Any,
        Option(
            "--baseline FILE",
            "Compare with these other predictions of the same targets, or the losses of --per-sample, or a report that names them, "
            "sample by sample.",
            group=STATISTICS,
        ),
    ] = None
    unpaired: Annotated[
        bool,
        Option(
            "--unpaired",
            "Compare with a report of other samples, by Welch's test of the two means.",
            group=STATISTICS,
        ),
    ] = False
    test: Annotated[
        str,
        Option(
            "--test",
            "How the difference from the baseline is tested: by flipping the signs of the samples' differences, or by Student's t.",
            choices=("signflip", "t", "none"),
            group=STATISTICS,
            also=("compare",),
        ),
    ] = "signflip"
    adjust: Annotated[
        str,
        Option(
            "--adjust",
            "How p is adjusted for all the comparisons of a run: Holm, Benjamini and Hochberg (bh), or not.",
            choices=("holm", "bh", "none"),
            group=STATISTICS,
            also=("compare",),
        ),
    ] = "holm"
    resamples: Annotated[
        int | None,
        Option(
            "--resamples N",
            "Random resamples of a bootstrap (default: 1000), or sign flips of a test (default: 9999).",
            low=99,
            high=1_000_000,
            group=STATISTICS,
            also=("compare",),
        ),
    ] = None
    seed: Annotated[
        int,
        Option(
            "--seed N", "Seed of random resamples and sign flips, where there are any.", low=0, group=STATISTICS, also=("compare",)
        ),
    ] = 0
    max_regression: Annotated[
        str | None,
        Option(
            "--max-regression SHARE",
            "Fail if a loss is worse than the baseline's by more than this share, such as 2%.",
            group=GATES,
        ),
    ] = None
    max_change: Annotated[
        str | None,
        Option(
            "--max-change SHARE",
            "Fail if a loss differs from the baseline's by more than this share, for the better or the worse, such as 0.5%.",
            group=GATES,
        ),
    ] = None
    gate_on: Annotated[
        str,
        Option(
            "--gate-on",
            "Judge gates by the value, or by its confidence interval: fail if all of it is past the limit, pass if none of it is.",
            choices=ON,
            group=GATES,
            also=("merge",),
        ),
    ] = "value"
    inconclusive: Annotated[
        str | None,
        Option(
            "--inconclusive",
            "What an inconclusive gate counts as. By default warn if the limit is inside the interval, fail if there is none.",
            choices=INCONCLUSIVE,
            group=GATES,
            also=("merge",),
        ),
    ] = None

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give. Raises UsageError where a level is not one."""
        return {**{slot.name: getattr(self, slot.name) for slot in slots(type(self))}, "ci": confidence(self.ci)}


def confidence(given: object) -> float | None:
    """The level of intervals; None for none. Raises UsageError for what is not a share between 0.5 and 1."""
    if given is None:
        return LEVEL
    plain = isinstance(given, (str, numbers.Real))
    text = str(given).strip() if plain else visible(given)
    if plain and text.lower() == "none":
        return None
    from losscli.core.values import share_of  # late: most commands give none

    level = share_of(text) if plain else None
    if level is None or not LEAST_LEVEL <= level <= MOST_LEVEL:
        what = f"--ci {visible(text, 40)!r} is not a level from {LEAST_LEVEL:g} to {MOST_LEVEL:g}"
        raise UsageError(what, fix="give a share or a percentage, such as 0.95 or 95%, or none")
    return level
