"""Robust losses: Barron's family and its named members, quadratic near zero and with limited influence of outliers."""

from __future__ import annotations

from math import log
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, gap, over_outputs, share, sized
from losscli.numerics.double import Double, exp, expm1, pieces
from losscli.numerics.double import log as double_log
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params

Scale = Annotated[float, Param("scale: differences well below it are treated quadratically, those above as outliers", gt=0)]

_HUGE = 1e150
"""Beyond this, squares overflow or make 1 negligible."""
_SMALL = 1e-5
"""Below this, the third term of the series in v²/b is negligible beside v²/2."""
_FAR = 1e100
"""Beyond this, 1 is negligible beside v²/b for any b, and powers are taken of |v| itself."""


def _ratio(pred: Floats, target: Floats, c: float) -> Double:
    """(f - y)/c."""
    u = gap(pred, target)
    return u if c == 1.0 else u / c


@FAMILY.loss(
    "log_cosh",
    aliases=("logcosh",),
    cite="Green 1990",
    conventions={"keras": {}, "optax": {}},
)
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
    return over_outputs(pieces(lambda f, y: _log_cosh(sized(gap(f, y))), pred, target))


def _log_cosh(u: Double) -> Floats:
    size = u.hi
    half = np.sinh(0.5 * np.minimum(size, 1.5))
    small = size < 1.5
    inside = np.log1p(np.where(small, 2.0 * half * half, np.exp(-2.0 * size)))
    return np.asarray(np.where(small, inside, size + (inside - log(2.0))) + np.tanh(size) * u.lo)


@log_cosh.gradient
def _log_cosh_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(np.tanh(pred - target))


@FAMILY.loss(
    "charbonnier",
    aliases=("pseudo_huber",),
    cite="Charbonnier et al. 1994",
    conventions={"kornia": {}},
)
def charbonnier(
    pred: Floats,
    target: Floats,
    *,
    c: Scale = 1.0,
    form: Annotated[Literal["barron", "root"], Param("√(u²/c² + 1) - 1, or √(u² + c²)")] = "barron",
) -> Floats:
    """Charbonnier (pseudo-Huber) loss: quadratic near zero and linear for large differences, smooth everywhere.

    Formula: v = (f - y)/c: L = mean over outputs of √(v² + 1) - 1, computed as v²/(√(v² + 1) + 1); form=root: √(u² + c²) with
    u = f - y.
    Gradient: v / (c·√(v² + 1)·d) for d outputs; form=root: u / (√(u² + c²)·d).
    Use when: you want mae with a gradient that vanishes at zero; common in image restoration.
    Avoid when: outliers should have no influence (see cauchy, geman_mcclure and welsch).
    Related: the same as barron:alpha=1; pseudo-Huber with delta δ is δ² times this at c=δ; form=root is c·(L + 1).
    Equivalents: kornia charbonnier_loss: `charbonnier`; √(u² + ε²) of image restoration: `charbonnier:c=0.001,form=root`;
    scikit-learn and torch have no equivalent.
    """
    if form == "root":
        return over_outputs(pieces(lambda f, y: np.hypot(f - y, c), pred, target))
    return over_outputs(pieces(lambda f, y: _charbonnier(sized(_ratio(f, y, c))), pred, target))


def _charbonnier(v: Double) -> Floats:
    high = np.hypot(1.0, v.hi)
    return np.asarray(v.hi * (v.hi / (high + 1.0)) + (v.hi / high) * v.lo)


@charbonnier.gradient
def _charbonnier_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    if p.form == "root":
        return share((pred - target) / np.hypot(pred - target, p.c))
    v = (pred - target) / p.c
    return share(v / np.hypot(1.0, v) / p.c)


@FAMILY.loss(
    "cauchy",
    aliases=("lorentzian",),
    cite="Black & Anandan 1996",
    conventions={"kornia": {}},
)
def cauchy(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Cauchy (Lorentzian) loss: logarithmic growth for large differences.

    Formula: v = (f - y)/c: L = mean over outputs of log(1 + v²/2).
    Gradient: v / (c·(1 + v²/2)·d) for d outputs: largest at |v| = √2, then decreasing.
    Use when: errors have heavy tails or some targets are wrong.
    Avoid when: training starts far from the targets, as then all rows may be treated as outliers.
    Related: the same as barron:alpha=0; geman_mcclure and welsch are bounded.
    Equivalents: kornia cauchy_loss: `cauchy`; scipy's least_squares with loss="cauchy" uses log(1 + (u/C)²), which is this at c
    = C/√2.
    """
    size = np.abs((pred - target) / c)
    half = np.minimum(size, _HUGE)
    plain = np.log1p(0.5 * half * half)
    far = size > _HUGE
    if far.any():
        plain[far] = 2.0 * np.log(size[far]) - log(2.0)
    return over_outputs(plain)


@cauchy.gradient
def _cauchy_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(_cauchy_pull((pred - target) / p.c) / p.c)


def _cauchy_pull(v: Floats) -> Floats:
    """v / (1 + v²/2), without overflow of the square."""
    size = np.abs(v)
    far = size > 1.0
    inner = np.where(far, 1.0, v)
    outer = np.where(far, size, 1.0)
    return np.asarray(np.where(far, np.sign(v) / (1.0 / outer + 0.5 * outer), inner / (1.0 + 0.5 * inner * inner)))


@FAMILY.loss(
    "geman_mcclure",
    cite="Geman & McClure 1985",
    highest=2.0,
    conventions={"kornia": {}},
)
def geman_mcclure(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Geman-McClure loss: a bounded robust loss with a maximum of 2.

    Formula: v = (f - y)/c: L = mean over outputs of 2v² / (v² + 4).
    Gradient: 16v / (c·(v² + 4)²·d) for d outputs.
    Use when: gross outliers should be ignored, not only down-weighted.
    Avoid when: you train from scratch, as the gradient vanishes far from the target.
    Related: the same as barron:alpha=-2; welsch saturates faster, at 1.
    Equivalents: kornia geman_mcclure_loss: `geman_mcclure`; the form v²/(1 + v²) is half of it at c/2.
    """
    return over_outputs(pieces(lambda f, y: _geman(sized(_ratio(f, y, c)).scaled(0.5)), pred, target))


def _geman(v: Double) -> Floats:
    w = v.hi
    near = np.minimum(w, 1.0)
    rest = 1.0 / (1.0 + w * w)
    more = np.where(rest == 0, 0.0, 4.0 * w * rest * rest * v.lo)
    return np.asarray(np.where(near < 1.0, 2.0 * near * near * rest, 2.0 - 2.0 * rest) + more)


@geman_mcclure.gradient
def _geman_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(pieces(lambda f, y: _geman_pull(_ratio(f, y, p.c).scaled(0.5), p.c), pred, target))


def _geman_pull(w: Double, c: float) -> Floats:
    inside = np.abs(w.hi) < 1e110  # beyond this the slope underflows
    w = Double(np.where(inside, w.hi, 0.0), np.where(inside, w.lo, 0.0))
    base = w * w + 1.0
    return (w.scaled(2.0) / base / base / c).rounded


@FAMILY.loss(
    "welsch",
    aliases=("leclerc",),
    cite="Dennis & Welsch 1978",
    highest=1.0,
    conventions={"kornia": {}},
)
def welsch(pred: Floats, target: Floats, *, c: Scale = 1.0) -> Floats:
    """Welsch loss: an inverted Gaussian; errors beyond a few c all cost 1.

    Formula: v = (f - y)/c: L = mean over outputs of 1 - exp(-v²/2).
    Gradient: v·exp(-v²/2) / (c·d) for d outputs.
    Use when: outliers should have no influence at all.
    Avoid when: you train from scratch, as the gradient at |v| = 6 is already 1e-7.
    Related: the same as barron:alpha=-inf; geman_mcclure has heavier tails.
    Equivalents: kornia welsch_loss: `welsch`.
    """
    return over_outputs(pieces(lambda f, y: _welsch(_half_square(_ratio(f, y, c))), pred, target))


def _welsch(t: Double) -> Floats:
    return np.asarray(np.exp(-t.hi) * t.lo - np.expm1(-t.hi))


def _half_square(v: Double) -> Double:
    """v²/2, at most 5000."""
    inside = np.abs(v.hi) < 100.0
    held = Double(np.where(inside, v.hi, 100.0), np.where(inside, v.lo, 0.0))
    return (held * held).scaled(0.5)


@welsch.gradient
def _welsch_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(pieces(lambda f, y: _welsch_pull(_ratio(f, y, p.c), p.c), pred, target))


def _welsch_pull(v: Double, c: float) -> Floats:
    return _signed(v, -_half_square(v), c)


def _signed(v: Double, exponent: Double, c: float) -> Floats:
    """v·e^exponent/c as one exponential: no factor overflows or underflows unless the product does."""
    still = v.hi == 0
    size = sized(Double(np.where(still, 1.0, v.hi), np.where(still, 0.0, v.lo)))
    logged = double_log(size) + exponent - double_log(np.array([c]))
    return np.where(still, 0.0, np.sign(v.hi) * exp(logged).rounded)


@FAMILY.loss("barron", aliases=("general_robust",), cite="Barron 2019", lowest=0.0)
def barron(
    pred: Floats,
    target: Floats,
    *,
    alpha: Annotated[
        float | Literal["-inf"],
        Param("shape: 2 squared, 1 charbonnier, 0 cauchy, -2 geman_mcclure, -inf welsch", example="-1.5"),
    ] = 1.0,
    c: Scale = 1.0,
) -> Floats:
    """Barron's general robust loss, whose shape parameter alpha sets the influence of outliers.

    Formula: v = (f - y)/c, b = |α - 2|: L = mean over outputs of (b/α)·((v²/b + 1)^(α/2) - 1); its limits v²/2 at α=2,
    log(1 + v²/2) at 0, 1 - exp(-v²/2) at -inf. Computed with expm1 and log1p where the power is near 1.
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
    return over_outputs(pieces(lambda f, y: _barron(_ratio(f, y, c), alpha), pred, target))


def _barron(v: Double, alpha: float) -> Floats:
    if alpha == 2.0:
        return np.asarray((0.5 * v.hi) * v.hi)
    b = _shape(alpha)
    small, q = np.abs(v.hi) < _SMALL * np.sqrt(b.hi), _held_square(v, 1.0) / b
    exponent = _log_base(v, b) * (0.5 * alpha)
    found = (expm1(exponent) * b / alpha).rounded
    high = exponent.hi > 600.0  # the power alone may overflow; 1 is negligible beside it
    if high.any():
        found[high] = exp(exponent.at(high) + double_log(b / alpha)).rounded
    near = ((0.5 * v.hi) * v.hi) * (1.0 + (0.25 * alpha - 0.5) * q.hi) + v.hi * v.lo
    return np.where(small, near, found)


def _shape(alpha: float) -> Double:
    """|α - 2|."""
    return sized(Double.sum(np.array([alpha]), -2.0))


def _held_square(v: Double, most: float) -> Double:
    """v², at most the square of `most`."""
    inside = np.abs(v.hi) < most
    held = Double(np.where(inside, v.hi, most), np.where(inside, v.lo, 0.0))
    return held * held


def _log_base(v: Double, b: Double) -> Double:
    """log(v²/b + 1); for large v, 2·log|v| - log b."""
    far = np.abs(v.hi) > _FAR
    near = double_log(_held_square(v, _FAR) / b + 1.0)
    if not far.any():
        return near
    size = sized(Double(np.where(far, v.hi, 1.0), np.where(far, v.lo, 0.0)))
    outer = double_log(size).scaled(2.0) - double_log(b)
    return Double(np.where(far, outer.hi, near.hi), np.where(far, outer.lo, near.lo))


@barron.gradient
def _barron_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(pieces(lambda f, y: _barron_pull(_ratio(f, y, p.c), p.alpha, p.c), pred, target))


def _barron_pull(v: Double, alpha: float | str, c: float) -> Floats:
    if isinstance(alpha, str):
        return _welsch_pull(v, c)
    if alpha == 2.0:
        return v.hi / c
    if alpha == 0.0:
        return _cauchy_pull(v.hi) / c
    return _signed(v, _log_base(v, _shape(alpha)) * Double.sum(np.array([0.5 * alpha]), -1.0), c)
