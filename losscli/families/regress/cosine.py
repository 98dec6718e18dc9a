"""Cosine distance between prediction and target vectors."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.core.records import dataclass
from losscli.families.regress.family import FAMILY, columns
from losscli.numerics.double import Double
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.loss import Param, Params


@FAMILY.loss(
    "cosine",
    aliases=("cosine_distance", "cosine_similarity"),
    cite="Salton & McGill 1983",
    lowest=-1.0,
    highest=2.0,
    conventions={
        "keras": {"form": "negative", "eps": 0.00031622776601683794},
        "optax": {},
        "torch": {"eps": 1e-8},
    },
)
def cosine(
    pred: Floats,
    target: Floats,
    *,
    form: Annotated[Literal["one_minus", "negative"], Param("1 - cos, best at 0, or -cos, best at -1 (Keras)")] = "one_minus",
    eps: Annotated[float, Param("lower bound on each vector's length", ge=0)] = 0.0,
) -> Floats:
    """1 minus (or the negative of) the cosine similarity of predicted and target vectors.

    Formula: cos = f·y / (max(|f|, eps)·max(|y|, eps)) over the outputs of a row: L = 1 - cos, or -cos (form=negative). 1 - cos
    is computed from the component of y orthogonal to f, without cancellation for nearly parallel vectors.
    Gradient: -(y/|y| - cos·f/|f|)/|f|; -y/(eps·|y|) where |f| is below the floor.
    Edge cases: for a zero vector the cosine is taken as 0 and, without eps, the gradient as 0.
    Use when: only directions matter: embeddings, surface normals, motion vectors.
    Avoid when: lengths matter; rows have a single output, which has only two directions.
    Related: for unit vectors of d outputs it is half the squared distance, d/2 times mse; embed/cosine_embedding is for
    labelled pairs.
    Equivalents: torch 1 - cosine_similarity: `cosine:eps=1e-8`; Keras CosineSimilarity:
    `cosine:form=negative,eps=0.00031622776601683794` (the root of its 1e-7); optax cosine_distance: `cosine`.
    """
    return _Angle.of(pred, target, eps).value(form)


@cosine.gradient
def _cosine_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return _Angle.of(pred, target, p.eps).slope().reshape(pred.shape)


@dataclass(frozen=True)
class _Angle:
    """Both vectors scaled to a length near 1, their scaled lengths, and the component of y orthogonal to f."""

    target: Floats
    unit: Ints
    cos: Double
    square: Double
    lengths: tuple[Floats, Floats]
    floored: tuple[Bools, Bools]

    @classmethod
    def of(cls, pred: Floats, target: Floats, eps: float) -> _Angle:
        (f, by), (y, other) = _scaled(columns(pred)), _scaled(columns(target))
        along, own, theirs = (Double.product(a, b).total() for a, b in ((f, y), (f, f), (y, y)))
        lengths = [_root(own), _root(theirs)]
        with np.errstate(over="ignore"):
            floors = [np.ldexp(eps, -by), np.ldexp(eps, -other)]
        low = (lengths[0].hi < floors[0], lengths[1].hi < floors[1])
        both = [Double(np.where(c, e, n.hi), np.where(c, 0.0, n.lo)) for n, e, c in zip(lengths, floors, low, strict=True)]
        empty = (both[0].hi == 0) | (both[1].hi == 0)
        safe = [Double(np.where(empty, 1.0, n.hi), np.where(empty, 0.0, n.lo)) for n in both]
        cos = along / safe[0] / safe[1]
        still = own.hi == 0
        k = along / Double(np.where(still, 1.0, own.hi), np.where(still, 0.0, own.lo))
        # k is rounded so that y - k·f is exact where they nearly agree; then the remaining component along f is removed
        square = Double.sum(y, -Double.product(f, k.hi[:, None]).hi) - Double.product(f, k.hi[:, None]).lo
        left = (square * f).total() / Double(np.where(still, 1.0, own.hi), np.where(still, 0.0, own.lo))
        square = square - Double(left.hi[:, None], left.lo[:, None]) * f
        level = still[:, None]
        square = Double(np.where(level, 0.0, square.hi), np.where(level, 0.0, square.lo))
        return cls(y, by, cos, square, (safe[0].hi, safe[1].hi), low)

    def value(self, form: str) -> Floats:
        if form == "negative":
            return 0.0 - self.cos.rounded
        plain = (-self.cos + 1.0).rounded
        near = (self.cos.hi > 0.5) & ~self.floored[0] & ~self.floored[1]
        rest = (self.square * self.square).total()
        sine = (rest.hi / self.lengths[1]) / self.lengths[1]
        return np.asarray(np.where(near, sine / (1.0 + np.abs(self.cos.hi)), plain))

    def slope(self) -> Floats:
        top = np.where(self.floored[0][:, None], self.target, self.square.rounded)
        with np.errstate(over="ignore"):
            found = -(top / self.lengths[0][:, None] / self.lengths[1][:, None])
            return np.asarray(np.ldexp(found, -self.unit[:, None]))


def _scaled(x: Floats) -> tuple[Floats, Ints]:
    """Each row divided by a power of two, so that its largest entry is about 1, and that power's exponent."""
    _, exponent = np.frexp(np.abs(x).max(1))
    return np.ldexp(x, -exponent[:, None]), exponent.astype(np.int64)


def _root(x: Double) -> Double:
    r = np.sqrt(x.hi)
    safe = np.where(r == 0, 1.0, r)
    rest = (x - Double.product(r, r)).rounded / (2.0 * safe)
    return Double.sum(r, np.where(r == 0, 0.0, rest))
