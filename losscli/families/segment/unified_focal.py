"""The unified focal loss: a focal cross-entropy and a focal Tversky loss under shared parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.segment._class_means import ByClass, over_pixels
from losscli.families.segment._per_class import PerClass, by_pixel, power_slope, ratio
from losscli.families.segment._region_sums import Mask, Pixels
from losscli.families.segment.family import FAMILY, REGIONS, TWO_SIDED
from losscli.families.shared import cross_entropy as entropy
from losscli.numerics.stable import Floats, times
from losscli.spec.loss import Param, Params, Rows

Form = Literal["asymmetric", "symmetric"]


@FAMILY.loss(
    "unified_focal",
    cite="Yeung et al. 2022",
    axes=("probability",),
    conventions={"monai": {"classes": "mean", "eps": 1e-7}},
    **{**REGIONS, **TWO_SIDED},
)
def unified_focal(
    scores: Pixels,
    mask: Mask,
    *,
    form: Annotated[
        Form, Param("asymmetric: down-weight only the background and enhance only regions; symmetric: treat all classes equally")
    ] = "asymmetric",
    weight: Annotated[float, Param("weight of the focal term; the Tversky term has 1-weight", ge=0, le=1)] = 0.5,
    gamma: Annotated[float, Param("how strongly easy pixels are down-weighted and hard regions enhanced", ge=0, lt=1)] = 0.5,
    delta: Annotated[float, Param("weight of regions relative to background, and of false negatives", ge=0, le=1)] = 0.7,
    classes: Annotated[Literal["sum", "mean"], Param("how a pixel's classes are combined in the focal term")] = "sum",
    eps: Annotated[
        float, Param("clip p to [eps, 1-eps]; also added to numerator and denominator of the Tversky index", ge=0, lt=0.5)
    ] = 0.0,
) -> Rows:
    """Unified focal loss: weighted sum of a focal cross-entropy and a focal Tversky loss with shared parameters.

    Formula: L = w F + (1-w) T per image. F = mean over pixels of Σ_c δ_c (1 - p_c)^γ_c t_c · -ln p_c, δ_0 = 1-δ and γ_0 = γ of
    the background; δ_c = δ and γ_c = 0 (symmetric: γ) of the other classes. T = mean over classes of (1 - TI_c)^κ_c,
    TI = TP / (TP + δ FN + (1-δ) FP), κ_0 = 1 (symmetric: 1-γ) and κ_c = 1-γ.
    Gradient: the weighted sum of those of focal and focal_tversky; 0 where p is clipped.
    Edge cases: p = 0 for the true class gives infinity with eps=0. A class that is empty in mask and prediction has T = 0. For
    γ > 0 the gradient is infinite where TI is exactly 1. A binary image is read as two classes, background first.
    Use when: regions are tiny and you want few parameters to tune.
    Avoid when: you need calibrated probabilities; some classes other than 0 are frequent, as all of them are treated as rare.
    Related: with γ = 0 and δ = ½ it combines half of ce and the mean dice over classes; weight=1 and weight=0 leave one term.
    Equivalents: MONAI AsymmetricUnifiedFocalLoss on probabilities of two classes: `unified_focal:classes=mean,eps=1e-7`. The
    authors' code sums over the two classes: `unified_focal:eps=1e-7` (form=symmetric: its symmetric form).
    """
    focal = _focal(scores, mask, form, gamma, delta, eps)
    overlap = _tversky(scores, mask, form=form, gamma=gamma, delta=delta, eps=eps)
    tversky = overlap.rows()
    first = mask.mean(focal.sum(1)) / (scores.classes if classes == "mean" else 1.0)
    parts = {"focal": (weight, first), "tversky": (1.0 - weight, tversky.values)}
    value = times(np.full(len(first), weight), first) + (1.0 - weight) * tversky.values

    def by_class() -> ByClass:
        own, some = over_pixels(focal, mask)
        return weight * own + (1.0 - weight) * overlap.loss, some

    return Rows(value, kept=mask.some, parts=parts, classes=by_class)


@unified_focal.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    s, t = scores.whole, mask.whole
    on = entropy.passing(s.log_p, p.eps)
    factor, exponent = _factors(p.form, p.gamma, p.delta, scores.classes)
    scale = p.weight * factor * mask.shares()[:, None] / (scores.classes if p.classes == "mean" else 1.0)
    log_p, q = entropy.bounded(s.log_p, p.eps), np.clip(s.q, p.eps, 1.0 - p.eps)
    safe = np.where(q == 0, 1.0, q)
    fade = np.where((q == 0) | (exponent == 0), 0.0, exponent * s.p * safe ** np.where(exponent == 0, 0.0, exponent - 1.0))
    focal = scores.pull_log(times(scale * t * on, times(fade, log_p) - q**exponent))
    by = _tversky(scores, mask, **p).by_sum(scores.classes, True, 1.0 - p.weight)
    turn = {"apart": (1.0 - p.delta) * mask.outside - p.delta * t, "both": t}
    return focal + scores.pull(times(on, by_pixel(by, turn)))


def _factors(form: str, gamma: float, delta: float, classes: int) -> tuple[Floats, Floats]:
    """Each class's weight and exponent in the focal term, (C,1)."""
    rare = np.arange(classes)[:, None] > 0
    return np.where(rare, delta, 1.0 - delta), np.where(rare & (form == "asymmetric"), 0.0, gamma)


def _focal(scores: Pixels, mask: Mask, form: str, gamma: float, delta: float, eps: float) -> Floats:
    """(n,C,P)"""
    s = scores.whole
    factor, exponent = _factors(form, gamma, delta, scores.classes)
    fade = factor * np.clip(s.q, eps, 1.0 - eps) ** exponent
    return times(fade * mask.whole, 0.0 - entropy.bounded(s.log_p, eps))


def _tversky(scores: Pixels, mask: Mask, *, form: str, gamma: float, delta: float, eps: float, **_: Any) -> PerClass:
    s, t = scores.whole, mask.whole
    p, q = np.clip(s.p, eps, 1.0 - eps), np.clip(s.q, eps, 1.0 - eps)
    apart = (delta * q * t + (1.0 - delta) * p * mask.outside).sum(-1)
    found = ratio({"apart": apart, "both": (p * t).sum(-1), "size": t.sum(-1)}, 1.0, smooth=eps)
    kappa = np.where((np.arange(scores.classes) > 0) | (form == "symmetric"), 1.0 - gamma, 1.0)
    return found.turned(found.loss**kappa, power_slope(found.loss, kappa))
