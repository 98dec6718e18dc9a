"""The natural axes of losses of scores and labels: the probability of a class, and the margin."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.numerics.stable import Array, Floats, Ints
from losscli.spec.axes import Axis, Pose
from losscli.spec.loss import Loss, Params
from losscli.spec.param import class_or_binary

YES, NO = "y = 1", "y = 0"
MARGIN, SHARE = "margin of the true class", "probability of the true class"


def score_axes(loss: Loss, params: Params) -> tuple[Axis, ...]:
    """Of one score per row where the loss reads such, else of two classes, the first of which is the true one."""
    scores, label = _read(loss.scores, params, 1), _read(loss.label, params, 1)
    if scores in ("sigmoid", "raw") and label in ("binary", "unit"):
        return _one_score(loss, params, scores)
    return _two_classes(_read(loss.scores, params, 2), _read(loss.label, params, 2))


def _read(reading: object, params: Params, classes: int) -> str:
    return reading(params, classes) if callable(reading) else str(reading)


def _one_score(loss: Loss, params: Params, scores: str) -> tuple[Axis, ...]:
    """Axes of one score for class 1; the labels 1 and 0 are two cases. Samples may have a score per class where the loss reads
    such as exclusive ones."""

    def at(x: Floats, case: str, zero: float, logits: bool, flipped: bool) -> Pose:
        turned = case == NO and flipped
        arrays = {"scores": zero - x if turned else x, "label": np.full(len(x), int(case == YES))}
        return Pose(arrays, {"scores": np.full_like(x, -1.0 if turned else 1.0)}, logits)

    several = _read(loss.scores, params, 3) == "softmax"
    reads: dict[str, Any] = {"scores": scores, "label": "binary"}
    if several:
        reads["scores"] = lambda p, classes: _read(loss.scores, params, classes)
        reads["label"] = class_or_binary
    made = partial(Axis, cases=(YES, NO), case_of=negative, reads=reads)
    if scores == "raw":
        return (made("margin", MARGIN, lambda x, case: at(x, case, 0, False, True), -4, 4, measure=margin_of_score),)
    share = partial(made, low=0, high=1, least=0, most=1)
    return (
        share("probability", "predicted probability of class 1", lambda x, case: at(x, case, 0, False, False), measure=score_of),
        share("confidence", SHARE, lambda x, case: at(x, case, 1, False, True), measure=share_of),
        made("margin", MARGIN, lambda x, case: at(x, case, 0, True, True), -4, 4),
    )


def _two_classes(scores: str, label: str) -> tuple[Axis, ...]:
    """Axes of the scores of two classes, of which the first is the true one."""

    def true(n: int) -> Array:
        if label in ("multihot", "real"):
            return np.tile([1, 0] if label == "multihot" else [1.0, 0.0], (n, 1))
        return np.tile([1.0, 0.0], (n, 1)) if label == "scores" else np.zeros(n, dtype=int)

    def margin(x: Floats, case: str) -> Pose:
        pair = np.stack([x, np.zeros_like(x)], axis=1)
        return Pose({"scores": pair, "label": true(len(x))}, {"scores": np.tile([1.0, 0.0], (len(x), 1))}, scores == "softmax")

    def confidence(x: Floats, case: str) -> Pose:
        pair = np.stack([x, 1 - x], axis=1)
        move = np.tile([1.0, -1.0], (len(x), 1))
        if scores == "log":
            pair = np.maximum(pair, np.finfo(float).tiny)
            return Pose({"scores": np.log(pair), "label": true(len(x))}, {"scores": move / pair})
        return Pose({"scores": pair, "label": true(len(x))}, {"scores": move})

    difference = Axis(
        "margin",
        MARGIN,
        margin,
        -4,
        4,
        measure=margin_of_classes if scores == "raw" and label == "class" else None,
        reads={"scores": "raw", "label": "class"},
    )
    reads = {"scores": "softmax", "label": "class"}
    if scores == "log":
        return (Axis("confidence", SHARE, confidence, 0.0025, 1, 0, 1, open=True, measure=share_of_class, reads=reads),)
    share = Axis("confidence", SHARE, confidence, 0, 1, 0, 1, measure=share_of_class, reads=reads)
    return (share, difference) if scores == "softmax" else (difference,)


def negative(scores: Any, label: Floats) -> Floats:
    """The number of the case: 1 for a label of 0 with one score, else 0."""
    return np.zeros(len(label)) if isinstance(scores, Softmax) else np.where(label > 0, 0.0, 1.0)


def score_of(scores: Sigmoid | Softmax, label: Floats) -> Floats:
    """The probability of class 1 of each row."""
    if isinstance(scores, Softmax):
        raise UsageError("rows have a score per class, and class 1 is not the only one", fix="--against confidence")
    return _one(scores.p)


def share_of(scores: Sigmoid | Softmax, label: Any) -> Floats:
    """The probability of the true class."""
    if isinstance(scores, Softmax):
        return share_of_class(scores, label)
    return np.where(label > 0, _one(scores.p), 1 - scores.p)


def _one(scores: Floats) -> Floats:
    """The scores where a row has one."""
    if scores.ndim > 1:
        raise UsageError("rows have several scores, and so several places", fix="choose one with --col scores=NAME")
    return scores


def margin_of_score(scores: Floats, label: Floats) -> Floats:
    """y·s of each row."""
    return np.where(label > 0, _one(scores), -scores)


def share_of_class(scores: Softmax, label: Ints) -> Floats:
    """The probability of the true class, of one probability per class."""
    return np.exp(scores.log_p_at(label))


def margin_of_classes(scores: Floats, label: Ints) -> Floats:
    """The score of the true class above the highest of the others."""
    others = np.array(scores, copy=True)
    np.put_along_axis(others, label[:, None], -np.inf, axis=1)
    return np.take_along_axis(scores, label[:, None], axis=1)[:, 0] - others.max(axis=1)
