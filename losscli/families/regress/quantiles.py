"""Losses of predicted quantiles, intervals and ensembles."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.regress.absolute import quadratic_then_linear
from losscli.families.regress.family import FAMILY, of_differences, over_outputs, share
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params, Vector

Levels = Annotated[
    float | Vector,
    Param(
        "quantile level, or a list: then PRED has one column per level and TARGET one number per row",
        gt=0,
        lt=1,
        example="[0.1,0.5,0.9]",
    ),
]


def _width(p: Params) -> int | None:
    """The number of prediction columns, one per level, if levels are listed."""
    tau = p.tau
    return len(tau) if isinstance(tau, (tuple, np.ndarray)) else None


def _beside(target: Floats, tau: float | Floats) -> Floats:
    """The targets, of which each is compared with every column of a list of levels."""
    return target[:, None] if np.ndim(tau) else target


def _residual(pred: Floats, target: Floats, tau: float | Floats) -> Floats:
    """y - f"""
    return _beside(target, tau) - pred


@FAMILY.loss(
    "pinball",
    aliases=("quantile",),
    cite="Koenker & Bassett 1978",
    conventions={"sklearn": {}},
    width=_width,
    levels="tau",
    differences=True,
)
def pinball(pred: Floats, target: Floats, *, tau: Levels = 0.5) -> Floats:
    """Pinball (quantile) loss: asymmetrically weighted absolute error, minimised by a quantile.

    Formula: r = y - f: L = mean over outputs of τ·r where r ≥ 0, else (τ - 1)·r. With a list of levels, column q of PRED is the
    quantile τ_q of the row's target.
    Gradient: -τ / d where r ≥ 0 for d outputs, else (1 - τ) / d.
    Use when: you predict a quantile ("nine times in ten not above this").
    Avoid when: you predict means; quantiles predicted separately may cross, which it does not penalise.
    Related: τ=0.5 is half of mae; quantile_huber is smooth at zero; interval_score scores two quantiles at once.
    Equivalents: scikit-learn mean_pinball_loss(alpha=τ), tensorflow-addons PinballLoss(tau=τ): `pinball:tau=0.9`; torch has no
    equivalent.
    """
    return of_differences(_beside(target, tau), pred, lambda r, s: np.where(r >= 0, tau, np.asarray(tau) - 1.0) * r, times=2.0)


@pinball.gradient
def _pinball_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    r = _residual(pred, target, p.tau)
    return share(np.where(r >= 0, -np.asarray(p.tau), 1.0 - np.asarray(p.tau)))


@FAMILY.loss("quantile_huber", cite="Dabney et al. 2018", width=_width, levels="tau", differences=True)
def quantile_huber(
    pred: Floats,
    target: Floats,
    *,
    tau: Levels = 0.5,
    delta: Annotated[float, Param("difference at which the loss changes from quadratic to linear", gt=0)] = 1.0,
) -> Floats:
    """Quantile Huber loss: pinball loss made quadratic near zero.

    Formula: r = y - f, H = r²/2 where |r| ≤ delta, else delta·(|r| - delta/2): L = mean over outputs of |τ - [r < 0]|·H. With a
    list of levels, column q of PRED is the quantile τ_q of the row's target.
    Gradient: -|τ - [r < 0]|·clip(r, -delta, delta) / d for d outputs.
    Use when: you do quantile regression by gradient descent, as QR-DQN does for returns.
    Avoid when: you need exact quantiles, as within delta of the target it fits expectiles.
    Related: divided by delta it tends to pinball for small delta; τ=0.5 is half of huber; implicit quantile networks divide by
    delta.
    Equivalents: torch and Keras have no equivalent; QR-DQN's published loss (delta=1): `quantile_huber`.
    """
    return of_differences(_beside(target, tau), pred, lambda r, s: _tilt(r, tau) * quadratic_then_linear(r, s * delta), times=4.0)


def _tilt(r: Floats, tau: float | Floats) -> Floats:
    return np.where(r < 0, 1.0 - np.asarray(tau), tau)


@quantile_huber.gradient
def _quantile_huber_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    r = _residual(pred, target, p.tau)
    return share(_tilt(r, p.tau) * np.clip(-r, -p.delta, p.delta))


@FAMILY.loss("interval_score", aliases=("winkler",), cite="Gneiting & Raftery 2007", lowest=None, outside="alpha")
def interval_score(
    lower: Floats,
    upper: Floats,
    target: Floats,
    *,
    alpha: Annotated[float, Param("fraction of targets allowed outside the interval", gt=0, lt=1)] = 0.1,
) -> Floats:
    """Interval (Winkler) score: the interval's width plus a penalty for targets outside it.

    Formula: L = mean over outputs of (u - l) + (2/α)·max(0, l - y) + (2/α)·max(0, y - u).
    Gradient: w.r.t. l: ((2/α)·[y < l] - 1) / d for d outputs; w.r.t. u: (1 - (2/α)·[y > u]) / d.
    Edge cases: crossed ends are not reordered: the width is negative and at least one penalty applies.
    Use when: you predict central 1 - α intervals (the optimum is the quantiles α/2 and 1 - α/2).
    Avoid when: you compare intervals with different α, as a smaller α always costs more.
    Related: (α/2) times it is the sum of pinball at both quantiles; crps covers all levels at once.
    Equivalents: the large libraries have no equivalent; scoringrules interval_score: `interval_score:alpha=0.1`.
    """
    return over_outputs(_end(target - lower, alpha) + _end(upper - target, alpha))


def _end(inside: Floats, alpha: float) -> Floats:
    """The distance of the target from an end of the interval, 2/α - 1 times it outside: together they are the width and penalty."""
    return np.where(inside >= 0, inside, (1.0 - 2.0 / alpha) * inside)


@interval_score.gradient
def _interval_slope(lower: Floats, upper: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    fine = 2.0 / p.alpha
    return {"lower": share(np.where(target < lower, fine - 1.0, -1.0)), "upper": share(np.where(target > upper, 1.0 - fine, 1.0))}


@FAMILY.loss("crps", aliases=("energy_score",), cite="Gneiting & Raftery 2007", width=lambda p: 0)
def crps(pred: Floats, target: Floats) -> Floats:
    """Continuous ranked probability score of an ensemble: integrated squared difference of its CDF and the target's.

    Formula: x_1 … x_m the columns of PRED, F their empirical distribution: L = ∫ (F(t) - [t ≥ y])² dt = mean_i |x_i - y| -
    (mean over i and j of |x_i - x_j|)/2. Computed as the integral, whose pieces are non-negative.
    Gradient: w.r.t. x_i: sign(x_i - y)/m - Σ_j sign(x_i - x_j)/m².
    Edge cases: with a single member it is mae. Members may be tied and in any order.
    Use when: forecasts are given as samples and you want a score in the unit of the target.
    Avoid when: ensembles are small, as m members are penalised by about 1/(2m) of their spread; forecasts are multivariate.
    Related: mae is the case of one member; it is the integral of twice pinball over all levels.
    Equivalents: torchmetrics ContinuousRankedProbabilityScore, properscoring crps_ensemble: `crps`.
    """
    x = np.sort(pred, axis=1)
    m = x.shape[1]
    y = target[:, None]
    low, high = x[:, :-1], x[:, 1:]
    below = np.arange(1, m) / m
    under = np.maximum(np.minimum(y, high) - low, 0.0)
    above = np.maximum(high - np.maximum(y, low), 0.0)
    ends = np.maximum(x[:, 0] - target, 0.0) + np.maximum(target - x[:, -1], 0.0)
    return np.asarray(ends + (under * below**2 + above * (1.0 - below) ** 2).sum(1))


@crps.gradient
def _crps_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    m = pred.shape[1]
    order = np.argsort(pred, axis=1, kind="stable")
    x = np.take_along_axis(pred, order, 1)
    place = np.broadcast_to(np.arange(m), x.shape)
    new = np.ones(x.shape, bool)
    new[:, 1:] = x[:, 1:] != x[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    last_new = np.ones(x.shape, bool)
    last_new[:, :-1] = new[:, 1:]
    last = np.minimum.accumulate(np.where(last_new, place, m)[:, ::-1], axis=1)[:, ::-1]
    more = np.empty(x.shape)
    np.put_along_axis(more, order, (first + last - (m - 1.0)), 1)  # number of members below minus number above
    return np.asarray(np.sign(pred - target[:, None]) / m - more / (m * m))
