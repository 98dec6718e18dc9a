"""Negative log-likelihoods of predicted distributions, in double-double precision where their terms cancel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress._unit_deviance import half_deviance, log_factorial_excess, times_log
from losscli.families.regress.family import FAMILY, gap, over_outputs, share
from losscli.numerics.double import Double, exp, expm1, log, pieces, refined
from losscli.numerics.stable import Bools, Floats
from losscli.spec.loss import Param, Params

_LOG_2PI = Double(np.array(1.8378770664093456), np.array(-7.756588316134483e-17))
_LOG_2 = Double(np.array(0.6931471805599453), np.array(2.3190468138462996e-17))


def _loses_digits(total: Floats, size: Floats) -> Bools:
    """Where a sum lost too many digits to cancellation; `size` is the sum of the magnitudes of its terms."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(total) < 0.7 * size) & np.isfinite(size))


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
        Literal["false", "stirling", "exact"],
        Param("the constant log y!: omitted, by Stirling's formula where y > 1, or exact"),
    ] = "false",
    eps: Annotated[float, Param("added to the rate inside the logarithm; ignored with log_input", ge=0)] = 0.0,
) -> Floats:
    """Negative log-likelihood of a count under a Poisson distribution with the predicted rate.

    Formula: L = mean over outputs of f - y·log(f + eps) + k, or with log_input e^f - y·f + k; k is 0 (full=false),
    y·log y - y + log(2πy)/2 where y > 1 (stirling), log y! = log Γ(y + 1) (exact).
    Gradient: (1 - y/(f + eps)) / d for d outputs, or (e^f - y) / d with log_input; k does not contribute.
    Edge cases: f = 0 gives infinity where y > 0 and eps = 0; 0·log 0 = 0. Without the constant the loss may be negative.
    Targets need not be integers.
    Use when: targets are counts and you compare models on the same targets.
    Avoid when: 0 should mean a perfect fit (see poisson_deviance); log_input does not match whether PRED contains log rates.
    Related: poisson_deviance is twice this minus its minimum; with full=exact it is the true negative log-likelihood.
    Equivalents: torch poisson_nll_loss: `poisson_nll:log_input=true` (full=True: `full=stirling`), with log_input=False
    `poisson_nll:eps=1e-8`; Keras Poisson: `poisson_nll:eps=1e-7`; scikit-learn HalfPoissonLoss: `poisson_nll:log_input=true`.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if full == "false" or eps > 0:
            return over_outputs(_rate_part(pred, target, log_input, full, eps))
        # with its constant the loss is half a deviance plus a remainder, both non-negative
        above = _half_deviance_of_log(pred, target) if log_input else half_deviance(pred, target, 1.0)
        if full == "exact":
            return over_outputs(above + pieces(lambda y: log_factorial_excess(y).rounded, target))
        held = target > 1
        rest = 0.5 * (np.log(np.where(held, target, 1.0)) + float(_LOG_2PI.hi))
        return over_outputs(np.where(held, above + rest, _rate_part(pred, target, log_input, "false", eps)))


def _half_deviance_of_log(z: Floats, y: Floats) -> Floats:
    """e^z - y·z + y·log y - y = y·(e^w - 1 - w) with w = z - log y."""
    positive = y > 0
    w = Double.of(z) - log(np.where(positive, y, 1.0))
    near = np.abs(w.hi) < 0.05
    x = np.where(near, w.hi, 0.0)
    series = 1.0 + x / 3 * (1.0 + x / 4 * (1.0 + x / 5 * (1.0 + x / 6 * (1.0 + x / 7 * (1.0 + x / 8 * (1.0 + x / 9))))))
    inside = y * ((0.5 * x * x) * series + x * w.lo)
    found = refined(inside, ~near & positive, lambda w, y: (expm1(w) - w) * y, w, y)
    return np.where(positive, found, np.exp(z))


def _rate_part(pred: Floats, target: Floats, log_input: bool, full: str, eps: float) -> Floats:
    """The loss term by term, in double-double precision where the terms cancel."""
    if log_input:
        first = np.exp(pred)
        second = np.where(target == 0, 0.0, target * pred)
    else:
        first = pred
        rate = Double.sum(pred, eps)
        logged = np.log(rate.hi) + np.where(rate.hi > 0, rate.lo / rate.hi, 0.0)
        second = np.where(target == 0, 0.0, target * np.where(target == 0, 0.0, logged))
    constant, size = _constant(target, full)
    plain = np.where(np.isinf(first), first, (first - second) + constant)
    at = _loses_digits(plain, first + np.abs(second) + size) & (log_input | (pred + eps > 0) | (target == 0))
    return refined(plain, at, lambda f, y: _exact_poisson(f, y, log_input, full, eps), pred, target)


def _constant(y: Floats, full: str) -> tuple[Floats, Floats]:
    """log y! according to `full`, and the magnitude of its terms."""
    if full == "false":
        return np.zeros_like(y), np.zeros_like(y)
    positive = np.where(y > 0, y, 1.0)
    falling = np.where(y > 0, y * np.log(positive), 0.0) - y
    if full == "stirling":
        held = y > 1
        return np.where(held, falling + 0.5 * np.log(2.0 * np.pi * positive), 0.0), np.where(held, np.abs(falling) + 2.0 * y, 0.0)
    return falling, np.full_like(y, 1e300)  # recompute every row: log y! has no plain formula


def _exact_poisson(f: Floats, y: Floats, log_input: bool, full: str, eps: float) -> Double:
    value = exp(Double.of(f)) - Double.product(y, f) if log_input else -times_log(y, Double.sum(f, eps)) + f
    if full == "false":
        return value
    if full == "exact":
        return value + (times_log(y, y) - y) + log_factorial_excess(y)
    held = y > 1
    at = np.where(held, y, 1.0)
    stirling = (times_log(at, at) - at) + (log(at) + _LOG_2PI).scaled(0.5)
    return value + Double(np.where(held, stirling.hi, 0.0), np.where(held, stirling.lo, 0.0))


@poisson_nll.gradient
def _poisson_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if p.log_input:
            rate = np.exp(pred)
            at = _loses_digits(rate - target, rate + target)
            return share(refined(rate - target, at, lambda f, y: exp(Double.of(f)) - y, pred, target))
        over = Double.sum(pred, p.eps)
        return share(np.where(target == 0, 1.0, (over - target).rounded / over.hi))


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
    u = pred - target
    with np.errstate(over="ignore", invalid="ignore"):
        logged, root = 0.5 * np.log(v), np.sqrt(v)
        part = (0.5 * u / v) * u
        part = np.where(np.isfinite(part), part, (0.5 * u / root) * (u / root))
        constant = 0.5 * float(_LOG_2PI.hi) if full else 0.0
        total = (logged + part) + constant
        at = _loses_digits(total, np.abs(logged) + part + constant)
    return over_outputs(refined(total, at, lambda f, v, y: _exact_gaussian(f, v, y, full), pred, v, target))


def _exact_gaussian(f: Floats, v: Floats, y: Floats, full: bool) -> Double:
    u, scaled = _unscaled(gap(f, y), v)
    total = log(v) + (u * u) / scaled
    return (total + _LOG_2PI if full else total).scaled(0.5)


def _unscaled(u: Double, v: Floats) -> tuple[Double, Floats]:
    """u and v rescaled so that v is about 1: u/2^k and v/4^k."""
    _, exponent = np.frexp(v)
    k = exponent // 2
    return Double(np.ldexp(u.hi, -k), np.ldexp(u.lo, -k)), np.ldexp(v, -2 * k)


@gaussian_nll.gradient
def _gaussian_slope(pred: Floats, var: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    v = np.maximum(var, p.eps)
    with np.errstate(over="ignore", invalid="ignore"):
        u, scaled = _unscaled(gap(pred, target), v)
        rest = 0.5 * ((-(u * u) + scaled).rounded / scaled / v)
        plain = (pred - target) / v
        rest = np.where(np.abs(u.hi) > 1e100, -(0.5 * plain) * plain, rest)
        return {"pred": share(plain), "var": share(np.where(var < p.eps, 0.0, rest))}


@FAMILY.loss(
    "laplace_nll",
    cite="Laplace 1774",
    lowest=None,
    domain=partial(_floored, role="scale"),
)
def laplace_nll(
    pred: Floats,
    scale: Floats,
    target: Floats,
    *,
    eps: Annotated[float, Param("lower bound on the scale", ge=0)] = 0.0,
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
    size = np.abs(pred - target)
    with np.errstate(over="ignore", invalid="ignore"):
        logged = np.log(2.0 * b)
        total = logged + size / b
        at = _loses_digits(total, np.abs(logged) + size / b) | ((b > 1e300) & np.isfinite(size / b))
    return over_outputs(refined(total, at, _exact_laplace, pred, b, target))


def _exact_laplace(f: Floats, b: Floats, y: Floats) -> Double:
    u = gap(f, y)
    sign = np.where(u.hi < 0, -1.0, 1.0)
    return (log(b) + _LOG_2) + (u * sign) / b


@laplace_nll.gradient
def _laplace_slope(pred: Floats, scale: Floats, target: Floats, p: Params) -> dict[str, Floats]:
    b = np.maximum(scale, p.eps)
    u = gap(pred, target)
    sign = np.sign(u.hi)
    with np.errstate(over="ignore", invalid="ignore"):
        rest = (-(u * sign) + b).rounded / b
        return {"pred": share(sign / b), "scale": share(np.where(scale < p.eps, 0.0, rest / b))}
