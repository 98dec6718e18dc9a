"""The angular loss: a bound on the angle at a negative in the triangle with two rows of one class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._affinity import Affinity
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms
from losscli.families.embed._vectors import pull_unit, unit
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import NO_POSITIVE
from losscli.numerics.stable import Floats, Ints, divide, log_sum_exp, sigmoid, softplus
from losscli.spec.loss import Angle, Param

WIDEST = Angle(float(np.radians(40.0)))
_AT_ONCE = 1 << 20
"""Number of entries kept in memory at a time: rows of some classes times all rows."""
_SMALL, _LEAST = 1e-200, -700.0
"""Sums of products below this lose terms to underflow; e^ of less than the second is slow to compute and counts for nothing."""


@FAMILY.loss(
    "angular", cite="Wang 2017", unit="whole", conventions={"pml": {"empty": "perfect", "raw_negatives": True}}, sample="a pair"
)
@batched(NO_POSITIVE)
def angular(
    embedding: Floats,
    label: Ints,
    *,
    alpha: Annotated[Angle, Param("upper bound of the angle at a negative; radians, or 40deg", ge=0, lt=float(np.pi / 2))] = WIDEST,
    normalize: Normalize = True,
    raw_negatives: Annotated[bool, Param("do not normalise negatives, even with normalize=true")] = False,
    empty: Empty = "error",
) -> Found:
    """Log-sum-exp over negatives of a bound on the angle at which each of them sees a positive pair.

    Formula: for every ordered pair (a, p) of one class L = log(1 + Σ_n e^f), f = 4·tan²α·(x_a + x_p)·x_n - 2·(1 + tan²α)·x_a·x_p,
    n over the rows of other classes. The mean over pairs.
    Gradient: w_n = e^f_n/(1 + Σ e^f), T = tan²α: at a: Σ w_n·(4T·x_n - 2(1+T)·x_p), at p with a and p exchanged, at n:
    4T·w_n·(x_a + x_p); with raw_negatives also along the negative's direction.
    Edge cases: a pair without negatives has a loss of 0; no positive pair is an error, or 0 with empty=perfect. The formula is
    derived for vectors of equal length. Batches are weighted by their number of pairs.
    Use when: scale should not matter: angles do not change when distances are scaled; it is often added to npairs.
    Avoid when: alpha is near 90deg: 4·tan²α diverges.
    Related: npairs has x_a·x_n - x_a·x_p for f; triplet compares two sides of the triangle.
    Equivalents: pytorch-metric-learning AngularLoss(alpha=40), which normalises anchor and positive but not the negatives:
    `angular:empty=perfect,raw_negatives=true`.
    """
    x = unit(embedding) if normalize else embedding
    raw = raw_negatives and normalize
    space = Affinity(x, embedding if raw else x, "dot", False)
    steep = float(np.tan(alpha)) ** 2
    step = 1 + _AT_ONCE // len(label)
    panels = by_class(label, step)

    def pairs(rows: Ints, near: Floats) -> Iterator[tuple[Ints, Ints, Bends, Bends, Floats]]:
        """For each class in `rows`, some partners at a time: places in `rows`, partners, f by both, log Σ_n e^f of every pair."""
        for mine in runs(label[rows]):
            members = np.flatnonzero(label == label[rows[mine[0]]])
            ours = Bends.of(4.0 * steep * near[mine], members)
            for start in range(0, len(members), step):
                partners = members[start : start + step]
                same = np.array_equal(partners, rows[mine])
                theirs = ours if same else Bends.of(4.0 * steep * space.block(partners), members)
                total = ours.log_sums(theirs) - 2.0 * (1.0 + steep) * np.einsum("ad,pd->ap", x[rows[mine]], x[partners])
                yield mine, partners, ours, theirs, total

    def value(rows: Ints, near: Floats) -> list[Floats]:
        return [softplus(total)[rows[mine, None] != partners] for mine, partners, *_, total in pairs(rows, near)]

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        by_positives = np.zeros_like(x)

        # a pair and its reverse have the same sum and contribute equally: hence the factors of 2
        def slope(rows: Ints, near: Floats) -> Floats:
            out = np.zeros_like(near)
            for mine, partners, ours, theirs, total in pairs(rows, near):
                weight = shares[0] * np.where(rows[mine, None] != partners, sigmoid(total), 0.0)
                out[mine] += 8.0 * steep * ours.shares(theirs, weight)
                by_positives[rows[mine]] -= 4.0 * (1.0 + steep) * weight @ x[partners]
            return out

        left, right = space.gradients(slope, panels=panels)  # the same sum if both sides are the same vectors
        found = left + by_positives
        found = pull_unit(embedding, found) if normalize else found
        return {"embedding": found + right if raw else found}

    terms = Terms()
    for found in space.each(value, panels):
        for more in found:
            terms.add(more)
    return Found((Column(terms),), pull)


@dataclass(frozen=True)
class Bends:
    """f of rows of a class and all others, less what depends on the pair: its largest value, and e^f over that of the largest."""

    f: Floats
    top: Floats
    e: Floats

    @classmethod
    def of(cls, f: Floats, members: Ints) -> Bends:
        f[:, members] = -np.inf
        top = f.max(1)
        e = np.exp(np.maximum(f - np.where(np.isfinite(top), top, 0.0)[:, None], _LEAST))
        e[:, members] = 0.0
        return cls(f, top, e)

    def log_sums(self, other: Bends) -> Floats:
        """log Σ e^(f + f') of every two rows."""
        product, lost = self._products(other)
        found = np.log(product) + (self.top[:, None] + other.top)
        for i, j in lost:
            found[i, j] = log_sum_exp(self.f[i] + other.f[j])
        return found

    def shares(self, other: Bends, weight: Floats) -> Floats:
        """The shares of e^(f + f') in those sums, times the weight of each two rows, summed over the other rows."""
        product, lost = self._products(other)
        found = self.e * (divide(weight, product, 0.0) @ other.e)
        for i, j in lost:
            f = self.f[i] + other.f[j]
            found[i] += weight[i, j] * np.exp(f - log_sum_exp(f))
        return found

    def _products(self, other: Bends) -> tuple[Floats, list[tuple[int, int]]]:
        """The sums over the largest, and the places where they are below what products of exponentials can hold."""
        found = self.e @ other.e.T
        lost = (found < _SMALL) & np.isfinite(self.top)[:, None]
        found[lost] = np.inf
        return found, [(int(i), int(j)) for i, j in zip(*np.nonzero(lost), strict=True)]


def runs(label: Ints) -> list[Ints]:
    """The places of each class, where rows of one class are neighbours."""
    return np.split(np.arange(len(label)), 1 + np.flatnonzero(np.diff(label)))


def by_class(label: Ints, step: int) -> list[Ints]:
    """Rows that are not alone in their class, class by class; a part has at most `step` rows, or is of one class."""
    found: list[Ints] = []
    order = np.argsort(label, kind="stable")
    for members in (order[place] for place in runs(label[order]) if len(place) > 1):
        for part in (members[start : start + step] for start in range(0, len(members), step)):
            if found and len(found[-1]) + len(part) <= step:
                found[-1] = np.concatenate([found[-1], part])
            else:
                found.append(part)
    return found
