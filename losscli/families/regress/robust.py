"""Robust losses: Barron's family and its named members, quadratic near zero and with limited influence of outliers."""

from __future__ import annotations

from math import log
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, of_differences, over_outputs, share
from losscli.numerics.stable import Floats, finite
from losscli.spec.loss import Param, Params

Scale = Annotated[float, Param("scale: differences well below it are treated quadratically, those above as outliers", gt=0)]

_FAR = 1e100
"""Beyond this, 1 is negligible beside the square."""


@FAMILY.loss("log_cosh", aliases=("logcosh",), cite="Green 1990", conventions={"keras": {}, "optax": {}}, differences=True)
def log_cosh(pred: Floats, target: Floats) -> Floats:
    """Log-cosh loss: about half the squared error for small differences and the absolute error for large ones.

    Formula: u = f - y: L = mean over outputs of log cosh u. Computed as log1p(2 sinh²(u/2)) for small u and as |u| +
    log1p(e^(-2|u|)) - log 2 beyond, which neither cancels near zero nor overflows.
    Gradient: tanh(u) / d for d outputs.
    Use when: you want a loss like huber that is infinitely differentiable.
    Avoid when: typical errors are far from 1, as the transition is fixed at |u| of about 1 (scale the data or use huber).
    Related: huber has an adjustable transition; charbonnier is as smooth and has a scale.
    Equivalents: Keras LogCosh, optax log_cosh, torchmetrics LogCoshError: `log_cosh`; torch has no equivalent.
    """
    size = np.abs(pred - target)
    half = np.sinh(0.5 * np.minimum(size, 1.5))
    small = size < 1.5
    inside = np.log1p(np.where(small, 2.0 * half * half, np.exp(-2.0 * size)))
    return over_outputs(np.where(small, inside, size + (inside - log(2.0))))


@log_cosh.gradient
def _log_cosh_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(np.tanh(pred - target))


@FAMILY.loss("charbonnier", aliases=("pseudo_huber",), cite="Charbonnier et al. 1994", conventions={"kornia": {}}, differences=True)
def charbonnier(
    pred: Floats,
    target: Floats,
    *,
    c: Scale = 1.0,
    form: Annotated[Literal["barron", "root"], Param("√(u²/c² + 1) - 1, or √(u² + c²)")] = "barron",
) -> Floats:
    """Charbonnier (pseudo-Huber) loss: quadratic near zero and linear for large differences, smooth everywhere.

    Formula: v = (f - y)/c: L = mean over outputs of √(v² + 1) - 1, computed as v²/(√(v² + 1) + 1) for small v; form=root:
    √(u² + c²) with u = f - y.
    Gradient: v / (c·√(v² + 1)·d) for d outputs; form=root: u / (√(u² + c²)·d).
    Use when: you want mae with a gradient that vanishes at zero; common in image restoration.
    Avoid when: outliers should have no influence (see cauchy, geman_mcclure and welsch).
    Related: the same as barron:alpha=1; pseudo-Huber with delta δ is δ² times this at c=δ; form=root is c·(L + 1).
    Equivalents: kornia charbonnier_loss: `charbonnier`; √(u² + ε²) of image restoration: `charbonnier:c=0.001,form=root`;
    scikit-learn and torch have no equivalent.
    """
    if form == "root":
        return over_outputs(np.hypot(pred - target, c))
    v = (pred - target) / c
    root = np.hypot(v, 1.0)
    return over_outputs(np.where(root < 2.0, v * v / (root + 1.0), root - 1.0))


@charbonnier.gradient
def _charbonnier_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    u = finite(pred - target)
    slope = u / np.hypot(u, p.c)
    return share(slope if p.form == "root" else slope / p.c)


def _log1p_square(u: Floats, c: float, b: float) -> Floats:
    """log(1 + v²/b) with v = u/c, where v² may overflow."""
    size = np.abs(u)
    near = np.minimum(size / c, _FAR)
    found = np.log1p(near * near / b)
    far = near == _FAR
    if far.any():
        found[far] += 2.0 * np.log(size[far] / _FAR / c)
    return found


@FAMILY.loss("cauchy", aliases=("lorentzian",), cite="Black & Anandan 1996", conventions={"kornia": {}}, differences=True)
def cauchy(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Cauchy (Lorentzian) loss: logarithmic growth for large differences.

    Formula: v = (f - y)/c: L = mean over outputs of log(1 + v²/2).
    Gradient: v / (c·(1 + v²/2)·d) for d outputs; largest at |v| = √2, then decreasing.
    Use when: errors have heavy tails or some targets are wrong.
    Avoid when: training starts far from the targets, as then all rows may be treated as outliers.
    Related: the same as barron:alpha=0; geman_mcclure and welsch are bounded.
    Equivalents: kornia cauchy_loss: `cauchy`; scipy's least_squares with loss="cauchy" uses log(1 + (u/C)²), which is this at c
    = C/√2.
    """
    return of_differences(pred, target, lambda u, s: _log1p_square(u, s * c, 2.0))


@cauchy.gradient
def _cauchy_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    v = finite((pred - target) / p.c)
    scale = np.maximum(np.abs(v), 1.0)  # divides both sides, as v² may overflow
    return share(v / scale / (1.0 / scale + 0.5 * v * (v / scale)) / p.c)


@FAMILY.loss("geman_mcclure", cite="Geman & McClure 1985", highest=2.0, conventions={"kornia": {}}, differences=True)
def geman_mcclure(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Geman-McClure loss: a bounded robust loss with a maximum of 2.

    Formula: v = (f - y)/c: L = mean over outputs of 2v² / (v² + 4).
    Gradient: 16v / (c·(v² + 4)²·d) for d outputs.
    Use when: gross outliers should be ignored, not only down-weighted.
    Avoid when: you train from scratch, as the gradient vanishes far from the target.
    Related: the same as barron:alpha=-2; welsch saturates faster, at 1.
    Equivalents: kornia geman_mcclure_loss: `geman_mcclure`; the form v²/(1 + v²) is half of it at c/2.
    """
    square = np.square(np.minimum(np.abs(pred - target) / c / 2.0, _FAR))
    return over_outputs(2.0 * square / (1.0 + square))


@geman_mcclure.gradient
def _geman_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    w = finite((pred - target) / p.c) / 2.0
    base = 1.0 + w * w
    return share(2.0 * w / base / base / p.c)


@FAMILY.loss("welsch", aliases=("leclerc",), cite="Dennis & Welsch 1978", highest=1.0, conventions={"kornia": {}}, differences=True)
def welsch(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Welsch loss: an inverted Gaussian; errors beyond a few c all cost 1.

    Formula: v = (f - y)/c: L = mean over outputs of 1 - exp(-v²/2).
    Gradient: v·exp(-v²/2) / (c·d) for d outputs.
    Use when: outliers should have no influence at all.
    Avoid when: you train from scratch, as the gradient at |v| = 6 is already 1e-7.
    Related: the same as barron:alpha=-inf; geman_mcclure has heavier tails.
    Equivalents: kornia welsch_loss: `welsch`.
    """
    v = (pred - target) / c
    return over_outputs(-np.expm1(-0.5 * v * v))


@welsch.gradient
def _welsch_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    v = finite((pred - target) / p.c)
    return share(v * np.exp(-0.5 * v * v) / p.c)


@FAMILY.loss("barron", aliases=("general_robust",), cite="Barron 2019", lowest=0.0, differences=True)
def barron(
    pred: Floats,
    target: Floats,
    *,
    alpha: Annotated[
        float | Literal["-inf"], Param("shape: 2 squared, 1 charbonnier, 0 cauchy, -2 geman_mcclure, -inf welsch", example="-1.5")
    ] = 1.0,
    c: Scale = 1.0,
) -> Floats:
    """Barron's general robust loss, whose shape parameter alpha sets the influence of outliers.

    Formula: v = (f - y)/c, b = |α - 2|: L = mean over outputs of (b/α)·((v²/b + 1)^(α/2) - 1); its limits v²/2 at α=2,
    log(1 + v²/2) at 0, 1 - exp(-v²/2) at -inf. Computed with expm1 and log1p.
    Gradient: (v/c)·(v²/b + 1)^(α/2 - 1) / d for d outputs.
    Use when: you want to tune how robust the loss is.
    Avoid when: you reproduce the published adaptive loss, in which alpha is learnt and has no default.
    Related: alpha=2 with c=1 is half_mse; 1 charbonnier; 0 cauchy; -2 geman_mcclure; -inf welsch.
    Equivalents: robust_loss_pytorch lossfun, without its learnt partition function: `barron:alpha=1,c=1`.
    """
    if alpha == "-inf":
        return np.asarray(welsch(pred, target, c=c))
    assert not isinstance(alpha, str)
    if alpha == 0.0:
        return np.asarray(cauchy(pred, target, c=c))
    if alpha == 2.0:
        v = (pred - target) / c
        return over_outputs(0.5 * v * v)
    b = abs(alpha - 2.0)
    return of_differences(pred, target, lambda u, s: b / alpha * np.expm1(0.5 * alpha * _log1p_square(u, s * c, b)))


@barron.gradient
def _barron_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    if p.alpha == "-inf":
        return _welsch_slope(pred, target, p)
    if p.alpha == 0.0:
        return _cauchy_slope(pred, target, p)
    u, b = finite(pred - target), abs(p.alpha - 2.0)
    if p.alpha == 2.0:
        return share(u / p.c / p.c)
    root = np.exp((0.25 * p.alpha - 0.5) * _log1p_square(u, p.c, b))  # of the power, which alone may underflow
    return share(u * root * root / p.c / p.c)
