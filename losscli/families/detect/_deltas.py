"""Boxes encoded as deltas from their anchors: the R-CNN parametrisation."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import UsageError
from losscli.numerics.double import Double, log
from losscli.numerics.stable import Floats
from losscli.spec.loss import Loss, Params


def four_weights(loss: Loss, p: Params) -> None:
    """Raise UsageError unless there is one weight for each of dx, dy, dw, dh."""
    count = len(p.weights)
    if count != 4:
        raise UsageError(f"{loss.name}: weights needs four numbers, found {count}", fix="write them as weights=[10,10,5,5]")


def encode(box: Floats, anchor: Floats, weights: Floats) -> Floats:
    """Weighted centre shifts in units of the anchor's size, and logarithms of the size ratios: dx, dy, dw, dh.

    Boxes and anchors are corners along the last axis. The shift is computed from the corners, because rounded centres lose digits.
    """
    size, base = box[..., 2:] - box[..., :2], anchor[..., 2:] - anchor[..., :2]
    shift = 0.5 * _between(box, anchor).rounded / base
    return np.concatenate([shift, log_ratio(size, base, _wider(box, anchor))], axis=-1) * weights


def _between(box: Floats, anchor: Floats) -> Double:
    """Twice the difference of the centres."""
    return Double.sum(box[..., :2], -anchor[..., :2]) + Double.sum(box[..., 2:], -anchor[..., 2:])


def _wider(box: Floats, anchor: Floats) -> Floats:
    """The difference of the sizes, rounded once: rounded sizes of nearly equal boxes lose its digits."""
    return (Double.sum(box[..., 2:], -box[..., :2]) - Double.sum(anchor[..., 2:], -anchor[..., :2])).rounded


def residual(deltas: Floats, box: Floats, anchor: Floats, weights: Floats) -> Floats:
    """deltas - encode(…), accurate where the two nearly cancel."""
    found = deltas - encode(box, anchor, weights)
    close = np.abs(found) < 2.0 * np.abs(deltas)
    if close.any():
        rows = np.flatnonzero(close.any(1))
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            found[part] = np.where(close[part], _residual(deltas[part], box[part], anchor[part], weights), found[part])
    return found


_ROWS = 4096
"""Rows processed at a time, so that double-double temporaries stay in the cache of a core."""


def _residual(deltas: Floats, box: Floats, anchor: Floats, weights: Floats) -> Floats:
    size, base = (Double.sum(b[:, 2:], -b[:, :2]) for b in (box, anchor))
    shift = _between(box, anchor).scaled(0.5)
    near = np.asarray(np.abs(size.hi - base.hi) < 2.0**-40 * base.hi)
    x = (size - base) / base
    grown = Double(np.where(near, 1.0, (size / base).hi), np.where(near, 0.0, (size / base).lo))
    logs, small = log(grown), x - (x * x).scaled(0.5)
    ratio = Double(np.where(near, small.hi, logs.hi), np.where(near, small.lo, logs.lo))
    w = np.asarray(weights, np.float64)
    parts = (shift / base) * w[:2], ratio * w[2:]
    return np.concatenate([(-part + d).rounded for part, d in zip(parts, (deltas[:, :2], deltas[:, 2:]), strict=True)], axis=1)


def log_ratio(a: Floats, b: Floats, more: Floats | None = None) -> Floats:
    """log(a/b) for positive sizes, accurate where they are nearly equal; more: a - b, where it is known more accurately."""
    near = (0.5 * b < a) & (a < 2.0 * b)
    change = np.where(near, a - b if more is None else more, 0.0)
    return np.where(near, np.log1p(change / b), np.log(np.where(near, 1.0, a / b)))
