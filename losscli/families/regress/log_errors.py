"""Squared errors of logarithms: mean, root mean and scale-invariant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, columns, over_outputs, share
from losscli.families.regress.squared import root_slope, root_sums, root_value
from losscli.numerics.double import Double
from losscli.numerics.integers import Integers
from losscli.numerics.stable import Floats, row_mean, two_product
from losscli.spec.loss import Fitted, Param, Params, Rows


def log_ratio(pred: Floats, target: Floats) -> Floats:
    """log(1 + f) - log(1 + y), as log1p of the relative difference, without cancellation where they are close."""
    u = pred - target
    return np.asarray(np.sign(u) * np.log1p(np.abs(u) / (1.0 + np.minimum(pred, target))))


_ABOVE = {"pred": "above_minus_one", "target": "above_minus_one"}


@FAMILY.loss(
    "msle",
    aliases=("mean_squared_log_error", "mean_squared_logarithmic_error"),
    cite="Tofallis 2015",
    domain=lambda p: {} if p.eps is not None else _ABOVE,
    conventions={"keras": {"eps": 1e-7}, "sklearn": {}},
)
def msle(
    pred: Floats,
    target: Floats,
    *,
    eps: Annotated[
        float | None, Param("lower bound on prediction and target before log1p (Keras: 1e-7)", ge=0, example="0.5")
    ] = None,
) -> Floats:
    """Mean squared difference of log(1 + prediction) and log(1 + target).

    Formula: L = mean over outputs of (log(1 + f) - log(1 + y))², f and y clipped to at least eps if it is set.
    Gradient: 2·(log(1 + f) - log(1 + y)) / ((1 + f)·d) for d outputs; 0 where f is below eps.
    Edge cases: numbers of -1 or less are an error unless eps is set. Keras silently clips negative numbers to 1e-7.
    Use when: targets span several orders of magnitude and include zeros, and ratios matter.
    Avoid when: targets are far below 1, where log(1 + y) is about y and this is mse.
    Related: rmsle is its root over all rows; silog ignores a common factor of all predictions.
    Equivalents: scikit-learn mean_squared_log_error, torchmetrics MeanSquaredLogError: `msle`; Keras
    MeanSquaredLogarithmicError: `msle:eps=1e-7`.
    """
    if eps is not None:
        pred, target = np.maximum(pred, eps), np.maximum(target, eps)
    ratio = log_ratio(pred, target)
    return over_outputs(ratio * ratio)


@msle.gradient
def _msle_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    if p.eps is None:
        return share(2.0 * log_ratio(pred, target) / (1.0 + pred))
    f, y = np.maximum(pred, p.eps), np.maximum(target, p.eps)
    return share(np.where(pred < p.eps, 0.0, 2.0 * log_ratio(f, y) / (1.0 + f)))


@FAMILY.loss(
    "rmsle",
    aliases=("root_mean_squared_log_error",),
    cite="Tofallis 2015",
    unit="pool",
    pooled=True,
    domain=_ABOVE,
    conventions={"sklearn": {"outputs": "mean"}},
)
def rmsle(
    pred: Floats,
    target: Floats,
    *,
    outputs: Annotated[
        Literal["pooled", "mean"], Param("one root over all outputs, or the mean of the roots of each column")
    ] = "pooled",
) -> dict[str, Floats]:
    """Root mean squared difference of log(1 + prediction) and log(1 + target).

    Formula: L = √(mean over rows and outputs of (log(1 + f) - log(1 + y))²); outputs=mean: the mean over columns of each
    column's root.
    Gradient: (log(1 + f) - log(1 + y)) / (N·d·L·(1 + f)) for N rows of d outputs; 0 where the root is 0.
    Edge cases: it has no per-row values; numbers of -1 or less are an error.
    Use when: as msle, in units of the logarithm of a ratio: 0.1 is about ten per cent.
    Avoid when: values of several files must be averaged, as roots are not additive.
    Related: it is √msle over all rows; rmse is the same without logarithms.
    Equivalents: scikit-learn root_mean_squared_log_error: `rmsle:outputs=mean`; Keras and torch have no equivalent.
    """
    ratio = log_ratio(pred, target)
    return root_sums(ratio * ratio, outputs)


@rmsle.finish
def _rmsle_value(sums: Mapping[str, Floats], p: Params) -> Rows:
    return root_value(sums)


@rmsle.gradient
def _rmsle_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    return root_slope(log_ratio(pred, target), sums) / (1.0 + pred)


@FAMILY.loss(
    "silog",
    aliases=("scale_invariant_log",),
    cite="Eigen et al. 2014",
    unit="pool",
    domain={"pred": "positive", "target": "positive"},
    first_pass=lambda p: p.pool == "batch",
    conventions={"ultralytics": {"lambda": 1.0, "root": True, "eps": 1e-6}},
)
def silog(
    pred: Floats,
    target: Floats,
    *,
    lambda_: Annotated[
        float, Param("weight of the subtracted squared mean: 1 is fully scale-invariant, 0 not at all", ge=0, le=1)
    ] = 0.5,
    root: Annotated[bool, Param("take the square root, as usual in depth estimation")] = False,
    pool: Annotated[
        Literal["batch", "image"], Param("over all data, or per row (an image of d pixels) and then averaged over rows")
    ] = "batch",
    eps: Annotated[float, Param("added before the root", ge=0, example="0.5")] = 0.0,
    centre: Annotated[Floats | None, Fitted("mean of the log ratios")] = None,
) -> dict[str, Floats]:
    """Scale-invariant log error: mean squared log ratio minus lambda times the squared mean log ratio.

    Formula: g = log f - log y: L = mean g² - λ·(mean g)², over all numbers (pool=batch) or those of a row (image), plus eps;
    its root with root=true. Computed about the mean, without cancellation.
    Gradient: 2·(g - λ·mean g) / (n·f) for n numbers; divided by 2L with root=true, 0 where the root is 0.
    Edge cases: predictions and targets must be above 0. With pool=image and lambda=1, rows with a single number have loss 0.
    Use when: predictions have an unknown scale, as in monocular depth estimation.
    Avoid when: the scale matters, as with λ=1 every multiple of the target is perfect.
    Related: with λ=0 it is the mean squared log ratio, which is msle without the 1 +.
    Equivalents: ultralytics' depth loss: `silog:lambda=1,root=true,eps=1e-6`; mmsegmentation SILogLoss, which first adds 1e-4
    to the arguments of the logarithms: `silog:root=true`.
    """
    g = columns(_log_quotient(pred, target))
    middle = row_mean(g) if pool == "image" else np.full(len(g), float(g.mean() if centre is None else centre[0]))
    off = g - middle[:, None]
    return {"square": (off * off).sum(1), "first": off.sum(1), "count": np.full(len(g), float(g.shape[1])), "centre": middle}


def _log_quotient(pred: Floats, target: Floats) -> Floats:
    """log f - log y; by log1p of the relative difference where they are close, else as the difference of logarithms."""
    u, smaller = pred - target, np.minimum(pred, target)
    near = np.abs(u) < 1e10 * smaller
    close = np.sign(u) * np.log1p(np.where(near, np.abs(u), 0.0) / smaller)
    return np.where(near, close, np.log(pred) - np.log(target))


@silog.exactly
def _logs_apart(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    g = columns(_log_quotient(pred, target))
    first, square = Double.of(g).total(), Double(*two_product(g, g)).total()
    count = np.full((len(g), 1), float(g.shape[1]))
    return {"sum": np.stack([first.hi, first.lo], 1), "square": np.stack([square.hi, square.lo], 1), "count": count}


@silog.settle
def _logs_settled(totals: Mapping[str, Integers], p: Params) -> dict[str, Floats]:
    first, count = totals["sum"], totals["count"]
    square = totals["square"].about_mean(first, count)
    return {"square": square, "first": np.zeros_like(square), "count": count.numbers, "centre": first.over(count)}


@silog.fit
def _logs(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    g = columns(_log_quotient(pred, target))
    return {"sum": g.sum(1), "count": np.full(len(g), float(g.shape[1]))}


@silog.resolve
def _centred(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    return {"centre": totals["sum"] / totals["count"]}


@silog.finish
def _silog_value(sums: Mapping[str, Floats], p: Params) -> Rows:
    value, _ = _silog(sums, p.lambda_, p.pool, p.eps, p.centre)
    return Rows(np.sqrt(value) if p.root else value)


def _silog(sums: Mapping[str, Floats], lambda_: float, pool: str, eps: float, centre: Floats | None) -> tuple[Floats, Floats]:
    """mean g² - λ(mean g)² + eps and mean g, per entry.

    With c the centre and d the mean of g - c, mean g² = mean (g-c)² + c² + 2cd.
    """
    n = sums["count"]
    c = sums["centre"] if pool == "image" or centre is None else centre
    d = sums["first"] / n
    spread = np.maximum(sums["square"] / n - d * d, 0.0)
    return spread + (1.0 - lambda_) * (c + d) ** 2 + eps, c + d


@silog.gradient
def _silog_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    value, mean = _silog(sums, p.lambda_, p.pool, p.eps, p.centre)
    g = columns(_log_quotient(pred, target))
    slope = 2.0 * (g - p.lambda_ * mean[:, None]) / sums["count"][:, None] / columns(pred)
    if p.root:
        below = 2.0 * np.sqrt(value)[:, None]
        slope = np.divide(slope, below, out=np.zeros_like(slope), where=np.broadcast_to(below > 0, slope.shape))
    return slope.reshape(pred.shape)
