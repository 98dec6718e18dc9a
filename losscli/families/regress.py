"""Regression: differences between numbers and numbers. A sample is a row; its outputs are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.block import Block
from losscli.errors import DataError
from losscli.family import Conventions, Family, Role, Watch
from losscli.loss import Loss, Param, Rows
from losscli.numeric import Floats, row_mean


def prepare(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Any, ...]:
    """float64 copies of the roles in one shape: (n,1) and (n,) are the same numbers, nothing else is ever stretched."""
    first = loss.takes[0]
    shape = block.arrays[first].shape
    return tuple(_like(block, name, first, shape) for name in loss.takes)


def _like(block: Block, name: str, first: str, shape: tuple[int, ...]) -> Floats:
    found = block.arrays[name].shape
    if _outputs(found) != _outputs(shape):
        raise DataError(
            f"{name} has {_spoken(found)} per row, {first} has {_spoken(shape)}: nothing is ever broadcast",
            block.place(name, 0, 0) if block.rows else None,
            fix="--col pred=… --col target=… choose the columns that belong together",
        )
    return block.doubles(name).reshape(shape)


def _outputs(shape: tuple[int, ...]) -> tuple[int, ...]:
    return () if shape[1:] == (1,) else shape[1:]


def _spoken(shape: tuple[int, ...]) -> str:
    size = int(np.prod(shape[1:]))
    if len(shape) > 2:
        return "×".join(str(x) for x in shape[1:]) + " numbers"
    return f"{size} number{'' if size == 1 else 's'}"


FAMILY = Family(
    name="regress",
    summary="numbers against numbers",
    sample="a row",
    roles=(
        Role("pred", "pred", "pred", "(n,) or (n,d)", "predicted numbers", ("pred", "y_pred", "yhat", "prediction"), "one"),
        Role("var", "pred", "var", "(n,) or (n,d)", "predicted variances", ("var", "variance")),
        Role("target", "target", "target", "(n,) or (n,d)", "true numbers", ("target", "y_true", "y", "label", "truth"), "one"),
    ),
    prepare=prepare,
)


def over_outputs(x: Floats) -> Floats:
    """The mean over a row's outputs; a row of one number is that number."""
    return x if x.ndim == 1 else row_mean(x)


def share(x: Floats) -> Floats:
    """What each output's derivative counts for in the mean over a row's outputs."""
    return x if x.ndim == 1 else x / (x[0].size if len(x) else 1)


def quadratic_then_linear(u: Floats, bend: float) -> Floats:
    """u²/2 up to |u| = bend, bend·(|u| - bend/2) beyond; one formula, which never squares a large difference."""
    size = np.abs(u)
    inner = np.minimum(size, bend)
    return np.asarray(inner * (size - 0.5 * inner))


def smooth_absolute(u: Floats, beta: float) -> Floats:
    """u²/(2·beta) up to |u| = beta, |u| - beta/2 beyond; |u| for beta = 0."""
    size = np.abs(u)
    if beta == 0:
        return size
    inner = np.minimum(size, beta)
    return np.asarray((inner / beta) * (size - 0.5 * inner))


def smooth_absolute_slope(u: Floats, beta: float) -> Floats:
    """The derivative of `smooth_absolute`."""
    return np.sign(u) if beta == 0 else np.clip(u / beta, -1.0, 1.0)


@FAMILY.loss("mae", aliases=("l1",), cite="Laplace 1774")
def mae(pred: Floats, target: Floats) -> Floats:
    """The mean distance between prediction and target.

    Formula: L = mean over outputs of |f - y|.
    Gradient: sign(f - y) / d for d outputs; 0 where f = y.
    Right: outliers in the targets must not dominate; the optimum is the median.
    Wrong: small errors should fade: its gradient has one size everywhere.
    Kin: huber and smooth_l1 are quadratic near zero; smooth_l1:beta=0 is mae; pinball tilts it to a quantile.
    Equivalents: torch l1_loss, Keras MeanAbsoluteError, scikit-learn mean_absolute_error: `mae`.
    """
    u = pred - target
    return over_outputs(np.abs(u, out=u))


@mae.gradient
def _mae_slope(pred: Floats, target: Floats) -> Floats:
    return share(np.sign(pred - target))


@FAMILY.loss("mse", aliases=("l2",), cite="Legendre 1805")
def mse(pred: Floats, target: Floats) -> Floats:
    """The mean squared difference between prediction and target.

    Formula: L = mean over outputs of (f - y)².
    Gradient: 2·(f - y) / d for d outputs.
    Right: errors are roughly Gaussian and the mean is what should be predicted.
    Wrong: targets have outliers: an error ten times as large costs a hundred times as much.
    Kin: half_mse is half of it; rmse is its root over the file, in the targets' own unit; huber caps its growth.
    Equivalents: torch mse_loss, Keras MeanSquaredError, scikit-learn mean_squared_error, optax squared_error: `mse`.
    """
    u = pred - target
    return over_outputs(np.multiply(u, u, out=u))


@mse.gradient
def _mse_slope(pred: Floats, target: Floats) -> Floats:
    return share(2.0 * (pred - target))


@FAMILY.loss("half_mse", aliases=("half_squared_error",), cite="Gauss 1809")
def half_mse(pred: Floats, target: Floats) -> Floats:
    """Half the mean squared difference, whose gradient is the plain difference.

    Formula: L = mean over outputs of (f - y)² / 2.
    Gradient: (f - y) / d for d outputs.
    Right: as mse, where code or a paper carries the factor ½.
    Wrong: values are compared with tools that report mse: they are twice as large.
    Kin: mse is twice this; huber is this up to delta; the exponent of a Gaussian of unit variance.
    Equivalents: scikit-learn HalfSquaredError, optax l2_loss: `half_mse`; torch has none (½·mse_loss).
    """
    return np.asarray(0.5 * mse(pred, target))


@half_mse.gradient
def _half_mse_slope(pred: Floats, target: Floats) -> Floats:
    return share(pred - target)


@FAMILY.loss("rmse", aliases=("root_mean_squared_error",), cite="Gauss 1809", unit="pool", pooled=True)
def rmse(
    pred: Floats,
    target: Floats,
    *,
    outputs: Annotated[
        Literal["pooled", "mean"], Param("one root over everything, or a root per column, then their mean")
    ] = "pooled",
) -> dict[str, Floats]:
    """The root of the mean squared difference over the whole file, in the targets' own unit.

    Formula: L = √(mean over rows and outputs of (f - y)²); outputs=mean: the mean over columns of each column's root.
    Gradient: (f - y) / (N·d·L) for N rows of d outputs; outputs=mean: (f - y) / (N·d·L_column); 0 where the root is 0.
    Edges: no row has a value of its own. A squared difference beyond 1e308 is infinite.
    Right: mse is meant but should be read in metres, not square metres.
    Wrong: files are to be combined: roots do not add (`merge` adds the squares, as it must).
    Kin: L = √mse over the whole file; with one column outputs=mean changes nothing; rmsle takes logarithms first.
    Equivalents: scikit-learn root_mean_squared_error: `rmse:outputs=mean`; Keras RootMeanSquaredError: `rmse`; torch has none.
    """
    u = pred - target
    square = np.multiply(u, u, out=u)
    rows = np.ones(len(u))
    if outputs == "mean":
        return {"square": square.reshape(len(u), -1), "rows": rows}
    return {"square": over_outputs(square)[:, None], "rows": rows}


@rmse.finish
def _rmse_value(sums: Mapping[str, Floats], *, outputs: str) -> Rows:
    return Rows(row_mean(_roots(sums)))


@rmse.gradient
def _rmse_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], *, outputs: str) -> Floats:
    u = (pred - target).reshape(len(pred), -1)
    root = _roots(sums)
    slope = np.divide(u, sums["rows"][:, None] * u.shape[1] * root, out=np.zeros_like(u), where=root > 0)
    return slope.reshape(pred.shape)


def _roots(sums: Mapping[str, Floats]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(sums["square"] / sums["rows"][:, None])


@FAMILY.loss("huber", cite="Huber 1964")
def huber(
    pred: Floats,
    target: Floats,
    *,
    delta: Annotated[float, Param("where the parabola turns into a line", gt=0)] = 1.0,
) -> Floats:
    """Squared error for small differences, absolute error for large ones.

    Formula: u = f - y: L = mean over outputs of u²/2 where |u| ≤ delta, else delta·(|u| - delta/2).
    Gradient: clip(u, -delta, delta) / d for d outputs.
    Right: most errors are Gaussian and some are wild; delta is where wild begins, in the targets' unit.
    Wrong: delta is left at 1 while the targets live on another scale: it is then mse or mae in disguise.
    Kin: huber(delta) = delta·smooth_l1(beta=delta), equal only at 1; half_mse for a large delta.
    Equivalents: torch HuberLoss, Keras Huber, optax huber_loss: `huber:delta=…`; scikit-learn's HuberLoss adapts delta to a
    quantile of |u|, which no recipe does.
    """
    return over_outputs(quadratic_then_linear(pred - target, delta))


@huber.gradient
def _huber_slope(pred: Floats, target: Floats, *, delta: float) -> Floats:
    return share(np.clip(pred - target, -delta, delta))


@FAMILY.loss("smooth_l1", cite="Girshick 2015")
def smooth_l1(
    pred: Floats,
    target: Floats,
    *,
    beta: Annotated[float, Param("where the parabola turns into a line; 0 is mae", ge=0)] = 1.0,
) -> Floats:
    """Absolute error with its corner at zero rounded off.

    Formula: u = f - y: L = mean over outputs of u²/(2·beta) where |u| < beta, else |u| - beta/2.
    Gradient: clip(u/beta, -1, 1) / d for d outputs; beta=0: sign(u) / d, 0 at 0.
    Right: mae is meant, and an optimiser should come to rest at zero.
    Wrong: targets are on a scale far below beta: it is then mse/(2·beta).
    Kin: smooth_l1(beta) = huber(delta=beta)/beta, equal to huber only at 1; mae at beta=0.
    Equivalents: torch SmoothL1Loss, mmdetection SmoothL1Loss: `smooth_l1:beta=…`; Keras has none (its Huber is `huber`).
    """
    return over_outputs(smooth_absolute(pred - target, beta))


@smooth_l1.gradient
def _smooth_l1_slope(pred: Floats, target: Floats, *, beta: float) -> Floats:
    return share(smooth_absolute_slope(pred - target, beta))


@FAMILY.loss("zero_one", aliases=("tolerance_error",), cite="Wald 1950", highest=1.0)
def zero_one(
    pred: Floats,
    target: Floats,
    *,
    tolerance: Annotated[float, Param("differences of this size and larger count as wrong", gt=0, example="0.5")],
) -> Floats:
    """The share of outputs that miss the target by the tolerance or more.

    Formula: L = mean over outputs of 1 where |y - f| ≥ tolerance, else 0.
    Gradient: zero almost everywhere and undefined at the tolerance, so none is offered.
    Right: a requirement reads "within half a degree", and the share of failures is the answer.
    Wrong: a model is to be trained, or the size of a miss matters.
    Kin: mae and huber grade what this only counts; classify has its own zero_one on labels.
    Equivalents: none in the libraries; numpy (abs(y - f) >= tolerance).mean().
    """
    return over_outputs((np.abs(pred - target) >= tolerance).astype(np.float64))
