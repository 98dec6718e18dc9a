"""Variants of the IoU loss: penalties on side lengths, powers of IoU, and an intersection extended to disjoint boxes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.detect._box_pair import Columns, Overlap, overlap_of
from losscli.families.detect._iou_terms import (
    PENALTIES,
    center_distance,
    columns,
    d_center_distance,
    d_iou,
    d_size_difference,
    log_iou,
    one_minus_iou,
    plus,
    scaled,
    share,
    size_difference,
    steepness,
)
from losscli.families.detect._signed_intersection import Signed
from losscli.families.detect.family import FAMILY, overlapping
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params


def _efficient(o: Overlap) -> Floats:
    return one_minus_iou(o) + center_distance(o) + size_difference(o)


def _d_efficient(o: Overlap) -> Columns:
    return plus(scaled(-1.0, d_iou(o)), plus(d_center_distance(o), d_size_difference(o)))


@FAMILY.loss("eiou", aliases=("efficient_iou",), cite="Zhang 2022", highest=4.0, reads=overlapping)
def eiou(pred: Floats, target: Floats) -> Floats:
    """IoU loss plus the squared differences of centre, width and height, each relative to the enclosing box.

    Formula: L = 1 - IoU + ρ²/c² + (w - w_g)²/C_w² + (h - h_g)²/C_h², C_w and C_h the sides of the smallest box around both.
    Gradient: that of diou + 2(w - w_g)·dw/C_w² - 2(w - w_g)²·dC_w/C_w³, the same for h. Ties of corners split it; boxes that
    only touch count as disjoint.
    Edge cases: two boxes without area are 0/0 and refused.
    Use when: width and height should each have their own error term, which ciou combines into one aspect ratio.
    Avoid when: an implementation called EIoU is to be matched: mmdetection's is extended_iou.
    Related: ciou compares the ratio of the sides, this the sides; focal_eiou weighs it by IoU^gamma.
    Equivalents: in no released library; YOLO forks' bbox_iou(EIoU=True): `eiou`. mmdetection EIoULoss is `extended_iou`.
    """
    return _efficient(overlap_of(pred, target))


@eiou.gradient
def _eiou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return columns(_d_efficient(overlap_of(pred, target)))


@FAMILY.loss(
    "focal_eiou",
    aliases=("focal_efficient_iou",),
    cite="Zhang 2022",
    highest=4.0,
    frozen=lambda p: not p.weight_grad,
    reads=overlapping,
)
def focal_eiou(
    pred: Floats,
    target: Floats,
    *,
    gamma: Annotated[float, Param("exponent of IoU", ge=0)] = 0.5,
    weight_grad: Annotated[bool, Param("differentiate through the weight instead of holding it constant")] = False,
) -> Floats:
    """Efficient IoU loss (eiou) multiplied by a power of IoU, so that boxes that overlap well weigh more.

    Formula: L = IoU^gamma · L_eiou.
    Gradient: IoU^gamma·dL_eiou, the weight held constant; weight_grad=true: + gamma·IoU^(gamma-1)·L_eiou·dIoU. 0 for disjoint
    boxes.
    Edge cases: disjoint boxes have weight 0, so their loss is 0. Two boxes without area are refused.
    Use when: many poor boxes dominate the gradient of the good ones in training.
    Avoid when: evaluating boxes: a prediction that misses its target costs 0; report eiou as well.
    Related: gamma=0 is eiou; unlike focal, it down-weights the hard rows, not the easy ones.
    Equivalents: in no released library. The value here is a mean over boxes; the paper divides by Σ IoU^gamma.
    """
    o = overlap_of(pred, target)
    return np.asarray(share(o) ** gamma * _efficient(o))


@focal_eiou.gradient
def _focal_eiou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = overlap_of(pred, target)
    held = scaled(share(o) ** p.gamma, _d_efficient(o))
    if not (p.weight_grad and p.gamma):
        return columns(held)
    return columns(held, scaled(steepness(share(o), p.gamma) * _efficient(o), d_iou(o)))


@FAMILY.loss(
    "alpha_iou",
    cite="He 2021",
    highest=3.0,
    scale_free=lambda p: p.base in ("iou", "giou"),
    worst=lambda p: 1.0 + len(PENALTIES[p.base]),
    frozen=lambda p: p.base == "ciou",
    reads=overlapping,
)
def alpha_iou(
    pred: Floats,
    target: Floats,
    *,
    alpha: Annotated[float, Param("exponent of IoU and of each penalty", gt=0)] = 3.0,
    base: Annotated[Literal["iou", "giou", "diou", "ciou"], Param("the loss whose terms are raised to the power")] = "iou",
) -> Floats:
    """An IoU loss with IoU and its penalties raised to a power: alpha > 1 emphasises boxes that are nearly right.

    Formula: L = 1 - IoU^alpha + P^alpha, P = 0 (iou), (C - U)/C (giou), ρ²/c² (diou); ciou adds (α_v·v)^alpha,
    α_v = v/(1 - IoU + v).
    Gradient: -alpha·IoU^(alpha-1)·dIoU + alpha·P^(alpha-1)·dP; ciou's α_v is held constant. Ties of corners split it. Where a term
    is 0 and its slope infinite (alpha < 1) it adds nothing.
    Range: 0 to 1 (iou), 2 (giou, diou) or 3 (ciou).
    Edge cases: two boxes without area are 0/0 and refused.
    Use when: accuracy at high IoU thresholds matters: alpha > 1 gives boxes of high IoU more weight.
    Avoid when: boxes are still far off: alpha > 1 makes the gradient small there.
    Related: alpha=1 is iou, giou, diou or ciou (α_v·v is raised to the power as a whole).
    Equivalents: in no released library; the authors' bbox_alpha_iou: `alpha_iou:alpha=3,base=ciou`.
    """
    o = overlap_of(pred, target, touching=base == "iou")
    value = -np.expm1(alpha * log_iou(o))
    return np.asarray(sum((term(o) ** alpha for term, _ in PENALTIES[base]), start=value))


@alpha_iou.gradient
def _alpha_iou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    o = overlap_of(pred, target, touching=p.base == "iou")
    penalties = (scaled(steepness(term(o), p.alpha), slope(o)) for term, slope in PENALTIES[p.base])
    return columns(scaled(-steepness(share(o), p.alpha), d_iou(o)), *penalties)


@FAMILY.loss(
    "extended_iou",
    cite="Peng 2021",
    highest=2.0,
    worst=lambda p: float(smooth_absolute(np.full(1, 2.0), p.smooth_point)[0]),
    scale_free=lambda p: not p.eps,
    conventions={"mmdet": {"eps": 1e-7}},
)
def extended_iou(
    pred: Floats,
    target: Floats,
    *,
    smooth_point: Annotated[float, Param("the loss is quadratic below this value, linear above", gt=0)] = 0.1,
    eps: Annotated[float, Param("added to the union", ge=0)] = 0.0,
) -> Floats:
    """IoU loss with an intersection that is negative for disjoint boxes, quadratic near zero (mmdetection's EIoULoss).

    Formula: u = 1 - I/(A + B - I + eps), A and B the areas; L = u²/(2s) where u < s, else u - s/2, s = smooth_point. I is the
    intersection; for boxes disjoint along one axis it is the (negative) overlap along that axis times the sum of the distances of
    the inner edges from the corner of the enclosing box along the other; along both, the sum of the two such products.
    Gradient: clip(u/s, 0, 1)·du, du = -((U + I)·dI - I·dA)/U², U = A + B - I + eps. Ties of corners split it.
    Range: 0 to 2 - s/2.
    Edge cases: two boxes without area are 0/0 and refused unless eps > 0.
    Use when: reproducing mmdetection's EIoULoss; boxes may be disjoint.
    Avoid when: the EIoU of the literature (efficient IoU) is meant: use eiou.
    Related: equals iou where boxes overlap, except for the quadratic part; giou measures disjoint boxes by the enclosing box.
    Equivalents: mmdetection EIoULoss, eiou_loss: `extended_iou:eps=1e-7` (its class 1e-6).
    """
    return smooth_absolute(_extended(Signed(pred, target), eps), smooth_point)


def _extended(s: Signed, eps: float) -> Floats:
    return (s.lost + eps) / (s.union + eps)


@extended_iou.gradient
def _extended_iou_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    s = Signed(pred, target)
    union = s.union + p.eps
    scale = smooth_absolute_slope(_extended(s, p.eps), p.smooth_point)
    both = s.areas + p.eps  # union + inter, which would cancel for boxes far apart
    by_parts = ((s.inter / union * da - both / union * di) / union for di, da in zip(s.d_inter, s.d_area, strict=True))
    a, b, c, d = (scale * np.where(s.meets, -met, own) for met, own in zip(d_iou(s, p.eps), by_parts, strict=True))
    return columns((a, b, c, d))
