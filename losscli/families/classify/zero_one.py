"""Zero-one loss: the error rate."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.classify._hard_classes import Classes, decided
from losscli.families.classify.family import FAMILY, per_row
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params
from losscli.spec.param import class_or_binary


def _scores(p: Params, classes: int) -> str:
    return "raw" if p.tolerance is not None else "softmax" if classes > 1 else "sigmoid"


def _label(p: Params, classes: int) -> str:
    return "real" if p.tolerance is not None else class_or_binary(p, classes)


@FAMILY.loss(
    "zero_one",
    aliases=("misclassification", "error_rate"),
    complements=("accuracy", "acc"),
    cite="Wald 1950",
    highest=1.0,
    scores=_scores,
    label=_label,
    conventions={"sklearn": {}},
)
def zero_one(
    scores: Softmax | Sigmoid | Floats,
    label: Array,
    *,
    tolerance: Annotated[
        float | None, Param("instead of comparing classes, count an error where |y - f| is at least this", gt=0)
    ] = None,
) -> Floats:
    """1 if the predicted class is wrong, else 0; the mean is the error rate, the sum the number of errors.

    Formula: L = 1 where the class of the highest score differs from y, else 0; with a tolerance T, 1 where |y - f| ≥ T.
    Gradient: none: it is 0 almost everywhere, so --gradients is an error.
    Edge cases: ties for the highest score predict the first class; a single score predicts class 1 if it exceeds 0.5 (for
    logits, 0).
    Use when: only the number of mistakes matters.
    Avoid when: confidence matters; classes are very imbalanced.
    Related: ce and hinge are continuous surrogates; regress/zero_one needs a tolerance.
    Equivalents: scikit-learn zero_one_loss, one minus any library's accuracy: `zero_one`.
    """
    if isinstance(scores, Softmax):
        return (np.argmax(scores.array, 1) != label).astype(np.float64)
    if isinstance(scores, Sigmoid):
        predicted = scores.array > (0.0 if scores.from_logits else 0.5)
        return per_row((predicted != (label == 1)).astype(np.float64), "mean")
    assert tolerance is not None
    return per_row((np.abs(label - scores) >= tolerance).astype(np.float64), "mean")


@zero_one.mined(unit="row", reads=decided)
@zero_one.same_params()
def zero_one_of_classes(pred_label: Classes, label: Classes, p: Params) -> Floats:
    """The same loss of predicted classes."""
    pred, true = pred_label.numbers, label.numbers
    wrong = pred != true if p.tolerance is None else np.abs(true - pred) >= p.tolerance
    return np.asarray(wrong, np.float64)
