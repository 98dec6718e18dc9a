"""Order statistics of the absolute errors: median and maximum."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.families.regress.family import FAMILY, columns
from losscli.numerics.stable import Floats
from losscli.spec.loss import Params, Rows, Whole


@FAMILY.loss(
    "median_ae", aliases=("median_absolute_error",), cite="Hampel 1974", unit="whole", conventions={"sklearn": {}}, differences=True
)
def median_ae(pred: Floats, target: Floats) -> Whole:
    """Median absolute error.

    Formula: L = median over rows of |f - y|, the mean of the middle two for an even number of rows; averaged over columns.
    Gradient: sign(f - y) at the median row, or half of it at each of the middle two, divided by the number of columns.
    Edge cases: it has no per-row values; all rows are kept in memory, and --weights is an error. Among ties the first row gets
    the gradient.
    Use when: you want a typical error that ignores outliers entirely.
    Avoid when: you train a model, as only one or two rows have a gradient.
    Related: mae is the mean of the same errors; max_error is their maximum.
    Equivalents: scikit-learn median_absolute_error: `median_ae`.
    """
    size = np.abs(columns(pred) - columns(target))
    n, width = size.shape
    order = np.argsort(size, axis=0, kind="stable")
    middle = order[[(n - 1) // 2, n // 2]]
    found = np.take_along_axis(size, middle, 0)
    # halve first: the sum of two large differences may overflow
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
    differences=True,
)
def max_error(pred: Floats, target: Floats) -> dict[str, Floats]:
    """Maximum absolute error over all rows and outputs.

    Formula: L = max over rows and outputs of |f - y|.
    Gradient: sign(f - y) where |f - y| = L, 0 elsewhere; each of several ties gets the full gradient.
    Edge cases: it has no per-row values; --weights only excludes rows with weight 0.
    Use when: you need a worst-case guarantee.
    Avoid when: targets are noisy, as a single wrong row determines the value (`--worst 10` shows which).
    Related: mae and mse are averages of the same errors.
    Equivalents: scikit-learn max_error: `max_error` (which accepts a single column).
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
