"""Softmax losses over angles: cross-entropy of logits with a margin on the own class, and its gradient by the embedding.

No step divides by a sine: the gradient follows the unit vector from the embedding towards its class, which is set to zero where
the two are parallel to within rounding (the direction is undefined there).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.embed.family import FAMILY
from losscli.families.shared.class_scores import Softmax, at
from losscli.numerics.stable import Floats, Ints, dot
from losscli.spec.loss import Loss, Params
from losscli.spec.param import formula

_SPAN = 1 << 20
"""Number of logits kept in memory at a time: there may be far more classes than dimensions."""
_LARGEST = 1e300
"""Logits up to this are kept as they are."""
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


@dataclass(frozen=True)
class Own:
    """The replacement of the cosine to the own class: value, negated derivative by the angle, derivative by the length of x."""

    value: Floats
    fall: Floats
    by_length: Floats | None = None


@dataclass(frozen=True)
class Others:
    """The replacement of the cosines to the other classes, and its derivative by them."""

    value: Floats
    slope: Floats


Bend = Callable[[Angle, Floats, slice], Own]
"""The margin on the own class, from the angles to it, the lengths of the embeddings, and the slice of rows."""
Warp = Callable[[Floats, Angle], Others]
"""The change of the cosines to the other classes, from all cosines and the angles to the own class."""


def bent(margin: Callable[..., tuple[Floats, Floats]], **params: Any) -> Bend:
    """A margin that depends on the angle only, given φ(θ) and -dφ/dθ."""
    return lambda angle, norm, rows: Own(*margin(angle, **params))


@dataclass(frozen=True)
class Head:
    """The cross-entropy of logits scale·cosθ, with a margin on the own class.

    bend: None for no margin. scale: None for the length of the embedding. plain: do not normalise the class weights. warp: None to
    keep the other cosines. k: rows of the class weights per class, of which the nearest is used.
    """

    bend: Bend | None
    scale: float | None
    plain: bool = False
    warp: Warp | None = None
    k: int = 1

    def losses(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,): the cross-entropy of every row."""
        parts = []
        for rows in spans(len(x), len(weights)):
            of = _Rows(self, x[rows], label[rows], weights, rows)
            parts.append(-at(Softmax(of.logits, True).log_p, label[rows]) / of.shrunk)
        # adding 0.0 turns the -0.0 of a certain row into 0.0
        return np.concatenate(parts) + 0.0

    def gradient(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """(n,d): d loss / d embedding of every row."""
        every = spans(len(x), len(weights))
        return np.concatenate([_Rows(self, x[rows], label[rows], weights, rows).gradient() for rows in every])


class _Rows:
    """The logits of some rows, and the gradient of their losses.

    Rows whose logits are beyond the doubles are `shrunk`: so large, their losses are proportional to their lengths.
    """

    def __init__(self, head: Head, x: Floats, label: Ints, weights: Floats, rows: slice) -> None:
        self.head, self.x, self.label = head, x, label
        self.table = weights if head.plain else unit(weights)
        self.norm = length(x)
        self.direction = unit(x, self.norm)
        self.shrunk = np.minimum(1.0, _LARGEST / self.norm / length(weights).max()) if head.plain else np.ones(len(x))
        cos = np.einsum("nd,cd->nc", x * self.shrunk[:, None] if head.scale is None else self.direction, self.table)
        mine = label
        if head.k > 1:
            self.nearest = _nearest(cos, head.k)
            cos = np.take_along_axis(cos, self.nearest, 1)
            mine = np.take_along_axis(self.nearest, label[:, None], 1)[:, 0]
        self.others = None
        if head.bend is not None:
            own = self.table[mine]
            self.size = length(own) if head.plain else np.ones(len(x))
            self.angle = Angle.between(self.direction, unit(own, self.size) if head.plain else own)
            self.own = head.bend(self.angle, self.norm, rows)
            if head.warp is not None:
                self.others = head.warp(cos, self.angle)
                cos = self.others.value
        if head.scale is not None:
            cos *= head.scale
        self.logits = cos
        if head.bend is not None:
            scale = self.shrunk * self.norm * self.size if head.scale is None else head.scale
            np.put_along_axis(self.logits, label[:, None], (scale * self.own.value)[:, None], 1)

    def gradient(self) -> Floats:
        scale = self.head.scale
        g = Softmax(self.logits, True).pull_at(self.label, np.full(len(self.x), -1.0))
        own = at(g, self.label)
        if self.others is not None:
            g *= self.others.slope
        if self.head.bend is not None:
            np.put_along_axis(g, self.label[:, None], 0.0, 1)
        if self.head.k > 1:
            spread = np.zeros((len(g), len(self.table)))
            np.put_along_axis(spread, self.nearest, g, 1)
            g = spread
        found = np.einsum("nc,cd->nd", g, self.table)
        if scale is not None:
            found = pull_unit(self.x, scale * found)
        return found if self.head.bend is None else found + own[:, None] * self._rise(scale)

    def _rise(self, scale: float | None) -> Floats:
        """The derivative of the own class's logit by the embedding."""
        value, fall, by_length = self.own.value, self.own.fall, self.own.by_length
        if scale is None:
            return self.size[:, None] * (self.direction * value[:, None] + self.angle.towards * fall[:, None])
        rise = scale * (fall / np.where(self.norm == 0, 1.0, self.norm))[:, None] * self.angle.towards
        return rise if by_length is None else rise + scale * by_length[:, None] * self.direction


def _nearest(cos: Floats, k: int) -> Ints:
    """(n,C): for each class the row of the class weights, of its k, with the largest cosine."""
    every = cos.reshape(len(cos), -1, k)
    return np.argmax(every, 2) + k * np.arange(every.shape[1])


def classifier(name: str, **facts: Any) -> Callable[[Callable[..., Head]], Loss]:
    """Decorator of a function from parameters to a head: declares its loss of embeddings, labels and class weights."""

    def declare(head: Callable[..., Head]) -> Loss:
        def losses(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
            return head(**p).losses(embedding, label, class_weights)

        loss = FAMILY.loss(name, **facts)(formula(losses, head))

        @loss.gradient
        def slope(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
            return head(**p).gradient(embedding, label, class_weights)

        return loss

    return declare


def spans(rows: int, classes: int) -> Iterator[slice]:
    """Chunks of rows, larger for fewer classes."""
    step = max(1, _SPAN // max(1, classes))
    return (slice(start, start + step) for start in range(0, rows, step))
