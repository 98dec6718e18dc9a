"""The generalized Dice loss: one ratio for all classes of an image, each weighted inversely to its size."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.records import replace
from losscli.families.segment._per_class import PerClass, mean_of_classes, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Sums, overlap
from losscli.families.segment.dice import Background, Pool, Smooth, turns
from losscli.families.segment.family import FAMILY, REGION_SUMS, TWO_SIDED
from losscli.numerics.stable import Floats
from losscli.spec.loss import Fitted, Param, Params

Weight = Annotated[
    Literal["square", "simple", "uniform"], Param("class weight: 1/(Σr)² (Sudre), 1/Σr² (1/Σr for hard masks; Crum), or 1")
]
Absent = Annotated[
    Literal["skip", "max", "one"],
    Param("a class without target pixels: left out, or given the largest weight of the others or that of one pixel"),
]
Form = Annotated[
    Literal["ratio", "mean"],
    Param("one ratio of weighted sums, or the mean of the classes' Dice losses with weights from all data"),
]
Sizes = Annotated[Floats | None, Fitted("number of target pixels per class")]

_POWER = {"square": 2.0, "simple": 1.0, "uniform": 0.0}


@FAMILY.loss(
    "gdl",
    aliases=("generalized_dice",),
    cite="Sudre et al. 2017",
    highest=1.0,
    first_pass=lambda p: p.form == "mean" and p.pool == "image",
    conventions={"monai": {"absent": "max", "smooth": 1e-5}, "optax": {"form": "mean", "size_eps": 1e-7, "smooth": 2.0}},
    **{**REGION_SUMS, **TWO_SIDED},
)
def gdl(
    scores: Pixels,
    mask: Mask,
    *,
    form: Form = "ratio",
    weight: Weight = "square",
    absent: Absent = "skip",
    smooth: Smooth = 0.0,
    size_eps: Annotated[float, Param("added to the denominator of a weight", ge=0, example="0.5")] = 0.0,
    pool: Pool = "image",
    background: Background = True,
    sizes: Sizes = None,
) -> dict[str, Floats]:
    """Generalized Dice loss: 1 minus one Dice ratio over all classes, with classes weighted inversely to their size.

    Formula: L = 1 - (2 Σ_l w_l Σ rp + s) / (Σ_l w_l Σ(r + p) + s) over the classes l and the pixels of an image, r the mask;
    w_l = 1/(Σ r)² (weight=square), 1/Σ r² (simple: 1/Σ r for hard masks), 1 (uniform). form=mean: Σ_l w_l D_l / Σ w_l, D_l the
    Dice loss of a class (with s as above) and w_l from the pixels of all images. Computed as Σ w (Σ p(1-r) + r(1-p)) over the
    same denominator, without cancellation where the overlap is nearly perfect.
    Gradient: -2 w_l (r D - N) / D² with N/D the ratio above, N = Σ w Σ rp + s/2; the weights depend on the mask only.
    Edge cases: a class without target pixels has no finite weight: it is left out (absent=skip), or gets the largest weight of
    the image's other classes (max) or that of a single pixel (one); with weight=uniform these are 1. size_eps makes every
    weight finite, with very large ones for absent classes. An image without any weighted class is 0/0 and left out of the mean
    (with smooth > 0: loss 0). The background of a binary image is the second class.
    Use when: there are several classes of very different sizes.
    Avoid when: a class may have only a few pixels, as its weight and gradient are unbounded; you want a mean over classes.
    Related: weight=uniform is dice:classes=pooled; with a single class the weight cancels and it is dice.
    Equivalents: MONAI GeneralizedDiceLoss: `gdl:smooth=1e-5,absent=max` (w_type: weight=…; batch=True: pool=batch; over one
    channel it is `dice:smooth=1e-5`). Crum 2006 and the two-class form in surveys, w = 1/Σr²: `gdl:weight=simple`. optax
    multiclass_generalized_dice_loss, with all data as one batch: `gdl:form=mean,size_eps=1e-7,smooth=2`. SegLossOdyssey's
    weights: `gdl:size_eps=1e-20`.
    """
    return _sums(scores, mask, weight, background)


def _sums(scores: Pixels, mask: Mask, weight: str, background: bool) -> dict[str, Floats]:
    sums = overlap(scores, mask, squared=False, background=background)
    return {"both": sums["both"], "apart": sums["apart"], "size": sums["squares" if weight == "simple" else "size"]}


@gdl.fit
def _(scores: Pixels, mask: Mask, p: Params) -> dict[str, Floats]:
    return {"size": _sums(scores, mask, p.weight, p.background)["size"]}


@gdl.resolve
def _(totals: Sums, p: Params) -> dict[str, Any]:
    return {"sizes": totals["size"][0]}


@FAMILY.loss(
    "penalty_gdl",
    aliases=("penalty_generalized_dice",),
    cite="Yang et al. 2019",
    highest=1.0,
    **{**REGION_SUMS, **TWO_SIDED},
)
def penalty_gdl(
    scores: Pixels,
    mask: Mask,
    *,
    k: Annotated[float, Param("additional weight of agreement in the denominator; 0 is gdl", ge=0)] = 2.5,
    weight: Weight = "square",
    absent: Absent = "skip",
    smooth: Smooth = 0.0,
    pool: Pool = "image",
    background: Background = True,
) -> dict[str, Floats]:
    """Penalised generalized Dice loss, with a gradient that grows with the overlap.

    Formula: L = G / (1 + k (1 - G)), G the generalized Dice loss. Computed as A / (A + (1 + k) B) where G = A / (A + B).
    Gradient: (1 + k) / (1 + k (1 - G))² dG/dp; the weights of gdl are of the mask alone.
    Edge cases: as gdl: absent classes by `absent`; an image without any weighted class is left out of the mean.
    Use when: gdl leaves false positives and false negatives late in training.
    Avoid when: you need values that read as an overlap; training has just begun, where its gradient is smaller than that of gdl.
    Related: k = 0 is gdl; tversky with α = β = ½ / (1 + k) is the same transformation of dice.
    Equivalents: the paper's form. SegLossOdyssey PenaltyGDiceLoss applies it to the negative Dice score and has no recipe.
    """
    return _sums(scores, mask, weight, background)


def _weights(size: Floats, form: str, absent: str, size_eps: float) -> tuple[Floats, Floats]:
    """Weights (m,K) of classes by their sizes, divided by the largest of their row, and the inverse of that largest, (m,)."""
    power = _POWER[form]
    if absent == "one":
        size = np.where(size == 0, 1.0, size)
    if size_eps:
        under = size**power + size_eps
        least = under.min(1, keepdims=True)
        return least / under, least[:, 0]
    present = size != 0
    some = present.any(1, keepdims=True)
    smallest = np.where(some, np.where(present, size, np.inf).min(1, keepdims=True), 1.0)
    largest = float(absent == "max") * (some | (power == 0.0))
    weight = np.where(present, (smallest / np.where(present, size, 1.0)) ** power, largest)
    return weight, smallest[:, 0] ** power


def _classes(sums: Sums, p: Params) -> PerClass:
    """One ratio of the weighted sums of all classes; or each class's ratio, weighted by its size in all data (or in these
    rows, if that is not known)."""
    size_eps, gain = p.get("size_eps", 0.0), 1.0 + p.get("k", 0.0)
    if p.get("form") == "mean":
        sizes = sums["size"].sum(0, keepdims=True) if p.sizes is None else p.sizes[None]
        return ratio(sums, 2.0, smooth=p.smooth, weights=_weights(sizes, p.weight, p.absent, size_eps)[0][0])
    # all weights and smooth are divided by the largest weight, which leaves the ratio unchanged and avoids overflow
    weight, scale = _weights(sums["size"], p.weight, p.absent, size_eps)
    weighted = {name: weight * sums[name] for name in ("both", "apart", "size")}
    found = ratio(weighted, 2.0 * gain, smooth=gain * p.smooth * scale[:, None], classes="pooled", empty="skip")
    return replace(found, by={name: by * weight for name, by in found.by.items()})


mean_of_classes(gdl, _classes, turns)
mean_of_classes(penalty_gdl, _classes, turns)
