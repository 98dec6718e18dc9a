"""Overlap losses of masks: 1 minus Dice or Jaccard per class and image, with named policies for empty masks."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.families.segment._per_class import mean_of_classes, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Scores, Sums, difference, overlap
from losscli.families.segment.family import FAMILY, REGION_SUMS
from losscli.numerics.stable import Floats
from losscli.spec.loss import Loss, Param, Params, Vector

Smooth = Annotated[float, Param("added to numerator and denominator", ge=0)]
Eps = Annotated[float, Param("added to the denominator only", ge=0)]
Squared = Annotated[bool, Param("use sums of squares in the denominator")]
Pool = Annotated[Literal["image", "batch"], Param("the mean of losses per image; or one loss over all images")]
Classes = Annotated[Literal["mean", "pooled"], Param("the mean of a ratio per class; or one ratio of all classes' sums")]
Background = Annotated[bool, Param("include class 0 if there are several classes")]
Empty = Annotated[
    Literal["perfect", "one", "skip", "nan", "error"], Param("0/0: loss 0, loss 1, leave the class out, nan, or an error")
]
Absent = Annotated[
    Literal["count", "zero", "skip"], Param("a class without target pixels: as computed, loss 0, or left out of the mean")
]
Weights = Annotated[Vector | None, Param("one weight per class", ge=0, example="[0.5,1,2,3]")]
Norm = Annotated[Literal["weights", "count"], Param("whether the mean over classes divides by Σw or by their number")]


@FAMILY.loss(
    "dice",
    aliases=("soft_dice",),
    complements=("dsc", "dice_coefficient", "dice_score", "dice_similarity_coefficient", "f1"),
    cite="Milletari et al. 2016",
    highest=1.0,
    conventions={
        "keras": {"classes": "pooled", "eps": 1e-7, "pool": "batch"},
        "monai": {"smooth": 1e-5},
        "smp": {"absent": "zero", "pool": "batch"},
        "mmdet": {"eps": 0.002, "squared": True},
        "optax": {"smooth": 2.0},
        "kornia": {"classes": "pooled", "eps": 1e-8},
        "ultralytics": {"smooth": 1e-6},
    },
    **REGION_SUMS,
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
    """1 minus the Dice coefficient of prediction and mask.

    Formula: L = 1 - (2 Σpt + s) / (Σp + Σt + s + e) per class over the pixels of an image; Σp² + Σt² with squared=true;
    averaged over classes (Σ w_c L_c / Σ w_c with weights), then over images. For hard labels 1 - 2TP/(2TP + FP + FN). Computed
    as (Σ p(1-t) + t(1-p) + e) / (Σp + Σt + s + e), without cancellation where the overlap is nearly perfect.
    Gradient: -(2t D - (2 Σpt + s)) / D² with D = Σp + Σt + s + e; squared: 2p in place of 1 for dD/dp. 0 where D = 0.
    Range: 0 to 1; larger with norm=count and weights above 1.
    Edge cases: an empty mask with an empty prediction is 0/0, handled by `empty` (0 by default). A class without target pixels
    has loss 1 if anything is predicted (absent=count), 0 (zero), or is left out of the mean (skip); an image with no class left
    is left out. `absent` is applied before `empty`. A binary image has one class, its foreground.
    Use when: regions are small relative to the image and overlap is what matters.
    Avoid when: regions are only a few pixels; masks may be empty with absent=count; you need calibrated probabilities; masks
    are soft, as p = t is then not the optimum and its loss is not 0.
    Related: jaccard J = 2D/(1+D) per class and image; gdl weights classes inversely to their size; dice+ce is a common recipe.
    Equivalents: MONAI DiceLoss: `dice:smooth=1e-5` (batch=True: pool=batch; include_background=False: background=false;
    squared_pred: squared=true; weight: weights=[…],norm=count). segmentation-models-pytorch, pytorch-toolbelt DiceLoss:
    `dice:pool=batch,absent=zero`. Keras Dice, with one ratio over everything: `dice:classes=pooled,pool=batch,eps=1e-7`. kornia
    dice_loss: `dice:classes=pooled,eps=1e-8` (macro: `dice:absent=skip,eps=1e-8`). mmdetection DiceLoss:
    `dice:squared=true,eps=0.002`, its eps of 0.001 being added twice. optax dice_loss: `dice:smooth=2`, its smoothing of 1
    being doubled. mmdetection with naive_dice: `dice:smooth=0.001`. ultralytics MultiChannelDiceLoss: `dice:smooth=1e-6` with
    --multilabel. nnU-Net and SegLossOdyssey return this minus 1.
    """
    return overlap(scores, mask, squared=squared, background=background)


@FAMILY.loss(
    "jaccard",
    aliases=("iou", "soft_iou"),
    cite="Rahman and Wang 2016",
    highest=1.0,
    conventions={"monai": {"smooth": 5e-6}, "smp": {"absent": "zero", "pool": "batch"}},
    **REGION_SUMS,
)
@dice.same_params()
def jaccard(scores: Pixels, mask: Mask, p: Params) -> dict[str, Floats]:
    """1 minus the soft intersection over union (Jaccard index) of prediction and mask.

    Formula: L = 1 - (Σpt + s) / (U + s + e) with U = Σp + Σt - Σpt per class over the pixels of an image; squared=true: U = Σp²
    + Σt² - Σpt; averaged over classes, then over images. For hard labels 1 - TP/(TP + FP + FN). Computed as (Σ p(1-t) + t(1-p)
    + e) / (U + s + e), without cancellation where the overlap is nearly perfect.
    Gradient: -(t U' - (Σpt + s)(1 - t)) / U'² with U' = U + s + e; squared: 2p - t in place of 1 - t. 0 where U' = 0.
    Range: 0 to 1; larger with norm=count and weights above 1.
    Edge cases: as dice: 0/0 is handled by `empty` (0 by default) and classes without target pixels by `absent`, which is
    applied first.
    Use when: masks are evaluated by intersection over union, as in most benchmarks.
    Avoid when: as dice; it penalises intermediate overlaps more.
    Related: J = 2D/(1+D) with dice D per class and image; lovasz is its convex surrogate; detect iou is the same for boxes.
    Equivalents: segmentation-models-pytorch, pytorch-toolbelt JaccardLoss: `jaccard:pool=batch,absent=zero`. MONAI
    DiceLoss(jaccard=True): `jaccard:smooth=5e-6`, its smoothing of 1e-5 being halved. SegLossOdyssey IoULoss:
    `jaccard:smooth=1` minus 1. torch and Keras have no equivalent (Keras BinaryIoU is a metric of thresholded scores).
    """
    return overlap(scores, mask, squared=p.squared, background=p.background)


def turns(s: Scores, t: Floats, p: Params) -> dict[str, Floats]:
    """The derivatives of the sums of `overlap` with respect to every probability."""
    return {"apart": 2.0 * difference(s, t) if p.get("squared") else 1.0 - 2.0 * t, "both": t}


def _ratio_of_overlap(loss: Loss, share: float) -> None:
    """Declare value, gradient and parts of a loss that is one minus share·Σpt over itself plus the disagreement."""
    mean_of_classes(loss, lambda sums, p: ratio(sums, share, **p), turns)

    @loss.parts
    def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> dict[str, Floats]:
        classes = ratio(sums, share, **p)
        by_class = {"Σ p·t by class": sums["both"], "Σ p(1-t) + t(1-p) by class": sums["apart"], "Σ t by class": sums["size"]}
        return {**by_class, "loss by class": classes.loss, "weight in the mean": classes.weight}


_ratio_of_overlap(dice, 2.0)
_ratio_of_overlap(jaccard, 1.0)
