"""The Brier score, and skill scores relative to always predicting the class frequencies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import DataError
from losscli.families.classify.family import FAMILY, columns
from losscli.families.shared.class_scores import Sigmoid, Softmax, one_hot
from losscli.families.shared.cross_entropy import bounded, passing
from losscli.numerics.stable import Array, Floats, xlogy
from losscli.spec.loss import Loss, Param, Params

Form = Annotated[Literal["score", "loss"], Param("1 - loss / null loss (higher is better), or its complement")]
Empty = Annotated[Literal["error", "nan"], Param("result when only one class occurs, where the null loss is 0")]


def gap(scores: Softmax | Sigmoid, label: Array) -> Floats:
    """p - t, computed from complements where t is 1."""
    if isinstance(scores, Sigmoid):
        return scores.less(label)
    if label.dtype.kind == "f":
        return scores.p - label
    return np.where(one_hot(label, scores.classes) == 1, -scores.q, scores.p)


@FAMILY.loss(
    "brier",
    aliases=("brier_score", "quadratic_score"),
    cite="Brier 1950",
    scores=lambda p, classes: "sigmoid" if classes == 1 else "softmax",
    label=lambda p, classes: "unit" if classes == 1 else "distribution",
    conventions={"sklearn": {"half": True}},
)
def brier(
    scores: Softmax | Sigmoid,
    label: Array,
    *,
    half: Annotated[bool, Param("halve the value for two columns, so that it equals that of a single score")] = False,
) -> Floats:
    """Squared difference between predicted probabilities and outcome, summed over the classes.

    Formula: L = Σ_k (p_k - t_k)²; with one score per row (p - y)².
    Gradient: w.r.t. probabilities: 2 (p - t); w.r.t. logits: p (h - Σ(p h)) with h = 2 (p - t).
    Edge cases: at most 2 (with one score per row, 1), even where the true class has probability 0. Two columns give twice the
    value of a single score.
    Use when: you need a bounded proper score that single confident mistakes do not dominate.
    Avoid when: rare classes matter: a confident mistake costs hardly more than an uncertain one.
    Related: ce is unbounded; d2_brier compares it with predicting the class frequencies.
    Equivalents: scikit-learn brier_score_loss, which halves the value for two classes only: `brier:half=true`.
    """
    found = np.square(columns(gap(scores, label))).sum(1)
    return found / _parts(scores, half)


def _parts(scores: Softmax | Sigmoid, half: bool) -> float:
    return 2.0 if half and isinstance(scores, Softmax) and scores.classes == 2 else 1.0


@brier.gradient
def _brier_slope(scores: Softmax | Sigmoid, label: Array, p: Params) -> Floats:
    return scores.pull(2.0 / _parts(scores, p.half) * gap(scores, label))


def _skilled(loss: Loss, null: Callable[[Floats], Floats], slope: Callable[[Softmax, Array, Params], Floats]) -> None:
    """Declare the value 1 - own / null, or own / null, and its gradient. null: from the counts of the classes; slope: of a row's
    own loss."""

    @loss.finish
    def _(sums: Mapping[str, Floats], p: Params) -> Floats:
        none = null(sums["counts"])
        if p.empty == "error" and bool((none <= 0).any()):
            what = f"{loss.name}: only one class occurs, so the null loss is 0 and the score is undefined"
            raise DataError(what, fix=f"{loss.name}:empty=nan")
        ratio = np.where(none <= 0, np.nan, sums["own"] / none)
        return ratio if p.form == "loss" else 1.0 - ratio

    @loss.gradient
    def _(scores: Softmax, label: Array, sums: Mapping[str, Floats], p: Params) -> Floats:
        share = (1.0 if p.form == "loss" else -1.0) / null(sums["counts"])
        found = slope(scores, label, p)
        return (columns(found) * share[:, None]).reshape(found.shape)


_SKILL: dict[str, Any] = {
    "unit": "pool",
    "pooled": True,
    "direction": "higher",
    "reverse": lambda p: p.form == "loss",
    "lowest": None,
    "scores": "softmax",
    "label": "class",
}


@FAMILY.loss(
    "d2_log_loss",
    cite="Hastie 2015",
    conventions={"sklearn": {"eps": 2.220446049250313e-16}},
    **_SKILL,
)
def d2_log_loss(
    scores: Softmax,
    label: Array,
    *,
    form: Form = "score",
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    empty: Empty = "error",
) -> dict[str, Floats]:
    """Relative reduction in log loss compared with always predicting the class frequencies.

    Formula: D² = 1 - Σ -log p_y / Σ_k -n_k log(n_k / N), with n_k of N rows in class k; form=loss gives 1 - D².
    Gradient: each row's cross-entropy gradient divided by minus the null loss; 0 outside the clipping range.
    Edge cases: 1 is perfect, 0 matches the class frequencies, below 0 is worse; -infinity if a true class has probability 0. It
    has no per-row values. Data with a single class are an error unless empty=nan.
    Use when: you compare log losses of data sets with different class frequencies.
    Avoid when: values of several files must be averaged; the data set is small, as its class frequencies are part of the value.
    Related: a scaled ce; d2_brier does the same for the Brier score.
    Equivalents: scikit-learn d2_log_loss_score: `d2_log_loss:eps=2.220446049250313e-16`.
    """
    own = 0.0 - bounded(scores.log_p_at(label), eps)
    return {"own": own, "counts": one_hot(label, scores.classes)}


def _surprise(counts: Floats) -> Floats:
    """Σ_k -n_k log(n_k / N)"""
    total = counts.sum(1, keepdims=True)
    return 0.0 - xlogy(counts, np.log(counts / total)).sum(1)


_skilled(d2_log_loss, _surprise, lambda scores, label, p: scores.pull_at(label, -passing(scores.log_p_at(label), p.eps)))


@FAMILY.loss("d2_brier", cite="Hastie 2015", conventions={"sklearn": {}}, **_SKILL)
def d2_brier(scores: Softmax, label: Array, *, form: Form = "score", empty: Empty = "error") -> dict[str, Floats]:
    """Relative reduction in Brier score compared with always predicting the class frequencies.

    Formula: D² = 1 - Σ_rows Σ_k (p_k - t_k)² / (N - Σ_k n_k² / N); form=loss gives 1 - D².
    Gradient: each row's Brier gradient divided by minus the null score.
    Edge cases: 1 is perfect, 0 matches the class frequencies, below 0 is worse. It has no per-row values. Data with a single
    class are an error unless empty=nan.
    Use when: you compare Brier scores of data sets with different class frequencies (also known as the Brier skill score).
    Avoid when: values of several files must be averaged; the data set is small, as its class frequencies are part of the value.
    Related: a scaled brier; d2_log_loss does the same for the log loss.
    Equivalents: scikit-learn d2_brier_score: `d2_brier`.
    """
    return {"own": np.square(gap(scores, label)).sum(1), "counts": one_hot(label, scores.classes)}


def _spread(counts: Floats) -> Floats:
    """N - Σ n² / N, as Σ n_k (N - n_k) / N: exactly 0 for a single class."""
    total = counts.sum(1, keepdims=True)
    return (counts * ((total - counts) / total)).sum(1)


_skilled(d2_brier, _spread, lambda scores, label, p: scores.pull(2.0 * gap(scores, label)))
