"""Multi-label losses of raw scores, and the fraction of wrong labels."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from losscli.families.classify._hard_classes import TOPS, Classes, Count, classes_of, decided, in_all
from losscli.families.classify.family import FAMILY, columns, per_row, share
from losscli.families.shared.class_scores import Sigmoid
from losscli.numerics.stable import Array, Floats, log1p_sum_exp, log_sum_exp, sigmoid, softmax, softplus
from losscli.spec.loss import Param, Params, Whole


@FAMILY.loss("multilabel_soft_margin", cite="Cox 1958", scores="raw", label="binary", conventions={"torch": {}})
def multilabel_soft_margin(scores: Floats, label: Floats) -> Floats:
    """Binary cross-entropy of raw scores, averaged over a row's labels.

    Formula: L = (1/C) Σ_k softplus(-s_k) where label k is true, else softplus(s_k).
    Gradient: (σ(s) - y) / C.
    Edge cases: scores are raw; --from-logits has no effect; labels are 0/1 or -1/+1, not a mixture.
    Use when: several labels may be true at once, independently of each other.
    Avoid when: only few of many labels are true (asl, zlpr and two_way balance them).
    Related: bce of several columns with --from-logits, and soft_margin, give the same value.
    Equivalents: torch MultiLabelSoftMarginLoss: `multilabel_soft_margin`.
    """
    return per_row(softplus((1.0 - 2.0 * label) * scores), "mean")


@multilabel_soft_margin.gradient
def _soft_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    side = 1.0 - 2.0 * label
    return share(side * sigmoid(side * scores), "mean")


def _sides(scores: Floats, label: Floats) -> tuple[Floats, Floats]:
    """The scores of the negatives and minus those of the positives, each -inf elsewhere."""
    return np.where(label == 1, -np.inf, scores), np.where(label == 1, -scores, -np.inf)


@FAMILY.loss(
    "zlpr",
    aliases=("multilabel_categorical_crossentropy",),
    cite="Su 2022",
    scores="raw",
    label=lambda p, classes: "binary" if classes == 1 else "multihot",
    conventions={"timm": {}},
)
def zlpr(scores: Floats, label: Floats) -> Floats:
    """Multi-label cross-entropy that ranks positives above, and negatives below, a score of zero.

    Formula: L = log(1 + Σ_negative e^s) + log(1 + Σ_positive e^-s).
    Gradient: e^s / (1 + Σ_negative e^s) at a negative, -e^-s / (1 + Σ_positive e^-s) at a positive.
    Edge cases: scores are raw; labels are 0/1 or -1/+1, one column per class. In a row without positives (or negatives) that
    term is 0.
    Use when: few of many labels are true and you do not want to tune a balance between positives and negatives.
    Avoid when: every label needs a calibrated probability.
    Related: with one column it is soft_margin; two_way ranks without the fixed zero.
    Equivalents: timm ZlprLoss: `zlpr`.
    """
    negative, positive = _sides(columns(scores), columns(label))
    return log1p_sum_exp(negative) + log1p_sum_exp(positive)


@zlpr.gradient
def _zlpr_slope(scores: Floats, label: Floats, p: Params) -> Floats:
    down, up = (_shares(x) for x in _sides(columns(scores), columns(label)))
    return (down - up).reshape(scores.shape)


def _shares(x: Floats) -> Floats:
    """e^x / (1 + Σ e^x)"""
    return softmax(np.maximum(np.concatenate([x, np.zeros((len(x), 1))], 1), -1e300))[:, :-1]


@FAMILY.loss("two_way", aliases=("two_way_multilabel",), cite="Kobayashi 2023", unit="whole", scores="raw", label="multihot",
             conventions={"timm": {}})  # fmt: skip
def two_way(
    scores: Floats,
    label: Floats,
    *,
    t_pos: Annotated[float, Param("temperature of the positives", gt=0)] = 4.0,
    t_neg: Annotated[float, Param("temperature of the negatives", gt=0)] = 1.0,
    batch: Annotated[int | None, Param("rows per batch, in file order; none: all rows form one batch", ge=1)] = None,
) -> Whole:
    """Soft ranking loss of positives over negatives, across the classes of each row and the rows of each class.

    Formula: l(x) = softplus(T_n log Σ_negative e^(x/T_n) + T_p log Σ_positive e^(-x/T_p)); the value is the mean of l over the
    rows with a positive plus the mean of l over the classes with one; with batch the mean over batches.
    Gradient: σ(·) times the softmax of each side, divided by the number of rows and of classes.
    Edge cases: scores are raw; labels are 0/1, one column per class. Rows and classes without positives are left out, as are
    batches without positives; without any positive the value is nan. It has no per-row values.
    Use when: few of many labels are true and some classes are rare.
    Avoid when: the data set is evaluated in parts, as rows are compared within a batch.
    Related: zlpr compares with a score of zero, within rows only.
    Equivalents: timm TwoWayLoss: `two_way`, over its batch.
    """
    step = batch or max(len(scores), 1)
    spans = [slice(i, i + step) for i in range(0, len(scores), step)]
    parts = [(_way(scores[s], label[s], t_pos, t_neg), _way(scores[s].T, label[s].T, t_pos, t_neg)) for s in spans]
    found = [rows[0].mean() + classes[0].mean() for rows, classes in parts if len(rows[0])]

    def gradient() -> dict[str, Floats]:
        out = np.zeros(scores.shape)
        for s, (rows, classes) in zip(spans, parts, strict=True):
            if len(rows[0]):
                out[s] = (rows[1] + classes[1].T) / len(found)
        return {"scores": out}

    terms = [x for rows, classes in parts for x in (rows[0], classes[0])]
    return Whole(float(np.mean(found)) if found else float("nan"), np.concatenate(terms), gradient)


def _way(scores: Floats, label: Floats, t_pos: float, t_neg: float) -> tuple[Floats, Floats]:
    """l of every row with a positive, and the gradient of their mean with respect to the scores."""
    on = (label == 1).any(1)
    negative, positive = _sides(scores[on] / t_neg, label[on])
    positive = np.where(label[on] == 1, -scores[on] / t_pos, -np.inf)
    low, high = log_sum_exp(negative, 1, True), log_sum_exp(positive, 1, True)
    x = t_neg * low + t_pos * high
    pull = np.exp(negative - np.where(np.isfinite(low), low, 0.0)) - np.exp(positive - high)
    slope = np.zeros(scores.shape)
    slope[on] = sigmoid(x) * pull / max(int(on.sum()), 1)
    return softplus(x)[:, 0], slope


@FAMILY.loss("hamming", cite="Hamming 1950", highest=1.0, scores="sigmoid", label="binary", conventions={"sklearn": {}})
def hamming(
    scores: Sigmoid,
    label: Array,
    *,
    threshold: Annotated[float, Param("probability above which a label is predicted as true", ge=0, le=1)] = 0.5,
) -> Floats:
    """Hamming loss: the fraction of a row's labels that are predicted incorrectly.

    Formula: L = (1/C) Σ_k [ (p_k > T) ≠ y_k ].
    Gradient: none: it is 0 almost everywhere, so --gradients is an error.
    Edge cases: a probability of exactly T predicts false; labels are 0/1 or -1/+1. With several columns, class numbers are
    treated as one binary problem per class, so a wrong class counts twice (one false negative and one false positive); predicted
    classes likewise, with as many columns as --classes names, else as either side shows.
    Use when: several labels may be true at once and every mistake counts equally.
    Avoid when: only few of many labels are true, as predicting none is nearly perfect.
    Related: zero_one is the same for one column; bce is a smooth counterpart.
    Equivalents: scikit-learn hamming_loss of multi-label indicators: `hamming`.
    """
    predicted = scores.array > threshold if not scores.from_logits else scores.array > _logit(threshold)
    return per_row((predicted != (label == 1)).astype(np.float64), "mean")


@hamming.mined(unit="row", reads=decided, tops=TOPS)
def hamming_of_classes(
    pred_label: Classes,
    label: Classes,
    *,
    threshold: Annotated[float, Param("probability above which a label is predicted as true", ge=0, le=1)] = 0.5,
    count: Count = 1,
) -> Floats:
    """The same loss of predicted classes, as one-hot columns of all classes."""
    predicted = threshold < 1.0
    missed = (pred_label.numbers != label.numbers) | (not predicted)
    return (missed.astype(np.float64) + (missed & predicted)) / count


hamming_of_classes.fit(classes_of)
hamming_of_classes.resolve(in_all)


def _logit(p: float) -> float:
    return float(np.log(p) - np.log1p(-p))
