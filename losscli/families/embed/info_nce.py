"""Losses that pick the right partner out of a batch: a softmax over how near every row is to an anchor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batch_softmax import PARTNERS, Pick, costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Terms
from losscli.families.embed._similarity_blocks import Affinity, Among, Block, Said, at_anchors
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats, Ints, divide, dot, log_softmax, sigmoid, softplus
from losscli.spec.loss import Param

NO_POSITIVE = "no batch has two rows of one class"
DIRECTION = {"embedding": "direction"}

Temperature = Annotated[float, Param("what cosines are divided by", gt=0, example="0.5")]
_FAR = -1e300
"""A logit that counts for nothing, and unlike -inf can be subtracted."""


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
    """How hard it is to tell an anchor's partner from the rows of other classes by cosine.

    Formula: of every ordered pair (i, p) of one class L = -log(e^(s_ip/τ) / (e^(s_ip/τ) + Σ_n e^(s_in/τ))), n over the rows of
    other classes, s the cosine. The mean over all pairs. Two views of K images, labelled 0…K-1 twice, make this SimCLR's loss.
    Gradient: of s_ip: -(1 - q)/τ, q the pair's softmax; of s_in: its softmax/τ; each s_ij moves both rows by
    (x̂_j - s_ij·x̂_i)/‖x_i‖ and its mirror.
    Edge cases: other rows of the class are not in the denominator. An anchor without negatives costs 0, one without positive leaves
    the mean; none with a positive is an error, or 0 with empty=perfect. Batches count by their pairs. Given pairs (n,2,d) are two
    views of n images.
    Use when: self-supervised learning: each row has one partner, all others are strangers.
    Avoid when: classes have many rows: supcon weighs an anchor's partners together; a small batch makes the task easy.
    Related: supcon with one partner per anchor is this; clip is its two-sided form of pairs; npairs leaves out the cosine.
    Equivalents: pytorch-metric-learning NTXentLoss: `nt_xent:empty=perfect`; MONAI ContrastiveLoss of two views:
    `nt_xent:temperature=0.5`; optax ntxent: `nt_xent`.
    """
    return _told_apart(embedding, label, temperature)


@nt_xent.mined(rowed=True, domain=PARTNERS)
@batched("there is no pair")
def nt_xent_of_views(a: Floats, b: Floats, *, temperature: Temperature = 0.07, empty: Empty = "error") -> Found:
    """The loss of two views of each row, each view an anchor among all of them."""
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
        owner, partner = np.nonzero(block.like)
        strangers = costs_of(z, block.unlike)
        excess = strangers.total[owner] - z[owner, partner]

        def slope(share: Floats) -> Floats:
            wrong = share * sigmoid(excess) / temperature
            g = strangers.share * np.bincount(owner, wrong, len(z))[:, None]
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
        Literal["mean", "nonzero"], Param("anchors with a partner: their mean, or the mean of those above 0")
    ] = "mean",
    empty: Empty = "error",
) -> Found:
    """How hard it is to find all partners of an anchor in its batch by cosine.

    Formula: L_i = -(1/|P|) Σ_{p in P} log(e^(s_ip/τ) / Σ_{k≠i} e^(s_ik/τ)), P the other rows of i's class, s the cosine: the
    paper's L_out, the logarithm outside the mean. The mean over anchors with a partner.
    Gradient: of s_ik: (softmax_k - [k in P]/|P|)/τ; each s_ij moves both rows as in nt_xent.
    Edge cases: an anchor without partner leaves the mean; none with one is an error, or 0 with empty=perfect. An anchor without
    negatives has the paper's value; pytorch-metric-learning gives 0. No factor τ/τ_base. Batches count by their anchors.
    Use when: representation learning with labels: all partners are drawn in at once.
    Avoid when: one partner per row: nt_xent is the same; with many partners a perfect batch still costs log|P|.
    Related: nt_xent takes partners one at a time and leaves the others out of the denominator.
    Equivalents: pytorch-metric-learning SupConLoss: `supcon:reduce=nonzero,empty=perfect`; SupContrast's SupConLoss with
    base_temperature=temperature: `supcon`; catalyst SupervisedContrastiveLoss(pos_aggregation="out"): `supcon`.
    """

    def say(block: Block) -> Said:
        z = block.near / temperature
        z[np.arange(len(z)), np.arange(block.rows.start, block.rows.stop)] = _FAR
        log_p, count = log_softmax(z), block.like.sum(1)
        mine = np.where(block.like, log_p, 0.0).sum(1)

        def slope(share: Floats) -> Floats:
            return (np.exp(log_p) - block.like / np.maximum(count, 1)[:, None]) * (share / temperature)[:, None]

        return at_anchors(count > 0, -divide(mine, count.astype(np.float64), 0.0) + 0.0, slope)

    return Among(embedding, label).by_anchor(say)


@FAMILY.loss("clip", aliases=("info_nce_symmetric",), cite="Radford 2021", unit="whole", rowed=True, domain=PARTNERS)
@batched("there is no pair")
def clip(a: Floats, b: Floats, *, temperature: Temperature = 0.07) -> Found:
    """How hard it is to match the two sides of each pair within a batch, from either side.

    Formula: z_ij = cos(a_i, b_j)/τ; L_i = -½·log(e^z_ii / Σ_j e^z_ij) - ½·log(e^z_ii / Σ_j e^z_ji). The mean over pairs.
    Gradient: of z_ij: ½·(softmax of row i + softmax of column j) - [i=j]; each z_ij moves a_i by (b̂_j - cos·â_i)/(τ·‖a_i‖) and b_j
    by its mirror.
    Edge cases: a zero vector is refused; a batch of one pair costs 0. Batches count by their pairs.
    Use when: two encoders, as of images and texts, whose outputs are to be found by each other.
    Avoid when: several rows of a batch fit one partner: each but its own counts as wrong; siglip takes the pairs one by one.
    Related: npairs is one side of it on plain products; nt_xent compares within a side too.
    Equivalents: OpenAI CLIP's and open_clip's loss with logit_scale 1/τ: `clip`; their scale starts at 1/0.07 and is capped at
    100: `clip:temperature=0.01` then.
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
)
@batched("there is no pair")
def npairs(
    a: Floats,
    b: Floats,
    *,
    l2: Annotated[float, Param("weight of the mean squared length of the vectors", ge=0, example="0.02")] = 0.0,
    normalize: Annotated[bool, Param("divide vectors by their length first")] = False,
) -> Found:
    """How hard it is to find each anchor's partner among the partners of a batch by inner product.

    Formula: L_i = -log(e^(a_i·b_i) / Σ_j e^(a_i·b_j)), the mean over pairs; plus l2·½·mean(‖a_i‖² + ‖b_i‖²).
    Gradient: of a_i·b_j: softmax_j - [i=j]; that times b_j at a_i and times a_i at b_j; of the other part l2·x.
    Edge cases: every pair is taken for a class of its own. A batch of one pair costs 0. Batches count by their pairs.
    Use when: batches of one pair from each of many classes, as the paper draws them.
    Avoid when: classes repeat within a batch: their rows count as strangers; lengths can grow without end when l2=0.
    Related: clip:temperature=1 on unit vectors is both of its sides; nt_xent lets anchors be strangers of each other.
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


@FAMILY.loss("siglip", aliases=("sigmoid_contrastive",), cite="Zhai 2023", unit="whole", rowed=True, domain=PARTNERS)
@batched("there is no pair")
def siglip(
    a: Floats,
    b: Floats,
    *,
    scale: Annotated[float, Param("what cosines are multiplied by: 1/temperature", gt=0, example="4")] = 10.0,
    bias: Annotated[float, Param("added to the scaled cosine", example="0.5")] = -10.0,
) -> Found:
    """How badly every two sides of a batch are told to belong together or not, each by its own sigmoid.

    Formula: z = scale·cos(a_i, b_j) + bias; L_i = log(1 + e^-z_ii) + Σ_{j≠i} log(1 + e^z_ij). The mean over rows i.
    Gradient: of z_ij: σ(z_ij) - [i=j]; each z_ij moves a_i by scale·(b̂_j - cos·â_i)/‖a_i‖ and b_j by its mirror.
    Edge cases: a zero vector is refused. scale and bias are the paper's start, e^log(10) and -10, learned from there. Batches count
    by their pairs; a larger batch costs more, its strangers being more.
    Use when: large batches over many machines: no sum over a row is needed.
    Avoid when: values of different batch sizes are compared: the sum over strangers grows with the batch.
    Related: clip normalises over rows and columns; `bce` of classify on z is it, divided by the columns.
    Equivalents: big_vision's and open_clip's SigLIP loss: `siglip` with their learned scale and bias.
    """
    space = Affinity(a, b)
    rows = np.zeros(len(a))
    for span in space.spans():
        z = scale * space.block(span) + bias
        own = np.arange(span.start, span.stop)
        z[np.arange(len(z)), own] *= -1.0
        rows[span] = softplus(z).sum(1)

    def pull(shares: tuple[float, ...]) -> Mapping[str, Floats]:
        g = space.zeros()
        for span in space.spans():
            near = space.block(span)
            slope = sigmoid(scale * near + bias)
            own = np.arange(span.start, span.stop)
            here = np.arange(len(slope))
            slope[here, own] = -sigmoid(-(scale * near[here, own] + bias))
            space.pull(g, span, shares[0] * scale * slope, near)
        left, right = space.restored(g)
        return {"a": left, "b": right}

    return Found((Column(Terms.of(rows)),), pull, rows)
