"""Differences as a share of the numbers themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.stable import Floats, divide, row_sum
from losscli.spec.loss import Param, Params, Rows


def _quotient(pred: Floats, target: Floats, base: Floats) -> Floats:
    """|f - y| / base, 0 where both are 0; a difference beyond the doubles is halved first."""
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
    eps: Annotated[float, Param("floor of |y|", ge=0)] = 0.0,
    percent: Annotated[bool, Param("times 100")] = False,
) -> Floats:
    """The mean difference as a share of the target.

    Formula: L = mean over outputs of |f - y| / max(|y|, eps), times 100 with percent=true.
    Gradient: sign(f - y) / max(|y|, eps) / d for d outputs; 0 where f = y.
    Edge cases: a target of 0 is infinite without eps, and 0 where the prediction is 0 too.
    Use when: targets well above zero, where "ten per cent off" is what people say.
    Avoid when: targets near zero; and as a training loss: a prediction of 0 costs at most 1, so it favours low predictions.
    Related: smape divides by both sides; wmape divides sums; gamma_deviance is scale-free and calibrated.
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


@FAMILY.loss(
    "smape",
    aliases=("symmetric_mean_absolute_percentage_error",),
    cite="Makridakis 1993",
    highest=2.0,
)
def smape(pred: Floats, target: Floats, *, eps: Annotated[float, Param("floor of |y| + |f|", ge=0)] = 0.0) -> Floats:
    """The mean difference as a share of prediction and target together.

    Formula: L = mean over outputs of 2·|f - y| / max(|y| + |f|, eps): 0 … 2.
    Gradient: 4·|y|·sign(f - y) / (|y| + |f|)² / d where f and y have one sign, 0 where they differ in it, half the first
    at f = 0; 2·sign(f - y)/eps below the floor.
    Edge cases: 0 where both are 0. Other definitions divide by |y| + |f| alone (half of this) or by f + y.
    Use when: forecasts of series of different sizes, as the M competitions scored them.
    Avoid when: zero targets (every prediction but 0 costs 2); it is not symmetric: too low costs more than too high.
    Related: mape divides by the target alone.
    Equivalents: torchmetrics SymmetricMeanAbsolutePercentageError: `smape:eps=1.17e-6`; the M3 form in per cent is
    `100*smape`.
    """
    with np.errstate(over="ignore"):
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
    # 2(sign(u)·size - |u|·sign(f)) / size² in a form that does not cancel
    shared = np.where(sides > 0, 4.0, np.where((pred == 0) & (target != 0), 2.0, 0.0))
    slope = np.where(shared == 0, 0.0, shared * divide(np.abs(target), size, 0.0) * divide(u, size, 0.0))
    if p.eps > 0:
        slope = np.where(size < p.eps, 2.0 * u / p.eps, slope)
    return share(slope)


@FAMILY.loss(
    "wmape",
    aliases=("wape", "weighted_mean_absolute_percentage_error"),
    cite="Kolassa & Schütz 2007",
    unit="pool",
    pooled=True,
)
def wmape(pred: Floats, target: Floats, *, eps: Annotated[float, Param("floor of Σ|y|", ge=0)] = 0.0) -> dict[str, Floats]:
    """The sum of all differences as a share of the sum of all targets.

    Formula: L = Σ|f - y| / max(Σ|y|, eps) over all rows and outputs.
    Gradient: sign(f - y) / max(Σ|y|, eps), of the value over the file.
    Edge cases: no row has a value of its own. Targets that are all 0 are infinite, or 0 where every prediction is 0 too.
    Use when: sales and demand with many zeros, where mape breaks down.
    Avoid when: one large series among small ones: it decides the number.
    Related: mape divides row by row; mae over the mean |y| is the same number.
    Equivalents: torchmetrics WeightedMeanAbsolutePercentageError: `wmape:eps=1.17e-6`.
    """
    return {"off": row_sum(np.abs(pred - target)), "size": row_sum(np.abs(target))}


@wmape.finish
def _wmape_value(sums: Mapping[str, Floats], p: Params) -> Rows:
    return Rows(divide(sums["off"], np.maximum(sums["size"], p.eps), 0.0))


@wmape.gradient
def _wmape_slope(pred: Floats, target: Floats, sums: Mapping[str, Floats], p: Params) -> Floats:
    base = np.maximum(sums["size"], p.eps).reshape(-1, *[1] * (pred.ndim - 1))
    return divide(np.sign(pred - target), np.broadcast_to(base, pred.shape), 0.0)
