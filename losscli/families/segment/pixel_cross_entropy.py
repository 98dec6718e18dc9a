"""Cross-entropies averaged over pixels."""

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

Weights = Annotated[
    Vector | None,
    Param(
        "one weight per class for the loss of its pixels (weighted_bce, or wce, computes that of a foreground)",
        ge=0,
        example="[0.5,1,2,3]",
    ),
]
Required = Annotated[Vector, Param("one weight per class for the loss of its pixels", ge=0, example="[0.5,1,2,3]")]
Norm = Annotated[
    Literal["weights", "count", "all"],
    Param("what the mean over pixels divides by: Σw of the true classes, the pixels, or all pixels (ignored too)"),
]
WeightsOn = Annotated[
    Literal["classes", "label"], Param("weights apply to each class's term, or the true class's weight to the whole loss")
]
Pool = Annotated[Literal["image", "batch"], Param("the mean over images of each image's mean; or the mean over all pixels")]
Ignore = Annotated[int | None, Param("pixels with this label are ignored", example="255")]
Smoothing = Annotated[float, Param("label smoothing e: targets become t(1-e)+e/C", ge=0, le=1)]
Eps = Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)]
BoundsOn = Annotated[Literal["all", "probabilities"], Param("eps and floor apply always, or only if PRED contains probabilities")]
Floor = Annotated[float | None, Param("lower bound on each logarithm", le=0)]


@FAMILY.loss(
    "ce",
    aliases=("cross_entropy", "pixel_ce", "softmax_ce", "softmax_loss", "categorical_crossentropy"),
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
    renormalize: Annotated[bool, Param("first divide the probabilities of each pixel by their sum")] = False,
    eps: Eps = 0.0,
    bounds_on: BoundsOn = "all",
    pool: Pool = "image",
) -> dict[str, Floats]:
    """Negative log-probability of each pixel's true class.

    Formula: L = Σ w_y · -log p_y / Σ w_y over the pixels of an image, averaged over images; pool=batch: one ratio over all
    pixels. Soft masks: -Σ_c w_c t_c log p_c, with divisor Σ_c w_c t_c. norm=count divides by the number of pixels.
    Gradient: w.r.t. logits: w_y (p - t) / Σ w; w.r.t. probabilities: -w_y / (p_y Σ w) for the true class.
    Edge cases: p_y = 0 gives infinity. Ignored pixels are left out of numerator and divisor; an image whose pixels are all
    ignored or have weight 0 is left out of the mean. A binary image is read as two exclusive classes.
    Use when: every pixel matters equally and probabilities should be calibrated.
    Avoid when: classes are rare, as the background dominates; images differ greatly in size with pool=batch.
    Related: weighted_ce requires weights; focal down-weights easy pixels; bce has one sigmoid per class; dice+ce adds overlap.
    Equivalents: torch CrossEntropyLoss on (N,C,H,W): `ce:pool=batch` (weight: weights=[…]; ignore_index and label_smoothing of
    the same name). Keras SparseCategoricalCrossentropy of probabilities: `ce:eps=1e-7,norm=count,pool=batch,renormalize=true`.
    segmentation-models-pytorch SoftCrossEntropyLoss and mmdetection CrossEntropyLoss, which count ignored pixels in the
    divisor: `ce:norm=all,pool=batch`.
    """
    eps, _ = entropy.bounds(scores, bounds_on, eps)
    return _sums(scores, mask, norm, weights=weights, weights_on=weights_on, label_smoothing=label_smoothing, eps=eps)


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
    """Cross-entropy of pixels with given class weights.

    Formula: L = Σ w_y · -log p_y / Σ w_y over the pixels of an image (norm=count: divided by the pixels), averaged over images;
    pool=batch: one ratio over all pixels.
    Gradient: w.r.t. logits: w_y (p - t) / Σ w; w.r.t. probabilities: -w_y / (p_y Σ w) for the true class.
    Edge cases: as ce: p_y = 0 gives infinity unless its class has weight 0; an image whose pixels all have weight 0 is left out
    of the mean.
    Use when: some classes are rare and their frequencies are known in advance.
    Avoid when: you need calibrated probabilities, which weights distort; weights would be derived from the evaluated data.
    Related: ce with weights gives the same value; weighted_bce is the binary form with one weight; gdl weights inversely to size.
    Equivalents: torch CrossEntropyLoss(weight): `weighted_ce:weights=[1,2,3],pool=batch`; Keras class_weight, which divides
    by the number of pixels: `weighted_ce:weights=[1,2,3],norm=count,pool=batch,weights_on=label`.
    """
    return _sums(scores, mask, norm, weights=weights, weights_on=weights_on, label_smoothing=label_smoothing)


def _sums(scores: Softmax, mask: Truth, norm: str, **params: Any) -> dict[str, Floats]:
    values, divisor, _ = entropy.cross_entropy(scores, mask.values, norm=norm, **params)
    shares = mask.count(values) if divisor is None else row_sum(mask.counted(divisor))
    if norm == "all":
        shares = mask.all()
    return {"loss": row_sum(mask.counted(values)), "norm": shares}


@ce.finish
@weighted_ce.finish
def _(sums: Sums, p: Params) -> Rows:
    return Rows(divide(sums["loss"], sums["norm"]), kept=sums["norm"] != 0)


@ce.gradient
@weighted_ce.gradient
def _(scores: Softmax, mask: Truth, sums: Sums, p: Params) -> Floats:
    eps, _ = entropy.bounds(scores, p.get("bounds_on", "all"), p.get("eps", 0.0))
    weighing = {name: p[name] for name in ("weights", "weights_on", "label_smoothing")}
    return per_image(mask.counted(entropy.cross_entropy_slope(scores, mask.values, **weighing, eps=eps)), sums["norm"])


@FAMILY.loss(
    "bce",
    aliases=("binary_crossentropy", "binary_cross_entropy", "pixel_bce", "logistic"),
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
    pos_weight: Annotated[float, Param("weight of the foreground term", ge=0)] = 1.0,
    label_smoothing: Annotated[float, Param("y(1-e)+e/2", ge=0, le=1)] = 0.0,
    ignore_index: Ignore = None,
    eps: Eps = 0.0,
    floor: Floor = None,
    bounds_on: BoundsOn = "all",
) -> Rows:
    """Binary cross-entropy of pixels: foreground against background, or one binary problem per class.

    Formula: L = mean over pixels of -(w y log p + (1 - y) log(1 - p)); and over classes if there are several, each with its own
    sigmoid.
    Gradient: w.r.t. logits: (p(1 - y) - w y (1 - p)) / pixels; w.r.t. probabilities: ((1 - y)/(1 - p) - w y/p) / pixels.
    Edge cases: p = 0 on the foreground and p = 1 outside give infinity unless eps or floor is set. Soft masks are used as they
    are. Ignored pixels, and images with only ignored pixels, are left out of the mean.
    Use when: there is a single class of region; regions of several classes may overlap.
    Avoid when: regions are small, as the background dominates; classes are mutually exclusive (use ce).
    Related: ce on a binary image gives the same value; weighted_bce balances by pixel counts; focal down-weights easy pixels.
    Equivalents: torch BCEWithLogitsLoss: `bce` with --from-logits (pos_weight of the same name). torch BCELoss:
    `bce:floor=-100`, which the torch convention sets for probabilities only, as the Keras convention sets eps. Keras
    BinaryCrossentropy of probabilities: `bce:eps=1e-7` (label_smoothing of the same name). segmentation-models-pytorch
    SoftBCEWithLogitsLoss, optax, mmdetection: `bce` of logits.
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
    alpha: Annotated[float | Literal["auto"], Param("weight of the foreground term; auto: N_neg/N_pos", gt=0)] = "auto",
    ignore_index: Ignore = None,
) -> Rows:
    """Binary cross-entropy of pixels with a weight on the foreground, by default the ratio of negatives to positives.

    Formula: L = mean over pixels of -(α y log p + (1 - y) log(1 - p)), α = N_neg/N_pos over all pixels when auto.
    Gradient: w.r.t. logits: (p(1 - y) - α y (1 - p)) / pixels; α is constant.
    Edge cases: as bce. alpha=auto reads the data twice, sums the values of soft masks, and is an error without foreground or
    without background.
    Use when: the foreground is rare and both classes should have equal weight.
    Avoid when: you compare data sets, as each has its own α; you need calibrated probabilities.
    Related: bce with pos_weight=α; focal weights by difficulty, not by class.
    Equivalents: torch BCEWithLogitsLoss(pos_weight=a): `weighted_bce:alpha=3` for a = 3. No library computes α from the data.
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
        raise DataError("no mask has foreground pixels, so alpha=auto is undefined", fix="set it explicitly: weighted_bce:alpha=1")
    if negative == 0:
        raise DataError(
            "no mask has background pixels, so alpha=auto would weigh the foreground with 0",
            fix="set it explicitly: weighted_bce:alpha=1",
        )
    return {"alpha": negative / positive}


def _number(alpha: float | str) -> float:
    if isinstance(alpha, str):
        raise UsageError("alpha=auto requires a first pass over all data")
    return alpha
