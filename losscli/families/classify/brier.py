"""The Brier score, and how much better than the classes' own frequencies a forecast is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.core.errors import DataError
from losscli.families.classify.family import FAMILY, columns
from losscli.families.shared.class_scores import Sigmoid, Softmax, one_hot
from losscli.families.shared.cross_entropy import bounded, passing
from losscli.numerics.stable import Array, Floats, xlogy
from losscli.spec.loss import Param

Form = Annotated[Literal["score", "loss"], Param("1 - loss / null loss (higher is better), or its complement")]
Empty = Annotated[
    Literal["error", "nan"], Param("what a file of one class alone gives, whose frequencies forecast it without loss")
]


def gap(scores: Softmax | Sigmoid, label: Array) -> Floats:
    """p - t, from complements where t is 1."""
    if isinstance(scores, Sigmoid):
        return np.where(label == 1, -scores.q, np.where(label == 0, scores.p, scores.p - label))
    if label.dtype.kind == "f":
        return scores.p - label
    return np.where(one_hot(label, scores.classes) == 1, -scores.q, scores.p)


@FAMILY.loss(
    "brier",
    aliases=("brier_score", "quadratic_score"),
    cite="Brier 1950",
    scores=lambda params, classes: "sigmoid" if classes == 1 else "softmax",
    label=lambda params, classes: "unit" if classes == 1 else "distribution",
    conventions={"sklearn": {"half": True}},
)
def brier(
    scores: Softmax | Sigmoid,
    label: Array,
    *,
    half: Annotated[bool, Param("two columns count half, which is what one score gives")] = False,
) -> Floats:
    """The squared distance between forecast and outcome.

    Formula: L = Σ_k (p_k - t_k)²; of one score per row (p - y)².
    Gradient: by probabilities 2 (p - t); by logits p_k (h_k - Σ_j p_j h_j) with h = 2 (p - t).
    Edge cases: bounded by 2 (one score: 1), so that a probability of 0 for the true class costs no more than that. Two columns give
    twice what one score does.
    Use when: a proper score that forgives single confident mistakes.
    Avoid when: rare classes: being sure and wrong costs hardly more than being unsure.
    Related: ce punishes without bound; d2_brier puts it beside the classes' own frequencies.
    Equivalents: scikit-learn brier_score_loss, halved for two classes and not for more: `brier:half=true`.
    """
    found = np.square(columns(gap(scores, label))).sum(1)
    return found / _parts(scores, half)


def _parts(scores: Softmax | Sigmoid, half: bool) -> float:
    return 2.0 if half and isinstance(scores, Softmax) and scores.classes == 2 else 1.0


@brier.gradient
def _brier_slope(scores: Softmax | Sigmoid, label: Array, *, half: bool) -> Floats:
    return scores.pull(2.0 / _parts(scores, half) * gap(scores, label))


def _skill(own: Floats, null: Floats, form: str, empty: str, name: str) -> Floats:
    """1 - own / null, or own / null."""
    if empty == "error" and bool((null <= 0).any()):
        raise DataError(f"{name}: the file holds one class alone, there is nothing to be better than", fix=f"{name}:empty=nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(null <= 0, np.nan, own / null)
    return ratio if form == "loss" else 1.0 - ratio


def _share(null: Floats, form: str) -> Floats:
    """By how much the value moves with a row's own loss."""
    with np.errstate(divide="ignore"):
        return np.expand_dims((1.0 if form == "loss" else -1.0) / null, 1)


@FAMILY.loss(
    "d2_log_loss",
    cite="Hastie 2015",
    unit="pool",
    pooled=True,
    direction="higher",
    reverse=lambda params: params["form"] == "loss",
    lowest=None,
    scores="softmax",
    label="class",
    conventions={"sklearn": {"eps": 2.220446049250313e-16}},
)
def d2_log_loss(
    scores: Softmax,
    label: Array,
    *,
    form: Form = "score",
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    empty: Empty = "error",
) -> dict[str, Floats]:
    """The share of the log loss that the forecast explains, beside always forecasting the classes' own frequencies.

    Formula: D² = 1 - Σ -log p_y / Σ_k -n_k log(n_k / N), n_k rows of class k among N; form=loss gives 1 - D².
    Gradient: each row's cross-entropy slope over minus the null loss; beyond a clip 0.
    Edge cases: 1 is perfect, 0 no better than the frequencies, below 0 worse; -infinity where a true class has probability 0. No
    row has a value of its own. A file of one class alone is an error unless empty=nan.
    Use when: log losses of files with different class shares are to be compared.
    Avoid when: the value must add up over files, or the file is small: its frequencies are part of the number.
    Related: ce over the file, scaled; d2_brier does the same for the Brier score.
    Equivalents: scikit-learn d2_log_loss_score: `d2_log_loss:eps=2.220446049250313e-16`.
    """
    own = 0.0 - bounded(scores.log_p_at(label), eps)
    return {"own": own, "counts": one_hot(label, scores.classes)}


def _surprise(counts: Floats) -> Floats:
    """Σ_k -n_k log(n_k / N)"""
    total = counts.sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.0 - xlogy(counts, np.log(counts / total)).sum(1)


@d2_log_loss.finish
def _d2_log_value(sums: Mapping[str, Floats], *, form: str, eps: float, empty: str) -> Floats:
    return _skill(sums["own"], _surprise(sums["counts"]), form, empty, "d2_log_loss")


@d2_log_loss.gradient
def _d2_log_slope(scores: Softmax, label: Array, sums: Mapping[str, Floats], *, form: str, eps: float, empty: str) -> Floats:
    on = -passing(scores.log_p_at(label), eps)
    slope = scores.pull_at(label, on)
    return (columns(slope) * _share(_surprise(sums["counts"]), form)).reshape(slope.shape)


@FAMILY.loss(
    "d2_brier",
    cite="Hastie 2015",
    unit="pool",
    pooled=True,
    direction="higher",
    reverse=lambda params: params["form"] == "loss",
    lowest=None,
    scores="softmax",
    label="class",
    conventions={"sklearn": {}},
)
def d2_brier(scores: Softmax, label: Array, *, form: Form = "score", empty: Empty = "error") -> dict[str, Floats]:
    """The share of the Brier score that the forecast explains, beside always forecasting the classes' own frequencies.

    Formula: D² = 1 - Σ_rows Σ_k (p_k - t_k)² / (N - Σ_k n_k² / N); form=loss gives 1 - D².
    Gradient: each row's Brier slope over minus the null score.
    Edge cases: 1 is perfect, 0 no better than the frequencies, below 0 worse. No row has a value of its own. A file of one class
    alone is an error unless empty=nan.
    Use when: Brier scores of files with different class shares are to be compared; also called the Brier skill score.
    Avoid when: the value must add up over files, or the file is small: its frequencies are part of the number.
    Related: brier over the file, scaled; d2_log_loss does the same for the log loss.
    Equivalents: scikit-learn d2_brier_score: `d2_brier`.
    """
    return {"own": np.square(gap(scores, label)).sum(1), "counts": one_hot(label, scores.classes)}


def _spread(counts: Floats) -> Floats:
    """N - Σ n² / N, as Σ n_k (N - n_k) / N: exactly 0 for one class alone."""
    total = counts.sum(1, keepdims=True)
    return (counts * ((total - counts) / total)).sum(1)


@d2_brier.finish
def _d2_brier_value(sums: Mapping[str, Floats], *, form: str, empty: str) -> Floats:
    return _skill(sums["own"], _spread(sums["counts"]), form, empty, "d2_brier")


@d2_brier.gradient
def _d2_brier_slope(scores: Softmax, label: Array, sums: Mapping[str, Floats], *, form: str, empty: str) -> Floats:
    slope = scores.pull(2.0 * gap(scores, label))
    return (columns(slope) * _share(_spread(sums["counts"]), form)).reshape(slope.shape)
