"""Focal loss of pixels: cross-entropy that fades out where the prediction is right already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.block import Block
from losscli.errors import UsageError
from losscli.families import _entropy as entropy
from losscli.families._scores import Sigmoid, Softmax
from losscli.families.segment._family import FAMILY, GATES
from losscli.families.segment._pixels import Truth, per_image, pixels
from losscli.families.segment.pixels import Floor, Ignore
from losscli.family import Conventions, Watch
from losscli.loss import Loss, Param, Rows, Vector
from losscli.numeric import Array, Floats, divide, row_sum

Alpha = Annotated[float | Vector | None, Param("α for the foreground and 1-α for the background; a list is per class", ge=0, le=1)]


def _scores(params: Mapping[str, Any], classes: int) -> str:
    if params["mode"] == "auto":
        listed = params["alpha"] is not None and not isinstance(params["alpha"], int | float)
        return "sigmoid" if classes == 1 and not listed else "softmax"
    return "sigmoid" if params["mode"] == "ovr" else "softmax"


def _label(params: Mapping[str, Any], classes: int) -> str:
    return "unit" if _scores(params, classes) == "sigmoid" else "class"


@FAMILY.loss(
    "focal",
    aliases=("focal_ce", "pixel_focal"),
    cite="Lin et al. 2017",
    scores=_scores,
    label=_label,
    conventions={
        "torchvision": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "monai": {"classes": "mean", "mode": "ovr"},
        "smp": {"mode": "ovr"},
        "mmdet": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "optax": {"classes": "mean", "mode": "ovr"},
    },
)
def focal(
    scores: Softmax | Sigmoid,
    mask: Truth,
    *,
    gamma: Annotated[float, Param("focusing exponent", ge=0)] = 2.0,
    alpha: Alpha = None,
    mode: Annotated[
        Literal["auto", "softmax", "ovr"], Param("several classes as one softmax, or one sigmoid each; auto: softmax")
    ] = "auto",
    normalizer: Annotated[
        Literal["samples", "positives"], Param("an image divides by its pixels, or by those of a class (at least 1)")
    ] = "samples",
    classes: Annotated[Literal["sum", "mean"], Param("classes of one pixel under mode=ovr")] = "sum",
    ignore_index: Ignore = None,
    floor: Floor = None,
) -> Rows:
    """How improbable the prediction thought what each pixel is, pixels that are right already fading out.

    Formula: L = mean over pixels of -α_t (1 - p_t)^γ log p_t, p_t the probability of what the pixel is. One score: α_t = α on
    the foreground, 1-α outside. Several classes: softmax with α_t = α[class], or (mode=ovr) the sum over one sigmoid each.
    Gradient: by logits, one score: α_t (1 - p_t)^γ (γ p_t log p_t + p_t - 1) · (2y - 1) / pixels; softmax: the same factor
    times (1[c = y] - p_c) / (1 - p_y) for class c.
    Edges: p_t = 0 is infinite; p_t = 1 costs nothing and has no slope. A scalar alpha with more than two classes means
    different things in different libraries and is refused under softmax. Ignored pixels leave the count.
    Right: easy background outnumbers what matters.
    Wrong: labels are noisy (wrong labels are the hard pixels), calibrated probabilities are wanted.
    Kin: gamma=0 is ce (softmax) or bce; dice+focal is a common recipe.
    Equivalents: torchvision sigmoid_focal_loss(reduction='mean'), mmdetection FocalLoss: `focal:alpha=0.25,classes=mean,mode=ovr`
    with --from-logits. MONAI FocalLoss, optax: `focal:classes=mean,mode=ovr` (MONAI's use_softmax=True is `focal`, divided by C).
    segmentation-models-pytorch FocalLoss('multiclass'): `focal:mode=ovr`. kornia focal_loss is a softmax divided by C: no recipe.
    """
    return _mean(_terms(scores, mask, gamma, alpha, floor), scores, mask, normalizer, classes)


@focal.gradient
def _(
    scores: Softmax | Sigmoid,
    mask: Truth,
    *,
    gamma: float,
    alpha: Array | float | None,
    mode: str,
    normalizer: str,
    classes: str,
    ignore_index: int | None,
    floor: float | None,
) -> Floats:
    if isinstance(scores, Softmax):
        g = entropy.focal_softmax_slope(scores, mask.values, gamma=gamma, alpha=_per_class(alpha, scores.classes), floor=floor)
    else:
        g = entropy.focal_binary_slope(scores, mask.values, gamma=gamma, alpha=_per_channel(alpha, mask.values), floor=floor)
    return per_image(mask.counted(g), _divisor(scores, mask, normalizer, classes))


def _terms(scores: Softmax | Sigmoid, mask: Truth, gamma: float, alpha: Array | float | None, floor: float | None) -> Floats:
    if isinstance(scores, Softmax):
        return entropy.focal_softmax(scores, mask.values, gamma=gamma, alpha=_per_class(alpha, scores.classes), floor=floor)
    return entropy.focal_binary(scores, mask.values, gamma=gamma, alpha=_per_channel(alpha, mask.values), floor=floor)


def _per_class(alpha: Array | float | None, classes: int) -> Array | None:
    """One α per class; of two classes a number is the second's."""
    if alpha is None or isinstance(alpha, np.ndarray):
        return alpha
    if classes > 2:
        raise UsageError(_SCALAR, fix=_MEND_SCALAR)
    return np.array([1.0 - alpha, alpha])


def _per_channel(alpha: Array | float | None, target: Floats) -> Array | float | None:
    return alpha.reshape(1, -1, *[1] * (target.ndim - 2)) if isinstance(alpha, np.ndarray) else alpha


def _divisor(scores: Softmax | Sigmoid, mask: Truth, normalizer: str, classes: str) -> Floats:
    """(n,) what the terms of an image are divided by."""
    target = np.asarray(mask.values)
    channels = scores.array.shape[1] if target.ndim == 3 else 1
    if normalizer == "positives":
        found = np.maximum(1.0, row_sum(mask.counted((target > 0).astype(np.float64))))
    else:
        found = mask.count(target) / channels
    return found * channels if classes == "mean" else found


def _mean(terms: Floats, scores: Softmax | Sigmoid, mask: Truth, normalizer: str, classes: str) -> Rows:
    return Rows(divide(row_sum(mask.counted(terms)), _divisor(scores, mask, normalizer, classes)), kept=mask.count(terms) != 0)


_SCALAR = "focal: a scalar alpha with more than two classes means different things in different libraries"
_MEND_SCALAR = "alpha=[…] gives one per class; mode=ovr takes a scalar"


def _read(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Any, ...]:
    scores, mask = pixels(block, loss, params, how, watch)
    if isinstance(scores, Softmax):
        _per_class(params["alpha"], scores.classes)
    return scores, mask


GATES["focal"] = _read
