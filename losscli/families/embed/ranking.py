"""Differentiable ranking measures: average precision by histograms or sigmoids, and the overlap of histograms."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.core.records import dataclass
from losscli.families.embed._affinity import places
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Empty, Normalize, Terms
from losscli.families.embed._similarity_blocks import Among, Block, Said, at_anchors
from losscli.families.embed._soft_ranks import soft_ranks
from losscli.families.embed.family import FAMILY
from losscli.families.embed.info_nce import DIRECTION, NO_POSITIVE
from losscli.numerics.stable import Floats, Ints, cell, divide
from losscli.spec.loss import Param


@dataclass(frozen=True)
class Bins:
    """Positions of values among the nodes 0…n of a soft histogram, each shared between the two nodes next to it."""

    below: Ints
    part: Floats
    n: int

    @classmethod
    def of(cls, v: Floats, n: int) -> Bins:
        """v in units of a bin; beyond the first and last node the share of a value decreases to 0 within one bin."""
        below = cell(v, n)
        return cls(below, v - below, n)

    def rows(self, mask: Floats) -> Floats:
        """(b, n+1): the histogram of each row over the entries in the mask."""
        b, width = len(self.below), self.n + 2
        place = self.below + width * np.arange(b)[:, None]
        low = np.bincount(place.ravel(), (mask * np.maximum(1.0 - self.part, 0.0)).ravel(), b * width)
        high = np.bincount(place.ravel() + 1, (mask * np.where(self.below < self.n, self.part, 0.0)).ravel(), b * width)
        return np.asarray((low + high).reshape(b, width)[:, : self.n + 1], dtype=np.float64)

    def slope(self, pull: Floats, at_nodes: bool) -> Floats:
        """dL/dv from dL/d(histogram), row by row; at_nodes: use the right-hand derivative at a node, else 0."""
        padded = np.concatenate([pull, np.zeros((len(pull), 1))], 1)
        rows = np.arange(len(pull))[:, None]
        found = np.where(self.below < self.n, padded[rows, self.below + 1], 0.0) - padded[rows, self.below]
        inside = (self.part < 1.0) if at_nodes else (self.part > 0) & (self.part < 1.0)
        return np.where(inside, found, 0.0)


@FAMILY.loss(
    "fastap",
    aliases=("fast_ap",),
    cite="Cakir 2019",
    highest=1.0,
    unit="whole",
    rowed=True,
    conventions={"pml": {"empty": "perfect"}},
)
@batched(NO_POSITIVE)
def fastap(
    embedding: Floats,
    label: Ints,
    *,
    bins: Annotated[int, Param("bins of squared distances from 0 to 4", ge=1, example="4", le=1000)] = 10,
    normalize: Normalize = True,
    empty: Empty = "error",
) -> Found:
    """1 minus the average precision of each row's ranking of the others, approximated by soft histograms of distances.

    Formula: L_i = 1 - (1/N⁺)·Σ_j h⁺_j·H⁺_j/H_j; h⁺ and h the histograms of squared distances to positives and to all rows over the
    nodes 0, 4/R, …, 4, each distance shared between its two nodes; H their cumulative sums. The mean over rows with a positive.
    Gradient: by h⁺_k: -(H⁺_k/H_k + Σ_{j≥k} h⁺_j·H⁻_j/H_j²)/N⁺, by h⁻_k: Σ_{j≥k} h⁺_j·H⁺_j/H_j²/N⁺; for a distance the difference
    of these at its two nodes, over the bin width.
    Edge cases: a distance exactly at a node has no gradient, as with torch's abs and clamp. normalize=false: distances above 4 drop
    out beyond the last bin. A row alone in its class is left out of the mean; if no row has a positive, it is an error, or 0 with
    empty=perfect. Batches are weighted by their number of rows.
    Use when: retrieval evaluated by mean average precision, which it approximates by binning instead of sorting.
    Avoid when: bins are few or clusters tight: distances in the same bin are not distinguished.
    Related: smooth_ap compares rows pairwise instead of binning; histogram compares positive and negative pairs of the whole batch.
    Equivalents: pytorch-metric-learning FastAPLoss: `fastap:empty=perfect`; the authors' code: `fastap`.
    """
    width = 4.0 / bins

    def say(block: Block) -> Said:
        found = Bins.of(block.near / width, bins)
        like, unlike = found.rows(block.like.astype(np.float64)), found.rows(block.unlike.astype(np.float64))
        held, strange = np.cumsum(like, 1), np.cumsum(unlike, 1)
        every = held + strange
        count = block.like.sum(1).astype(np.float64)
        precise = divide((like * divide(held, every, 0.0)).sum(1), count, 0.0)

        def slope(share: Floats) -> Floats:
            size = (share / np.maximum(count, 1.0) / width)[:, None]
            safe = np.where(every == 0, np.inf, every)
            by_like = divide(held, every, 0.0) + _onward(like * strange / safe**2)
            by_unlike = -_onward(like * held / safe**2)
            close, wide = found.slope(-size * by_like, False), found.slope(-size * by_unlike, False)
            return np.where(block.like, close, np.where(block.unlike, wide, 0.0))

        return at_anchors(count > 0, 1.0 - precise, slope)

    return Among(embedding, label, "squared", normalize).by_anchor(say)


def _onward(x: Floats) -> Floats:
    """Cumulative sums from the end: Σ over each entry and all later ones."""
    return np.cumsum(x[:, ::-1], 1)[:, ::-1]


@FAMILY.loss(
    "smooth_ap",
    cite="Brown 2020",
    highest=1.0,
    unit="whole",
    rowed=True,
    domain=DIRECTION,
    placed=lambda p: p.runs is not None,
    conventions={"pml": {}},
)
@batched(NO_POSITIVE)
def smooth_ap(
    embedding: Floats,
    label: Ints,
    *,
    temperature: Annotated[float, Param("temperature of the sigmoids that approximate ranks", gt=0, example="0.1")] = 0.01,
    runs: Annotated[
        int | Literal["auto"] | None,
        Param("take runs of this many rows as classes; auto: as many as there are classes; none: use the labels", ge=1),
    ] = "auto",
    empty: Empty = "error",
) -> Found:
    """1 minus the average precision of each row's ranking of its batch by cosine, with ranks smoothed by sigmoids.

    Formula: L_i = 1 - (1/|P|)·Σ_{j in P} (1 + Σ_{k in P, k≠j} σ((s_ik - s_ij)/τ)) / (1 + Σ_{k≠j} σ((s_ik - s_ij)/τ)), P the rows
    of i's class, i itself among them, k over the whole batch, s the cosine. The mean over rows with another row of their class.
    Gradient: by s_ik through each sigmoid: σ(1-σ)/τ times -1/(|P|·B_j) where k is in P, plus A_j/(|P|·B_j²); by s_ij the negative
    of their sum; A and B numerator and denominator.
    Edge cases: equal cosines count half. A row alone in its class is left out of the mean; if no row has another of its class, it
    is an error, or 0 with empty=perfect. Batches are weighted by their number of rows. As in the authors' code, classes are runs of
    rows, one class after the other, and labels are not used unless runs=none; a warning reports labels that are not contiguous.
    Use when: retrieval, with batches that have several rows of each class.
    Avoid when: temperature is far below the differences of cosines: the sigmoids are steps, and nearly all gradients 0.
    Related: fastap uses bins instead of sigmoids; ranked_list uses the distances themselves.
    Equivalents: the authors' code, which needs one class after the other with equally many rows each: `smooth_ap:runs=4` for four
    rows of each. pytorch-metric-learning SmoothAPLoss takes as many rows per class as there are classes: `smooth_ap`. By label,
    in any order, as in the paper: `smooth_ap:runs=none`.
    """
    if runs is not None:
        label = np.arange(len(label)) // (len(np.unique(label)) if isinstance(runs, str) else runs)

    def say(block: Block) -> Said:
        mine = block.like.copy()
        mine[np.arange(len(mine)), block.anchors] = True
        size = np.count_nonzero(mine, 1)
        owner, place = places(mine)
        ranks = soft_ranks(block.near, temperature, owner, place)
        every, ours = ranks.source(chosen=False), ranks.source()
        before, ahead = 0.5 + ranks.sums(every), 0.5 + ranks.sums(ours)

        def slope(share: Floats) -> Floats:
            weight = (share / (temperature * size))[owner]
            by_every, by_ours = weight * ahead / before**2, weight / before
            out = ranks.sums(ranks.source(by_every), slope=True, chosen=False).reshape(block.near.shape)
            out[owner, place] -= ranks.sums(ranks.source(by_ours), slope=True)
            out[owner, place] -= by_every * ranks.sums(every, slope=True) - by_ours * ranks.sums(ours, slope=True)
            return out

        return at_anchors(size > 1, 1.0 - np.bincount(owner, ahead / before, len(size)) / size, slope)

    return Among(embedding, label).by_anchor(say)


@FAMILY.loss(
    "histogram", cite="Ustinova 2016", highest=1.0, unit="whole", domain=DIRECTION, conventions={"pml": {"empty": "perfect"}}
)
@batched("no batch has both a positive and a negative pair")
def histogram(
    embedding: Floats,
    label: Ints,
    *,
    bins: Annotated[int, Param("bins of cosines from -1 to 1", ge=1, example="5", le=10000)] = 100,
    empty: Empty = "error",
) -> Found:
    """Probability that a random negative pair has a higher cosine than a random positive pair, by soft histograms.

    Formula: L = Σ_r h⁻_r·Σ_{q≤r} h⁺_q; h⁺ and h⁻ the histograms of the cosines of positive and of negative pairs over the nodes -1,
    -1 + 2/R, …, 1, each cosine shared between its two nodes, each histogram with sum 1. The mean over batches, equally weighted.
    Gradient: by h⁻_r: Σ_{q≤r} h⁺_q, by h⁺_q: Σ_{r≥q} h⁻_r; for a cosine the difference of these at its two nodes, over the bin
    width and the number of pairs.
    Edge cases: at a node the right-hand derivative is used, as with the authors' floor. A batch without pairs of both kinds is left
    out of the mean; if no batch has both, it is an error, or 0 with empty=perfect.
    Use when: no margin should have to be chosen: the two distributions are compared directly.
    Avoid when: batches are small: histograms of few pairs are coarse.
    Related: fastap has histograms per row; intra_pair_variance measures the spread of each distribution separately.
    Equivalents: pytorch-metric-learning HistogramLoss(n_bins=100), which drops negative pairs of two rows that are both alone in
    their classes: `histogram:empty=perfect`.
    """
    among = Among(embedding, label)
    width = 2.0 / bins

    def binned(block: Block) -> tuple[Bins, tuple[Floats, Floats]]:
        v = np.clip((block.near + 1.0) / width, 0.0, float(bins))
        return Bins.of(v, bins), (block.like.astype(np.float64), block.unlike.astype(np.float64))

    def counted(block: Block) -> tuple[list[float], list[Floats]]:
        found, masks = binned(block)
        return [float(mask.sum()) for mask in masks], [found.rows(mask).sum(0) for mask in masks]

    counts, sums = (np.sum(x, 0) for x in zip(*among.blocks(counted), strict=True))
    if not counts.all():
        return Found((Column(Terms()),), lambda shares: {"embedding": np.zeros_like(embedding)})
    like, unlike = sums / counts[:, None]
    reached = np.cumsum(like)
    by = (_onward(unlike[None]) / counts[0], reached[None] / counts[1])

    def slope(block: Block, share: float) -> Floats:
        found, masks = binned(block)
        rows = np.ones((len(block.near), 1)) * (share / width)
        return np.asarray(sum(np.where(mask > 0, found.slope(rows * b, True), 0.0) for mask, b in zip(masks, by, strict=True)))

    terms = Terms.of(np.array([float((unlike * reached).sum())]))
    return Found((Column(terms),), lambda shares: among.gradient(lambda block: slope(block, shares[0])))
