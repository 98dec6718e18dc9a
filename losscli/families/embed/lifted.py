"""Losses that compare log-sum-exps of the distances to negatives and to positives: lifted, NCA and ranked list."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._affinity import places
from losscli.families.embed._batch_softmax import Costs, costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms
from losscli.families.embed._similarity_blocks import Among, Block, Said, at_anchors, some
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import NO_POSITIVE
from losscli.families.embed.pair_weighting import NO_TRIPLET
from losscli.numerics.stable import Floats, Ints, sigmoid, softplus
from losscli.spec.loss import Param, Params

Margin = Annotated[float, Param("minimum distance aimed at for negatives", ge=0, example="2")]
Distance = Annotated[Literal["euclidean", "squared", "cosine"], Param("distance between embeddings; cosine is 1-cos")]
PosMargin = Annotated[float, Param("subtracted from the distance of positives", ge=0, example="0.25")]


@FAMILY.loss(
    "lifted",
    aliases=("lifted_structure",),
    cite="Oh Song 2016",
    unit="whole",
    conventions={"pml": {"empty": "perfect"}},
    sample="a pair",
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
    """Squared hinge on the distance of a positive pair plus a log-sum-exp over both ends' distances to all negatives.

    Formula: for every positive pair (i, p) J = log(Σ_n e^(m - d_in) + Σ_n e^(m - d_pn)) + d_ip - pos_margin; L = [J]₊²/2, the
    mean over ordered pairs.
    Gradient: of d_ip: [J]₊; of d_in: -[J]₊ times its share of the sum; (x_i - x_j)/d_ij at x_i and its negative at x_j.
    Edge cases: a distance of 0 has no gradient. A pair without negatives has a loss of 0; no positive pair is an error, or 0 with
    empty=perfect. Batches are weighted by their number of pairs.
    Use when: all negatives of the batch should contribute, the nearest most, for both ends of a pair.
    Avoid when: vectors are normalised and negatives many: distances are at most 2, and the sum keeps the loss well above 0.
    Related: generalized_lifted also sums over positives, with one term per anchor; triplet takes negatives one at a time.
    Equivalents: pytorch-metric-learning LiftedStructureLoss: `lifted:empty=perfect`; TensorFlow Addons' does not normalise
    embeddings: `lifted:normalize=false`.
    """
    among = Among(embedding, label, distance, normalize)
    reach = np.concatenate(list(among.blocks(lambda block: costs_of(margin - block.near, block.unlike).total)))

    def excess(block: Block) -> tuple[Ints, Ints, Floats]:
        owner, partner = places(block.like)
        both = np.logaddexp(reach[block.rows][owner], reach[partner])
        return owner, partner, np.maximum(both + block.near[owner, partner] - pos_margin, 0.0)

    terms = Terms()
    for found in among.blocks(lambda block: 0.5 * excess(block)[2] ** 2):
        terms.add(found)

    def slope(block: Block) -> Floats:
        owner, partner, j = excess(block)
        # the reversed pair contributes equally to the negatives of this end
        own = np.where(j > 0, sigmoid(np.where(j > 0, reach[block.rows][owner] - reach[partner], 0.0)), 0.0)
        weight = np.bincount(owner, 2.0 * j * own, len(block.near))
        found = costs_of(margin - block.near, block.unlike).shares(-weight)
        found[owner, partner] = j
        return found

    return Found((Column(terms),), lambda shares: among.gradient(lambda block: shares[0] * slope(block)))


@FAMILY.loss(
    "generalized_lifted", aliases=("batch_all_lifted",), cite="Hermans 2017", unit="whole", rowed=True, conventions={"pml": {}}
)
@batched(NO_TRIPLET)
@lifted.same_params()
def generalized_lifted(embedding: Floats, label: Ints, p: Params) -> Found:
    """Hinge on the log-sum-exp of an anchor's positive distances plus that of its negated negative distances.

    Formula: L_i = [log Σ_p e^(d_ip - pos_margin) + log Σ_n e^(m - d_in)]₊, the mean over anchors with both kinds.
    Gradient: of d_ip of an active anchor: its softmax among the positives; of d_in: minus its softmax among the negatives.
    Edge cases: a distance of 0 has no gradient. An anchor without positives or without negatives is left out of the mean; if none
    has both, it is an error, or 0 with empty=perfect. Batches are weighted by their number of anchors.
    Use when: batch-hard mining is too noisy: the softmaxes distribute the gradient over several hard rows.
    Avoid when: classes differ in size: the sums grow with the numbers of positives and of negatives.
    Related: triplet:mining=hard takes maxima instead of the sums; lifted has one positive per term and squares.
    Equivalents: pytorch-metric-learning GeneralizedLiftedStructureLoss, where every anchor has both kinds: `generalized_lifted`.
    """

    def say(block: Block) -> Said:
        near, far = costs_of(block.near - p.pos_margin, block.like), costs_of(p.margin - block.near, block.unlike)
        excess = near.total + far.total

        def slope(share: Floats) -> Floats:
            weight = share * (excess >= 0)
            return near.shares(weight) - far.shares(weight)

        return at_anchors(some(block.like) & some(block.unlike), np.maximum(excess, 0.0), slope)

    return Among(embedding, label, p.distance, p.normalize).by_anchor(say)


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
    scale: Annotated[float, Param("factor of the squared distance", gt=0, example="4")] = 1.0,
    normalize: Normalize = True,
    empty: Empty = "error",
) -> Found:
    """Negative log-probability that a row's random neighbour, drawn by softmax of negative squared distance, is of its class.

    Formula: L_i = -log(Σ_p e^(-scale·d_ip²) / Σ_{k≠i} e^(-scale·d_ik²)), p the other rows of i's class, d Euclidean. The mean over
    rows with such a p.
    Gradient: of d_ik²: -scale·(softmax_k over all - [k of the class]·softmax_k over the class).
    Edge cases: a row alone in its class is left out of the mean; if no row has a positive, it is an error, or 0 with empty=perfect.
    The paper maximises Σ_i of the probability, and also gives the logarithmic form used here. Batches are weighted by their number
    of rows.
    Use when: the embedding is used for nearest-neighbour classification, where one near row of the class is enough.
    Avoid when: all rows of a class should be close together: use supcon.
    Related: proxy_nca uses class proxies instead of rows; supcon has the logarithm inside the sum over positives.
    Equivalents: pytorch-metric-learning NCALoss: `nca:empty=perfect`.
    """

    def say(block: Block) -> Said:
        near, far = costs_of(-scale * block.near, block.like), costs_of(-scale * block.near, block.unlike)
        kept = some(block.like)
        excess = np.where(kept, far.total - np.where(kept, near.total, 0.0), -np.inf)

        def slope(share: Floats) -> Floats:
            weight = share * scale * sigmoid(excess)
            return near.shares(weight) - far.shares(weight)

        return at_anchors(kept, softplus(excess), slope)

    return Among(embedding, label, "squared", normalize).by_anchor(say)


@FAMILY.loss("ranked_list", aliases=("rll",), cite="Wang 2019", unit="whole", rowed=True, conventions={"pml": {"eps": 1e-5}})
@batched("no batch has two rows")
def ranked_list(
    embedding: Floats,
    label: Ints,
    *,
    margin: Annotated[float, Param("gap between the limits of positives and negatives", ge=0, example="0.8")] = 0.4,
    alpha: Annotated[float, Param("minimum distance aimed at for negatives", gt=0, example="1.5")] = 1.2,
    t_p: Annotated[float, Param("temperature of the weights of positives: larger favours farther ones", ge=0, example="2")] = 0.0,
    t_n: Annotated[float, Param("temperature of the weights of negatives: larger favours nearer ones", ge=0, example="2")] = 10.0,
    lambda_: Annotated[float, Param("weight of the negatives; positives have 1-lambda", ge=0, le=1, example="0.25")] = 0.5,
    eps: Annotated[float, Param("added to Σw once per row of the batch", ge=0, example="0.01")] = 0.0,
    normalize: Normalize = True,
) -> Found:
    """Weighted mean excess of positives beyond a radius around the anchor and of negatives inside a larger radius.

    Formula: L_i = (1-λ)·Σ_p w_p·h_p / Σ_p w_p + λ·Σ_n w_n·h_n / Σ_n w_n over the rows that violate their limit: h_p = d_ip - (α -
    m) > 0, w_p = e^(T_p·h_p); h_n = α - d_in > 0, w_n = e^(T_n·h_n); d Euclidean. The mean over rows.
    Gradient: of d_ip: (1-λ)·q_p·(1 + T_p·(h_p - Σ q·h)), q = w/Σw; of d_in: -λ·q_n·(1 + T_n·(h_n - Σ q·h)): through the weights
    too.
    Edge cases: a kind without violations contributes 0; a row alone in its batch is left out of the mean. Where d = 0 there is no
    gradient. Batches are weighted by their number of rows.
    Use when: classes should keep an inner spread, with diameter α - m, instead of collapsing to a point.
    Avoid when: vectors are not normalised and α and m are left at their defaults, which are meant for unit vectors.
    Related: margin (Wu) has the same two limits with equal weights; triplet has no fixed radius.
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
    """Weights divided by their sum, with `eps` added to the sum once per entry of the row."""
    return costs.shares(1.0 / (1.0 + costs.e.shape[1] * eps * np.exp(-costs.total)) if eps else 1.0)
