"""Focal loss: cross-entropy whose easy rows fade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families._entropy import focal_binary, focal_binary_slope, focal_softmax, focal_softmax_slope
from losscli.families._scores import Sigmoid, Softmax
from losscli.families.classify._family import FAMILY, per_row, share
from losscli.loss import Param, Rows, Vector
from losscli.numeric import Array, Floats, times

Alpha = Annotated[
    float | Vector | None, Param("weight of positives, 1 - alpha of negatives; a list is one weight per class", ge=0, le=1)
]
Gamma = Annotated[float, Param("how fast easy rows fade", ge=0)]
Mode = Annotated[
    Literal["auto", "softmax", "ovr"], Param("several classes as one softmax, or one sigmoid each; auto: one score ovr")
]
Normalizer = Annotated[Literal["samples", "positives"], Param("what the mean divides by: rows, or positives (at least 1)")]
Floor = Annotated[float | None, Param("lower bound of the logarithms", le=0)]
Classes = Annotated[Literal["sum", "mean"], Param("how the classes of a row are combined under ovr")]


def scores_of(params: Mapping[str, Any], classes: int) -> str:
    """sigmoid for one score or mode=ovr, softmax for several."""
    return "sigmoid" if params["mode"] == "ovr" or (params["mode"] == "auto" and classes == 1) else "softmax"


def label_of(params: Mapping[str, Any], classes: int) -> str:
    """What labels go with the scores."""
    return "unit" if scores_of(params, classes) == "sigmoid" else "class"


def per_class(alpha: Floats | float | None, classes: int) -> Floats | None:
    """Alphas of softmax classes; of two classes a single number is (1 - alpha, alpha)."""
    if alpha is None or isinstance(alpha, np.ndarray):
        return alpha
    return np.array([1.0 - alpha, alpha]) if classes == 2 else np.full(classes, alpha)


def one_score(alpha: Floats | float | None, label: Floats) -> Any:
    """A list of two alphas over one score says what negatives and positives weigh."""
    if isinstance(alpha, np.ndarray) and label.ndim == 1:
        return alpha[1] * label + alpha[0] * (1.0 - label)
    return None


@FAMILY.loss(
    "focal",
    aliases=("sigmoid_focal", "focal_softmax"),
    cite="Lin 2017",
    scores=scores_of,
    label=label_of,
    conventions={
        "torchvision": {"alpha": 0.25, "classes": "mean", "mode": "ovr"},
        "monai": {"classes": "mean", "mode": "ovr"},
        "smp": {"classes": "mean", "mode": "ovr"},
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
    mode: Mode = "auto",
    normalizer: Normalizer = "samples",
    floor: Floor = None,
    classes: Classes = "sum",
) -> Rows:
    """Cross-entropy whose easy rows fade by (1 - p_t) to the power gamma, so that hard rows set the value.

    Formula: L = -α_t (1 - p_t)^γ log p_t, p_t the probability of the true answer, α_t = α on positives, 1 - α on negatives, or the
    class's own number from a list.
    Gradient: by logits s α_t (1 - p_t)^γ (γ p_t log p_t - (1 - p_t)), s = ±1 by the answer; softmax:
    α_y (γ p_y (1 - p_y)^(γ-1) log p_y - (1 - p_y)^γ)(δ - p). 0 where p_t = 1, for γ < 1 too.
    Edges: p_t of exactly 0 is +infinity and counted. 1 - p_t comes from the complement, so confident rows keep every digit. A
    single alpha for more than two softmax classes is refused: libraries disagree on what it means. normalizer=positives divides
    the sum by the number of positives, by 1 if there is none.
    Right: easy negatives outnumber everything, as anchors of a detector do.
    Wrong: labels are noisy: it looks hardest at the rows that are wrong; or calibrated probabilities are wanted.
    Kin: gamma=0 is ce or bce (with alpha: balanced_bce).
    Equivalents: torchvision sigmoid_focal_loss: `focal:alpha=0.25` (`mode=ovr` for several columns) with --from-logits;
    RetinaNet's normaliser: `focal:alpha=0.25,mode=ovr,normalizer=positives`; Keras CategoricalFocalCrossentropy:
    `focal:alpha=[0.25,0.25,0.25]`; MONAI FocalLoss, smp FocalLoss, optax sigmoid_focal_loss: `focal:mode=ovr,classes=mean`;
    mmdetection FocalLoss: `focal:alpha=0.25,mode=ovr,classes=mean`; ultralytics FocalLoss also has `gamma=1.5`; MONAI and kornia
    with softmax divide by the number of classes as well: `focal` divided by C.
    """
    if isinstance(scores, Softmax):
        values = focal_softmax(scores, label, gamma=gamma, alpha=per_class(alpha, scores.classes), floor=floor)
        positives = (label > 0).astype(np.float64)
    else:
        weight = one_score(alpha, label)
        values = focal_binary(scores, label, gamma=gamma, alpha=None if weight is not None else alpha, floor=floor)
        values = per_row(values if weight is None else times(weight, values), classes)
        positives = per_row((label > 0).astype(np.float64), "sum")
    if normalizer == "positives":
        return Rows(values, positives, floor=1.0)
    return Rows(values)


@focal.gradient
def _focal_slope(
    scores: Sigmoid | Softmax,
    label: Array,
    *,
    gamma: float,
    alpha: Floats | float | None,
    mode: str,
    normalizer: str,
    floor: float | None,
    classes: str,
) -> Floats:
    if isinstance(scores, Softmax):
        return focal_softmax_slope(scores, label, gamma=gamma, alpha=per_class(alpha, scores.classes), floor=floor)
    weight = one_score(alpha, label)
    slope = focal_binary_slope(scores, label, gamma=gamma, alpha=None if weight is not None else alpha, floor=floor)
    return share(slope if weight is None else times(weight, slope), classes)


@focal.parts
def parts_of_focal(scores: Sigmoid | Softmax, label: Array, *, gamma: float, **_: object) -> dict[str, Floats]:
    """p_t, and how far it fades the row."""
    if isinstance(scores, Softmax):
        p_t, missed = np.exp(scores.log_p_at(label)), scores.q_at(label)
    else:
        p_t = label * scores.p + (1.0 - label) * scores.q
        missed = label * scores.q + (1.0 - label) * scores.p
    return {"p_t": p_t, "1 - p_t": missed, "(1 - p_t)^gamma": missed**gamma}
