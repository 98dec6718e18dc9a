"""Focal loss: cross-entropy that down-weights easy rows."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import missed
from losscli.families.shared.focal import Alpha, AlphaOn, Renormalize, focal_slopes, focal_terms, label_of, scores_of
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params, Rows

Gamma = Annotated[float, Param("focusing exponent: larger values down-weight easy rows more", ge=0)]
Mode = Annotated[
    Literal["auto", "softmax", "ovr"], Param("one softmax over the classes, or one sigmoid each; auto: ovr for a single score")
]
Normalizer = Annotated[Literal["samples", "positives"], Param("what the mean divides by: the rows, or the positives (at least 1)")]
Floor = Annotated[float | None, Param("lower bound on the logarithms", le=0)]
Classes = Annotated[
    Literal["sum", "mean"], Param("how a row's classes are combined; a softmax has one nonzero term, which mean divides by C")
]
Eps = Annotated[float, Param("clip p to [eps, 1-eps]; with sigmoids only inside the logarithms", ge=0, lt=0.5, example="0.01")]


@FAMILY.loss(
    "focal",
    aliases=("sigmoid_focal", "focal_softmax"),
    cite="Lin 2017",
    scores=scores_of,
    label=label_of,
    conventions={
        "torchvision": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "keras": {"alpha": 0.25, "alpha_on": "all", "eps": 1e-7, "renormalize": True},
        "monai": {"alpha_on": "rest", "classes": "mean", "mode": "ovr"},
        "smp": {"classes": "mean", "mode": "ovr"},
        "kornia": {"alpha_on": "rest", "classes": "mean"},
        "mmdet": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "optax": {"classes": "mean", "mode": "ovr"},
        "ultralytics": {"alpha": 0.25, "classes": "mean", "gamma": 1.5, "mode": "ovr"},
    },
)
def focal(
    scores: Sigmoid | Softmax,
    label: Array,
    *,
    gamma: Gamma = 2.0,
    alpha: Alpha = None,
    alpha_on: AlphaOn = "positives",
    mode: Mode = "auto",
    normalizer: Normalizer = "samples",
    floor: Floor = None,
    eps: Eps = 0.0,
    classes: Classes = "sum",
    renormalize: Renormalize = False,
) -> Rows:
    """Cross-entropy with easy rows down-weighted by (1 - p_t)^gamma.

    Formula: L = -α_t (1 - p_t)^γ log p_t, p_t the probability of the true class, α_t = α for positives and 1 - α for negatives,
    or the true class's entry of a list.
    Gradient: w.r.t. logits: s α_t (1 - p_t)^γ (γ p_t log p_t - (1 - p_t)), s = +1 for positives and -1 for negatives; softmax:
    α_y (γ p_y (1 - p_y)^(γ-1) log p_y - (1 - p_y)^γ)(δ - p). 0 where p_t = 1, also for γ < 1.
    Edge cases: p_t = 0 gives +infinity, which is counted in the report. 1 - p_t is computed from the complement, so confident
    rows stay exact. A single alpha for more than two softmax classes is an error unless alpha_on is set. normalizer=positives
    divides the sum by the number of positives, or by 1 if there are none. Outside the clipping range the gradient is 0.
    Use when: easy negatives far outnumber other rows, as with a detector's anchors.
    Avoid when: labels are noisy, as mislabelled rows get the largest weights; you need calibrated probabilities.
    Related: gamma=0 is ce or bce (with alpha: balanced_bce).
    Equivalents: torchvision sigmoid_focal_loss: `focal:alpha=0.25` (`mode=ovr` for several columns) with --from-logits;
    RetinaNet's normalizer: `focal:alpha=0.25,mode=ovr,normalizer=positives`; Keras CategoricalFocalCrossentropy and
    BinaryFocalCrossentropy: `focal:alpha=0.25,alpha_on=all,eps=1e-7,renormalize=true`, the latter with class balancing
    `focal:alpha=0.25,eps=1e-7`; MONAI FocalLoss, smp FocalLoss, optax sigmoid_focal_loss: `focal:mode=ovr,classes=mean`;
    mmdetection FocalLoss: `focal:alpha=0.25,mode=ovr,classes=mean`; ultralytics FocalLoss, which sums the rows (--reduction
    sum), also has `gamma=1.5`; kornia focal_loss, MONAI with softmax: `focal:classes=mean`, with an alpha:
    `focal:alpha=0.25,alpha_on=rest,classes=mean`.
    """
    values = per_row(focal_terms(scores, label, alpha, alpha_on, gamma=gamma, floor=floor, eps=eps), classes)
    if isinstance(scores, Softmax) and classes == "mean":
        values = values / scores.classes
    if normalizer == "positives":
        return Rows(values, per_row((label > 0).astype(np.float64), "sum"), floor=1.0)
    return Rows(values)


@focal.gradient
def slope_of_focal(scores: Sigmoid | Softmax, label: Array, p: Params) -> Floats:
    slope = focal_slopes(scores, label, p)
    if isinstance(scores, Softmax) and p.classes == "mean":
        return slope / scores.classes
    return share(slope, p.classes)


@focal.parts
def parts_of_focal(scores: Sigmoid | Softmax, label: Array, p: Params) -> dict[str, Floats]:
    """p_t, and the factor by which it down-weights the row."""
    if isinstance(scores, Softmax):
        p_t, wrong = np.exp(scores.log_p_at(label)), scores.q_at(label)
    else:
        p_t = label * scores.p + (1.0 - label) * scores.q
        wrong = missed(scores, label)
    return {"p_t": p_t, "1 - p_t": wrong, "(1 - p_t)^gamma": wrong**p.gamma}
