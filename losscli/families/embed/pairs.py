"""The contrastive loss of pairs, given as rows or formed from labelled embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batches import Batch, Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms, rows_of
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Bools, Floats, Ints, dot
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
    x, y = (unit(a), unit(b)) if normalize else (a, b)
    gap, like = x - y, same == 1
    return rows_of(_factor(half) * _values(gap, like, form, margin, pos_margin), reduce)


@contrastive.gradient
def _contrastive_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    x, y = (unit(a), unit(b)) if p.normalize else (a, b)
    gap, like = x - y, same == 1
    g = _factor(p.half) * _slopes(gap, like, p.form, p.margin, p.pos_margin)
    if p.normalize:
        return {"a": pull_unit(a, g), "b": pull_unit(b, -g)}
    return {"a": g, "b": -g}


@contrastive.mined()
@batched("no batch has two embeddings to form a pair")
@contrastive.same_params()
def contrastive_of_labels(embedding: Floats, label: Ints, p: Params) -> Found:
    """The contrastive loss of the pairs formed within a batch."""
    x = unit(embedding) if p.normalize else embedding
    factor, split = _factor(p.half), p.reduce == "nonzero_split"
    kinds = (Terms(), Terms()) if split else (Terms(),)
    for gap, is_like, *_ in _pairs(x, label, p.pairs, p.epsilon):
        values = factor * _values(gap, is_like, p.form, p.margin, p.pos_margin)
        for terms, mine in zip(kinds, (is_like, ~is_like), strict=False):
            terms.add(values[mine] if split else values)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        g = np.zeros_like(x)
        for gap, is_like, i, others in _pairs(x, label, p.pairs, p.epsilon):
            share = factor * np.where(is_like, shares[0], shares[-1])
            pulled = share[:, None] * _slopes(gap, is_like, p.form, p.margin, p.pos_margin)
            g[i] += pulled.sum(0)
            g[others] -= pulled
        return {"embedding": pull_unit(embedding, g) if p.normalize else g}

    return Found(tuple(map(Column, kinds)), pull)


def _pairs(x: Floats, label: Ints, pairs: str, epsilon: float) -> Iterator[tuple[Floats, Bools, int, slice | Ints]]:
    """Per row i: differences to other rows, whether these are of its class, i, and their indices."""
    if pairs == "all":
        for i in range(len(x) - 1):
            yield x[i] - x[i + 1 :], label[i + 1 :] == label[i], i, slice(i + 1, None)
        return
    direction = unit(x)
    for i in range(len(x)):
        like = label == label[i]
        unlike = np.flatnonzero(~like)
        like[i] = False
        mine = np.flatnonzero(like)
        if len(mine) and len(unlike):
            if pairs == "hard":
                mine = mine[[np.argmax(length(x[mine] - x[i]))]]
                unlike = unlike[[np.argmin(length(x[unlike] - x[i]))]]
            else:
                near, far = dot(direction[mine], direction[i]), dot(direction[unlike], direction[i])
                mine, unlike = mine[near - epsilon < far.max()], unlike[far + epsilon > near.min()]
            others = np.concatenate([mine, unlike])
            yield x[i] - x[others], np.arange(len(others)) < len(mine), i, others


def _factor(half: bool) -> float:
    return 0.5 if half else 1.0


def _values(gap: Floats, like: Bools, form: str, margin: float, pos_margin: float) -> Floats:
    """The terms of pairs without the factor ½, from the differences of their embeddings."""
    d = length(gap)
    if form == "linear":
        return np.maximum(np.where(like, d - pos_margin, margin - d), 0.0)
    squared = dot(gap, gap)
    return np.where(like, squared, np.maximum(margin - squared, 0.0) if form == "eq3" else np.maximum(margin - d, 0.0) ** 2)


def _slopes(gap: Floats, like: Bools, form: str, margin: float, pos_margin: float) -> Floats:
    """d value / d gap."""
    if form == "eq3":
        inside = dot(gap, gap) <= margin
        return np.where(like, 2.0, np.where(inside, -2.0, 0.0))[:, None] * gap
    d = length(gap)
    if form == "linear":
        active = np.where(like, (d >= pos_margin).astype(float), -(d <= margin).astype(float))
        return active[:, None] * unit(gap, d)
    away = -2.0 * np.maximum(margin - d, 0.0)
    return np.where(like[:, None], 2.0 * gap, away[:, None] * unit(gap, d))
