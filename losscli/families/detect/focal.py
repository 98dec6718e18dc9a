"""The focal loss on class scores of boxes: classify's, read from a detector's files."""

from __future__ import annotations

from typing import Any

from losscli.core.errors import DataError
from losscli.families.classify import family as classify
from losscli.families.classify.focal import focal as focal_of_rows
from losscli.families.classify.focal import parts_of_focal, slope_of_focal
from losscli.families.detect.family import FAMILY
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.focal import label_of, scores_of
from losscli.numerics.stable import Array
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params, Rows
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    shape = block.arrays["scores"].shape
    if len(shape) > 2:
        fix = "for classes of pixels use `losscli segment`"
        raise DataError(f"focal reads (n,) or (n,C) scores of boxes, found {shape}", block.place("scores", 0, 0), fix)
    return classify.labelled(block, loss, p, conventions, watch)


@FAMILY.loss(
    "focal",
    aliases=("sigmoid_focal", "focal_softmax"),
    cite="Lin 2017",
    scores=scores_of,
    label=label_of,
    conventions={
        "torchvision": {"alpha": 0.25, "mode": "ovr"},
        "mmdet": {"alpha": 0.25, "mode": "ovr"},
        "ultralytics": {"alpha": 0.25, "classes": "mean", "gamma": 1.5, "mode": "ovr"},
    },
    reads=_prepare,
    sample="a box",
)
@focal_of_rows.same_params()
def focal(scores: Sigmoid | Softmax, label: Array, p: Params) -> Rows:
    """Cross-entropy of the classes of boxes or anchors, weighted by (1 - p_t)^gamma so that easy rows count less.

    Formula: L = -α_t (1 - p_t)^γ log p_t, p_t the probability of the true answer, α_t = α on positives, 1 - α on negatives.
    Gradient: by logits s α_t (1 - p_t)^γ (γ p_t log p_t - (1 - p_t)), s = ±1 by the answer; 0 where p_t = 1.
    Edge cases: the loss at p_t = 0 is +infinity and is counted. Remove anchors that the matching ignores from the files first.
    Reads: PRED scores (n,) or (n,C); TARGET label (n,), one-hot or soft. A row is a box or an anchor; boxes are not read.
    Use when: nearly all anchors are background and would dominate the loss of a one-stage detector.
    Avoid when: evaluating boxes: it does not depend on their coordinates.
    Related: the same loss as classify's focal; gamma=0 is cross-entropy; ssd mines hard negatives instead of down-weighting easy
    ones.
    Equivalents: torchvision's RetinaNet, fvcore sigmoid_focal_loss: `focal:alpha=0.25,mode=ovr,normalizer=positives` with
    --from-logits; torchvision sigmoid_focal_loss, mmdetection FocalLoss: `focal:alpha=0.25,mode=ovr`; ultralytics FocalLoss,
    a mean over classes and a sum over boxes: `focal:alpha=0.25,gamma=1.5,mode=ovr,classes=mean` with --reduction sum.
    """
    found: Rows = focal_of_rows.kernel(scores, label, **p)
    return found


focal.gradient(slope_of_focal)
focal.parts(parts_of_focal)
