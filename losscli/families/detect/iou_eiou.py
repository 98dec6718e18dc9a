"""Variants of the IoU loss: penalties on side lengths, powers of IoU, and an intersection extended to disjoint boxes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.detect._box_loss import box_loss
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._dual import Dual
from losscli.families.detect._iou_terms import PENALTIES, center_distance, iou_share, minus_log, one_minus_iou, size_difference
from losscli.families.detect._signed_intersection import one_minus_signed_iou
from losscli.families.detect.family import overlapping
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.spec.loss import Param


@box_loss("eiou", aliases=("efficient_iou",), cite="Zhang 2022", highest=4.0, reads=overlapping)
def eiou(o: Overlap) -> Dual:
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
    return one_minus_iou(o) + center_distance(o) + size_difference(o)


@box_loss(
    "focal_eiou",
    aliases=("focal_efficient_iou",),
    cite="Zhang 2022",
    highest=4.0,
    frozen=lambda p: not p.weight_grad,
    reads=overlapping,
)
def focal_eiou(
    o: Overlap,
    *,
    gamma: Annotated[float, Param("exponent of IoU", ge=0)] = 0.5,
    weight_grad: Annotated[bool, Param("differentiate through the weight instead of holding it constant")] = False,
) -> Dual:
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
    weight = iou_share(o) ** gamma
    loss = one_minus_iou(o) + center_distance(o) + size_difference(o)
    return (weight if weight_grad else weight.held) * loss


@box_loss(
    "alpha_iou",
    cite="He 2021",
    highest=3.0,
    scale_free=lambda p: p.base in ("iou", "giou"),
    worst=lambda p: 1.0 + len(PENALTIES[p.base]),
    frozen=lambda p: p.base == "ciou",
    reads=overlapping,
)
def alpha_iou(
    o: Overlap,
    *,
    alpha: Annotated[float, Param("exponent of IoU and of each penalty", gt=0)] = 3.0,
    base: Annotated[Literal["iou", "giou", "diou", "ciou"], Param("the loss whose terms are raised to the power")] = "iou",
) -> Dual:
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
    share = iou_share(o, touching=base == "iou")
    log = minus_log(share, one_minus_iou(o).value).value
    powered = Dual(-np.expm1(-alpha * log), lambda: (-(share**alpha)).slopes)
    return sum((term(o) ** alpha for term in PENALTIES[base]), start=powered)


@box_loss(
    "extended_iou",
    cite="Peng 2021",
    highest=2.0,
    worst=lambda p: float(smooth_absolute(np.full(1, 2.0), p.smooth_point)[0]),
    scale_free=lambda p: not p.eps,
    conventions={"mmdet": {"eps": 1e-7}},
)
def extended_iou(
    o: Overlap,
    *,
    smooth_point: Annotated[float, Param("the loss is quadratic below this value, linear above", gt=0)] = 0.1,
    eps: Annotated[float, Param("added to the union", ge=0)] = 0.0,
) -> Dual:
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
    lost = one_minus_signed_iou(o, eps)
    value = smooth_absolute(lost.value, smooth_point)
    return lost.chain(value, lambda: smooth_absolute_slope(lost.value, smooth_point))
