"""Focal loss of pixels: cross-entropy that down-weights easy pixels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.segment._pixels import Truth, per_image, pixels
from losscli.families.segment.family import FAMILY
from losscli.families.segment.pixel_cross_entropy import Eps, Floor, Ignore
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.focal import Alpha, AlphaOn, Renormalize, focal_slopes, focal_terms, scores_of
from losscli.numerics.stable import Floats, divide, row_sum
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def _scores(p: Params, classes: int) -> str:
    listed = p.alpha is not None and not isinstance(p.alpha, int | float)
    return scores_of(p, 2 if listed else classes)


def _label(p: Params, classes: int) -> str:
    return "unit" if _scores(p, classes) == "sigmoid" else "class"


def _read(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, mask = pixels(block, loss, p, conventions, watch)
    if isinstance(scores, Softmax) and scores.classes > 2 and p.alpha_on == "positives" and isinstance(p.alpha, int | float):
        raise UsageError(
            "focal: a single alpha is ambiguous for a softmax over more than two classes",
            fix="set one weight per class with alpha=[…], or use mode=ovr, alpha_on=rest or alpha_on=all",
        )
    return scores, mask


@FAMILY.loss(
    "focal",
    aliases=("focal_ce", "pixel_focal"),
    cite="Lin et al. 2017",
    scores=_scores,
    label=_label,
    conventions={
        "torchvision": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "keras": {"alpha": 0.25, "alpha_on": "all", "eps": 1e-7, "renormalize": True},
        "monai": {"alpha_on": "rest", "classes": "mean", "mode": "ovr"},
        "smp": {"classes": "mean", "mode": "ovr"},
        "kornia": {"alpha_on": "rest", "classes": "mean"},
        "mmdet": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "optax": {"classes": "mean", "mode": "ovr"},
    },
    reads=_read,
)
def focal(
    scores: Softmax | Sigmoid,
    mask: Truth,
    *,
    gamma: Annotated[float, Param("focusing exponent: larger values down-weight easy pixels more", ge=0)] = 2.0,
    alpha: Alpha = None,
    alpha_on: AlphaOn = "positives",
    mode: Annotated[
        Literal["auto", "softmax", "ovr"], Param("one softmax over the classes, or one sigmoid each; auto: softmax")
    ] = "auto",
    normalizer: Annotated[
        Literal["samples", "positives"], Param("what an image's mean divides by: its pixels, or its positives (at least 1)")
    ] = "samples",
    classes: Annotated[
        Literal["sum", "mean"], Param("how a pixel's classes are combined; a softmax has one nonzero term, which mean divides by C")
    ] = "sum",
    ignore_index: Ignore = None,
    floor: Floor = None,
    eps: Eps = 0.0,
    renormalize: Renormalize = False,
) -> Rows:
    """Cross-entropy of pixels with easy pixels down-weighted by (1 - p_t)^gamma.

    Formula: L = mean over pixels of -α_t (1 - p_t)^γ log p_t, p_t the probability of the pixel's true class. One score: α_t = α
    on the foreground, 1-α outside. Several classes: softmax with α_t = α[class], or (mode=ovr) the sum over one sigmoid each.
    Gradient: w.r.t. logits, for one score: α_t (1 - p_t)^γ (γ p_t log p_t + p_t - 1) · (2y - 1) / pixels; softmax: the same
    factor times (1[c = y] - p_c) / (1 - p_y) for class c.
    Edge cases: p_t = 0 gives infinity; p_t = 1 gives 0 with zero gradient. A scalar alpha for more than two softmax classes is
    ambiguous and an error unless alpha_on is set. Ignored pixels are left out of the mean.
    Use when: easy background pixels far outnumber the relevant ones.
    Avoid when: labels are noisy, as mislabelled pixels are the hard ones; you need calibrated probabilities.
    Related: gamma=0 is ce (softmax) or bce; dice+focal is a common recipe.
    Equivalents: torchvision sigmoid_focal_loss(reduction='mean'), mmdetection FocalLoss: `focal:alpha=0.25,classes=mean,mode=ovr`
    with --from-logits. MONAI FocalLoss, optax, segmentation-models-pytorch FocalLoss: `focal:classes=mean,mode=ovr`.
    kornia focal_loss, MONAI with use_softmax=True: `focal:classes=mean`, with an alpha
    `focal:alpha=0.25,alpha_on=rest,classes=mean`. Keras CategoricalFocalCrossentropy:
    `focal:alpha=0.25,alpha_on=all,eps=1e-7,renormalize=true`.
    """
    terms = focal_terms(scores, mask.values, alpha, alpha_on, gamma=gamma, floor=floor, eps=eps)
    divisor = _divisor(scores, mask, normalizer, classes)
    return Rows(divide(row_sum(mask.counted(terms)), divisor), kept=mask.count(terms) != 0)


@focal.gradient
def _(scores: Softmax | Sigmoid, mask: Truth, p: Params) -> Floats:
    g = focal_slopes(scores, mask.values, p)
    return per_image(mask.counted(g), _divisor(scores, mask, p.normalizer, p.classes))


def _divisor(scores: Softmax | Sigmoid, mask: Truth, normalizer: str, classes: str) -> Floats:
    """The divisor of each image's terms, (n,)."""
    target = np.asarray(mask.values)
    channels = scores.array.shape[1] if target.ndim == 3 else 1
    entries = scores.classes if isinstance(scores, Softmax) else channels
    if normalizer == "positives":
        found = np.maximum(1.0, row_sum(mask.counted((target > 0).astype(np.float64))))
    else:
        found = mask.count(target) / channels
    return found * entries if classes == "mean" else found
