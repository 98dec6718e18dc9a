"""Negative log-likelihoods of predicted distributions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress._unit_deviance import half_deviance, log_factorial_excess
from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.remainders import exp_remainder
from losscli.numerics.stable import Floats, times, xlogy
from losscli.spec.loss import Param, Params

_LOG_2PI = float(np.log(2.0 * np.pi))


def _poisson_domain(p: Params) -> Mapping[str, str]:
    return {"target": "nonnegative"} if p.log_input else {"pred": "nonnegative", "target": "nonnegative"}


def _floored(p: Params, role: str) -> Mapping[str, str]:
    return {role: "nonnegative" if p.eps > 0 else "positive"}


@FAMILY.loss(
    "poisson_nll",
    aliases=("poisson",),
    cite="Cameron & Trivedi 1998",
    lowest=None,
    domain=_poisson_domain,
    conventions={"torch": {"log_input": True, "eps": 1e-8}, "keras": {"eps": 1e-7}},
)
def poisson_nll(
    pred: Floats,
    target: Floats,
    *,
    log_input: Annotated[bool, Param("PRED contains logarithms of the rate")] = False,
    full: Annotated[
        Literal["false", "stirling", "exact"], Param("the constant log y!: omitted, by Stirling's formula where y > 1, or exact")
    ] = "false",
    eps: Annotated[float, Param("added to the rate inside the logarithm; ignored with log_input", ge=0)] = 0.0,
) -> Floats:
    """Negative log-likelihood of a count under a Poisson distribution with the predicted rate.

    Formula: L = mean over outputs of f - y·log(f + eps) + k, or with log_input e^f - y·f + k; k is 0 (full=false),
    y·log y - y + log(2πy)/2 where y > 1 (stirling), log y! = log Γ(y + 1) (exact).
    Gradient: (1 - y/(f + eps)) / d for d outputs; log_input=true: (e^f - y) / d; k does not contribute.
    Edge cases: f = 0 gives infinity where y > 0 and eps = 0; 0·log 0 = 0. Without the constant the loss may be negative.
    Targets need not be integers.
    Use when: targets are counts and you compare models on the same targets.
    Avoid when: 0 should mean a perfect fit (see poisson_deviance); log_input does not match whether PRED contains log rates.
    Related: poisson_deviance is twice this minus its minimum; with full=exact it is the true negative log-likelihood.
    Equivalents: torch poisson_nll_loss: `poisson_nll:log_input=true` (full=True: `full=stirling`), with log_input=False
    `poisson_nll:eps=1e-8`; Keras Poisson: `poisson_nll:eps=1e-7`; scikit-learn HalfPoissonLoss: `poisson_nll:log_input=true`.
    """
    likelihood = np.exp(pred) - target * pred if log_input else pred - xlogy(target, np.log(pred + eps))
    if full == "false":
        found = over_outputs(likelihood)
        return np.where(np.isnan(found), np.inf, found)  # terms of both signs overflow
    # with its constant the loss is half a deviance plus a remainder, both non-negative
    above = _half_deviance_of_log(pred, target) if log_input else half_deviance(pred + eps, target, 1.0) - eps
    if full == "exact":
        return over_outputs(above + log_factorial_excess(target))
    rest = 0.5 * (np.log(np.maximum(target, 1.0)) + _LOG_2PI)
    return over_outputs(np.where(target > 1, above + rest, likelihood))


def _half_deviance_of_log(z: Floats, y: Floats) -> Floats:
    """e^z - y·z + y·log y - y = y·(e^w - 1 - w) with w = z - log y."""
    w = z - np.log(y)
    near = np.abs(w) < 1.0
    return np.where(near, y * exp_remainder(np.where(near, w, 0.0)), (np.exp(z) - y) - times(y, w))


@poisson_nll.gradient
def _poisson_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    if p.log_input:
        return share(np.exp(pred) - target)
    rate = pred + p.eps
    return share(np.where(target == 0, 1.0, (rate - target) / rate))


@FAMILY.loss(
    "gaussian_nll",
    cite="Nix & Weigend 1994",
    lowest=None,
    domain=partial(_floored, role="var"),
    conventions={"torch": {"eps": 1e-6}},
)
def gaussian_nll(
    pred: Floats,
    var: Floats,
    target: Floats,
    *,
    full: Annotated[bool, Param("add the constant log(2π)/2")] = False,
    eps: Annotated[float, Param("lower bound on the variance", ge=0)] = 0.0,
) -> Floats:
    """Negative log-likelihood of the target under a normal distribution with predicted mean and variance.

    Formula: u = f - y, v = max(var, eps): L = mean over outputs of (log v + u²/v)/2, plus log(2π)/2 with full=true.
    Gradient: for d outputs, w.r.t. the mean: u/v / d; w.r.t. the variance: (1/v - u²/v²)/2 / d, and 0 below eps.
    Edge cases: a variance of 0 is an error without eps. The loss may be negative, as densities may exceed 1.
    Use when: the model predicts its own uncertainty, which should be evaluated too.
    Avoid when: PRED contains standard deviations or log-variances (square or exponentiate them first).
    Related: with variance 1 it is half_mse; laplace_nll has heavier tails; crps is in the unit of the targets.
    Equivalents: torch GaussianNLLLoss: `gaussian_nll:eps=1e-6` (in torch a clipped variance still gets a gradient); Keras and
    scikit-learn have no equivalent.
    """
    v = np.maximum(var, eps)
    z = (pred - target) / np.sqrt(v)
    return over_outputs(0.5 * (np.log(v) + z * z + (_LOG_2PI if full else 0.0)))


@gaussian_nll.gradient
def _gaussian_slope(pred: Floats, var: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    v = np.maximum(var, p.eps)
    u = pred - target
    rise = 0.5 * (1.0 - np.square(u / np.sqrt(v))) / v
    return {"pred": share(u / v), "var": share(np.where(var < p.eps, 0.0, rise))}


@FAMILY.loss("laplace_nll", cite="Laplace 1774", lowest=None, domain=partial(_floored, role="scale"))
def laplace_nll(
    pred: Floats, scale: Floats, target: Floats, *, eps: Annotated[float, Param("lower bound on the scale", ge=0)] = 0.0
) -> Floats:
    """Negative log-likelihood of the target under a Laplace distribution with predicted median and scale.

    Formula: u = f - y, b = max(scale, eps): L = mean over outputs of log(2b) + |u|/b.
    Gradient: for d outputs, w.r.t. the median: sign(u)/b / d, 0 at u=0; w.r.t. the scale: (b - |u|)/b² / d, and 0 below eps.
    Edge cases: a scale of 0 is an error without eps. The loss may be negative, as densities may exceed 1.
    Use when: errors have heavy tails and the model predicts their scale.
    Avoid when: PRED contains standard deviations (√2·b) or log scales (convert them first).
    Related: with scale 1 it is mae + log 2; gaussian_nll has lighter tails.
    Equivalents: torch distributions.Laplace(f, b).log_prob, negated: `laplace_nll`; torch.nn has no equivalent.
    """
    b = np.maximum(scale, eps)
    return over_outputs((np.log(b) + np.log(2.0)) + np.abs(pred - target) / b)


@laplace_nll.gradient
def _laplace_slope(pred: Floats, scale: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    b = np.maximum(scale, p.eps)
    u = pred - target
    return {"pred": share(np.sign(u) / b), "scale": share(np.where(scale < p.eps, 0.0, (b - np.abs(u)) / b / b))}
