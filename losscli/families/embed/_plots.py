"""The distances of pairs of the same class and of different classes, for plots."""

from __future__ import annotations

import numpy as np

from losscli.families.embed._vectors import apart, unit
from losscli.families.embed.family import FAMILY, labels_of, same_of
from losscli.numerics.stable import Floats
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Params
from losscli.spec.plotted import Plotted, Points
from losscli.spec.tile import Block

TOGETHER = 512
"""Rows that are paired with each other: consecutive ones of a tile."""
KINDS = ("euclidean", "squared", "cosine", "manhattan")
SAME, DIFFERENT = "same", "different"


def distance_kind(p: Params) -> str:
    """The distance that a loss compares; Euclidean where it has none of its own."""
    kind = p.get("distance")
    return str(kind) if kind in KINDS else "euclidean"


def distances(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> Points:
    """The distances of given pairs, of the pairs in triplets, or of all pairs among runs of rows with labels."""
    arrays = block.arrays
    if "embedding" in arrays:
        return _among(block, loss, p)
    if "anchor" in arrays:
        anchor, positive, negative = (_ready(block.doubles(k), loss, p) for k in ("anchor", "positive", "negative"))
        kind = distance_kind(p)
        return {SAME: (apart(anchor, positive, kind),), DIFFERENT: (apart(anchor, negative, kind),)}
    same = same_of(block, watch) == 1
    if "distance" in arrays:
        found = block.doubles("distance").reshape(block.rows)
    else:
        found = apart(_ready(block.doubles("a"), loss, p), _ready(block.doubles("b"), loss, p), distance_kind(p))
    return {SAME: (found[same],), DIFFERENT: (found[~same],)}


def _among(block: Block, loss: Loss, p: Params) -> Points:
    x, label = _ready(block.doubles("embedding"), loss, p), labels_of(block)
    found: dict[str, list[Floats]] = {SAME: [np.zeros(0)], DIFFERENT: [np.zeros(0)]}
    for start in range(0, len(x), TOGETHER):
        part, mine = x[start : start + TOGETHER], label[start : start + TOGETHER]
        i, j = np.triu_indices(len(part), 1)
        gap, same = apart(part[i], part[j], distance_kind(p)), mine[i] == mine[j]
        found[SAME].append(gap[same])
        found[DIFFERENT].append(gap[~same])
    return {series: (np.concatenate(parts),) for series, parts in found.items()}


def _ready(x: Floats, loss: Loss, p: Params) -> Floats:
    """The vectors as rows, of length 1 where the loss compares directions."""
    x = x.reshape(len(x), -1)
    directed = "direction" in loss.domain_for(p).values() or p.get("normalize") or distance_kind(p) == "cosine"
    return unit(x) if directed else x


def _axis(loss: Loss, p: Params) -> str:
    among = f" within runs of up to {TOGETHER} rows" if "embedding" in loss.takes else ""
    return f"{distance_kind(p)} distance{among}"


FAMILY.plots = {
    "distances": Plotted(
        (("embedding", "label"), ("anchor", "positive", "negative"), ("a", "b", "same"), ("distance", "same")),
        distances,
        "give embeddings with labels, pairs that are the same or not, or triplets",
        axis=_axis,
    )
}
