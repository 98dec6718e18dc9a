"""Losses on the distance between two boxes: IoU bounds per coordinate, corner distances, Gaussians, and Wise-IoU."""

from __future__ import annotations

from collections.abc import Mapping
from math import e
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.detect._box_loss import box_loss
from losscli.families.detect._box_pair import Axis, Overlap, overlap_of
from losscli.families.detect._dual import Dual
from losscli.families.detect._iou_terms import one_minus_iou, side_ratio
from losscli.families.detect.family import FAMILY, overlapping
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.numerics.stable import Floats, divide
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Vector
from losscli.spec.tile import Block


@box_loss(
    "bounded_iou",
    cite="Tychsen-Smith 2018",
    highest=4.0,
    scale_free=lambda p: not p.eps,
    worst=lambda p: (1.0 if p.reduce == "mean" else 4.0) * float(smooth_absolute(np.ones(1), p.beta)[0]),
    conventions={"mmdet": {"eps": 1e-3, "reduce": "mean"}},
)
def bounded_iou(
    o: Overlap,
    *,
    beta: Annotated[float, Param("threshold of the smooth L1 applied to each bound", gt=0)] = 0.2,
    eps: Annotated[float, Param("added to the denominators", ge=0)] = 0.0,
    reduce: Annotated[Literal["sum", "mean"], Param("how the four bounds are combined")] = "sum",
) -> Dual:
    """Smooth L1 of the smallest IoU loss that each centre and size error implies by itself (bounded IoU).

    Formula: u_x = 1 - max(0, (w_g - 2|Δx|)/(w_g + 2|Δx| + eps)), u_w = 1 - min(w_g/(w + eps), w/(w_g + eps)), the same for y and h;
    L = Σ smooth_l1(u, beta).
    Gradient: clip(u/beta, 0, 1)·du. Ties of both sides' bounds split it; 0 where the centre is outside the true box.
    Range: 0 to 4 - 2·beta; reduce=mean: a quarter of it.
    Edge cases: with --degenerate keep a true box without width bounds the centre by 1 unless it is met exactly.
    Use when: each coordinate should have its own error term, on the scale of IoU.
    Avoid when: evaluating boxes: it sums bounds and is not an overlap; use iou.
    Related: smooth_l1 of coordinates is not scale-free; giou, diou and ciou combine the coordinates.
    Equivalents: mmdetection BoundedIoULoss, averaged over four numbers: `bounded_iou:eps=1e-3,reduce=mean`.
    """
    bounds = *(_shift_bound(axis, eps) for axis in (o.x, o.y)), *(side_ratio(axis, eps) for axis in (o.x, o.y))
    x, y, w, h = (_smooth(bound, beta) for bound in bounds)
    total = x + y + (w + h)
    return total if reduce == "sum" else 0.25 * total


def _smooth(bound: Dual, beta: float) -> Dual:
    return bound.chain(smooth_absolute(bound.value, beta), lambda: smooth_absolute_slope(bound.value, beta))


def _shift_bound(a: Axis, eps: float) -> Dual:
    """1 - the highest IoU possible given the shift of the centre: 1 - (w_g - 2|Δx|)/(w_g + 2|Δx| + eps), or 1."""
    away, more = 2.0 * np.abs(a.shift.value), eps / a.unit
    reach = a.target + away + more
    inside = np.where(away < a.target, 1.0, np.where(away == a.target, 0.5, 0.0))
    value = np.where(away < a.target, divide(2.0 * away + more, reach, 0.0), np.where(reach > 0, 1.0, 0.0))
    rise = 2.0 * np.sign(a.shift.value) * inside
    return a.shift.chain(value, lambda: rise * divide(divide(2.0 * a.target + more, reach, 0.0), reach, 0.0))


def _prepare_mpdiou(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Floats, Floats]:
    image = p.image
    if not isinstance(image, str) and len(image) != 2:
        raise UsageError(f"mpdiou: image needs a width and a height, found {len(image)} numbers", fix="write it as image=[640,480]")
    return overlapping(block, loss, p, conventions, watch)


@box_loss("mpdiou", aliases=("minimum_point_distance_iou",), cite="Ma 2023", reads=_prepare_mpdiou)
def mpdiou(
    o: Overlap,
    *,
    image: Annotated[
        Vector | Literal["hull"],
        Param("[width,height] of the image, or hull: those of the smallest box around both", gt=0, example="[640,480]"),
    ],
) -> Dual:
    """IoU loss plus the squared distances between the upper left and the lower right corners, relative to the image size.

    Formula: L = 1 - IoU + (d₁² + d₂²)/(W² + H²), d₁ and d₂ the distances between corresponding corners.
    Gradient: -dIoU + 2(b - b_g)/(W² + H²) for each coordinate b; image=hull: - (d₁² + d₂²)·dc²/c⁴. Ties of corners split it; boxes
    that only touch count as disjoint.
    Edge cases: two boxes without area are refused. `image` is required because papers and forks divide by different sizes.
    Use when: one term should cover errors of centre, width and height.
    Avoid when: images differ in size: one W and H gives small images less weight; use image=hull, or normalised boxes with [1,1].
    Related: diou divides the centre distance by the diagonal of the enclosing box; nwd scales the same four differences by a
    constant of the data set.
    Equivalents: in no released library; the paper, boxes in pixels: `mpdiou:image=[640,480]`, normalised: `mpdiou:image=[1,1]`;
    forks without the image: `mpdiou:image=hull`.
    """
    if isinstance(image, str):
        return one_minus_iou(o) + _corners_off(o) / o.diagonal2
    return one_minus_iou(o) + _corners_off(o, 1.0 / float(np.hypot(*image)))


def _corners_off(o: Overlap, share: float | None = None) -> Dual:
    """The squared distances between corresponding corners, in the unit of `even`, or as shares of a length."""
    scale = 1.0 if share is None else o.even[0].unit * share
    x, y = (_edges_off(axis, scale) for axis in o.even)
    return x + y


def _edges_off(a: Axis, scale: Floats | float) -> Dual:
    low, high = (a.a1 - a.b1) * scale, (a.a2 - a.b2) * scale
    return a.dual(low**2 + high**2, lambda: (2.0 * low * scale, 2.0 * high * scale))


@FAMILY.loss("nwd", aliases=("normalized_wasserstein",), cite="Wang 2021", highest=1.0)
def nwd(
    pred: Floats, target: Floats, *, c: Annotated[float, Param("scale of the distance: the typical size of objects", gt=0)] = 12.8
) -> Floats:
    """1 minus the normalised Wasserstein distance (NWD) of two boxes modelled as Gaussians.

    Formula: L = 1 - e^(-D/c), D = √(Δx² + Δy² + (Δw² + Δh²)/4), Δx, Δy between centres: the Wasserstein distance between Gaussians
    with the boxes' centres and half sides. In corners D² is half the sum of the four squared differences.
    Gradient: e^(-D/c)·(b - b_g)/(2cD) for each coordinate b; 0 for equal boxes.
    Range: 0 to 1.
    Edge cases: boxes without area need no special treatment.
    Use when: objects are only a few pixels wide, where IoU changes abruptly with every pixel.
    Avoid when: objects differ in size: c is one scale for all; or boxes are normalised and c is left at its default in pixels.
    Related: l2 is the unbounded sum of the same squares; mpdiou scales them by the image; probiou is for rotated boxes.
    Equivalents: in no released library; the paper's 1 - NWD on AI-TOD: `nwd`.
    """
    return np.asarray(-np.expm1(-_wasserstein(pred, target) / c))


def _wasserstein(pred: Floats, target: Floats) -> Floats:
    x1, y1, x2, y2 = (pred - target).T
    with np.errstate(over="ignore"):
        squares = x1 * x1 + y1 * y1 + (x2 * x2 + y2 * y2)
    found = np.sqrt(0.5 * squares)
    beyond = ~((squares > 1e-280) & (squares < np.inf))
    if beyond.any():
        found[beyond] = np.sqrt(0.5) * np.hypot(np.hypot(x1, y1), np.hypot(x2, y2))[beyond]
    return found


@nwd.gradient
def _nwd_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    distance = _wasserstein(pred, target)
    scale = np.exp(-distance / p.c) / (2.0 * p.c)
    return scale[:, None] * divide(pred - target, np.broadcast_to(distance[:, None], pred.shape), 0.0)


@box_loss(
    "wiou",
    aliases=("wise_iou",),
    cite="Tong 2023",
    worst=lambda p: e if p.form == "v1" else None,
    frozen=lambda p: True,
    no_curve=lambda p: "its weights depend on the mean over all pairs; set mean=…" if p.form != "v1" and p.mean == "auto" else "",
    reads=overlapping,
)
def wiou(
    o: Overlap,
    *,
    form: Annotated[Literal["v1", "v2", "v3"], Param("weighting: none, monotonic, or towards boxes of medium quality")] = "v1",
    gamma: Annotated[float, Param("exponent of v2", ge=0)] = 0.5,
    alpha: Annotated[float, Param("base of v3's outlier power", gt=0)] = 1.9,
    delta: Annotated[float, Param("the outlier degree at which v3's weight is 1", gt=0)] = 3.0,
    mean: Annotated[float | Literal["auto"], Param("the mean of 1 - IoU; auto: over the whole file", gt=0)] = "auto",
) -> Dual:
    """IoU loss times a centre-distance factor, in v2 and v3 also times a focusing weight from the box's relative IoU loss.

    Formula: v1: L = e^(ρ²/c²)·(1 - IoU); v2: times β^gamma; v3: times β/(delta·alpha^(β - delta)); β = (1 - IoU)/mean.
    Gradient: weight·e^(ρ²/c²)·(-dIoU + (1 - IoU)·dρ²/c²), c² and the weight held constant. Ties of corners split it; boxes that
    only touch count as disjoint.
    Range: v1: 0 to e.
    Edge cases: mean=auto gives 0 if all boxes are perfect. Two boxes without area are refused.
    Use when: labels are poor, and neither the best nor the worst boxes should dominate training (v3).
    Avoid when: comparing a file's value with a training log, whose mean runs over past batches, unless mean= is set to that mean.
    Related: v1 multiplies iou by a distance factor where diou adds a distance term; focal_eiou weights in the opposite direction.
    Equivalents: in no released library; the authors' IouLoss('WIoU'): `wiou:form=v3`, monotonous=True: `wiou:form=v2`,
    monotonous=None: `wiou`, each with its running iou_mean as `mean`.
    """
    lost = one_minus_iou(o)
    distance = o.distance2 / o.diagonal2.held
    factor = distance.chain(np.exp(distance.value), lambda: np.exp(distance.value))
    return factor * lost * _focus(lost.value, form, gamma, alpha, delta, mean)


def _focus(lost: Floats, form: str, gamma: float, alpha: float, delta: float, mean: float | str) -> Floats | float:
    if form == "v1":
        return 1.0
    assert not isinstance(mean, str)
    degree = divide(lost, np.full_like(lost, mean), 0.0)
    return np.asarray(degree**gamma if form == "v2" else degree / delta * alpha ** (delta - degree))


@wiou.fit
def _lost(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    wanted = p.form != "v1" and p.mean == "auto"
    return {"lost": one_minus_iou(overlap_of(pred, target)).value if wanted else np.zeros(len(pred)), "boxes": np.ones(len(pred))}


@wiou.resolve
def _mean(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    if p.mean != "auto":
        return {}
    boxes = float(totals["boxes"][0])
    return {"mean": float(totals["lost"][0]) / boxes if boxes else 0.0}
