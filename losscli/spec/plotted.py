"""What a family's plots count: points of the rows of a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from losscli.core.records import dataclass
from losscli.numerics.stable import Floats
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block

BELOW_ONE = 1.0 - 2.0**-53
Points = Mapping[str, tuple[Floats, ...]]
"""By series, the coordinates of points along each axis."""


@dataclass(frozen=True)
class Plotted:
    """A plot of the rows of a family.

    reads: sets of roles, of which the first that the inputs have is read. points(block, loss, p, conventions, watch) are those of
    the rows, loss and p being of the run's first term. of_losses: whether the loss of a row is its last coordinate, for a picture
    per loss. fix: how the user gives what it reads.
    """

    reads: tuple[tuple[str, ...], ...]
    points: Callable[[Block, Loss, Params, Conventions, Watch], Points]
    fix: str
    of_losses: bool = False
    axis: Callable[[Loss, Params], str] = lambda loss, p: ""
    """The label of the axis of the coordinates, where it depends on the loss."""
    wants: tuple[str, ...] = ()
    """The roles that are looked for although no loss reads them."""

    def roles(self, available: frozenset[str]) -> tuple[str, ...]:
        """The roles that are read, of those that are available; empty where one is missing."""
        return next((roles for roles in self.reads if available.issuperset(roles)), ())


def below_one(share: Floats) -> Floats:
    """Shares, of which 1 counts with those below it."""
    return np.where(share == 1.0, BELOW_ONE, share)
