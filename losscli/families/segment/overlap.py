"""Overlap losses of masks: one minus Dice or Jaccard per class and image, with every policy for empty masks by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from losscli.errors import DataError
from losscli.families.segment._family import FAMILY, GATES, regions
from losscli.families.segment._regions import Mask, Pixels, Sums, difference, overlap, spread
from losscli.loss import Param, Rows, Vector
from losscli.numeric import Bools, Floats, divide

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

_WHEN_EMPTY = {"perfect": 0.0, "one": 1.0, "skip": np.nan, "nan": np.nan, "error": np.nan}


@FAMILY.loss(
    "dice",
    aliases=("soft_dice",),
    cite="Milletari et al. 2016",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
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
    Edges: an empty mask and an empty prediction are 0/0: `empty` says what it counts, 0 by default. A class without
    target pixels costs 1 whatever is predicted (absent=count), or 0, or leaves the mean; an image with no class left
    leaves the count. `absent` is asked before `empty`. A binary image is one class, its foreground.
    Right: the region is small against the image, and its overlap is what is judged.
    Wrong: regions of a few pixels (one pixel moves the loss far), empty masks under absent=count, calibrated probabilities,
    and soft masks: p = t is not the optimum and its loss is not 0.
    Kin: jaccard J = 2D/(1+D) per class and image; gdl weights classes by the inverse of their size; dice+ce is a common recipe.
    Equivalents: MONAI DiceLoss: `dice:smooth=1e-5` (batch=True: pool=batch; include_background=False: background=false;
    squared_pred: squared=true; weight: weights=[…],norm=count). segmentation-models-pytorch, pytorch-toolbelt DiceLoss:
    `dice:pool=batch,absent=zero`. Keras Dice: `dice:pool=batch,eps=1e-7`. kornia dice_loss: `dice:classes=pooled,eps=1e-8`
    (macro: `dice:absent=skip,eps=1e-8`). mmdetection DiceLoss: `dice:squared=true,eps=0.002`. nnU-Net and SegLossOdyssey
    give it minus 1.
    """
    return overlap(scores, mask, squared=squared, background=background)


@dice.finish
def _(sums: Sums, **params: Any) -> Rows:
    return Ratio.of(sums, 2.0, **params).rows()


@dice.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, *, squared: bool, background: bool, **params: Any) -> Floats:
    return Ratio.of(sums, 2.0, **params).slope(scores, mask, squared=squared, background=background)


@FAMILY.loss(
    "jaccard",
    aliases=("iou", "soft_iou"),
    cite="Rahman and Wang 2016",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
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
    Edges: as dice: 0/0 by `empty` (0 by default), classes without target pixels by `absent`, which is asked first.
    Right: the mask is judged by intersection over union, as benchmarks do.
    Wrong: as dice; it is harsher on middling overlaps.
    Kin: J = 2D/(1+D) with dice D per class and image; lovasz is its convex surrogate; detect iou is the same for boxes.
    Equivalents: segmentation-models-pytorch, pytorch-toolbelt JaccardLoss: `jaccard:pool=batch,absent=zero`. MONAI
    DiceLoss(jaccard=True): `jaccard:smooth=5e-6`, its smoothing of 1e-5 being halved. SegLossOdyssey IoULoss:
    `jaccard:smooth=1` minus 1. torch and Keras have none (Keras BinaryIoU is a metric of thresholded scores).
    """
    return overlap(scores, mask, squared=squared, background=background)


@jaccard.finish
def _(sums: Sums, **params: Any) -> Rows:
    return Ratio.of(sums, 1.0, **params).rows()


@jaccard.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, *, squared: bool, background: bool, **params: Any) -> Floats:
    return Ratio.of(sums, 1.0, **params).slope(scores, mask, squared=squared, background=background)


GATES["dice"] = GATES["jaccard"] = regions


@dataclass(frozen=True)
class Ratio:
    """L = top / (top + rest) per image and class, (m,K), and what each class counts in its image's mean.

    share: Σpt counts so many times in `rest`, 2 for Dice and 1 for Jaccard. weight: 0 where a class leaves the mean.
    """

    top: Floats
    rest: Floats
    share: float
    loss: Floats
    weight: Floats
    divisor: Floats
    zeroed: Bools

    @classmethod
    def of(
        cls,
        sums: Sums,
        share: float,
        *,
        smooth: float,
        eps: float,
        empty: str,
        absent: str,
        classes: str,
        weights: Floats | None,
        norm: str,
        **_: Any,
    ) -> Ratio:
        """From the sums of `overlap` and the parameters of the loss."""
        if classes == "pooled":
            sums = {k: v.sum(1, keepdims=True) for k, v in sums.items()}
        top, rest, missing = sums["apart"] + eps, share * sums["both"] + smooth, sums["size"] == 0
        count = top.shape[1]
        undefined = (top == 0) & (rest == 0)
        zeroed = missing if absent == "zero" else np.zeros_like(missing)
        out = missing if absent == "skip" else np.zeros_like(missing)
        if empty == "error":
            refuse_undefined(undefined & ~zeroed & ~out)
        if empty == "skip":
            out = out | (undefined & ~zeroed)
        loss = np.where(zeroed, 0.0, divide(top, top + rest, _WHEN_EMPTY[empty]))
        own = np.ones(count) if weights is None else weights[len(weights) - count :]
        weight = np.where(out, 0.0, own)
        divisor = weight.sum(1) if norm == "weights" else (~out).sum(1).astype(np.float64)
        return cls(top, rest, share, loss, weight, divisor, zeroed)

    def rows(self) -> Rows:
        """The mean over classes; an image whose classes all left it, or weigh nothing, leaves the count."""
        total = np.where(self.weight == 0, 0.0, self.weight * self.loss).sum(1)
        return Rows(divide(total, self.divisor), kept=self.divisor > 0)

    def slope(self, scores: Pixels, mask: Mask, *, squared: bool, background: bool) -> Floats:
        """d(row)/d(scores): dL = (rest·dtop - share·top·dboth) / (top + rest)², dboth = t."""
        whole = self.top + self.rest
        part = np.where(self.zeroed, 0.0, divide(self.weight, self.divisor[:, None], 0.0))
        by_apart = spread(part * divide(divide(self.rest, whole, 0.0), whole, 0.0), scores.classes, background)
        by_both = spread(part * self.share * divide(divide(self.top, whole, 0.0), whole, 0.0), scores.classes, background)
        t = mask.whole
        slope = 2.0 * difference(scores.whole, t) if squared else 1.0 - 2.0 * t
        return scores.pull(by_apart * slope - by_both * t)


def refuse_undefined(undefined: Bools) -> None:
    """Raise DataError where a class is 0/0 and the policy is `empty=error`."""
    if undefined.any():
        c = int(np.argmax(undefined.any(0)))
        raise DataError(
            f"0/0: class {c} of those counted has no pixel in the mask and none in the prediction",
            fix="empty=perfect (loss 0), one, skip or nan says what it counts",
        )
