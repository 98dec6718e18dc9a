"""Losses that put an exponential sum over the distances of an anchor's strangers against those of its class."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batch_softmax import Costs, costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Terms
from losscli.families.embed._similarity_blocks import Among, Block, Said, at_anchors, some
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import NO_POSITIVE
from losscli.families.embed.pair_weighting import NO_TRIPLET
from losscli.numerics.stable import Floats, Ints, sigmoid, softplus
from losscli.spec.loss import Param

Normalize = Annotated[bool, Param("divide embeddings by their length first")]
Margin = Annotated[float, Param("unlike rows are to be at least so far", ge=0, example="2")]
Distance = Annotated[Literal["euclidean", "squared", "cosine"], Param("between embeddings; cosine is 1-cos")]
PosMargin = Annotated[float, Param("taken off the distance of like rows", ge=0, example="0.25")]


@FAMILY.loss(
    "lifted",
    aliases=("lifted_structure",),
    cite="Oh Song 2016",
    unit="whole",
    conventions={"pml": {"empty": "perfect"}},
)
@batched(NO_POSITIVE)
def lifted(
    embedding: Floats,
    label: Ints,
    *,
    margin: Margin = 1.0,
    pos_margin: PosMargin = 0.0,
    distance: Distance = "euclidean",
    normalize: Normalize = True,
    empty: Empty = "error",
) -> Found:
    """How far apart two like rows are, against the distances of both to all rows of other classes.

    Formula: of every like pair (i, p) J = log(Σ_n e^(m - d_in) + Σ_n e^(m - d_pn)) + d_ip - pos_margin; L = [J]₊²/2, the
    mean over ordered pairs.
    Gradient: of d_ip: [J]₊; of d_in: -[J]₊ times its part of the sum; (x_i - x_j)/d_ij at x_i and its negative at x_j.
    Edge cases: a distance of 0 has no direction. A pair without unlike rows costs 0; no like pair is an error, or 0 with
    empty=perfect. Batches count by their pairs.
    Use when: every stranger in the batch is to be felt, the nearest most, by both ends of a pair.
    Avoid when: unit vectors are at most 2 apart: the sum over many strangers then keeps the loss well above 0 for good.
    Related: generalized_lifted sums over the like rows too, one term per anchor; triplet takes strangers one at a time.
    Equivalents: pytorch-metric-learning LiftedStructureLoss: `lifted:empty=perfect`; TensorFlow Addons' takes distances that are
    not normalised: `lifted:normalize=false`.
    """
    among = Among(embedding, label, distance, normalize)
    reach = np.concatenate([costs_of(margin - block.near, block.unlike).total for block in among.blocks()])

    def excess(block: Block) -> tuple[Ints, Ints, Floats]:
        owner, partner = np.nonzero(block.like)
        both = np.logaddexp(reach[block.rows][owner], reach[partner])
        return owner, partner, np.maximum(both + block.near[owner, partner] - pos_margin, 0.0)

    terms = Terms()
    for block in among.blocks():
        terms.add(0.5 * excess(block)[2] ** 2)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        g = among.zeros()
        for block in among.blocks():
            owner, partner, j = excess(block)
            # the pair met from its other end moves this one's strangers as much
            own = np.where(j > 0, sigmoid(np.where(j > 0, reach[block.rows][owner] - reach[partner], 0.0)), 0.0)
            weight = np.bincount(owner, 2.0 * j * own, len(block.near))
            slope = -weight[:, None] * costs_of(margin - block.near, block.unlike).share
            slope[owner, partner] = j
            among.pull(g, block.rows, shares[0] * slope, block.near)
        return {"embedding": among.restored(g)[0]}

    return Found((Column(terms),), pull)


@FAMILY.loss(
    "generalized_lifted",
    aliases=("batch_all_lifted",),
    cite="Hermans 2017",
    unit="whole",
    rowed=True,
    conventions={"pml": {}},
)
@batched(NO_TRIPLET)
def generalized_lifted(
    embedding: Floats,
    label: Ints,
    *,
    margin: Margin = 1.0,
    pos_margin: PosMargin = 0.0,
    distance: Distance = "euclidean",
    normalize: Normalize = True,
    empty: Empty = "error",
) -> Found:
    """How far the rows of an anchor's class are from it, against all rows of other classes, softly the worst of each.

    Formula: L_i = [log Σ_p e^(d_ip - pos_margin) + log Σ_n e^(m - d_in)]₊, the mean over anchors with both kinds.
    Gradient: of d_ip of an active anchor: its softmax among like rows; of d_in: minus its softmax among unlike rows.
    Edge cases: a distance of 0 has no direction. An anchor without like or without unlike rows leaves the mean; none with both is
    an error, or 0 with empty=perfect. Batches count by their anchors.
    Use when: batch-hard mining is too nervous: the softmaxes spread the pull over near misses.
    Avoid when: classes differ in size: the sums grow with the numbers of like and of unlike rows.
    Related: triplet:mining=hard has the maxima for the sums; lifted has one like row per term and squares.
    Equivalents: pytorch-metric-learning GeneralizedLiftedStructureLoss, where every anchor has both kinds: `generalized_lifted`.
    """

    def say(block: Block) -> Said:
        near, far = costs_of(block.near - pos_margin, block.like), costs_of(margin - block.near, block.unlike)
        excess = near.total + far.total

        def slope(share: Floats) -> Floats:
            return (share * (excess >= 0))[:, None] * (near.share - far.share)

        return at_anchors(some(block.like) & some(block.unlike), np.maximum(excess, 0.0), slope)

    return Among(embedding, label, distance, normalize).by_anchor(say)


@FAMILY.loss(
    "nca",
    aliases=("neighbourhood_components",),
    cite="Goldberger 2004",
    unit="whole",
    rowed=True,
    conventions={"pml": {"empty": "perfect"}},
)
@batched(NO_POSITIVE)
def nca(
    embedding: Floats,
    label: Ints,
    *,
    scale: Annotated[float, Param("times the squared distance", gt=0, example="4")] = 1.0,
    normalize: Normalize = True,
    empty: Empty = "error",
) -> Found:
    """How unlikely a row's random neighbour, the nearer the likelier, is of its class.

    Formula: L_i = -log(Σ_p e^(-scale·d_ip²) / Σ_{k≠i} e^(-scale·d_ik²)), p the other rows of i's class, d Euclidean. The mean over
    rows with such a p.
    Gradient: of d_ik²: -scale·(softmax_k over all - [k of the class]·softmax_k over the class).
    Edge cases: a row alone in its class leaves the mean; none with a partner is an error, or 0 with empty=perfect. The paper
    maximises Σ_i of the probability; the logarithm is its other form. Batches count by their rows.
    Use when: nearest-neighbour classification is the use; one near row of the class is enough.
    Avoid when: all rows of a class should come together: supcon asks for every one.
    Related: proxy_nca puts class proxies in place of the rows; supcon has the logarithm inside the sum over partners.
    Equivalents: pytorch-metric-learning NCALoss: `nca:empty=perfect`.
    """

    def say(block: Block) -> Said:
        z = -scale * block.near
        near, far = costs_of(z, block.like), costs_of(z, block.unlike)
        kept = some(block.like)
        excess = np.where(kept, far.total - np.where(kept, near.total, 0.0), -np.inf)

        def slope(share: Floats) -> Floats:
            return (share * scale * sigmoid(excess))[:, None] * (near.share - far.share)

        return at_anchors(kept, softplus(excess), slope)

    return Among(embedding, label, "squared", normalize).by_anchor(say)


@FAMILY.loss("ranked_list", aliases=("rll",), cite="Wang 2019", unit="whole", rowed=True, conventions={"pml": {"eps": 1e-5}})
@batched("no batch has two rows")
def ranked_list(
    embedding: Floats,
    label: Ints,
    *,
    margin: Annotated[float, Param("between where like rows end and unlike rows begin", ge=0, example="0.8")] = 0.4,
    alpha: Annotated[float, Param("how far unlike rows are to be", gt=0, example="1.5")] = 1.2,
    t_p: Annotated[float, Param("how much more farther like rows count", ge=0, example="2")] = 0.0,
    t_n: Annotated[float, Param("how much more nearer unlike rows count", ge=0, example="2")] = 10.0,
    lambda_: Annotated[float, Param("weight of the unlike rows, 1-lambda of the like rows", ge=0, le=1, example="0.25")] = 0.5,
    eps: Annotated[
        float, Param("added to each of a row's weights in Σw, one for every row of the batch", ge=0, example="0.01")
    ] = 0.0,
    normalize: Normalize = True,
) -> Found:
    """How far like rows reach beyond a sphere around an anchor, and unlike rows into a wider one, the worst weighing most.

    Formula: L_i = (1-λ)·Σ_p w_p·h_p / Σ_p w_p + λ·Σ_n w_n·h_n / Σ_n w_n over the rows that break their limit: h_p = d_ip - (α -
    m) > 0, w_p = e^(T_p·h_p); h_n = α - d_in > 0, w_n = e^(T_n·h_n); d Euclidean. The mean over rows.
    Gradient: of d_ip: (1-λ)·q_p·(1 + T_p·(h_p - Σ q·h)), q = w/Σw; of d_in: -λ·q_n·(1 + T_n·(h_n - Σ q·h)): through the weights
    too.
    Edge cases: a kind that breaks no limit counts as 0; a row alone in its batch leaves the mean. Where d = 0 there is no
    direction. Batches count by their rows.
    Use when: classes are to keep an inner spread, of radius (α - m)/2, instead of falling into a point.
    Avoid when: α and m are set for unit vectors; elsewhere they need another scale.
    Related: margin (Wu) has the same two limits, every pair weighing alike; triplet has no sphere.
    Equivalents: pytorch-metric-learning RankedListLoss(margin=0.4, Tn=10): `ranked_list:eps=1e-5`.
    """
    inner = alpha - margin

    def say(block: Block) -> Said:
        d = block.near
        near, far = block.like & (d > inner), block.unlike & (d < alpha)
        hp, hn = d - inner, alpha - d
        qp, qn = _diluted(costs_of(t_p * hp, near), eps), _diluted(costs_of(t_n * hn, far), eps)
        like, unlike = (qp * hp).sum(1), (qn * hn).sum(1)

        def slope(share: Floats) -> Floats:
            out = (1.0 - lambda_) * qp * (1.0 + t_p * (hp - like[:, None]))
            out -= lambda_ * qn * (1.0 + t_n * (hn - unlike[:, None]))
            return share[:, None] * out

        return at_anchors(some(block.like) | some(block.unlike), (1.0 - lambda_) * like + lambda_ * unlike, slope)

    return Among(embedding, label, "euclidean", normalize).by_anchor(say)


def _diluted(costs: Costs, eps: float) -> Floats:
    """Weights over their sum, each weight of the row with `eps` added in the sum."""
    if not eps:
        return costs.share
    return costs.share / (1.0 + costs.share.shape[1] * eps * np.exp(-costs.total))[:, None]
