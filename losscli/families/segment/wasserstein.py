"""The generalized Wasserstein Dice loss, in which confusions are weighted by distances between classes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.core.records import replace
from losscli.families.segment._per_class import PerClass, ratio
from losscli.families.segment._region_sums import Mask, Pixels
from losscli.families.segment.family import FAMILY, regions
from losscli.numerics.stable import Array, Floats
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Matrix, Param, Params, Rows, Vector
from losscli.spec.tile import Block

Distance = Annotated[
    Matrix | Vector,
    Param(
        "(C,C) distances between classes, one row per true class, or its C·C numbers row by row; scaled to a maximum of 1",
        example="[0,1,1,1,1,0,0.5,0.3,1,0.5,0,0.8,1,0.3,0.8,0]",
    ),
]


def _distances(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Pixels, Mask]:
    scores, mask = regions(block, loss, p, conventions, watch, complement=True)
    m, classes = np.asarray(p.distance, np.float64), scores.classes
    if m.size != classes * classes:
        raise UsageError(f"wasserstein_dice: distance has {m.size} numbers but {classes} classes need {classes} × {classes}")
    m = m.reshape(classes, classes)
    if not np.isfinite(m).all() or m.min() < 0 or m.max() == 0 or np.diagonal(m).any():
        raise UsageError(
            "wasserstein_dice: distances must be finite, positive between classes, and 0 on the diagonal",
            fix="give a (C,C) matrix with one row per true class: distance=@m.npy",
        )
    return scores, mask


@FAMILY.loss(
    "wasserstein_dice",
    aliases=("generalized_wasserstein_dice",),
    cite="Fidon et al. 2017",
    highest=1.0,
    scores="softmax",
    label="distribution",
    conventions={"monai": {}},
    reads=_distances,
    classless="it weighs confusions between classes by their distances",
)
def wasserstein_dice(
    scores: Pixels,
    mask: Mask,
    *,
    distance: Distance,
    weighting: Annotated[
        Literal["default", "gdl"], Param("count agreement for all classes but 0; or weight each class by 1/(pixels + 1)")
    ] = "default",
    smooth: Annotated[float, Param("added to numerator and denominator of the score", ge=0)] = 1e-5,
    empty: Annotated[
        Literal["perfect", "one", "skip", "nan"], Param("0/0: loss 0, loss 1, left out of the mean, or nan")
    ] = "perfect",
) -> Rows:
    """1 minus a Dice score in which confusions are weighted by given distances between classes.

    Formula: δ(x) = Σ_c M[y,c] p_c(x), the distance of a pixel's prediction from its class y. L = Σ δ / (2 TP + Σ δ + s) with
    TP = Σ_{y>0} (1 - δ); weighting=gdl: L = Σ a_y δ / (Σ a_y (2 - δ) + s), a_y = 1 / (pixels of y in the image + 1). That is
    one minus the score (2 TP + s) / (2 TP + Σ δ + s).
    Gradient: dL/dδ M[y,c] for class c of every pixel.
    Edge cases: s = 1e-5 is part of the authors' implementation. With smooth=0 and the default weighting, an image with only
    class 0 in mask and prediction is 0/0, handled by `empty` (0 by default); with errors its loss is 1. For soft masks δ is
    averaged over the target classes.
    Use when: some confusions are worse than others, as in tissue hierarchies.
    Avoid when: all confusions are equally bad (use dice); images may have no foreground.
    Related: with M = 1 off the diagonal, δ = 1 - p_y, and for one region it is dice apart from errors on the background.
    Equivalents: MONAI GeneralizedWassersteinDiceLoss: `wasserstein_dice:distance=@m.npy` (weighting_mode='GDL':
    weighting=gdl).
    """
    return _score(scores, mask, distance, weighting, smooth, empty).rows()


@wasserstein_dice.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    m = _scaled(p.distance, scores.classes)
    found = _score(scores, mask, p.distance, p.weighting, p.smooth, p.empty)
    return scores.pull(np.einsum("nl,nlp,lc->ncp", found.by["errors"], mask.whole, m))


def _scaled(distance: Array, classes: int) -> Floats:
    """The matrix, scaled to a maximum of 1."""
    m = np.asarray(distance, np.float64).reshape(classes, classes)
    return m / m.max()


def _score(scores: Pixels, mask: Mask, distance: Array, weighting: str, smooth: float, empty: str) -> PerClass:
    """L per image, (n,1), and its derivative with respect to each class's errors Σ_x t_l δ_l."""
    m, t = _scaled(distance, scores.classes), mask.whole
    met = np.einsum("nlp,ncp->nlc", t, scores.whole.p)
    errors, size = (m * met).sum(2), t.sum(2)
    if weighting == "gdl":
        wrong = right = 1.0 / (size + 1.0)
    else:
        wrong, right = np.ones_like(size), np.broadcast_to(np.arange(scores.classes) > 0, size.shape) * 1.0
    sums = {"apart": wrong * errors, "both": right * (size - errors), "size": size}
    found = ratio(sums, 2.0, smooth=smooth, classes="pooled", empty=empty)
    return replace(found, by={"errors": found.by["apart"] * wrong - found.by["both"] * right})
