"""Softmax losses with a margin on the angle between an embedding and its class, as used in face recognition."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed import _margin_head
from losscli.families.embed._margin_head import Head, bent, classifier
from losscli.families.embed.family import BOTH
from losscli.numerics.stable import Floats
from losscli.spec.loss import Angle, Param

Scale = Annotated[float, Param("scale of the cosines: the inverse temperature", gt=0, example="16")]
Multiple = Annotated[int, Param("factor of the angle to the own class; 1: no margin", ge=1, example="2")]

DEGREES = float(np.radians(28.6))
"""pytorch-metric-learning's margin of 28.6 degrees."""
Fallback = Annotated[
    Literal["linear", "easy", "none"], Param("logit where θ > π-m: cosθ - m·sin m, cosθ, or cos(θ+m), which increases again")
]


def _lowered(angle: _margin_head.Angle, *, m: float) -> tuple[Floats, Floats]:
    return angle.cos - m, angle.sin


def widened(angle: _margin_head.Angle, *, m: float | Floats, fallback: str) -> tuple[Floats, Floats]:
    """cos(θ+m) without an arccosine, and its fallback where θ+m exceeds π; each with its negated derivative by θ."""
    c, s = np.cos(m), np.sin(m)
    value, fall = angle.cos * c - angle.sin * s, angle.sin * c + angle.cos * s
    if fallback == "none":
        return value, fall
    beyond = angle.theta > np.pi - m
    other = angle.cos - m * s if fallback == "linear" else angle.cos
    return np.where(beyond, other, value), np.where(beyond, angle.sin, fall)


def _multiplied(angle: _margin_head.Angle, *, m: int) -> tuple[Floats, Floats]:
    """ψ(θ) = (-1)^k cos(mθ) - 2k with k = ⌊mθ/π⌋: cos(mθ), continued so that it decreases up to θ = π."""
    theta = angle.theta
    k = np.minimum(np.floor(m * theta / np.pi), m - 1)
    sign = np.where(k % 2 == 0, 1.0, -1.0)
    return sign * np.cos(m * theta) - 2.0 * k, sign * m * np.sin(m * theta)


def _combined(angle: _margin_head.Angle, *, m1: float, m2: float, m3: float) -> tuple[Floats, Floats]:
    bent = m1 * angle.theta + m2
    return np.cos(bent) - m3, m1 * np.sin(bent)


def _multiple_head(m: int, scale: float | None, plain: bool) -> Head:
    return Head(None if m == 1 else bent(_multiplied, m=m), scale, plain)


@classifier(
    "norm_softmax", aliases=("normface", "normalized_softmax"), cite="Wang 2017", conventions={"pml": {"s": 20.0}}, domain=BOTH
)
def norm_softmax(*, s: Scale = 64.0) -> Head:
    """Softmax cross-entropy over scaled cosines between an embedding and the class vectors.

    Formula: L = -log(e^(s·cosθ_y) / Σ_j e^(s·cosθ_j)), θ_j the angle between x and w_j.
    Gradient: s·Σ_j (p_j - [j=y])·(ŵ_j - cosθ_j·x̂)/‖x‖.
    Edge cases: a zero embedding or class vector is refused. With s=64 a wrong class has a loss of up to 128.
    Use when: embeddings are compared by cosine later, in retrieval or verification.
    Avoid when: classes need a margin between them: use cosface or arcface; with small s and many classes the loss cannot get low.
    Related: cosface:m=0 and arcface:m=0 are equal to this; l_softmax:m=1 keeps the lengths of both vectors.
    Equivalents: pytorch-metric-learning NormalizedSoftmaxLoss(temperature=0.05): `norm_softmax:s=20`.
    """
    return Head(None, s)


@classifier("cosface", aliases=("am_softmax", "lmcl"), cite="Wang 2018", conventions={"pml": {}}, domain=BOTH)
def cosface(
    *, m: Annotated[float, Param("margin subtracted from the cosine of the own class", ge=0)] = 0.35, s: Scale = 64.0
) -> Head:
    """Softmax cross-entropy over scaled cosines, with a margin subtracted from the cosine of the own class.

    Formula: L = -log(e^(s·(cosθ_y - m)) / (e^(s·(cosθ_y - m)) + Σ_{j≠y} e^(s·cosθ_j))).
    Gradient: s·Σ_j (p_j - [j=y])·(ŵ_j - cosθ_j·x̂)/‖x‖, p including the margin.
    Edge cases: a zero embedding or class vector is refused. The own class's term of the gradient is 0 where x is parallel to it.
    Use when: open-set recognition; training is more stable than with arcface, because the margin on the cosine is constant.
    Avoid when: a constant margin in angle is needed (use arcface), or labels are noisy: they have the same weight as clean ones.
    Related: arcface adds a margin to the angle, sphereface multiplies the angle, combined_margin does all three.
    Equivalents: pytorch-metric-learning CosFaceLoss: `cosface`; insightface's torch code for CosFace: `cosface:m=0.4`.
    """
    return Head(bent(_lowered, m=m), s)


@classifier("arcface", aliases=("additive_angular_margin",), cite="Deng 2019", conventions={"pml": {"m": DEGREES}}, domain=BOTH)
def arcface(
    *,
    m: Annotated[Angle, Param("added to the angle to the own class; radians, or 28.6deg", ge=0, le=float(np.pi))] = Angle(0.5),  # noqa: B008
    s: Scale = 64.0,
    fallback: Fallback = "linear",
) -> Head:
    """Softmax cross-entropy over scaled cosines, with a margin added to the angle to the own class.

    Formula: L = -log(e^(s·φ) / (e^(s·φ) + Σ_{j≠y} e^(s·cosθ_j))), φ = cos(θ_y + m), and the `fallback` where θ_y > π-m.
    Gradient: of φ at x: sin(θ_y + m)·t/‖x‖, t the unit vector perpendicular to x towards its class (sinθ_y·t/‖x‖ beyond π-m);
    of the other classes as in norm_softmax; both times s·(p_j - [j=y]).
    Edge cases: t is 0 where x is parallel to its class, so that no 1/sinθ overflows. At exactly θ = π-m the value is cos(θ+m);
    just beyond, linear jumps from -1 to -cos m - m·sin m and easy to -cos m.
    Use when: the standard margin loss of face and speaker verification is wanted: the margin in angle is constant.
    Avoid when: labels are noisy or training starts from random weights: gradients of wrong classes are large; begin with
    norm_softmax or a smaller m.
    Related: cosface subtracts from the cosine, sphereface multiplies the angle; arcface:m=0 is norm_softmax.
    Equivalents: pytorch-metric-learning ArcFaceLoss: `arcface:m=28.6deg`; insightface's torch code: `arcface:fallback=none`;
    its easy_margin switches at 90° instead of π-m, for which there is no recipe.
    """
    return Head(bent(widened, m=m, fallback=fallback), s)


@classifier("combined_margin", aliases=("arcface_combined",), cite="Deng 2019", domain=BOTH)
def combined_margin(
    *,
    m1: Annotated[float, Param("factor of the angle to the own class", gt=0, example="1.25")] = 1.0,
    m2: Annotated[Angle, Param("added to the angle; radians, or 17deg", ge=0)] = Angle(0.3),  # noqa: B008
    m3: Annotated[float, Param("subtracted from the cosine of the result", ge=0)] = 0.2,
    s: Scale = 64.0,
) -> Head:
    """Softmax cross-entropy over scaled cosines with the margins of sphereface, arcface and cosface combined.

    Formula: L = -log(e^(s·φ) / (e^(s·φ) + Σ_{j≠y} e^(s·cosθ_j))), φ = cos(m1·θ_y + m2) - m3. The defaults (1, 0.3, 0.2) are
    the paper's combined setting.
    Gradient: of φ at x: m1·sin(m1·θ_y + m2)·t/‖x‖, t the unit vector perpendicular to x towards its class; else as arcface.
    Edge cases: there is no fallback: φ increases again where m1·θ + m2 exceeds π.
    Use when: using the combination recommended by Deng et al., or comparing the three kinds of margins.
    Avoid when: embeddings may lie opposite to their class: use arcface with its fallback.
    Related: (1, m, 0) is arcface:fallback=none, (1, 0, m) is cosface, (1, 0, 0) is norm_softmax.
    Equivalents: insightface's MXNet recipe for the combined loss: `combined_margin`; its torch CombinedMarginLoss ignores m1 and
    m2 if m3 > 0: for (1, 0.3, 0.2) it computes `combined_margin:m2=0,m3=0.2`.
    """
    return Head(bent(_combined, m1=m1, m2=m2, m3=m3), s)


@classifier(
    "sphereface",
    aliases=("a_softmax",),
    cite="Liu 2017",
    conventions={"pml": {}},
    domain=lambda p: {"class_weights": "direction"} if p.s == "norm" else BOTH,
)
def sphereface(
    *,
    m: Multiple = 4,
    s: Annotated[
        float | Literal["norm"], Param("scale of the cosines; norm: the length of the embedding", gt=0, example="32")
    ] = "norm",
) -> Head:
    """Softmax cross-entropy over cosines to unit class vectors, with the angle to the own class multiplied by m.

    Formula: L = -log(e^(s·ψ) / (e^(s·ψ) + Σ_{j≠y} e^(s·cosθ_j))), ψ = (-1)^k·cos(m·θ_y) - 2k, k = ⌊m·θ_y/π⌋; s=norm: s = ‖x‖.
    Gradient: of ‖x‖·ψ at x: ψ·x̂ - ψ'(θ)·t, ψ' = -(-1)^k·m·sin(mθ), t the unit vector perpendicular to x towards its class; of
    ‖x‖·cosθ_j: ŵ_j; each times p_j - [j=y]. A fixed s as in norm_softmax.
    Edge cases: ψ decreases continuously from 1 to 1-2m. s=norm: a zero embedding gives log C, with no gradient from its own class.
    There is no annealing: the paper's λ blends in norm_softmax during training and is 0 at the end.
    Use when: the definition of the paper is needed, or the length of an embedding encodes its quality.
    Avoid when: stable training matters: the gradient is m times as steep; arcface and cosface have replaced it.
    Related: l_softmax also keeps the lengths of the class vectors; arcface adds to the angle instead of multiplying it.
    Equivalents: pytorch-metric-learning SphereFaceLoss(margin=4, scale=1): `sphereface`; insightface's paddle code multiplies the
    angle by 1.35 at s=64, without the continuation ψ: `combined_margin:m1=1.35,m2=0,m3=0`.
    """
    return _multiple_head(m, None if isinstance(s, str) else s, False)


@classifier("l_softmax", aliases=("large_margin_softmax",), cite="Liu 2016", conventions={"pml": {}})
def l_softmax(*, m: Multiple = 4) -> Head:
    """Softmax cross-entropy of a linear classifier, with the angle to the own class multiplied by m.

    Formula: L = -log(e^z_y / Σ_j e^z_j), z_j = w_j·x, and z_y = ‖w_y‖·‖x‖·ψ, ψ = (-1)^k·cos(m·θ) - 2k, k = ⌊m·θ/π⌋.
    Gradient: of z_y at x: ‖w_y‖·(ψ·x̂ - ψ'(θ)·t), ψ' = -(-1)^k·m·sin(mθ), t the unit vector perpendicular to x towards w_y; of
    the others w_j; each times p_j - [j=y].
    Edge cases: there is no bias and no annealing. A zero embedding or class vector has the logit 0 and, for m > 1, no gradient from
    its own class.
    Use when: an ordinary linear last layer should have a margin; m=1 is softmax cross-entropy over x·W.
    Avoid when: training can lower the loss by longer vectors instead of smaller angles; sphereface normalises the class vectors.
    Related: sphereface normalises the class vectors; `ce` of classify on the scores x·W is m=1.
    Equivalents: pytorch-metric-learning LargeMarginSoftmaxLoss: `l_softmax`; torch cross_entropy(x @ W): `l_softmax:m=1`.
    """
    return _multiple_head(m, None, True)
