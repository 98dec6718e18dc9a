"""The generalized Dice loss: one ratio for all classes of an image, each weighed by the inverse of its size."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.records import dataclass
from losscli.families.segment._per_class import PerClass, ratio
from losscli.families.segment._region_sums import Mask, Pixels, Sums, overlap, spread
from losscli.families.segment.dice import Background, Pool, Smooth, turns
from losscli.families.segment.family import FAMILY, regions
from losscli.numerics.stable import Floats, divide
from losscli.spec.loss import Fitted, Param, Params, Rows

Weight = Annotated[
    Literal["square", "simple", "uniform"], Param("a class weighs 1/(Σr)² (Sudre), 1/Σr² (1/Σr for hard masks; Crum), or 1")
]
Absent = Annotated[
    Literal["skip", "max", "one"],
    Param("a class without target pixels: left out, the largest weight of the others, or that of one pixel"),
]
Form = Annotated[
    Literal["ratio", "mean"],
    Param("one ratio of weighted sums, or the mean of classes' Dice losses times weights of the whole file"),
]
Sizes = Annotated[Floats | None, Fitted("the target pixels of each class in the file")]

_POWER = {"square": 2.0, "simple": 1.0, "uniform": 0.0}


@FAMILY.loss(
    "gdl",
    aliases=("generalized_dice",),
    cite="Sudre et al. 2017",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
    first_pass=lambda p: p.form == "mean",
    conventions={"monai": {"absent": "max", "smooth": 1e-5}, "optax": {"form": "mean", "size_eps": 1e-7, "smooth": 2.0}},
    reads=partial(regions, complement=True),
)
def gdl(
    scores: Pixels,
    mask: Mask,
    *,
    form: Form = "ratio",
    weight: Weight = "square",
    absent: Absent = "skip",
    smooth: Smooth = 0.0,
    size_eps: Annotated[float, Param("added to what a weight is one over", ge=0, example="0.5")] = 0.0,
    pool: Pool = "image",
    background: Background = True,
    sizes: Sizes = None,
) -> dict[str, Floats]:
    """How little prediction and mask share over all classes at once, a rare class counting as much as a frequent one.

    Formula: L = 1 - (2 Σ_l w_l Σ rp + s) / (Σ_l w_l Σ(r + p) + s) over the classes l and the pixels of an image, r the mask;
    w_l = 1/(Σ r)² (weight=square), 1/Σ r² (simple: 1/Σ r for hard masks), 1 (uniform). form=mean: Σ_l w_l D_l / Σ w_l, D_l the
    Dice loss of a class (with s as there) and w_l of the file's pixels.
    Computed as Σ w (Σ p(1-r) + r(1-p)) over the same denominator, which does not cancel where the overlap is nearly perfect.
    Gradient: -2 w_l (r D - N) / D² with N/D the ratio above, N = Σ w Σ rp + s/2; the weights are of the mask alone.
    Edge cases: a class without target pixels has no finite weight: it is left out (absent=skip), or takes the largest weight
    of the image's other classes (max), or that of a single pixel (one); uniform weighs it 1 under max and one. size_eps makes
    every weight finite, that of an absent class huge. Where no class has a weight the image is
    0/0 and leaves the count (with smooth > 0: loss 0). A binary image counts its background as the second class.
    Use when: several classes of very different sizes.
    Avoid when: a class of a few pixels (its weight, and with it the gradient, grows without bound); a mean of classes is wanted.
    Related: uniform is dice with classes=pooled; with one class the weight cancels and it is dice.
    Equivalents: MONAI GeneralizedDiceLoss: `gdl:smooth=1e-5,absent=max` (w_type: weight=…; batch=True: pool=batch; over one
    channel it is `dice:smooth=1e-5`). Crum 2006 and the two-class form in surveys, w = 1/Σr²: `gdl:weight=simple`.
    optax multiclass_generalized_dice_loss, its batch being the file: `gdl:form=mean,size_eps=1e-7,smooth=2`. SegLossOdyssey's
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


@gdl.finish
def _(sums: Sums, p: Params) -> Rows:
    if p.form == "mean":
        return _mean(sums, p.sizes, p.weight, p.absent, p.smooth, p.size_eps).rows()
    return _Ratio.of(sums, p.weight, p.absent, p.smooth, size_eps=p.size_eps).rows()


@gdl.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    if p.form == "mean":
        found = _mean(sums, p.sizes, p.weight, p.absent, p.smooth, p.size_eps)
        return found.slope(scores, turns(scores, mask), background=p.background)
    return _Ratio.of(sums, p.weight, p.absent, p.smooth, size_eps=p.size_eps).slope(scores, mask, p.background)


def _mean(sums: Sums, sizes: Floats | None, form: str, absent: str, smooth: float, size_eps: float) -> PerClass:
    """Each class's Dice loss, weighed by its size in the file (in these rows, where that is not known)."""
    weight, _ = _weights(sums["size"].sum(0, keepdims=True) if sizes is None else sizes[None], form, absent, size_eps)
    return ratio(sums, 2.0, smooth=smooth, weights=weight[0])


@FAMILY.loss(
    "penalty_gdl",
    aliases=("penalty_generalized_dice",),
    cite="Yang et al. 2019",
    highest=1.0,
    unit="pool",
    scores="softmax",
    label="distribution",
    reads=partial(regions, complement=True),
)
def penalty_gdl(
    scores: Pixels,
    mask: Mask,
    *,
    k: Annotated[float, Param("how much more errors weigh than agreement; 0 is gdl", ge=0)] = 2.5,
    weight: Weight = "square",
    absent: Absent = "skip",
    smooth: Smooth = 0.0,
    pool: Pool = "image",
    background: Background = True,
) -> dict[str, Floats]:
    """The generalized Dice loss, bent so that its slope grows as the overlap does.

    Formula: L = G / (1 + k (1 - G)), G the generalized Dice loss. Computed as A / (A + (1 + k) B) where G = A / (A + B).
    Gradient: (1 + k) / (1 + k (1 - G))² dG/dp; the weights of gdl are of the mask alone.
    Edge cases: as gdl: absent classes by `absent`; where no class has a weight the image leaves the count.
    Use when: false positives and false negatives that gdl leaves behind late in training.
    Avoid when: the value is to be read as an overlap; training has hardly begun (the slope is smaller there than gdl's).
    Related: k = 0 is gdl; tversky with α = β = ½ / (1 + k) does the same to dice.
    Equivalents: the paper's form. SegLossOdyssey PenaltyGDiceLoss feeds it the negative Dice score: no recipe.
    """
    return _sums(scores, mask, weight, background)


@penalty_gdl.finish
def _(sums: Sums, p: Params) -> Rows:
    return _Ratio.of(sums, p.weight, p.absent, p.smooth, 1.0 + p.k).rows()


@penalty_gdl.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    return _Ratio.of(sums, p.weight, p.absent, p.smooth, 1.0 + p.k).slope(scores, mask, p.background)


def _weights(size: Floats, form: str, absent: str, size_eps: float) -> tuple[Floats, Floats]:
    """Weights (m,K) of classes by their sizes, over the largest of their row, and what that is one over, (m,)."""
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


@dataclass(frozen=True)
class _Ratio:
    """L = top / (top + rest) per image, (m,), and the weights of its classes, (m,K); agreement counts `gain` times in rest."""

    top: Floats
    rest: Floats
    weight: Floats
    gain: float

    @property
    def whole(self) -> Floats:
        return self.top + self.rest

    @classmethod
    def of(cls, sums: Sums, form: str, absent: str, smooth: float, gain: float = 1.0, size_eps: float = 0.0) -> _Ratio:
        """All weights are divided by the largest, and smooth with them: the ratio is the same and nothing overflows."""
        weight, scale = _weights(sums["size"], form, absent, size_eps)
        top = (weight * sums["apart"]).sum(1)
        rest = (weight * 2.0 * sums["both"]).sum(1) + smooth * scale
        return cls(top, gain * rest, weight, gain)

    def rows(self) -> Rows:
        return Rows(divide(self.top, self.whole), kept=self.whole != 0)

    def slope(self, scores: Pixels, mask: Mask, background: bool) -> Floats:
        """d(row)/d(scores)."""
        top, rest, whole = self.top[:, None], self.rest[:, None], self.whole[:, None]
        by_apart = spread(self.weight * divide(divide(rest, whole, 0.0), whole, 0.0), scores.classes, background)
        by_both = 2.0 * self.gain * self.weight * divide(divide(top, whole, 0.0), whole, 0.0)
        t = mask.whole
        return scores.pull(by_apart * (1.0 - 2.0 * t) - spread(by_both, scores.classes, background) * t)
