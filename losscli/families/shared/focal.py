"""The focal loss per entry, as rows, boxes and pixels share it: how scores are read, what alpha weighs, values and slopes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.cross_entropy import focal_binary, focal_binary_slope, focal_softmax, focal_softmax_slope
from losscli.numerics.stable import Array, Floats, times
from losscli.spec.loss import Param, Params, Vector

Alpha = Annotated[
    float | Vector | None, Param("weight of positives, 1 - alpha of negatives; a list is one weight per class", ge=0, le=1)
]
AlphaOn = Annotated[
    Literal["positives", "rest", "all"],
    Param("a single alpha weighs positives; every class but 0 (which gets 1 - alpha); or all classes of a softmax"),
]

Renormalize = Annotated[bool, Param("first divide each row of a softmax's probabilities by its sum")]


def scores_of(p: Params, classes: int) -> str:
    """sigmoid for one score or mode=ovr, else softmax."""
    return "sigmoid" if p.mode == "ovr" or (p.mode == "auto" and classes == 1) else "softmax"


def label_of(p: Params, classes: int) -> str:
    """The kind of labels that goes with the scores."""
    return "unit" if scores_of(p, classes) == "sigmoid" else "class"


def per_class(alpha: Floats | float | None, classes: int, alpha_on: str = "positives") -> Floats | None:
    """Alpha per softmax class; for two classes a single number means (1 - alpha, alpha), unless alpha_on=all."""
    if alpha is None or isinstance(alpha, np.ndarray):
        return alpha
    weights = np.full(classes, alpha)
    if alpha_on == "rest" or (alpha_on == "positives" and classes == 2):
        weights[0] = 1.0 - alpha
    return weights


def _weighted(
    of_softmax: Any,
    of_sigmoids: Any,
    scores: Softmax | Sigmoid,
    target: Array,
    alpha: Floats | float | None,
    alpha_on: str,
    **how: float | None,
) -> Floats:
    if isinstance(scores, Softmax):
        return np.asarray(of_softmax(scores, target, alpha=per_class(alpha, scores.classes, alpha_on), **how))
    if not isinstance(alpha, np.ndarray):
        return np.asarray(of_sigmoids(scores, target, alpha=None if alpha_on == "all" else alpha, **how))
    if target.ndim > 1:
        return np.asarray(of_sigmoids(scores, target, alpha=alpha.reshape(1, -1, *[1] * (target.ndim - 2)), **how))
    own = alpha[1] * target + alpha[0] * (1.0 - target)  # a list for a single score weighs negatives and positives
    return times(own, of_sigmoids(scores, target, **how))


def focal_terms(
    scores: Softmax | Sigmoid, target: Array, alpha: Floats | float | None, alpha_on: str, **how: float | None
) -> Floats:
    """One term per entry of sigmoids, and per row or pixel of a softmax; `how` is gamma, floor and eps."""
    return _weighted(focal_softmax, focal_binary, scores, target, alpha, alpha_on, **how)


def focal_slopes(scores: Softmax | Sigmoid, target: Array, p: Params) -> Floats:
    """The gradient of the sum of `focal_terms`."""
    how = {"gamma": p.gamma, "floor": p.floor, "eps": p.eps}
    return _weighted(focal_softmax_slope, focal_binary_slope, scores, target, p.alpha, p.alpha_on, **how)
