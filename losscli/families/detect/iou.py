"""Losses on the overlap of two boxes: IoU, GIoU, DIoU and CIoU."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.detect._box_loss import box_loss, measured
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._dual import Dual
from losscli.families.detect._iou_terms import (
    Aspect,
    EpsTerms,
    center_distance,
    hull_waste,
    iou_share,
    minus_log,
    one_minus_iou,
    value_of,
)
from losscli.families.detect.family import FAMILY
from losscli.numerics.stable import Floats, divide
from losscli.spec.loss import Param, Params, Rows

Eps = Annotated[float, Param("added to the union, to the hull and to the squared diagonal", ge=0)]
EpsForm = Annotated[Literal["add", "floor"], Param("add eps to each area, or use it as the minimum of each area")]
FLOAT32_EPS = 2.0**-23
"""The distance from 1 to the next float32: the eps that MONAI adds."""
HeightEps = Annotated[float, Param("added to the height of both boxes in the union", ge=0, example="0.1")]


@FAMILY.loss(
    "iou",
    aliases=("jaccard", "unitbox"),
    cite="Jaccard 1912; log form: Yu 2016",
    scale_free=lambda p: not (p.offset or p.eps or p.height_eps),
    worst=lambda p: _without_overlap(p.form, p.clip),
    conventions={
        "torchvision": {},
        "monai": {"eps": FLOAT32_EPS},
        "mmdet": {"form": "log", "clip": 1e-6, "eps": 1e-6, "eps_form": "floor"},
        "ultralytics": {"eps": 1e-7, "height_eps": 1e-7},
    },
)
def iou(
    pred: Floats,
    target: Floats,
    *,
    form: Annotated[Literal["linear", "log", "square"], Param("1 - IoU, -log IoU or 1 - IoU²")] = "linear",
    clip: Annotated[float | None, Param("lower bound of IoU", gt=0, lt=1, example="0.3")] = None,
    empty: Annotated[
        Literal["error", "perfect", "one", "skip", "nan"],
        Param("loss of two boxes without area: 0 (perfect), 1 (one), left out (skip), nan, or an error"),
    ] = "error",
    offset: Annotated[int, Param("added to widths and heights, overlap included; 1 for inclusive pixels", ge=0, le=1)] = 0,
    eps: Annotated[float, Param("added to the union, or its minimum (see eps_form)", ge=0, example="0.5")] = 0.0,
    eps_form: EpsForm = "add",
    height_eps: HeightEps = 0.0,
) -> Rows:
    """1 minus the intersection over union (IoU) of two boxes.

    Formula: IoU = max(|P∩G| / |P∪G|, clip); L = 1 - IoU; form=log: -log IoU; form=square: 1 - IoU². eps is added to the union,
    or floors it (eps_form=floor).
    Gradient: dIoU = ((U+I)·dI - I·dA) / U², A the prediction's area: L' = -dIoU; log: -dIoU/IoU; square: -2·IoU·dIoU; 0 below the
    clip. Ties of corners split it; boxes that touch count as overlapping; 0 for disjoint boxes.
    Range: 0 to 1; form=log without clip reaches infinity for boxes that do not meet.
    Edge cases: two boxes without area are 0/0: `empty` decides (perfect: 0, one: 1, skip: left out, nan, error), unless eps > 0.
    Use when: boxes are evaluated by IoU and already overlap.
    Avoid when: boxes may be disjoint: the loss is then 1 and its gradient 0 at any distance; use giou or diou.
    Related: giou = iou + the uncovered share of the enclosing box; diou = iou + a centre-distance term; jaccard in segment is the
    same on masks.
    Equivalents: mmdetection IoULoss: `iou:form=log,clip=1e-6,eps=1e-6,eps_form=floor` (its default; form=linear, square);
    torchvision 1 - box_iou: `iou`; MONAI's box_iou: `iou:eps=1.1920928955078125e-07`; ultralytics 1 - bbox_iou:
    `iou:eps=1e-7,height_eps=1e-7`; Pascal VOC's inclusive pixels: `iou:offset=1`.
    """
    o = measured(pred, target, Params({"offset": offset, "eps": eps, "height_eps": height_eps}))
    extra = EpsTerms(o, eps, eps_form, height_eps, touching=True)
    loss = _formed(o, extra, form, clip)
    nothing = o.union + value_of(extra.union) == 0.0
    if not nothing.any():
        return Rows(loss.value)
    values = np.where(nothing, {"perfect": 0.0, "one": 1.0}.get(empty, np.nan), loss.value)
    return Rows(values, kept=~nothing if empty == "skip" else None)


def _without_overlap(form: str, clip: float | None) -> float | None:
    """The loss of boxes that do not meet; None where it is infinite."""
    if form == "log":
        return None if clip is None else -float(np.log(clip))
    return 1.0 if clip is None else 1.0 - (clip if form == "linear" else clip * clip)


def _formed(o: Overlap, extra: EpsTerms, form: str, clip: float | None) -> Dual:
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = one_minus_iou(o, extra, touching=True)
        if form == "linear":
            return lost if clip is None else lost.clipped(None, 1.0 - clip)
        share = iou_share(o, extra, touching=True)
        if form == "square":
            square = Dual(lost.value * (1.0 + share.value), lambda: (-(share**2)).slopes)
            return square if clip is None else square.clipped(None, 1.0 - clip * clip)
        if clip is None:
            return minus_log(share, lost.value)
        return minus_log(share.clipped(clip, None), lost.value).clipped(None, -float(np.log(clip)))


@iou.gradient
def _iou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = measured(pred, target, p)
    extra = EpsTerms(o, p.eps, p.eps_form, p.height_eps, touching=True)
    return o.gradient(_formed(o, extra, p.form, p.clip))


@box_loss(
    "giou",
    aliases=("generalized_iou",),
    cite="Rezatofighi 2019",
    highest=2.0,
    scale_free=lambda p: not (p.eps or p.height_eps),
    conventions={
        "torchvision": {"eps": 1e-7},
        "monai": {"eps": FLOAT32_EPS},
        "mmdet": {"eps": 1e-7, "eps_form": "floor"},
        "ultralytics": {"eps": 1e-7, "height_eps": 1e-7},
    },
)
def giou(o: Overlap, *, eps: Eps = 0.0, eps_form: EpsForm = "add", height_eps: HeightEps = 0.0) -> Dual:
    """1 minus the generalised IoU (GIoU): the IoU loss plus the share of the enclosing box that neither box covers.

    Formula: L = 1 - I/(U+eps) + (C - U)/(C+eps), C the area of the smallest box around both; eps_form=floor: max(U, eps) for U
    and max(C, eps) for C.
    Gradient: -dIoU + (dC - dU)/(C+eps) - (C - U)·dC/(C+eps)². Ties of corners split it; boxes that only touch count as disjoint.
    Edge cases: two boxes without area are 0/0 and refused unless eps > 0; then they give 1 plus the term of the enclosing box.
    Use when: boxes may be disjoint: the gradient still moves them together, where that of iou is 0.
    Avoid when: one box lies inside the other: the loss equals iou and does not depend on the position inside; use diou or ciou.
    Related: iou ≤ giou ≤ iou + 1; diou uses the distance between the centres instead of the area of the enclosing box.
    Equivalents: torchvision generalized_box_iou_loss, fvcore giou_loss: `giou:eps=1e-7`; TensorFlow Addons: `giou`; MONAI
    BoxGIoULoss: `giou:eps=1.1920928955078125e-07`; mmdetection giou_loss: `giou:eps=1e-7,eps_form=floor` (its class 1e-6);
    ultralytics bbox_iou(GIoU=True): `giou:eps=1e-7,height_eps=1e-7`.
    """
    extra = EpsTerms(o, eps, eps_form, height_eps)
    return one_minus_iou(o, extra) + hull_waste(o, extra)


@box_loss(
    "diou",
    aliases=("distance_iou",),
    cite="Zheng 2020",
    highest=2.0,
    conventions={"torchvision": {"eps": 1e-7}, "mmdet": {"eps": 1e-7}, "ultralytics": {"eps": 1e-7, "height_eps": 1e-7}},
)
def diou(o: Overlap, *, eps: Eps = 0.0, height_eps: HeightEps = 0.0) -> Dual:
    """IoU loss plus the squared distance between the centres, divided by the squared diagonal of the enclosing box.

    Formula: L = 1 - I/(U+eps) + ρ²/(c²+eps), ρ the distance between the centres, c the diagonal of the smallest box around both.
    Gradient: -dIoU + dρ²/(c²+eps) - ρ²·dc²/(c²+eps)². Ties of corners split it; boxes that only touch count as disjoint.
    Edge cases: two boxes without area are 0/0 and refused unless eps > 0.
    Use when: boxes may be disjoint or nested: the gradient moves the centres together directly; training converges faster than
    with giou.
    Avoid when: the centres agree and only the shape differs: the loss equals iou; ciou adds the aspect ratio.
    Related: ciou = diou + an aspect-ratio term; giou uses the area of the enclosing box; diou equals iou for equal centres.
    Equivalents: torchvision distance_box_iou_loss, mmdetection DIoULoss: `diou:eps=1e-7` (mmdetection's class 1e-6);
    ultralytics bbox_iou(DIoU=True): `diou:eps=1e-7,height_eps=1e-7`.
    """
    return one_minus_iou(o, EpsTerms(o, eps, height_eps=height_eps)) + center_distance(o, eps)


@box_loss(
    "ciou",
    aliases=("complete_iou",),
    cite="Zheng 2020; gate: Zheng 2021",
    highest=3.0,
    frozen=lambda p: not p.alpha_grad,
    conventions={
        "torchvision": {"eps": 1e-7},
        "mmdet": {"gate": 0.5, "eps": 1e-7, "aspect_eps": 1e-7},
        "ultralytics": {"eps": 1e-7, "aspect_eps": 1e-7, "height_eps": 1e-7},
    },
)
def ciou(
    o: Overlap,
    *,
    gate: Annotated[float | None, Param("apply the aspect term only where IoU > gate", ge=0, le=1)] = None,
    alpha_grad: Annotated[bool, Param("differentiate through alpha instead of holding it constant")] = False,
    eps: Annotated[float, Param("as in giou, and in the denominator of alpha", ge=0)] = 0.0,
    aspect_eps: Annotated[float, Param("added to both heights inside the arctangents", ge=0)] = 0.0,
    height_eps: HeightEps = 0.0,
) -> Dual:
    """Distance IoU loss (diou) plus a penalty on the difference between the aspect ratios.

    Formula: L = 1 - IoU + ρ²/c² + α·v, v = (4/π²)·(atan(w_g/h_g) - atan(w/h))², α = v/(1 - IoU + v + eps); with a gate α = 0
    where IoU ≤ gate.
    Gradient: that of diou + α·dv, α held constant; alpha_grad=true: + [(2vq + v²)·dv + v²·dIoU]/(q + v)², q = 1 - IoU + eps.
    Boxes that only touch count as disjoint; with a gate, as in mmdetection, as overlapping.
    Edge cases: α = 0 where v = 0 (identical boxes: no 0/0). A box of height 0 has the angle π/2; a box that is a point has no
    aspect ratio and is refused unless aspect_eps > 0.
    Use when: overlap, centre and shape of boxes are optimised together: the usual choice of current detectors.
    Avoid when: boxes are small and normalised: dv has the factor 1/(w² + h²), which exceeds the other terms by far.
    Related: diou lacks the aspect term; ciou:gate=1 is diou; the aspect term never exceeds 1.
    Equivalents: torchvision complete_box_iou_loss, detectron2 ciou_loss: `ciou:eps=1e-7`; mmdetection CIoULoss:
    `ciou:gate=0.5,eps=1e-7,aspect_eps=1e-7` (its class 1e-6); ultralytics: `ciou:eps=1e-7,aspect_eps=1e-7,height_eps=1e-7`.
    """
    lost, aspect = _lost_and_aspect(o, gate, eps, aspect_eps, height_eps)
    return lost + center_distance(o, eps) + aspect.term(alpha_grad)


def _lost_and_aspect(o: Overlap, gate: float | None, eps: float, aspect_eps: float, height_eps: float) -> tuple[Dual, Aspect]:
    extra = EpsTerms(o, eps, height_eps=height_eps, touching=gate is not None)
    lost = one_minus_iou(o, extra, touching=gate is not None)
    gated = None if gate is None else o.inter > gate * (o.union + value_of(extra.union))
    return lost, Aspect(o, lost, gated, eps, aspect_eps)


@iou.parts
def _iou_parts(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    o = measured(pred, target, p)
    return _shared(o, EpsTerms(o, p.eps, p.eps_form, p.height_eps))


@giou.parts
def _giou_parts(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    o = measured(pred, target, p)
    extra = EpsTerms(o, p.eps, p.eps_form, p.height_eps)
    hull = o.hull * o.x.unit * o.y.unit
    return {**_shared(o, extra), "hull": hull, "hull left uncovered": hull_waste(o, extra).value}


@diou.parts
def _diou_parts(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    o = measured(pred, target, p)
    return {**_shared(o, EpsTerms(o, p.eps, height_eps=p.height_eps)), **_centres(o, p.eps)}


@ciou.parts
def _ciou_parts(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    o = measured(pred, target, p)
    _, aspect = _lost_and_aspect(o, p.gate, p.eps, p.aspect_eps, p.height_eps)
    own = {"aspect v": aspect.v, "aspect alpha": aspect.alpha, "aspect term": aspect.term()}
    return {
        **_shared(o, EpsTerms(o, p.eps, height_eps=p.height_eps)),
        **_centres(o, p.eps),
        **{name: term.value for name, term in own.items()},
    }


def _shared(o: Overlap, extra: EpsTerms) -> dict[str, Floats]:
    unit = o.x.unit * o.y.unit
    iou = divide(o.inter, o.union + value_of(extra.union))
    return {"intersection": o.inter * unit, "union": o.union * unit, "IoU": iou}


def _centres(o: Overlap, eps: float) -> dict[str, Floats]:
    unit = o.even[0].unit
    return {
        "distance of the centres": np.sqrt(o.distance2.value) * unit,
        "diagonal of the hull": np.sqrt(o.diagonal2.value) * unit,
        "distance term": center_distance(o, eps).value,
    }
