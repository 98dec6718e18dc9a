"""Cross-entropies of class scores against the quality of the box they speak for. Entry by entry, unreduced."""

from __future__ import annotations

import numpy as np

from losscli.families._entropy import binary, binary_slope, focal_binary, focal_binary_slope
from losscli.families._scores import Sigmoid
from losscli.families.detect._overlap import Overlap
from losscli.families.detect._sides import around
from losscli.families.detect._terms import share
from losscli.numeric import Floats, Ints, times


def quality(pred: Floats, target: Floats) -> Floats:
    """IoU of boxes given by the distances of their sides."""
    return share(Overlap(around(pred), around(target)))


def at_class(values: Floats, label: Ints, where: Ints, classes: int) -> Floats:
    """(n,C) zeros with each located row's value at its class."""
    out = np.zeros((len(label), classes))
    out[where, label[where]] = values
    return out


def qfl(scores: Sigmoid, target: Floats, beta: float) -> Floats:
    """|y - p|^beta times the cross-entropy against y."""
    return times(np.abs(_off(scores, target)) ** beta, binary(scores, target))


def _off(scores: Sigmoid, target: Floats) -> Floats:
    """y - p, exact where y is 1."""
    return np.where(target == 1.0, scores.q, target - scores.p)


def qfl_slope(scores: Sigmoid, target: Floats, beta: float) -> Floats:
    off = _off(scores, target)
    size = np.abs(off)
    direct = times(size**beta, binary_slope(scores, target))
    if not beta:
        return direct
    rise = beta * np.where(size > 0, np.where(size > 0, size, 1.0) ** (beta - 1.0), 0.0)
    return direct + scores.pull(times(-np.sign(off) * rise, binary(scores, target)))


def vfl(scores: Sigmoid, target: Floats, alpha: float, gamma: float) -> Floats:
    """q times the cross-entropy against q where q > 0; else alpha·p^gamma·-log(1 - p)."""
    nothing = np.zeros_like(target)
    easy = focal_binary(scores, nothing, gamma=gamma)
    return np.where(target > 0, times(target, binary(scores, target)), alpha * easy)


def vfl_slope(scores: Sigmoid, target: Floats, alpha: float, gamma: float) -> Floats:
    easy = focal_binary_slope(scores, np.zeros_like(target), gamma=gamma)
    return np.where(target > 0, times(target, binary_slope(scores, target)), alpha * easy)
