"""Losses of order: a list of items by their relevance, and grades whose distance counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.core.errors import DataError
from losscli.families.classify.family import FAMILY, columns
from losscli.families.shared import double_rows as fine
from losscli.families.shared.class_scores import Softmax, one_hot
from losscli.numerics.stable import Array, Floats, Ints, softmax, times
from losscli.spec.loss import Param


@FAMILY.loss(
    "listnet",
    aliases=("ranking_softmax",),
    cite="Cao 2007",
    lowest=None,
    scores="logits",
    label="real",
    conventions={"optax": {"gains": "raw"}},
)
def listnet(
    scores: Softmax,
    label: Floats,
    *,
    gains: Annotated[
        Literal["softmax", "raw"], Param("what weighs an item: the softmax of the relevances, or they themselves")
    ] = "softmax",
) -> Floats:
    """Cross-entropy between the relevances' softmax and the scores': which item stands first.

    Formula: L = -Σ_k g_k log softmax(s)_k, g = softmax(relevance), or the relevance itself.
    Gradient: Σg · softmax(s) - g.
    Reads: one list per row: a score per item in PRED, its relevance in the same column of TARGET.
    Edge cases: scores are raw, --from-logits changes nothing. The least value is the entropy of g, not 0; with gains=raw a list
    without relevance costs nothing.
    Use when: graded relevance where the head of the list counts most.
    Avoid when: lists of different length in one table: pad neither scores nor relevances.
    Related: ce of soft targets; bpr compares pairs.
    Equivalents: the paper's top-one ListNet: `listnet`; optax ranking_softmax_loss: `listnet:gains=raw`.
    """
    return 0.0 - times(_gains(label, gains), scores.log_p).sum(1)


def _gains(label: Floats, gains: str) -> Floats:
    return softmax(label) if gains == "softmax" else label


@listnet.gradient
def _listnet_slope(scores: Softmax, label: Floats, *, gains: str) -> Floats:
    if gains != "softmax":
        return scores.pull_log(-label)
    found = scores.p - _gains(label, gains)

    def exact(rows: Ints) -> Floats:
        p = fine.softmax(scores.array[rows])
        return fine.balanced(p - fine.softmax(label[rows]), p)

    sound = np.isfinite(scores.array).all(1) & np.isfinite(label).all(1)
    return fine.anew(found, fine.cancels(found, scores.p) & sound, exact)


@FAMILY.loss(
    "weighted_kappa",
    aliases=("quadratic_kappa",),
    cite="Cohen 1968",
    unit="pool",
    pooled=True,
    direction="higher",
    reverse=lambda params: params["form"] != "score",
    lowest=None,
    scores="softmax",
    label="class",
)
def weighted_kappa(
    scores: Softmax,
    label: Array,
    *,
    weighting: Annotated[Literal["quadratic", "linear"], Param("how the distance of two grades counts")] = "quadratic",
    form: Annotated[Literal["score", "loss", "log"], Param("κ (higher is better), 1 - κ, or log(1 - κ + eps)")] = "score",
    eps: Annotated[float, Param("added inside the logarithm of form=log", ge=0)] = 0.0,
    empty: Annotated[
        Literal["error", "nan"], Param("what a file gives where forecast and truth lie in one and the same class")
    ] = "error",
) -> dict[str, Floats]:
    """How far forecast and true grades agree beyond chance, far misses counting more than near ones.

    Formula: κ = 1 - Σ_rows Σ_k w_yk p_k / (Σ_jk n_j w_jk P_k / N), w_jk = (j - k)² or |j - k|, n_j true rows of grade j among
    N, P_k the sum of p_k.
    Gradient: through both sums, by p: -w_yk / D + S Σ_j n_j w_jk / (N D²) with S above and D below the line.
    Edge cases: probabilities are counted as parts of rows; give one-hot scores for the kappa of decisions. 1 is perfect, 0 chance,
    below 0 worse. No row has a value of its own. 0/0, forecast and truth all in one class, is an error unless empty=nan.
    Use when: grades in order, judged by agreement.
    Avoid when: classes without an order, or shares that differ between files: chance is the file's.
    Related: d2_brier also divides by what the classes' shares alone would give.
    Equivalents: scikit-learn cohen_kappa_score(weights="quadratic") of decisions: `weighted_kappa` of one-hot scores; the loss of
    de la Torre 2018, TensorFlow Addons WeightedKappaLoss: `weighted_kappa:form=log,eps=1e-6`.
    """
    return {
        "apart": (_distance(scores.classes, weighting)[label] * scores.p).sum(1),
        "true": one_hot(label, scores.classes),
        "forecast": np.ascontiguousarray(scores.p),
    }


def _distance(classes: int, weighting: str) -> Floats:
    grade = np.arange(float(classes))
    gap = np.abs(grade[:, None] - grade)
    return gap * gap if weighting == "quadratic" else gap


def _chance(sums: Mapping[str, Floats], weighting: str) -> tuple[Floats, Floats]:
    """By how much each forecast of a grade adds to what chance gives, and what chance gives."""
    true, forecast = sums["true"], sums["forecast"]
    each = np.einsum("nj,jk->nk", true, _distance(true.shape[1], weighting)) / true.sum(1, keepdims=True)
    return each, (each * forecast).sum(1)


@weighted_kappa.finish
def _kappa(sums: Mapping[str, Floats], *, weighting: str, form: str, eps: float, empty: str) -> Floats:
    chance = _chance(sums, weighting)[1]
    if empty == "error" and bool((chance == 0).any()):
        raise DataError(
            "weighted_kappa: forecast and truth lie in one and the same class: agreement beyond chance is 0/0",
            fix="weighted_kappa:empty=nan",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(chance == 0, np.nan, sums["apart"] / chance)
        return np.log(ratio + eps) if form == "log" else ratio if form == "loss" else 1.0 - ratio


@weighted_kappa.gradient
def _kappa_slope(
    scores: Softmax,
    label: Array,
    sums: Mapping[str, Floats],
    *,
    weighting: str,
    form: str,
    eps: float,
    empty: str,
) -> Floats:
    each, chance = _chance(sums, weighting)
    ratio = columns(sums["apart"] / chance)
    h = (_distance(scores.classes, weighting)[label] - ratio * each) / columns(chance)
    return scores.pull(h / (ratio + eps) if form == "log" else h if form == "loss" else -h)
