"""Losses on the overlap of two boxes: IoU and the forms that repair it where boxes do not meet."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.detect._family import FAMILY
from losscli.families.detect._overlap import Overlap, overlap_of
from losscli.families.detect._terms import Aspect, by, columns, d_far, d_iou, d_wasted, far, miss, wasted
from losscli.loss import Param, Rows
from losscli.numeric import Floats, divide

Eps = Annotated[float, Param("added to the union, to the hull and to the squared diagonal", ge=0)]


@FAMILY.loss(
    "iou",
    aliases=("jaccard", "unitbox"),
    cite="Jaccard 1912; log form: Yu 2016",
    conventions={"torchvision": {}, "mmdet": {"form": "log", "clip": 1e-6}},
)
def iou(
    pred: Floats,
    target: Floats,
    *,
    form: Annotated[Literal["linear", "log", "square"], Param("1 - IoU, -log IoU or 1 - IoU²")] = "linear",
    clip: Annotated[float | None, Param("floor of IoU before the logarithm", gt=0, lt=1)] = None,
    empty: Annotated[
        Literal["error", "perfect", "one", "skip", "nan"],
        Param("what two boxes without area count: a loss of 0, of 1, no sample …"),
    ] = "error",
    offset: Annotated[int, Param("added to widths and heights, overlap included; 1 for inclusive pixels", ge=0, le=1)] = 0,
) -> Rows:
    """One minus the share of their joint area that two boxes have in common.

    Formula: IoU = |P∩G| / |P∪G|; L = 1 - IoU; form=log: -log max(IoU, clip); form=square: 1 - IoU².
    Gradient: dIoU = ((U+I)·dI - I·dA) / U², A the prediction's area: L' = -dIoU; log: -dIoU/IoU, 0 below the clip; square:
    -2·IoU·dIoU. Ties of corners split it; boxes that touch take the side where they overlap; 0 for disjoint boxes.
    Range: 0 to 1; form=log without clip reaches infinity for boxes that do not meet.
    Edges: two boxes without area are 0/0: `empty` decides (perfect 0, one 1, skip no sample, nan, error).
    Right: quality is judged by IoU, and boxes already overlap.
    Wrong: boxes may be apart: the loss is 1 and its gradient 0 however far they are; use giou or diou.
    Kin: giou = iou + the hull's uncovered share; diou = iou + centre distance; jaccard in segment is this on masks.
    Equivalents: mmdetection IoULoss: `iou:form=log,clip=1e-6` (its default), `iou:form=square`; torchvision 1 - box_iou: `iou`;
    Pascal VOC's inclusive pixels: `iou:offset=1`.
    """
    o = overlap_of(pred, target, offset)
    nothing = o.union == 0.0
    if not nothing.any():
        return Rows(_shaped(o.alone / o.union, o, form, clip))
    with np.errstate(invalid="ignore"):
        values = _shaped(o.alone / o.union, o, form, clip)
    values[nothing] = {"perfect": 0.0, "one": 1.0}.get(empty, np.nan)
    return Rows(values, kept=~nothing if empty == "skip" else None)


def _shaped(miss: Floats, o: Overlap, form: str, clip: float | None) -> Floats:
    if form == "linear":
        return miss
    with np.errstate(divide="ignore", invalid="ignore"):
        share = o.inter / o.union
        if form == "square":
            return np.asarray(miss * (1.0 + share))
        near = np.where(miss < 0.5, np.log1p(-np.minimum(miss, 0.5)), np.log(share if clip is None else np.maximum(share, clip)))
        return np.asarray(0.0 - (near if clip is None else np.maximum(near, np.log(clip))))


@iou.gradient
def _iou_slope(pred: Floats, target: Floats, *, form: str, clip: float | None, empty: str, offset: int) -> Floats:
    o = overlap_of(pred, target, offset, touching=True)
    slopes = d_iou(o, 0.0)
    if form == "linear":
        return columns(by(-1.0, slopes))
    share = divide(o.inter, o.union, 0.0)
    if form == "square":
        return columns(by(-2.0 * share, slopes))
    reached = np.ones_like(share) if clip is None else (share >= clip).astype(np.float64)
    a, b, c, d = (divide(-s * reached, np.where(reached > 0, share, 1.0), 0.0) for s in slopes)
    return columns((a, b, c, d))


@FAMILY.loss(
    "giou",
    aliases=("generalized_iou",),
    cite="Rezatofighi 2019",
    highest=2.0,
    conventions={"torchvision": {"eps": 1e-7}, "monai": {}, "mmdet": {}},
)
def giou(pred: Floats, target: Floats, *, eps: Eps = 0.0) -> Floats:
    """IoU loss plus the share of the enclosing box that neither box covers.

    Formula: L = 1 - I/(U+eps) + (C - U)/(C+eps), C the area of the smallest box around both.
    Gradient: -dIoU + (dC - dU)/(C+eps) - (C - U)·dC/(C+eps)². Ties of corners split it; boxes that only touch count as apart.
    Edges: two boxes without area are 0/0 and refused unless eps > 0; then they give 1 plus the hull's term.
    Right: boxes may be disjoint: it pulls them together where iou is flat.
    Wrong: one box lies inside the other: it is iou again, blind to where inside; use diou or ciou.
    Kin: iou ≤ giou ≤ iou + 1; diou replaces the area of the hull by the distance of the centres.
    Equivalents: torchvision generalized_box_iou_loss, fvcore giou_loss: `giou:eps=1e-7`; MONAI, TensorFlow Addons: `giou`;
    mmdetection GIoULoss floors the areas by eps instead of adding it: `giou` where no box is that small.
    """
    o = overlap_of(pred, target)
    values = miss(o, eps)
    values += wasted(o, eps)
    return values


@giou.gradient
def _giou_slope(pred: Floats, target: Floats, *, eps: float) -> Floats:
    o = overlap_of(pred, target)
    return columns(by(-1.0, d_iou(o, eps)), d_wasted(o, eps))


@FAMILY.loss(
    "diou",
    aliases=("distance_iou",),
    cite="Zheng 2020",
    highest=2.0,
    conventions={"torchvision": {"eps": 1e-7}, "mmdet": {"eps": 1e-7}},
)
def diou(pred: Floats, target: Floats, *, eps: Eps = 0.0) -> Floats:
    """IoU loss plus the squared distance of the centres, relative to the diagonal of the enclosing box.

    Formula: L = 1 - I/(U+eps) + ρ²/(c²+eps), ρ the distance of the centres, c the diagonal of the smallest box around both.
    Gradient: -dIoU + dρ²/(c²+eps) - ρ²·dc²/(c²+eps)². Ties of corners split it; boxes that only touch count as apart.
    Edges: two boxes without area are 0/0 and refused unless eps > 0.
    Right: boxes may be disjoint or nested: it moves centres together directly and converges faster than giou.
    Wrong: the centres agree and only the shape is off: it is iou again; ciou adds the aspect ratio.
    Kin: ciou = diou + aspect term; giou measures the hull by area; iou is what remains for equal centres.
    Equivalents: torchvision distance_box_iou_loss, mmdetection DIoULoss: `diou:eps=1e-7` (mmdetection's class 1e-6).
    """
    o = overlap_of(pred, target)
    return miss(o, eps) + far(o, eps)


@diou.gradient
def _diou_slope(pred: Floats, target: Floats, *, eps: float) -> Floats:
    o = overlap_of(pred, target)
    return columns(by(-1.0, d_iou(o, eps)), d_far(o, eps))


@FAMILY.loss(
    "ciou",
    aliases=("complete_iou",),
    cite="Zheng 2020; gate: Zheng 2021",
    highest=3.0,
    frozen=lambda params: not params["alpha_grad"],
    conventions={
        "torchvision": {"eps": 1e-7},
        "mmdet": {"gate": 0.5, "eps": 1e-7, "aspect_eps": 1e-7},
        "ultralytics": {"eps": 1e-7, "aspect_eps": 1e-7},
    },
)
def ciou(
    pred: Floats,
    target: Floats,
    *,
    gate: Annotated[float | None, Param("the aspect term counts where IoU > gate", ge=0, le=1)] = None,
    alpha_grad: Annotated[bool, Param("the gradient goes through alpha too")] = False,
    eps: Annotated[float, Param("as in giou, and in the denominator of alpha", ge=0)] = 0.0,
    aspect_eps: Annotated[float, Param("added to both heights inside the arctangents", ge=0)] = 0.0,
) -> Floats:
    """Distance IoU loss plus a penalty on the difference of the aspect ratios.

    Formula: L = 1 - IoU + ρ²/c² + α·v, v = (4/π²)·(atan(w_g/h_g) - atan(w/h))², α = v/(1 - IoU + v + eps); with a gate α = 0
    where IoU ≤ gate.
    Gradient: that of diou + α·dv, α held constant; alpha_grad=true: + [(2vq + v²)·dv + v²·dIoU]/(q + v)², q = 1 - IoU + eps.
    Boxes that only touch count as apart; with a gate, as in the code it comes from, as overlapping.
    Edges: α = 0 where v = 0 (identical boxes: no 0/0). A box without height has the angle π/2; one that is a point has no
    aspect and is refused unless aspect_eps > 0.
    Right: regression of boxes by overlap, centre and shape at once: the usual choice of current detectors.
    Wrong: small normalised boxes: dv carries 1/(w² + h²) and dwarfs the other terms.
    Kin: diou without the aspect term; ciou:gate=1 is diou; the term never exceeds 1.
    Equivalents: torchvision complete_box_iou_loss, detectron2 ciou_loss: `ciou:eps=1e-7`; mmdetection CIoULoss:
    `ciou:gate=0.5,eps=1e-7,aspect_eps=1e-7` (its class 1e-6); ultralytics: `ciou:eps=1e-7,aspect_eps=1e-7`.
    """
    o = overlap_of(pred, target)
    return miss(o, eps) + far(o, eps) + Aspect(o, gate, eps, aspect_eps).term


@ciou.gradient
def _ciou_slope(pred: Floats, target: Floats, *, gate: float | None, alpha_grad: bool, eps: float, aspect_eps: float) -> Floats:
    o = overlap_of(pred, target, touching=gate is not None)
    aspect = Aspect(o, gate, eps, aspect_eps)
    return columns(by(-1.0, d_iou(o, eps)), d_far(o, eps), aspect.pull(alpha_grad))


@iou.parts
def _iou_parts(pred: Floats, target: Floats, *, offset: int, **_: object) -> dict[str, Floats]:
    o = overlap_of(pred, target, offset)
    return {"intersection": o.inter, "union": o.union, "IoU": divide(o.inter, o.union)}


@giou.parts
def _giou_parts(pred: Floats, target: Floats, *, eps: float) -> dict[str, Floats]:
    o = overlap_of(pred, target)
    return {**_shared(o, eps), "hull": o.hull, "hull left uncovered": wasted(o, eps)}


@diou.parts
def _diou_parts(pred: Floats, target: Floats, *, eps: float) -> dict[str, Floats]:
    o = overlap_of(pred, target)
    return {**_shared(o, eps), **_centres(o, eps)}


@ciou.parts
def _ciou_parts(
    pred: Floats, target: Floats, *, gate: float | None, eps: float, aspect_eps: float, **_: object
) -> dict[str, Floats]:
    o = overlap_of(pred, target)
    aspect = Aspect(o, gate, eps, aspect_eps)
    return {**_shared(o, eps), **_centres(o, eps), "aspect v": aspect.v, "aspect alpha": aspect.alpha, "aspect term": aspect.term}


def _shared(o: Overlap, eps: float) -> dict[str, Floats]:
    return {"intersection": o.inter, "union": o.union, "IoU": divide(o.inter, o.union + eps)}


def _centres(o: Overlap, eps: float) -> dict[str, Floats]:
    return {
        "distance of the centres": np.sqrt(o.distance2),
        "diagonal of the hull": np.sqrt(o.diagonal2),
        "distance term": far(o, eps),
    }
