"""What a report needs to know of the inputs besides the sums of the evaluation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.records import dataclass, field
from losscli.engine.evaluate import Evaluation
from losscli.engine.groups import Grouping
from losscli.reading.aligned import Inputs


@dataclass(frozen=True)
class Facts:
    """weighted, units: whether samples have weights, and are grouped to units. by: what groups them.

    unit_like: a column whose values may be units.

    lost: by recipe, the rows of PRED, from 1, of the first samples without a finite loss.
    """

    weighted: bool = False
    units: bool = False
    by: tuple[Grouping, ...] = ()
    unit_like: str = ""
    lost: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def facts_of(outcome: Evaluation, inputs: Inputs) -> Facts:
    """The facts of an evaluation's inputs."""
    lost = {id: _rows(inputs, found.lost) for id, found in outcome.tally.distributions.items() if found.nonfinite}
    return Facts(inputs.weight is not None, inputs.unit is not None, Grouping.each(inputs.by), inputs.unit_like, lost)


def _rows(inputs: Inputs, samples: tuple[int, ...]) -> tuple[int, ...]:
    from losscli.reading.lone_boxes import rows_of  # late: most losses are finite

    return tuple(row for row in rows_of(inputs, "pred", np.array(samples)) if row is not None)
