"""Losses that weight pairs by their cosines: circle, multi-similarity, tuplet margin and intra-pair variance."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._affinity import places
from losscli.families.embed._batch_softmax import costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Terms
from losscli.families.embed._similarity_blocks import Among, Block, Said, at_anchors, some
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import DIRECTION, NO_POSITIVE
from losscli.numerics.stable import Bools, Floats, Ints, sigmoid, softplus
from losscli.spec.loss import Angle, Param

NO_TRIPLET = "no anchor has both another row of its class and one of another class in its batch"
Reduce = Annotated[Literal["mean", "nonzero"], Param("mean of the terms, or of those above 0")]
_PARALLEL = 2.0**-50
SLACK = Angle(float(np.radians(5.73)))


@FAMILY.loss(
    "circle",
    cite="Sun 2020",
    unit="whole",
    rowed=lambda p: p.get("pool") != "batch",
    domain=DIRECTION,
    frozen=lambda p: True,
    conventions={"pml": {"reduce": "nonzero", "empty": "perfect"}, "keras": {}},
)
@batched(NO_TRIPLET)
def circle(
    embedding: Floats,
    label: Ints,
    *,
    m: Annotated[float, Param("relaxation: positive cosines should exceed 1-m, negative ones stay below m")] = 0.4,
    gamma: Annotated[float, Param("scale of the cosines", gt=0, example="8")] = 80.0,
    pool: Annotated[Literal["anchor", "batch"], Param("one term per anchor, or one per batch over all pairs")] = "anchor",
    reduce: Reduce = "mean",
    empty: Empty = "error",
) -> Found:
    """Softplus of negative minus positive cosines, each weighted by its distance from its optimum (circle loss).

    Formula: L = log(1 + Σ_n e^(γ·α_n·(s_n - m)) · Σ_p e^(-γ·α_p·(s_p - 1 + m))), α_n = [s_n + m]₊, α_p = [1 + m - s_p]₊, s the
    cosines of an anchor with its class (p) and the others (n); pool=batch: over all pairs of the batch at once.
    Gradient: of s_n: Z·γ·α_n·softmax_n, of s_p: -Z·γ·α_p·softmax_p, Z = 1 - e^-L; the weights α are held constant, as in the
    authors' code, so it is not the derivative of the value.
    Edge cases: an anchor without positives or without negatives is left out of the mean; if none has both, it is an error, or 0
    with empty=perfect. Batches are weighted by their number of anchors, with pool=batch equally.
    Use when: training by pairs whose weights should decrease as a cosine reaches its optimum.
    Avoid when: comparing values across γ, which scales them; with γ=80 an anchor among random rows has a loss of the order of 100.
    Related: multi_similarity sums positive and negative pairs separately; with m=0 and fixed weights it would be a softplus of the
    difference.
    Equivalents: pytorch-metric-learning CircleLoss: `circle:reduce=nonzero,empty=perfect`; Keras Circle on normalised embeddings,
    if every row has a positive and a negative: `circle`; catalyst's and the authors' code: `circle:pool=batch,m=0.25,gamma=256`
    on unit vectors.
    """
    among = Among(embedding, label)
    if pool == "batch":
        return _circle_of_batch(among, m, gamma)

    def say(block: Block) -> Said:
        near, far, pulls = _circle_logits(block.near, m, gamma)
        like, unlike = costs_of(near, block.like), costs_of(far, block.unlike)
        excess = like.total + unlike.total

        def slope(share: Floats) -> Floats:
            size = share * sigmoid(excess)
            return unlike.shares(size) * pulls[1] - like.shares(size) * pulls[0]

        return at_anchors(some(block.like) & some(block.unlike), softplus(excess), slope)

    return among.by_anchor(say)


def _circle_logits(s: Floats, m: float, gamma: float) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """The exponents of positive and of negative pairs, and their derivatives by the cosine with the weights held constant."""
    near, far = gamma * np.maximum(1.0 + m - s, 0.0), gamma * np.maximum(s + m, 0.0)
    return near * (1.0 - m - s), far * (s - m), (near, far)


def _circle_of_batch(among: Among, m: float, gamma: float) -> Found:
    def total(block: Block) -> tuple[float, ...]:
        later = _later(block)
        near, far, _ = _circle_logits(block.near, m, gamma)
        masks = (block.like & later, block.unlike & later)
        return tuple(float(np.logaddexp.reduce(costs_of(z, mask).total)) for z, mask in zip((near, far), masks, strict=True))

    like, unlike = (float(x) for x in np.logaddexp.reduce(list(among.blocks(total))))
    excess = np.array([like + unlike])
    there = like != -np.inf and unlike != -np.inf

    def slope(block: Block) -> Floats:
        later = _later(block)
        near, far, pulls = _circle_logits(block.near, m, gamma)
        close = np.where(block.like & later, np.exp(np.minimum(near - like, 0.0)) * pulls[0], 0.0)
        return np.where(block.unlike & later, np.exp(np.minimum(far - unlike, 0.0)) * pulls[1], 0.0) - close

    size, terms = float(sigmoid(excess)[0]), Terms.of(softplus(excess) if there else np.zeros(0))
    return Found((Column(terms),), lambda shares: among.gradient(lambda block: shares[0] * size * slope(block)))


def _later(block: Block) -> Bools:
    """The pairs (i, j) with j > i, so that each pair counts once."""
    return np.arange(block.near.shape[1]) > block.anchors[:, None]


@FAMILY.loss(
    "multi_similarity", aliases=("ms",), cite="Wang 2019", unit="whole", rowed=True, domain=DIRECTION, conventions={"pml": {}}
)
@batched("there are no rows")
def multi_similarity(
    embedding: Floats,
    label: Ints,
    *,
    alpha: Annotated[float, Param("sharpness for positive pairs", gt=0, example="5")] = 2.0,
    beta: Annotated[float, Param("sharpness for negative pairs", gt=0, example="10")] = 50.0,
    base: Annotated[float, Param("cosine that positive pairs should exceed and negative pairs stay below", example="0.3")] = 0.5,
    mining: Annotated[
        Literal["all", "multi_similarity"], Param("all pairs, or the paper's choice of hard ones (see Formula)")
    ] = "all",
    epsilon: Annotated[float, Param("tolerance ε of mining=multi_similarity", ge=0)] = 0.1,
) -> Found:
    """Log-sum-exp of positive cosines below a base and of negative cosines above it, per anchor.

    Formula: L_i = (1/α)·log(1 + Σ_p e^(-α(s_ip - λ))) + (1/β)·log(1 + Σ_n e^(β(s_in - λ))), λ = base, the mean over all rows.
    mining=multi_similarity keeps p with s_ip - ε < max_n s_in and n with s_in + ε > min_p s_ip.
    Gradient: of s_ip: -e^(-α(s_ip - λ))/(1 + Σ_p …); of s_in: e^(β(s_in - λ))/(1 + Σ_n …); the choice of mining is held constant.
    Edge cases: for a row without positives or negatives that sum is 0, so that a row alone has a loss of 0. With mining a row that
    lacks either kind has a loss of 0, because there is nothing to compare with. Batches are weighted by their number of rows.
    Use when: retrieval with many rows per class: it weights a pair by its own cosine and by the other cosines of its anchor.
    Avoid when: similarities are not cosines: α, β and λ are chosen for the scale of the cosine.
    Related: circle multiplies the two sums; lifted has one exponential sum, over negatives only.
    Equivalents: pytorch-metric-learning MultiSimilarityLoss: `multi_similarity`; with its MultiSimilarityMiner:
    `multi_similarity:mining=multi_similarity`.
    """

    def say(block: Block) -> Said:
        s, like, unlike = block.near, block.like, block.unlike
        if mining != "all":
            hardest = np.max(s, 1, initial=-np.inf, where=unlike)[:, None]
            weakest = np.min(s, 1, initial=np.inf, where=like)[:, None]
            like, unlike = like & ~(s - epsilon >= hardest), unlike & ~(s + epsilon <= weakest)
        near, far = costs_of(-alpha * (s - base), like), costs_of(beta * (s - base), unlike)
        terms = softplus(near.total) / alpha + softplus(far.total) / beta

        def slope(share: Floats) -> Floats:
            return far.shares(share * sigmoid(far.total)) - near.shares(share * sigmoid(near.total))

        return at_anchors(np.ones(len(s), bool), terms, slope)

    return Among(embedding, label).by_anchor(say)


@FAMILY.loss("tuplet_margin", cite="Yu 2019", unit="whole", rowed=True, domain=DIRECTION, conventions={"pml": {"empty": "perfect"}})
@batched(NO_POSITIVE)
def tuplet_margin(
    embedding: Floats,
    label: Ints,
    *,
    m: Annotated[Angle, Param("margin subtracted from the angle of positive pairs; radians, or 5.73deg", ge=0)] = SLACK,
    s: Annotated[float, Param("scale of the cosines", gt=0, example="8")] = 64.0,
    empty: Empty = "error",
) -> Found:
    """Softmax cross-entropy of each positive against all negatives by cosine, with slack on the angle of the positive.

    Formula: of every ordered pair (i, p) of one class L = log(1 + Σ_n e^(s·(cosθ_in - cos(θ_ip - m)))). The mean over pairs.
    Gradient: of cosθ_in: s·q_n, q_n its share of the sum including the 1; of cosθ_ip: -s·Σ q_n·sin(θ_ip - m)/sinθ_ip.
    Edge cases: the margin reduces the angle of positives, so that they need not coincide. Parallel positives have no gradient. An
    anchor without negatives has a loss of 0. Batches are weighted by their number of pairs.
    Use when: each anchor has many negatives and classes have an inner spread.
    Avoid when: a margin as in arcface is wanted: here the margin makes the task easier, there harder.
    Related: m=0 is nt_xent:temperature=1/s; intra_pair_variance is the other term of the paper.
    Equivalents: pytorch-metric-learning TupletMarginLoss: `tuplet_margin:empty=perfect`.
    """
    cos, sin = np.cos(m), np.sin(m)

    def say(block: Block) -> Said:
        owner, partner = places(block.like)
        squared = block.near[owner, partner]
        c, height = 1.0 - 0.5 * squared, np.sqrt(squared * np.maximum(1.0 - 0.25 * squared, 0.0))
        strangers = costs_of(s * (1.0 - 0.5 * block.near), block.unlike)
        excess = strangers.total[owner] - s * (c * cos + height * sin)

        def slope(share: Floats) -> Floats:
            wrong = share * s * sigmoid(excess)
            g = strangers.shares(np.bincount(owner, wrong, len(block.near)))
            flat = height <= _PARALLEL
            bent = cos - sin * c / np.where(flat, 1.0, height)
            g[owner, partner] = -wrong * np.where(flat, 0.0, bent)
            return -0.5 * g

        return Said(softplus(excess), owner, slope)

    # squared distances keep the digits of the sine of a small angle
    return Among(embedding, label, "squared").by_anchor(say)


@FAMILY.loss("intra_pair_variance", cite="Yu 2019", unit="whole", domain=DIRECTION, conventions={"pml": {"empty": "perfect"}})
@batched("no batch has two rows")
def intra_pair_variance(
    embedding: Floats,
    label: Ints,
    *,
    pos_eps: Annotated[float, Param("positive pairs have a loss below (1-pos_eps) times their mean cosine", ge=0)] = 0.01,
    neg_eps: Annotated[float, Param("negative pairs have a loss above (1+neg_eps) times their mean cosine", ge=0)] = 0.01,
    empty: Empty = "error",
) -> Found:
    """Squared deviations of positive cosines below their mean plus those of negative cosines above their mean.

    Formula: mean over positive pairs of [(1 - ε_p)·mean_p - s]₊² + mean over negative pairs of [s - (1 + ε_n)·mean_n]₊², s the
    cosines of ordered pairs, the means taken within a batch.
    Gradient: of s of a positive pair: -2h/N_p + (1 - ε_p)·(2/N_p)·Σh/N_p, h its hinge, through the mean too; negative pairs
    correspondingly.
    Edge cases: a kind of pair that does not occur contributes 0. Each batch has its own means; the terms of all batches have equal
    weight.
    Use when: added to tuplet_margin, to reduce the outliers of each class.
    Avoid when: used alone: the loss is 0 whenever all cosines are equal.
    Related: tuplet_margin is the first term of the paper; histogram compares the two distributions themselves.
    Equivalents: pytorch-metric-learning IntraPairVarianceLoss: `intra_pair_variance:empty=perfect`.
    """
    among = Among(embedding, label)

    def sums(block: Block) -> list[tuple[float, int]]:
        return [(float(block.near.sum(where=mask)), int(np.count_nonzero(mask))) for mask in (block.like, block.unlike)]

    def hinges(block: Block) -> tuple[Floats, Floats]:
        return np.maximum(low - block.near[block.like], 0.0), np.maximum(block.near[block.unlike] - high, 0.0)

    total, counts = np.sum(list(among.blocks(sums)), 0).T
    mean = total / np.maximum(counts, 1.0)
    low, high = (1.0 - pos_eps) * mean[0], (1.0 + neg_eps) * mean[1]
    columns, reach = (Terms(), Terms()), np.zeros(2)
    for found in among.blocks(hinges):
        for k, h in enumerate(found):
            columns[k].add(h**2)
            reach[k] += h.sum()
    reach *= (1.0 - pos_eps, -(1.0 + neg_eps)) / np.maximum(counts, 1.0)  # of the mean, per pair

    def slope(block: Block, shares: tuple[float, ...]) -> Floats:
        short, beyond = np.maximum(low - block.near, 0.0), np.maximum(block.near - high, 0.0)
        unlike = np.where(block.unlike, 2.0 * shares[1] * (beyond + reach[1]), 0.0)
        return np.where(block.like, 2.0 * shares[0] * (reach[0] - short), unlike)

    parts = (Column(columns[0], 1.0, "like"), Column(columns[1], 1.0, "unlike"))
    return Found(parts, lambda shares: among.gradient(lambda block: slope(block, shares)))
