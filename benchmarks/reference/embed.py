"""Losses of pairs, triplets and class directions: formulas of (parameters, vectors, label), by definition.

A vector is a list of jets. Inputs are made here too: vectors of three numbers, random, nearly equal, nearly
opposite and nearly orthogonal. The classes' vectors are the same for every row.
"""

from __future__ import annotations

import numpy as np

from benchmarks.reference.jets import (
    Jet,
    absolute,
    cos,
    exp,
    log,
    log1p,
    minimum,
    pick,
    positive,
    sin,
    softplus,
    sqrt,
    total,
    where,
)

CLASSES = np.array([[1.0, 0.25, -0.5], [-0.375, 2.0, 0.125], [0.5, -1.5, -0.75], [3.0, 1.0, -1.25]])
RECIPES = {
    "triplet": (
        "triplet",
        "triplet:margin=1,eps=1e-6",
        "triplet:margin=1,distance=squared",
        "triplet:margin=1,distance=manhattan",
        "triplet:distance=cosine",
        "triplet:margin=1,swap=true",
        "triplet:margin=soft",
    ),
    "contrastive": ("contrastive", "contrastive:half=false,margin=0.5"),
    "cosine_embedding": ("cosine_embedding", "cosine_embedding:margin=0.5"),
    "margin_ranking": ("margin_ranking", "margin_ranking:margin=0.5"),
    "norm_softmax": ("norm_softmax:s=1", "norm_softmax:s=20", "norm_softmax"),
    "arcface": ("arcface:s=1", "arcface", "arcface:m=0.3,fallback=none,s=1", "arcface:m=0.3,fallback=easy,s=1"),
    "combined_margin": ("combined_margin:s=1", "combined_margin"),
    "sphereface": ("sphereface:s=1", "sphereface"),
    "curricularface": ("curricularface:s=1", "curricularface:t=0.3,s=1"),
    "magface": ("magface:s=1,low=0.5,high=100",),
    "subcenter_arcface": ("subcenter_arcface:k=1,s=1",),
    "soft_triple": ("soft_triple:k=2", "soft_triple:k=2,lambda=1,gamma=1"),
    "center": ("center", "center:half=false"),
    "proxy_nca": ("proxy_nca", "proxy_nca:form=all,scale=3", "proxy_nca:normalize=false"),
    "quadruplet": ("quadruplet", "quadruplet:distance=euclidean"),
    "snr_contrastive": ("snr_contrastive", "snr_contrastive:pos_margin=0.1,margin=2"),
    "cosface": ("cosface:m=0.35,s=1", "cosface:m=0.4,s=20", "cosface"),
}


def dot(a, b):
    return total([x * y for x, y in zip(a, b, strict=True)])


def cosine(a, b):
    return dot(a, b) / (sqrt(dot(a, a)) * sqrt(dot(b, b)))


def distance(a, b, kind, eps):
    if kind == "cosine":
        return 1 - cosine(a, b)
    gap = [x - y + eps for x, y in zip(a, b, strict=True)]
    if kind == "manhattan":
        return total([absolute(x) for x in gap])
    return dot(gap, gap) if kind == "squared" else sqrt(dot(gap, gap))


def triplet(p, **vectors):
    anchor, like, unlike = (vectors[role] for role in ("anchor", "positive", "negative"))
    near, far = distance(anchor, like, p.distance, p.eps), distance(anchor, unlike, p.distance, p.eps)
    if p.swap:
        far = minimum(far, distance(like, unlike, p.distance, p.eps))
    return softplus(near - far) if isinstance(p.margin, str) else positive(near - far + p.margin)


def contrastive(p, a, b, same):
    d = distance(a, b, "euclidean", 0.0)
    out = where(same == 1, lambda: dot(_gap(a, b), _gap(a, b)), lambda: positive(p.margin - d) * positive(p.margin - d))
    return out / 2 if p.half else out


def _gap(a, b):
    return [x - y for x, y in zip(a, b, strict=True)]


def cosine_embedding(p, a, b, same):
    c = cosine(a, b)
    return where(same == 1, lambda: 1 - c, lambda: positive(c - p.margin))


def margin_ranking(p, a, b, same):
    return where(same == 1, lambda: positive(b - a + p.margin), lambda: positive(a - b + p.margin))


def hinge_embedding(p, distance, same):
    return where(same == 1, lambda: distance, lambda: positive(p.margin - distance))


def norm_softmax(p, embedding, label):
    return _over_cosines(p.s, 0.0, embedding, label)


def cosface(p, embedding, label):
    return _over_cosines(p.s, p.m, embedding, label)


def _classes(x):
    return [[Jet(x[0].field, x[0].field.num(w)) for w in row] for row in CLASSES]


def _over_cosines(s, m, x, label):
    return _entropy(s, [cosine(x, w) for w in _classes(x)], label, lambda c: c - m)


def _entropy(s, cosines, label, bend, warp=None):
    """-log of e^(s bend(c_y)) over itself and the other classes' e^(s c_j)."""
    own = bend(pick(cosines, label))
    warped = [c if warp is None else warp(c, own) for c in cosines]
    return log1p(total([where(label == i, lambda: own * 0.0, lambda c=c: exp(s * (c - own))) for i, c in enumerate(warped)]))


def _turned(c, m, fallback="linear"):
    """cos(θ + m), and its continuation where θ + m is beyond π."""
    a, b = cos(m), sin(m)
    bent = c * a - sqrt(positive(1 - c * c)) * b
    if fallback == "none":
        return bent
    return where(c >= -a, lambda: bent, lambda: c - m * b if fallback == "linear" else c)


def arcface(p, embedding, label):
    return _entropy(p.s, [cosine(embedding, w) for w in _classes(embedding)], label, lambda c: _turned(c, p.m, p.fallback))


subcenter_arcface = arcface
"""Of one centre per class."""


def combined_margin(p, embedding, label):
    cosines = [cosine(embedding, w) for w in _classes(embedding)]
    return _entropy(p.s, cosines, label, lambda c: _turned(c, p.m2, "none") - p.m3)


def curricularface(p, embedding, label):
    cosines = [cosine(embedding, w) for w in _classes(embedding)]
    hard = _turned(pick(cosines, label), p.m, "none")
    return _entropy(
        p.s,
        cosines,
        label,
        lambda c: _turned(c, p.m, p.fallback),
        lambda c, own: where(c <= hard, lambda: c, lambda: c * (p.t + c)),
    )


def magface(p, embedding, label):
    norm = sqrt(dot(embedding, embedding))
    a = where(norm < p.low, lambda: norm * 0.0 + p.low, lambda: where(norm > p.high, lambda: norm * 0.0 + p.high, lambda: norm))
    m = p.m_low + (p.m_high - p.m_low) * ((a - p.low) / (p.high - p.low))
    cosines = [cosine(embedding, w) for w in _classes(embedding)]
    return _entropy(p.s, cosines, label, lambda c: _turned(c, m, p.fallback)) + getattr(p, "lambda") * (
        a / (p.high * p.high) + 1 / a
    )


def sphereface(p, embedding, label):
    """m = 4: cos 4θ = 8c⁴ - 8c² + 1, continued downwards from one bend of the cosine to the next."""
    norm = sqrt(dot(embedding, embedding))
    cosines = [cosine(embedding, w) for w in _classes(embedding)]
    return _entropy(norm if p.s == "norm" else p.s, cosines, label, _fourfold)


def _fourfold(c):
    low = sqrt(Jet(c.field, c.field.num(0.5)))
    wave = 8 * c * c * (c * c - 1) + 1
    return where(
        c >= low,
        lambda: wave,
        lambda: where(c >= 0, lambda: -wave - 2, lambda: where(c >= -low, lambda: wave - 4, lambda: -wave - 6)),
    )


def l_softmax(p, embedding, label):
    """m = 4, the classes' vectors with their lengths."""
    norm, classes = sqrt(dot(embedding, embedding)), _classes(embedding)
    logits = [dot(embedding, w) for w in classes]
    own = pick([norm * sqrt(dot(w, w)) * _fourfold(cosine(embedding, w)) for w in classes], label)
    return log1p(total([where(label == i, lambda: own * 0.0, lambda z=z: exp(z - own)) for i, z in enumerate(logits)]))


def soft_triple(p, embedding, label):
    """Two centres to a class."""
    cosines = [cosine(embedding, w) for w in _classes(embedding)]
    classes = []
    for pair in (cosines[:2], cosines[2:]):
        shares = [1 / total([exp((d - c) / p.gamma) for d in pair]) for c in pair]
        classes.append(total([q * c for q, c in zip(shares, pair, strict=True)]))
    scale = getattr(p, "lambda")
    own = pick(classes, label) - p.m
    others = [where(label == i, lambda: own * 0.0, lambda c=c: exp(scale * (c - own))) for i, c in enumerate(classes)]
    return log1p(total(others))


def center(p, embedding, label):
    squares = [dot(_gap(embedding, c), _gap(embedding, c)) for c in _classes(embedding)]
    return pick(squares, label) / 2 if p.half else pick(squares, label)


def proxy_nca(p, embedding, label):
    norm = sqrt(dot(embedding, embedding))
    x = [v / norm for v in embedding] if p.normalize else embedding
    squares = []
    for w in _classes(embedding):
        size = sqrt(dot(w, w))
        gap = _gap(x, [v / size for v in w] if p.normalize else w)
        squares.append(dot(gap, gap))
    own = pick(squares, label)
    shares = [where(label == i, lambda: own * 0.0, lambda d=d: exp(p.scale * (own - d))) for i, d in enumerate(squares)]
    return log1p(total(shares)) if p.form == "all" else log(total(shares))


def quadruplet(p, **vectors):
    anchor, like, negative, other = (vectors[role] for role in ("anchor", "positive", "negative", "other"))
    kind = p.distance
    near, far, across = (distance(a, b, kind, 0.0) for a, b in ((anchor, like), (anchor, negative), (negative, other)))
    return positive(near - far + p.margin) + positive(near - across + p.margin2)


def snr_contrastive(p, a, b, same):
    gap, c = _centred(_gap(a, b)), _centred(a)
    d = dot(gap, gap) / dot(c, c)
    return where(same == 1, lambda: positive(d - p.pos_margin), lambda: positive(p.margin - d))


def _centred(x):
    mean = total(x) / len(x)
    return [v - mean for v in x]


def make(name, takes):
    """The function that makes a loss's rows."""

    def rows(rng, n):
        if name in ("margin_ranking", "hinge_embedding"):
            return _singles(rng, n, takes)
        size = 10.0 ** rng.uniform(-3, 3, (n, 1))
        first = rng.normal(size=(n, 3)) * size
        out = {}
        for role in takes:
            if role == "label":
                out[role] = rng.integers(0, len(CLASSES) // (2 if name == "soft_triple" else 1), n)
            elif role == "same":
                out[role] = rng.integers(0, 2, n)
            elif role == "embedding":
                out[role] = _beside(rng, n, CLASSES[rng.integers(0, len(CLASSES), n)]) * size
            elif role not in ("class_weights", "centers"):
                out[role] = first if not out else _beside(rng, n, first)
        return out

    return rows


def _beside(rng, n, first):
    """A vector near, opposite, orthogonal to or far from each one given."""
    out = rng.normal(size=first.shape) * np.linalg.norm(first, axis=1, keepdims=True)
    k = n // 4
    sign = rng.choice((-1.0, 1.0, 1.0), (k, 1))
    out[:k] = sign * first[:k] * (1.0 + rng.normal(size=(k, 3)) * 10.0 ** rng.uniform(-16, 0, (k, 1)))
    out[k : 2 * k] = np.cross(first[k : 2 * k], out[k : 2 * k])
    return out


def _singles(rng, n, takes):
    base = rng.normal(size=n) * 10.0 ** rng.uniform(-3, 3, n)
    near = base * (1.0 + rng.normal(size=n) * 10.0 ** rng.uniform(-16, 0, n))
    found = {"a": base, "b": near, "distance": np.abs(base), "same": rng.integers(0, 2, n)}
    return {role: found[role] for role in takes}
