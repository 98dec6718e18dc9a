"""Mask R-CNN: the loss of the box head plus the pixel-wise cross-entropy of each object's mask."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from losscli.families.detect._detector_scores import each
from losscli.families.detect._detector_terms import Sums, summed
from losscli.families.detect.detectors.faster_rcnn import faster_rcnn, read_regions
from losscli.families.detect.family import FAMILY, misshapen
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import binary, binary_slope
from losscli.numerics.stable import Floats, Ints, divide, row_mean, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block

_HEAD = {"stage": "roi", "normalizer": "sampled", "n_cls": None, "n_reg": None}


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, deltas, label, target = read_regions(block, loss, p.replace(**_HEAD), conventions, watch)
    mask, true = block.arrays["mask"].shape, block.doubles("target_mask")
    if len(mask) != 4 or mask[1] != scores.classes or true.shape != (mask[0], *mask[2:]):
        what = (
            f"mask has rows of shape {mask[1:]} in PRED, {true.shape[1:]} in TARGET: {scores.classes} classes need "
            f"({scores.classes},M,M) and (M,M)"
        )
        fix = "save the unchanged output of the mask head, background included, and the true masks cropped to the regions"
        raise misshapen(block, "mask", what, fix)
    block.reject("target_mask", (true < 0) | (true > 1), lambda x: f"{float(x):.6g} is outside 0…1", "give true masks in 0 … 1")
    return scores, deltas, each(block, conventions, watch, "mask"), label, target, true


@FAMILY.loss(
    "mask_rcnn",
    cite="He 2017",
    unit="pool",
    pooled=True,
    conventions={"torchvision": {"beta": 1.0 / 9.0}, "mmdet": {"beta": 0.0}},
    reads=_prepare,
    sample="a region",
)
def mask_rcnn(
    scores: Softmax,
    deltas: Floats,
    mask: Sigmoid,
    label: Ints,
    target_deltas: Floats,
    target_mask: Floats,
    *,
    beta: Annotated[float, Param("threshold of the smooth L1 term", ge=0)] = 1.0,
    lambda_: Annotated[float, Param("weight of the box term", ge=0)] = 1.0,
    mask_weight: Annotated[float, Param("weight of the mask term", ge=0)] = 1.0,
) -> dict[str, Floats]:
    """Faster R-CNN's head loss plus the binary cross-entropy of each object's mask in the channel of its class.

    Formula: L = ΣCE/n + lambda·Σ_objects smooth_l1(d - t, beta)/n + mask_weight·Σ_objects (mean over pixels of BCE)/n_objects, n
    the number of sampled regions.
    Gradient: faster_rcnn's by scores and deltas, over n; by the mask's logits in the true class's channel
    mask_weight·(p - m)/(pixels·n_objects); 0 in other channels.
    Edge cases: without objects the box and mask terms are 0.
    Reads: PRED scores (n,C), deltas (n,4C) or (n,4), mask (n,C,M,M); TARGET label (n,), deltas (n,4), mask (n,M,M). Class 0 is the
    background, whose channel of the mask is not read. --from-logits applies to scores and masks.
    Use when: reproducing a training log of Mask R-CNN, or breaking it down into its terms: class, box, mask. For its proposal
    losses evaluate faster_rcnn:stage=rpn on a separate file.
    Avoid when: evaluating masks: use dice or jaccard in segment, on whole masks.
    Related: faster_rcnn without the mask term; bce in segment is the mask term on images.
    Equivalents: torchvision's fastrcnn_loss and maskrcnn_loss, summed: `mask_rcnn:beta=0.1111111111111111` with --from-logits;
    detectron2, mmdetection: `mask_rcnn:beta=0`.
    """
    parts = faster_rcnn.kernel(scores, deltas, label, target_deltas, beta=beta, lambda_=lambda_, **_HEAD).parts
    objects = (label > 0).astype(np.float64)
    pixels = binary(_own(mask, label), target_mask)
    return {
        "class": parts["class"][1],
        "box": parts["box"][1],
        "mask": times(objects, row_mean(pixels)),
        "sampled": np.ones(len(label)),
        "objects": objects,
    }


def _own(mask: Sigmoid, label: Ints) -> Sigmoid:
    """The channel of each region's class."""
    return Sigmoid(np.take_along_axis(mask.array, label[:, None, None, None], 1)[:, 0], mask.from_logits)


@mask_rcnn.finish
def _finish(sums: Sums, p: Params) -> Rows:
    sampled, objects = sums["sampled"], sums["objects"]
    return summed(
        {
            "class": (1.0, divide(sums["class"], sampled)),
            "box": (p.lambda_, divide(sums["box"], sampled)),
            "mask": (p.mask_weight, divide(sums["mask"], objects, 0.0)),
        }
    )


@mask_rcnn.gradient
def _slope(
    scores: Softmax, deltas: Floats, mask: Sigmoid, label: Ints, target_deltas: Floats, target_mask: Floats, sums: Sums, p: Params
) -> dict[str, Floats]:
    assert faster_rcnn.slope is not None
    head = faster_rcnn.slope(scores, deltas, label, target_deltas, p.replace(**_HEAD))
    own = binary_slope(_own(mask, label), target_mask) * (p.mask_weight / target_mask[0].size if len(label) else 0.0)
    share = np.where(label > 0, 1.0 / np.maximum(sums["objects"], 1.0), 0.0)
    wide = np.zeros_like(mask.array)
    np.put_along_axis(wide, label[:, None, None, None], times(share[:, None, None], own)[:, None], 1)
    return {**{role: g / sums["sampled"][:, None] for role, g in head.items()}, "mask": wide}
