"""Losses of pairs and quadruplets that are given one by one: scores to rank, distances, cosines, four corners."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.embed._batch_softmax import PARTNERS
from losscli.families.embed._distance_double import Double, across, cancels, sharpened, workable
from losscli.families.embed._distance_double import distance as doubled
from losscli.families.embed._vectors import length, measure, pull_unit, slope, unit
from losscli.families.embed.family import FAMILY
from losscli.numerics.stable import Bools, Floats, dot
from losscli.spec.loss import Param, Params, Rows

_NEAR = 0.1
"""Cosines nearer than this to one, or to a margin, are taken at twice the precision."""


@FAMILY.loss(
    "margin_ranking",
    aliases=("pairwise_hinge",),
    cite="Herbrich 2000",
    domain={"a": "score", "b": "score"},
    conventions={"torch": {}},
)
def margin_ranking(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("by how much the higher must lead", ge=0, example="0.5")] = 0.0,
) -> Floats:
    """How far the score that should be lower comes within a margin of the one that should be higher.

    Formula: L = [margin - y·(a - b)]₊, y = 1 where a belongs above b (target 1), -1 where b belongs above a (target 0 or -1).
    Gradient: -y at a and y at b where the margin is broken.
    Edge cases: a pair exactly at its margin still has its slope, as torch's clamp. Target -1 is read as 0, with a note.
    Use when: rankers that score items one by one and are told which of two is better.
    Avoid when: every pair of a long list counts alike: listnet weighs lists, smooth_ap their top.
    Related: `hinge` of classify on a - b; triplet is this on distances from an anchor.
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


@FAMILY.loss("hinge_embedding", cite="Hadsell 2006", lowest=None, domain={"distance": "score"}, conventions={"torch": {}})
def hinge_embedding(
    distance: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("unlike pairs cost nothing beyond it", ge=0, example="2")] = 1.0,
) -> Floats:
    """A pair's distance where it is of one kind, and how far it comes within a margin where it is of two.

    Formula: L = y·d + (1-y)·[margin - d]₊, y = 1 for a like pair (target 1), 0 for an unlike one (0 or -1).
    Gradient: 1 for a like pair, -1 for an unlike one within the margin.
    Edge cases: a pair exactly at its margin still has its slope, as torch's clamp. A negative distance is taken as it stands.
    Use when: distances come from elsewhere, of any kind.
    Avoid when: vectors are at hand: contrastive measures them, and squares.
    Related: contrastive:form=linear,half=false is this on ‖a - b‖.
    Equivalents: torch hinge_embedding_loss: `hinge_embedding`.
    """
    return np.where(same == 1, distance, np.maximum(margin - distance, 0.0))


@hinge_embedding.gradient
def _hinge_embedding_slope(distance: Floats, same: Floats, p: Params) -> Floats:
    return np.where(same == 1, 1.0, np.where(distance <= p.margin, -1.0, 0.0))


@FAMILY.loss(
    "cosine_embedding",
    cite="Paszke 2019",
    domain=PARTNERS,
    conventions={"torch": {"eps": 1e-12}},
)
def cosine_embedding(
    a: Floats,
    b: Floats,
    same: Floats,
    *,
    margin: Annotated[float, Param("unlike pairs cost nothing below this cosine", ge=-1, le=1, example="0.25")] = 0.0,
    eps: Annotated[float, Param("added to each squared length (torch: 1e-12)", ge=0, example="0.5")] = 0.0,
) -> Floats:
    """How far the cosine of a like pair is from one, and how far that of an unlike pair rises above a margin.

    Formula: L = y·(1 - c) + (1-y)·[c - margin]₊, c = a·b / √((‖a‖² + eps)·(‖b‖² + eps)), y = 1 for a like pair (target 1), else 0.
    Gradient: of c at a: (b̂ - c·â)/√(‖a‖² + eps), â = a/√(‖a‖² + eps); at b with a and b exchanged; -1 and 1 times that.
    Edge cases: a zero vector is refused unless eps gives it a cosine of 0; an unlike pair exactly at its margin still has its
    slope. 1 - c is taken from ‖â - b̂‖²/2, which keeps its digits where the two almost agree.
    Use when: verification by direction.
    Avoid when: lengths matter: contrastive takes them in.
    Related: twice 1 - c is the squared distance of unit vectors; `cosine` of regress is 1 - c alone.
    Equivalents: torch cosine_embedding_loss, which adds 1e-12: `cosine_embedding:eps=1e-12`.
    """
    x, y, sizes = _scaled(a, b, eps)
    apart = 0.5 * dot(x - y, x - y)
    if eps:
        apart = apart + 0.5 * sum(eps / size**2 for size in sizes)
        return np.where(same == 1, apart, np.maximum(dot(x, y) - margin, 0.0))
    like, above = same == 1, _above(a, b, dot(x, y), sizes, margin)
    near = like & (apart < _NEAR) & workable(sizes[0]) & workable(sizes[1])
    apart = sharpened(apart, near, lambda rows: doubled(a[rows], b[rows], "cosine")).hi
    return np.where(like, apart, np.maximum(above, 0.0))


def _above(a: Floats, b: Floats, cos: Floats, sizes: tuple[Floats, Floats], margin: float) -> Floats:
    """cos - margin, at twice the precision where little is left of it."""
    plain = cos - margin
    near = (np.abs(plain) < _NEAR) & workable(sizes[0]) & workable(sizes[1])

    def exact(rows: Bools) -> Double:
        return Double.of(1.0) - Double.of(margin) - doubled(a[rows], b[rows], "cosine")

    return sharpened(plain, near, exact).hi


@cosine_embedding.gradient
def _cosine_embedding_slope(a: Floats, b: Floats, same: Floats, p: Params) -> dict[str, Floats]:
    x, y, sizes = _scaled(a, b, p.eps)
    c = dot(x, y)
    above = c - p.margin if p.eps else _above(a, b, c, sizes, p.margin)
    sign = np.where(same == 1, -1.0, np.where(above >= 0.0, 1.0, 0.0))
    one, two = (z[:, None] for z in sizes)
    by_a, by_b = y - c[:, None] * x, x - c[:, None] * y
    near = (np.abs(c) > 1.0 - _NEAR) & workable(sizes[0]) & workable(sizes[1])
    if not p.eps and near.any():
        by_a[near], by_b[near] = across(a[near], b[near])
    return {"a": sign[:, None] * by_a / one, "b": sign[:, None] * by_b / two}


def _scaled(a: Floats, b: Floats, eps: float) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    sizes = (np.hypot(length(a), np.sqrt(eps)), np.hypot(length(b), np.sqrt(eps)))
    return unit(a, sizes[0]), unit(b, sizes[1]), sizes


@FAMILY.loss("quadruplet", cite="Chen 2017")
def quadruplet(
    anchor: Floats,
    positive: Floats,
    negative: Floats,
    other: Floats,
    *,
    margin: Annotated[float, Param("by how much the negative must be farther from the anchor", ge=0, example="3")] = 1.0,
    margin2: Annotated[float, Param("by how much the negative must be farther from the other", ge=0, example="2")] = 0.5,
    distance: Annotated[Literal["squared", "euclidean"], Param("between embeddings")] = "squared",
    normalize: Annotated[bool, Param("divide embeddings by their length first")] = False,
) -> Rows:
    """A triplet, and how much farther apart two rows of two further classes are than two of one class, plus a margin.

    Formula: L = [d(a,p) - d(a,n) + margin]₊ + [d(a,p) - d(n,o) + margin2]₊, o of a class of its own; d squared, as the paper's g².
    Gradient: where a part is open, that of d(a,p) less that of d(a,n) or d(n,o): squared 2(x - y) at x, Euclidean (x - y)/d.
    Edge cases: a part exactly at its margin still has its slope; a Euclidean distance of 0 has none. The paper learns g and takes
    the margins from the means of the batch; here they are given.
    Use when: classes should be tight against all others, not only around an anchor.
    Avoid when: mining finds few such rows: triplet with hard mining does most of it.
    Related: triplet is the first part.
    Equivalents: none of the libraries known has it.
    """
    gaps, excess = _corners(anchor, positive, negative, other, margin, margin2, distance, normalize)
    near, far, wide = (measure(gap, distance) for gap in gaps)

    def sharp(plain: Floats, more: float, size: Floats, x: Floats, y: Floats) -> Floats:
        def exact(rows: Bools) -> Double:
            mine = doubled(anchor[rows], positive[rows], distance, normalize=normalize)
            return mine - doubled(x[rows], y[rows], distance, normalize=normalize) + Double.of(more)

        return sharpened(plain, cancels(plain, near + size + more, 0.5 if normalize else 0.25), exact).hi

    parts = (sharp(excess[0], margin, far, anchor, negative), sharp(excess[1], margin2, wide, negative, other))
    values = [np.maximum(x, 0.0) for x in parts]
    return Rows(values[0] + values[1], parts={"anchor": (1.0, values[0]), "other": (1.0, values[1])})


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
    """The three sides, and what the two hinges take."""
    a, p, n, o = (unit(x) if normalize else x for x in (anchor, positive, negative, other))
    gaps = (a - p, a - n, n - o)
    near, far, wide = (measure(gap, distance) for gap in gaps)
    return gaps, (near - far + margin, near - wide + margin2)
