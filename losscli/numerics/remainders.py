"""What is left of e^x and log(1 + x) beyond their first terms, with its digits where x is near 0."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Floats


def exp_remainder(x: Floats) -> Floats:
    """e^x - 1 - x, which is never negative."""
    small, series = np.clip(x, -0.25, 0.25), np.ones(x.shape)
    for n in range(13, 2, -1):
        series = 1.0 + small / n * series
    return np.where(small == x, 0.5 * small * small * series, np.expm1(x) - x)


def log_remainder(x: Floats) -> Floats:
    """x - log(1 + x), which is never negative; log(1 + x) = 2 artanh u with u = x / (2 + x)."""
    small = np.clip(x, -0.25, 0.25)
    u = small / (2.0 + small)
    square, series = u * u, np.zeros(x.shape)
    for k in range(21, 1, -2):
        series = 1.0 / k + square * series
    return np.where(small == x, u * (small - 2.0 * square * series), x - np.log1p(x))
