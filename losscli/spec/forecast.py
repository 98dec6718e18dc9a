"""What a family reads for calibration: of each row the probability of an event, and whether the event occurred."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf

from losscli.core.records import dataclass, field, replace
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.names import PREDICTED

ROLES = ("scores", "label")
"""What forecasts are read of."""


NODES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, inf)
"""The β at which slopes are summed with everything else, in ascending order."""


@dataclass(frozen=True)
class Forecast:
    """probability (n,) that the event occurs, occurred (n,), label (n,), truth (n,): the probability of the class that the label
    says, and kept, None for all: the rows that have a label.

    slopes(β) is the first and the second derivative with respect to β, of each row's cross-entropy if its logits are multiplied by
    β, which may be 0 or infinite: (n,) each; NaN where the loss is infinite at every β. sloped: slopes at some β. pull(g) is the
    gradient with respect to the logits, from that with respect to the scores as they are given.
    """

    probability: Floats
    occurred: Bools
    label: Ints
    truth: Floats
    kept: Bools | None
    slopes: Callable[[float], tuple[Floats, Floats]]
    pull: Callable[[Floats], Floats]
    sloped: Mapping[float, tuple[Floats, Floats]] = field(default_factory=dict)

    def with_slopes(self, betas: Iterable[float]) -> Forecast:
        """The forecasts with their slopes at these β."""
        return replace(self, sloped={beta: self.slopes(beta) for beta in betas})

    def cut(self, at: Ints | Bools | slice) -> Forecast:
        """The forecasts of some rows, with the slopes that are known of them."""
        return Forecast(
            self.probability[at],
            self.occurred[at],
            self.label[at],
            self.truth[at],
            None if self.kept is None else self.kept[at],
            self.slopes,
            self.pull,
            {beta: (first[at], second[at]) for beta, (first, second) in self.sloped.items()},
        )


@dataclass(frozen=True)
class Calibrating:
    """How forecasts are read and binned: the number of bins, the label of rows to leave out, and whether the scores are
    log-probabilities."""

    bins: int
    ignore: int | None = None
    logs: bool = False
    event: str = PREDICTED
    option: str = "--calibration"
    """What needs the forecasts, for messages."""
