"""Softmax losses over angles: cross-entropy of logits with a margin on the own class, and its gradient by the embedding.

No step divides by a sine: the gradient follows the unit vector from the embedding towards its class, which is set to zero where
the two are parallel to within rounding (the direction is undefined there).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import update_wrapper
from typing import Any, Protocol

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.embed.family import FAMILY
from losscli.families.shared.class_scores import Softmax, at
from losscli.numerics.stable import Floats, Ints, dot
from losscli.spec.loss import Loss, Params
from losscli.spec.param import with_parameters_of

_SPAN = 1 << 20
"""Number of logits kept in memory at a time: there may be far more classes than dimensions."""
_PARALLEL = 2.0**-50
"""Sines below this are rounding errors."""


@dataclass(frozen=True)
class Angle:
    """The angle between each embedding and its own class: cosine, sine, and the unit vector from embedding towards class."""

    cos: Floats
    sin: Floats
    towards: Floats

    @classmethod
    def between(cls, direction: Floats, own: Floats) -> Angle:
        """The angles between unit vectors. The sine is the length of the perpendicular part, accurate for small angles."""
        cos = dot(direction, own)
        across = own - direction * cos[:, None]
        sin = length(across)
        flat = sin <= _PARALLEL
        towards = np.where(flat[:, None], 0.0, unit(across, sin))
        cos = np.where(flat & (cos != 0), np.sign(cos), np.clip(cos, -1.0, 1.0))
        return cls(cos, np.where(flat, 0.0, np.minimum(sin, 1.0)), towards)

    @property
    def theta(self) -> Floats:
        return np.asarray(np.arctan2(self.sin, self.cos))


class Classifier(Protocol):
    """The cross-entropy of every row and its gradient by the embedding."""

    def losses(self, x: Floats, label: Ints, weights: Floats) -> Floats: ...

    def gradient(self, x: Floats, label: Ints, weights: Floats) -> Floats: ...


def classifier(name: str, **facts: Any) -> Callable[[Callable[..., Classifier]], Loss]:
    """Decorator of a function from parameters to a classifier: declare its loss of embeddings, labels and class weights."""

    def declare(head: Callable[..., Classifier]) -> Loss:
        def losses(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
            return head(**p).losses(embedding, label, class_weights)

        def slope(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
            return head(**p).gradient(embedding, label, class_weights)

        loss = FAMILY.loss(name, **facts)(update_wrapper(with_parameters_of(head, losses), head, updated=(), assigned=_NAMES))
        loss.gradient(slope)
        return loss

    return declare


_NAMES = ("__module__", "__name__", "__qualname__", "__doc__")

Bend = Callable[[Angle], tuple[Floats, Floats]]
"""Replaces cos θ of the own class: returns φ(θ) and -dφ/dθ."""


@dataclass(frozen=True)
class Head:
    """A classifier over embeddings.

    bend: the margin on the own class; None for no margin. scale: the factor of the cosines; None for the length of the
    embedding. plain: do not normalise the class weights.
    """

    bend: Bend | None
    scale: float | None
    plain: bool = False

    def losses(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,): the cross-entropy of every row."""
        table = weights if self.plain else unit(weights)
        parts = [-at(Softmax(self._logits(x[s], label[s], table)[0], True).log_p, label[s]) for s in spans(len(x), len(weights))]
        # adding 0.0 turns the -0.0 of a certain row into 0.0
        return np.concatenate(parts) + 0.0

    def gradient(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,d): d loss / d embedding of every row."""
        table = weights if self.plain else unit(weights)
        return np.concatenate([self._slope(x[s], label[s], table) for s in spans(len(x), len(weights))])

    def _logits(self, x: Floats, label: Ints, table: Floats) -> tuple[Floats, Floats | None]:
        """(rows, C) logits and, with a margin, the derivative of the own class's logit by the embedding."""
        norm = length(x)
        direction = unit(x, norm)
        logits = np.einsum("nd,cd->nc", x if self.scale is None else direction, table)
        if self.scale is not None:
            logits *= self.scale
        if self.bend is None:
            return logits, None
        own = table[label]
        size = length(own) if self.plain else np.ones(len(x))
        angle = Angle.between(direction, unit(own, size) if self.plain else own)
        value, fall = self.bend(angle)
        if self.scale is None:
            bent = norm * size * value
            rise = size[:, None] * (direction * value[:, None] + angle.towards * fall[:, None])
        else:
            bent = self.scale * value
            rise = self.scale * (fall / norm)[:, None] * angle.towards
        np.put_along_axis(logits, label[:, None], bent[:, None], 1)
        return logits, rise

    def _slope(self, x: Floats, label: Ints, table: Floats) -> Floats:
        logits, rise = self._logits(x, label, table)
        g = Softmax(logits, True).pull_at(label, np.full(len(x), -1.0))
        own = at(g, label)
        if rise is not None:
            np.put_along_axis(g, label[:, None], 0.0, 1)
        others = np.einsum("nc,cd->nd", g, table)
        if self.scale is not None:
            others = pull_unit(x, self.scale * others)
        return others if rise is None else others + own[:, None] * rise


def spans(rows: int, classes: int) -> Iterator[slice]:
    """Chunks of rows, larger for fewer classes."""
    step = max(1, _SPAN // max(1, classes))
    return (slice(start, start + step) for start in range(0, rows, step))
