"""Deviances: how far a predicted mean lies from the target, in the measure of a distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.regress._unit_deviance import deviance_slope, half_deviance
from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params

Power = Annotated[
    float,
    Param("the variance is f^power: 0 squared error, 1 Poisson, 2 gamma, 3 inverse Gaussian; none between 0 and 1", example="1.5"),
]


def domain_of(p: Params) -> Mapping[str, str]:
    """What predictions and targets must be for a power."""
    power = p.power
    if power == 0:
        return {}
    if power < 0:
        return {"pred": "nonnegative"}
    return {"pred": "nonnegative", "target": "nonnegative"} if power < 2 else {"pred": "positive", "target": "positive"}


def refuse_power(power: float, loss: str) -> None:
    """Raise UsageError for a power that no distribution has."""
    if 0.0 < power < 1.0:
        raise UsageError(f"{loss}: power={power:g} lies between 0 and 1, where no distribution is", fix="power ≤ 0 or ≥ 1")


@FAMILY.loss(
    "tweedie",
    aliases=("tweedie_deviance",),
    cite="Tweedie 1984",
    domain=domain_of,
    conventions={"sklearn": {}},
)
def tweedie(pred: Floats, target: Floats, *, power: Power = 0.0) -> Floats:
    """How far a predicted mean is from the target where the variance grows as a power of the mean.

    Formula: a = 2 - p: L = mean over outputs of 2·(y^a/((1-p)·a) - y·f^(1-p)/(1-p) + f^a/a); (f - y)² at p=0,
    2(y log(y/f) - y + f) at p=1, 2(log(f/y) + y/f - 1) at p=2. Near y = f a series, elsewhere twice the precision: the
    formula itself loses every digit of a small deviance.
    Gradient: 2·(f - y)·f^(-p) / d for d outputs.
    Edge cases: p < 0 needs f ≥ 0, 1 ≤ p < 2 needs f ≥ 0 and y ≥ 0, p ≥ 2 needs both above 0; p between 0 and 1 is an error.
    f = 0 < y is infinite for p ≥ 1.
    Use when: claims and rainfall (1 < p < 2: zeros and positive amounts), counts (p=1), durations (p=2).
    Avoid when: PRED holds logarithms of the mean, as a model with a log link puts out: exponentiate them first.
    Related: mse at power=0; poisson_deviance and gamma_deviance are powers 1 and 2; d2 sets it beside a constant prediction.
    Equivalents: scikit-learn mean_tweedie_deviance, torchmetrics TweedieDevianceScore: `tweedie:power=1.5`; scikit-learn's
    HalfTweedieLoss is half of it without the terms of y alone.
    """
    refuse_power(power, "tweedie")
    return over_outputs(2.0 * half_deviance(pred, target, power))


@tweedie.gradient
def _tweedie_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(2.0 * deviance_slope(pred, target, p.power))


@FAMILY.loss(
    "poisson_deviance",
    cite="Nelder & Wedderburn 1972",
    domain={"pred": "nonnegative", "target": "nonnegative"},
    conventions={"sklearn": {}},
)
def poisson_deviance(pred: Floats, target: Floats) -> Floats:
    """Twice the log-likelihood that a predicted rate loses against the best one, for counts.

    Formula: L = mean over outputs of 2·(y log(y/f) - y + f), with 0·log 0 = 0.
    Gradient: 2·(1 - y/f) / d for d outputs.
    Edge cases: f = 0 is infinite where y > 0, and 0 where y is 0.
    Use when: counts against predicted rates; 0 is perfection, which poisson_nll has not.
    Avoid when: counts vary more than their mean: see tweedie with a power above 1.
    Related: tweedie:power=1; poisson_nll is half of it up to terms of y alone.
    Equivalents: scikit-learn mean_poisson_deviance, torchmetrics TweedieDevianceScore(power=1): `poisson_deviance`.
    """
    return over_outputs(2.0 * half_deviance(pred, target, 1.0))


@poisson_deviance.gradient
def _poisson_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(2.0 * deviance_slope(pred, target, 1.0))


@FAMILY.loss(
    "gamma_deviance",
    cite="Nelder & Wedderburn 1972",
    domain={"pred": "positive", "target": "positive"},
    conventions={"sklearn": {}},
)
def gamma_deviance(pred: Floats, target: Floats) -> Floats:
    """How far a predicted mean is from a positive target in relative terms.

    Formula: L = mean over outputs of 2·(log(f/y) + y/f - 1).
    Gradient: 2·(f - y) / (f²·d) for d outputs.
    Edge cases: both sides must be above 0.
    Use when: amounts and durations whose spread grows with their size: a factor counts, not a difference.
    Avoid when: targets of zero: see tweedie with a power between 1 and 2.
    Related: tweedie:power=2; mape is as scale-free, and favours predictions that are too low.
    Equivalents: scikit-learn mean_gamma_deviance: `gamma_deviance`.
    """
    return over_outputs(2.0 * half_deviance(pred, target, 2.0))


@gamma_deviance.gradient
def _gamma_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(2.0 * deviance_slope(pred, target, 2.0))


def unit(mean: Floats, target: Floats, power: float) -> Floats:
    """The unit deviance, as an array of any shape."""
    return np.asarray(2.0 * half_deviance(np.atleast_1d(mean), np.atleast_1d(target), power))
