"""Classification losses of one row: formulas of (parameters, scores, label, logits).

`scores` is one jet (one score) or a list of them; `logits`: whether they are logits. Labels are whole numbers.
"""

from __future__ import annotations

from benchmarks.reference.jets import (
    Jet,
    absolute,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    mp,
    pick,
    positive,
    power,
    softplus,
    total,
    where,
    xlogy,
)  # fmt: skip


def _is(label, i):
    return label == i


def log_p(scores, label, logits):
    """log of the true class's probability, for mutually exclusive classes."""
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
    return -softplus(-log(rest)), lp


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
    others = [where(_is(label, i), lambda i=i: scores[i] * 0.0 - 1e300, lambda i=i: scores[i]) for i in range(n)]
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


def _each(scores, label, term):
    """Σ over the columns of a row of `term(score, label)`."""
    if not isinstance(scores, list):
        return term(scores, label)
    return total([term(z, y) for z, y in zip(scores, label, strict=True)])


def _parted(label, yes, no):
    """Choose by a label that is 0 or 1."""
    return where(label == 1 if not isinstance(label, Jet) else label.v == 1, yes, no)


def _soft(z, y, logits):
    """-(y log p + (1 - y) log(1 - p))"""
    lp, lq = _two(z, logits)
    zero = y * 0.0
    up = where(y.v == 0, lambda: zero * 1.0, lambda: y * lp)
    down = where(y.v == 1, lambda: zero * 1.0, lambda: (1 - y) * lq)
    return -(up + down)


def asl(p, scores, label, logits):
    def term(z, y):
        lp, lq = _two(z, logits)
        less = positive(exp(lp) - p.clip)
        return _parted(
            y,
            lambda: -exp(p.gamma_pos * lq) * lp,
            lambda: -power(less, p.gamma_neg) * where(less > 0, lambda: log(exp(lq) + p.clip), lambda: less * 0.0),
        )

    return _each(scores, label, term)


def asl_single(p, scores, label, logits):
    n, e = len(scores), p.label_smoothing
    if float(e.v) == 0.0:
        lq, lp = _odds(scores, label, logits)
        return -exp(p.gamma_pos * lq) * lp
    lq, lp = _odds(scores, label, logits)
    parts = [-(1 - e + e / n) * exp(p.gamma_pos * lq) * lp]
    for i in range(n):
        one = log_p(scores, _index(label, i), logits)
        parts.append(where(_is(label, i), lambda one=one: one * 0.0, lambda one=one: -(e / n) * exp(p.gamma_neg * one) * one))
    return total(parts)


def _index(label, i):
    return i if not hasattr(label, "shape") or label.shape == () else label * 0 + i


def _logs(scores, logits):
    return [log_p(scores, i, logits) if logits else log(x) for i, x in enumerate(scores)]


def kl(p, scores, label, logits):
    return total([xlogy(t, t) - t * lp for t, lp in zip(label, _logs(scores, logits), strict=True)])


def js(p, scores, label, logits):
    parts = []
    for q, t in zip(_probability(scores, logits), label, strict=True):
        middle = (q + t) / 2
        parts += [q * log(q / middle), where(t.is_zero(), lambda t=t: t * 0.0, lambda t=t, middle=middle: t * log(t / middle))]
    return total(parts) / 2


def distillation(p, scores, label, logits):
    if not logits:
        scores, label = [log(x) for x in scores], [log(x) for x in label]
    t = p.temperature
    ours, held = _logs([z / t for z in scores], True), _logs([z / t for z in label], True)
    return t * t * total([exp(b) * (b - a) for a, b in zip(ours, held, strict=True)])


def nll(p, scores, label, logits):
    return -pick(scores, label)


def multi_margin(p, scores, label, logits):
    own = pick(scores, label)
    parts = []
    for i, z in enumerate(scores):
        short = positive(p.margin - own + z)
        parts.append(where(_is(label, i), lambda z=z: z * 0.0, lambda short=short: short * short if p.p == 2 else short))
    return total(parts) / len(scores)


def _pairs(scores, label, cost):
    """Σ over pairs of a present and an absent class of cost(s_present - s_absent), and the number of pairs."""
    parts, count = [], 0
    for i, a in enumerate(scores):
        for j, b in enumerate(scores):
            both = (label[i] == 1) & (label[j] == 0)
            parts.append(where(both, lambda a=a, b=b: cost(a - b), lambda a=a: a * 0.0))
            count = count + both * 1
    return total(parts), count


def multilabel_margin(p, scores, label, logits):
    return _pairs(scores, label, lambda d: positive(1 - d))[0] / len(scores)


def bpr(p, scores, label, logits):
    found, count = _pairs(scores, label, lambda d: softplus(-d))
    return found / Jet(found.field, found.field.num(count))


def multilabel_soft_margin(p, scores, label, logits):
    return _each(scores, label, lambda z, y: _parted(y, lambda: softplus(-z), lambda: softplus(z))) / len(scores)


def zlpr(p, scores, label, logits):
    one = scores[0] * 0.0
    up = [_parted(y, lambda: one, lambda z=z: exp(z)) for z, y in zip(scores, label, strict=True)]
    down = [_parted(y, lambda z=z: exp(-z), lambda: one) for z, y in zip(scores, label, strict=True)]
    return log1p(total(up)) + log1p(total(down))


def hamming(p, scores, label, logits):
    return _each(scores, label, lambda z, y: where((z > 0.5) != (y == 1), lambda: z * 0 + 1, lambda: z * 0)) / len(scores)


def _others(scores, label, logits):
    """The total probability of the wrong classes."""
    if logits:
        return exp(_odds(scores, label, logits)[0])
    return total([where(_is(label, i), lambda x=x: x * 0.0, lambda x=x: x) for i, x in enumerate(scores)])


def sce(p, scores, label, logits):
    return -p.alpha * log_p(scores, label, logits) - p.beta * p.A * _others(scores, label, logits)


def nce(p, scores, label, logits):
    return log_p(scores, label, logits) / total(_logs(scores, logits))


def apl(p, scores, label, logits):
    others = _others(scores, label, logits)
    passive = -p.A * others if p.passive == "rce" else 2 * others
    return p.alpha * nce(p, scores, label, logits) + p.beta * passive


def focal_star(p, scores, label, logits):
    z = scores if logits else log(scores) - log1p(-scores)
    return softplus(-(p.gamma * _margin(z, label) + p.beta)) / p.gamma


def reduced_focal(p, scores, label, logits):
    def one(lp, lq):
        fade = exp(p.gamma * (lq - log(p.threshold)))
        return where(exp(lp) < p.threshold, lambda: -lp, lambda: -fade * lp)

    return _binary(scores, label, logits, one, lambda lp, lq: one(lq, lp))


def qfl(p, scores, label, logits):
    return power(absolute(label - _probability(scores, logits)), p.beta) * _soft(scores, label, logits)


def vfl(p, scores, label, logits):
    lp, lq = _two(scores, logits)
    return where(label.v > 0, lambda: label * _soft(scores, label, logits), lambda: -p.alpha * exp(p.gamma * lp) * lq)


def gaussian_focal(p, scores, label, logits):
    lp, lq = _two(scores, logits)
    return where(
        label.v == 1,
        lambda: -exp(p.alpha * lq) * lp,
        lambda: -power(1 - label, p.gamma) * exp(p.alpha * lp) * lq,
    )


def dfl(p, scores, label, logits):
    parts = []
    for i in range(len(scores)):
        near = positive(1 - absolute(label - i))
        parts.append(-Jet(near.field, near.v) * log_p(scores, _index(label.v, i) if near.field.lanes else i, True))
    return total(parts)


def listnet(p, scores, label, logits):
    gains = [exp(x) for x in _logs(label, True)] if p.gains == "softmax" else label
    return -total([g * x for g, x in zip(gains, _logs(scores, True), strict=True)])


def brier(p, scores, label, logits):
    found = _probability(scores, logits)
    if not isinstance(scores, list):
        d = where(_is(label, 1), lambda: 1 - found if not logits else exp(-softplus(scores)), lambda: found)
        return d * d
    rest = exp(_odds(scores, label, logits)[0])
    return total([where(_is(label, i), lambda: rest * rest, lambda x=x: x * x) for i, x in enumerate(found)])


def bi_tempered(p, scores, label, logits):
    """Amid 2019; the normaliser by Newton's steps from the highest score, where the convex sum of powers is still too large."""
    bend = p.t2 - 1
    top = scores[0]
    for z in scores[1:]:
        top = maximum(top, z)
    place = top
    for _ in range(60 if top.field.lanes else 400):
        base = [1 + bend * (place - z) for z in scores]
        shares = [exp(-log(b) / bend) for b in base]
        step = (total(shares) - 1) / total([s / b for s, b in zip(shares, base, strict=True)])
        place = place + step
        if not top.field.lanes and abs(step.v) < abs(place.v) * top.field.num(10.0) ** (3 - mp.dps):
            break
    shares = [exp(-log(1 + bend * (place - z)) / bend) for z in scores]
    first = (1 - exp((1 - p.t1) * log(pick(shares, label)))) / (1 - p.t1)
    return first - (1 - total([exp((2 - p.t1) * log(s)) for s in shares])) / (2 - p.t1)


def sparsemax(p, scores, label, logits):
    """Martins & Astudillo 2016; the threshold is the largest over k of (the sum of the k highest, less 1)/k."""
    order = list(scores)
    for i in range(len(order)):
        for j in range(len(order) - 1 - i):
            order[j], order[j + 1] = maximum(order[j], order[j + 1]), minimum(order[j], order[j + 1])
    threshold, run = None, None
    for k, z in enumerate(order, 1):
        run = z if run is None else run + z
        threshold = (run - 1) / k if threshold is None else maximum(threshold, (run - 1) / k)
    parts = [where(z > threshold, lambda z=z: (z * z - threshold * threshold) / 2, lambda z=z: z * 0.0) for z in scores]
    return total(parts) + 0.5 - pick(scores, label)


RECIPES = {
    "ce": ("ce", "ce:label_smoothing=0.1"),
    "weighted_bce": ("weighted_bce:alpha=3",),
    "focal": ("focal", "focal:gamma=0.5", "focal:alpha=0.25"),
    "asl": ("asl", "asl:clip=0,gamma_neg=2"),
    "asl_single": ("asl_single", "asl_single:label_smoothing=0.1"),
    "distillation": ("distillation", "distillation:temperature=1"),
    "multi_margin": ("multi_margin", "multi_margin:p=2"),
    "sce": ("sce", "sce:alpha=0.1"),
    "apl": ("apl", "apl:passive=mae"),
    "reduced_focal": ("reduced_focal", "reduced_focal:threshold=0.3"),
    "listnet": ("listnet", "listnet:gains=raw"),
    "bi_tempered": ("bi_tempered", "bi_tempered:t1=0.2,t2=4"),
}
ONE = {
    **dict.fromkeys(("bce", "weighted_bce", "balanced_bce", "focal", "hinge", "squared_hinge", "perceptron"), "bit"),
    **dict.fromkeys(("soft_margin", "exponential", "modified_huber", "focal_star", "reduced_focal", "asl", "brier"), "bit"),
    **dict.fromkeys(("qfl", "vfl", "gaussian_focal"), "unit"),
}
"""Losses of one score per row, with the kind of label: 0 or 1, or anything between."""
MANY = {
    **dict.fromkeys(("ce", "focal", "crammer_singer", "gce", "poly1", "asl_single", "nll", "multi_margin", "sce"), "class"),
    **dict.fromkeys(("nce", "apl", "brier", "bi_tempered", "sparsemax"), "class"),
    **dict.fromkeys(("asl", "multilabel_margin", "bpr", "multilabel_soft_margin", "zlpr", "hamming"), "bits"),
    **dict.fromkeys(("kl", "js"), "shares"),
    "distillation": "teacher",
    "dfl": "position",
    "listnet": "gains",
}
"""Losses of a score per class, with the kind of label: class, 0 or 1 per class, shares, other scores, a rank, relevance."""
RAW = (
    *("hinge", "squared_hinge", "perceptron", "soft_margin", "exponential", "modified_huber", "crammer_singer"),
    *("multi_margin", "multilabel_margin", "bpr", "multilabel_soft_margin", "zlpr", "dfl", "listnet", "bi_tempered", "sparsemax"),
)
"""Losses of raw scores, which are not read as probabilities."""
DEEP = ("kl", "js", "distillation", "listnet", "nce", "apl", "brier")
"""Losses whose formulas contain 1 - p of the likeliest class, however small it is."""
GIVEN = ("nll", "hamming")
"""Losses of probabilities, or their logarithms, alone."""
