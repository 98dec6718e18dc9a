"""What the loss of a class is in classification: that of the rows with its label, or of its column."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.score_guards import squeezed
from losscli.numerics.stable import Ints
from losscli.spec.family import ClassRules, Conventions, Shapes, no_class_loss
from losscli.spec.loss import Loss, Params
from losscli.spec.tile import Block


def _means(loss: Loss, p: Params, shapes: Shapes, conventions: Conventions) -> str:
    """What the loss of a class is: of the rows with that label, or, if labels have a column per class, of its column alone."""
    why = loss.classless_for(p) or ("" if "label" in loss.takes else "it reads no labels")
    scores, label = shapes.get("scores", ()), shapes.get("label", ())
    wanted = loss.label(p, scores[0] if scores else 1) if callable(loss.label) else loss.label
    if not why and wanted in _CLASSLESS:
        why = _CLASSLESS[wanted]
    if not why and loss.pools(p):
        why = "its value is one of all rows together, in which the classes are compared"
    if not why and label and wanted == "multihot":
        why = "it compares the columns of a row with each other"
    if why:
        raise no_class_loss(loss, why)
    return "alone" if label and wanted in ("binary", "unit") else "rows"


_CLASSLESS = {
    "scores": "TARGET contains scores instead of labels",
    "position": "TARGET contains positions instead of classes",
    "log": "TARGET contains log-probabilities instead of classes",
    "real": "TARGET contains numbers instead of classes",
}


def _count(block: Block, conventions: Conventions) -> int:
    """The number of classes; a single score means two."""
    if "scores" not in block.arrays:
        return len(conventions.classes)
    shape = squeezed(block.arrays["scores"]).shape
    return 2 if len(shape) == 1 else int(shape[1])


def _labels(block: Block) -> Ints:
    """The class number of each row; one-hot rows count as class numbers, and -1 beside +1 as class 0. Raises DataError."""
    array = squeezed(block.arrays["label"])
    what = "the row has no single class, so --per-class does not apply"
    if array.ndim > 1:
        bad = ((array != 0) & (array != 1)).any(1) | ((array == 1).sum(1) != 1)
        block.reject("label", bad, lambda _: what, "give class numbers, or omit --per-class")
        return np.argmax(array, 1)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), -2, array)
        block.reject("label", array != np.rint(array), lambda x: f"{x:g} is not a class number: {what}", "omit --per-class")
    label = array.astype(np.int64)
    signed = squeezed(block.arrays["scores"]).ndim == 1 if "scores" in block.arrays else False
    return np.where(label == -1, 0, label) if signed else label


def _column(args: tuple[Any, ...], c: int, means: str) -> tuple[Any, ...]:
    """The scores and labels of one column."""
    return tuple(Sigmoid(x.given[:, c : c + 1], x.from_logits) if isinstance(x, Sigmoid) else x[:, c : c + 1] for x in args)


RULES = ClassRules(_count, _means, _column, _labels)
