"""Relative (percentage) errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.families.regress.family import FAMILY, SPARE, over_outputs, share
from losscli.numerics.stable import Floats, divide, row_sum
from losscli.spec.loss import Param, Params, Rows


def _quotient(pred: Floats, target: Floats, base: Floats) -> Floats:
    """|f - y| / base, 0 where both are 0; a difference that would overflow is halved first."""
    size = np.abs(pred - target)
    found = divide(size, base, 0.0)
    far = np.isinf(size) & np.isfinite(base)
    if far.any():
        found[far] = np.abs(0.5 * pred[far] - 0.5 * target[far]) / base[far] * 2.0
    return found


@FAMILY.loss(
    "mape",
    aliases=("mean_absolute_percentage_error",),
    cite="de Myttenaere et al. 2016",
    conventions={"keras": {"eps": 1e-7, "percent": True}, "sklearn": {"eps": 2.220446049250313e-16}},
)
def mape(
    pred: Floats,
    target: Floats,
    *,
    eps: Annotated[float, Param("lower bound on |y|", ge=0)] = 0.0,
    percent: Annotated[bool, Param("multiply by 100")] = False,
) -> Floats:
    """Mean absolute percentage error: absolute error relative to the target.

    Formula: L = mean over outputs of |f - y| / max(|y|, eps), times 100 with percent=true.
    Gradient: sign(f - y) / max(|y|, eps) / d for d outputs; 0 where f = y.
    Edge cases: without eps a target of 0 gives infinity, or 0 if the prediction is also 0.
    Use when: targets are well above zero and relative errors ("ten per cent off") are natural.
    Avoid when: targets may be near zero; you train a model, as it favours low predictions (predicting 0 costs at most 1).
    Related: smape divides by |y| + |f|; wmape is a ratio of sums; gamma_deviance is scale-free and minimised by the mean.
    Equivalents: scikit-learn mean_absolute_percentage_error: `mape:eps=2.220446049250313e-16`; Keras
    MeanAbsolutePercentageError: `mape:eps=1e-7,percent=true`; torchmetrics MeanAbsolutePercentageError: `mape:eps=1.17e-6`.
    """
    found = over_outputs(_quotient(pred, target, np.maximum(np.abs(target), eps)))
    return 100.0 * found if percent else found


@mape.gradient
def _mape_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    base = np.maximum(np.abs(target), p.eps)
    slope = share(divide(np.sign(pred - target), base, 0.0))
    return 100.0 * slope if p.percent else slope


@FAMILY.loss("smape", aliases=("symmetric_mean_absolute_percentage_error",), cite="Makridakis 1993", highest=2.0)
def smape(pred: Floats, target: Floats, *, eps: Annotated[float, Param("lower bound on |y| + |f|", ge=0)] = 0.0) -> Floats:
    """Symmetric mean absolute percentage error: absolute error relative to the mean of |prediction| and |target|.

    Formula: L = mean over outputs of 2·|f - y| / max(|y| + |f|, eps): 0 … 2.
    Gradient: 4·|y|·sign(f - y) / (|y| + |f|)² / d where f·y > 0, else 0; half the first at f = 0; 2·sign(f - y)/eps below eps.
    Edge cases: 0 where both are 0. Other definitions divide by |y| + |f| alone (half of this) or by f + y.
    Use when: you compare forecasts of series of different scales, as in the M competitions.
    Avoid when: targets may be zero (every prediction but 0 costs 2); over- and underestimates should cost the same (low
    predictions cost more).
    Related: mape divides by |target| only.
    Equivalents: torchmetrics SymmetricMeanAbsolutePercentageError: `smape:eps=1.17e-6`; the M3 form, in per cent, is `100*smape`.
    """
    base = np.maximum(np.abs(target) + np.abs(pred), eps)
    found = 2.0 * _quotient(pred, target, base)
    far = np.isinf(base)
    if far.any():
        f, y = 0.25 * pred[far], 0.25 * target[far]
        found[far] = 2.0 * (np.abs(f - y) / (np.abs(f) + np.abs(y)))
    return over_outputs(found)


@smape.gradient
def _smape_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    size = np.abs(target) + np.abs(pred)
    u = np.sign(pred - target)
    sides = np.sign(pred) * np.sign(target)
    # 2(sign(u)·size - |u|·sign(f)) / size² in a form without cancellation
    shared = np.where(sides > 0, 4.0, np.where((pred == 0) & (target != 0), 2.0, 0.0))
    slope = np.where(shared == 0, 0.0, shared * divide(np.abs(target), size, 0.0) * divide(u, size, 0.0))
    if p.eps > 0:
        slope = np.where(size < p.eps, 2.0 * u / p.eps, slope)
    return share(slope)


@FAMILY.loss(
    "wmape", aliases=("wape", "weighted_mean_absolute_percentage_error"), cite="Kolassa & Schütz 2007", unit="pool", pooled=True
)
def wmape(pred: Floats, target: Floats, *, eps: Annotated[float, Param("lower bound on Σ|y|", ge=0)] = 0.0) -> dict[str, Floats]:
    """Weighted absolute percentage error: sum of absolute errors divided by sum of absolute targets.

    Formula: L = Σ|f - y| / max(Σ|y|, eps) over all rows and outputs.
    Gradient: sign(f - y) / max(Σ|y|, eps), of the value over all rows.
    Edge cases: it has no per-row values. Without eps, targets that are all 0 give infinity, or 0 if all predictions are also 0.
    Use when: targets contain many zeros, as in sales and demand data, where mape is infinite.
    Avoid when: scales differ between series, as the largest one dominates.
    Related: mape divides row by row; mae divided by the mean of |y| gives the same value.
    Equivalents: torchmetrics WeightedMeanAbsolutePercentageError: `wmape:eps=1.17e-6`.
    """
    f, y = SPARE * pred, SPARE * target
    return {"off": row_sum(np.abs(f - y)), "size": row_sum(np.abs(y))}


@wmape.finish
def _wmape_value(sums: Mapping[str, Floats], p: Params) -> Rows:
    return Rows(divide(sums["off"], np.maximum(sums["size"], SPARE * p.eps), 0.0))


@wmape.gradient
def _wmape_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    base = np.maximum(sums["size"], SPARE * p.eps).reshape(-1, *[1] * (pred.ndim - 1))
    return divide(SPARE * np.sign(pred - target), np.broadcast_to(base, pred.shape), 0.0)
