"""The terms of composite losses: their weighted sum, and box losses of boxes given by the distances to their sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.families.detect._ltrb import OUTWARD, around
from losscli.numerics.stable import Floats
from losscli.spec.loss import Loss, Rows

Sums = Mapping[str, Floats]


def summed(parts: Mapping[str, tuple[float, Floats]], norm: Floats | None = None) -> Rows:
    """The weighted sum of terms per row; with `norm` its total is divided by max(1, Σ norm)."""
    total = np.asarray(sum(weight * x for weight, x in parts.values()))
    return Rows(total, norm, parts=parts, floor=0.0 if norm is None else 1.0)


def apart(loss: Loss, pred: Floats, true: Floats, **params: Any) -> Floats:
    """A box loss of predicted and true distances l, t, r, b, (n,4) each."""
    return np.asarray(loss(around(pred), around(true), **params))


def apart_slope(loss: Loss, pred: Floats, true: Floats, **params: Any) -> Floats:
    """Its gradient by the predicted distances, (n,4)."""
    assert loss.slope is not None
    return np.asarray(loss.slope(around(pred), around(true), loss.with_defaults(**params)) * OUTWARD)
