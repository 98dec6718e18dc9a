"""The contrastive loss of pairs, given as rows or formed from labelled embeddings."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batches import Batch, Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms, rows_of
from losscli.families.embed._similarity_blocks import Among, Block, some
from losscli.families.embed._vectors import apart, measure, pull_unit, slope, unit
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Bools, Floats, Ints
from losscli.spec.loss import Param, Params, Rows

Form = Annotated[
    Literal["hadsell", "eq3", "linear"],
    Param("terms of positive and negative pairs: d², [margin-d]₊²; d², [margin-d²]₊; or [d-pos_margin]₊, [margin-d]₊"),
]
Margin = Annotated[float, Param("distance beyond which negative pairs have no loss", ge=0, example="2.5")]
PosMargin = Annotated[float, Param("form=linear: distance below which positive pairs have no loss", ge=0, example="0.2")]
Half = Annotated[bool, Param("multiply by ½, as in the formula")]
Pairs = Annotated[
    Literal["all", "hard", "multi_similarity"],
    Param("with labels: every pair once, or per anchor the hardest positive and negative, or those that overlap (see Edge cases)"),
]
Epsilon = Annotated[float, Param("pairs=multi_similarity: tolerance of the overlap of cosines", ge=0)]
Reduce = Annotated[
    Literal["mean", "sum", "nonzero", "nonzero_split"],
    Param(
        "mean, sum or mean of the nonzero terms of pairs; nonzero_split: mean of nonzero positives plus that of negatives (labels)"
    ),
]


@FAMILY.loss(
    "contrastive",
    aliases=("siamese",),
    cite="Hadsell 2006",
    conventions={"pml": {"form": "linear", "half": False, "normalize": True, "reduce": "nonzero_split", "empty": "perfect"}},
    sample="a pair",
)
def contrastive(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    form: Form = "hadsell",
    margin: Margin = 1.0,
    pos_margin: PosMargin = 0.0,
    half: Half = True,
    pairs: Pairs = "all",
    epsilon: Epsilon = 0.1,
    normalize: Normalize = False,
    reduce: Reduce = "mean",
    empty: Empty = "error",
    batch: Batch = None,
) -> Rows:
    """Squared distance of positive pairs plus the squared shortfall of negative pairs from a margin.

    Formula: L = ½·(y·d² + (1-y)·[margin - d]₊²), d = ‖a - b‖, y = 1 for a positive pair (hadsell);
    ½·(y·d² + (1-y)·[margin - d²]₊) (eq3); ½·(y·[d - pos_margin]₊ + (1-y)·[margin - d]₊) (linear). half=false leaves out the ½.
    Gradient: at a, hadsell: y·(a-b) - (1-y)·[margin-d]₊·(a-b)/d; eq3: (a-b)·(y - (1-y)·[d² ≤ margin]); linear: half of
    ±(a-b)/d on active pairs; at b the negative.
    Edge cases: where d = 0 the direction (a-b)/d is 0; a pair exactly at its margin keeps its gradient, as with torch's clamp.
    With labels a single embedding is an error or, with empty=perfect, 0; a kind of pair without any loss contributes 0; pairs are
    formed within a batch, and the value is over the pairs of all batches. pairs=hard takes the farthest positive and the nearest
    negative of each row (Hermans 2017); pairs=multi_similarity takes its positives with s - ε < the largest cosine of a negative,
    and its negatives with s + ε > the smallest cosine of a positive (Wang 2019).
    Use when: verification: one threshold on the distance separates same from different.
    Avoid when: classes differ in spread, which one margin does not allow for; triplet compares distances around each anchor.
    Related: margin (Wu) has linear hinges around one boundary for both kinds of pairs; triplet needs no absolute distance.
    Equivalents: pytorch-metric-learning ContrastiveLoss:
    `contrastive:form=linear,half=false,normalize=true,reduce=nonzero_split,empty=perfect`;
    TensorFlow Addons ContrastiveLoss: `contrastive:half=false`; catalyst ContrastiveEmbeddingLoss, whose label 1 means
    different: `contrastive` with labels inverted.
    """
    d = apart(*((unit(a), unit(b)) if normalize else (a, b)), _kind(form))
    return rows_of(_factor(half) * _values(d, same == 1, form, margin, pos_margin), reduce)


@contrastive.gradient
def _contrastive_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    x, y = (unit(a), unit(b)) if p.normalize else (a, b)
    gap, kind = x - y, _kind(p.form)
    by_d = _factor(p.half) * _slopes(measure(gap, kind), same == 1, p.form, p.margin, p.pos_margin)
    g = by_d[:, None] * slope(gap, kind)
    if p.normalize:
        return {"a": pull_unit(a, g), "b": pull_unit(b, -g)}
    return {"a": g, "b": -g}


@contrastive.mined()
@batched("no batch has two embeddings to form a pair")
@contrastive.same_params()
def contrastive_of_labels(embedding: Floats, label: Ints, p: Params) -> Found:
    """The contrastive loss of the pairs formed within a batch."""
    factor, split = _factor(p.half), p.reduce == "nonzero_split"
    space = Among(embedding, label, _kind(p.form), p.normalize)
    angles = Among(embedding, label) if p.pairs == "multi_similarity" else None

    def chosen(block: Block) -> tuple[Bools, Bools]:
        return _chosen(block, None if angles is None else angles.block(block.rows), p.pairs, p.epsilon)

    def value(block: Block) -> list[Floats]:
        like, unlike = chosen(block)
        found = factor * _values(block.near, like, p.form, p.margin, p.pos_margin)
        return [found[mask] for mask in ((like, unlike) if split else (like | unlike,))]

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        def slope(block: Block) -> Floats:
            like, unlike = chosen(block)
            g = factor * _slopes(block.near, like, p.form, p.margin, p.pos_margin)
            return g * np.where(like, shares[0], np.where(unlike, shares[-1], 0.0))

        return space.gradient(slope)

    kinds = (Terms(), Terms()) if split else (Terms(),)
    for found in space.blocks(value):
        for terms, values in zip(kinds, found, strict=True):
            terms.add(values)
    return Found(tuple(map(Column, kinds)), pull)


def _chosen(block: Block, cosine: Floats | None, pairs: str, epsilon: float) -> tuple[Bools, Bools]:
    """Masks of the positive and the negative pairs that are used."""
    near, like, unlike = block.near, block.like, block.unlike
    if pairs == "all":  # every pair once
        later = np.arange(near.shape[1]) > block.anchors[:, None]
        return like & later, unlike & later
    both = (some(like) & some(unlike))[:, None]
    if cosine is not None:
        hardest = np.max(cosine, 1, initial=-np.inf, where=unlike)[:, None]
        weakest = np.min(cosine, 1, initial=np.inf, where=like)[:, None]
        return like & both & (cosine - epsilon < hardest), unlike & both & (cosine + epsilon > weakest)
    columns = np.arange(near.shape[1])
    farthest, nearest = np.where(like, near, -np.inf).argmax(1), np.where(unlike, near, np.inf).argmin(1)
    return both & (columns == farthest[:, None]), both & (columns == nearest[:, None])


def _kind(form: str) -> str:
    return "squared" if form == "eq3" else "euclidean"


def _factor(half: bool) -> float:
    return 0.5 if half else 1.0


def _values(d: Floats, like: Bools, form: str, margin: float, pos_margin: float) -> Floats:
    """The terms of pairs without the factor ½, from their distances (eq3: squared distances)."""
    if form == "linear":
        return np.maximum(np.where(like, d - pos_margin, margin - d), 0.0)
    short = np.maximum(margin - d, 0.0)
    return np.where(like, d, short) if form == "eq3" else np.square(np.where(like, d, short))


def _slopes(d: Floats, like: Bools, form: str, margin: float, pos_margin: float) -> Floats:
    """d value / d distance (eq3: squared distance)."""
    if form == "hadsell":
        return np.where(like, 2.0 * d, -2.0 * np.maximum(margin - d, 0.0))
    pulled = 1.0 if form == "eq3" else (d >= pos_margin).astype(np.float64)
    return np.where(like, pulled, -(d <= margin).astype(np.float64))
