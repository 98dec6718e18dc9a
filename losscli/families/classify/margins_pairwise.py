"""Losses of score differences within a row: wrong classes against the true one, or negative labels against positive ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.cross_entropy import Weights
from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import at, one_hot
from losscli.numerics.stable import Array, Bools, Floats, divide, sigmoid, softplus
from losscli.spec.loss import Param, Params, Rows

Pairwise = Callable[[Floats, Floats], Floats]
"""A function of the scores of all classes and those of one class."""


@FAMILY.loss(
    "multi_margin",
    aliases=("weston_watkins",),
    cite="Weston & Watkins 1999",
    scores="raw",
    label="class",
    conventions={"torch": {"weights_on": "loss"}},
)
def multi_margin(
    scores: Floats,
    label: Array,
    *,
    p: Annotated[int, Param("exponent of each shortfall: 1 or 2", ge=1, le=2, example="2")] = 1,
    margin: Annotated[float, Param("required margin of the true class over every other", ge=0)] = 1.0,
    weights: Weights = None,
    weights_on: Annotated[
        Literal["shortfalls", "loss"], Param("weights multiply each shortfall, or the row's loss: with p=2 they are squared or not")
    ] = "shortfalls",
    norm: Annotated[
        Literal["count", "weights"], Param("what the mean divides by: the rows, or the true classes' weights")
    ] = "count",
) -> Rows:
    """Multiclass margin loss: shortfalls of the true class's score from a margin over each other class, summed.

    Formula: L = (1/C) Σ_{k≠y} (w_y max(0, margin - s_y + s_k))^p; weights_on=loss: w_y outside of the power.
    Gradient: for shortfalls d_k > 0, p w_y^p d_k^(p-1) / C at class k and minus their sum at the true class; 0 on the margin;
    weights_on=loss: w_y for w_y^p.
    Edge cases: scores are raw, one column per class; the sum is divided by the number of all classes, including the true one.
    Use when: exactly one of several classes is true and every close competitor should be pushed down.
    Avoid when: only the highest wrong class matters (use crammer_singer).
    Related: crammer_singer takes the maximum; for two classes hinge is C times this.
    Equivalents: torch MultiMarginLoss: `multi_margin:weights_on=loss`, `multi_margin:p=2,weights_on=loss`; its documentation has
    the weights inside the power, its code outside.
    """
    short = _shortfall(scores, label, margin)
    w = None if weights is None else weights[label]
    total = (short**p).sum(1) / scores.shape[1]
    return Rows(total if w is None else _raised(w, p, weights_on) * total, w if norm == "weights" else None)


def _raised(w: Floats, p: int, weights_on: str) -> Floats:
    return w if weights_on == "loss" else w**p


def _shortfall(scores: Floats, label: Array, margin: float) -> Floats:
    """max(0, margin - s_y + s_k) at the wrong classes, 0 at the true one."""
    short = np.maximum(margin + (scores - np.expand_dims(at(scores, label), 1)), 0.0)
    return np.where(one_hot(label, scores.shape[1]) == 1, 0.0, short)


@multi_margin.gradient
def _multi_slope(scores: Floats, label: Array, p: Params) -> Floats:
    short = _shortfall(scores, label, p.margin)
    rise = (2.0 * short if p.p == 2 else (short > 0).astype(np.float64)) / scores.shape[1]
    slope = np.where(one_hot(label, scores.shape[1]) == 1, -rise.sum(1, keepdims=True), rise)
    return slope if p.weights is None else np.expand_dims(_raised(p.weights[label], p.p, p.weights_on), 1) * slope


def _pairs(label: Floats, k: int) -> Bools:
    """Which classes are negatives of rows in which class k is positive."""
    return np.asarray((label[:, k : k + 1] == 1) & (label == 0))


def _over_pairs(scores: Floats, label: Floats, of: Pairwise) -> Floats:
    """Sum of `of(negatives, positive)` per row, one class at a time to limit memory to the size of the scores."""
    total = np.zeros(len(scores))
    for k in range(scores.shape[1]):
        total += np.where(_pairs(label, k), of(scores, scores[:, k : k + 1]), 0.0).sum(1)
    return total


def _pairs_slope(scores: Floats, label: Floats, slope: Pairwise) -> Floats:
    out = np.zeros(scores.shape)
    for k in range(scores.shape[1]):
        rise = np.where(_pairs(label, k), slope(scores, scores[:, k : k + 1]), 0.0)
        out += rise
        out[:, k] -= rise.sum(1)
    return out


@FAMILY.loss("multilabel_margin", cite="Weston & Watkins 1999", scores="raw", label="multihot", conventions={"torch": {}})
def multilabel_margin(scores: Floats, label: Floats) -> Floats:
    """Multi-label margin loss: shortfalls of every true label's score from a margin of 1 over every other, summed.

    Formula: L = (1/C) Σ_{i true} Σ_{j false} max(0, 1 - (s_i - s_j)).
    Gradient: 1/C at j and -1/C at i for every pair closer than 1; 0 on the margin.
    Edge cases: labels are 0/1 (or -1/+1), one column per class; a row with only positives or only negatives has loss 0. The sum
    over pairs is divided by the number of classes, not of pairs.
    Use when: several labels are true at once and only their ranking above the others matters.
    Avoid when: each label needs a probability (use multilabel_soft_margin).
    Related: multi_margin is the case of one true label; zlpr is a smooth counterpart.
    Equivalents: torch MultiLabelMarginLoss, whose targets are lists of class numbers: `multilabel_margin`.
    """
    return _over_pairs(scores, label, lambda a, b: np.maximum(1.0 + (a - b), 0.0)) / scores.shape[1]


@multilabel_margin.gradient
def _multilabel_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    return _pairs_slope(scores, label, lambda a, b: (1.0 + (a - b) > 0).astype(np.float64)) / scores.shape[1]


def _pair_counts(label: Floats) -> Floats:
    positive = label.sum(1)
    return positive * (label.shape[1] - positive)


@FAMILY.loss("bpr", aliases=("bayesian_personalized_ranking",), cite="Rendle 2009", scores="raw", label="multihot")
def bpr(
    scores: Floats,
    label: Floats,
    *,
    pairs: Annotated[Literal["mean", "sum"], Param("how a row's pairs are combined")] = "mean",
    empty: Annotated[
        Literal["skip", "perfect", "nan"], Param("value of a row without positives or without negatives: left out, 0, or nan")
    ] = "skip",
) -> Rows:
    """Bayesian personalized ranking: logistic loss of the score difference of each positive and negative item.

    Formula: L = mean of -log σ(s_positive - s_negative) over the row's pairs; pairs=sum: their sum.
    Gradient: with d = s_negative - s_positive, σ(d) at the negative and -σ(d) at the positive, divided by the number of pairs.
    Edge cases: rows are users and columns items; labels are 0/1 (or -1/+1), or one item number per row. The paper's penalty on
    model weights is not included.
    Use when: you have implicit feedback and chosen items should rank above the others.
    Avoid when: only the top of the list matters (listnet gives it more weight).
    Related: it is soft_margin of the difference; multilabel_margin is the hinge counterpart.
    Equivalents: catalyst BPRLoss, which adds 1e-10 inside the logarithm: `bpr` on two columns, the first of them positive.
    """
    total, count = _over_pairs(scores, label, lambda a, b: softplus(a - b)), _pair_counts(label)
    value = divide(total, count, 0.0) if pairs == "mean" else total
    if empty == "nan":
        return Rows(np.where(count == 0, np.nan, value))
    return Rows(value, kept=count > 0 if empty == "skip" else None)


@bpr.gradient
def _bpr_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    slope = _pairs_slope(scores, label, lambda a, b: sigmoid(a - b))
    return slope / np.maximum(_pair_counts(label), 1.0)[:, None] if p.pairs == "mean" else slope
