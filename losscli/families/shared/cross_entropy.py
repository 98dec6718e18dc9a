"""Elementwise, unreduced cross-entropies of (n,C) scores of rows or (n,C,P) scores of pixels. Classes lie on axis 1.

Values come with each entry's contribution to the divisor of a mean. Gradients are of the sum of the values.
"""

from __future__ import annotations

import numpy as np

from losscli.families.shared.class_scores import Sigmoid, Softmax, at, one_hot
from losscli.families.shared.in_cache import bce_with_logits, focal_with_logits
from losscli.numerics.stable import Array, Bools, Floats, Ints, times


def bounded(log_p: Floats, eps: float, floor: float | None = None) -> Floats:
    """log p with p clipped to [eps, 1 - eps], then floored; the clipping is done on the logarithm, not on the rounded p."""
    if eps:
        log_p = np.clip(log_p, np.log(eps), np.log1p(-eps))
    return log_p if floor is None else np.maximum(log_p, floor)


def bounds(scores: Softmax | Sigmoid, bounds_on: str, eps: float, floor: float | None = None) -> tuple[float, float | None]:
    """eps and floor, or neither where they apply to probabilities only and the scores are logits."""
    return (0.0, None) if bounds_on == "probabilities" and scores.from_logits else (eps, floor)


def passing(log_p: Floats, eps: float, floor: float | None = None) -> Floats:
    """1 where `bounded` passes the gradient (the bounds included), else 0."""
    on = np.ones(log_p.shape, bool)
    if eps:
        on &= (log_p >= np.log(eps)) & (log_p <= np.log1p(-eps))
    if floor is not None:
        on &= log_p >= floor
    return on.astype(np.float64)


def kept_labels(label: Array, ignore_index: int | None) -> tuple[Ints, Bools | None]:
    """Labels with ignored ones replaced by a valid class, and the mask of kept ones (None if all are kept)."""
    if ignore_index is None:
        return label, None
    kept = label != ignore_index
    return np.where(kept, label, 0), None if bool(kept.all()) else kept


def _over(weights: Floats | None, ndim: int) -> Floats | None:
    """Weights along axis 1 of an array of `ndim` axes."""
    return None if weights is None else weights.reshape(1, -1, *[1] * (ndim - 2))


def _smooth(target: Floats, smoothing: float) -> Floats:
    return target if not smoothing else target * (1.0 - smoothing) + smoothing / target.shape[1]


def cross_entropy(
    scores: Softmax,
    label: Array,
    *,
    weights: Floats | None = None,
    norm: str = "weights",
    weights_on: str = "classes",
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
    eps: float = 0.0,
) -> tuple[Floats, Floats | None, Bools | None]:
    """-Σ w t log p per entry, its contribution to the divisor, and the mask of kept entries.

    label: class numbers (n,…) or distributions (n,C,…). The divisor is the weight of the true class (for distributions Σ w t)
    with norm=weights and 1 with count and all; with all, an ignored entry is kept with the value 0.
    """
    if label.dtype.kind == "f":
        own = None if weights is None or norm != "weights" else (_over(weights, label.ndim) * label).sum(1)
        return 0.0 - _logs(scores, _weighed(label, weights, weights_on, label_smoothing), eps), own, None
    safe, kept = kept_labels(label, ignore_index)
    w = None if weights is None else weights[safe]
    divisor = w if norm == "weights" else None
    if label_smoothing:
        values = 0.0 - _logs(scores, _weighed(one_hot(safe, scores.classes), weights, weights_on, label_smoothing), eps)
    else:
        values = 0.0 - bounded(scores.log_p_at(safe), eps)  # a perfect entry is 0, not -0
        values = values if w is None else times(w, values)
    if norm == "all" and kept is not None:
        return np.where(kept, values, 0.0), divisor, None
    return values, divisor, kept


def _weighed(target: Floats, weights: Floats | None, weights_on: str, smoothing: float) -> Floats:
    """The weight of each class's -log p: its smoothed target times its own weight or the true class's."""
    share = _smooth(target, smoothing)
    wide = _over(weights, share.ndim)
    if wide is None:
        return share
    return share * (wide if weights_on == "classes" else (wide * target).sum(1, keepdims=True))


def _logs(scores: Softmax, share: Floats, eps: float) -> Floats:
    return np.asarray(times(share, bounded(scores.log_p, eps)).sum(1))


def cross_entropy_slope(
    scores: Softmax,
    label: Array,
    *,
    weights: Floats | None = None,
    weights_on: str = "classes",
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
    eps: float = 0.0,
) -> Floats:
    """The gradient in the shape of the scores; 0 for ignored entries."""
    if label.dtype.kind == "f" or label_smoothing:
        safe, kept = (label, None) if label.dtype.kind == "f" else kept_labels(label, ignore_index)
        target = label if label.dtype.kind == "f" else one_hot(safe, scores.classes)
        g = _weighed(target, weights, weights_on, label_smoothing)
        on = passing(scores.log_p, eps) if eps else None if kept is None else np.ones(g.shape)
        if on is not None:
            on = on if kept is None else on * np.expand_dims(kept, 1)
            g = g * on
        return scores.pull_log(-g)
    safe, kept = kept_labels(label, ignore_index)
    slope = -np.ones(safe.shape) if weights is None else -weights[safe]
    if eps:
        slope = slope * passing(scores.log_p_at(safe), eps)
    return scores.pull_at(safe, slope if kept is None else slope * kept)


def binary(
    scores: Sigmoid, target: Floats, *, pos_weight: Floats | float = 1.0, eps: float = 0.0, floor: float | None = None
) -> Floats:
    """-(w y log p + (1 - y) log(1 - p)) per entry; pos_weight is broadcast against the entries."""
    if not isinstance(pos_weight, np.ndarray) and pos_weight == 1.0 and not eps and floor is None and scores.plain(target):
        return bce_with_logits(scores.given, target)
    positive = times(target * pos_weight, bounded(scores.log_p, eps, floor))
    return 0.0 - (positive + times(1.0 - target, bounded(scores.log_q, eps, floor)))


def binary_slope(
    scores: Sigmoid, target: Floats, *, pos_weight: Floats | float = 1.0, eps: float = 0.0, floor: float | None = None
) -> Floats:
    if not isinstance(pos_weight, np.ndarray) and pos_weight == 1.0 and not eps and floor is None:
        less = scores.less(target)
        if scores.from_logits:
            return less
        between = less / (scores.p * scores.q)
        return np.where(target == 1, -1.0 / scores.p, np.where(target == 0, 1.0 / scores.q, np.where(less == 0, 0.0, between)))
    gp, gq = -target * pos_weight, target - 1.0
    if eps or floor is not None:
        gp, gq = gp * passing(scores.log_p, eps, floor), gq * passing(scores.log_q, eps, floor)
    return scores.pull_log(gp, gq)


def balance(target: Floats, alpha: Floats | float | None) -> Floats | float:
    """alpha for positives, 1 - alpha for negatives."""
    return 1.0 if alpha is None else alpha * target + (1.0 - alpha) * (1.0 - target)


def focal_binary(
    scores: Sigmoid,
    target: Floats,
    *,
    gamma: float,
    alpha: Floats | float | None = None,
    floor: float | None = None,
    eps: float = 0.0,
) -> Floats:
    """α_t (1 - p_t)^γ times the cross-entropy, per entry; eps clips p in the cross-entropy only, as in Keras."""
    if not isinstance(alpha, np.ndarray) and not eps and floor is None and scores.plain(target):
        return focal_with_logits(scores.given, target, gamma, alpha)
    return times(balance(target, alpha) * missed(scores, target) ** gamma, binary(scores, target, eps=eps, floor=floor))


def missed(scores: Sigmoid, target: Floats) -> Floats:
    """1 - p_t, from the complement: exact for confident scores too."""
    return target * scores.q + (1.0 - target) * scores.p


def power_slope(x: Floats, gamma: float) -> Floats:
    """γ x^(γ-1), and 0 at 0, where it multiplies a loss that tends to 0 like x."""
    return np.where(x == 0, 0.0, gamma * np.where(x == 0, 1.0, x) ** (gamma - 1.0))


def focal_binary_slope(
    scores: Sigmoid,
    target: Floats,
    *,
    gamma: float,
    alpha: Floats | float | None = None,
    floor: float | None = None,
    eps: float = 0.0,
) -> Floats:
    """For γ < 1 the slope in 1 - p_t is infinite at 0, where the cross-entropy is 0: the product tends to 0."""
    wrong, factor = missed(scores, target), balance(target, alpha)
    scale = factor * wrong**gamma
    gp, gq = -scale * target, -scale * (1.0 - target)
    if eps or floor is not None:
        gp, gq = gp * passing(scores.log_p, eps, floor), gq * passing(scores.log_q, eps, floor)
    direct = scores.pull_log(gp, gq)
    if gamma == 0:
        return direct
    turn, loss = factor * (1.0 - 2.0 * target), binary(scores, target, eps=eps, floor=floor)
    if scores.from_logits:
        # p q / (1 - p_t) is p or q for a hard target: avoids 0/0
        soft = scores.p * scores.q / np.where(wrong == 0, 1.0, wrong)
        inner = np.where(target == 1, scores.p, np.where(target == 0, scores.q, soft))
        return direct + times(turn * gamma * wrong**gamma * inner, loss)
    return outgrown(direct, times(turn * power_slope(wrong, gamma), loss))


def outgrown(by: Floats, other: Floats) -> Floats:
    """The sum of a multiple of 1/p and one of log p, of which the first is infinite at p = 0."""
    return np.where(np.isinf(by), by, by + other)


def focal_softmax(
    scores: Softmax, label: Ints, *, gamma: float, alpha: Floats | None = None, floor: float | None = None, eps: float = 0.0
) -> Floats:
    """α_y (1 - p_y)^γ · -log p_y per entry, with p_y clipped in both factors."""
    missed = scores.q_at(label)
    missed = np.clip(missed, eps, 1.0 - eps) if eps else missed
    value = times(missed**gamma, 0.0 - bounded(scores.log_p_at(label), eps, floor))
    return value if alpha is None else times(alpha[label], value)


def focal_softmax_slope(
    scores: Softmax, label: Ints, *, gamma: float, alpha: Floats | None = None, floor: float | None = None, eps: float = 0.0
) -> Floats:
    p, q, log_p = (at(x, label) for x in (scores.p, scores.q, scores.log_p))
    used = bounded(log_p, 0.0, floor)
    g = -(q**gamma) * passing(log_p, 0.0, floor)
    if gamma:
        g = g + times(p * power_slope(q, gamma), used)
    if eps:
        g = g * passing(log_p, eps)
    return scores.pull_at(label, g if alpha is None else g * alpha[label])
