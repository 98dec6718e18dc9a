"""Binary cross-entropy losses: one score per row, or one per class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import binary, binary_slope, bounds
from losscli.numerics.stable import Floats, times
from losscli.spec.loss import Param, Params, Vector

Classes = Literal["mean", "sum"]


def smoothed(label: Floats, e: float, spread: str = "half") -> Floats:
    """Smoothed labels: towards one half, y(1-e) + e/2, or over the C columns, y(1-e) + e/C."""
    if not e:
        return label
    parts = 2 if spread == "half" else 1 if label.ndim == 1 else label.shape[1]
    return label * (1.0 - e) + e / parts


@FAMILY.loss(
    "bce",
    aliases=("binary_crossentropy", "binary_cross_entropy", "logistic", "bce_with_logits", "sigmoid_ce"),
    cite="Cox 1958",
    scores="sigmoid",
    label="unit",
    conventions={
        "torch": {"bounds_on": "probabilities", "floor": -100.0},
        "keras": {"bounds_on": "probabilities", "eps": 1e-7},
        "sklearn": {"eps": 2.220446049250313e-16},
        "optax": {},
        "smp": {},
        "mmdet": {},
        "ultralytics": {},
        "timm": {"label_smoothing": 0.1, "spread": "classes"},
    },
)
def bce(
    scores: Sigmoid,
    label: Floats,
    *,
    pos_weight: Annotated[float | Vector, Param("weight of the positive term; one number or one per column", ge=0)] = 1.0,
    label_smoothing: Annotated[
        float, Param("label smoothing e, distributed according to `spread`", ge=0, le=1, example="0.1")
    ] = 0.0,
    spread: Annotated[
        Literal["half", "classes"], Param("towards one half, y(1-e) + e/2, or over the C columns, y(1-e) + e/C")
    ] = "half",
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    floor: Annotated[float | None, Param("lower bound on both logarithms", le=0)] = None,
    bounds_on: Annotated[
        Literal["all", "probabilities"], Param("eps and floor apply always, or only if PRED contains probabilities")
    ] = "all",
    classes: Annotated[Classes, Param("how a row's columns are combined")] = "mean",
) -> Floats:
    """Negative log-likelihood of a binary label; each column is an independent binary problem.

    Formula: L = -(w y log p + (1 - y) log(1 - p)), averaged over the columns of a row.
    Gradient: w.r.t. logits: p(1 - y) - w y(1 - p), which is p - y for w = 1; w.r.t. probabilities: (1 - y)/(1 - p) - w y / p.
    It is 0 below the floor or outside the clipping range, and nonzero at the bounds.
    Edge cases: a wrong p of exactly 0 or 1 gives +infinity, which is counted in the report; a correct one gives 0. Targets may
    be any number in 0…1; labels -1/+1 are an error. With several columns, class numbers are treated as one binary problem per
    class.
    Use when: there are two classes, or several labels may be true at once.
    Avoid when: exactly one of several classes is true (use ce); positives are rare (see weighted_bce, focal).
    Related: ce over two classes gives the same value; weighted_bce takes w from the data; focal down-weights easy rows.
    Equivalents: torch binary_cross_entropy_with_logits: `bce`, `bce:pos_weight=3` with --from-logits; torch
    binary_cross_entropy: `bce:floor=-100`; Keras BinaryCrossentropy: `bce:eps=1e-7`, `bce:label_smoothing=0.1` (with
    from_logits, no eps; bounds_on=probabilities covers both cases); scikit-learn log_loss: `bce:eps=2.220446049250313e-16`; smp
    SoftBCEWithLogits smooths y(1-e)+(1-y)e: `bce:label_smoothing=0.2` for e=0.1; optax sigmoid_binary_cross_entropy,
    mmdetection and ultralytics on logits: `bce`; timm BinaryCrossEntropy of class numbers:
    `bce:label_smoothing=0.1,spread=classes`, of targets in columns, which it does not smooth, `bce`.
    """
    target = smoothed(label, label_smoothing, spread)
    eps, floor = bounds(scores, bounds_on, eps, floor)
    return per_row(binary(scores, target, pos_weight=_fits(pos_weight, label), eps=eps, floor=floor), classes)


def _fits(pos_weight: Floats | float, label: Floats) -> Floats | float:
    """pos_weight as one number or one per column. Raises UsageError for a wrong length."""
    if isinstance(pos_weight, np.ndarray) and (label.ndim == 1 or len(pos_weight) != label.shape[1]):
        columns = 1 if label.ndim == 1 else label.shape[1]
        if columns == 1 and len(pos_weight) == 1:
            return float(pos_weight[0])
        raise UsageError(f"bce: pos_weight has {len(pos_weight)} numbers but there are {columns} columns")
    return pos_weight


@bce.gradient
def _bce_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    target = smoothed(label, p.label_smoothing, p.spread)
    eps, floor = bounds(scores, p.bounds_on, p.eps, p.floor)
    return share(binary_slope(scores, target, pos_weight=_fits(p.pos_weight, label), eps=eps, floor=floor), p.classes)


@FAMILY.loss("weighted_bce", aliases=("wce", "weighted_cross_entropy"), cite="Xie & Tu 2015", scores="sigmoid", label="unit")
def weighted_bce(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[
        float | Literal["auto"], Param("weight of the positive term; auto: number of negatives over number of positives", gt=0)
    ] = "auto",
) -> Floats:
    """Binary cross-entropy with a weight on positives, by default the ratio of negatives to positives.

    Formula: L = -(α y log p + (1 - y) log(1 - p)), averaged over the columns of a row; α = N_neg / N_pos over the whole data set
    when auto.
    Gradient: w.r.t. logits: p(1 - y) - α y(1 - p); w.r.t. probabilities: (1 - y)/(1 - p) - α y / p.
    Edge cases: without positives α=auto is undefined, without negatives it is 0; both are errors. A wrong p of 0 or 1 gives
    +infinity.
    Use when: positives are rare and both classes should count equally.
    Avoid when: the data set is evaluated in parts: alpha=auto depends on the data given; set the number explicitly.
    Related: bce with pos_weight=α; balanced_bce weighs both classes and keeps the scale of bce.
    Equivalents: torch binary_cross_entropy_with_logits with pos_weight: `weighted_bce:alpha=3`; the HED form with weights
    N_neg/N and N_pos/N equals this times N_pos/N.
    """
    assert not isinstance(alpha, str)
    return per_row(binary(scores, label, pos_weight=alpha), "mean")


@weighted_bce.gradient
def _weighted_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    return share(binary_slope(scores, label, pos_weight=p.alpha), "mean")


@weighted_bce.fit
def _positives(scores: Sigmoid, label: Floats, p: Params) -> dict[str, Floats]:
    flat = label.reshape(len(label), -1)
    return {"positive": flat.sum(1), "all": np.full(len(flat), float(flat.shape[1]))}


@weighted_bce.resolve
def _alpha(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    if p.alpha != "auto":
        return {}
    positive, everything = float(totals["positive"][0]), float(totals["all"][0])
    if positive == 0:
        raise DataError(
            "weighted_bce: TARGET has no positives, so alpha=auto is undefined", fix="set it explicitly: weighted_bce:alpha=10"
        )
    if positive == everything:
        raise DataError(
            "weighted_bce: TARGET has no negatives, so alpha=auto would weigh every positive with 0",
            fix="set it explicitly: weighted_bce:alpha=10",
        )
    return {"alpha": (everything - positive) / positive}


@FAMILY.loss(
    "balanced_bce",
    aliases=("alpha_balanced_ce", "balanced_ce", "balanced_cross_entropy"),
    cite="Lin 2017",
    scores="sigmoid",
    label="unit",
)
def balanced_bce(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[float, Param("weight of positives; negatives have weight 1 - alpha", ge=0, le=1)] = 0.25,
) -> Floats:
    """Binary cross-entropy with weight alpha on positives and 1 - alpha on negatives.

    Formula: L = -(α y log p + (1 - α)(1 - y) log(1 - p)), averaged over the columns of a row.
    Gradient: w.r.t. logits: (1 - α)(1 - y) p - α y (1 - p); w.r.t. probabilities: (1 - α)(1 - y)/(1 - p) - α y / p.
    Edge cases: a wrong p of 0 or 1 gives +infinity unless its weight is 0.
    Use when: the class frequencies are known and the loss should stay on the scale of bce.
    Avoid when: easy rows dominate: see focal, of which this is the case gamma=0.
    Related: focal:gamma=0,alpha=α; weighted_bce weighs positives only.
    Equivalents: torchvision sigmoid_focal_loss with gamma 0: `balanced_bce:alpha=0.25`.
    """
    loss = 0.0 - (times(alpha * label, scores.log_p) + times((1.0 - alpha) * (1.0 - label), scores.log_q))
    return per_row(loss, "mean")


@balanced_bce.gradient
def _balanced_slope(scores: Sigmoid, label: Floats, p: Params) -> Floats:
    return share(scores.pull_log(-p.alpha * label, (p.alpha - 1.0) * (1.0 - label)), "mean")
