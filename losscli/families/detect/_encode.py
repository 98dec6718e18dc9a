"""Boxes as deltas from their anchors: the R-CNN parametrisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.loss import Loss
from losscli.numeric import Floats


def four_weights(loss: Loss, params: Mapping[str, Any]) -> None:
    """Raise UsageError unless there is one weight for each of dx, dy, dw, dh."""
    count = len(params["weights"])
    if count != 4:
        raise UsageError(f"{loss.name}: weights needs four numbers, found {count}", fix="weights=[10,10,5,5]")


def encode(box: Floats, anchor: Floats, weights: Floats) -> Floats:
    """Weighted shifts of the centre in units of the anchor's size, and logarithms of the ratios of the sizes.

    Corners along the last axis. Centres are never formed: their difference keeps the digits that two centres would round away.
    """
    size, base = box[..., 2:] - box[..., :2], anchor[..., 2:] - anchor[..., :2]
    shift = 0.5 * ((box[..., :2] - anchor[..., :2]) + (box[..., 2:] - anchor[..., 2:])) / base
    return np.concatenate([shift, log_ratio(size, base)], axis=-1) * weights


def log_ratio(a: Floats, b: Floats) -> Floats:
    """log(a/b) for positive sizes, exact where they are nearly equal."""
    near = (0.5 * b < a) & (a < 2.0 * b)
    change = np.where(near, a - b, 0.0)
    return np.where(near, np.log1p(change / b), np.log(np.where(near, 1.0, a / b)))
