"""Robust differences: quadratic near zero, and how far they let an outlier pull. Barron's family and its named members."""

from __future__ import annotations

from math import log
from typing import Annotated, Literal

import numpy as np

from losscli.families.regress.family import FAMILY, gap, over_outputs, share, sized
from losscli.numerics.double import Double, exp, expm1, pieces
from losscli.numerics.double import log as double_log
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param, Params

Scale = Annotated[float, Param("the scale: differences below it are squared, those above it are outliers", gt=0)]

_HUGE = 1e150
"""Beyond it squares overflow, and 1 is lost beside them."""
_SMALL = 1e-5
"""Below it the next term but one of the series in v²/b is lost beside v²/2."""
_FAR = 1e100
"""Beyond it 1 is lost beside v²/b, whatever b is, and powers are taken of |v| itself."""


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
    """The logarithm of the hyperbolic cosine of the difference: half its square when small, its size when large.

    Formula: u = f - y: L = mean over outputs of log cosh u. Computed as log1p(2 sinh²(u/2)) for small u and as
    |u| + log1p(e^(-2|u|)) - log 2 beyond: no digit is lost near zero, nothing overflows.
    Gradient: tanh(u) / d for d outputs.
    Use when: a loss like huber with every derivative smooth.
    Avoid when: the targets' unit is not 1: the seam is fixed where |u| is about 1, so scale the data or take huber.
    Related: huber has its seam as a parameter; charbonnier is as smooth, and has a scale.
    Equivalents: Keras LogCosh, optax log_cosh, torchmetrics LogCoshError: `log_cosh`; torch has none.
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
    """The difference as the height of a hyperbola above its vertex: smooth at zero, a line far out.

    Formula: v = (f - y)/c: L = mean over outputs of √(v² + 1) - 1, computed as v²/(√(v² + 1) + 1); form=root: √(u² + c²) with
    u = f - y.
    Gradient: v / (c·√(v² + 1)·d) for d outputs; form=root: u / (√(u² + c²)·d).
    Use when: mae is meant, with a slope that fades at zero; the usual choice of image restoration.
    Avoid when: outliers should lose their pull altogether: see cauchy, geman_mcclure and welsch.
    Related: barron:alpha=1 is this; pseudo-Huber with delta is δ² times this at c=δ; form=root is c·(L + 1).
    Equivalents: kornia charbonnier_loss: `charbonnier`; √(u² + ε²) of image restoration: `charbonnier:c=0.001,form=root`;
    scikit-learn and torch have none.
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
    """The negative log-likelihood of a Cauchy-like error, which grows as the logarithm of the difference.

    Formula: v = (f - y)/c: L = mean over outputs of log(1 + v²/2).
    Gradient: v / (c·(1 + v²/2)·d) for d outputs: largest at |v| = √2, then fading.
    Use when: errors with heavy tails, where some targets are simply wrong.
    Avoid when: a start far from the target: outliers pull so little that all may be taken for outliers.
    Related: barron:alpha=0 is this; geman_mcclure and welsch are bounded.
    Equivalents: kornia cauchy_loss: `cauchy`; scipy's least_squares with loss="cauchy" takes log(1 + (u/C)²), which is this at
    c = C/√2.
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
    """v / (1 + v²/2), whose square may overflow."""
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
    """A difference that saturates: an outlier costs 2 at most.

    Formula: v = (f - y)/c: L = mean over outputs of 2v² / (v² + 4).
    Gradient: 16v / (c·(v² + 4)²·d) for d outputs.
    Use when: gross outliers that should be ignored, not merely discounted.
    Avoid when: training from scratch: far from the target there is no pull at all.
    Related: barron:alpha=-2 is this; welsch saturates faster, at 1.
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
    inside = np.abs(w.hi) < 1e110  # beyond it the slope is below every double
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
    """A difference that saturates like a bell turned over: beyond a few c all misses cost 1.

    Formula: v = (f - y)/c: L = mean over outputs of 1 - exp(-v²/2).
    Gradient: v·exp(-v²/2) / (c·d) for d outputs.
    Use when: outliers should have no pull whatever.
    Avoid when: training from scratch: at |v| = 6 the slope is 1e-7.
    Related: barron:alpha=-inf is this; geman_mcclure has heavier tails.
    Equivalents: kornia welsch_loss: `welsch`.
    """
    return over_outputs(pieces(lambda f, y: _welsch(_half_square(_ratio(f, y, c))), pred, target))


def _welsch(t: Double) -> Floats:
    return np.asarray(np.exp(-t.hi) * t.lo - np.expm1(-t.hi))


def _half_square(v: Double) -> Double:
    """v²/2, and 5000 where it is more."""
    inside = np.abs(v.hi) < 100.0
    held = Double(np.where(inside, v.hi, 100.0), np.where(inside, v.lo, 0.0))
    return (held * held).scaled(0.5)


@welsch.gradient
def _welsch_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return share(pieces(lambda f, y: _welsch_pull(_ratio(f, y, p.c), p.c), pred, target))


def _welsch_pull(v: Double, c: float) -> Floats:
    return _signed(v, -_half_square(v), c)


def _signed(v: Double, exponent: Double, c: float) -> Floats:
    """v·e^exponent/c, of one exponential: neither factor overflows or underflows where the product does not."""
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
        Param("the shape: 2 squared, 1 charbonnier, 0 cauchy, -2 geman_mcclure, -inf welsch", example="-1.5"),
    ] = 1.0,
    c: Scale = 1.0,
) -> Floats:
    """One family of robust losses with the weight of outliers as its dial.

    Formula: v = (f - y)/c, b = |α - 2|: L = mean over outputs of (b/α)·((v²/b + 1)^(α/2) - 1); its limits v²/2 at α=2,
    log(1 + v²/2) at 0, 1 - exp(-v²/2) at -inf. Computed with expm1 and log1p where the power is near 1.
    Gradient: (v/c)·(v²/b + 1)^(α/2 - 1) / d for d outputs.
    Use when: how robust a loss should be is a question to be answered by trying.
    Avoid when: alpha is left at its default and called "the Barron loss": the published form learns it, and has no default.
    Related: half_mse at c=1, alpha=2; charbonnier 1; cauchy 0; geman_mcclure -2; welsch -inf.
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
    high = exponent.hi > 600.0  # the power alone may overflow, and 1 is lost beside it
    if high.any():
        found[high] = exp(exponent.at(high) + double_log(b / alpha)).rounded
    near = ((0.5 * v.hi) * v.hi) * (1.0 + (0.25 * alpha - 0.5) * q.hi) + v.hi * v.lo
    return np.where(small, near, found)


def _shape(alpha: float) -> Double:
    """|α - 2|."""
    return sized(Double.sum(np.array([alpha]), -2.0))


def _held_square(v: Double, most: float) -> Double:
    """v², and the square of `most` where that is less."""
    inside = np.abs(v.hi) < most
    held = Double(np.where(inside, v.hi, most), np.where(inside, v.lo, 0.0))
    return held * held


def _log_base(v: Double, b: Double) -> Double:
    """log(v²/b + 1); where v is far, 2·log|v| - log b."""
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
