"""Losses that compare a positive with a negative: triplet (given or mined from labels) and margin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np

from losscli.families.embed import mining as mined
from losscli.families.embed._affinity import Pairs
from losscli.families.embed._batches import Batch, Column, Found, batched
from losscli.families.embed._reduction import KEPT_TERMS, Empty, Normalize, Terms, rows_of
from losscli.families.embed._similarity_blocks import Among, Block, some
from losscli.families.embed._triplet_distances import Legs, cost, lead, nearer, slope_of
from losscli.families.embed.family import FAMILY
from losscli.families.embed.mining import Triplets, triplets, triplets_of
from losscli.numerics.stable import Floats, Ints
from losscli.spec.loss import Param, Params, Rows

Margin = Annotated[
    float | Literal["soft"],
    Param("required lead of the negative's distance; soft: log(1+e^(d_ap-d_an)) instead", ge=0, example="1"),
]
Distance = Annotated[Literal["euclidean", "squared", "manhattan", "cosine"], Param("distance between embeddings; cosine is 1-cos")]
Eps = Annotated[float, Param("added to each coordinate difference (torch: 1e-6)", ge=0, example="1e-6")]
RootEps = Annotated[float, Param("added to the squared Euclidean distance under the root (optax: 1e-6)", ge=0, example="0.01")]
Swap = Annotated[bool, Param("measure the negative's distance to the nearer of anchor and positive")]
Mining = Annotated[
    Literal["given"] | mined.Mining, Param("with labels: all triplets (also `given`), or those described under Edge cases")
]
MiningMargin = Annotated[float, Param("violating triplets: the negative's distance leads by this or less", ge=0)]
Reduce = Annotated[Literal["mean", "sum", "nonzero"], Param("mean or sum of the triplets, or mean of those above 0")]

NONE = np.zeros(0, np.int64)
NO_TRIPLET = "no anchor has both another row of its class and one of another class"


@FAMILY.loss(
    "triplet",
    aliases=("triplet_margin",),
    cite="Schroff 2015",
    conventions={
        "torch": {"margin": 1.0, "eps": 1e-6},
        "optax": {"margin": 1.0, "root_eps": 1e-6},
        "mmdet": {"mining": "hard", "margin": 0.3},
        "pml": {"mining": "all", "margin": 0.05, "normalize": True, "reduce": "nonzero", "empty": "perfect"},
    },
    sample="a triplet",
)
def triplet(
    anchor: Floats,
    positive: Floats,
    negative: Floats,
    *,
    margin: Margin = 0.2,
    distance: Distance = "euclidean",
    eps: Eps = 0.0,
    root_eps: RootEps = 0.0,
    swap: Swap = False,
    mining: Mining = "given",
    mining_margin: MiningMargin = 0.2,
    reduce: Reduce = "mean",
    normalize: Normalize = False,
    empty: Empty = "error",
    batch: Batch = None,
) -> Rows:
    """Hinge on the anchor's distance to a positive minus its distance to a negative, plus a margin.

    Formula: L = [d(a,p) - d(a,n) + margin]₊; margin=soft: log(1 + e^(d(a,p) - d(a,n))). swap: min(d(a,n), d(p,n)) for d(a,n).
    d is the Euclidean distance; the source (FaceNet) squares it and sums: distance=squared,reduce=sum.
    Gradient: of an active triplet, Euclidean: (a-p)/d_ap - (a-n)/d_an at a, -(a-p)/d_ap at p, (a-n)/d_an at n; squared:
    2(n-p), 2(p-a), 2(a-n); soft: times σ(d_ap - d_an).
    Edge cases: a triplet exactly at the margin keeps its gradient, as with torch's clamp; a distance of 0 has none; at a tie under
    swap both distances get half. reduce=nonzero is 0 without active triplets. Mining: anchors without positive or negative are left
    out. semihard takes, for each positive, the closest negative farther than it, or the farthest negative if there is none (as in
    TensorFlow Addons). hard takes the farthest positive and the closest negative of each anchor (Hermans 2017); easy_hard,
    easy_semihard and hard_semihard combine the nearest or farthest positive with the closest negative or the closest one farther
    than it, without anchors that have none. violating takes every triplet with d(a,n) - d(a,p) ≤ mining_margin, violating_hard and
    violating_semihard those of them with and without d(a,n) ≤ d(a,p), obeying all others. Triplets are formed within a batch; the
    value is over the triplets of all batches.
    Use when: retrieval and ranking, where only the order of distances around an anchor matters.
    Avoid when: most triplets are easy and have no loss, which dilutes the mean: use reduce=nonzero or mining=semihard.
    Related: margin (Wu) compares every distance with one boundary; contrastive needs only pairs.
    Equivalents: torch triplet_margin_loss: `triplet:margin=1,eps=1e-6`; FaceNet's sum: `triplet:distance=squared,reduce=sum`;
    pytorch-metric-learning TripletMarginLoss: `triplet:mining=all,margin=0.05,normalize=true,reduce=nonzero,empty=perfect`;
    TensorFlow Addons TripletSemiHardLoss: `triplet:mining=semihard,margin=1`;
    catalyst TripletLoss: `triplet:mining=hard,distance=squared,margin=0.3`; mmdetection TripletLoss, where every class
    has two rows: `triplet:mining=hard,margin=0.3`; optax triplet_margin_loss: `triplet:margin=1,root_eps=1e-6`.
    """
    legs = Legs(anchor, positive, negative, distance, eps, swap, normalize, root_eps)
    return rows_of(cost(legs.excess, margin), reduce)


@triplet.gradient
def _triplet_slope(anchor: Floats, positive: Floats, negative: Floats, p: Params) -> dict[str, Floats]:
    return Legs(anchor, positive, negative, p.distance, p.eps, p.swap, p.normalize, p.root_eps).gradient(p.margin)


@triplet.mined()
@batched(NO_TRIPLET)
@triplet.same_params()
def triplet_of_labels(embedding: Floats, label: Ints, p: Params) -> Found:
    """The triplet loss of the triplets formed from labels within a batch."""
    space = Among(embedding, label, p.distance, p.normalize, p.eps, p.root_eps)

    def walk(block: Block) -> Iterator[tuple[Triplets, Floats, Floats]]:
        """Some triplets, the excess of each, and the share of its gradient that goes to d(p,n)."""
        for part in triplets(space, block, p.mining, p.mining_margin):
            far, share = part.an, np.zeros(1)
            if p.swap:
                far, share = nearer(far, part.pn(space))
            yield part, lead(part.ap, far), share

    def value(block: Block) -> list[Floats]:
        return [part.terms(cost(excess, p.margin)) for part, excess, _ in walk(block)]

    if p.mining in ("all", "given") and not p.swap and not isinstance(p.margin, str) and triplets_of(label) > KEPT_TERMS:
        return _counted(space, p.margin)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        def slope(block: Block) -> tuple[Floats, Pairs]:
            out = np.zeros_like(block.near)
            swapped: list[Pairs] = [(NONE, NONE, np.zeros(0))]
            for part, excess, share in walk(block):
                weight = shares[0] * slope_of(excess, p.margin)
                part.spread(out, weight, -weight * (1.0 - share))
                if p.swap:
                    swapped.append((part.terms(part.positive), part.terms(part.negative), part.terms(-weight * share)))
            i, j, g = (np.concatenate(x) for x in zip(*swapped, strict=True))
            return out, (i, j, g)

        return space.gradient(slope)

    terms = Terms()
    for found in space.blocks(value):
        for values in found:
            terms.add(values)
    return Found((Column(terms),), pull)


def _counted(space: Among, margin: float) -> Found:
    """The triplet loss of all triplets, too many to keep: of each anchor by its distances in order, without a term for each."""

    def value(block: Block) -> tuple[int, int, float]:
        n, active, total = 0, 0, 0.0
        for i in np.flatnonzero(some(block.like)):
            near, far = block.near[i, block.like[i]] + margin, np.sort(block.near[i, block.unlike[i]])
            behind, below = np.searchsorted(far, near), np.append(0.0, np.cumsum(far))
            n, active = n + len(near) * len(far), active + int(behind.sum())
            total += float((behind * near - below[behind]).sum())
        return n, active, total

    def slope(block: Block, share: float) -> Floats:
        out = np.zeros_like(block.near)
        for i in np.flatnonzero(some(block.like)):
            near, far = block.near[i, block.like[i]] + margin, block.near[i, block.unlike[i]]
            out[i, block.like[i]] = share * np.searchsorted(np.sort(far), near, "right")
            out[i, block.unlike[i]] = -share * (len(near) - np.searchsorted(np.sort(near), far))
        return out

    terms = Terms()
    for found in space.blocks(value):
        terms.count(*found)
    return Found((Column(terms),), lambda shares: space.gradient(lambda block: slope(block, shares[0])))


@FAMILY.loss(
    "margin",
    aliases=("distance_margin",),
    cite="Wu 2017",
    unit="whole",
    conventions={"pml": {"reduce": "nonzero"}},
    sample="a pair",
)
@batched(NO_TRIPLET, "margin needs two rows of one class and one of another in a batch")
def margin(
    embedding: Floats,
    label: Ints,
    *,
    margin: Annotated[float, Param("half-width of the band around the boundary", ge=0)] = 0.2,
    beta: Annotated[
        float, Param("boundary distance: positive pairs belong below it, negative pairs above", gt=0, example="1")
    ] = 1.2,
    mining: Annotated[mined.Mining, Param("triplets whose two pairs are counted; all: each pair once per triplet")] = "all",
    mining_margin: MiningMargin = 0.2,
    distance: Distance = "euclidean",
    normalize: Normalize = True,
    reduce: Reduce = "mean",
) -> Found:
    """Hinges on positive distances above and negative distances below a boundary, with a margin (distance-weighted margin).

    Formula: two terms per triplet: [margin + d_ap - beta]₊ and [margin + beta - d_an]₊.
    Gradient: of an active positive pair (a-p)/d at a, of an active negative pair -(a-n)/d; the negative of it at the other end.
    Edge cases: no triplet at all is an error; a pair exactly at its limit keeps its gradient, as with torch's clamp; where d = 0 it
    is 0. mining and batches as in triplet.
    Use when: one boundary for all classes is wanted, as in verification, with the robustness of a linear hinge.
    Avoid when: pairs are sampled uniformly and most have no loss: use reduce=nonzero; the paper samples by distance in training.
    Related: contrastive:form=linear has a margin for each kind of pair; triplet compares distances with each other, not with beta.
    Equivalents: pytorch-metric-learning MarginLoss: `margin:reduce=nonzero`; catalyst's uses squared distances and has no recipe.
    """
    space = Among(embedding, label, distance, normalize)

    def walk(block: Block) -> Iterator[tuple[Triplets, Floats, Floats]]:
        for part in triplets(space, block, mining, mining_margin):
            yield part, margin + part.ap - beta, margin + beta - part.an

    def value(block: Block) -> list[Floats]:
        return [part.terms(np.maximum(x, 0.0)) for part, *both in walk(block) for x in both]

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        def slope(block: Block) -> Floats:
            out = np.zeros_like(block.near)
            for part, near, far in walk(block):
                part.spread(out, np.where(near >= 0, shares[0], 0.0), -np.where(far >= 0, shares[0], 0.0))
            return out

        return space.gradient(slope)

    terms = Terms()
    for found in space.blocks(value):
        for values in found:
            terms.add(values)
    return Found((Column(terms),), pull)


@triplet.parts
def _triplet_parts(anchor: Floats, positive: Floats, negative: Floats, p: Params) -> dict[str, Floats]:
    legs = Legs(anchor, positive, negative, p.distance, p.eps, p.swap, p.normalize, p.root_eps)
    return {"d_ap": legs.near, "d_an": legs.far, "d_ap - d_an": legs.excess}
