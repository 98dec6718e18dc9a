"""Losses of ordered targets: lists ranked by relevance, and ordinal grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from losscli.core.errors import DataError
from losscli.families.classify._hard_classes import TOPS, Classes, Count, classes_of, decided, in_all
from losscli.families.classify.family import FAMILY, columns
from losscli.families.shared.class_scores import Softmax, one_hot
from losscli.numerics.stable import Array, Floats, softmax, times
from losscli.spec.loss import Param, Params


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
        Literal["softmax", "raw"], Param("weights of the items: the softmax of the relevances, or the relevances themselves")
    ] = "softmax",
) -> Floats:
    """ListNet: cross-entropy between the softmax of the relevances and the softmax of the scores.

    Formula: L = -Σ_k g_k log softmax(s)_k, g = softmax(relevance), or the relevance itself.
    Gradient: Σg · softmax(s) - g.
    Reads: one list per row: one score per item in PRED, its relevance in the same column of TARGET.
    Edge cases: scores are raw; --from-logits has no effect. The minimum is the entropy of g, not 0; with gains=raw a list whose
    relevances are all 0 has loss 0.
    Use when: relevance is graded and the top of the list matters most.
    Avoid when: lists differ in length, as padding would change the softmax.
    Related: it is ce with soft targets; bpr compares pairs.
    Equivalents: the paper's top-one ListNet: `listnet`; optax ranking_softmax_loss: `listnet:gains=raw`.
    """
    return 0.0 - times(_gains(label, gains), scores.log_p).sum(1)


def _gains(label: Floats, gains: str) -> Floats:
    return softmax(label) if gains == "softmax" else label


@listnet.gradient
def _listnet_slope(scores: Softmax, label: Floats, p: Params) -> Floats:
    return scores.pull_log(-_gains(label, p.gains))


_MOST = 128
"""Grades of which rows are counted one column per grade."""
_GRADES = "give grades few and consecutive numbers, from 0"


@FAMILY.loss(
    "weighted_kappa",
    aliases=("quadratic_kappa",),
    cite="Cohen 1968",
    unit="pool",
    pooled=True,
    direction="higher",
    reverse=lambda p: p.form != "score",
    lowest=None,
    scores="softmax",
    label="class",
)
def weighted_kappa(
    scores: Softmax,
    label: Array,
    *,
    weighting: Annotated[Literal["quadratic", "linear"], Param("how the distance between two grades is weighted")] = "quadratic",
    form: Annotated[Literal["score", "loss", "log"], Param("κ (higher is better), 1 - κ, or log(1 - κ + eps)")] = "score",
    eps: Annotated[float, Param("added inside the logarithm of form=log", ge=0)] = 0.0,
    empty: Annotated[Literal["error", "nan"], Param("result when predictions and targets are all in one class")] = "error",
) -> dict[str, Floats]:
    """Weighted kappa: agreement of predicted and true grades beyond chance, with larger errors weighted more.

    Formula: κ = 1 - Σ_rows Σ_k w_yk p_k / (Σ_jk n_j w_jk P_k / N), w_jk = (j - k)² or |j - k|, n_j the number of rows of true
    grade j among N, P_k the sum of p_k.
    Gradient: w.r.t. p, through both sums: -w_yk / D + S Σ_j n_j w_jk / (N D²) with numerator S and denominator D.
    Edge cases: probabilities count as fractions of rows; predicted grades in `pred_label` give the kappa of decisions. 1 is
    perfect, 0 is chance, below 0 is worse. It has no per-row values. If predictions and targets are all in one class (0/0), it is
    an error unless empty=nan.
    Use when: targets are ordinal grades and agreement beyond chance is the criterion.
    Avoid when: classes have no order; you compare data sets with different class frequencies, as chance agreement depends on them.
    Related: d2_brier also divides by the loss of the class frequencies.
    Equivalents: scikit-learn cohen_kappa_score(weights="quadratic") of decisions: `weighted_kappa` of predicted grades; the loss of
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
    """The chance disagreement per predicted grade, and in total."""
    true, forecast = sums["true"], sums["forecast"]
    each = np.einsum("nj,jk->nk", true, _distance(true.shape[1], weighting)) / true.sum(1, keepdims=True)
    return each, np.cumsum(each * forecast, 1)[:, -1]  # in order: classes without rows at the end change nothing


@weighted_kappa.finish
def _kappa(sums: Mapping[str, Floats], p: Params) -> Floats:
    chance = _chance(sums, p.weighting)[1]
    if p.empty == "error" and bool((chance == 0).any()):
        raise DataError(
            "weighted_kappa: predictions and targets are all in one class, so agreement beyond chance is 0/0",
            fix="weighted_kappa:empty=nan",
        )
    ratio = np.where(chance == 0, np.nan, sums["apart"] / chance)
    return np.log(ratio + p.eps) if p.form == "log" else ratio if p.form == "loss" else 1.0 - ratio


@weighted_kappa.mined(unit="pool", pooled=True, ordered=True, reads=decided, tops=TOPS)
@weighted_kappa.same_params()
def weighted_kappa_of_classes(pred_label: Classes, label: Classes, p: Params, *, count: Count = 1) -> dict[str, Floats]:
    """The same agreement of predicted classes."""
    if count > _MOST:
        raise DataError(f"weighted_kappa of predicted classes reads at most {_MOST} grades, found {count}", fix=_GRADES)
    within = [np.minimum(x.numbers, count - 1) for x in (pred_label, label)]  # beyond are only rows without a weight
    return dict(weighted_kappa.kernel(Softmax(one_hot(within[0], count), False), within[1], **p))


weighted_kappa_of_classes.fit(classes_of)
weighted_kappa_of_classes.resolve(in_all)
weighted_kappa_of_classes.finish(_kappa)


@weighted_kappa.gradient
def _kappa_slope(scores: Softmax, label: Array, sums: Mapping[str, Floats], p: Params) -> Floats:
    each, chance = _chance(sums, p.weighting)
    ratio = columns(sums["apart"] / chance)
    h = (_distance(scores.classes, p.weighting)[label] - ratio * each) / columns(chance)
    return scores.pull(h / (ratio + p.eps) if p.form == "log" else h if p.form == "loss" else -h)
