"""Squared errors: per row, and their root over all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.stable import Floats, row_mean
from losscli.spec.loss import Param, Params, Rows


@FAMILY.loss(
    "mse",
    aliases=("l2", "mean_squared_error", "squared_error"),
    cite="Legendre 1805",
    conventions={"torch": {}, "keras": {}, "sklearn": {}, "optax": {}, "mmdet": {}},
    differences=True,
)
def mse(pred: Floats, target: Floats) -> Floats:
    """Mean squared error.

    Formula: L = mean over outputs of (f - y)².
    Gradient: 2·(f - y) / d for d outputs.
    Use when: errors are roughly Gaussian and the conditional mean should be predicted.
    Avoid when: targets have outliers, as an error ten times as large costs a hundred times as much.
    Related: half_mse is half of it; rmse is its root over all rows, in the targets' unit; huber grows only linearly.
    Equivalents: torch mse_loss, Keras MeanSquaredError, scikit-learn mean_squared_error, optax squared_error: `mse`.
    """
    u = pred - target
    return over_outputs(np.multiply(u, u, out=u))


@mse.gradient
def _mse_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(2.0 * (pred - target))


@FAMILY.loss("half_mse", aliases=("half_squared_error",), cite="Gauss 1809", conventions={"optax": {}}, differences=True)
def half_mse(pred: Floats, target: Floats) -> Floats:
    """Half the mean squared error, whose gradient is the difference itself.

    Formula: L = mean over outputs of (f - y)² / 2.
    Gradient: (f - y) / d for d outputs.
    Use when: as mse, to match code or a paper with the factor ½.
    Avoid when: values are compared with tools that report mse, which is twice as large.
    Related: mse is twice this; huber is this up to delta; gaussian_nll is this at variance 1.
    Equivalents: scikit-learn HalfSquaredError, optax l2_loss: `half_mse`; torch has no equivalent (½·mse_loss).
    """
    u = pred - target
    return over_outputs((0.5 * u) * u)


@half_mse.gradient
def _half_mse_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(pred - target)


@FAMILY.loss(
    "rmse",
    aliases=("root_mean_squared_error",),
    cite="Gauss 1809",
    unit="pool",
    pooled=True,
    conventions={"keras": {}, "sklearn": {"outputs": "mean"}},
    differences=True,
)
def rmse(
    pred: Floats,
    target: Floats,
    *,
    outputs: Annotated[
        Literal["pooled", "mean"], Param("one root over all outputs, or the mean of the roots of each column")
    ] = "pooled",
) -> dict[str, Floats]:
    """Root mean squared error over all rows, in the unit of the targets.

    Formula: L = √(mean over rows and outputs of (f - y)²); outputs=mean: the mean over columns of each column's root.
    Gradient: (f - y) / (N·d·L) for N rows of d outputs; outputs=mean: (f - y) / (N·d·L_column); 0 where the root is 0.
    Edge cases: it has no per-row values. A squared difference above 1e308 gives infinity, whose gradient is 0.
    Use when: you want mse in the unit of the targets (metres, not square metres).
    Avoid when: values of several files must be averaged, as roots are not additive (`merge` adds the squares instead).
    Related: it is √mse over all rows; with one column outputs=mean has no effect; rmsle takes logarithms first.
    Equivalents: scikit-learn root_mean_squared_error: `rmse:outputs=mean`; Keras RootMeanSquaredError: `rmse`; torch has no
    equivalent.
    """
    u = pred - target
    return root_sums(np.multiply(u, u, out=u), outputs)


@rmse.finish
def _rmse_value(sums: Mapping[str, Floats], p: Params) -> Rows:
    return root_value(sums)


@rmse.gradient
def _rmse_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    return root_slope(pred - target, sums)


def root_sums(square: Floats, outputs: str) -> dict[str, Floats]:
    """The sums of a root mean square: over all outputs, or per column (outputs=mean)."""
    rows = np.ones(len(square))
    if outputs == "mean":
        return {"square": square.reshape(len(square), -1), "rows": rows}
    return {"square": over_outputs(square)[:, None], "rows": rows}


def root_value(sums: Mapping[str, Floats]) -> Rows:
    """The mean of the columns' roots."""
    return Rows(row_mean(_roots(sums)))


def root_slope(x: Floats, sums: Mapping[str, Floats]) -> Floats:
    """The derivative of `root_value` with respect to x, whose squares were summed."""
    u = x.reshape(len(x), -1)
    root = _roots(sums)
    steep = np.broadcast_to((root > 0) & np.isfinite(root), u.shape)
    slope = np.divide(u, sums["rows"][:, None] * u.shape[1] * root, out=np.zeros_like(u), where=steep)
    return slope.reshape(x.shape)


def _roots(sums: Mapping[str, Floats]) -> Floats:
    return np.sqrt(sums["square"] / sums["rows"][:, None])
