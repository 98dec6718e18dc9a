"""Losses based on distances of pixels from the border of the mask. Distance maps are held constant in gradients."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.segment._class_means import over_pixels, per_image
from losscli.families.segment._distance_transform import Spacing, bordered, signed, unsigned
from losscli.families.segment._per_class import PerClass
from losscli.families.segment._region_sums import Mask, Pixels, Sums, difference, first_class
from losscli.families.segment.dice import Background
from losscli.families.segment.family import FAMILY, REGIONS
from losscli.numerics.stable import Array, Floats, divide
from losscli.spec.loss import Param, Params, Rows

_GRIDS = {**REGIONS, "reads": bordered}

Exponent = Annotated[float, Param("exponent of the distances", gt=0)]


@FAMILY.loss(
    "boundary",
    aliases=("boundary_kervadec", "surface"),
    cite="Kervadec et al. 2019",
    lowest=None,
    conventions={"monai": {}},
    **_GRIDS,
)
def boundary(scores: Pixels, mask: Mask, *, spacing: Spacing = None, background: Background = True) -> Rows:
    """Boundary loss: mean of predicted probabilities times the signed distance of each pixel from the mask's border.

    Formula: L = mean over pixels and classes of φ p; φ = d outside a region, d the distance to its nearest pixel, and -(d - 1)
    inside, d the distance to the nearest pixel outside; distances measured with `spacing`. Averaged over images.
    Gradient: φ / (pixels · classes); φ depends on the mask only.
    Range: any number; the minimum is reached if exactly the regions of the mask are predicted.
    Edge cases: φ = 0 for a class that is empty or fills the image. Soft masks are thresholded at ½. Ignored pixels are on neither
    side of a border. Requires SciPy (extra `distance`).
    Use when: you add it to an overlap loss, for thin or tiny regions whose border matters.
    Avoid when: it would be the only term, as empty predictions are nearly optimal for small regions; images of different sizes
    are compared.
    Related: hausdorff_dt weights squared errors by the distances to both borders; boundary_dou counts border pixels.
    Equivalents: MONAI BoundaryLoss: `boundary` (include_background=False: background=false). SegLossOdyssey BDLoss takes
    precomputed maps. mmsegmentation's BoundaryLoss is a cross-entropy of edges and has no recipe.
    """
    phi = _phi(scores, mask, spacing, background)
    field = phi * scores.whole.p
    first = first_class(scores.classes, background)
    return Rows(
        field.reshape(len(phi), -1).sum(1) / _terms(scores, mask, background),
        kept=mask.some,
        classes=lambda: over_pixels(field[:, first:], mask),
    )


@boundary.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    return scores.pull(_phi(scores, mask, p.spacing, p.background) / _terms(scores, mask, p.background)[:, None, None])


def _terms(scores: Pixels, mask: Mask, background: bool) -> Floats:
    """The number of pixels of each image, at least 1, times the number of classes averaged over."""
    return np.maximum(mask.pixels, 1.0) * (scores.classes - first_class(scores.classes, background))


def _phi(scores: Pixels, mask: Mask, spacing: Array | None, background: bool) -> Floats:
    phi = signed(mask.whole > 0.5, mask, spacing)
    phi[:, : first_class(scores.classes, background)] = 0.0
    return phi


@FAMILY.loss(
    "hausdorff_dt", aliases=("hausdorff",), cite="Karimi and Salcudean 2020", conventions={"monai": {"background": False}}, **_GRIDS
)
def hausdorff_dt(
    scores: Pixels, mask: Mask, *, alpha: Exponent = 2.0, spacing: Spacing = None, background: Background = True
) -> Rows:
    """Hausdorff loss by distance transform: squared errors weighted by distances from the borders of mask and prediction.

    Formula: L = mean over pixels and classes of (p - t)² (d_p^α + d_t^α), d_p and d_t each pixel's distance to the other side
    of the border of {p > ½} and of {t > ½}, measured with `spacing`. Averaged over images.
    Gradient: 2 (p - t) (d_p^α + d_t^α) / (pixels · classes); the distances are held constant (they change only where a
    probability crosses ½).
    Edge cases: d = 0 for a region that is empty or fills the image, so errors below ½ on an empty mask have zero loss. Ignored
    pixels are on neither side of a border. Requires SciPy (extra `distance`).
    Use when: results are evaluated by Hausdorff distance and predictions are already roughly right.
    Avoid when: training has just begun and nothing is above ½; masks are noisy, as a single distant wrong pixel dominates.
    Related: hausdorff_er needs no distance transform; log_hausdorff_dt is its logarithm; boundary is linear in p.
    Equivalents: MONAI HausdorffDTLoss: `hausdorff_dt:background=false` (include_background=True: `hausdorff_dt`; alpha of the same
    name). SegLossOdyssey HausdorffDTLoss: `hausdorff_dt`.
    """
    found = _means(scores, mask, alpha=alpha, spacing=spacing, background=background)
    return Rows(found.mean(1), kept=mask.some, classes=lambda: per_image(found, mask))


@hausdorff_dt.gradient
def _(scores: Pixels, mask: Mask, p: Params) -> Floats:
    gap, far = _errors(scores, mask, **p)
    return scores.pull(2.0 * gap * far / _terms(scores, mask, p.background)[:, None, None])


def _errors(
    scores: Pixels, mask: Mask, *, alpha: float, spacing: Array | None, background: bool, **_: Any
) -> tuple[Floats, Floats]:
    """p - t and the weight of its square, (n,C,P); 0 for a background left out."""
    t = mask.whole
    far = unsigned(scores.whole.p > 0.5, mask, spacing) ** alpha + unsigned(t > 0.5, mask, spacing) ** alpha
    far[:, : first_class(scores.classes, background)] = 0.0
    return difference(scores.whole, t), far


def _means(scores: Pixels, mask: Mask, **p: Any) -> Floats:
    """The mean over pixels per included class, (n,K)."""
    gap, far = _errors(scores, mask, **p)
    found = (np.square(gap) * far).sum(-1) / np.maximum(mask.pixels, 1.0)[:, None]
    return found[:, first_class(scores.classes, p["background"]) :]


@FAMILY.loss(
    "log_hausdorff_dt",
    aliases=("log_hausdorff",),
    cite="Karimi and Salcudean 2020",
    unit="pool",
    pooled=lambda p: p.power == "mean",
    conventions={"monai": {"background": False, "power": "mean"}},
    **{**_GRIDS, "by_class": "sums"},
)
def log_hausdorff_dt(
    scores: Pixels,
    mask: Mask,
    *,
    alpha: Exponent = 2.0,
    spacing: Spacing = None,
    background: Background = True,
    power: Annotated[
        Literal["class", "mean"], Param("apply the logarithm per class and image, or to the mean over all classes and images")
    ] = "class",
) -> dict[str, Floats]:
    """Logarithm of 1 plus the Hausdorff loss (distance transform), which limits the effect of distant errors.

    Formula: L = ln(1 + H), H the hausdorff_dt loss per class and image; averaged over classes, then over images. power=mean:
    ln(1 + the mean over classes and images).
    Gradient: dH/dp / (1 + H); distances are held constant.
    Edge cases: as hausdorff_dt.
    Use when: images are large and squared distances reach thousands.
    Avoid when: you need values that read as distances.
    Related: hausdorff_dt is the same without the logarithm.
    Equivalents: MONAI LogHausdorffDTLoss: `log_hausdorff_dt:background=false,power=mean`.
    """
    found = _means(scores, mask, alpha=alpha, spacing=spacing, background=background)
    some = np.minimum(mask.pixels, 1.0)[:, None]
    return {"far": found, "some" if power == "class" else "count": some}


@log_hausdorff_dt.finish
def _(sums: Sums, p: Params) -> Rows:
    if "count" in sums:
        return Rows(np.log1p(divide(sums["far"], sums["count"]).mean(1)), kept=sums["count"][:, 0] > 0)
    return Rows(np.log1p(sums["far"]).mean(1), kept=sums["some"][:, 0] > 0)


@log_hausdorff_dt.gradient
def _(scores: Pixels, mask: Mask, sums: Sums, p: Params) -> Floats:
    gap, far = _errors(scores, mask, **p)
    slope = 2.0 * gap * far / np.maximum(mask.pixels, 1.0)[:, None, None]
    if "count" in sums:
        count = max(1.0, float(sums["count"][0, 0]))
        classes = scores.classes - first_class(scores.classes, p.background)
        return scores.pull(slope / (classes * count * (1.0 + float(sums["far"][0].mean()) / count)))
    own = sums["far"]
    nothing = np.zeros(own.shape, bool)
    logged = PerClass.of(np.log1p(own), {"far": 1.0 / (1.0 + own)}, undefined=nothing, missing=nothing)
    return scores.pull(logged.by_sum(scores.classes, p.background)["far"] * slope)
