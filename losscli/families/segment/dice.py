"""Overlap losses of masks: one minus Dice or Jaccard per class and image, with every policy for empty masks by name."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.families.segment._per_class import PerClass, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Sums, difference, overlap
from losscli.families.segment.family import FAMILY, regions
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params, Rows, Vector

Smooth = Annotated[float, Param("added to numerator and denominator", ge=0)]
Eps = Annotated[float, Param("added to the denominator only", ge=0)]
Squared = Annotated[bool, Param("sums of squares in the denominator")]
Pool = Annotated[Literal["image", "batch"], Param("sums per image, then the mean of images; or over the whole file")]
Classes = Annotated[Literal["mean", "pooled"], Param("a ratio per class, then their mean; or one ratio of all classes' sums")]
Background = Annotated[bool, Param("class 0 counts, where there are several")]
Empty = Annotated[
    Literal["perfect", "one", "skip", "nan", "error"], Param("0/0: loss 0, loss 1, leave the class out, nan, or an error")
]
Absent = Annotated[
    Literal["count", "zero", "skip"], Param("a class without target pixels: as computed, loss 0, or out of the mean")
]
Weights = Annotated[Vector | None, Param("a weight per class, times its loss", ge=0, example="[0.5,1,2,3]")]
Norm = Annotated[Literal["weights", "count"], Param("the mean over classes divides by Σw or by their number")]


@FAMILY.loss(
    "dice",
    aliases=("soft_dice",),
    cite="Milletari et al. 2016",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
    conventions={
        "keras": {"classes": "pooled", "eps": 1e-7, "pool": "batch"},
        "monai": {"smooth": 1e-5},
        "smp": {"absent": "zero", "pool": "batch"},
        "mmdet": {"eps": 0.002, "squared": True},
        "optax": {"smooth": 2.0},
        "kornia": {"classes": "pooled", "eps": 1e-8},
        "ultralytics": {"smooth": 1e-6},
    },
    reads=regions,
)
def dice(
    scores: Pixels,
    mask: Mask,
    *,
    smooth: Smooth = 0.0,
    squared: Squared = False,
    pool: Pool = "image",
    classes: Classes = "mean",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
    eps: Eps = 0.0,
    weights: Weights = None,
    norm: Norm = "weights",
) -> dict[str, Floats]:
    """How little the predicted region and the mask share, relative to the size of both.

    Formula: L = 1 - (2 Σpt + s) / (Σp + Σt + s + e) per class over the pixels of an image; Σp² + Σt² with squared=true;
    then the mean over classes (w_c L_c / Σ w_c with weights), then over images. On hard labels 1 - 2TP/(2TP + FP + FN).
    Computed as (Σ p(1-t) + t(1-p) + e) / (Σp + Σt + s + e), which does not cancel where the overlap is nearly perfect.
    Gradient: -(2t D - (2 Σpt + s)) / D² with D = Σp + Σt + s + e; squared: 2p in place of 1 for dD/dp. 0 where D = 0.
    Range: 0 to 1; with norm=count and weights above 1, beyond.
    Edge cases: an empty mask and an empty prediction are 0/0: `empty` says what it counts, 0 by default. A class without
    target pixels costs 1 whatever is predicted (absent=count), or 0, or leaves the mean; an image with no class left
    leaves the count. `absent` is asked before `empty`. A binary image is one class, its foreground.
    Use when: the region is small against the image, and its overlap is what is judged.
    Avoid when: regions of a few pixels (one pixel moves the loss far), empty masks under absent=count, calibrated probabilities,
    and soft masks: p = t is not the optimum and its loss is not 0.
    Related: jaccard J = 2D/(1+D) per class and image; gdl weights classes by the inverse of their size; dice+ce is a common recipe.
    Equivalents: MONAI DiceLoss: `dice:smooth=1e-5` (batch=True: pool=batch; include_background=False: background=false;
    squared_pred: squared=true; weight: weights=[…],norm=count). segmentation-models-pytorch, pytorch-toolbelt DiceLoss:
    `dice:pool=batch,absent=zero`. Keras Dice, one ratio of everything: `dice:classes=pooled,pool=batch,eps=1e-7`. kornia
    dice_loss: `dice:classes=pooled,eps=1e-8` (macro: `dice:absent=skip,eps=1e-8`). mmdetection DiceLoss:
    `dice:squared=true,eps=0.002`, its eps of 0.001 being added twice. optax dice_loss: `dice:smooth=2`, its smoothing of 1 being
    doubled. mmdetection with naive_dice: `dice:smooth=0.001`. ultralytics MultiChannelDiceLoss: `dice:smooth=1e-6` with
    --multilabel. nnU-Net and SegLossOdyssey give it minus 1.
    """
    return overlap(scores, mask, squared=squared, background=background)


@dice.finish
def _(sums: Sums, p: Params) -> Rows:
    return ratio(sums, 2.0, **p).rows()


@dice.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    return ratio(sums, 2.0, **p).slope(scores, turns(scores, mask, squared=p.squared), background=p.background)


@FAMILY.loss(
    "jaccard",
    aliases=("iou", "soft_iou"),
    cite="Rahman and Wang 2016",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
    conventions={"monai": {"smooth": 5e-6}, "smp": {"absent": "zero", "pool": "batch"}},
    reads=regions,
)
def jaccard(
    scores: Pixels,
    mask: Mask,
    *,
    smooth: Smooth = 0.0,
    squared: Squared = False,
    pool: Pool = "image",
    classes: Classes = "mean",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
    eps: Eps = 0.0,
    weights: Weights = None,
    norm: Norm = "weights",
) -> dict[str, Floats]:
    """How little of the union of predicted region and mask both share: one minus the soft intersection over union.

    Formula: L = 1 - (Σpt + s) / (U + s + e) with U = Σp + Σt - Σpt per class over the pixels of an image; squared=true:
    U = Σp² + Σt² - Σpt; then the mean over classes, then over images. On hard labels 1 - TP/(TP + FP + FN).
    Computed as (Σ p(1-t) + t(1-p) + e) / (U + s + e), which does not cancel where the overlap is nearly perfect.
    Gradient: -(t U' - (Σpt + s)(1 - t)) / U'² with U' = U + s + e; squared: 2p - t in place of 1 - t. 0 where U' = 0.
    Range: 0 to 1; with norm=count and weights above 1, beyond.
    Edge cases: as dice: 0/0 by `empty` (0 by default), classes without target pixels by `absent`, which is asked first.
    Use when: the mask is judged by intersection over union, as benchmarks do.
    Avoid when: as dice; it is harsher on middling overlaps.
    Related: J = 2D/(1+D) with dice D per class and image; lovasz is its convex surrogate; detect iou is the same for boxes.
    Equivalents: segmentation-models-pytorch, pytorch-toolbelt JaccardLoss: `jaccard:pool=batch,absent=zero`. MONAI
    DiceLoss(jaccard=True): `jaccard:smooth=5e-6`, its smoothing of 1e-5 being halved. SegLossOdyssey IoULoss:
    `jaccard:smooth=1` minus 1. torch and Keras have none (Keras BinaryIoU is a metric of thresholded scores).
    """
    return overlap(scores, mask, squared=squared, background=background)


@jaccard.finish
def _(sums: Sums, p: Params) -> Rows:
    return ratio(sums, 1.0, **p).rows()


@jaccard.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    return ratio(sums, 1.0, **p).slope(scores, turns(scores, mask, squared=p.squared), background=p.background)


def turns(scores: Pixels, mask: Mask, *, squared: bool = False) -> dict[str, Floats]:
    """The slopes of the sums of `overlap` by every probability."""
    t = mask.whole
    return {"apart": 2.0 * difference(scores.whole, t) if squared else 1.0 - 2.0 * t, "both": t}


@dice.parts
def _dice_parts(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> dict[str, Floats]:
    return _parts(sums, ratio(sums, 2.0, **p))


@jaccard.parts
def _jaccard_parts(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> dict[str, Floats]:
    return _parts(sums, ratio(sums, 1.0, **p))


def _parts(sums: Sums, classes: PerClass) -> dict[str, Floats]:
    """By class: what prediction and mask share, where they differ, and the loss before the mean over classes."""
    by_class = {"Σ p·t by class": sums["both"], "Σ p(1-t) + t(1-p) by class": sums["apart"], "Σ t by class": sums["size"]}
    return {**by_class, "loss by class": classes.loss, "weight in the mean": classes.weight}
