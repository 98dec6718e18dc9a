"""Absolute errors, their smoothed variants, and the fraction of errors beyond a tolerance."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.regress.family import FAMILY, of_differences, over_outputs, share
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params


def quadratic_then_linear(u: Floats, bend: float) -> Floats:
    """u²/2 up to |u| = bend, bend·(|u| - bend/2) beyond; as one formula, which never squares a large difference."""
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


@FAMILY.loss(
    "mae",
    aliases=("l1", "mean_absolute_error", "absolute_error"),
    cite="Laplace 1774",
    conventions={"torch": {}, "keras": {}, "sklearn": {}, "mmdet": {}},
    differences=True,
)
def mae(pred: Floats, target: Floats) -> Floats:
    """Mean absolute error.

    Formula: L = mean over outputs of |f - y|.
    Gradient: sign(f - y) / d for d outputs; 0 where f = y.
    Use when: outliers in the targets must not dominate (the optimum is the median).
    Avoid when: the gradient should vanish for small errors, as its size is constant.
    Related: huber and smooth_l1 are quadratic near zero; smooth_l1:beta=0 is mae; pinball generalises it to quantiles.
    Equivalents: torch l1_loss, Keras MeanAbsoluteError, scikit-learn mean_absolute_error: `mae`.
    """
    u = pred - target
    return over_outputs(np.abs(u, out=u))


@mae.gradient
def _mae_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(np.sign(pred - target))


@FAMILY.loss("huber", cite="Huber 1964", conventions={"torch": {}, "keras": {}, "optax": {}}, differences=True)
def huber(
    pred: Floats,
    target: Floats,
    *,
    delta: Annotated[float, Param("difference at which the loss changes from quadratic to linear", gt=0)] = 1.0,
) -> Floats:
    """Squared error for small differences, absolute error for large ones (scaled and shifted to join smoothly).

    Formula: u = f - y: L = mean over outputs of u²/2 where |u| ≤ delta, else delta·(|u| - delta/2).
    Gradient: clip(u, -delta, delta) / d for d outputs.
    Use when: most errors are Gaussian with some outliers; delta is the size, in the targets' unit, at which outliers begin.
    Avoid when: delta is left at 1 although the targets have another scale, where it behaves like mse or mae.
    Related: huber(delta) = delta·smooth_l1(beta=delta), equal only at 1; for large delta it is half_mse.
    Equivalents: torch HuberLoss, Keras Huber, optax huber_loss: `huber:delta=…`; scikit-learn's HuberLoss adapts delta to a
    quantile of |u|, which no recipe reproduces.
    """
    return of_differences(pred, target, lambda u, s: quadratic_then_linear(u, s * delta), times=4.0)


@huber.gradient
def _huber_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(np.clip(pred - target, -p.delta, p.delta))


@FAMILY.loss(
    "smooth_l1",
    cite="Girshick 2015",
    conventions={"torch": {}, "torchvision": {"beta": 0.1111111111111111}, "mmdet": {}},
    differences=True,
)
def smooth_l1(
    pred: Floats,
    target: Floats,
    *,
    beta: Annotated[float, Param("difference at which the loss changes from quadratic to linear; 0 gives mae", ge=0)] = 1.0,
) -> Floats:
    """Absolute error made quadratic near zero.

    Formula: u = f - y: L = mean over outputs of u²/(2·beta) where |u| < beta, else |u| - beta/2.
    Gradient: clip(u/beta, -1, 1) / d for d outputs; beta=0: sign(u) / d, 0 at 0.
    Use when: you want mae with a gradient that vanishes at zero.
    Avoid when: differences are far below beta, where it is mse/(2·beta).
    Related: smooth_l1(beta) = huber(delta=beta)/beta, equal to huber only at 1; beta=0 is mae.
    Equivalents: torch SmoothL1Loss, mmdetection SmoothL1Loss: `smooth_l1:beta=…`, torchvision's detectors use beta=1/9; Keras
    has no equivalent (its Huber is `huber`).
    """
    return over_outputs(smooth_absolute(pred - target, beta))


@smooth_l1.gradient
def _smooth_l1_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(smooth_absolute_slope(pred - target, p.beta))


@FAMILY.loss("zero_one", aliases=("tolerance_error",), cite="Wald 1950", highest=1.0, differences=True)
def zero_one(
    pred: Floats,
    target: Floats,
    *,
    tolerance: Annotated[float, Param("differences of this size or larger count as errors", gt=0, example="0.5")],
) -> Floats:
    """Fraction of outputs that differ from the target by the tolerance or more.

    Formula: L = mean over outputs of 1 where |y - f| ≥ tolerance, else 0.
    Gradient: none: it is 0 almost everywhere, so --gradients is an error.
    Use when: a requirement is stated as a tolerance ("within half a degree") and you need the failure rate.
    Avoid when: you train a model; the size of an error matters.
    Related: mae and huber measure the size of errors; classify/zero_one compares class labels.
    Equivalents: none in the libraries; numpy (abs(y - f) >= tolerance).mean().
    """
    return over_outputs(np.where(np.abs(pred - target) < tolerance, 0.0, 1.0))
