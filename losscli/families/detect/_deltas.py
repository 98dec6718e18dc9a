"""Boxes encoded as deltas from their anchors: the R-CNN parametrisation."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import UsageError
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
    low, high = box[..., :2] - anchor[..., :2], box[..., 2:] - anchor[..., 2:]
    size, base = box[..., 2:] - box[..., :2], anchor[..., 2:] - anchor[..., :2]
    return np.concatenate([0.5 * (low + high) / base, np.log(size / base)], axis=-1) * weights
