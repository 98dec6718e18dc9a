"""Differences of logarithms: squared, their root over the file, and with a common factor forgiven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, columns, gap, over_outputs, share
from losscli.families.regress.squared import root_slope, root_sums, root_value
from losscli.numerics.double import Double, log, pieces
from losscli.numerics.stable import Floats, row_mean
from losscli.spec.loss import Fitted, Param, Params, Rows


def log_ratio(pred: Floats, target: Floats) -> Floats:
    """log(1 + f) - log(1 + y), as log1p of the difference over the smaller: nothing cancels where they are close."""
    return pieces(_log_ratio, pred, target)


def _log_ratio(pred: Floats, target: Floats) -> Floats:
    u = gap(pred, target)
    sign = np.where(u.hi < 0, -1.0, 1.0)
    r = (u * sign) / Double.sum(1.0, np.minimum(pred, target))
    return np.asarray(sign * (np.log1p(r.hi) + r.lo / (1.0 + r.hi)))


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
    eps: Annotated[float | None, Param("floor of both sides before log1p (Keras 1e-7)", ge=0, example="0.5")] = None,
) -> Floats:
    """The mean squared difference of log(1 + prediction) and log(1 + target).

    Formula: L = mean over outputs of (log(1 + f) - log(1 + y))², f and y raised to eps where one is given.
    Gradient: 2·(log(1 + f) - log(1 + y)) / ((1 + f)·d) for d outputs; 0 where f lies below the floor.
    Edge cases: numbers of -1 and below are an error, unless eps raises them. Keras raises negative numbers to 1e-7 without a word.
    Use when: targets over several orders of magnitude, where a factor counts and zeros occur.
    Avoid when: targets far below 1: log(1 + y) is then y, and this is mse.
    Related: rmsle is its root over the file; silog forgives a factor that all predictions share.
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
        Literal["pooled", "mean"], Param("one root over everything, or a root per column, then their mean")
    ] = "pooled",
) -> dict[str, Floats]:
    """The root of the mean squared difference of log(1 + prediction) and log(1 + target) over the whole file.

    Formula: L = √(mean over rows and outputs of (log(1 + f) - log(1 + y))²); outputs=mean: the mean over columns of each
    column's root.
    Gradient: (log(1 + f) - log(1 + y)) / (N·d·L·(1 + f)) for N rows of d outputs; 0 where the root is 0.
    Edge cases: no row has a value of its own; numbers of -1 and below are an error.
    Use when: as msle, to be read as the logarithm of a factor: 0.1 is about ten per cent.
    Avoid when: files are to be combined by averaging: roots do not add.
    Related: L = √msle over the whole file; rmse without the logarithms.
    Equivalents: scikit-learn root_mean_squared_log_error: `rmsle:outputs=mean`; Keras and torch have none.
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
    conventions={"ultralytics": {"lambda": 1.0, "root": True, "eps": 1e-6}},
)
def silog(
    pred: Floats,
    target: Floats,
    *,
    lambda_: Annotated[float, Param("how much of the mean logarithm is forgiven: 1 all of it, 0 none", ge=0, le=1)] = 0.5,
    root: Annotated[bool, Param("the square root of it, as depth estimators report")] = False,
    pool: Annotated[
        Literal["batch", "image"], Param("over the whole file, or per row (an image of d pixels), then the mean of the rows")
    ] = "batch",
    eps: Annotated[float, Param("added before the root", ge=0, example="0.5")] = 0.0,
    centre: Annotated[Floats | None, Fitted("the mean of the file's log ratios")] = None,
) -> dict[str, Floats]:
    """The mean squared log ratio of prediction and target, with a share of its mean forgiven.

    Formula: g = log f - log y: L = mean g² - λ·(mean g)², over all numbers of the file (pool=batch) or of a row (image);
    its root with root=true. eps is added to it. Computed about the mean, which does not cancel.
    Gradient: 2·(g - λ·mean g) / (n·f) for n numbers; divided by 2L with root=true, 0 where the root is 0.
    Edge cases: both sides must be above 0. With pool=image a row of one number has nothing to be invariant to.
    Use when: depth from one camera, where the scale is unknown.
    Avoid when: the scale matters: λ=1 calls every multiple of the truth perfect.
    Related: with λ=0 it is the mean squared log ratio, msle without the 1 +.
    Equivalents: ultralytics' depth loss: `silog:lambda=1,root=true,eps=1e-6`; mmsegmentation SILogLoss, after 1e-4 is added to its
    logarithms' arguments: `silog:root=true`.
    """
    g = columns(_log_quotient(pred, target))
    middle = row_mean(g) if pool == "image" else np.full(len(g), float(g.mean() if centre is None else centre[0]))
    off = g - middle[:, None]
    return {"square": (off * off).sum(1), "first": off.sum(1), "count": np.full(len(g), float(g.shape[1])), "centre": middle}


def _log_quotient(pred: Floats, target: Floats) -> Floats:
    """log f - log y; near 1 by log1p of the relative difference, far apart by the two logarithms."""
    return pieces(_quotient_of_logs, pred, target)


def _quotient_of_logs(pred: Floats, target: Floats) -> Floats:
    u = gap(pred, target)
    sign = np.where(u.hi < 0, -1.0, 1.0)
    smaller = np.minimum(pred, target)
    near = np.abs(u.hi) < 1e10 * smaller
    r = (u * sign) / smaller
    found = np.log1p(np.where(near, r.hi, 0.0)) + np.where(near, r.lo / (1.0 + r.hi), 0.0)
    if not near.all():
        far = ~near
        found[far] = np.abs((log(pred[far]) - log(target[far])).rounded)
    return np.asarray(sign * found)


@silog.fit
def _logs(pred: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    g = columns(_log_quotient(pred, target))
    return {"sum": g.sum(1), "count": np.full(len(g), float(g.shape[1]))}


@silog.resolve
def _centred(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    with np.errstate(invalid="ignore"):
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
    assert centre is not None
    c = sums["centre"] if pool == "image" else centre
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
