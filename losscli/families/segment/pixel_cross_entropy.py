"""Losses of single pixels, averaged: cross-entropies and focal loss. What a pixel costs stands in `_entropy`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.families.segment._pixels import Truth, mean, mean_slope, per_image, pixels
from losscli.families.segment._region_sums import Sums
from losscli.families.segment.family import FAMILY
from losscli.families.shared import cross_entropy as entropy
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.numerics.stable import Array, Floats, divide, row_sum
from losscli.spec.loss import Param, Params, Rows, Vector

Weights = Annotated[Vector | None, Param("a weight per class, times the loss of its pixels", ge=0, example="[0.5,1,2,3]")]
Required = Annotated[Vector, Param("a weight per class, times the loss of its pixels", ge=0, example="[0.5,1,2,3]")]
Norm = Annotated[
    Literal["weights", "count", "all"],
    Param("the mean over pixels divides by Σw of the true classes, by their number, or by that of ignored pixels too"),
]
WeightsOn = Annotated[
    Literal["classes", "label"], Param("a weight is of each class's share of the target, or of the true class on the whole loss")
]
Pool = Annotated[Literal["image", "batch"], Param("mean of each image's pixels, then of images; or of all pixels of the file")]
Ignore = Annotated[int | None, Param("label of pixels that leave the count", example="255")]
Smoothing = Annotated[float, Param("share of the label given to all classes alike: t(1-e)+e/C", ge=0, le=1)]
Eps = Annotated[float, Param("clips p to [eps, 1-eps]", ge=0, lt=0.5)]
BoundsOn = Annotated[Literal["all", "probabilities"], Param("eps and floor hold always, or only where PRED holds probabilities")]
Floor = Annotated[float | None, Param("lower bound of each logarithm", le=0)]


@FAMILY.loss(
    "ce",
    aliases=("cross_entropy", "pixel_ce", "softmax_ce", "categorical_crossentropy"),
    cite="Long et al. 2015",
    unit="pool",
    scores="softmax",
    label="distribution",
    conventions={
        "torch": {"pool": "batch"},
        "keras": {
            "bounds_on": "probabilities",
            "eps": 1e-7,
            "norm": "count",
            "pool": "batch",
            "renormalize": True,
            "weights_on": "label",
        },
        "optax": {"pool": "batch"},
        "smp": {"norm": "all", "pool": "batch"},
        "mmdet": {"norm": "all", "pool": "batch"},
    },
    reads=pixels,
)
def ce(
    scores: Softmax,
    mask: Truth,
    *,
    weights: Weights = None,
    norm: Norm = "weights",
    weights_on: WeightsOn = "classes",
    label_smoothing: Smoothing = 0.0,
    ignore_index: Ignore = None,
    renormalize: Annotated[bool, Param("divide the probabilities of each pixel by their sum")] = False,
    eps: Eps = 0.0,
    bounds_on: BoundsOn = "all",
    pool: Pool = "image",
) -> dict[str, Floats]:
    """How improbable the prediction thought the true class of each pixel.

    Formula: L = Σ w_y · -log p_y / Σ w_y over the pixels of an image, then the mean of images; pool=batch: one ratio over
    all pixels of the file. Soft masks: -Σ_c w_c t_c log p_c, divisor Σ_c w_c t_c. norm=count divides by the pixels.
    Gradient: by logits w_y (p - t) / Σ w; by probabilities -w_y / (p_y Σ w) for the true class.
    Edge cases: p_y = 0 is infinite. Ignored pixels leave numerator and divisor; an image all of whose pixels are ignored, or
    weigh nothing, leaves the count. A binary image is read as two classes that exclude each other.
    Use when: every pixel counts alike and probabilities should be calibrated.
    Avoid when: rare classes (the background decides), images of very different sizes under pool=batch.
    Related: weighted_ce requires weights; focal fades easy pixels; bce reads one sigmoid per class; dice+ce adds overlap.
    Equivalents: torch CrossEntropyLoss on (N,C,H,W): `ce:pool=batch` (weight: weights=[…]; ignore_index and
    label_smoothing of the same name). Keras SparseCategoricalCrossentropy of probabilities:
    `ce:eps=1e-7,norm=count,pool=batch,renormalize=true`. segmentation-models-pytorch SoftCrossEntropyLoss and mmdetection
    CrossEntropyLoss, which divide by ignored pixels too: `ce:norm=all,pool=batch`.
    """
    eps, _ = entropy.bounds(scores, bounds_on, eps)
    return _sums(scores, mask, weights, norm, weights_on, label_smoothing, eps)


@ce.finish
def _(sums: Sums, p: Params) -> Rows:
    return _ratio(sums)


@ce.gradient
def _(scores: Softmax, mask: Truth, sums: Sums, p: Params) -> Floats:
    eps, _ = entropy.bounds(scores, p.bounds_on, p.eps)
    return _slope(scores, mask, sums, p.weights, p.weights_on, p.label_smoothing, eps)


@FAMILY.loss(
    "weighted_ce",
    aliases=("weighted_cross_entropy", "weighted_pixel_ce"),
    cite="Ronneberger et al. 2015",
    unit="pool",
    scores="softmax",
    label="distribution",
    conventions={
        "torch": {"pool": "batch"},
        "keras": {"norm": "count", "pool": "batch", "weights_on": "label"},
        "mmdet": {"norm": "all", "pool": "batch"},
    },
    reads=pixels,
)
def weighted_ce(
    scores: Softmax,
    mask: Truth,
    *,
    weights: Required,
    norm: Norm = "weights",
    weights_on: WeightsOn = "classes",
    label_smoothing: Smoothing = 0.0,
    ignore_index: Ignore = None,
    pool: Pool = "image",
) -> dict[str, Floats]:
    """How improbable the prediction thought the true class of each pixel, classes weighed as the user says.

    Formula: L = Σ w_y · -log p_y / Σ w_y over the pixels of an image (norm=count: ÷ pixels), then the mean of images;
    pool=batch: one ratio over all pixels of the file.
    Gradient: by logits w_y (p - t) / Σ w; by probabilities -w_y / (p_y Σ w) for the true class.
    Edge cases: as ce: p_y = 0 is infinite unless its class weighs 0; an image whose pixels weigh nothing leaves the count.
    Use when: classes are rare, and how much rarer is known before.
    Avoid when: calibrated probabilities are wanted (weights shift them), weights taken from the very file that is evaluated.
    Related: ce with weights is the same number; weighted_bce is the binary form with one weight; gdl weighs by inverse size.
    Equivalents: torch CrossEntropyLoss(weight): `weighted_ce:weights=[1,2,3],pool=batch`; Keras class_weight, which divides
    by the number of pixels: `weighted_ce:weights=[1,2,3],norm=count,pool=batch,weights_on=label`.
    """
    return _sums(scores, mask, weights, norm, weights_on, label_smoothing, 0.0)


@weighted_ce.finish
def _(sums: Sums, p: Params) -> Rows:
    return _ratio(sums)


@weighted_ce.gradient
def _(scores: Softmax, mask: Truth, sums: Sums, p: Params) -> Floats:
    return _slope(scores, mask, sums, p.weights, p.weights_on, p.label_smoothing, 0.0)


def _sums(
    scores: Softmax, mask: Truth, weights: Array | None, norm: str, weights_on: str, smoothing: float, eps: float
) -> dict[str, Floats]:
    values, divisor, _ = entropy.cross_entropy(
        scores, mask.values, weights=weights, norm=norm, weights_on=weights_on, label_smoothing=smoothing, eps=eps
    )
    shares = mask.count(values) if divisor is None else row_sum(mask.counted(divisor))
    if norm == "all":
        shares = np.full(len(values), float(values.shape[1]))
    return {"loss": row_sum(mask.counted(values)), "norm": shares}


def _ratio(sums: Sums) -> Rows:
    return Rows(divide(sums["loss"], sums["norm"]), kept=sums["norm"] != 0)


def _slope(
    scores: Softmax, mask: Truth, sums: Sums, weights: Array | None, weights_on: str, smoothing: float, eps: float
) -> Floats:
    g = entropy.cross_entropy_slope(scores, mask.values, weights=weights, weights_on=weights_on, label_smoothing=smoothing, eps=eps)
    return per_image(mask.counted(g), sums["norm"])


@FAMILY.loss(
    "bce",
    aliases=("binary_crossentropy", "pixel_bce", "logistic"),
    cite="Good 1952",
    scores="sigmoid",
    label="unit",
    conventions={
        "torch": {"bounds_on": "probabilities", "floor": -100.0},
        "keras": {"bounds_on": "probabilities", "eps": 1e-7},
        "optax": {},
        "smp": {},
        "mmdet": {},
    },
    reads=pixels,
)
def bce(
    scores: Sigmoid,
    mask: Truth,
    *,
    pos_weight: Annotated[float, Param("times the term of the foreground", ge=0)] = 1.0,
    label_smoothing: Annotated[float, Param("y(1-e)+e/2", ge=0, le=1)] = 0.0,
    ignore_index: Ignore = None,
    eps: Eps = 0.0,
    floor: Floor = None,
    bounds_on: BoundsOn = "all",
) -> Rows:
    """How improbable the prediction thought what each pixel is, foreground or not.

    Formula: L = mean over pixels of -(w y log p + (1 - y) log(1 - p)); over classes as well where there are several, each
    with a sigmoid of its own.
    Gradient: by logits (p(1 - y) - w y (1 - p)) / pixels; by probabilities ((1 - y)/(1 - p) - w y/p) / pixels.
    Edge cases: p = 0 on the foreground and p = 1 outside are infinite, unless eps or floor bound the logarithm. Soft masks are
    read as they are. Ignored pixels leave the count, an image of nothing else too.
    Use when: one kind of region, or regions that may overlap.
    Avoid when: the region is small (the background decides), classes exclude each other (ce).
    Related: ce on a binary image is the same number; weighted_bce balances by the file's own counts; focal fades easy pixels.
    Equivalents: torch BCEWithLogitsLoss: `bce` with --from-logits (pos_weight of the same name). torch BCELoss:
    `bce:floor=-100`, which the torch convention sets for probabilities alone, as Keras' its eps. Keras BinaryCrossentropy of
    probabilities: `bce:eps=1e-7` (label_smoothing of the same name). segmentation-models-pytorch SoftBCEWithLogitsLoss, optax,
    mmdetection: `bce` of logits.
    """
    target = _softened(mask.values, label_smoothing)
    eps, floor = entropy.bounds(scores, bounds_on, eps, floor)
    return mean(entropy.binary(scores, target, pos_weight=pos_weight, eps=eps, floor=floor), mask)


@bce.gradient
def _(scores: Sigmoid, mask: Truth, p: Params) -> Floats:
    eps, floor = entropy.bounds(scores, p.bounds_on, p.eps, p.floor)
    target = _softened(mask.values, p.label_smoothing)
    return mean_slope(entropy.binary_slope(scores, target, pos_weight=p.pos_weight, eps=eps, floor=floor), mask)


def _softened(target: Array, smoothing: float) -> Array:
    return target * (1.0 - smoothing) + 0.5 * smoothing if smoothing else target


@FAMILY.loss("weighted_bce", aliases=("wce",), cite="Xie and Tu 2015", scores="sigmoid", label="unit", reads=pixels)
def weighted_bce(
    scores: Sigmoid,
    mask: Truth,
    *,
    alpha: Annotated[
        float | Literal["auto"], Param("times the term of the foreground; auto = N_neg/N_pos of the file", gt=0)
    ] = "auto",
    ignore_index: Ignore = None,
) -> Rows:
    """How improbable the prediction thought what each pixel is, the foreground weighed up to the background's number.

    Formula: L = mean over pixels of -(α y log p + (1 - y) log(1 - p)), α = N_neg/N_pos over all pixels of the file.
    Gradient: by logits (p(1 - y) - α y (1 - p)) / pixels; α is constant.
    Edge cases: as bce. alpha=auto reads the file twice, counts soft masks by their shares, and is an error where there is no
    foreground at all.
    Use when: the foreground is rare, and both sides should weigh alike.
    Avoid when: values are compared between files (each has its own α), calibrated probabilities are wanted.
    Related: bce with pos_weight=α; focal weighs by difficulty, not by class.
    Equivalents: torch BCEWithLogitsLoss(pos_weight=a): `weighted_bce:alpha=3` for a = 3. No library counts the file itself.
    """
    return mean(entropy.binary(scores, mask.values, pos_weight=_number(alpha)), mask)


@weighted_bce.gradient
def _(scores: Sigmoid, mask: Truth, p: Params) -> Floats:
    return mean_slope(entropy.binary_slope(scores, mask.values, pos_weight=_number(p.alpha)), mask)


@weighted_bce.fit
def _(scores: Sigmoid, mask: Truth, p: Params) -> dict[str, Floats]:
    target = np.asarray(mask.values)
    return {"positive": row_sum(mask.counted(target)), "negative": row_sum(mask.counted(1.0 - target))}


@weighted_bce.resolve
def _(totals: Sums, p: Params) -> dict[str, Any]:
    if p.alpha != "auto":
        return {}
    positive, negative = float(totals["positive"][0]), float(totals["negative"][0])
    if positive == 0:
        raise DataError(
            "alpha=auto divides by the foreground's pixels, and no mask has any", fix="weighted_bce:alpha=1 gives a number"
        )
    return {"alpha": negative / positive}


def _number(alpha: float | str) -> float:
    if isinstance(alpha, str):
        raise UsageError("alpha=auto is known only once the whole file was counted")
    return alpha
