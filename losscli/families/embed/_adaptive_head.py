"""Softmaxes over cosines with a margin per row, and their gradients by the embedding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._margin_head import Angle, spans
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.shared.class_scores import at
from losscli.numerics.stable import Floats, Ints, log_softmax


@dataclass(frozen=True)
class Own:
    """The replacement of the cosine to the own class: value, negated derivative by the angle, derivative by the length of x."""

    value: Floats
    fall: Floats
    with_length: Floats | None = None


@dataclass(frozen=True)
class Others:
    """The replacement of the cosines to the other classes, and its derivative by them (1 if None)."""

    value: Floats
    slope: Floats | None = None


Bend = Callable[[Angle, Floats, slice], Own]
"""Called with the angles to the own classes, the lengths, and the slice of rows."""
Warp = Callable[[Floats, Angle], Others]


@dataclass(frozen=True)
class Face:
    """A classifier over cosines; bend replaces the cosine of the own class, warp those of the others.

    k: rows of the class weights per class, of which the nearest is used.
    """

    scale: float
    bend: Bend
    warp: Warp | None = None
    k: int = 1

    def losses(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,): the cross-entropy of every row."""
        return np.concatenate([self._part(x, label, weights, s, False) for s in spans(len(x), len(weights))]) + 0.0

    def gradient(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,d): d loss / d embedding of every row."""
        return np.concatenate([self._part(x, label, weights, s, True) for s in spans(len(x), len(weights))])

    def _part(self, x: Floats, label: Ints, weights: Floats, rows: slice, slope: bool) -> Floats:
        x, y, table = x[rows], label[rows, None], unit(weights)
        norm = length(x)
        direction = unit(x, norm)
        every = np.einsum("nd,cd->nc", direction, table).reshape(len(x), -1, self.k)
        best = np.argmax(every, 2)
        cos = np.take_along_axis(every, best[:, :, None], 2)[:, :, 0]
        nearest = best + self.k * np.arange(best.shape[1])
        angle = Angle.between(direction, table[np.take_along_axis(nearest, y, 1)[:, 0]])
        own = self.bend(angle, norm, rows)
        others = Others(cos) if self.warp is None else self.warp(cos, angle)
        logits = self.scale * others.value
        np.put_along_axis(logits, y, (self.scale * own.value)[:, None], 1)
        log_p = log_softmax(logits)
        if not slope:
            return -at(log_p, y[:, 0])
        g = self.scale * np.exp(log_p)
        mine = np.take_along_axis(g, y, 1)[:, 0] - self.scale
        g = g if others.slope is None else g * others.slope
        np.put_along_axis(g, y, 0.0, 1)
        spread = np.zeros((len(x), len(table)))
        np.put_along_axis(spread, nearest, g, 1)
        pulled = pull_unit(x, np.einsum("nc,cd->nd", spread, table))
        pulled += (mine * own.fall / np.where(norm == 0, 1.0, norm))[:, None] * angle.towards
        if own.with_length is not None:
            pulled += (mine * own.with_length)[:, None] * direction
        return pulled
