"""Losses on the distance between two boxes: IoU bounds per coordinate, corner distances, Gaussians, and Wise-IoU."""

from __future__ import annotations

from collections.abc import Mapping
from math import e
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.detect._box_pair import Axis, Columns, Overlap, overlap_of
from losscli.families.detect._iou_terms import Slopes, center_distance, columns, d_iou, interleaved, one_minus_iou, scaled
from losscli.families.detect.family import FAMILY, overlapping
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.numerics.stable import Floats, divide
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Vector
from losscli.spec.tile import Block


class _Bounds:
    """1 - the highest IoU possible given the shift of the centre along one axis, or given the length of the side."""

    def __init__(self, axis: Axis, eps: float) -> None:
        self.off, self.eps, self.wider = axis.between, eps, axis.wider
        self.pred, self.target = axis.pred, axis.target
        self.away = np.abs(self.off)
        reach = self.target + self.away + eps
        self.shift = np.where(self.away < self.target, divide(2.0 * self.away + eps, reach, 0.0), np.where(reach > 0, 1.0, 0.0))
        self.longer = divide(self.wider + eps, self.pred + eps, 0.0)
        self.shorter = divide(eps - self.wider, self.target + eps, 0.0)
        self.side = np.maximum(self.longer, self.shorter)

    def slopes(self, by_shift: Floats, by_side: Floats) -> Slopes:
        """Turn derivatives by the two bounds into derivatives by the edges; ties are split."""
        reach = self.target + self.away + self.eps
        inside = np.where(self.away < self.target, 1.0, np.where(self.away == self.target, 0.5, 0.0))
        moved = by_shift * np.sign(self.off) * inside * divide(2.0 * self.target + self.eps, reach * reach, 0.0)
        up = divide(self.target, (self.pred + self.eps) ** 2, 0.0)
        down = -divide(np.ones_like(up), self.target + self.eps)
        own = np.where(self.wider > 0, up, np.where(self.wider < 0, down, 0.5 * (up + down)))
        return moved - by_side * own, moved + by_side * own


@FAMILY.loss(
    "bounded_iou",
    cite="Tychsen-Smith 2018",
    highest=4.0,
    scale_free=lambda p: not p.eps,
    worst=lambda p: (1.0 if p.reduce == "mean" else 4.0) * float(smooth_absolute(np.ones(1), p.beta)[0]),
    conventions={"mmdet": {"eps": 1e-3, "reduce": "mean"}},
)
def bounded_iou(
    pred: Floats,
    target: Floats,
    *,
    beta: Annotated[float, Param("threshold of the smooth L1 applied to each bound", gt=0)] = 0.2,
    eps: Annotated[float, Param("added to the denominators", ge=0)] = 0.0,
    reduce: Annotated[Literal["sum", "mean"], Param("how the four bounds are combined")] = "sum",
) -> Floats:
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
    o = overlap_of(pred, target)
    x, y = _Bounds(o.x, eps), _Bounds(o.y, eps)
    shift = smooth_absolute(x.shift, beta) + smooth_absolute(y.shift, beta)
    total = shift + (smooth_absolute(x.side, beta) + smooth_absolute(y.side, beta))
    return total if reduce == "sum" else 0.25 * total


@bounded_iou.gradient
def _bounded_iou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = overlap_of(pred, target)
    x, y = (
        b.slopes(smooth_absolute_slope(b.shift, p.beta), smooth_absolute_slope(b.side, p.beta))
        for b in (_Bounds(o.x, p.eps), _Bounds(o.y, p.eps))
    )
    return columns(scaled(1.0 if p.reduce == "sum" else 0.25, interleaved(x, y)))


def _prepare_mpdiou(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Floats, Floats]:
    image = p.image
    if not isinstance(image, str) and len(image) != 2:
        raise UsageError(f"mpdiou: image needs a width and a height, found {len(image)} numbers", fix="write it as image=[640,480]")
    return overlapping(block, loss, p, conventions, watch)


@FAMILY.loss("mpdiou", aliases=("minimum_point_distance_iou",), cite="Ma 2023", reads=_prepare_mpdiou)
def mpdiou(
    pred: Floats,
    target: Floats,
    *,
    image: Annotated[
        Vector | Literal["hull"],
        Param("[width,height] of the image, or hull: those of the smallest box around both", gt=0, example="[640,480]"),
    ],
) -> Floats:
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
    o = overlap_of(pred, target)
    return one_minus_iou(o) + _corners_off(pred, target) / _extent(o, image)


def _corners_off(pred: Floats, target: Floats) -> Floats:
    u = pred - target
    return np.asarray(u[:, 0] ** 2 + u[:, 1] ** 2 + (u[:, 2] ** 2 + u[:, 3] ** 2))


def _extent(o: Overlap, image: Floats | str) -> Floats | float:
    return o.diagonal2 if isinstance(image, str) else float(image[0] ** 2 + image[1] ** 2)


@mpdiou.gradient
def _mpdiou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = overlap_of(pred, target)
    apart = 2.0 * (pred - target)
    if isinstance(p.image, str):
        apart -= columns(scaled(_corners_off(pred, target) / o.diagonal2, o.d_diagonal2))
    return columns(scaled(-1.0, d_iou(o))) + apart / np.reshape(_extent(o, p.image), (-1, 1))


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


@FAMILY.loss(
    "wiou",
    aliases=("wise_iou",),
    cite="Tong 2023",
    worst=lambda p: e if p.form == "v1" else None,
    frozen=lambda p: True,
    no_curve=lambda p: "its weights depend on the mean over all pairs; set mean=…" if p.form != "v1" and p.mean == "auto" else "",
    reads=overlapping,
)
def wiou(
    pred: Floats,
    target: Floats,
    *,
    form: Annotated[Literal["v1", "v2", "v3"], Param("weighting: none, monotonic, or towards boxes of medium quality")] = "v1",
    gamma: Annotated[float, Param("exponent of v2", ge=0)] = 0.5,
    alpha: Annotated[float, Param("base of v3's outlier power", gt=0)] = 1.9,
    delta: Annotated[float, Param("the outlier degree at which v3's weight is 1", gt=0)] = 3.0,
    mean: Annotated[float | Literal["auto"], Param("the mean of 1 - IoU; auto: over the whole file", gt=0)] = "auto",
) -> Floats:
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
    o = overlap_of(pred, target)
    lost = one_minus_iou(o)
    return np.asarray(_focus(lost, form, gamma, alpha, delta, mean) * np.exp(center_distance(o)) * lost)


def _focus(lost: Floats, form: str, gamma: float, alpha: float, delta: float, mean: float | str) -> Floats | float:
    if form == "v1":
        return 1.0
    assert not isinstance(mean, str)
    degree = divide(lost, np.full_like(lost, mean), 0.0)
    return np.asarray(degree**gamma if form == "v2" else degree / delta * alpha ** (delta - degree))


@wiou.gradient
def _wiou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = overlap_of(pred, target)
    lost = one_minus_iou(o)
    weight = _focus(lost, p.form, p.gamma, p.alpha, p.delta, p.mean) * np.exp(center_distance(o))
    shift: Columns = scaled(lost / o.diagonal2, o.d_distance2)
    return columns(scaled(-weight, d_iou(o)), scaled(weight, shift))


@wiou.fit
def _lost(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    wanted = p.form != "v1" and p.mean == "auto"
    return {"lost": one_minus_iou(overlap_of(pred, target)) if wanted else np.zeros(len(pred)), "boxes": np.ones(len(pred))}


@wiou.resolve
def _mean(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    if p.mean != "auto":
        return {}
    boxes = float(totals["boxes"][0])
    return {"mean": float(totals["lost"][0]) / boxes if boxes else 0.0}
