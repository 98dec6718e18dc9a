"""Losses of two views of the same rows that compare dimensions instead of rows: vicreg and barlow_twins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from losscli.core.errors import DataError
from losscli.families.embed._affinity import Affinity
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Terms
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats
from losscli.spec.loss import Param


def _refuse_single(name: str, rows: int, least: int) -> None:
    if rows < least:
        raise DataError(
            f"{name}: a batch of {rows} row{'s' * (rows != 1)} has no deviation",
            fix="choose batch=N so that the last batch has at least two rows",
        )


@FAMILY.loss("vicreg", cite="Bardes 2022", unit="whole", conventions={"pml": {}}, sample="a pair")
@batched("there are no pairs")
def vicreg(
    a: Floats,
    b: Floats,
    *,
    lambda_: Annotated[float, Param("weight of the invariance term", ge=0, example="1")] = 25.0,
    mu: Annotated[float, Param("weight of the variance term", ge=0, example="1")] = 25.0,
    nu: Annotated[float, Param("weight of the covariance term", ge=0, example="10")] = 1.0,
    eps: Annotated[float, Param("added to each variance", ge=0, example="0.5")] = 1e-4,
) -> Found:
    """Mean squared difference of two views plus penalties on low variance and on covariance of the dimensions.

    Formula: λ·mean (a - b)² + μ·½·(V(a) + V(b)) + ν·(C(a) + C(b)); V = mean over dimensions of [1 - √(var + eps)]₊, C = Σ_{j≠k}
    cov_jk² / d; variances and covariances with n-1. The mean over batches, equally weighted.
    Gradient: 2λ(a - b)/(nd); of V, where active: -(x - x̄)/((n-1)·d·√(var + eps)); of C: 4·Σ_k cov_jk·(x_k - x̄_k)/((n-1)·d),
    k ≠ j.
    Edge cases: a batch needs two rows. eps is part of the definition: it keeps the derivative of the root finite where a dimension
    does not vary.
    Use when: self-supervision without negatives; the three terms show in which way an embedding collapses.
    Avoid when: batches are small, which makes covariances noisy, or embeddings have a scale far from a standard deviation of 1.
    Related: barlow_twins compares correlations between the views instead.
    Equivalents: pytorch-metric-learning VICRegLoss and lightly VICRegLoss: `vicreg`; the authors' code: `vicreg`.
    """
    _refuse_single("vicreg", len(a), 2)
    n, d = a.shape
    gap = a - b
    sides = []
    for x in (a, b):
        centred = _centred(x)
        deviation = np.sqrt((centred**2).sum(0) / (n - 1) + eps)
        sides.append((centred, deviation, Affinity(turned := np.ascontiguousarray(centred.T), turned, "dot", False)))
    still = [float(np.maximum(1.0 - deviation, 0.0).mean()) for _, deviation, _ in sides]
    shared = [sum(space.each(lambda rows, c: float((_off(c / (n - 1), rows) ** 2).sum()))) / d for *_, space in sides]

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        out = []
        for sign, (centred, deviation, space) in zip((1.0, -1.0), sides, strict=True):
            g = shares[0] * sign * 2.0 * gap / (n * d)
            open_ = deviation < 1.0
            g = g - shares[1] * 0.5 * np.where(open_, centred / np.where(open_, deviation, 1.0), 0.0) / ((n - 1) * d)
            turned = space.gradients(lambda rows, c: shares[2] * 2.0 * _off(c / (n - 1), rows) / ((n - 1) * d))
            out.append(g + turned[0].T)
        return dict(zip(("a", "b"), out, strict=True))

    columns = (
        Column(Terms.of(np.array([(gap**2).mean()])), lambda_, "invariance"),
        Column(Terms.of(np.array([0.5 * sum(still)])), mu, "variance"),
        Column(Terms.of(np.array([sum(shared)])), nu, "covariance"),
    )
    return Found(columns, pull)


def _centred(x: Floats) -> Floats:
    """x minus the mean of each dimension; exactly 0 where a dimension is constant, whatever the rounding of its mean."""
    return np.asarray(np.where(x.max(0) == x.min(0), 0.0, x - x.mean(0)))


def _off(block: Floats, rows: slice) -> Floats:
    """A block of a square matrix with its diagonal set to 0."""
    out = block.copy()
    out[np.arange(len(out)), np.arange(rows.start, rows.stop)] = 0.0
    return out


@FAMILY.loss(
    "barlow_twins", cite="Zbontar 2021", unit="whole", conventions={"monai": {"ddof": 1, "deviation_eps": 1e-6}}, sample="a pair"
)
@batched("there are no pairs")
def barlow_twins(
    a: Floats,
    b: Floats,
    *,
    lambda_: Annotated[float, Param("weight of the off-diagonal entries", ge=0, example="0.5")] = 0.005,
    ddof: Annotated[int, Param("subtracted from n in the standard deviation: 0 or 1", ge=0, le=1, example="1")] = 0,
    eps: Annotated[float, Param("added to each variance", ge=0, example="0.5")] = 0.0,
    deviation_eps: Annotated[float, Param("added to each standard deviation", ge=0, example="0.5")] = 0.0,
) -> Found:
    """Squared deviation of the cross-correlation matrix of two views from the identity.

    Formula: L = Σ_j (1 - C_jj)² + λ·Σ_{j≠k} C_jk², C_jk = (1/n)·Σ_i â_ij·b̂_ik, each dimension minus its mean, divided by its
    deviation √(Σ(x - x̄)²/(n - ddof) + eps) + deviation_eps. The mean over batches, equally weighted.
    Gradient: of C_jj: -2(1 - C_jj), of C_jk: 2λ·C_jk; C_jk has the derivative b̂_k/n at â_j and correspondingly at b̂_k; through
    the mean and the deviation.
    Edge cases: a dimension that is constant within a batch is an error unless eps > 0; a batch needs two rows. With ddof=1 C_jj of
    equal views is (n-1)/n, so their loss is above 0.
    Use when: self-supervision without negatives, with many dimensions and batches of moderate size.
    Avoid when: comparing embeddings with different numbers of dimensions d: the value grows with d².
    Related: vicreg has the same two aims as separate terms.
    Equivalents: lightly BarlowTwinsLoss and the authors' code, whose batch norm adds 1e-5: `barlow_twins:eps=1e-5`; MONAI
    BarlowTwinsLoss: `barlow_twins:ddof=1,deviation_eps=1e-6`.
    """
    n = len(a)
    _refuse_single("barlow_twins", n, 2)
    standard, deviations = [], []
    for x in (a, b):
        centred = _centred(x)
        deviation = np.sqrt((centred**2).sum(0) / (n - ddof) + eps)
        if (deviation == 0).any():
            k = int(np.argmax(deviation == 0))
            raise DataError(f"barlow_twins: dimension {k} is constant in a batch", fix="use eps=1e-5, or larger batches")
        standard.append(centred / (deviation + deviation_eps))
        deviations.append(deviation)
    left, right = (np.ascontiguousarray(z.T) for z in standard)
    space = Affinity(left, right, "dot", False)
    found = list(space.each(lambda rows, c: (np.diagonal(c, rows.start) / n, float((_off(c / n, rows) ** 2).sum()))))
    own, off = np.concatenate([x for x, _ in found]), sum(x for _, x in found)

    def slope(rows: slice, block: Floats, shares: tuple[float, ...]) -> Floats:
        found = shares[1] * 2.0 * (block / n)
        found[np.arange(len(found)), np.arange(rows.start, rows.stop)] = -shares[0] * 2.0 * (1.0 - own[rows])
        return found / n

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        g = space.gradients(lambda rows, block: slope(rows, block, shares))
        return {
            role: _through(part.T, z, s, s + deviation_eps, n - ddof)
            for role, part, z, s in zip(("a", "b"), g, standard, deviations, strict=True)
        }

    columns = (
        Column(Terms.of(np.array([((1.0 - own) ** 2).sum()])), 1.0, "diagonal"),
        Column(Terms.of(np.array([off])), lambda_, "redundancy"),
    )
    return Found(columns, pull)


def _through(g: Floats, z: Floats, deviation: Floats, divisor: Floats, n: int) -> Floats:
    """dL/dx from dL/d(standardised x), through the mean and the divisor (deviation plus deviation_eps)."""
    return (g - g.mean(0) - z * ((g * z).sum(0) / n) * (divisor / deviation)) / divisor
