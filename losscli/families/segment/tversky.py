"""Overlap losses with separate weights of false positives and false negatives: Tversky and its variants."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import numpy as np

from losscli.families.segment._per_class import PerClass, mean_of_classes, power_slope, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Scores, Sums, counts
from losscli.families.segment.dice import Absent, Background, Classes, Empty, Eps, Pool, Smooth
from losscli.families.segment.family import FAMILY, REGION_SUMS
from losscli.numerics.stable import Array, Floats, divide
from losscli.spec.loss import Param, Params, Rows

Alpha = Annotated[float, Param("weight of false positives", ge=0)]
Beta = Annotated[float, Param("weight of false negatives", ge=0)]
AlphaOn = Annotated[Literal["fp", "fn"], Param("whether α weighs false positives (and β false negatives) or false negatives")]
Power = Annotated[
    Literal["class", "mean"], Param("apply the exponent per class and image, or to the mean over all classes and images")
]


@FAMILY.loss(
    "tversky",
    cite="Salehi et al. 2017",
    highest=1.0,
    conventions={
        "keras": {"alpha_on": "fn", "classes": "pooled", "eps": 1e-7, "pool": "batch"},
        "monai": {"smooth": 1e-5},
        "smp": {"pool": "batch", "absent": "zero"},
        "optax": {"smooth": 1.0},
        "kornia": {"absent": "skip", "eps": 1e-8},
    },
    **REGION_SUMS,
)
def tversky(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Alpha = 0.5,
    beta: Beta = 0.5,
    alpha_on: AlphaOn = "fp",
    smooth: Smooth = 0.0,
    eps: Eps = 0.0,
    pool: Pool = "image",
    classes: Classes = "mean",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> dict[str, Floats]:
    """1 minus the Tversky index of prediction and mask, with separate weights of false positives and false negatives.

    Formula: L = 1 - (TP + s) / (TP + α FP + β FN + s + e) per class over the pixels of an image, TP = Σpt, FP = Σp(1-t), FN =
    Σ(1-p)t; averaged over classes, then over images. Computed as (α FP + β FN + e) over the same denominator.
    Gradient: ((α(1-t) - βt) R - t E) / (R + E)², R = TP + s and E = α FP + β FN + e; 0 where the ratio is 0/0.
    Edge cases: as dice: 0/0 is handled by `empty` (0 by default) and classes without target pixels by `absent`, which is
    applied first.
    Use when: false negatives cost more than false positives (β > α), or the reverse.
    Avoid when: α and β come from code that uses them the other way round; regions are only a few pixels.
    Related: α = β = 0.5 is dice, α = β = 1 is jaccard; asymmetric_similarity derives both weights from one β; focal_tversky
    raises it to a power.
    Equivalents: MONAI TverskyLoss: `tversky:smooth=1e-5`. segmentation-models-pytorch TverskyLoss:
    `tversky:pool=batch,absent=zero`. kornia tversky_loss: `tversky:absent=skip,eps=1e-8`. optax dice_loss(alpha, beta):
    `tversky:smooth=1`. In these α weighs false positives, as here. Keras Tversky (to 3.15) and catalyst put α on false
    negatives: `tversky:alpha=0.3,beta=0.7,alpha_on=fn,classes=pooled,pool=batch,eps=1e-7` for Keras' alpha=0.3, beta=0.7.
    """
    return _sums(scores, mask, background)


@FAMILY.loss(
    "focal_tversky",
    cite="Abraham and Khan 2019",
    highest=1.0,
    pooled=lambda p: p.power == "mean",
    classless=lambda p: "power=mean raises the mean over the classes" if p.power == "mean" and p.pool == "image" else "",
    conventions={"smp": {"kappa": 1.0, "pool": "batch", "absent": "zero", "power": "mean"}},
    **REGION_SUMS,
)
def focal_tversky(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Alpha = 0.5,
    beta: Beta = 0.5,
    kappa: Annotated[float, Param("exponent of the loss (1/γ in the paper)", gt=0)] = 0.75,
    smooth: Smooth = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
    power: Power = "class",
) -> dict[str, Floats]:
    """Focal Tversky loss: the Tversky loss raised to a power, which shifts the weight between easy and hard regions.

    Formula: L = T^κ per class and image, T the Tversky loss with α on false positives and β on false negatives; averaged over
    classes, then over images. power=mean: the power of the mean over classes and images.
    Gradient: κ T^(κ-1) dT/dp.
    Edge cases: as tversky. For κ < 1 the gradient is infinite where T is exactly 0 (0 w.r.t. saturated logits).
    Use when: regions are small: κ < 1 keeps large gradients at good overlaps, κ > 1 emphasises hard regions.
    Avoid when: κ < 1 and overlap is nearly perfect (unbounded gradients); you copy exponents between libraries, which define
    them differently.
    Related: κ = 1 is tversky; α = β = 0.5 is a focal Dice.
    Equivalents: the paper's γ = 4/3 is `focal_tversky:alpha=0.3,beta=0.7,kappa=0.75` (there α weighs false negatives).
    segmentation-models-pytorch TverskyLoss(gamma): `focal_tversky:kappa=1,pool=batch,absent=zero,power=mean` with kappa its
    gamma, 1 by default. SegLossOdyssey: kappa=0.75; catalyst: kappa=4/3.
    """
    found = _sums(scores, mask, background)
    if power == "class" or pool == "batch":
        return found
    rows = _ratio(found, Params({"alpha": alpha, "beta": beta, "smooth": smooth, "empty": empty, "absent": absent})).rows()
    kept = np.asarray(rows.kept)
    return {"loss": np.where(kept, rows.values, 0.0), "count": kept.astype(np.float64)}


@focal_tversky.finish
def _(sums: Sums, p: Params) -> Rows:
    if "count" in sums:
        return Rows(divide(sums["loss"], sums["count"]) ** p.kappa, kept=sums["count"] > 0)
    found = _ratio(sums, p)
    if p.power == "class":
        return _raised(found, p.kappa).rows()
    rows = found.rows()
    return Rows(rows.values**p.kappa, kept=rows.kept)


@focal_tversky.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    found = _ratio(_sums(scores, mask, p.background) if "count" in sums else sums, p)
    outer: Floats | float = 1.0
    if "count" in sums:
        outer = divide(power_slope(divide(sums["loss"], sums["count"], 0.0), p.kappa), sums["count"], 0.0)
    elif p.power == "class":
        found = _raised(found, p.kappa)
    else:
        outer = power_slope(found.rows().values, p.kappa)
    return found.slope(scores, mask, _turns, p, outer)


@FAMILY.loss("asymmetric_similarity", aliases=("f_beta",), cite="Hashemi et al. 2019", highest=1.0, **REGION_SUMS)
def asymmetric_similarity(
    scores: Pixels,
    mask: Mask,
    *,
    beta: Annotated[float, Param("weight of recall relative to precision", ge=0)] = 1.5,
    smooth: Smooth = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> dict[str, Floats]:
    """1 minus the soft F-beta score of prediction and mask.

    Formula: L = 1 - ((1 + β²) TP) / ((1 + β²) TP + β² FN + FP) per class over the pixels of an image, TP = Σpt, FP = Σp(1-t),
    FN = Σ(1-p)t, with s (1 + β²) added to numerator and denominator; averaged over classes, then over images.
    Gradient: that of tversky with α = 1/(1 + β²) and β²/(1 + β²).
    Edge cases: as tversky: 0/0 is handled by `empty` (0 by default) and classes without target pixels by `absent`.
    Use when: a false negative costs as much as β² false positives.
    Avoid when: precision and recall matter equally (use dice); regions are only a few pixels.
    Related: it is tversky with weights that sum to one; β = 1 is dice.
    Equivalents: SegLossOdyssey AsymLoss: `asymmetric_similarity:smooth=1` minus 1. No other library uses this name.
    """
    return _sums(scores, mask, background)


def _sums(scores: Pixels, mask: Mask, background: bool) -> dict[str, Floats]:
    found = counts(scores, mask, background)
    return {name: found[name] for name in ("both", "over", "under", "size")}


def _prices(p: Params) -> tuple[float, float]:
    """The weights of false positives and of false negatives."""
    if "alpha" not in p:
        squared = min(float(np.square(p.beta)), sys.float_info.max)
        return 1.0 / (1.0 + squared), squared / (1.0 + squared)
    return (p.alpha, p.beta) if p.get("alpha_on", "fp") == "fp" else (p.beta, p.alpha)


def _ratio(sums: Sums, p: Params) -> PerClass:
    alpha, beta = _prices(p)
    apart = alpha * sums["over"] + beta * sums["under"]
    return ratio({"apart": apart, "both": sums["both"], "size": sums["size"]}, 1.0, **p)


def _raised(found: PerClass, kappa: float) -> PerClass:
    return found.turned(found.loss**kappa, power_slope(found.loss, kappa))


def _turns(s: Scores, t: Floats, p: Params) -> dict[str, Array]:
    alpha, beta = _prices(p)
    return {"apart": alpha * (1.0 - t) - beta * t, "both": t}


mean_of_classes(tversky, _ratio, _turns)
mean_of_classes(asymmetric_similarity, _ratio, _turns)
