"""Variants of Dice: logarithmic, log-cosh, robust to label noise, and with an intersection suited to soft masks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.segment._per_class import PerClass, mean_of_classes, quotient, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Scores, Sums, difference, overlap, summed
from losscli.families.segment.dice import Absent, Background, Empty, Eps, Pool, Smooth, dice, turns
from losscli.families.segment.family import FAMILY, REGION_SUMS
from losscli.numerics.stable import Array, Floats, divide
from losscli.spec.loss import Param, Params


@FAMILY.loss("log_dice", cite="Wong et al. 2018", conventions={"smp": {"pool": "batch"}}, **REGION_SUMS)
@dice.same_params(absent="zero")
def log_dice(scores: Pixels, mask: Mask, p: Params) -> dict[str, Floats]:
    """Negative logarithm of the Dice coefficient, unbounded where prediction and mask do not overlap.

    Formula: L = -ln D per class, D = (2 Σpt + s) / (Σp + Σt + s + e); averaged over classes, then over images. Computed as
    log1p(E / (2 Σpt + s)), E = Σ p(1-t) + t(1-p) + e, exact where D is nearly 1.
    Gradient: dE/dp / W - 2t E / (W R), R = 2 Σpt + s and W = R + E.
    Edge cases: no overlap gives infinity; 0/0 is handled by `empty` (0 by default; one gives infinity). A class without target
    pixels would give infinity for any prediction; by default it counts as 0 (absent=zero).
    Use when: regions that are missed entirely should dominate the loss.
    Avoid when: absent=count is set without smooth; predictions are hard, as a single missed region gives infinity.
    Related: with the dice loss d, L = -ln(1 - d); exp_log takes a power of it.
    Equivalents: segmentation-models-pytorch and pytorch-toolbelt DiceLoss(log_loss=True): `log_dice:pool=batch` (apart from
    their lower bound of 1e-7 inside the logarithm).
    """
    return overlap(scores, mask, squared=p.squared, background=p.background)


def logged(sums: Sums, *, smooth: float, eps: float = 0.0, classes: str = "mean", **policies: Any) -> PerClass:
    """-ln(rest / whole) as log1p(top / rest), with derivatives 1/whole (top) and -top / (whole · rest) (rest)."""
    if classes == "pooled":
        sums = {k: v.sum(1, keepdims=True) for k, v in sums.items()}
    top, rest = sums["apart"] + eps, 2.0 * sums["both"] + smooth
    undefined = (top == 0) & (rest == 0)
    whole = np.where(undefined, 1.0, top + rest)
    with np.errstate(over="ignore", divide="ignore"):
        odds = divide(top, rest, 0.0)
        logged = np.where(odds > 1.0, np.log(whole) - np.log(rest), np.log1p(odds))
    by = {"apart": np.where(undefined, 0.0, 1.0 / whole), "both": np.where(undefined, 0.0, -2.0 * odds / whole)}
    return PerClass.of(logged, by, undefined=undefined, missing=sums["size"] == 0, one=np.inf, **policies)


mean_of_classes(log_dice, lambda sums, p: logged(sums, **p), turns)


@FAMILY.loss("log_cosh_dice", cite="Jadon 2020", **REGION_SUMS)
@dice.same_params()
def log_cosh_dice(scores: Pixels, mask: Mask, p: Params) -> dict[str, Floats]:
    """Log-cosh of the Dice loss of an image: quadratic near perfect overlap, nearly linear far from it.

    Formula: L = ln cosh(d), d the dice loss of the image (averaged over its classes); averaged over images.
    Gradient: tanh(d) dd/dp.
    Range: 0 to ln cosh 1 = 0.4338; larger with norm=count and weights above 1.
    Edge cases: as dice: 0/0 is handled by `empty` (0 by default) and classes without target pixels by `absent`.
    Use when: the gradient of the Dice loss should vanish as it approaches 0.
    Avoid when: you need values that read as an overlap.
    Related: it is a function of dice; regress/log_cosh is the same function of an error.
    Equivalents: no library has an equivalent; torch.log(torch.cosh(x)) of MONAI's DiceLoss: `log_cosh_dice:smooth=1e-5`.
    """
    return overlap(scores, mask, squared=p.squared, background=p.background)


def _log_cosh(d: Floats, p: Params) -> tuple[Floats, Floats]:
    """ln cosh d = ½ log1p(sinh² d), exact for small d, and its derivative."""
    return 0.5 * np.log1p(np.square(np.sinh(d))), np.tanh(d)


mean_of_classes(log_cosh_dice, lambda sums, p: ratio(sums, 2.0, **p), turns, _log_cosh)


@FAMILY.loss("noise_robust_dice", cite="Wang et al. 2020", **REGION_SUMS)
def noise_robust_dice(
    scores: Pixels,
    mask: Mask,
    *,
    gamma: Annotated[float, Param("exponent of each pixel's error: 1 is like mean absolute error, 2 is dice", ge=1, le=2)] = 1.5,
    squared: Annotated[bool, Param("use sums of squares in the denominator, as in the paper")] = True,
    eps: Eps = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> dict[str, Floats]:
    """Noise-robust Dice loss: dice with a lower exponent of pixel errors, which reduces the effect of wrong labels.

    Formula: L = Σ|p - t|^γ / (Σp² + Σt² + e) per class over the pixels of an image; Σp + Σt with squared=false; averaged over
    classes, then over images.
    Gradient: γ |p - t|^(γ-1) sign(p - t) / W - 2p N / W² with L = N / W; 1 in place of 2p with squared=false.
    Edge cases: an empty mask with an empty prediction is 0/0, handled by `empty` (0 by default); classes without target pixels
    are handled by `absent`.
    Use when: masks are noisy, for example from several annotators or generated automatically.
    Avoid when: labels are clean and small regions matter, where dice (γ = 2) has larger gradients.
    Related: γ = 2 with sums of squares is dice:squared=true; γ = 1 without them is jml:ratio=dice.
    Equivalents: PyMIC NoiseRobustDiceLoss: `noise_robust_dice:squared=false,eps=1e-5`. No other library has an equivalent.
    """

    def sums(s: Scores, t: Floats) -> dict[str, Floats]:
        whole = np.square(s.p) + np.square(t) if squared else s.p + t
        return {"top": (_apart(s, t) ** gamma).sum(-1), "whole": whole.sum(-1), "size": t.sum(-1)}

    return summed(scores, mask, background, sums)


def _noise_robust_turns(s: Scores, t: Floats, p: Params) -> dict[str, Array]:
    by_error = p.gamma * _apart(s, t) ** (p.gamma - 1.0) * np.sign(difference(s, t))
    return {"top": by_error, "whole": 2.0 * s.p if p.squared else np.ones_like(s.p)}


mean_of_classes(
    noise_robust_dice, lambda sums, p: quotient(sums["top"], sums["whole"] + p.eps, sums["size"], **p), _noise_robust_turns
)


def _apart(s: Scores, t: Floats) -> Floats:
    """|p - t|"""
    return np.abs(difference(s, t))


@FAMILY.loss(
    "jml",
    aliases=("jaccard_metric",),
    cite="Wang et al. 2023",
    highest=1.0,
    conventions={"monai": {"ratio": "dice", "smooth": 1e-5}, "smp": {"pool": "batch", "absent": "zero"}},
    **REGION_SUMS,
)
def jml(
    scores: Pixels,
    mask: Mask,
    *,
    ratio: Annotated[
        Literal["jaccard", "dice"], Param("intersection over union, or twice the intersection over the sum of sizes")
    ] = "jaccard",
    form: Annotated[Literal["jml1", "jml2"], Param("the intersection I: Σ min(p,t) = (Σp + Σt - Σ|p - t|)/2, or Σpt")] = "jml1",
    smooth: Smooth = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> dict[str, Floats]:
    """Jaccard metric loss: Jaccard or Dice loss with an intersection that makes it 0 exactly if p = t, for soft masks.

    Formula: L = A / (A + I + s), A = Σ|p - t| and I = Σ min(p,t) (jml1) or Σpt (jml2), per class over the pixels of an image;
    ratio=dice: 2I in place of I; averaged over classes, then over images.
    Gradient: (sign(p - t) R - A dR/dp) / (A + R)², R = I + s, dI/dp = 1 where p < t (½ where p = t) for jml1, t for jml2.
    Edge cases: an empty mask with an empty prediction is 0/0, handled by `empty` (0 by default); classes without target pixels
    are handled by `absent`. At p = t the sign is 0.
    Use when: masks are soft (label smoothing, several annotators, distillation).
    Avoid when: masks are hard, as it is then the same as jaccard or dice.
    Related: equals jaccard or dice on hard masks; noise_robust_dice:gamma=1,squared=false is ratio=dice.
    Equivalents: segmentation-models-pytorch JaccardLoss on soft masks: `jml:pool=batch,absent=zero` (DiceLoss: ratio=dice).
    MONAI DiceLoss(soft_label=True): `jml:ratio=dice,smooth=1e-5`.
    """

    def sums(s: Scores, t: Floats) -> dict[str, Floats]:
        both = np.minimum(s.p, t) if form == "jml1" else s.p * t
        return {"apart": _apart(s, t).sum(-1), "both": both.sum(-1), "size": t.sum(-1)}

    return summed(scores, mask, background, sums)


def _metric_turns(s: Scores, t: Floats, p: Params) -> dict[str, Array]:
    sign = np.sign(difference(s, t))
    return {"apart": sign, "both": 0.5 - 0.5 * sign if p.form == "jml1" else t}


def _metric(sums: Sums, p: Params) -> PerClass:
    return ratio(sums, 1.0 if p.ratio == "jaccard" else 2.0, smooth=p.smooth, empty=p.empty, absent=p.absent)


mean_of_classes(jml, _metric, _metric_turns)
