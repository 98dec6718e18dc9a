"""Order statistics of the absolute differences: their median and their largest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.families.regress.family import FAMILY, columns
from losscli.numerics.stable import Floats
from losscli.spec.loss import Params, Rows, Whole


@FAMILY.loss(
    "median_ae",
    aliases=("median_absolute_error",),
    cite="Hampel 1974",
    unit="whole",
    conventions={"sklearn": {}},
)
def median_ae(pred: Floats, target: Floats) -> Whole:
    """The median distance between prediction and target.

    Formula: L = median over rows of |f - y|, of an even number the mean of the middle two; the mean over columns.
    Gradient: sign(f - y) at the row that is the median, half of it at each of the middle two, divided by the number of columns.
    Edge cases: no row has a value of its own; every row is held in memory, and --weights are refused. Of equal differences the
    first counts for the gradient.
    Use when: one number that half of the predictions beat, whatever the outliers do.
    Avoid when: a model is to be trained on it: one row or two have a gradient.
    Related: mae is the mean of what this takes the median of; max_error the largest.
    Equivalents: scikit-learn median_absolute_error: `median_ae`.
    """
    size = np.abs(columns(pred) - columns(target))
    n, width = size.shape
    order = np.argsort(size, axis=0, kind="stable")
    middle = order[[(n - 1) // 2, n // 2]]
    found = np.take_along_axis(size, middle, 0)
    # halves first: the sum of two large differences may overflow
    value = float((0.5 * found[0] + 0.5 * found[1]).mean())

    def gradient() -> Mapping[str, Floats]:
        slope = np.zeros_like(size)
        sign = np.sign(columns(pred) - columns(target))
        for place in middle:
            column = np.arange(width)
            slope[place, column] += 0.5 * sign[place, column] / width
        return {"pred": slope.reshape(pred.shape)}

    return Whole(value, size.ravel(), gradient)


@FAMILY.loss(
    "max_error",
    aliases=("linf",),
    cite="Chebyshev 1859",
    unit="pool",
    pooled=True,
    tops=frozenset({"top"}),
    conventions={"sklearn": {}},
)
def max_error(pred: Floats, target: Floats) -> dict[str, Floats]:
    """The largest distance between prediction and target in the whole file.

    Formula: L = max over rows and outputs of |f - y|.
    Gradient: sign(f - y) where |f - y| is the maximum, 0 elsewhere; of several that tie each has it whole.
    Edge cases: no row has a value of its own; --weights leave out rows of weight 0 and change nothing else.
    Use when: a guarantee: no prediction is off by more.
    Avoid when: noisy targets: one wrong row is all it sees (`--worst 10` shows which).
    Related: mae and mse average what this takes the maximum of.
    Equivalents: scikit-learn max_error: `max_error` (it takes one column alone).
    """
    size = np.abs(columns(pred) - columns(target))
    return {"top": size.max(1)}


@max_error.finish
def _largest(sums: Mapping[str, Floats], p: Params) -> Rows:
    return Rows(sums["top"])


@max_error.gradient
def _max_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    u = pred - target
    return np.where(np.abs(u) == sums["top"].reshape(-1, *[1] * (u.ndim - 1)), np.sign(u), 0.0)
