"""Contrastive losses over a batch: softmax (or sigmoid) cross-entropy of picking each anchor's positive by similarity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._affinity import Affinity, places
from losscli.families.embed._batch_softmax import PARTNERS, Pick, costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Terms
from losscli.families.embed._similarity_blocks import Among, Block, Said, at_anchors
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats, Ints, divide, dot, sigmoid, softplus
from losscli.spec.loss import Param

NO_POSITIVE = "no batch has two rows of one class"
DIRECTION = {"embedding": "direction"}

Temperature = Annotated[float, Param("divisor of the cosines", gt=0, example="0.5")]


@FAMILY.loss(
    "nt_xent",
    aliases=("info_nce", "simclr"),
    cite="van den Oord 2018; Chen 2020",
    unit="whole",
    rowed=True,
    domain=DIRECTION,
    conventions={"optax": {}, "pml": {"empty": "perfect"}, "monai": {"temperature": 0.5}},
)
@batched(NO_POSITIVE)
def nt_xent(embedding: Floats, label: Ints, *, temperature: Temperature = 0.07, empty: Empty = "error") -> Found:
    """Softmax cross-entropy, by temperature-scaled cosine, of each positive of an anchor against all its negatives.

    Formula: for every ordered pair (i, p) of one class L = -log(e^(s_ip/τ) / (e^(s_ip/τ) + Σ_n e^(s_in/τ))), n over the rows of
    other classes, s the cosine. The mean over all pairs. With two views of K images, labelled 0…K-1 twice, it is SimCLR's loss.
    Gradient: of s_ip: -(1 - q)/τ, q the softmax of the pair; of s_in: its softmax/τ; the derivative of s_ij is
    (x̂_j - s_ij·x̂_i)/‖x_i‖ at x_i and correspondingly at x_j.
    Edge cases: other rows of the class are not in the denominator. An anchor without negatives has a loss of 0, one without
    positives is left out of the mean; if no anchor has a positive, it is an error, or 0 with empty=perfect. Batches are weighted by
    their number of pairs. Given pairs (n,2,d) are two views of n images.
    Use when: self-supervised learning, where each row has one positive and all other rows are negatives.
    Avoid when: classes have many rows: supcon weights the positives of an anchor together; also, a small batch makes the task easy.
    Related: supcon with one positive per anchor is equal; clip is the two-sided form for pairs; npairs uses inner products instead.
    Equivalents: pytorch-metric-learning NTXentLoss: `nt_xent:empty=perfect`; MONAI ContrastiveLoss of two views:
    `nt_xent:temperature=0.5`; optax ntxent: `nt_xent`.
    """
    return _told_apart(embedding, label, temperature)


@nt_xent.mined(rowed=True, domain=PARTNERS, sample="a pair")
@batched("there are no pairs")
def nt_xent_of_views(a: Floats, b: Floats, *, temperature: Temperature = 0.07, empty: Empty = "error") -> Found:
    """The loss of two views of each row, with every view as an anchor."""
    n = len(a)
    found = _told_apart(np.concatenate([a, b]), np.tile(np.arange(n), 2), temperature)
    assert found.rows is not None

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        g = found.pull(shares)["embedding"]
        return {"a": g[:n], "b": g[n:]}

    return Found(found.columns, pull, 0.5 * (found.rows[:n] + found.rows[n:]))


def _told_apart(embedding: Floats, label: Ints, temperature: float) -> Found:
    def say(block: Block) -> Said:
        z = block.near / temperature
        owner, partner = places(block.like)
        mine = z[owner, partner]
        strangers = costs_of(z, block.unlike)
        excess = strangers.total[owner] - mine

        def slope(share: Floats) -> Floats:
            wrong = share * sigmoid(excess) / temperature
            g = strangers.shares(np.bincount(owner, wrong, len(z)))
            g[owner, partner] = -wrong
            return g

        return Said(softplus(excess), owner, slope)

    return Among(embedding, label).by_anchor(say)


@FAMILY.loss(
    "supcon",
    aliases=("supervised_contrastive",),
    cite="Khosla 2020",
    unit="whole",
    rowed=True,
    domain=DIRECTION,
    conventions={"pml": {"reduce": "nonzero", "empty": "perfect"}},
)
@batched(NO_POSITIVE)
def supcon(
    embedding: Floats,
    label: Ints,
    *,
    temperature: Temperature = 0.1,
    reduce: Annotated[
        Literal["mean", "nonzero"], Param("mean over anchors with a positive, or over those with a loss above 0")
    ] = "mean",
    empty: Empty = "error",
) -> Found:
    """Softmax cross-entropy, by temperature-scaled cosine, of all positives of an anchor against the rest of its batch.

    Formula: L_i = -(1/|P|) Σ_{p in P} log(e^(s_ip/τ) / Σ_{k≠i} e^(s_ik/τ)), P the other rows of i's class, s the cosine: the
    paper's L_out, with the mean over positives outside the logarithm. The mean over anchors with a positive.
    Gradient: of s_ik: (softmax_k - [k in P]/|P|)/τ; the derivatives of s_ij as in nt_xent.
    Edge cases: an anchor without positives is left out of the mean; if no anchor has any, it is an error, or 0 with empty=perfect.
    An anchor without negatives has the paper's value; pytorch-metric-learning gives 0. There is no factor τ/τ_base. Batches are
    weighted by their number of anchors.
    Use when: representation learning with labels, using all positives of an anchor at once.
    Avoid when: rows have one positive each, where nt_xent is the same; with many positives a perfect batch still has a loss of
    log|P|.
    Related: nt_xent takes positives one at a time and leaves the others out of the denominator.
    Equivalents: pytorch-metric-learning SupConLoss: `supcon:reduce=nonzero,empty=perfect`; SupContrast's SupConLoss with
    base_temperature=temperature: `supcon`; catalyst SupervisedContrastiveLoss(pos_aggregation="out"): `supcon`.
    """

    def say(block: Block) -> Said:
        z = block.near / temperature
        owner, partner = places(block.like)
        count = np.bincount(owner, minlength=len(z)).astype(np.float64)
        mine = z[owner, partner]
        costs = costs_of(z, block.like | block.unlike)
        behind = np.asarray(np.bincount(owner, costs.highest[owner] - mine, len(z)), np.float64)

        def slope(share: Floats) -> Floats:
            weight = share / temperature
            g = costs.shares(weight)
            g[owner, partner] = -weight[owner] * costs.short(owner, partner, count[owner])
            return g

        return at_anchors(count > 0, divide(behind, count, 0.0) + costs.tail, slope)

    return Among(embedding, label).by_anchor(say)


@FAMILY.loss(
    "clip", aliases=("info_nce_symmetric",), cite="Radford 2021", unit="whole", rowed=True, domain=PARTNERS, sample="a pair"
)
@batched("there are no pairs")
def clip(a: Floats, b: Floats, *, temperature: Temperature = 0.07) -> Found:
    """Symmetric softmax cross-entropy of matching the two sides of each pair in a batch by cosine.

    Formula: z_ij = cos(a_i, b_j)/τ; L_i = -½·log(e^z_ii / Σ_j e^z_ij) - ½·log(e^z_ii / Σ_j e^z_ji). The mean over pairs.
    Gradient: of z_ij: ½·(softmax of row i + softmax of column j) - [i=j]; the derivative of z_ij is (b̂_j - cos·â_i)/(τ·‖a_i‖) at
    a_i and correspondingly at b_j.
    Edge cases: a zero vector is refused; a batch of one pair has a loss of 0. Batches are weighted by their number of pairs.
    Use when: training two encoders, such as of images and texts, for retrieval in both directions.
    Avoid when: several rows of a batch match the same partner: all but the paired one count as wrong; siglip treats each pair
    separately.
    Related: npairs is one side of it on inner products; nt_xent also compares rows of the same side.
    Equivalents: OpenAI CLIP's and open_clip's loss with logit_scale 1/τ: `clip`; their scale starts at 1/0.07 and is capped at
    100, which is `clip:temperature=0.01`.
    """
    there, back = Pick(Affinity(a, b), 1.0 / temperature), Pick(Affinity(b, a), 1.0 / temperature)
    rows = 0.5 * (there.losses() + back.losses())

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        one, two = there.pull(0.5 * shares[0]), back.pull(0.5 * shares[0])
        return {"a": one[0] + two[1], "b": one[1] + two[0]}

    return Found((Column(Terms.of(rows)),), pull, rows)


@FAMILY.loss(
    "npairs",
    aliases=("n_pairs", "multiclass_npair"),
    cite="Sohn 2016",
    unit="whole",
    rowed=True,
    conventions={"pml": {"normalize": True}},
    sample="a pair",
)
@batched("there are no pairs")
def npairs(
    a: Floats,
    b: Floats,
    *,
    l2: Annotated[float, Param("weight of the mean squared length of the vectors", ge=0, example="0.02")] = 0.0,
    normalize: Annotated[bool, Param("normalise vectors to unit length first")] = False,
) -> Found:
    """Softmax cross-entropy of picking each anchor's positive among all positives of a batch by inner product.

    Formula: L_i = -log(e^(a_i·b_i) / Σ_j e^(a_i·b_j)), the mean over pairs; plus l2·½·mean(‖a_i‖² + ‖b_i‖²).
    Gradient: of a_i·b_j: softmax_j - [i=j]; that times b_j at a_i and times a_i at b_j; of the l2 term l2·x.
    Edge cases: every pair is a separate class. A batch of one pair has a loss of 0. Batches are weighted by their number of pairs.
    Use when: batches have one pair from each of many classes, as in the paper.
    Avoid when: classes repeat within a batch: their rows count as negatives; with l2=0 the lengths are unbounded.
    Related: clip:temperature=1 on unit vectors is the mean of both sides; nt_xent also uses other anchors as negatives.
    Equivalents: pytorch-metric-learning NPairsLoss, one pair of each class: `npairs:normalize=true`; TensorFlow Addons
    NpairsLoss of a·bᵀ with different labels: `npairs`.
    """
    found = Pick(Affinity(a, b, normalize=normalize), 1.0)
    rows = found.losses()
    x, y = found.space.x, found.space.y
    columns: tuple[Column, ...] = (Column(Terms.of(rows)),)
    if l2:
        lengths = Terms.of(0.5 * (dot(x, x) + dot(y, y)))
        columns = (Column(Terms.of(rows), 1.0, "pairs"), Column(lengths, l2, "lengths"))

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        g = found.pull(shares[0], (shares[1] * x, shares[1] * y) if l2 else None)
        return {"a": g[0], "b": g[1]}

    return Found(columns, pull, rows)


@FAMILY.loss(
    "siglip", aliases=("sigmoid_contrastive",), cite="Zhai 2023", unit="whole", rowed=True, domain=PARTNERS, sample="a pair"
)
@batched("there are no pairs")
def siglip(
    a: Floats,
    b: Floats,
    *,
    scale: Annotated[float, Param("scale of the cosines: 1/temperature", gt=0, example="4")] = 10.0,
    bias: Annotated[float, Param("added to the scaled cosine", example="0.5")] = -10.0,
) -> Found:
    """Binary cross-entropy of every combination of sides in a batch, matching or not, by scaled and shifted cosine.

    Formula: z = scale·cos(a_i, b_j) + bias; L_i = log(1 + e^-z_ii) + Σ_{j≠i} log(1 + e^z_ij). The mean over rows i.
    Gradient: of z_ij: σ(z_ij) - [i=j]; the derivative of z_ij is scale·(b̂_j - cos·â_i)/‖a_i‖ at a_i and correspondingly at b_j.
    Edge cases: a zero vector is refused. The defaults of scale and bias are the paper's initial values, e^log(10) and -10, which
    training then learns. Batches are weighted by their number of pairs; a larger batch has a larger loss, with more negatives.
    Use when: batches are large and spread over many machines: no normalisation over a row is needed.
    Avoid when: comparing values of different batch sizes: the sum over negatives grows with the batch.
    Related: clip normalises over rows and columns; `bce` of classify on z is this divided by the number of columns.
    Equivalents: big_vision's and open_clip's SigLIP loss: `siglip` with their learned scale and bias.
    """
    space = Affinity(a, b)
    rows = np.concatenate(list(space.each(lambda span, near: softplus(_signs(span, len(b)) * (scale * near + bias)).sum(1))))

    def slope(span: slice, near: Floats) -> Floats:
        sign = _signs(span, len(b))
        return sign * sigmoid(sign * (scale * near + bias))

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        left, right = space.gradients(lambda span, near: shares[0] * scale * slope(span, near))
        return {"a": left, "b": right}

    return Found((Column(Terms.of(rows)),), pull, rows)


def _signs(span: slice, columns: int) -> Floats:
    """-1 at the matching pairs of a block, else 1."""
    return 1.0 - 2.0 * (np.arange(span.start, span.stop)[:, None] == np.arange(columns))
