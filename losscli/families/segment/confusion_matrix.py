"""Losses of the soft confusion matrix: Matthews correlation, F1 of foreground and background, and their squared errors."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.segment._per_class import PerClass, mean_of_classes, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Scores, Sums, counts, difference, summed
from losscli.families.segment.dice import Background, Empty, Eps, Pool
from losscli.families.segment.family import FAMILY, REGION_SUMS
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params

COUNTS = ("both", "over", "under", "none")


@FAMILY.loss(
    "mcc",
    aliases=("matthews",),
    cite="Abhishek and Hamarneh 2021",
    highest=2.0,
    conventions={"monai": {"eps": 1e-5}, "smp": {"pool": "batch", "smooth": 1e-5}},
    **REGION_SUMS,
)
def mcc(
    scores: Pixels,
    mask: Mask,
    *,
    smooth: Annotated[float, Param("added to each of the four counts", ge=0)] = 0.0,
    eps: Annotated[float, Param("added under the square root", ge=0)] = 0.0,
    pool: Pool = "image",
    background: Background = True,
    empty: Empty = "perfect",
) -> dict[str, Floats]:
    """1 minus the Matthews correlation coefficient of prediction and mask.

    Formula: L = 1 - (TP TN - FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN) + e) per class over the pixels of an image, TP = Σpt, FP =
    Σp(1-t), FN = Σ(1-p)t, TN = Σ(1-p)(1-t), s added to each; averaged over classes, then over images. Where the correlation is
    positive, the loss is computed from products of counts, without cancellation.
    Gradient: -(dN R - N dQ / 2R) / R², N the numerator, Q the radicand of the root R.
    Edge cases: no errors and a count of 0 is 0/0, handled by `empty` (0 by default). With errors and a marginal of 0 (an empty
    mask or prediction) the correlation is taken as 0: the loss is 1 with zero gradient.
    Use when: foreground and background both matter, regardless of their sizes.
    Avoid when: most images have no foreground, where the loss stays at 1.
    Related: dice ignores true negatives; soft_f1 treats them in a separate term.
    Equivalents: segmentation-models-pytorch MCCLoss: `mcc:pool=batch,smooth=1e-5`. MONAI MCCLoss: `mcc:eps=1e-5`, except that
    MONAI returns exactly 0 for a perfect mask.
    """
    return counts(scores, mask, background)


def _correlation(sums: Sums, p: Params) -> PerClass:
    """Q - N² = ad((b+c)(a+d) + (b+c)² + 2bc) + bc(a² + d² + (a+d)(b+c)): a sum of products, all positive.

    Counts are shares of their total, so that no product overflows.
    """
    counted = [sums[name] + p.smooth for name in COUNTS]
    total = np.maximum(sum(counted), 1e-300)
    a, b, c, d = (x / total for x in counted)
    wrong, eps = b + c, p.eps / total / total / total / total
    n, q = a * d - b * c, (a + b) * (a + c) * (d + b) * (d + c) + eps
    rest = a * d * (wrong * (a + d) + wrong * wrong + 2.0 * b * c) + b * c * (a * a + d * d + (a + d) * wrong) + eps
    safe = np.where(q == 0, 1.0, q)
    root = np.sqrt(safe)
    loss = np.where(q == 0, 1.0, np.where(n > 0, rest / (root * (root + np.abs(n))), 1.0 - n / root))
    by = {}
    for name, dn, dq in (
        ("both", d, (a + b + a + c) * (d + b) * (d + c)),
        ("none", a, (d + b + d + c) * (a + b) * (a + c)),
        ("over", -c, (a + c) * (d + c) * (a + b + d + b)),
        ("under", -b, (a + b) * (d + b) * (a + c + d + c)),
    ):
        by[name] = np.where(q == 0, 0.0, (n / safe * dq / 2.0 - dn) / root / total)
    return PerClass.of(loss, by, undefined=(q == 0) & (wrong == 0), missing=sums["size"] == 0, empty=p.empty)


def _turns(s: Scores, t: Floats, p: Params) -> dict[str, Array]:
    """The derivative of each count with respect to every probability."""
    return {"both": t, "over": 1.0 - t, "under": -t, "none": t - 1.0}


mean_of_classes(mcc, _correlation, _turns)


@FAMILY.loss("soft_f1", aliases=("balanced_f1",), cite="Maiza 2019", highest=1.0, **REGION_SUMS)
def soft_f1(
    scores: Pixels, mask: Mask, *, eps: Eps = 0.0, pool: Pool = "image", background: Background = True, empty: Empty = "perfect"
) -> dict[str, Floats]:
    """Mean of two Dice losses: of the foreground and of the background.

    Formula: L = 1 - ½ (2TP / (2TP + FP + FN + e) + 2TN / (2TN + FP + FN + e)) per class over the pixels of an image, with soft
    counts; averaged over classes, then over images.
    Gradient: half that of dice for p and t, minus half that of dice for 1-p and 1-t.
    Edge cases: a side that is empty in mask and prediction is 0/0, handled by `empty` (0 by default; skip leaves the class out).
    Use when: regions may fill most of the image or little of it.
    Avoid when: regions are small, as half of the loss is then an easy background.
    Related: dice is the first half; for two exclusive classes dice gives the same value.
    Equivalents: pytorch-toolbelt BinarySoftF1Loss, SoftF1Loss: `soft_f1:pool=batch,eps=1e-6`.
    """
    return counts(scores, mask, background)


def _both_sides(sums: Sums, p: Params) -> PerClass:
    wrong = sums["over"] + sums["under"]
    sides = [
        ratio({"apart": wrong, "both": sums[name], "size": sums["size"]}, 2.0, eps=p.eps, empty="perfect")
        for name in ("both", "none")
    ]
    undefined = [(wrong + p.eps == 0) & (sums[name] == 0) for name in ("both", "none")]
    apart = 0.5 * (sides[0].by["apart"] + sides[1].by["apart"])
    by = {"both": 0.5 * sides[0].by["both"], "none": 0.5 * sides[1].by["both"], "over": apart, "under": apart}
    loss = 0.5 * (sides[0].loss + sides[1].loss)
    if p.empty == "one":
        loss = loss + 0.5 * (1.0 * undefined[0] + 1.0 * undefined[1])
        return PerClass.of(loss, by, undefined=np.zeros_like(undefined[0]), missing=sums["size"] == 0)
    either = undefined[0] | undefined[1]
    return PerClass.of(loss, by, undefined=either & (p.empty != "perfect"), missing=sums["size"] == 0, empty=p.empty)


mean_of_classes(soft_f1, _both_sides, _turns)


@FAMILY.loss("sensitivity_specificity", aliases=("ss",), cite="Brosch et al. 2015", highest=1.0, **REGION_SUMS)
def sensitivity_specificity(
    scores: Pixels,
    mask: Mask,
    *,
    r: Annotated[float, Param("weight of the error inside the region; the error outside has weight 1-r", ge=0, le=1)] = 0.05,
    smooth: Annotated[float, Param("added to both denominators", ge=0)] = 0.0,
    pool: Pool = "image",
    background: Background = True,
) -> dict[str, Floats]:
    """Weighted sum of the mean squared errors inside and outside the region.

    Formula: L = r Σ(t-p)² t / (Σt + s) + (1-r) Σ(t-p)² (1-t) / (Σ(1-t) + s) per class over the pixels of an image; averaged
    over classes, then over images.
    Gradient: 2(p-t) (r t / (Σt + s) + (1-r) (1-t) / (Σ(1-t) + s)).
    Edge cases: if no pixels are inside (or outside) the region, that term is 0.
    Use when: lesions are tiny and you want one parameter to trade false negatives against false positives.
    Avoid when: overlap is evaluated; r is taken from code in which it weights the other side.
    Related: dice:squared=true has the same errors over one denominator; bce with pos_weight is the logarithmic counterpart.
    Equivalents: SegLossOdyssey SSLoss: `sensitivity_specificity:r=0.1,smooth=1` (there the names of the two sides are swapped).
    """

    def sums(s: Scores, t: Floats) -> dict[str, Floats]:
        squares, out = np.square(difference(s, t)), 1.0 - t
        void = (s.p + s.q) * out  # p + q is 1, and 0 where a pixel is left out
        return {name: x.sum(-1) for name, x in {"inside": squares * t, "outside": squares * out, "size": t, "void": void}.items()}

    return summed(scores, mask, background, sums)


def _sides(sums: Sums, p: Params) -> PerClass:
    size, void = sums["size"], sums["void"]
    inside, outside = (np.where(x == 0, 1.0, x) for x in (size + p.smooth, void + p.smooth))
    by = {"inside": p.r / inside, "outside": (1.0 - p.r) / outside}
    loss = by["inside"] * sums["inside"] + by["outside"] * sums["outside"]
    return PerClass.of(loss, by, undefined=size + void == 0, missing=np.zeros(size.shape, bool), empty="skip")


def _squares_turns(s: Scores, t: Floats, p: Params) -> dict[str, Array]:
    gap = 2.0 * difference(s, t)
    return {"inside": gap * t, "outside": gap * (1.0 - t)}


mean_of_classes(sensitivity_specificity, _sides, _squares_turns)
