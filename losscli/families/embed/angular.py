"""The angular loss: a bound on the angle at a negative in the triangle with two rows of one class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from losscli.core import progress
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms
from losscli.families.embed._similarity_blocks import Among
from losscli.families.embed._vectors import length
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import NO_POSITIVE
from losscli.numerics.stable import Floats, Ints, log_sum_exp, softplus
from losscli.spec.loss import Angle, Param

WIDEST = Angle(float(np.radians(40.0)))
_PAIRS = 1 << 20
"""Number of entries kept in memory at a time: pairs of a class times rows of the others."""


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
    among = Among(embedding, label, "dot", normalize)
    steep = float(np.tan(alpha)) ** 2
    long = length(embedding) if raw_negatives and normalize else np.ones(len(embedding))

    def walk() -> Iterator[tuple[Ints, Ints, Ints, Floats, Floats]]:
        """Per anchor and chunk of positives: their rows, the negatives, f of each with every negative, the anchor's products."""
        for name in np.unique(label):
            members, others = np.flatnonzero(label == name), np.flatnonzero(label != name)
            step = max(1, _PAIRS // max(1, len(label)))
            for start in range(0, len(members) if len(members) > 1 else 0, step):
                partners = members[start : start + step]
                beside = among.block(partners)
                for anchor in members:
                    mine = among.block(np.array([anchor]))
                    f = 4.0 * steep * (mine[:, others] + beside[:, others]) * long[others]
                    f -= 2.0 * (1.0 + steep) * mine[0, partners][:, None]
                    keep = partners != anchor
                    yield np.array([anchor]), partners[keep], others, f[keep], mine
            progress.done(len(members))

    terms = Terms()
    for _, _, _, f, _ in walk():
        terms.add(softplus(log_sum_exp(f)) if f.shape[1] else np.zeros(len(f)))

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        g, along = among.zeros(), np.zeros(len(embedding))
        for anchor, partners, others, f, mine in walk():
            if not f.shape[1]:
                continue
            weight = np.exp(f - softplus(log_sum_exp(f))[:, None])
            slope = np.zeros_like(mine)
            # the reversed pair has the same sum and contributes equally here
            slope[0, others] = 8.0 * steep * weight.sum(0)
            along += shares[0] * slope[0] * mine[0]
            slope[0, others] *= long[others]
            slope[0, partners] = -2.0 * (1.0 + steep) * weight.sum(1)
            among.pull(g, anchor, shares[0] * slope, mine)
        found = among.restored(g)[0]
        return {"embedding": found + along[:, None] * among.x if raw_negatives and normalize else found}

    return Found((Column(terms),), pull)
