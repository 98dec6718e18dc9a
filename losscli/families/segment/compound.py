"""Compound losses: an overlap of regions plus a cross-entropy of pixels, reported with their terms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.segment._class_means import ByClass, over_pixels
from losscli.families.segment._per_class import PerClass, power_slope, ratio
from losscli.families.segment._pixel_nll import PixelNll
from losscli.families.segment._region_sums import Mask, Pixels, Sums, first_class, overlap
from losscli.families.segment.dice import Absent, Background, Empty, Smooth, turns
from losscli.families.segment.dice_variants import logged
from losscli.families.segment.family import FAMILY, REGION_SUMS, REGIONS
from losscli.families.segment.topk import Percent, worst
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Floats, divide, log_sum_exp, softmax, times
from losscli.spec.loss import Param, Params, Rows, Vector

Weight = Annotated[float, Param("weight of this term", ge=0)]
PixelWeights = Annotated[
    Vector | None,
    Param("one weight per class for the cross-entropy of its pixels; for binary images a single one, of the foreground", ge=0),
]


_MIXED = "it adds a loss of pixels to one of regions; dice and topk_ce or ce, as terms of a recipe, have one"


@FAMILY.loss("dice_topk", cite="Isensee et al. 2021", classless=_MIXED, axes=("probability",), **REGIONS)
def dice_topk(
    scores: Pixels,
    mask: Mask,
    *,
    k: Percent = 10.0,
    w_dice: Weight = 1.0,
    w_ce: Weight = 1.0,
    smooth: Smooth = 0.0,
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> Rows:
    """Dice loss plus the mean cross-entropy of the worst k per cent of pixels.

    Formula: L = w_dice · dice + w_ce · topk_ce: dice is `dice:smooth=s`, topk_ce the mean of the K largest cross-entropies of
    the image, K = max(1, floor(k/100 · pixels)).
    Gradient: the weighted sum of both terms' gradients.
    Edge cases: as dice (0/0 by `empty`, absent classes by `absent`) and topk_ce (p_y = 0 gives infinity). A binary image is one
    region for dice, and its cross-entropy, like that of each class with --multilabel, is that of bce. An image with no class
    left is left out of the mean.
    Use when: regions are small with difficult borders, as in medical images.
    Avoid when: labels are noisy, as mislabelled pixels are then the worst ones.
    Related: the recipe dice+topk_ce is the same with all parameters of both, including pool=batch; dice+ce averages over all
    pixels.
    Equivalents: nnU-Net DC_and_topk_loss, SegLossOdyssey: `dice_topk:smooth=1` minus 1, on one image.
    """
    found = _dice(scores, mask, smooth=smooth, background=background, empty=empty, absent=absent).rows()
    hardest, _ = worst(PixelNll(scores, mask).values, mask.kept, k)
    return Rows(
        w_dice * found.values + w_ce * hardest, kept=found.kept, parts={"dice": (w_dice, found.values), "topk_ce": (w_ce, hardest)}
    )


@dice_topk.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    found = _dice(scores, mask, **p)
    pixels = PixelNll(scores, mask)
    g = found.slope(scores, mask, turns, p, p.w_dice)
    return g + p.w_ce * pixels.slope(worst(pixels.values, mask.kept, p.k)[1] * (found.divisor > 0)[:, None])


@FAMILY.loss(
    "exp_log",
    aliases=("exponential_logarithmic",),
    cite="Wong et al. 2018",
    pooled=lambda p: p.power == "mean",
    classless=_MIXED,
    axes=("probability",),
    **REGION_SUMS,
)
def exp_log(
    scores: Pixels,
    mask: Mask,
    *,
    w_dice: Weight = 0.8,
    w_ce: Weight = 0.2,
    gamma_dice: Annotated[float, Param("exponent of -ln Dice", gt=0)] = 0.3,
    gamma_ce: Annotated[float, Param("exponent of -ln p", gt=0)] = 0.3,
    smooth: Smooth = 0.0,
    weights: PixelWeights = None,
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
    power: Annotated[
        Literal["class", "mean"], Param("apply the exponents per class and pixel, or to the means over all data")
    ] = "class",
) -> dict[str, Floats]:
    """Exponential logarithmic loss: powers of -ln Dice and of the pixel cross-entropy, added.

    Formula: L = w_dice · mean_c (-ln D_c)^γd + w_ce · mean_x w_y (-ln p_y)^γc, D_c = (2 Σpt + s) / (Σp + Σt + s) of class c in
    the image, y the true class of pixel x; averaged over images. power=mean: w_dice (-ln D)^γd + w_ce (C)^γc with D and C the
    means of Dice and cross-entropy over all classes, pixels and images.
    Gradient: w_dice γd (-ln D_c)^(γd-1) d(-ln D_c)/dp / classes + w_ce γc w_y (-ln p_y)^(γc-1) d(-ln p_y)/dp / pixels. With an
    exponent below 1 the derivative is infinite at D = 1, and taken as 0 where p_y = 1.
    Edge cases: a class without overlap gives infinity, as does an absent one unless smooth > 0 or absent=skip; p_y = 0 gives
    infinity. 0/0 is handled by `empty`. A binary image is one region, and its cross-entropy, like that of each class with
    --multilabel, is that of bce.
    Use when: structures have very different sizes.
    Avoid when: exponents are below 1 and training is near convergence (unbounded gradients); masks may be empty and smooth=0.
    Related: log_dice is γd = 1 alone; ce is γc = 1 alone. The paper's w_y are √(pixels of all classes / pixels of y): weights=[…].
    Equivalents: SegLossOdyssey ExpLog_loss: `exp_log:gamma_ce=1,smooth=1,power=mean`. No other library has an equivalent.
    """
    sums = overlap(scores, mask, squared=False, background=background)
    pixels = PixelNll(scores, mask, gamma_ce if power == "class" else 1.0, weights)
    if power == "class":
        return {**{name: sums[name] for name in ("both", "apart", "size")}, "ce": mask.mean(pixels.values)}
    rows = ratio(sums, 2.0, smooth=smooth, empty=empty, absent=absent).rows()
    kept = np.asarray(rows.kept)
    found = {"dice": np.where(kept, rows.values, 0.0), "ce": np.where(kept, mask.mean(pixels.values), 0.0)}
    return {**found, "count": kept.astype(np.float64)}


@exp_log.finish
def _(sums: Sums, p: Params) -> Rows:
    if "count" in sums:
        count = sums["count"]
        kept = count > 0
        with np.errstate(divide="ignore"):
            dice = (0.0 - np.log1p(-divide(sums["dice"], count))) ** p.gamma_dice
        ce = divide(sums["ce"], count) ** p.gamma_ce
    else:
        rows = _raised(sums, p).rows()
        dice, ce, kept = rows.values, sums["ce"], np.asarray(rows.kept)
    return Rows(p.w_dice * dice + p.w_ce * ce, kept=kept, parts={"dice": (p.w_dice, dice), "ce": (p.w_ce, ce)})


@exp_log.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    if "count" in sums:
        own, gamma, count = _dice(scores, mask, **p), 1.0, sums["count"][0]
        lost, ce = sums["dice"][0] / count, sums["ce"][0] / count
        rise = power_slope(ce, p.gamma_ce) / count
        with np.errstate(divide="ignore"):
            outer = p.w_dice * power_slope(-np.log1p(-lost), p.gamma_dice) / (1.0 - lost) / count
    else:
        own, gamma, rise, outer = _raised(sums, p), p.gamma_ce, 1.0, p.w_dice
    share = p.w_ce * rise * mask.shares() * (own.divisor > 0)[:, None]
    return own.slope(scores, mask, turns, p, outer) + PixelNll(scores, mask, gamma, p.weights).slope(share)


def _raised(sums: Sums, p: Params) -> PerClass:
    """(-ln D)^γ per class."""
    found = logged(sums, smooth=p.smooth, empty=p.empty, absent=p.absent)
    return found.turned(found.loss**p.gamma_dice, power_slope(found.loss, p.gamma_dice))


@FAMILY.loss("combo", cite="Taghanaki et al. 2019", lowest=None, axes=("probability",), **REGIONS)
def combo(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Annotated[float, Param("weight of the cross-entropy; Dice has weight 1-α", ge=0, le=1)] = 0.5,
    beta: Annotated[float, Param("weight of false negatives in the cross-entropy; false positives have 1-β", ge=0, le=1)] = 0.5,
    smooth: Smooth = 0.0,
    classes: Annotated[Literal["sum", "mean"], Param("whether the Dice scores of several classes are added or averaged")] = "sum",
    background: Background = True,
    empty: Empty = "perfect",
    absent: Absent = "count",
) -> Rows:
    """Cross-entropy with separate weights of false negatives and false positives, minus the Dice score.

    Formula: L = α · mean(-(β t ln p + (1-β)(1-t) ln(1-p))) - (1-α) Σ_c (2 Σpt + s) / (Σp + Σt + s): the mean is over pixels and
    classes, the sum over classes of the image (classes=mean: their mean); averaged over images.
    Gradient: α (-β t/p + (1-β)(1-t)/(1-p)) / (pixels · classes) + (1-α) times that of dice, for each class.
    Range: at least -(1-α) times the number of classes, the optimum.
    Edge cases: p = 0 on a class and p = 1 outside it give infinity. 0/0 in Dice is handled by `empty` (a score of 1 by default)
    and classes without target pixels by `absent`. An image with no class left is left out of the mean.
    Use when: false negatives cost more than false positives (β > ½), or the reverse.
    Avoid when: the optimum should be 0 (it is negative); the number of classes differs between runs with classes=sum.
    Related: 0.5*bce+0.5*dice is, for one class and α = ½, half of bce plus dice: which is this up to scale and a constant.
    Equivalents: no library has an equivalent; the paper's form is this one with β = ½ and S = smooth.
    """
    found = _dice(scores, mask, smooth=smooth, background=background, empty=empty, absent=absent)
    rows = found.rows()
    score = (1.0 - rows.values) * (found.divisor if classes == "sum" else 1.0)
    entropy = _crossed(scores, mask, beta)
    crossed = mask.mean(entropy)
    parts = {"bce": (alpha, crossed), "dice": (alpha - 1.0, score)}

    def by_class() -> ByClass:
        own = over_pixels(entropy, mask)[0][:, first_class(scores.classes, background) :]
        return alpha * own + (alpha - 1.0) * (1.0 - found.loss), found.weight > 0

    return Rows(alpha * crossed + (alpha - 1.0) * score, kept=rows.kept, parts=parts, classes=by_class)


@combo.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    found = _dice(scores, mask, **p)
    outer = (1.0 - p.alpha) * (found.divisor if p.classes == "sum" else np.ones(len(found.divisor)))
    g = found.slope(scores, mask, turns, p, outer)
    kept = (found.divisor > 0).reshape(-1, *[1] * (g.ndim - 1))
    return g + np.where(kept, p.alpha * _crossed_slope(scores, mask, p.beta), 0.0)


def _dice(scores: Pixels, mask: Mask, *, smooth: float, background: bool, empty: str, absent: str, **_: Any) -> PerClass:
    sums = overlap(scores, mask, squared=False, background=background)
    return ratio(sums, 2.0, smooth=smooth, empty=empty, absent=absent)


def _log_q(scores: Pixels) -> Floats:
    """log(1 - p), for a softmax as the logarithm of the sum of the other classes."""
    s = scores.whole
    if not isinstance(s, Softmax):
        return s.log_q
    if not scores.from_logits:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(s.q))
    return np.stack([log_sum_exp(np.delete(s.log_p, c, 1), 1) for c in range(s.classes)], 1)


def _crossed(scores: Pixels, mask: Mask, beta: float) -> Floats:
    """(n,C,P)"""
    t = mask.whole
    return 0.0 - (times(beta * t, scores.whole.log_p) + times((1.0 - beta) * mask.outside, _log_q(scores)))


def _crossed_slope(scores: Pixels, mask: Mask, beta: float) -> Floats:
    """The gradient of the mean of `_crossed` over an image."""
    s, t = scores.whole, mask.whole
    share = mask.shares()[:, None] / t.shape[1]
    gp, gq = -beta * t * share, -(1.0 - beta) * mask.outside * share
    if not isinstance(s, Softmax):
        return scores.within(s.pull_log(gp, gq).reshape(scores.array.shape))
    g = s.pull_log(gp)
    if not scores.from_logits:
        with np.errstate(divide="ignore", invalid="ignore"):
            return scores.within((g - s.pull(np.where(gq == 0, 0.0, gq / s.q))).reshape(scores.array.shape))
    for c in range(s.classes):
        others = np.insert(softmax(np.delete(s.array, c, 1)), c, -1.0, 1)  # d log(1 - p_c)/d(logits) / p_c
        g = g + (gq[:, c] * s.p[:, c])[:, None] * others
    return scores.within(g.reshape(scores.array.shape))
