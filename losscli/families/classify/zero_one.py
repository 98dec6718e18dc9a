"""The share of mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from losscli.families.classify.family import FAMILY, per_row
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param


def _scores(params: Mapping[str, Any], classes: int) -> str:
    return "raw" if params["tolerance"] is not None else "softmax" if classes > 1 else "sigmoid"


def _label(params: Mapping[str, Any], classes: int) -> str:
    return "real" if params["tolerance"] is not None else "class" if classes > 1 else "binary"


@FAMILY.loss(
    "zero_one",
    aliases=("misclassification", "error_rate"),
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
    tolerance: Annotated[float | None, Param("1 where |y - f| is at least this, instead of comparing classes", gt=0)] = None,
) -> Floats:
    """Whether the predicted class is wrong: the mean is the error rate, the sum the number of errors.

    Formula: L = 1 where the class of the highest score differs from y, else 0; with a tolerance T: 1 where |y - f| ≥ T.
    Gradient: none: it is 0 wherever it exists, so --gradients is refused.
    Edge cases: of equal highest scores the first class is predicted; one score predicts class 1 above 0.5 (logits: above 0), not at
    it.
    Use when: what counts is the number of mistakes.
    Avoid when: how sure a model is matters, or classes are very unequal.
    Related: ce, hinge and focal are its smooth upper companions; in regress `zero_one` needs a tolerance.
    Equivalents: scikit-learn zero_one_loss, one minus any library's accuracy: `zero_one`.
    """
    if isinstance(scores, Softmax):
        return (np.argmax(scores.array, 1) != label).astype(np.float64)
    if isinstance(scores, Sigmoid):
        predicted = scores.array > (0.0 if scores.from_logits else 0.5)
        return per_row((predicted != (label == 1)).astype(np.float64), "mean")
    assert tolerance is not None
    return per_row((np.abs(label - scores) >= tolerance).astype(np.float64), "mean")
