"""Sums of the powers of deviations, computed in pieces that stay in a core's cache."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Floats

_PIECE = 1 << 14
"""Numbers per piece: with two scratch arrays a third of a megabyte. It is part of the last digits of every sum."""


def power_sums(values: Floats, weight: Floats | None, centre: float) -> tuple[float, float, float]:
    """Σ ω d, Σ ω d² and, without weights, Σ d³ (else 0) of the deviations d from `centre`. Overflow gives infinity or NaN."""
    first = second = third = 0.0
    scratch = np.empty((2, min(len(values), _PIECE)))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(values), _PIECE):
            v = values[start : start + _PIECE]
            d, power = scratch[:, : len(v)]
            np.subtract(v, centre, out=d)
            if weight is None:
                first += float(d.sum())
                second += float(np.multiply(d, d, out=power).sum())
                third += float(np.multiply(power, d, out=power).sum())
            else:
                w = weight[start : start + _PIECE]
                first += float(np.multiply(w, d, out=power).sum())
                second += float(np.multiply(power, d, out=power).sum())
    return first, second, third
