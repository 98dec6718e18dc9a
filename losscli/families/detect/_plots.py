"""The overlap of boxes with their targets by the score of the prediction, for plots."""

from __future__ import annotations

import numpy as np

from losscli.families.detect._box_pair import overlap_of
from losscli.families.detect.family import FAMILY, boxes
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.plotted import Plotted, Points, below_one
from losscli.spec.tile import Block


def scores(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Points:
    """The score of every predicted box, and its IoU with the target; NaN for two boxes without area."""
    score = block.doubles("score").reshape(block.rows)
    found = overlap_of(boxes(block, "pred", conventions, watch), boxes(block, "target", conventions, watch))
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = found.inter / found.union
    return {"": (below_one(score), below_one(iou))}


FAMILY.plots = {
    "scores": Plotted(
        (("pred", "target", "score"),), scores, "give boxes with a column of scores: --col score=NAME", wants=("score",)
    )
}
