"""Classification losses of one row: formulas of (parameters, scores, label, logits).

`scores` is one jet (one score) or a list of them; `logits` says how they are meant. Labels are whole numbers.
"""

from __future__ import annotations

from reference.jets import exp, expm1, log, log1p, maximum, pick, positive, softplus, total, where


def _is(label, i):
    return label == i


def log_p(scores, label, logits):
    """log of the true class's probability; of classes that exclude each other."""
    if not logits:
        return log(pick(scores, label))
    n = len(scores)
    return -log1p(
        total([where(_is(label, i), lambda: scores[0] * 0.0, lambda i=i: exp(scores[i] - pick(scores, label))) for i in range(n)])
    )


def _two(z, logits):
    """log p and log(1 - p) of one score."""
    return (-softplus(-z), -softplus(z)) if logits else (log(z), log1p(-z))


def _binary(scores, label, logits, positive, negative):
    lp, lq = _two(scores, logits)
    return where(_is(label, 1), lambda: positive(lp, lq), lambda: negative(lp, lq))


def _odds(scores, label, logits):
    """log(1 - p_t), and log p_t, of several classes."""
    lp = log_p(scores, label, logits)
    if not logits:
        return log1p(-pick(scores, label)), lp
    n = len(scores)
    rest = total(
        [where(_is(label, i), lambda: scores[0] * 0.0, lambda i=i: exp(scores[i] - pick(scores, label))) for i in range(n)]
    )
    return log(rest) - log1p(rest), lp


def ce(p, scores, label, logits):
    if not isinstance(scores, list):
        return bce(p, scores, label, logits)
    if float(p.label_smoothing.v) == 0.0:
        return -log_p(scores, label, logits)
    n, e = len(scores), p.label_smoothing
    parts = []
    for i in range(n):
        share = where(_is(label, i), lambda: 1 - e + e / n, lambda: e / n)
        index = i if not hasattr(label, "shape") or label.shape == () else label * 0 + i
        parts.append(share * -log_p(scores, index, logits))
    return total(parts)


def bce(p, scores, label, logits):
    return _binary(scores, label, logits, lambda lp, lq: -lp, lambda lp, lq: -lq)


def weighted_bce(p, scores, label, logits):
    return _binary(scores, label, logits, lambda lp, lq: -p.alpha * lp, lambda lp, lq: -lq)


def balanced_bce(p, scores, label, logits):
    return _binary(scores, label, logits, lambda lp, lq: -p.alpha * lp, lambda lp, lq: -(1 - p.alpha) * lq)


def focal(p, scores, label, logits):
    if isinstance(scores, list):
        lq, lp = _odds(scores, label, logits)
        return -exp(p.gamma * lq) * lp
    up = 1 if p.alpha is None else p.alpha
    down = 1 if p.alpha is None else 1 - p.alpha
    return _binary(
        scores,
        label,
        logits,
        lambda lp, lq: -up * exp(p.gamma * lq) * lp,
        lambda lp, lq: -down * exp(p.gamma * lp) * lq,
    )


def _margin(scores, label):
    return where(_is(label, 1), lambda: scores, lambda: -scores)


def hinge(p, scores, label, logits):
    return positive(p.margin - _margin(scores, label))


def squared_hinge(p, scores, label, logits):
    m = hinge(p, scores, label, logits)
    return m * m


def perceptron(p, scores, label, logits):
    return positive(-_margin(scores, label))


def soft_margin(p, scores, label, logits):
    return softplus(-_margin(scores, label))


def exponential(p, scores, label, logits):
    return exp(-_margin(scores, label))


def modified_huber(p, scores, label, logits):
    m = _margin(scores, label)
    return where(m >= -1, lambda: where(m < 1, lambda: (1 - m) * (1 - m), lambda: m * 0.0), lambda: -4 * m)


def crammer_singer(p, scores, label, logits):
    n = len(scores)
    others = [where(_is(label, i), lambda i=i: scores[(i + 1) % n], lambda i=i: scores[i]) for i in range(n)]
    own = others[0]
    for other in others[1:]:
        own = maximum(own, other)
    return positive(p.margin + own - pick(scores, label))


def _probability(scores, logits):
    if not logits:
        return scores
    if isinstance(scores, list):
        return [exp(log_p(scores, i, True)) for i in range(len(scores))]
    return exp(-softplus(-scores))


def gce(p, scores, label, logits):
    return -expm1(p.q * log_p(scores, label, logits)) / p.q


def poly1(p, scores, label, logits):
    if not isinstance(scores, list) or float(p.gamma.v) != 0.0:
        return None
    lq, lp = _odds(scores, label, logits)
    return -lp + p.epsilon * exp(lq)


RECIPES = {
    "ce": ("ce", "ce:label_smoothing=0.1"),
    "weighted_bce": ("weighted_bce:alpha=3",),
    "focal": ("focal", "focal:gamma=0.5", "focal:alpha=0.25"),
}
ONE = (
    "bce",
    "weighted_bce",
    "balanced_bce",
    "focal",
    "hinge",
    "squared_hinge",
    "perceptron",
    "soft_margin",
    "exponential",
    "modified_huber",
)
"""Losses of one score per row."""
MANY = ("ce", "focal", "crammer_singer", "gce", "poly1")
"""Losses of a score per class."""
RAW = ("hinge", "squared_hinge", "perceptron", "soft_margin", "exponential", "modified_huber", "crammer_singer")
"""Losses of raw scores, which have no reading as probabilities."""
