"""Losses by plain NumPy, as a careful user writes them: in the input's precision, means in float64."""

from __future__ import annotations

import numpy as np
from _pieces import main


def total(losses):
    return float(np.sum(losses, dtype=np.float64)), len(losses)


def mse(p, t):
    d = p - t
    return total(np.square(d, out=d))


def cross_entropy(z, y):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def bce(z, y):
    return total(cross_entropy(z, y))


def focal(z, y):
    p = 1 / (1 + np.exp(-z))
    return total(cross_entropy(z, y) * np.square(p + y - 2 * p * y))


def ce(z, y):
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return total(log_sum - z[np.arange(len(z)), y])


def overlap(p, t):
    """The shared area, the union, and the sides of the enclosing box."""
    shared = np.prod(np.clip(np.minimum(p[:, 2:], t[:, 2:]) - np.maximum(p[:, :2], t[:, :2]), 0, None), axis=1)
    union = np.prod(p[:, 2:] - p[:, :2], axis=1) + np.prod(t[:, 2:] - t[:, :2], axis=1) - shared
    return shared, union, np.maximum(p[:, 2:], t[:, 2:]) - np.minimum(p[:, :2], t[:, :2])


def giou(p, t):
    shared, union, around = overlap(p, t)
    hull = np.prod(around, axis=1)
    return total(1 - shared / union + (hull - union) / hull)


def ciou(p, t):
    shared, union, around = overlap(p, t)
    iou = shared / union
    far = np.square(p[:, :2] + p[:, 2:] - t[:, :2] - t[:, 2:]).sum(axis=1) / 4
    (w, h), (v, g) = (p[:, 2:] - p[:, :2]).T, (t[:, 2:] - t[:, :2]).T
    shape = np.square(np.arctan(v / g) - np.arctan(w / h)) * np.float32(4 / np.pi**2)
    return total(1 - iou + far / np.square(around).sum(axis=1) + shape * shape / (1 - iou + shape))


def dice(p, y):
    p, y = p.reshape(len(p), -1), y.reshape(len(y), -1)
    return total(1 - 2 * (p * y).sum(axis=1) / (p.sum(axis=1) + y.sum(axis=1)))


def triplet(x):
    a, p, n = x[:, 0], x[:, 1], x[:, 2]
    return total(np.maximum(np.linalg.norm(a - p, axis=1) - np.linalg.norm(a - n, axis=1) + 0.2, 0))


if __name__ == "__main__":
    main({f.__name__: f for f in (mse, bce, focal, ce, giou, ciou, dice, triplet)})
