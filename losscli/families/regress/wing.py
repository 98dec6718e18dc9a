"""Losses of boxes, landmarks and heat maps that reshape the absolute difference near zero."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress._unit_deviance import entropy_gap
from losscli.families.regress.family import FAMILY, below, gap, over_outputs, share, sized
from losscli.numerics.double import Double, exp, expm1, log, pieces
from losscli.numerics.stable import Floats, row_sum
from losscli.spec.loss import Param, Params

Reduce = Annotated[Literal["mean", "sum"], Param("outputs of one sample")]


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
    alpha: Annotated[float, Param("how steeply the slope of small differences rises", gt=0)] = 0.5,
    gamma: Annotated[float, Param("the slope of large differences", gt=0)] = 1.5,
    beta: Annotated[float, Param("where small ends", gt=0)] = 1.0,
    reduce: Reduce = "mean",
) -> Floats:
    """An absolute difference whose slope rises by a logarithm up to a ceiling, so that easy and hard samples balance.

    Formula: x = |f - y|, b = e^(γ/α) - 1: α/b·(bx + 1)·log(bx/β + 1) - αx where x < β, else γx + γ/b - αβ; the mean of
    the outputs, or their sum.
    Gradient: sign(f - y) times α·log(bx/β + 1) + α·(1 - β)/(bx + β) where x < β, else γ; / d under reduce=mean.
    Edge cases: the published form has β=1. For other β, as the authors' code computes it, the slope jumps at β, and for β > 1
    small differences cost less than nothing.
    Use when: box regression where small errors of many easy samples should count.
    Avoid when: β is taken for a scale, as in smooth_l1: scale the data.
    Related: smooth_l1 has a straight slope below its seam.
    Equivalents: mmdetection BalancedL1Loss: `balanced_l1` (over four coordinates a mean of elements).
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
    width: Annotated[float, Param("where the logarithm turns into a line", gt=0)] = 10.0,
    curvature: Annotated[float, Param("the ε of the logarithm: the smaller, the more small differences count", gt=0)] = 2.0,
    reduce: Reduce = "mean",
) -> Floats:
    """A logarithm of small differences and a line for large ones: small errors count more than under mae.

    Formula: x = |f - y|: w·log(1 + x/ε) where x < w, else x - C with C = w - w·log(1 + w/ε); the mean of the outputs, or
    their sum.
    Gradient: sign(f - y) times w/(ε + x) where x < w, else 1; / d under reduce=mean. 0 where f = y.
    Use when: landmarks in pixels, where the last pixel matters.
    Avoid when: heat maps, whose background would never come to rest: see adaptive_wing.
    Related: mae far out; the opposite of huber near zero, where its slope is largest.
    Equivalents: mmpose WingLoss: `wing:reduce=sum` over the coordinates of a sample; catalyst and pytorch-toolbelt default to
    `wing:width=5,curvature=0.5`.
    """
    x = np.abs(pred - target)
    near = np.minimum(x, width)
    # a quotient may vanish below the doubles where its multiple does not
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
    omega: Annotated[float, Param("weight of the logarithm", gt=0)] = 14.0,
    theta: Annotated[float, Param("where the logarithm turns into a line", gt=0)] = 0.5,
    epsilon: Annotated[float, Param("scale of the differences inside the logarithm", gt=0)] = 1.0,
    alpha: Annotated[float, Param("the power at a target of 0; one less at 1", gt=1)] = 2.1,
    reduce: Reduce = "mean",
) -> Floats:
    """The wing loss with a power that the target sets: sharp on the peaks of a heat map, at rest on its background.

    Formula: x = |f - y|, p = α - y: ω·log(1 + (x/ε)^p) where x < θ, else A·x - C with A = ω·p·(θ/ε)^(p-1) / (ε·(1 + (θ/ε)^p))
    and C = θ·A - ω·log(1 + (θ/ε)^p): value and slope meet at θ. The mean of the outputs, or their sum.
    Gradient: sign(f - y) times ω·p·(x/ε)^(p-1) / (ε·(1 + (x/ε)^p)) where x < θ, else A; / d under reduce=mean.
    Edge cases: targets lie between 0 and 1.
    Use when: heat maps of landmarks.
    Avoid when: coordinates, or targets that are no intensities.
    Related: wing is its coordinate form; the paper weighs foreground pixels besides, which --weights or a column may do.
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
    """|f - y|, and theta beyond it."""
    u = sized(gap(pred, target))
    near = below(u, theta)
    return Double(np.where(near, u.hi, theta), np.where(near, u.lo, 0.0))


def _logged(x: Double) -> Double:
    """log x, and a number far below all others where x is 0."""
    still = x.hi == 0
    found = log(Double(np.where(still, 1.0, x.hi), np.where(still, 0.0, x.lo)))
    return Double(np.where(still, -1e6, found.hi), found.lo)


def _raised(x: Double, alpha: float, target: Floats) -> Double:
    """x^(α - y)."""
    return exp(_logged(x) * Double.sum(alpha, -target))


def _product(omega: float, x: Double, alpha: float, target: Floats) -> Floats:
    """ω·x^(α - y), of one exponential: the power alone may lie below the doubles."""
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
