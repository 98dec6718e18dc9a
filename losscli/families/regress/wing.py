"""Losses for boxes, landmarks and heat maps that reshape the absolute error near zero."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, over_outputs, share
from losscli.numerics.remainders import log_remainder
from losscli.numerics.stable import Floats, row_sum
from losscli.spec.loss import Param, Params

Reduce = Annotated[Literal["mean", "sum"], Param("how a row's outputs are combined")]


def _reduced(x: Floats, reduce: str) -> Floats:
    return over_outputs(x) if reduce == "mean" or x.ndim == 1 else row_sum(x)


def _shared(x: Floats, reduce: str) -> Floats:
    return share(x) if reduce == "mean" else x


@FAMILY.loss("balanced_l1", cite="Pang et al. 2019", lowest=None, conventions={"mmdet": {}}, differences=True)
def balanced_l1(
    pred: Floats,
    target: Floats,
    *,
    alpha: Annotated[float, Param("steepness of the gradient of small differences", gt=0)] = 0.5,
    gamma: Annotated[float, Param("gradient of large differences", gt=0)] = 1.5,
    beta: Annotated[float, Param("largest difference treated as small", gt=0)] = 1.0,
    reduce: Reduce = "mean",
) -> Floats:
    """Balanced L1 loss: absolute error with a gradient that grows logarithmically up to gamma.

    Formula: x = |f - y|, b = e^(γ/α) - 1: α/b·(b·x + 1)·log(b·x/β + 1) - α·x where x < β, else γ·x + γ/b - α·β; averaged or
    summed over the outputs.
    Gradient: sign(f - y) times α·log(b·x/β + 1) + α·(1 - β)/(b·x + β) where x < β, else γ; / d with reduce=mean.
    Edge cases: the published form has β=1. For other β, as in the authors' code, the gradient jumps at β, and for β > 1 the
    loss of small differences is negative.
    Use when: small errors of many easy samples should contribute to box regression.
    Avoid when: you would use β as a scale, as in smooth_l1 (scale the data instead).
    Related: the gradient of smooth_l1 is linear for small differences.
    Equivalents: mmdetection BalancedL1Loss: `balanced_l1` (mean over the four coordinates).
    """
    x = np.abs(pred - target)
    near = np.minimum(x, beta)
    b = np.expm1(gamma / alpha)
    w = near * (b / beta)
    logged = np.log1p(w)
    inner = beta * (w * logged - log_remainder(w)) + (1.0 - beta) * logged
    return _reduced(alpha / b * inner + gamma * (x - near), reduce)


@balanced_l1.gradient
def _balanced_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = pred - target
    near = np.minimum(np.abs(u), p.beta)
    b = np.expm1(p.gamma / p.alpha)
    inner = p.alpha * np.log1p(near * (b / p.beta)) + p.alpha * (1.0 - p.beta) / (b * near + p.beta)
    return _shared(np.sign(u) * np.where(np.abs(u) < p.beta, inner, p.gamma), p.reduce)


@FAMILY.loss("wing", cite="Feng et al. 2018", differences=True)
def wing(
    pred: Floats,
    target: Floats,
    *,
    width: Annotated[float, Param("difference at which the loss changes from logarithmic to linear", gt=0)] = 10.0,
    curvature: Annotated[float, Param("ε inside the logarithm; smaller values emphasise small differences", gt=0)] = 2.0,
    reduce: Reduce = "mean",
) -> Floats:
    """Wing loss: logarithmic for small differences and linear for large ones, which emphasises small errors.

    Formula: x = |f - y|: w·log(1 + x/ε) where x < w, else x - C with C = w - w·log(1 + w/ε); averaged or summed over the outputs.
    Gradient: sign(f - y) times w/(ε + x) where x < w, else 1; / d with reduce=mean. 0 where f = y.
    Use when: you localise landmarks in pixels and small errors matter.
    Avoid when: targets are heat maps, whose background would keep a large gradient (see adaptive_wing).
    Related: like mae for large differences; unlike huber, its gradient is largest near zero.
    Equivalents: mmpose WingLoss: `wing:reduce=sum` over the coordinates of a sample; catalyst and pytorch-toolbelt default to
    `wing:width=5,curvature=0.5`.
    """
    x = np.abs(pred - target)
    near = np.minimum(x, width)
    # the quotient may underflow where its multiple does not
    inner = np.where(near < 1e-290, near * (width / curvature), width * np.log1p(near / curvature))
    return _reduced(inner + (x - near), reduce)


@wing.gradient
def _wing_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = pred - target
    x = np.abs(u)
    return _shared(np.sign(u) * np.where(x < p.width, p.width / (p.curvature + np.minimum(x, p.width)), 1.0), p.reduce)


@FAMILY.loss("adaptive_wing", aliases=("awing",), cite="Wang et al. 2019", domain={"target": "unit"})
def adaptive_wing(
    pred: Floats,
    target: Floats,
    *,
    omega: Annotated[float, Param("factor of the logarithm", gt=0)] = 14.0,
    theta: Annotated[float, Param("difference at which the loss changes from logarithmic to linear", gt=0)] = 0.5,
    epsilon: Annotated[float, Param("scale of differences inside the logarithm", gt=0)] = 1.0,
    alpha: Annotated[float, Param("exponent at a target of 0; one less at a target of 1", gt=1)] = 2.1,
    reduce: Reduce = "mean",
) -> Floats:
    """Adaptive wing loss for heat maps: its exponent depends on the target, with small gradients on the background.

    Formula: x = |f - y|, p = α - y: ω·log(1 + (x/ε)^p) where x < θ, else A·x - C with A = ω·p·(θ/ε)^(p-1) / (ε·(1 + (θ/ε)^p))
    and C = θ·A - ω·log(1 + (θ/ε)^p): value and gradient are continuous at θ. Averaged or summed over the outputs.
    Gradient: sign(f - y) times ω·p·(x/ε)^(p-1) / (ε·(1 + (x/ε)^p)) where x < θ, else A; / d with reduce=mean.
    Edge cases: targets must be between 0 and 1.
    Use when: targets are heat maps of landmarks.
    Avoid when: targets are coordinates (use wing) or other numbers outside 0…1.
    Related: wing is for coordinates; the paper also weights foreground pixels, for which you can use --weights.
    Equivalents: mmpose AdaptiveWingLoss: `adaptive_wing`.
    """
    x = np.abs(pred - target)
    near = np.minimum(x, theta)
    inner = omega * np.log1p((near / epsilon) ** (alpha - target))
    return _reduced(inner + (x - near) * (omega / epsilon * _pull(theta / epsilon, alpha - target)), reduce)


def _pull(x: Floats | float, p: Floats) -> Floats:
    """p·x^(p-1) / (1 + x^p)"""
    return np.asarray(p * x ** (p - 1.0) / (1.0 + x**p))


@adaptive_wing.gradient
def _adaptive_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = pred - target
    slope = p.omega / p.epsilon * _pull(np.minimum(np.abs(u), p.theta) / p.epsilon, p.alpha - target)
    return _shared(np.sign(u) * slope, p.reduce)
