"""Elementwise, unreduced cross-entropies against a soft target in 0…1: the localization quality (IoU) of a detected box."""

from __future__ import annotations

import numpy as np

from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import binary, binary_slope, focal_binary, focal_binary_slope, power_slope
from losscli.numerics.stable import Floats, times


def qfl(scores: Sigmoid, target: Floats, beta: float) -> Floats:
    """|y - p|^beta times the cross-entropy against y."""
    return times(np.abs(scores.less(target)) ** beta, binary(scores, target))


def qfl_slope(scores: Sigmoid, target: Floats, beta: float) -> Floats:
    d = scores.less(target)
    fade = np.abs(d) ** beta
    slope = scores.pull_log(-fade * target, -fade * (1.0 - target))
    if not beta:
        return slope
    rise = power_slope(np.abs(d), beta) * np.sign(d)
    return slope + scores.pull(times(rise, binary(scores, target)))


def vfl(scores: Sigmoid, target: Floats, alpha: float, gamma: float) -> Floats:
    """y times the cross-entropy against y where y > 0, else alpha·p^gamma·-log(1 - p)."""
    negative = alpha * focal_binary(scores, np.zeros(target.shape), gamma=gamma)
    return np.where(target > 0, times(target, binary(scores, target)), negative)


def vfl_slope(scores: Sigmoid, target: Floats, alpha: float, gamma: float) -> Floats:
    negative = alpha * focal_binary_slope(scores, np.zeros(target.shape), gamma=gamma)
    return np.where(target > 0, times(target, binary_slope(scores, target)), negative)
