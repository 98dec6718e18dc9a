"""Losses of score differences within a row: every wrong class against the true one, every negative label against every positive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.cross_entropy import Weights
from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import at, one_hot
from losscli.numerics.stable import Array, Floats, divide, sigmoid, softplus, sum_and_rest, sum_of_three
from losscli.spec.loss import Param, Rows

Pairwise = Callable[[Floats, Floats], Floats]
"""Of the scores of all classes and those of one."""


@FAMILY.loss(
    "multi_margin",
    aliases=("weston_watkins",),
    cite="Weston & Watkins 1999",
    scores="raw",
    label="class",
    conventions={"torch": {}},
)
def multi_margin(
    scores: Floats,
    label: Array,
    *,
    p: Annotated[int, Param("power of each shortfall: 1 or 2", ge=1, le=2, example="2")] = 1,
    margin: Annotated[float, Param("how far the true class must lie above each other", ge=0)] = 1.0,
    weights: Weights = None,
    norm: Annotated[
        Literal["count", "weights"], Param("what the mean divides by: the rows, or the true classes' weights")
    ] = "count",
) -> Rows:
    """How far the true class's score lies short of a margin over each of the others, summed over them.

    Formula: L = (1/C) Σ_{k≠y} (w_y max(0, margin - s_y + s_k))^p.
    Gradient: with the shortfalls d_k above 0, p w_y^p d_k^(p-1) / C at class k and minus their sum at the true one; 0 on
    the margin.
    Edge cases: scores are raw and need a column per class, over all of which, the true one too, the sum is divided.
    Use when: several classes, one winner, and every near rival should be pushed back.
    Avoid when: only the best rival matters: crammer_singer.
    Related: crammer_singer takes the maximum; hinge for two classes is C times this.
    Equivalents: torch MultiMarginLoss: `multi_margin`, `multi_margin:p=2`; its code weighs after the power, so that with p=2 its
    weights are the squares of these.
    """
    short = _shortfall(scores, label, margin)
    w = None if weights is None else weights[label]
    total = (short**p).sum(1) / scores.shape[1]
    return Rows(total if w is None else w**p * total, w if norm == "weights" else None)


def _shortfall(scores: Floats, label: Array, margin: float) -> Floats:
    """max(0, margin - s_y + s_k) at the wrong classes, 0 at the true one."""
    short = np.maximum(sum_of_three(margin, scores, -np.expand_dims(at(scores, label), 1)), 0.0)
    return np.where(one_hot(label, scores.shape[1]) == 1, 0.0, short)


@multi_margin.gradient
def _multi_slope(scores: Floats, label: Array, *, p: int, margin: float, weights: Floats | None, norm: str) -> Floats:
    short = _shortfall(scores, label, margin)
    rise = (2.0 * short if p == 2 else (short > 0).astype(np.float64)) / scores.shape[1]
    slope = rise - one_hot(label, scores.shape[1]) * rise.sum(1, keepdims=True)
    return slope if weights is None else np.expand_dims(weights[label] ** p, 1) * slope


def _over_pairs(scores: Floats, label: Floats, of: Pairwise) -> Floats:
    """Σ of `of(negatives, positive)` per row; one class at a time, so that memory stays that of the scores."""
    total = np.zeros(len(scores))
    for k in range(scores.shape[1]):
        total += label[:, k] * ((1.0 - label) * of(scores, scores[:, k : k + 1])).sum(1)
    return total


def _pairs_slope(scores: Floats, label: Floats, slope: Pairwise) -> Floats:
    out = np.zeros(scores.shape)
    for k in range(scores.shape[1]):
        rise = label[:, k : k + 1] * (1.0 - label) * slope(scores, scores[:, k : k + 1])
        out += rise
        out[:, k] -= rise.sum(1)
    return out


@FAMILY.loss(
    "multilabel_margin",
    cite="Weston & Watkins 1999",
    scores="raw",
    label="multihot",
    conventions={"torch": {}},
)
def multilabel_margin(scores: Floats, label: Floats) -> Floats:
    """How far every true label's score lies short of a margin of 1 over every other's.

    Formula: L = (1/C) Σ_{i true} Σ_{j not} max(0, 1 - (s_i - s_j)).
    Gradient: 1/C at j and -1/C at i for every pair closer than 1; 0 on the margin.
    Edge cases: labels are 0/1 (or -1/+1) in a column per class; a row all of one kind costs nothing. The pairs are divided by the
    number of classes, not by their own.
    Use when: several labels hold at once and their order over the others is what counts.
    Avoid when: each label needs a probability: multilabel_soft_margin.
    Related: multi_margin when one label holds; zlpr is its smooth companion.
    Equivalents: torch MultiLabelMarginLoss, which lists the true classes' numbers: `multilabel_margin`.
    """
    return _over_pairs(scores, label, lambda a, b: np.maximum(sum_of_three(1.0, a, -b), 0.0)) / scores.shape[1]


@multilabel_margin.gradient
def _multilabel_slope(scores: Floats, label: Floats) -> Floats:
    return _pairs_slope(scores, label, lambda a, b: (sum_of_three(1.0, a, -b) > 0).astype(np.float64)) / scores.shape[1]


def _pair_counts(label: Floats) -> Floats:
    positive = label.sum(1)
    return positive * (label.shape[1] - positive)


@FAMILY.loss("bpr", aliases=("bayesian_personalized_ranking",), cite="Rendle 2009", scores="raw", label="multihot")
def bpr(
    scores: Floats,
    label: Floats,
    *,
    pairs: Annotated[Literal["mean", "sum"], Param("how the pairs of a row are combined")] = "mean",
    empty: Annotated[
        Literal["skip", "perfect", "nan"], Param("a row without a positive or without a negative: leaves the count, 0, nan")
    ] = "skip",
) -> Rows:
    """How surely each positive item is ranked above each negative one.

    Formula: L = mean over the row's pairs of -log σ(s_positive - s_negative); pairs=sum adds them.
    Gradient: with d = s_negative - s_positive, σ(d) at the negative and -σ(d) at the positive, over the number of pairs.
    Edge cases: a row is a user, a column an item; labels are 0/1 (or -1/+1), or one item number per row. The paper's penalty on the
    model's weights is the trainer's.
    Use when: implicit feedback: what was chosen should rank above what was not.
    Avoid when: only the head of the list counts: listnet weighs it more.
    Related: soft_margin of the difference; multilabel_margin is its hinge companion.
    Equivalents: catalyst BPRLoss adds 1e-10 inside the logarithm: `bpr` of two columns, the first one positive.
    """
    total, count = _over_pairs(scores, label, _surprise), _pair_counts(label)
    value = divide(total, count, 0.0) if pairs == "mean" else total
    if empty == "nan":
        return Rows(np.where(count == 0, np.nan, value))
    return Rows(value, kept=count > 0 if empty == "skip" else None)


def _surprise(negative: Floats, positive: Floats) -> Floats:
    """-log σ(positive - negative); what the difference's rounding left out would be magnified far below 0."""
    d, rest = sum_and_rest(negative, -positive)
    return softplus(d) + rest * sigmoid(d)


def _doubt(negative: Floats, positive: Floats) -> Floats:
    """σ(negative - positive)"""
    d, rest = sum_and_rest(negative, -positive)
    return sigmoid(d) * (1.0 + rest * sigmoid(-d))


@bpr.gradient
def _bpr_slope(scores: Floats, label: Floats, *, pairs: str, empty: str) -> Floats:
    slope = _pairs_slope(scores, label, _doubt)
    return slope / np.maximum(_pair_counts(label), 1.0)[:, None] if pairs == "mean" else slope
