"""Cross-entropy of yes-or-no questions: one score per row, or one per class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import DataError, UsageError
from losscli.families.classify.family import FAMILY, per_row, share
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import binary, binary_slope, bounds
from losscli.numerics.stable import Floats, times
from losscli.spec.loss import Param, Vector

Classes = Literal["mean", "sum"]


def smoothed(label: Floats, e: float, spread: str = "half") -> Floats:
    """Towards one half, y(1-e) + e/2, or towards a share of the columns, y(1-e) + e/C."""
    if not e:
        return label
    parts = 2 if spread == "half" else 1 if label.ndim == 1 else label.shape[1]
    return label * (1.0 - e) + e / parts


@FAMILY.loss(
    "bce",
    aliases=("binary_crossentropy", "binary_cross_entropy", "logistic"),
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
    pos_weight: Annotated[float | Vector, Param("times the positive term; one number or one per column", ge=0)] = 1.0,
    label_smoothing: Annotated[float, Param("share e of every target that `spread` spreads", ge=0, le=1, example="0.1")] = 0.0,
    spread: Annotated[
        Literal["half", "classes"], Param("towards one half, y(1-e) + e/2, or over the C columns, y(1-e) + e/C")
    ] = "half",
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    floor: Annotated[float | None, Param("lower bound of both logarithms", le=0)] = None,
    bounds_on: Annotated[
        Literal["all", "probabilities"], Param("eps and floor hold always, or only where PRED holds probabilities")
    ] = "all",
    classes: Annotated[Classes, Param("how the columns of a row are combined")] = "mean",
) -> Floats:
    """How surprised a yes-or-no forecast is by the answer; several columns are several questions.

    Formula: L = -(w y log p + (1 - y) log(1 - p)), averaged over the columns of a row.
    Gradient: by logits p(1 - y) - w y(1 - p), for w = 1 simply p - y; by probabilities (1 - y)/(1 - p) - w y / p. Below the
    floor or beyond the clip it is 0, at the bound it passes.
    Edge cases: p of exactly 0 or 1 on the wrong side is +infinity and counted, on the right side 0. Targets may be any share in
    0…1; labels -1/+1 are refused here. Class numbers over several columns are one question per class.
    Use when: two classes, or several labels that may hold at once.
    Avoid when: exactly one of several classes is true (use ce), or positives are rare (see weighted_bce, focal).
    Related: ce over two classes is the same number; weighted_bce sets w from the file; focal fades easy rows.
    Equivalents: torch binary_cross_entropy_with_logits: `bce`, `bce:pos_weight=3` with --from-logits; torch
    binary_cross_entropy: `bce:floor=-100`; Keras BinaryCrossentropy: `bce:eps=1e-7`, `bce:label_smoothing=0.1` (from_logits: no
    eps; bounds_on=probabilities says both in one); scikit-learn
    log_loss: `bce:eps=2.220446049250313e-16`; smp SoftBCEWithLogits smooths y(1-e)+(1-y)e: `bce:label_smoothing=0.2` for e=0.1;
    optax sigmoid_binary_cross_entropy, mmdetection and ultralytics on logits: `bce`; timm BinaryCrossEntropy of class numbers:
    `bce:label_smoothing=0.1,spread=classes`, of targets in columns, which it leaves as they are, `bce`.
    """
    target = smoothed(label, label_smoothing, spread)
    eps, floor = bounds(scores, bounds_on, eps, floor)
    return per_row(binary(scores, target, pos_weight=_fits(pos_weight, label), eps=eps, floor=floor), classes)


def _fits(pos_weight: Floats | float, label: Floats) -> Floats | float:
    """One number, or one per column."""
    if isinstance(pos_weight, np.ndarray) and (label.ndim == 1 or len(pos_weight) != label.shape[1]):
        columns = 1 if label.ndim == 1 else label.shape[1]
        if columns == 1 and len(pos_weight) == 1:
            return float(pos_weight[0])
        raise UsageError(f"bce: pos_weight has {len(pos_weight)} numbers for {columns} columns")
    return pos_weight


@bce.gradient
def _bce_slope(
    scores: Sigmoid,
    label: Floats,
    *,
    pos_weight: Floats | float,
    label_smoothing: float,
    spread: str,
    eps: float,
    floor: float | None,
    bounds_on: str,
    classes: str,
) -> Floats:
    target = smoothed(label, label_smoothing, spread)
    eps, floor = bounds(scores, bounds_on, eps, floor)
    return share(binary_slope(scores, target, pos_weight=_fits(pos_weight, label), eps=eps, floor=floor), classes)


@FAMILY.loss("weighted_bce", aliases=("wce", "weighted_cross_entropy"), cite="Xie & Tu 2015", scores="sigmoid", label="unit")
def weighted_bce(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[
        float | Literal["auto"], Param("times the positive term; auto: negatives over positives of the file", gt=0)
    ] = "auto",
) -> Floats:
    """Binary cross-entropy whose positives weigh as much as the file's negatives.

    Formula: L = -(α y log p + (1 - y) log(1 - p)), α = N_neg / N_pos over the whole file when auto.
    Gradient: by logits p(1 - y) - α y(1 - p); by probabilities (1 - y)/(1 - p) - α y / p.
    Edge cases: no positive in the file leaves α undefined: an error, not an infinity. p of 0 or 1 on the wrong side is +infinity.
    Use when: positives are rare and each class should count alike.
    Avoid when: the data set is read in parts: α = auto is of the file at hand; write the number down.
    Related: bce with pos_weight=α; balanced_bce weighs both sides and keeps the scale.
    Equivalents: torch binary_cross_entropy_with_logits with pos_weight: `weighted_bce:alpha=3`; the HED form that weighs
    N_neg/N and N_pos/N is this times N_pos/N.
    """
    assert not isinstance(alpha, str)
    return per_row(binary(scores, label, pos_weight=alpha), "mean")


@weighted_bce.gradient
def _weighted_slope(scores: Sigmoid, label: Floats, *, alpha: float) -> Floats:
    return share(binary_slope(scores, label, pos_weight=alpha), "mean")


@weighted_bce.fit
def _positives(scores: Sigmoid, label: Floats, *, alpha: float | str) -> dict[str, Floats]:
    flat = label.reshape(len(label), -1)
    return {"positive": flat.sum(1), "all": np.full(len(flat), float(flat.shape[1]))}


@weighted_bce.resolve
def _alpha(totals: Mapping[str, Floats], params: Mapping[str, Any]) -> dict[str, Any]:
    if params["alpha"] != "auto":
        return {}
    positive, everything = float(totals["positive"][0]), float(totals["all"][0])
    if positive == 0:
        raise DataError(
            "weighted_bce: no positive in the file, alpha=auto is undefined", fix="write it down: weighted_bce:alpha=10"
        )
    return {"alpha": (everything - positive) / positive}


@FAMILY.loss("balanced_bce", aliases=("alpha_balanced_ce",), cite="Lin 2017", scores="sigmoid", label="unit")
def balanced_bce(
    scores: Sigmoid,
    label: Floats,
    *,
    alpha: Annotated[float, Param("weight of the positives; negatives have 1 - alpha", ge=0, le=1)] = 0.25,
) -> Floats:
    """Binary cross-entropy with one weight on the positives and the rest of it on the negatives.

    Formula: L = -(α y log p + (1 - α)(1 - y) log(1 - p)).
    Gradient: by logits (1 - α)(1 - y) p - α y (1 - p); by probabilities (1 - α)(1 - y)/(1 - p) - α y / p.
    Edge cases: p of 0 or 1 on the wrong side is +infinity unless its weight is 0.
    Use when: the two classes' share is known and the loss should stay on the scale of bce.
    Avoid when: easy rows drown the hard ones: see focal, of which this is gamma=0.
    Related: focal:gamma=0,alpha=α; weighted_bce weighs the positives alone.
    Equivalents: torchvision sigmoid_focal_loss with gamma 0: `balanced_bce:alpha=0.25`.
    """
    loss = 0.0 - (times(alpha * label, scores.log_p) + times((1.0 - alpha) * (1.0 - label), scores.log_q))
    return per_row(loss, "mean")


@balanced_bce.gradient
def _balanced_slope(scores: Sigmoid, label: Floats, *, alpha: float) -> Floats:
    return share(scores.pull_log(-alpha * label, (alpha - 1.0) * (1.0 - label)), "mean")
