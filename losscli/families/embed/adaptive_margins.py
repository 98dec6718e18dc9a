"""Angular-margin losses that adapt to each row: by sub-centre, by training progress, or by the embedding's length."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.embed import _margin_head
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._margin_head import Head, Others, Own, bent, classifier
from losscli.families.embed._reduction import Terms
from losscli.families.embed._vectors import length, unit
from losscli.families.embed.family import BOTH, FAMILY
from losscli.families.embed.margin_softmax import DEGREES, Fallback, Scale, widened
from losscli.numerics.stable import Floats, Ints, divide
from losscli.spec.loss import Angle, Param, Params

Margin = Annotated[Angle, Param("margin added to the angle to the own class; radians, or 28.6deg", ge=0, le=float(np.pi))]
HALF = Angle(0.5)


@classifier("subcenter_arcface", cite="Deng 2020", domain=BOTH, conventions={"pml": {"m": DEGREES}})
def subcenter_arcface(
    *,
    m: Margin = HALF,
    s: Scale = 64.0,
    fallback: Fallback = "linear",
    k: Annotated[int, Param("centres per class; class c has rows c·k…c·k+k-1 of the class weights", ge=1, example="2")] = 3,
) -> Head:
    """Softmax cross-entropy over cosines to the nearest of several centres per class, with arcface's angular margin.

    Formula: cosθ_j = max over the k centres of class j of cos(x, w); then as arcface: L = -log(e^(s·φ) / (e^(s·φ) + Σ_{j≠y}
    e^(s·cosθ_j))), φ = cos(θ_y + m), and the `fallback` where θ_y > π-m.
    Gradient: as of arcface, through the nearest centre of each class; at a tie the first.
    Edge cases: a zero embedding or centre is refused; the class weights must have k rows per class.
    Use when: labels are noisy: mislabelled rows of a class can gather at a separate centre.
    Avoid when: data are clean: splitting classes has no benefit; k=1 is arcface.
    Related: soft_triple takes a soft maximum over the centres; k=1 is arcface.
    Equivalents: pytorch-metric-learning SubCenterArcFaceLoss: `subcenter_arcface:m=28.6deg`.
    """
    return Head(bent(widened, m=m, fallback=fallback), s, k=k)


@classifier("curricularface", aliases=("curricular",), cite="Huang 2020", domain=BOTH)
def curricularface(
    *,
    m: Margin = HALF,
    s: Scale = 64.0,
    t: Annotated[
        float, Param("training progress: the running mean of the cosines to the own classes", ge=-1, le=1, example="0.4")
    ] = 0.0,
    fallback: Fallback = "linear",
) -> Head:
    """ArcFace loss with the logits of hard negative classes reweighted by training progress.

    Formula: L = -log(e^(s·φ) / (e^(s·φ) + Σ_{j≠y} e^(s·N_j))), φ = cos(θ_y + m), and the `fallback` where θ_y > π-m; N_j = cosθ_j
    where cosθ_j ≤ cos(θ_y + m), else cosθ_j·(t + cosθ_j).
    Gradient: of φ as of arcface; of N_j by cosθ_j: 1 or t + 2·cosθ_j; the set of hard classes and t are held constant.
    Edge cases: the logit jumps where a class becomes hard. The authors start at t = 0 and update t = 0.01·mean cosθ_y + 0.99·t.
    Use when: face recognition, with emphasis on easy classes early and on hard ones late in training.
    Avoid when: the t of the training is unknown: values depend on it; set it with t=….
    Related: without hard classes this is arcface; focal weights rows by their difficulty, not classes.
    Equivalents: the authors' code, with its t: `curricularface:t=0.3`.
    """

    def warp(cos: Floats, angle: _margin_head.Angle) -> Others:
        hard = cos > (angle.cos * np.cos(m) - angle.sin * np.sin(m))[:, None]
        return Others(np.where(hard, cos * (t + cos), cos), np.where(hard, t + 2.0 * cos, 1.0))

    return Head(bent(widened, m=m, fallback=fallback), s, warp=warp)


@FAMILY.loss("adaface", cite="Kim 2022", unit="whole", rowed=True, domain=BOTH, frozen=lambda p: True)
@batched("there are no rows")
def adaface(
    embedding: Floats,
    label: Ints,
    class_weights: Floats,
    *,
    m: Annotated[float, Param("the margin", ge=0)] = 0.4,
    h: Annotated[float, Param("scale of the standardised lengths", gt=0)] = 0.333,
    s: Scale = 64.0,
    mu: Annotated[float | None, Param("mean length; none: that of the batch", ge=0, example="2")] = None,
    sigma: Annotated[float | None, Param("standard deviation of lengths; none: that of the batch", gt=0, example="0.5")] = None,
) -> Found:
    """Softmax cross-entropy over cosines, with a margin on the angle for short embeddings and on the cosine for long ones.

    Formula: z = [(‖x‖ - μ)·h/σ] clipped to -1…1; φ = cos(θ_y - m·z) - m·(1 + z); L = -log(e^(s·φ) / (e^(s·φ) + Σ_{j≠y}
    e^(s·cosθ_j))). μ and σ over the batch, σ with n-1. The mean over rows.
    Gradient: of φ at x: sin(θ_y - m·z)·t/‖x‖, t the unit vector perpendicular to x towards its class; z is held constant, as in the
    paper, so it is not the derivative of the value.
    Edge cases: rows of equal length have z = 0; a batch of one row has no σ: set mu and sigma. Batches are weighted by their number
    of rows.
    Use when: faces have mixed quality and the length of the embedding indicates it: poor images have less effect.
    Avoid when: lengths do not indicate quality, as with normalised embeddings.
    Related: z = -1 is arcface:fallback=none, z = 0 is cosface; magface also differentiates by the length.
    Equivalents: the authors' code with t_alpha=1, except for its bounds (lengths of 0.001…100, σ + 0.001, angles of
    0.001…π-0.001): `adaface`.
    """
    norm = length(embedding)
    if sigma is None and len(norm) < 2:
        raise UsageError("adaface: one row has no standard deviation of lengths", fix="set mu=…,sigma=…, or use larger batches")
    center = float(norm.mean()) if mu is None else mu
    spread = float(norm.std(ddof=1)) if sigma is None else sigma
    z = np.clip(divide((norm - center) * h, np.full(len(norm), spread), 0.0), -1.0, 1.0)

    def bend(angle: _margin_head.Angle, _: Floats, rows: slice) -> Own:
        c, a = np.cos(m * z[rows]), np.sin(m * z[rows])
        return Own(angle.cos * c + angle.sin * a - m * (1.0 + z[rows]), angle.sin * c - angle.cos * a)

    face = Head(bend, s)
    values = face.losses(embedding, label, class_weights)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        return {"embedding": shares[0] * face.gradient(embedding, label, class_weights)}

    return Found((Column(Terms.of(values)),), pull, values)


@FAMILY.loss("magface", cite="Meng 2021", domain=BOTH)
def magface(
    embedding: Floats,
    label: Ints,
    class_weights: Floats,
    *,
    low: Annotated[float, Param("lower bound of lengths", gt=0, example="1")] = 10.0,
    high: Annotated[float, Param("upper bound of lengths", gt=0)] = 110.0,
    m_low: Annotated[Angle, Param("margin at length `low`; radians, or 26deg", ge=0)] = Angle(0.45),  # noqa: B008
    m_high: Annotated[Angle, Param("margin at length `high`; radians, or 46deg", ge=0)] = Angle(0.8),  # noqa: B008
    lambda_: Annotated[float, Param("weight of the length regulariser", ge=0, example="1")] = 35.0,
    s: Scale = 64.0,
    fallback: Fallback = "linear",
) -> Floats:
    """Softmax cross-entropy over cosines, with an angular margin that grows with the length, plus a length regulariser.

    Formula: a = ‖x‖ clipped to low…high; m(a) = m_low + (m_high - m_low)·(a - low)/(high - low); L = -log(e^(s·φ) / (e^(s·φ) +
    Σ_{j≠y} e^(s·cosθ_j))) + λ·(a/high² + 1/a), φ = cos(θ_y + m(a)), and the `fallback` where θ_y > π-m.
    Gradient: at x: s·(p_y - 1)·(sin(θ_y + m)·t/‖x‖ + ∂φ/∂m·m'·x̂), t the unit vector perpendicular to x towards its class; the
    others as norm_softmax; λ·(1/high² - 1/a²)·x̂; the terms with x̂ only for lengths within low…high.
    Edge cases: low must be below high. At a bound the inner derivative is used, as with torch's clamp.
    Use when: recognition in which the length of an embedding should indicate its quality.
    Avoid when: lengths are far outside 10…110 with the default bounds: all rows then have the same margin; set low and high.
    Related: arcface has one margin for all rows; adaface uses lengths without differentiating by them.
    Equivalents: the authors' code, easy_margin off: `magface`.
    """
    face = _magnitude(low, high, m_low, m_high, s, fallback)
    a = np.clip(length(embedding), low, high)
    return face.losses(embedding, label, class_weights) + lambda_ * (a / high / high + 1.0 / a)


@magface.gradient
def _magface_slope(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
    face = _magnitude(p.low, p.high, p.m_low, p.m_high, p.s, p.fallback)
    norm = length(embedding)
    inside = (norm >= p.low) & (norm <= p.high)
    price = np.where(inside, p.lambda_ * (1.0 / p.high / p.high - 1.0 / np.where(inside, norm, 1.0) ** 2), 0.0)
    return face.gradient(embedding, label, class_weights) + price[:, None] * unit(embedding, norm)


def _magnitude(low: float, high: float, m_low: float, m_high: float, s: float, fallback: str) -> Head:
    if low >= high:
        raise UsageError(f"magface: low={low:g} is not below high={high:g}")
    rate = (m_high - m_low) / (high - low)

    def bend(angle: _margin_head.Angle, norm: Floats, _: slice) -> Own:
        m = m_low + rate * (np.clip(norm, low, high) - low)
        value, fall = widened(angle, m=m, fallback=fallback)
        beyond = (angle.theta > np.pi - m) & (fallback != "none")
        by_margin = np.where(beyond, 0.0 if fallback == "easy" else -(np.sin(m) + m * np.cos(m)), -fall)
        return Own(value, fall, np.where((norm >= low) & (norm <= high), rate * by_margin, 0.0))

    return Head(bend, s)
