"""The contrastive loss on the signal-to-noise distance of pairs, given as rows or formed from labelled embeddings."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.embed._batches import Batch, Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms, rows_of
from losscli.families.embed._similarity_blocks import Among, Block
from losscli.families.embed._vectors import length, pull_unit, unit
from losscli.families.embed.family import FAMILY
from losscli.families.embed.pairs import Margin, Reduce
from losscli.numerics.stable import Floats, Ints, divide, dot, times
from losscli.spec.loss import Param, Params, Rows

PosMargin = Annotated[float, Param("distance below which positive pairs have no loss", ge=0, example="0.2")]


@FAMILY.loss(
    "snr_contrastive",
    aliases=("snr",),
    cite="Yuan 2019",
    conventions={"pml": {"normalize": True, "reduce": "nonzero_split", "empty": "perfect"}},
    sample="a pair",
)
def snr_contrastive(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    pos_margin: PosMargin = 0.0,
    margin: Margin = 1.0,
    normalize: Normalize = False,
    reduce: Reduce = "mean",
    empty: Empty = "error",
    batch: Batch = None,
) -> Rows:
    """Contrastive loss on the signal-to-noise distance: the variance of the difference over the variance of the anchor.

    Formula: d(a,b) = var(a - b)/var(a), variances over the dimensions; L = y·[d - pos_margin]₊ + (1-y)·[margin - d]₊, y = 1 for a
    positive pair.
    Gradient: of d: 2·(n - d·c)/‖c‖² at a and -2·n/‖c‖² at b, c and n the anchor and the difference minus their means; 1 or -1 times
    that on active pairs.
    Edge cases: the distance is not symmetric: the first of a pair is the anchor; with labels every two rows count in both orders.
    An anchor without variance has an infinite distance to every vector except its shifted copies. The paper's regulariser, the mean
    |Σ x|, is not included. Batches are weighted by their number of pairs.
    Use when: the length of embeddings varies, and differences should be measured relative to it.
    Avoid when: the mean of an embedding's coordinates is informative: it is subtracted.
    Related: contrastive:form=linear,half=false is the same on the Euclidean distance.
    Equivalents: pytorch-metric-learning ContrastiveLoss with SNRDistance:
    `snr_contrastive:normalize=true,reduce=nonzero_split,empty=perfect`.
    """
    noise, signal = _deviations(a, b, normalize)
    d = divide(length(noise), length(signal), 0.0) ** 2
    return rows_of(np.where(same == 1, np.maximum(d - pos_margin, 0.0), np.maximum(margin - d, 0.0)), reduce)


@snr_contrastive.gradient
def _snr_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    noise, signal = _deviations(a, b, p.normalize)
    size = length(signal)
    ratio = divide(length(noise), size, 0.0)[:, None]
    d = ratio[:, 0] ** 2
    sign = np.where(same == 1, (d >= p.pos_margin).astype(float), -(d <= p.margin).astype(float))
    rise = np.where(size > 0, divide(2.0 * sign, size, 0.0), 0.0)[:, None] * ratio
    along, across = unit(signal, size), unit(noise)
    g = (times(rise, across - times(ratio, along)), -times(rise, across))
    one, two = (pull_unit(x, s) for x, s in zip((a, b), g, strict=True)) if p.normalize else g
    return {"a": one, "b": two}


def _deviations(a: Floats, b: Floats, normalize: bool) -> tuple[Floats, Floats]:
    """The difference and the anchor, each minus its mean."""
    x, y = (unit(a), unit(b)) if normalize else (a, b)
    return _centred(x - y), _centred(x)


def _centred(x: Floats) -> Floats:
    return np.asarray(x - x.mean(1, keepdims=True))


@snr_contrastive.mined()
@batched("no batch has two embeddings to form a pair")
@snr_contrastive.same_params()
def snr_contrastive_of_labels(embedding: Floats, label: Ints, p: Params) -> Found:
    """The signal-to-noise contrastive loss of every ordered pair of embeddings of a batch."""
    x = unit(embedding) if p.normalize else embedding
    scale = np.ldexp(1.0, -np.frexp(np.abs(x).max(initial=0.0))[1])  # a power of two, which changes no distance
    among = Among(_centred(scale * x), label, "squared", False)
    power = dot(among.x, among.x)
    split = p.reduce == "nonzero_split"
    kinds = (Terms(), Terms()) if split else (Terms(),)

    def measured(block: Block) -> tuple[Floats, Floats]:
        d = divide(block.near, power[block.rows][:, None], 0.0)
        return d, np.where(block.like, np.maximum(d - p.pos_margin, 0.0), np.maximum(p.margin - d, 0.0))

    def values(block: Block) -> list[Floats]:
        found = measured(block)[1]
        return [found[mask] for mask in ((block.like, block.unlike) if split else (block.like | block.unlike,))]

    for found in among.blocks(values):
        for terms, more in zip(kinds, found, strict=True):
            terms.add(more)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        along = np.zeros(len(embedding))

        def slope(block: Block) -> Floats:
            d, _ = measured(block)
            out = np.where(block.like & (d >= p.pos_margin), shares[0], 0.0)
            out -= np.where(block.unlike & (d <= p.margin), shares[-1], 0.0)
            out = divide(out, power[block.rows][:, None], 0.0)
            along[block.rows] = 2.0 * np.where(out == 0.0, 0.0, out * d).sum(1)
            return out

        g = among.gradient(slope)["embedding"]
        g = scale * _centred(g - along[:, None] * among.x)
        return {"embedding": pull_unit(embedding, g) if p.normalize else g}

    return Found(tuple(map(Column, kinds)), pull)
