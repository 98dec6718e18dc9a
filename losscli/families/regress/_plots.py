"""The residuals of predictions, for plots."""

from __future__ import annotations

from losscli.core.errors import DataError
from losscli.families.regress.family import FAMILY
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.plotted import Plotted, Points
from losscli.spec.tile import Block


def residuals(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Points:
    """Every prediction, and its difference from the target."""
    pred, target = block.doubles("pred"), block.doubles("target")
    if pred.size != target.size:
        what = f"--plot residuals reads one prediction per target, and PRED has {pred[:1].size} for {target[:1].size}"
        raise DataError(what, block.place("pred", 0, 0) if block.rows else None, "name one column: --col pred=NAME")
    return {"": (pred.ravel(), pred.ravel() - target.ravel())}


FAMILY.plots = {"residuals": Plotted((("pred", "target"),), residuals, "give one prediction and one target per row")}
