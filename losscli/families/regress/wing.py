"""Losses for boxes, landmarks and heat maps that reshape the absolute error near zero."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress._unit_deviance import entropy_gap
from losscli.families.regress.family import FAMILY, below, gap, over_outputs, share, sized
from losscli.numerics.double import Double, exp, expm1, log, pieces
from losscli.numerics.stable import Floats, row_sum
from losscli.spec.loss import Param, Params

Reduce = Annotated[Literal["mean", "sum"], Param("how a row's outputs are combined")]


def _reduced(x: Floats, reduce: str) -> Floats:
    return over_outputs(x) if reduce == "mean" or x.ndim == 1 else row_sum(x)


def _shared(x: Floats, reduce: str) -> Floats:
    return share(x) if reduce == "mean" else x


@FAMILY.loss(
    "balanced_l1",
    cite="Pang et al. 2019",
    lowest=None,
    conventions={"mmdet": {}},
)
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

    Formula: x = |f - y|, b = e^(γ/α) - 1: α/b·(bx + 1)·log(bx/β + 1) - αx where x < β, else γx + γ/b - αβ; averaged or summed
    over the outputs.
    Gradient: sign(f - y) times α·log(bx/β + 1) + α·(1 - β)/(bx + β) where x < β, else γ; / d with reduce=mean.
    Edge cases: the published form has β=1. For other β, as in the authors' code, the gradient jumps at β, and for β > 1 the
    loss of small differences is negative.
    Use when: small errors of many easy samples should contribute to box regression.
    Avoid when: you would use β as a scale, as in smooth_l1 (scale the data instead).
    Related: the gradient of smooth_l1 is linear for small differences.
    Equivalents: mmdetection BalancedL1Loss: `balanced_l1` (mean over the four coordinates).
    """
    value = partial(_balanced, alpha=alpha, gamma=gamma, beta=beta)
    return _reduced(pieces(value, pred, target), reduce)


def _balanced(pred: Floats, target: Floats, *, alpha: float, gamma: float, beta: float) -> Floats:
    x = np.abs(pred - target)
    b = _steepness(alpha, gamma)
    u = _reach(pred, target, beta)
    w = u * b if beta == 1.0 else u * b / beta
    inner = entropy_gap(w.hi) + np.log1p(w.hi) * w.lo
    if beta != 1.0:
        inner = beta * inner + (1.0 - beta) * np.log1p(w.hi)
    ratio = Double.of(np.array([alpha])) / b
    return np.asarray((ratio * inner).rounded + gamma * (x - u.hi))


def _steepness(alpha: float, gamma: float) -> Double:
    """b = e^(γ/α) - 1."""
    return expm1(Double.quotient(np.array([gamma]), alpha))


@balanced_l1.gradient
def _balanced_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = gap(pred, target)
    x = sized(u)
    b = float(_steepness(p.alpha, p.gamma).rounded[0])
    near = np.minimum(x.hi, p.beta)
    inner = p.alpha * np.log1p(near * (b / p.beta))
    if p.beta != 1.0:
        inner = inner + p.alpha * (1.0 - p.beta) / (b * near + p.beta)
    return _shared(np.sign(u.hi) * np.where(below(x, p.beta), inner, p.gamma), p.reduce)


@FAMILY.loss("wing", cite="Feng et al. 2018")
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
    u = gap(pred, target)
    x = sized(u)
    inner = p.width / (p.curvature + np.minimum(x.hi, p.width))
    return _shared(np.sign(u.hi) * np.where(below(x, p.width), inner, 1.0), p.reduce)


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
    value = partial(_adaptive, omega=omega, theta=theta, epsilon=epsilon, alpha=alpha)
    return _reduced(pieces(value, pred, target), reduce)


def _adaptive(pred: Floats, target: Floats, *, omega: float, theta: float, epsilon: float, alpha: float) -> Floats:
    u, near = sized(gap(pred, target)), _reach(pred, target, theta)
    raised = _raised(near / epsilon, alpha, target)
    inner = np.where(raised.hi < 1e-290, _product(omega, near / epsilon, alpha, target), omega * np.log1p(raised.hi))
    edge = Double.of(np.full_like(u.hi, theta)) / epsilon
    return np.asarray(inner + ((u - near) * _pull(edge, alpha, target) * omega / epsilon).rounded)


def _reach(pred: Floats, target: Floats, theta: float) -> Double:
    """|f - y|, at most theta."""
    u = sized(gap(pred, target))
    near = below(u, theta)
    return Double(np.where(near, u.hi, theta), np.where(near, u.lo, 0.0))


def _logged(x: Double) -> Double:
    """log x, with a very negative number for x = 0."""
    still = x.hi == 0
    found = log(Double(np.where(still, 1.0, x.hi), np.where(still, 0.0, x.lo)))
    return Double(np.where(still, -1e6, found.hi), found.lo)


def _raised(x: Double, alpha: float, target: Floats) -> Double:
    """x^(α - y)."""
    return exp(_logged(x) * Double.sum(alpha, -target))


def _product(omega: float, x: Double, alpha: float, target: Floats) -> Floats:
    """ω·x^(α - y) as one exponential: the power alone may underflow."""
    return exp(_logged(x) * Double.sum(alpha, -target) + log(np.array([omega]))).rounded


def _pull(x: Double, alpha: float, target: Floats) -> Double:
    """p·x^(p-1) / (1 + x^p) with p = α - y."""
    p = Double.sum(alpha, -target)
    logged = _logged(x)
    return exp(logged * (p - 1.0)) * p / (exp(logged * p) + 1.0)


@adaptive_wing.gradient
def _adaptive_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    def slope(f: Floats, y: Floats) -> Floats:
        return (_pull(_reach(f, y, p.theta) / p.epsilon, p.alpha, y) * p.omega / p.epsilon).rounded

    return _shared(np.sign(pred - target) * pieces(slope, pred, target), p.reduce)
