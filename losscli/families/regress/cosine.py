"""Cosine distance between prediction and target vectors."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np

from losscli.families.regress.family import FAMILY, columns
from losscli.families.shared.perpendicular import perpendicular
from losscli.numerics.stable import Bools, Floats, Ints, dot
from losscli.spec.loss import Param, Params


@FAMILY.loss(
    "cosine",
    aliases=("cosine_distance", "cosine_similarity"),
    cite="Salton & McGill 1983",
    lowest=-1.0,
    highest=2.0,
    conventions={"keras": {"form": "negative", "eps": 0.00031622776601683794}, "optax": {}, "torch": {"eps": 1e-8}},
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
    f, y = (_Vectors.of(x, eps) for x in (pred, target))
    cos = dot(f.unit, y.unit)
    if form == "negative":
        return 0.0 - cos
    across = perpendicular(f.scaled, y.scaled) / y.length
    return np.where((cos > 0.5) & ~f.floored & ~y.floored, dot(across, across) / (1.0 + cos), 1.0 - cos)


@cosine.gradient
def _cosine_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    f, y = (_Vectors.of(x, p.eps) for x in (pred, target))
    cos = np.where(f.floored, 0.0, dot(f.unit, y.unit))
    found = _over(cos[:, None] * f.unit - y.unit, f.length)
    return np.ldexp(found, -f.exponent).reshape(pred.shape)


class _Vectors(NamedTuple):
    """Rows times 2^-exponent, as squares may overflow; their length or the floor on it, and where it is the floor or 0."""

    scaled: Floats
    exponent: Ints
    length: Floats
    floored: Bools

    @classmethod
    def of(cls, x: Floats, eps: float) -> _Vectors:
        _, exponent = np.frexp(np.abs(columns(x)).max(1, keepdims=True))
        scaled = np.ldexp(columns(x), -exponent)
        length, floor = np.sqrt(dot(scaled, scaled))[:, None], np.ldexp(eps, -exponent)
        return cls(scaled, exponent, np.maximum(length, floor), ((length < floor) | (length == 0))[:, 0])

    @property
    def unit(self) -> Floats:
        return _over(self.scaled, self.length)


def _over(x: Floats, y: Floats) -> Floats:
    """x / y, 0 where y is 0."""
    return np.divide(x, y, out=np.zeros_like(x), where=np.broadcast_to(y, x.shape) > 0)
