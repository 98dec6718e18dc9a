"""Softmax losses over angles: cross-entropy of logits whose own class was bent by a margin, and its slope at the embedding.

No step divides by a sine: the slope follows the unit vector from the embedding towards its class, which is taken as
zero where the two are parallel to within rounding (there every direction leads away).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.shared.class_scores import Softmax, at
from losscli.numerics.stable import Floats, Ints, dot

_SPAN = 1 << 20
"""Logits held at a time: a class table may be far wider than an embedding."""
_PARALLEL = 2.0**-50
"""Sines below it are rounding."""


@dataclass(frozen=True)
class Angle:
    """The angle between each embedding and its own class: cosine, sine, and the direction from the one to the other."""

    cos: Floats
    sin: Floats
    towards: Floats

    @classmethod
    def between(cls, direction: Floats, own: Floats) -> Angle:
        """Of unit vectors. The sine is the length of what lies across, so that small angles keep their digits."""
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


Bend = Callable[[Angle], tuple[Floats, Floats]]
"""What the own class has instead of cos θ: φ(θ) and -dφ/dθ."""


@dataclass(frozen=True)
class Head:
    """A classifier over embeddings.

    bend: the own class's margin; None leaves its logit alone. scale: what cosines are multiplied by; None is the length
    of the embedding. plain: the class weights keep their lengths.
    """

    bend: Bend | None
    scale: float | None
    plain: bool = False

    def losses(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """The cross-entropy of every row."""
        table = weights if self.plain else unit(weights)
        parts = [-at(Softmax(self._logits(x[s], label[s], table)[0], True).log_p, label[s]) for s in spans(len(x), len(weights))]
        # a certain row's log p is -0.0 before its sign is turned
        return np.concatenate(parts) + 0.0

    def gradient(self, x: Floats, label: Ints, weights: Floats) -> Floats:
        """d loss / d embedding of every row."""
        table = weights if self.plain else unit(weights)
        return np.concatenate([self._slope(x[s], label[s], table) for s in spans(len(x), len(weights))])

    def _logits(self, x: Floats, label: Ints, table: Floats) -> tuple[Floats, Floats | None]:
        """(rows, C) logits and, where the own class is bent, what its logit adds to the slope per unit of itself."""
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
    """Some rows at a time, the more the fewer the classes."""
    step = max(1, _SPAN // max(1, classes))
    return (slice(start, start + step) for start in range(0, rows, step))
