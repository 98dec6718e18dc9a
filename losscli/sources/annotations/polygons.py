"""Polygons as boxes: the upright box around one, and the smallest rotated box around four corners."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from losscli.numerics.stable import Floats


def enclosing(polygons: Sequence[Floats]) -> Floats:
    """(n,4): the corners x1, y1, x2, y2 of the box around each polygon of (k,2) points."""
    if not polygons:
        return np.empty((0, 4))
    ends = np.cumsum([0, *(len(p) for p in polygons[:-1])])
    points = np.concatenate(polygons)
    return np.concatenate([np.minimum.reduceat(points, ends), np.maximum.reduceat(points, ends)], axis=1)


def rotated(quads: Floats) -> Floats:
    """(n,5): centre, size and angle in radians of the rectangle of least area around each four points, (n,4,2).

    One side of it lies along a line through two of the points; a rectangle is its own, along its first side.
    """
    best, least = np.empty((len(quads), 5)), np.full(len(quads), np.inf)
    for i, j in [(0, 1), *(pair for pair in combinations(range(4), 2) if pair != (0, 1))]:
        along = quads[:, j] - quads[:, i]
        angle = np.arctan2(along[:, 1], along[:, 0])
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        u, v = quads[..., 0] * cos + quads[..., 1] * sin, quads[..., 1] * cos - quads[..., 0] * sin
        low, high = np.stack([u.min(1), v.min(1)]), np.stack([u.max(1), v.max(1)])
        (mid_u, mid_v), (width, height) = 0.5 * (low + high), high - low
        x, y = mid_u * cos[:, 0] - mid_v * sin[:, 0], mid_u * sin[:, 0] + mid_v * cos[:, 0]
        better = width * height < least * (1 - 1e-9)
        best[better] = np.stack([x, y, width, height, angle], axis=1)[better]
        least = np.where(better, width * height, least)
    return best
