"""Scores as forecasts: the probability of class 1 or of the predicted class, and the cross-entropy of scaled logits."""

from __future__ import annotations

from math import inf

import numpy as np

from losscli.core.errors import DataError
from losscli.families.shared.class_scores import Sigmoid, Softmax, at
from losscli.families.shared.label_guards import read_label
from losscli.families.shared.score_guards import read_scores, squeezed
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.forecast import Calibrating, Forecast
from losscli.spec.tile import Block


def forecast(block: Block, how: Calibrating, conventions: Conventions, watch: Watch) -> Forecast:
    """The forecasts of a block. Raises DataError where a row has no single class."""
    shape = squeezed(block.arrays["scores"]).shape
    one = len(shape) == 1
    try:
        label = read_label(block, "label", "class", shape, 2 if one else shape[1], watch, ignore=how.ignore, name="calibration")
    except DataError as e:
        fix = e.fix if squeezed(block.arrays["label"]).ndim == 1 else f"omit {how.option}, or give the class of each row"
        raise DataError(f"{how.option} needs one class per row: {e.what}", e.where, fix) from None
    kept = None if how.ignore is None else label != how.ignore
    if kept is not None:
        label = np.where(kept, label, 0)
    if one:
        return _binary(read_scores(block, "sigmoid", conventions, watch), label, kept)
    scores = read_scores(block, "log" if how.logs else "softmax", conventions, watch)
    return _exclusive(Softmax(scores.array, True) if how.logs else scores, label, kept)


def _binary(scores: Sigmoid, label: Ints, kept: Bools | None) -> Forecast:
    target = label.astype(np.float64)

    def slopes(beta: float) -> tuple[Floats, Floats]:
        z, right = scores.logit, (scores.logit > 0) == (target == 1)
        sure = np.isinf(z)
        finite = np.where(sure, 0.0, z)
        if beta == inf:
            first, second = np.where(right, 0.0, np.abs(finite)), np.zeros(len(z))
        else:
            tilted = Sigmoid(beta * finite, True)
            first, second = finite * tilted.less(target), finite * finite * tilted.p * tilted.q
        return np.where(sure & ~right, np.nan, first), second

    def pull(g: Floats) -> Floats:
        return g if scores.from_logits else scores.p * scores.q * g.reshape(scores.p.shape)

    return Forecast(scores.p, label == 1, label, np.where(label == 1, scores.p, scores.q), kept, slopes, pull)


def _exclusive(scores: Softmax, label: Ints, kept: Bools | None) -> Forecast:
    predicted = np.argmax(scores.array, 1)

    def slopes(beta: float) -> tuple[Floats, Floats]:
        z = scores.array if scores.from_logits else scores.log_p
        below = z - z.max(1, keepdims=True)
        own = at(below, label)
        if beta == inf:
            return np.where(np.isfinite(own), -own, np.nan), np.zeros(len(own))
        some = np.isfinite(below)
        below = np.where(some, below, 0.0)
        share = np.where(some, np.exp(beta * below), 0.0)
        share /= share.sum(1, keepdims=True)
        mean = (share * below).sum(1)
        spread = (share * (below - mean[:, None]) ** 2).sum(1)
        return np.where(np.isfinite(own), mean - own, np.nan), spread

    def pull(g: Floats) -> Floats:
        if scores.from_logits:
            return g
        weighed = scores.array * g
        return weighed - scores.p * weighed.sum(1, keepdims=True)

    return Forecast(at(scores.p, predicted), predicted == label, label, at(scores.p, label), kept, slopes, pull)
