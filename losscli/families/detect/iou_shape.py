"""Variants of the IoU loss: costs of angle and shape, weights from the target's shape, and IoU of rescaled boxes."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.families.detect._box_loss import box_loss
from losscli.families.detect._box_pair import Overlap
from losscli.families.detect._dual import Dual
from losscli.families.detect._iou_terms import PENALTIES, distance_cost, one_minus_iou, shape_cost
from losscli.families.detect._scaled_pair import one_minus_inner_iou
from losscli.families.detect.family import FAMILY, overlapping
from losscli.numerics.stable import Floats, divide
from losscli.spec.loss import Param


@box_loss(
    "siou",
    aliases=("scylla_iou",),
    cite="Gevorgyan 2022",
    highest=3.0,
    worst=lambda p: 3.0 if p.paper_sign else 2.0,
    conventions={"mmdet": {"paper_sign": False}},
    reads=overlapping,
)
def siou(
    o: Overlap,
    *,
    theta: Annotated[float, Param("exponent of the shape cost", gt=0)] = 4.0,
    paper_sign: Annotated[bool, Param("false: use the distance cost 2 - Σ e^(+γρ²) and clip the loss to 0 … 2")] = True,
) -> Dual:
    """IoU loss plus a shape cost and a centre-distance cost that depends on the angle between the centres.

    Formula: L = 1 - IoU + (Δ + Ω)/2; Δ = Σ over x and y of 1 - e^(-γρ²), ρ the centre shift over the side of the enclosing box,
    γ = 2 - sin 2α, α the angle between the line of the centres and an axis; Ω = Σ over w and h of (1 - e^-ω)^theta,
    ω = |w - w_g|/max(w, w_g).
    Gradient: -dIoU + dΔ/2 + dΩ/2, through the angle too. Ties of corners split it; boxes that touch count as overlapping; where
    centres differ along one axis only, the slope of the angle along the other is one-sided, as in YOLOv6.
    Edge cases: for equal centres Δ is 0. Two boxes without area are refused.
    Use when: reproducing YOLOv6, or when centres should be aligned along one axis first.
    Avoid when: axis-aligned and diagonal shifts should cost the same: the cost depends on the angle by design.
    Related: diou measures the same shift without the angle; shape_iou has the same shape cost with weights.
    Equivalents: YOLOv6 IOUloss('siou'), mmdetection SIoULoss(neg_gamma=True): `siou` (they add 1e-6 or so to unions and shifts);
    mmdetection's default sign: `siou:paper_sign=false`.
    """
    distance = distance_cost(o, 1.0 if paper_sign else -1.0)
    loss = one_minus_iou(o, touching=True) + 0.5 * (distance + shape_cost(o, theta))
    return loss if paper_sign else loss.clipped(0.0, 2.0)


@box_loss("shape_iou", cite="Zhang 2023", highest=4.0, reads=overlapping)
def shape_iou(
    o: Overlap,
    *,
    scale: Annotated[float, Param("exponent of the target's sides in the axis weights; 0 weights both axes equally", ge=0)] = 0.0,
) -> Dual:
    """IoU loss plus distance and shape costs whose axis weights follow from the shape of the true box.

    Formula: W_w = 2·w_g^scale/(w_g^scale + h_g^scale), W_h = 2 - W_w; L = 1 - IoU + (W_h·Δx² + W_w·Δy²)/c² + Ω/2;
    Ω = (1 - e^-ω_w)⁴ + (1 - e^-ω_h)⁴, ω_w = W_h·|w - w_g|/max(w, w_g), ω_h = W_w·|h - h_g|/max(h, h_g).
    Gradient: -dIoU + that of the distance term (as in diou, per axis) + dΩ/2. Ties of corners split it; boxes that only touch count
    as disjoint.
    Edge cases: a true box that is a point has equal weights. Two boxes without area are refused.
    Use when: objects are long and thin, with scale > 0: an error along the short side costs more.
    Avoid when: scale is left at 0: all weights are then 1, whatever the shape.
    Related: scale=0 is diou + Ω/2; siou has the same Ω without weights.
    Equivalents: in no released library; the authors' shape_iou: `shape_iou`, `shape_iou:scale=1`.
    """
    wide, high = _weights(o, scale)
    x, y = o.even
    distance = (x.shift**2 * high + y.shift**2 * wide) / o.diagonal2
    return one_minus_iou(o) + distance + 0.5 * shape_cost(o, 4.0, (high, wide))


def _weights(o: Overlap, scale: float) -> tuple[Floats, Floats]:
    """The weights W_w and W_h from the target's width and height; they sum to 2."""
    w, h = (axis.target for axis in o.even)
    wide = 2.0 / (1.0 + divide(h, w, 1.0) ** scale)
    high = 2.0 / (1.0 + divide(w, h, 1.0) ** scale)
    return wide, high


@box_loss(
    "inner_iou",
    cite="Zhang 2023",
    highest=4.0,
    scale_free=lambda p: p.base in ("iou", "giou"),
    worst=lambda p: 1.0 if p.base == "iou" else FAMILY.losses[p.base].highest,
    frozen=lambda p: p.base == "ciou",
    reads=overlapping,
)
def inner_iou(
    o: Overlap,
    *,
    ratio: Annotated[float, Param("sides of the inner boxes divided by those of the boxes", gt=0)] = 1.0,
    base: Annotated[
        Literal["iou", "giou", "diou", "ciou", "eiou", "siou"], Param("the loss whose IoU is measured on the inner boxes")
    ] = "iou",
) -> Dual:
    """An IoU loss whose IoU is measured on copies of both boxes scaled about their centres by a ratio.

    Formula: L = L_base + IoU - IoU_inner: 1 - IoU of boxes with sides ratio·w and ratio·h about the same centres, plus the
    penalties of the base loss on the original boxes.
    Gradient: -dIoU_inner, mapped from the inner corners to the corners, + that of the penalties; ciou's alpha is held constant.
    Ties of corners split it; boxes that only touch count as disjoint.
    Edge cases: two boxes without area are refused.
    Use when: boxes nearly agree (ratio < 1 gives larger gradients there) or are still disjoint (ratio > 1 makes them overlap); the
    paper uses 0.5 to 1.5.
    Avoid when: comparing values across ratios: they are not IoUs of the original boxes.
    Related: ratio=1 is the base loss.
    Equivalents: in no released library; YOLO forks' inner_iou: `inner_iou:ratio=0.7`,
    `inner_iou:ratio=0.7,base=ciou`.
    """
    return sum((term(o) for term in PENALTIES[base]), start=one_minus_inner_iou(o, ratio))
