"""Deviances of predicted means from the targets under exponential-family distributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from losscli.core.errors import UsageError
from losscli.families.regress._unit_deviance import deviance_slope, half_deviance
from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params

Power = Annotated[
    float,
    Param("the variance is f^power: 0 squared error, 1 Poisson, 2 gamma, 3 inverse Gaussian; not between 0 and 1", example="1.5"),
]


def domain_of(p: Params) -> Mapping[str, str]:
    """The domain of predictions and targets for a power."""
    power = p.power
    if power == 0:
        return {}
    if power < 0:
        return {"pred": "nonnegative"}
    return {"pred": "nonnegative", "target": "nonnegative"} if power < 2 else {"pred": "positive", "target": "positive"}


def refuse_power(power: float, loss: str) -> None:
    """Raise UsageError for a power between 0 and 1, for which no distribution exists."""
    if 0.0 < power < 1.0:
        raise UsageError(
            f"{loss}: power={power:g} is between 0 and 1, where no Tweedie distribution exists",
            fix="use a power of 0 or less, or 1 or more",
        )


@FAMILY.loss("tweedie", aliases=("tweedie_deviance",), cite="Tweedie 1984", domain=domain_of, conventions={"sklearn": {}})
def tweedie(pred: Floats, target: Floats, *, power: Power = 0.0) -> Floats:
    """Tweedie deviance of a predicted mean, for a variance proportional to a power of the mean.

    Formula: a = 2 - p: L = mean over outputs of 2·(y^a/((1-p)·a) - y·f^(1-p)/(1-p) + f^a/a); (f - y)² at p=0, 2(y log(y/f) - y
    + f) at p=1, 2(log(f/y) + y/f - 1) at p=2. Computed by a series near y = f, where the formula cancels.
    Gradient: 2·(f - y)·f^(-p) / d for d outputs.
    Edge cases: p < 0 requires f ≥ 0; 1 ≤ p < 2 requires f ≥ 0 and y ≥ 0; p ≥ 2 requires f > 0 and y > 0; p between 0 and 1 is
    an error. f = 0 < y gives infinity for p ≥ 1.
    Use when: targets are claims or rainfall (1 < p < 2: zeros and positive amounts), counts (p=1) or durations (p=2).
    Avoid when: PRED contains log means, as output by a model with a log link (exponentiate them first).
    Related: power=0 is mse; poisson_deviance and gamma_deviance are powers 1 and 2; d2 compares it with a constant prediction.
    Equivalents: scikit-learn mean_tweedie_deviance, torchmetrics TweedieDevianceScore: `tweedie:power=1.5`; scikit-learn's
    HalfTweedieLoss is half of it without the terms that depend on y only.
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
    """Poisson deviance: twice the log-likelihood ratio of the saturated model to the predicted rate.

    Formula: L = mean over outputs of 2·(y log(y/f) - y + f), with 0·log 0 = 0.
    Gradient: 2·(1 - y/f) / d for d outputs.
    Edge cases: f = 0 gives infinity where y > 0, and 0 where y = 0.
    Use when: targets are counts, predictions are rates, and 0 should mean a perfect fit (unlike poisson_nll).
    Avoid when: counts are overdispersed (see tweedie with a power above 1).
    Related: the same as tweedie:power=1; poisson_nll is half of it up to terms that depend on y only.
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
    """Gamma deviance of a predicted mean from a positive target, which depends only on their ratio.

    Formula: L = mean over outputs of 2·(log(f/y) + y/f - 1).
    Gradient: 2·(f - y) / (f²·d) for d outputs.
    Edge cases: predictions and targets must be above 0.
    Use when: targets are amounts or durations whose spread grows with their size, so that ratios matter.
    Avoid when: targets may be zero (see tweedie with a power between 1 and 2).
    Related: the same as tweedie:power=2; mape is also scale-free but favours low predictions.
    Equivalents: scikit-learn mean_gamma_deviance: `gamma_deviance`.
    """
    return over_outputs(2.0 * half_deviance(pred, target, 2.0))


@gamma_deviance.gradient
def _gamma_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(2.0 * deviance_slope(pred, target, 2.0))


def unit(mean: Floats, target: Floats, power: float) -> Floats:
    """The unit deviance, elementwise for arrays of any shape."""
    return 2.0 * half_deviance(mean, target, power)
