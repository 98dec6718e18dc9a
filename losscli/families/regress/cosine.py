"""Cosine distance between prediction and target vectors."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np

from losscli.families.regress.family import FAMILY, columns
from losscli.numerics.stable import Bools, Floats, Ints, dot, two_product
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
    cos = _over(dot(f.scaled, y.scaled), f.length * y.length)
    if form == "negative":
        return 0.0 - cos
    rest = _across(f.scaled, y.scaled)
    sine = _over(dot(rest, rest), y.length * y.length)
    return np.where((cos > 0.5) & ~f.floored & ~y.floored, sine / (1.0 + np.abs(cos)), 1.0 - cos)


@cosine.gradient
def _cosine_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    f, y = (_Vectors.of(x, p.eps) for x in (pred, target))
    top = np.where(f.floored[:, None], y.scaled, _across(f.scaled, y.scaled))
    with np.errstate(over="ignore"):
        found = -_over(_over(top, y.length[:, None]), f.length[:, None])
        return np.ldexp(found, -f.exponent[:, None]).reshape(pred.shape)


class _Vectors(NamedTuple):
    """Rows divided by powers of two, so that their largest entry is about 1, and what belongs to them."""

    scaled: Floats
    exponent: Ints
    length: Floats
    floored: Bools

    @classmethod
    def of(cls, x: Floats, eps: float) -> _Vectors:
        _, exponent = np.frexp(np.abs(columns(x)).max(1))
        scaled = np.ldexp(columns(x), -exponent[:, None])
        with np.errstate(over="ignore"):
            length, floor = np.sqrt(dot(scaled, scaled)), np.ldexp(eps, -exponent)
        return cls(scaled, exponent, np.maximum(length, floor), length < floor)


def _over(x: Floats, y: Floats) -> Floats:
    """x / y, 0 where y is 0."""
    return np.divide(x, y, out=np.zeros_like(x), where=np.broadcast_to(y, x.shape) > 0)


def _across(f: Floats, y: Floats) -> Floats:
    """The component of y orthogonal to f, with its digits where they are nearly parallel."""
    square = dot(f, f)
    along, rest = two_product(f, _over(dot(f, y), square)[:, None])
    found = (y - along) - rest
    return found - _over(dot(found, f), square)[:, None] * f
