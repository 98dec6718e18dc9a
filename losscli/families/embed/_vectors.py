"""Lengths, directions and distances of rows, with their derivatives. Plain functions without checks."""

from __future__ import annotations

import numpy as np

from losscli.families.shared.perpendicular import perpendicular
from losscli.numerics.stable import Floats, dot

_SMALL, _LARGE = 1e-200, 1e200
"""Squared lengths in this range are not affected by underflow or overflow."""


def length(x: Floats) -> Floats:
    """Euclidean length along the last axis; rows whose squares would overflow or underflow are scaled first."""
    with np.errstate(over="ignore", under="ignore"):
        squared = dot(x, x)
    found = np.sqrt(squared)
    odd = ~((squared > _SMALL) & (squared < _LARGE))
    if odd.any():
        rows = x[odd]
        top = np.abs(rows).max(-1)
        exponent = np.where(np.isfinite(top), np.frexp(top)[1], 0)
        scaled = np.ldexp(rows, -exponent[..., None])
        found[odd] = np.ldexp(np.sqrt(dot(scaled, scaled)), exponent)
    return found


def unit(x: Floats, norm: Floats | None = None) -> Floats:
    """x / ‖x‖; a zero vector stays zero."""
    norm = length(x) if norm is None else norm
    return np.asarray(x / np.where(norm == 0, 1.0, norm)[..., None])


def pull_unit(x: Floats, g: Floats) -> Floats:
    """dL/dx from g = dL/d(x/‖x‖): the part of g perpendicular to x, over the length of x."""
    norm = length(x)
    direction = unit(x, norm)
    across = g - direction * dot(direction, g)[..., None]
    return np.asarray(across / np.where(norm == 0, 1.0, norm)[..., None])


def across(x: Floats, y: Floats) -> Floats:
    """The part of y/‖y‖ perpendicular to x."""
    x, y = (np.ldexp(z, -np.frexp(np.abs(z).max(-1, keepdims=True))[1]) for z in (x, y))
    return perpendicular(x, y) / length(y)[:, None]


def measure(gap: Floats, kind: str, root_eps: float = 0.0) -> Floats:
    """The distance of two vectors from their difference; root_eps is added to the square under the root.

    `cosine` is for unit vectors: 1 - cos is half their squared difference, which is accurate for nearly parallel vectors.
    """
    if kind == "euclidean":
        return np.asarray(np.hypot(length(gap), np.sqrt(root_eps))) if root_eps else length(gap)
    if kind == "manhattan":
        return np.asarray(np.abs(gap).sum(-1))
    return dot(gap, gap) if kind == "squared" else 0.5 * dot(gap, gap)


_PIECE = 1 << 16
"""Coordinates processed at a time: half a megabyte of doubles."""


def apart(x: Floats, y: Floats, kind: str, eps: float = 0.0, root_eps: float = 0.0) -> Floats:
    """`measure` of x - y + eps, in chunks of rows, without keeping all differences in memory."""
    out = np.empty(len(x))
    step = max(1, _PIECE // max(1, x.shape[1]))
    scratch = np.empty((min(len(x), step), x.shape[1]))
    for start in range(0, len(x), step):
        gap = np.subtract(x[start : start + step], y[start : start + step], out=scratch[: len(x) - start])
        if eps:
            gap += eps
        out[start : start + step] = measure(gap, kind, root_eps)
    return out


def slope(gap: Floats, kind: str, root_eps: float = 0.0) -> Floats:
    """d measure / d gap; 0 at a kink."""
    if kind == "euclidean":
        return unit(gap, measure(gap, kind, root_eps) if root_eps else None)
    if kind == "manhattan":
        return np.sign(gap)
    return 2.0 * gap if kind == "squared" else gap
