"""Losses of given pairs and quadruplets: ranking scores, distances, cosines and quadruplets."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batch_softmax import PARTNERS
from losscli.families.embed._reduction import Normalize
from losscli.families.embed._triplet_distances import lead
from losscli.families.embed._vectors import across, length, measure, pull_unit, slope, unit
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Floats, dot
from losscli.spec.loss import Param, Params, Rows


@FAMILY.loss(
    "margin_ranking",
    aliases=("pairwise_hinge",),
    cite="Herbrich 2000",
    domain={"a": "score", "b": "score"},
    conventions={"torch": {}},
    sample="a pair",
)
def margin_ranking(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("required lead of the higher score", ge=0, example="0.5")] = 0.0,
) -> Floats:
    """Hinge on the score difference of a pair: how far the higher-ranked item falls short of leading by a margin.

    Formula: L = [margin - y·(a - b)]₊, y = 1 where a ranks above b (target 1), -1 where b ranks above a (target 0 or -1).
    Gradient: -y at a and y at b where the margin is violated.
    Edge cases: a pair exactly at its margin keeps its gradient, as with torch's clamp. Target -1 is read as 0, with a note.
    Use when: a ranker scores items one by one and the data say which of two is better.
    Avoid when: the top of a long list matters most, since every pair has equal weight: use listnet or smooth_ap.
    Related: `hinge` of classify on a - b; triplet is the same on distances from an anchor.
    Equivalents: torch margin_ranking_loss: `margin_ranking`.
    """
    return np.maximum(_lag(a, b, same, margin), 0.0)


@margin_ranking.gradient
def _margin_ranking_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    down = np.where(_lag(a, b, same, p.margin) >= 0, np.where(same == 1, -1.0, 1.0), 0.0)
    return {"a": down, "b": -down}


def _lag(a: Floats, b: Floats, same: Floats, margin: float) -> Floats:
    lead = a - b
    return margin - np.where(same == 1, lead, -lead)


@FAMILY.loss(
    "hinge_embedding", cite="Hadsell 2006", lowest=None, domain={"distance": "score"}, conventions={"torch": {}}, sample="a pair"
)
def hinge_embedding(
    distance: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("distance beyond which negative pairs have no loss", ge=0, example="2")] = 1.0,
) -> Floats:
    """Distance of positive pairs, and shortfall from a margin of the distance of negative pairs.

    Formula: L = y·d + (1-y)·[margin - d]₊, y = 1 for a positive pair (target 1), 0 for a negative one (0 or -1).
    Gradient: 1 for a positive pair, -1 for a negative one within the margin.
    Edge cases: a pair exactly at its margin keeps its gradient, as with torch's clamp. A negative distance is used unchanged.
    Use when: distances of any kind have been computed already.
    Avoid when: the vectors are available: contrastive computes the distances and squares them.
    Related: contrastive:form=linear,half=false is the same on ‖a - b‖.
    Equivalents: torch hinge_embedding_loss: `hinge_embedding`.
    """
    return np.where(same == 1, distance, np.maximum(margin - distance, 0.0))


@hinge_embedding.gradient
def _hinge_embedding_slope(distance: Floats, same: Floats, p: Params) -> Floats:
    return np.where(same == 1, 1.0, np.where(distance <= p.margin, -1.0, 0.0))


@FAMILY.loss("cosine_embedding", cite="Paszke 2019", domain=PARTNERS, conventions={"torch": {"eps": 1e-12}}, sample="a pair")
def cosine_embedding(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("cosine below which negative pairs have no loss", ge=-1, le=1, example="0.25")] = 0.0,
    eps: Annotated[float, Param("added to each squared length (torch: 1e-12)", ge=0, example="0.5")] = 0.0,
) -> Floats:
    """1 minus the cosine of positive pairs, and the cosine of negative pairs above a margin.

    Formula: L = y·(1 - c) + (1-y)·[c - margin]₊, c = a·b / √((‖a‖² + eps)·(‖b‖² + eps)), y = 1 for a positive pair (target 1), else
    0.
    Gradient: of c at a: (b̂ - c·â)/√(‖a‖² + eps), â = a/√(‖a‖² + eps); at b with a and b exchanged; -1 and 1 times that.
    Edge cases: a zero vector is refused unless eps > 0, which gives it a cosine of 0; a negative pair exactly at its margin keeps
    its gradient. 1 - c is computed as sin²/(1 + c) for c > 0, which is accurate for nearly parallel vectors.
    Use when: verification compares directions only.
    Avoid when: lengths matter: use contrastive.
    Related: twice 1 - c is the squared distance of unit vectors; `cosine` of regress is 1 - c without negative pairs.
    Equivalents: torch cosine_embedding_loss, which adds 1e-12: `cosine_embedding:eps=1e-12`.
    """
    x, y, sizes = _scaled(a, b, eps)
    c = dot(x, y)
    if eps:
        apart = 0.5 * dot(x - y, x - y) + 0.5 * sum(eps / size**2 for size in sizes)
    else:
        apart = np.where(c > 0.0, np.square(length(across(a, b))) / (1.0 + c), 1.0 - c)
    return np.where(same == 1, apart, np.maximum(c - margin, 0.0))


@cosine_embedding.gradient
def _cosine_embedding_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    x, y, sizes = _scaled(a, b, p.eps)
    c = dot(x, y)
    sign = np.where(same == 1, -1.0, np.where(c - p.margin >= 0.0, 1.0, 0.0))
    by_a, by_b = (y - c[:, None] * x, x - c[:, None] * y) if p.eps else (across(a, b), across(b, a))
    one, two = (sign[:, None] * g / size[:, None] for g, size in zip((by_a, by_b), sizes, strict=True))
    return {"a": one, "b": two}


def _scaled(a: Floats, b: Floats, eps: float) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    sizes = (np.hypot(length(a), np.sqrt(eps)), np.hypot(length(b), np.sqrt(eps)))
    return unit(a, sizes[0]), unit(b, sizes[1]), sizes


@FAMILY.loss("quadruplet", cite="Chen 2017", sample="a quadruplet")
def quadruplet(
    anchor: Floats,
    positive: Floats,
    negative: Floats,
    other: Floats,
    *,
    margin: Annotated[float, Param("required lead of the anchor-negative distance", ge=0, example="3")] = 1.0,
    margin2: Annotated[float, Param("required lead of the negative-other distance", ge=0, example="2")] = 0.5,
    distance: Annotated[Literal["squared", "euclidean"], Param("distance between embeddings")] = "squared",
    normalize: Normalize = False,
) -> Rows:
    """Triplet loss plus a second hinge on the positive distance minus the distance between rows of two other classes.

    Formula: L = [d(a,p) - d(a,n) + margin]₊ + [d(a,p) - d(n,o) + margin2]₊, o a row of a third class; d squared, as the paper's g².
    Gradient: for each active hinge, that of d(a,p) minus that of d(a,n) or d(n,o): squared 2(x - y) at x, Euclidean (x - y)/d.
    Edge cases: a hinge exactly at its margin keeps its gradient; a Euclidean distance of 0 has none. The paper learns g and derives
    the margins from batch means; here they are parameters.
    Use when: classes should be compact relative to all other classes, not only around each anchor.
    Avoid when: few such quadruplets can be formed: triplet with hard mining has most of the effect.
    Related: triplet is the first hinge.
    Equivalents: in no known library.
    """
    _, excess = _corners(anchor, positive, negative, other, margin, margin2, distance, normalize)
    first, second = (np.maximum(x, 0.0) for x in excess)
    return Rows(first + second, parts={"anchor": (1.0, first), "other": (1.0, second)})


@quadruplet.gradient
def _quadruplet_slope(anchor: Floats, positive: Floats, negative: Floats, other: Floats, p: Params) -> dict[str, Floats]:
    corners = (anchor, positive, negative, other)
    gaps, excess = _corners(*corners, p.margin, p.margin2, p.distance, p.normalize)
    first, second = ((x >= 0).astype(np.float64)[:, None] for x in excess)
    ap, an, no = (slope(gap, p.distance) for gap in gaps)
    g = ((first + second) * ap - first * an, -(first + second) * ap, first * an - second * no, second * no)
    pulled = [pull_unit(x, s) for x, s in zip(corners, g, strict=True)] if p.normalize else g
    return dict(zip(("anchor", "positive", "negative", "other"), pulled, strict=True))


def _corners(
    anchor: Floats, positive: Floats, negative: Floats, other: Floats, margin: float, margin2: float, distance: str, normalize: bool
) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats]]:
    """The three differences a-p, a-n, n-o, and the arguments of the two hinges."""
    a, p, n, o = (unit(x) if normalize else x for x in (anchor, positive, negative, other))
    gaps = (a - p, a - n, n - o)
    near, far, wide = (measure(gap, distance) for gap in gaps)
    return gaps, (lead(near, far) + margin, lead(near, wide) + margin2)
