"""Centreline Dice: overlap with skeletons, for structures that must stay connected."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.segment._morphology import Skeleton
from losscli.families.segment._per_class import PerClass, by_pixel, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Sums, first_class, overlap
from losscli.families.segment.dice import Background, Empty, Pool, turns
from losscli.families.segment.family import FAMILY, REGION_SUMS
from losscli.numerics.stable import Bools, Floats, divide
from losscli.spec.loss import Param, Params, Rows

Iters = Annotated[int, Param("erosions of the soft skeleton, at least the radius of the widest structure", ge=0)]
Smooth = Annotated[float, Param("added to numerator and denominator of topology precision and sensitivity", ge=0)]
HarmonicEps = Annotated[float, Param("added to the denominator of their harmonic mean", ge=0)]
Classes = Annotated[Literal["mean", "pooled"], Param("the mean of a value per class; or one value of all classes' sums")]

_SUMS = ("hit", "over", "found", "missed")


@FAMILY.loss(
    "cldice",
    aliases=("soft_cldice",),
    cite="Shit et al. 2021",
    highest=1.0,
    conventions={"monai": {"smooth": 1.0, "eps": 1e-4, "classes": "pooled"}},
    **REGION_SUMS,
)
def cldice(
    scores: Pixels,
    mask: Mask,
    *,
    iters: Iters = 3,
    smooth: Smooth = 0.0,
    eps: HarmonicEps = 0.0,
    classes: Classes = "mean",
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
) -> dict[str, Floats]:
    """1 minus the centreline Dice (clDice) of prediction and mask, for connectivity of thin structures.

    Formula: L = 1 - 2 P S / (P + S + e), P = (Σ skel(p) t + s) / (Σ skel(p) + s) and S = (Σ skel(t) p + s) / (Σ skel(t) + s),
    per class over the pixels of an image; averaged over classes, then over images. skel is the soft skeleton: `iters` erosions
    (minima over the neighbours along the axes), collecting at each the ridges that a dilation (maximum over all neighbours)
    does not restore. Computed as (P(1-S) + S(1-P) + e) / (P + S + e), with 1-P and 1-S summed directly.
    Gradient: backpropagated through the minima and maxima of the skeleton (to the first of tied pixels) and through p in S.
    Edge cases: two empty skeletons are 0/0, handled by `empty` (0 by default); one empty skeleton gives 1 with zero gradient.
    Ignored pixels are not among a pixel's neighbours.
    Use when: structures are thin and connected: vessels, roads, neurites.
    Avoid when: regions are compact, as their skeleton is not meaningful; iters is below the radius of structures, as the
    skeleton is then not thin.
    Related: dice_cldice adds dice, as recommended; dice ignores topology.
    Equivalents: MONAI SoftclDiceLoss: `cldice:smooth=1,eps=1e-4,classes=pooled` (iter_: iters; before 1.6.1 its arguments were
    swapped and sums were over the batch).
    """
    return _sums(scores, mask, iters, background)


@cldice.finish
def _(sums: Sums, p: Params) -> Rows:
    return _per_class(sums, p).rows()


@cldice.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    return scores.pull(_by_pixel(_per_class(sums, p), scores, mask, p))


@FAMILY.loss(
    "dice_cldice",
    cite="Shit et al. 2021",
    highest=1.0,
    conventions={"monai": {"smooth": 1.0, "eps": 1e-4, "classes": "pooled"}},
    **REGION_SUMS,
)
def dice_cldice(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Annotated[float, Param("weight of clDice; Dice has weight 1-α", ge=0, le=1)] = 0.5,
    iters: Iters = 3,
    smooth: Annotated[float, Param("added to numerator and denominator of precision, sensitivity and Dice", ge=0)] = 0.0,
    eps: HarmonicEps = 0.0,
    classes: Annotated[Literal["mean", "pooled"], Param("the mean of clDice per class; or clDice of all classes' sums")] = "mean",
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
) -> dict[str, Floats]:
    """Weighted sum of the Dice loss and the centreline Dice loss.

    Formula: L = (1-α) dice + α cldice, both per class, then the mean over classes, then over images (dice is always averaged
    over classes).
    Gradient: the weighted sum of both terms' gradients.
    Edge cases: as dice and cldice; `empty` applies to 0/0 in both. An image with no class left in either term is left out of
    the mean.
    Use when: structures are thin and connected.
    Avoid when: regions are compact.
    Related: the recipe 0.5*dice+0.5*cldice is the same, with all parameters of both.
    Equivalents: MONAI SoftDiceclDiceLoss: `dice_cldice:smooth=1,eps=1e-4,classes=pooled` (alpha of the same name).
    """
    sums = overlap(scores, mask, squared=False, background=background)
    return {**{name: sums[name] for name in ("both", "apart", "size")}, **_sums(scores, mask, iters, background)}


@dice_cldice.finish
def _(sums: Sums, p: Params) -> Rows:
    dice, lines = _parts(sums, p)
    one, two = dice.rows(), lines.rows()
    parts = {"dice": (1.0 - p.alpha, one.values), "cldice": (p.alpha, two.values)}
    return Rows((1.0 - p.alpha) * one.values + p.alpha * two.values, kept=_kept(dice, lines), parts=parts)


@dice_cldice.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    dice, lines = _parts(sums, p)
    by = dice.by_sum(scores.classes, p.background, 1.0 - p.alpha)
    h = by_pixel(by, turns(scores.whole, mask.whole, p)) + p.alpha * _by_pixel(lines, scores, mask, p)
    return scores.pull(np.where(_kept(dice, lines)[:, None, None], h, 0.0))


def _parts(sums: Sums, p: Params) -> tuple[PerClass, PerClass]:
    dice = ratio(sums, 2.0, smooth=p.smooth, empty=p.empty)
    return dice, _per_class({name: sums[name] for name in _SUMS}, p)


def _kept(dice: PerClass, lines: PerClass) -> Bools:
    return (dice.divisor > 0) & (lines.divisor > 0)


def _images(x: Floats, mask: Mask) -> Floats:
    return x.reshape(*x.shape[:2], *mask.shape)


def _skeleton(x: Floats, mask: Mask, iters: int) -> Skeleton:
    return Skeleton(_images(x, mask), iters, None if mask.kept is None else mask.kept.reshape(len(x), 1, *mask.shape))


def _sums(scores: Pixels, mask: Mask, iters: int, background: bool) -> dict[str, Floats]:
    s, t = scores.whole, mask.whole
    ours, theirs = (_skeleton(x, mask, iters).value.reshape(t.shape) for x in (s.p, t))
    # 1 - p from its complement stays exact for confident logits
    terms = {"hit": ours * t, "over": ours * mask.outside, "found": theirs * s.p, "missed": theirs * s.q}
    return {name: x.sum(-1)[:, first_class(scores.classes, background) :] for name, x in terms.items()}


def _per_class(sums: Sums, p: Params) -> PerClass:
    smooth, eps = p.smooth, p.eps
    if p.classes == "pooled":
        sums = {k: v.sum(1, keepdims=True) for k, v in sums.items()}
    ours, theirs = sums["hit"] + sums["over"] + smooth, sums["found"] + sums["missed"] + smooth
    # a ratio over an empty skeleton is taken as 0
    a, b = np.where(ours == 0, 1.0, ours), np.where(theirs == 0, 1.0, theirs)
    precision, recall = (sums["hit"] + smooth) / a, (sums["found"] + smooth) / b
    wrong, lost = np.where(ours == 0, 1.0, sums["over"] / a), np.where(theirs == 0, 1.0, sums["missed"] / b)
    whole = precision + recall + eps
    loss = divide(precision * lost + recall * wrong + eps, whole, 1.0)
    by_precision = -2.0 * divide(recall, whole, 0.0) * divide(recall + eps, whole, 0.0)
    by_recall = -2.0 * divide(precision, whole, 0.0) * divide(precision + eps, whole, 0.0)
    by = {
        "hit": by_precision * wrong / a,
        "over": -by_precision * precision / a,
        "found": by_recall * lost / b,
        "missed": -by_recall * recall / b,
    }
    by = {name: np.where((ours == 0) | (theirs == 0), 0.0, x) for name, x in by.items()}
    nothing = (ours == 0) & (theirs == 0)
    return PerClass.of(loss, by, undefined=nothing, missing=np.zeros_like(nothing), empty=p.empty)


def _by_pixel(found: PerClass, scores: Pixels, mask: Mask, p: Params) -> Floats:
    """d(row)/dp: through the skeleton of the prediction, and through p on the mask's skeleton."""
    t, by = mask.whole, found.by_sum(scores.classes, p.background)
    skeleton = _skeleton(scores.whole.p, mask, p.iters)
    theirs = _skeleton(t, mask, p.iters).value.reshape(t.shape)
    through = skeleton.back(_images(by["hit"] * t + by["over"] * mask.outside, mask)).reshape(t.shape)
    return through + (by["found"] - by["missed"]) * theirs
