"""Losses that replace the softmax: bi-tempered (heavy tails) and sparsemax (exact zeros)."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import at, one_hot
from losscli.numerics.remainders import exp_remainder
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params
from losscli.spec.param import class_or_binary

STEPS = 100
"""Upper bound on the normalizer's steps: Newton's method doubles the digits, with bisection where it would leave the bracket."""


@FAMILY.loss(
    "bi_tempered",
    aliases=("bi_tempered_logistic",),
    cite="Amid 2019",
    scores="raw",
    label="class",
    frozen=lambda p: p.iters is not None,
)
def bi_tempered(
    scores: Floats,
    label: Array,
    *,
    t1: Annotated[float, Param("temperature of the logarithm; below 1 the loss is bounded", ge=-1e6, lt=1, example="0.2")] = 0.8,
    t2: Annotated[float, Param("temperature of the exponential; above 1 its tail is heavy", gt=1, example="3")] = 1.2,
    iters: Annotated[int | None, Param("fixed-point steps of the normalizer; none: until convergence", ge=0, le=1000)] = None,
) -> Floats:
    """Bi-tempered logistic loss: a bounded logarithm with a heavy-tailed softmax, robust to outliers and wrong labels.

    Formula: L = (1 - p_y^(1-t1))/(1-t1) - (1 - Σ_k p_k^(2-t1))/(2-t1), p_k = (1 + (t2-1)(λ - z_k))^(-1/(t2-1)), λ such that
    Σ p = 1.
    Gradient: u_k - e_k Σ_j u_j with u = p^(t2-t1) (p - t) and e = p^t2 / Σ p^t2; with iters set, still that of the exact λ.
    Edge cases: scores are raw; --from-logits has no effect. At most 1/(1-t1) + 1/(2-t1).
    Use when: labels are noisy both near and far from the decision boundary.
    Avoid when: labels are clean (ce learns faster and gives calibrated probabilities).
    Related: t1 and t2 towards 1 gives ce; gce has only the bounded logarithm.
    Equivalents: pytorch-toolbelt BiTemperedLogisticLoss and the authors' code take five steps: `bi_tempered:iters=5`.
    """
    log_p = _log_p(scores, t2, iters)
    own = at(log_p, label)
    rest = np.where(one_hot(label, scores.shape[1]) == 1, 0.0, np.exp((2.0 - t1) * log_p)).sum(1)
    return _missed(own, t1) + rest / (2.0 - t1)


def _missed(log_p: Floats, t1: float) -> Floats:
    """(1 - p^a)/a - (1 - p^b)/b with a = 1-t1, b = 2-t1; near p = 1 without the terms linear in log p, which cancel."""
    a, b = 1.0 - t1, 2.0 - t1
    near = np.maximum(log_p, -1.0 / b)
    far = np.expm1(b * log_p) / b - np.expm1(a * log_p) / a
    return np.where(log_p == near, exp_remainder(b * near) / b - exp_remainder(a * near) / a, far)


def _log_p(scores: Floats, t2: float, iters: int | None) -> Floats:
    """The logarithm of the tempered softmax: -log(1 + δ + b)/(t2-1), b the scaled distance below the highest score."""
    below = (t2 - 1.0) * (scores.max(1, keepdims=True) - scores)
    power = 1.0 / (t2 - 1.0)
    lift = _solved(scores, below, power) if iters is None else _stepped(below, power, iters)
    return -power * np.log1p(lift + below)


def _stepped(below: Floats, power: float, iters: int) -> Floats:
    """δ after the given number of fixed-point steps."""
    total = np.ones((len(below), 1))
    for _ in range(iters + 1):
        total = np.exp(-power * np.log1p(below * total ** (-1.0 / power))).sum(1, keepdims=True)
    return np.expm1(np.log(total) / power)


def _solved(scores: Floats, below: Floats, power: float) -> Floats:
    """δ with Σ (1 + δ + b)^-power = 1, solved for each row separately until it converges."""
    lift = np.zeros((len(below), 1))
    high = np.full((len(below), 1), np.expm1(np.log(below.shape[1]) / power) * (1.0 + 1e-15))
    live, low, top = np.arange(len(below)), lift, np.argmax(scores, 1)[:, None]
    for _ in range(STEPS):
        tried, low, high = _newton(lift[live], low, high, below[live], top[live], power)
        moving = (np.abs(tried - lift[live]) > 1e-13 * tried)[:, 0]  # one more step would double the digits
        lift[live] = tried
        live, low, high = live[moving], low[moving], high[moving]
        if not len(live):
            break
    return lift


def _newton(lift: Floats, low: Floats, high: Floats, below: Floats, top: Array, power: float) -> tuple[Floats, Floats, Floats]:
    """One Newton step on logarithms, replaced by bisection where it would leave the bracket; and the narrowed bracket."""
    reach = 1.0 + lift
    terms = np.exp(-power * np.log1p(lift + below))
    slope = (terms * (reach / (reach + below))).sum(1, keepdims=True)
    np.put_along_axis(terms, top, 0.0, 1)
    over = terms.sum(1, keepdims=True) + np.expm1(-power * np.log1p(lift))
    low, high = np.where(over > 0, lift, low), np.where(over > 0, high, lift)
    step = np.log1p(over) * (1.0 + over) / (power * slope)
    tried = np.expm1(np.minimum(np.log1p(lift) + step, 700.0))
    return np.where((tried >= low) & (tried <= high), tried, 0.5 * (low + high)), low, high


@bi_tempered.gradient
def _bi_tempered_slope(scores: Floats, label: Array, p: Params) -> Floats:
    log_p = _log_p(scores, p.t2, p.iters)
    prob = np.exp(log_p)
    missed = np.where(one_hot(label, scores.shape[1]) == 1, np.expm1(log_p), prob)
    u = np.exp((p.t2 - p.t1) * log_p) * missed
    escort = np.exp(p.t2 * log_p)
    escort /= escort.sum(1, keepdims=True)
    found = np.asarray(u - escort * u.sum(1, keepdims=True))
    # for the highest class, whose probability is near 1, from the others: nothing cancels
    top = np.argmax(log_p, 1)[:, None]
    own = [np.take_along_axis(x, top, 1) for x in (u, escort)]
    for x in (u, escort):
        np.put_along_axis(x, top, 0.0, 1)
    np.put_along_axis(found, top, own[0] * escort.sum(1, keepdims=True) - own[1] * u.sum(1, keepdims=True), 1)
    return found


@FAMILY.loss("sparsemax", cite="Martins & Astudillo 2016", scores="raw", label=class_or_binary, conventions={"optax": {}})
def sparsemax(scores: Floats, label: Array) -> Floats:
    """Loss of sparsemax, a softmax alternative with exact zeros; rows classified with a margin of 1 have zero loss.

    Formula: L = -z_y + ½ Σ_{k in S} (z_k² - τ²) + ½, τ and the support S such that p = max(0, z - τ) sums to 1.
    Gradient: p - t.
    Edge cases: scores are raw; --from-logits has no effect. One score per row means two classes with logits 0 and f; labels are
    then 0/1 or -1/+1. Computed as ½ Σ (p - t)² + max(0, τ - z_y), without cancellation of large squares.
    Use when: the model's output layer is sparsemax.
    Avoid when: a true class with probability 0 should have an unbounded loss (use ce).
    Related: ce uses the softmax; crammer_singer is also 0 beyond a margin.
    Equivalents: optax multiclass_sparsemax_loss and sparsemax_loss: `sparsemax`.
    """
    z, y = _two(scores, label)
    off, short = _projected(z, y)
    return 0.5 * np.square(off).sum(1) + short


def _two(scores: Floats, label: Array) -> tuple[Floats, Array]:
    """One score per row as the two logits 0 and f, with class numbers."""
    if scores.ndim > 1:
        return scores, label
    return np.stack([np.zeros(len(scores)), scores], 1), label.astype(np.int64)


def _projected(z: Floats, y: Array) -> tuple[Floats, Floats]:
    """p - t with p the projection on the simplex, and how far the true score lies below the threshold τ."""
    top = z.max(1, keepdims=True)
    below = z - top
    ranked = -np.sort(-below, 1)
    sums = np.cumsum(ranked, 1)
    steps = np.arange(1, z.shape[1] + 1)
    size = (1.0 + steps * ranked > sums).sum(1)
    within = below >= np.take_along_axis(ranked, size[:, None] - 1, 1)
    tau = (np.where(within, below, 0.0).sum(1) - 1.0) / within.sum(1)
    p = below - tau[:, None]
    return np.where(within, np.maximum(p, 0.0), 0.0) - one_hot(y, z.shape[1]), np.maximum(-at(p, y), 0.0)


@sparsemax.gradient
def _sparsemax_slope(scores: Floats, label: Array, p: Params) -> Floats:
    z, y = _two(scores, label)
    slope = _projected(z, y)[0]
    return slope if scores.ndim > 1 else slope[:, 1]
