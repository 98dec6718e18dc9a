"""Cross-entropy of mutually exclusive classes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import Softmax
from losscli.families.shared.cross_entropy import bounds, cross_entropy, cross_entropy_slope, kept_labels
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params, Rows, Vector

Weights = Annotated[Vector | None, Param("one weight per class", ge=0)]
Norm = Annotated[Literal["weights", "count"], Param("what the mean divides by: the weights of the true classes, or the rows")]
NormAll = Annotated[
    Literal["weights", "count", "all"],
    Param("what the mean divides by: the true classes' weights, the rows, or all rows (ignored too)"),
]
WeightsOn = Annotated[
    Literal["classes", "label"], Param("weights apply to each class's term, or the true class's weight to the whole loss")
]
BoundsOn = Annotated[Literal["all", "probabilities"], Param("eps applies always, or only if PRED contains probabilities")]
Ignore = Annotated[int | None, Param("rows with this label are ignored")]


@FAMILY.loss(
    "ce",
    aliases=(
        "cross_entropy",
        "softmax_ce",
        "softmax_loss",
        "softmax_cross_entropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "log_loss",
    ),
    cite="Good 1952",
    scores="softmax",
    label="distribution",
    conventions={
        "torch": {},
        "keras": {"bounds_on": "probabilities", "eps": 1e-7, "norm": "count", "renormalize": True, "weights_on": "label"},
        "sklearn": {"eps": 2.220446049250313e-16},
        "optax": {},
        "smp": {"norm": "all"},
        "mmdet": {"norm": "all"},
        "timm": {"label_smoothing": 0.1},
    },
)
def ce(
    scores: Softmax,
    label: Array,
    *,
    weights: Weights = None,
    norm: NormAll = "weights",
    weights_on: WeightsOn = "classes",
    label_smoothing: Annotated[float, Param("label smoothing e: targets become t(1-e) + e/C", ge=0, le=1)] = 0.0,
    ignore_index: Ignore = None,
    renormalize: Annotated[bool, Param("first divide each row of probabilities by its sum")] = False,
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    bounds_on: BoundsOn = "all",
) -> Rows:
    """Negative log-probability of the true class.

    Formula: L = -Σ_k w_k t_k log p_k, which is -w_y log p_y for a class number; the value is Σ L / Σ w_y (norm=weights) or the
    mean.
    Gradient: w.r.t. logits: w_y (p - t); w.r.t. probabilities: -w t / p. It is 0 outside the clipping range and nonzero at its
    bounds.
    Edge cases: p = 0 for the true class gives +infinity, which is counted in the report; 0·log 0 = 0. Rows whose label is
    ignore_index are ignored. Small losses of confident logits are computed without cancellation, as log1p of the other classes'
    exponentials. One score per row means two classes.
    Use when: exactly one of C classes is true; it is the only proper score that depends on p_y alone.
    Avoid when: labels are noisy, as a single confident mistake has unbounded weight; classes are very imbalanced.
    Related: bce treats each class as an independent binary problem; focal down-weights easy rows; nll reads log-probabilities.
    Equivalents: torch cross_entropy: `ce`, `ce:label_smoothing=0.1`, `ce:weights=[1,2,3]`, `ce:ignore_index=-100` with
    --from-logits; Keras CategoricalCrossentropy: `ce:eps=1e-7,bounds_on=probabilities,renormalize=true`; scikit-learn log_loss:
    `ce:eps=2.220446049250313e-16`; optax softmax_cross_entropy: `ce` with --from-logits; weights divided by the number of rows
    (Keras class_weight): `ce:weights=[1,2,3],norm=count,weights_on=label`; mmdetection CrossEntropyLoss, smp
    SoftCrossEntropyLoss, which count ignored rows in the divisor: `ce:norm=all,ignore_index=255`; timm
    LabelSmoothingCrossEntropy: `ce:label_smoothing=0.1`. Smoothing that gives each wrong class e/(C-1) is label_smoothing =
    e·C/(C-1).
    """
    values, divisor, kept = cross_entropy(
        scores,
        label,
        weights=weights,
        norm=norm,
        weights_on=weights_on,
        label_smoothing=label_smoothing,
        ignore_index=ignore_index,
        eps=bounds(scores, bounds_on, eps)[0],
    )
    return Rows(values, divisor, kept)


@ce.gradient
def _ce_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return cross_entropy_slope(
        scores,
        label,
        weights=p.weights,
        weights_on=p.weights_on,
        label_smoothing=p.label_smoothing,
        ignore_index=p.ignore_index,
        eps=bounds(scores, p.bounds_on, p.eps)[0],
    )


@FAMILY.loss(
    "nll",
    aliases=("negative_log_likelihood",),
    cite="Fisher 1922",
    lowest=0.0,
    scores="log",
    label="class",
    conventions={"torch": {}},
)
def nll(scores: Softmax, label: Array, *, weights: Weights = None, norm: Norm = "weights", ignore_index: Ignore = None) -> Rows:
    """Negative log-probability of the true class, read from log-probabilities.

    Formula: L = -w_y log p_y; the value is Σ L / Σ w_y (norm=weights) or the mean.
    Gradient: w.r.t. the log-probabilities: -w_y t.
    Edge cases: a log-probability of -infinity is an error unless --nonfinite keep is set, which gives a loss of +infinity.
    Values above 0 are an error.
    Use when: the model outputs log-probabilities, for example from log_softmax.
    Avoid when: the scores are logits or probabilities (use ce).
    Related: ce of logits is nll of their log_softmax.
    Equivalents: torch nll_loss: `nll`, `nll:weights=[1,2,3]`, `nll:ignore_index=-100`.
    """
    values, divisor, kept = cross_entropy(scores, label, weights=weights, norm=norm, ignore_index=ignore_index)
    return Rows(values, divisor, kept)


@nll.gradient
def _nll_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return cross_entropy_slope(scores, label, weights=p.weights, ignore_index=p.ignore_index)


@ce.parts
def _ce_parts(scores: Softmax, label: Array, p: Params) -> dict[str, Floats]:
    if label.ndim > 1:
        return {"p": scores.p, "target": label}
    safe, kept = kept_labels(label, p.ignore_index)
    p_t = np.exp(scores.log_p_at(safe))
    return {"p": scores.p, "p_t": p_t if kept is None else np.where(kept, p_t, np.nan)}
