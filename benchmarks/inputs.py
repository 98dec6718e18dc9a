"""Inputs for the precision benchmark: random numbers of every size, nearly equal pairs, numbers near seams, and extremes."""

from __future__ import annotations

import itertools

import numpy as np

EXTREMES = (0.0, 1.0, -1.0, 1e200, -1e200, 1e-200, -1e-200, 1e16, 0.1, 1e-5, -3.5, 5e-324, 1e100)
_TOP, _BOTTOM = 1e200, 1e-200


def _spread(rng, n, decades):
    return rng.choice((-1.0, 1.0), n) * 10.0 ** rng.uniform(-decades, decades, n)


def into(x, domain):
    """Numbers mapped into a role's domain."""
    if domain == "positive":
        return np.maximum(np.abs(x), _BOTTOM)
    if domain == "nonnegative":
        return np.abs(x)
    if domain == "above_minus_one":
        return np.where(x <= -1, np.abs(x), x)
    return np.abs(x) % 1.0 if domain == "unit" else x


def numbers(rng, n, roles, domains, seams=()):
    """Rows of numbers by role: `target` and the others far apart, near, at the seams |pred - target| = seam, and extreme."""
    parts = []
    k = max(1, n // 5)
    for kind in ("plain", "near", "ratio", "wide", "seam"):
        base = rng.normal(size=k) * 10.0 ** rng.uniform(-3, 3, k)
        rows = {}
        for role in roles:
            if kind == "plain":
                x = rng.normal(size=k) * 10.0 ** rng.uniform(-3, 3, k)
            elif kind == "near":
                x = base * (1.0 + rng.normal(size=k) * 10.0 ** rng.uniform(-17, 0, k))
            elif kind == "ratio":
                x = base * 10.0 ** rng.uniform(-1.5, 1.5, k)
            elif kind == "wide":
                x = _spread(rng, k, 200)
            else:
                seam = rng.choice(seams or (1.0,), k)
                x = (
                    base
                    if role == "target"
                    else base + rng.choice((-1, 1), k) * seam * (1.0 + rng.normal(size=k) * 10.0 ** rng.uniform(-17, -1, k))
                )
            rows[role] = into(x, domains.get(role, ""))
        parts.append(rows)
    grid = np.array(list(itertools.product(EXTREMES, repeat=min(2, len(roles)))))
    third = rng.choice(EXTREMES, len(grid))
    columns = [grid[:, i] if i < grid.shape[1] else third for i in range(len(roles))]
    order = ["target", *[r for r in roles if r != "target"]]
    parts.append({role: into(columns[order.index(role)], domains.get(role, "")) for role in roles})
    return {role: np.concatenate([p[role] for p in parts]) for role in roles}


def vectors(rng, n, width):
    """Pairs of vectors: random, nearly parallel, nearly orthogonal, and of very different lengths."""
    a = rng.normal(size=(n, width)) * 10.0 ** rng.uniform(-100, 100, (n, 1))
    b = rng.normal(size=(n, width)) * 10.0 ** rng.uniform(-100, 100, (n, 1))
    k = n // 3
    b[:k] = a[:k] * rng.choice((-1.0, 1.0, 2.5), (k, 1)) * (1.0 + rng.normal(size=(k, width)) * 10.0 ** rng.uniform(-16, 0, (k, 1)))
    return a, b


def logits(rng, n, width):
    """Scores of one or several classes, confident and undecided, up to ±1e4."""
    shape = (n, width) if width > 1 else (n,)
    sizes = 10.0 ** rng.uniform(-8, 4, (n, 1) if width > 1 else n)
    z = np.clip(rng.normal(size=shape) * sizes, -1e4, 1e4)
    edge = rng.choice((0.0, 1e4, -1e4, 700.0, -745.0, 1.0, 36.0, -37.0), (n // 10, width) if width > 1 else n // 10)
    z[: len(edge)] = edge
    return z


def probabilities(rng, n, width):
    """Probabilities, some of them tiny or nearly 1; rows of several classes sum to one up to rounding."""
    if width == 1:
        x = 10.0 ** rng.uniform(-300, 0, n)
        half = rng.random(n) < 0.5
        return np.where(half, rng.random(n), np.where(rng.random(n) < 0.5, x, 1.0 - x * 1e-3))
    e = np.exp(np.clip(rng.normal(size=(n, width)) * 10.0 ** rng.uniform(-2, 2, (n, 1)), -600, 600) / 2.0)
    return e / e.sum(1, keepdims=True)


def labels(rng, n, width, kind, scores, given):
    """Labels for rows of scores; shares, teacher scores and gains are random, some as close to the prediction as doubles get."""
    if kind in ("bit", "class"):
        return rng.integers(0, max(2, width), n)
    if kind == "unit":
        return np.where(rng.random(n) < 0.3, rng.integers(0, 2, n), rng.random(n))
    if kind == "bits":
        bits = rng.integers(0, 2, (n, width))
        bits[np.arange(n), rng.integers(0, width, n)] = 0
        bits[:, 0] = np.where(bits.any(1), bits[:, 0], 1)
        return np.where(bits.all(1)[:, None], 1 - bits, bits)
    if kind == "position":
        return rng.random(n) * (width - 1)
    near = scores * (1.0 + rng.uniform(-1, 1, scores.shape) * 10.0 ** rng.uniform(-6, 0, (n, 1)))
    half = rng.random((n, 1)) < 0.5
    if kind in ("teacher", "gains") and not given:
        return np.where(half, near, logits(rng, n, width))
    shares = np.where(half, near if given else _shares(near), probabilities(rng, n, width))
    return shares / shares.sum(1, keepdims=True)


def _shares(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def boxes(rng, n):
    """Pairs of boxes: apart, overlapping, nested, nearly equal, tiny, and far from the origin; some on whole numbers."""
    scale = 10.0 ** rng.uniform(-4, 6, (n, 1))
    a = np.sort(rng.random((n, 2, 2)), 1).reshape(n, 4) * scale
    b = np.sort(rng.random((n, 2, 2)), 1).reshape(n, 4) * scale
    k = n // 5
    b[:k] = a[:k] + rng.normal(size=(k, 4)) * scale[:k] * 10.0 ** rng.uniform(-16, -1, (k, 1))
    shift = rng.normal(size=(k, 1)) * 10.0 ** rng.uniform(0, 9, (k, 1))
    a[k : 2 * k], b[k : 2 * k] = a[k : 2 * k] + shift, b[k : 2 * k] + shift
    a[2 * k : 3 * k], b[2 * k : 3 * k] = np.rint(a[2 * k : 3 * k]), np.rint(b[2 * k : 3 * k])
    sound = (a[:, 2] > a[:, 0]) & (a[:, 3] > a[:, 1]) & (b[:, 2] > b[:, 0]) & (b[:, 3] > b[:, 1])
    return a[sound], b[sound]


def keypoints(rng, n, points):
    """Predicted keypoints x, y, true ones x, y, visibility, and areas: near and far, some not labelled."""
    size = 10.0 ** rng.uniform(-3, 5, (n, 1))
    true = rng.random((n, points, 2)) * size[:, None]
    off = rng.normal(size=(n, points, 2)) * size[:, None] * 10.0 ** rng.uniform(-17, 0.5, (n, 1, 1))
    seen = rng.integers(0, 3, (n, points, 1)).astype(float)
    seen[:, 0] = 2.0
    area = (size * size)[:, 0] * rng.uniform(0.05, 1.0, n)
    return {
        "keypoints": (true + off).reshape(n, -1),
        "target_keypoints": np.concatenate([true, seen], 2).reshape(n, -1),
        "area": area,
    }


def sides(rng, n):
    """Distances of a location from its box's sides: anywhere inside, near an edge, on it, near the centre."""
    d = rng.random((n, 4)) * 10.0 ** rng.uniform(-3, 4, (n, 1)) * 10.0 ** rng.uniform(-6, 0, (n, 4))
    k = n // 4
    d[:k, 2:] = d[:k, :2] * (1.0 + rng.normal(size=(k, 2)) * 10.0 ** rng.uniform(-16, -1, (k, 1)))
    d[k : k + k // 8, 0] = 0.0
    return np.maximum(d, 0.0)


def deltas(rng, n):
    """Predicted deltas with true boxes and anchors."""
    target, anchor = boxes(rng, n)
    return {
        "deltas": rng.normal(size=target.shape) * 10.0 ** rng.uniform(-3, 2, (len(target), 1)),
        "target": target,
        "anchor": anchor,
    }


def rotated(rng, n):
    """Pairs of rotated boxes cx, cy, w, h, angle: random, similar, thin."""
    scale = 10.0 ** rng.uniform(-3, 4, (n, 1))
    a, b = (
        np.concatenate([rng.normal(size=(n, 2)) * scale, rng.uniform(0.01, 1.0, (n, 2)) * scale, rng.uniform(-3, 3, (n, 1))], 1)
        for _ in (0, 1)
    )
    k = n // 2
    b[:k] = a[:k] * (1.0 + rng.normal(size=(k, 5)) * 10.0 ** rng.uniform(-12, -1, (k, 1)))
    return {"pred_obb": a, "target_obb": b}


def masks(rng, n, classes, shape, from_logits, soft):
    """Images: scores undecided and confident, masks that agree with them or are random, some of a single class."""
    pixels = shape[0] * shape[1]
    z = rng.normal(size=(n, classes, pixels)) * 10.0 ** rng.uniform(-3, 1.5, (n, 1, 1))
    best = z.argmax(1) if classes > 1 else (z[:, 0] > 0).astype(int)
    wrong = (best + rng.integers(1, max(2, classes), (n, pixels))) % max(2, classes)
    mask = np.where(rng.random((n, pixels)) < rng.choice((0.1, 0.3, 1.0), (n, 1)), wrong, best)
    mask[: n // 10] = rng.integers(0, max(2, classes), (n // 10, 1))
    scores = z if from_logits else _shares(z) if classes > 1 else 1.0 / (1.0 + np.exp(-z))
    if soft:
        shares = rng.random((n, classes, pixels)) ** 3
        mask = (shares / shares.sum(1, keepdims=True) if classes > 1 else shares).reshape(n, -1)
    return {"scores": scores.reshape(n, -1), "mask": mask}
