"""Cross-entropy of classes that exclude each other."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import Softmax
from losscli.families.shared.cross_entropy import bounds, cross_entropy, cross_entropy_slope, kept_labels
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Rows, Vector

Weights = Annotated[Vector | None, Param("one weight per class, times the loss of its class", ge=0)]
Norm = Annotated[Literal["weights", "count"], Param("what the mean divides by: the weights of the true classes, or the rows")]
NormAll = Annotated[
    Literal["weights", "count", "all"], Param("what the mean divides by: the true classes' weights, the rows, or ignored rows too")
]
WeightsOn = Annotated[
    Literal["classes", "label"], Param("a weight is of each class's share of the target, or of the true class on the whole loss")
]
BoundsOn = Annotated[Literal["all", "probabilities"], Param("eps clips always, or only where PRED holds probabilities")]
Ignore = Annotated[int | None, Param("label that leaves the count")]


@FAMILY.loss(
    "ce",
    aliases=("cross_entropy", "softmax_ce", "categorical_crossentropy", "log_loss"),
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
    label_smoothing: Annotated[float, Param("share e of every target spread over all classes: t(1-e) + e/C", ge=0, le=1)] = 0.0,
    ignore_index: Ignore = None,
    renormalize: Annotated[bool, Param("divide each row of probabilities by its sum first")] = False,
    eps: Annotated[float, Param("clip p to [eps, 1-eps]", ge=0, lt=0.5)] = 0.0,
    bounds_on: BoundsOn = "all",
) -> Rows:
    """How surprised the predicted distribution is by the true class.

    Formula: L = -Σ_k w_k t_k log p_k, for a class number -w_y log p_y; the value is Σ L / Σ w_y (norm=weights) or the mean.
    Gradient: by logits w_y (p - t); by probabilities -w t / p. Beyond a clip it is 0, at its bound it passes.
    Edge cases: p of exactly 0 for the true class is +infinity and counted; 0·log 0 = 0. Rows whose label is ignore_index leave the
    count. Confident logits keep every digit: the loss is log1p of the other classes' exponentials. With one score per row it
    is the cross-entropy of two classes.
    Use when: one of C classes is true and the whole distribution matters: the only proper score that depends on p_y alone.
    Avoid when: labels are noisy or classes very unequal: a single confident mistake weighs without bound.
    Related: bce treats each class as a question of its own; focal fades easy rows; nll reads log-probabilities.
    Equivalents: torch cross_entropy: `ce`, `ce:label_smoothing=0.1`, `ce:weights=[1,2,3]`, `ce:ignore_index=-100` with
    --from-logits; Keras CategoricalCrossentropy: `ce:eps=1e-7,bounds_on=probabilities,renormalize=true`; scikit-learn log_loss:
    `ce:eps=2.220446049250313e-16`; optax softmax_cross_entropy: `ce` with --from-logits; weights divided by the number of rows
    (Keras class_weight): `ce:weights=[1,2,3],norm=count,weights_on=label`; mmdetection CrossEntropyLoss, smp
    SoftCrossEntropyLoss, which divide by ignored rows too: `ce:norm=all,ignore_index=255`; timm LabelSmoothingCrossEntropy:
    `ce:label_smoothing=0.1`. Smoothing that gives the wrong classes e/(C-1) each is `label_smoothing` of e·C/(C-1).
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
def _ce_slope(
    scores: Softmax,
    label: Array,
    *,
    weights: Array | None,
    norm: str,
    weights_on: str,
    label_smoothing: float,
    ignore_index: int | None,
    renormalize: bool,
    eps: float,
    bounds_on: str,
) -> Floats:
    return cross_entropy_slope(
        scores,
        label,
        weights=weights,
        weights_on=weights_on,
        label_smoothing=label_smoothing,
        ignore_index=ignore_index,
        eps=bounds(scores, bounds_on, eps)[0],
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
    """The negative log-probability of the true class, read from log-probabilities.

    Formula: L = -w_y log p_y; the value is Σ L / Σ w_y (norm=weights) or the mean.
    Gradient: by the log-probabilities, -w_y at the true class and 0 elsewhere.
    Edge cases: a log-probability of -infinity is refused unless --nonfinite keep, then the loss is +infinity. Above 0 is an error.
    Use when: a model already gives log-probabilities, as log_softmax does.
    Avoid when: the scores are logits or probabilities: use ce.
    Related: ce = nll of log_softmax.
    Equivalents: torch nll_loss: `nll`, `nll:weights=[1,2,3]`, `nll:ignore_index=-100`.
    """
    values, divisor, kept = cross_entropy(scores, label, weights=weights, norm=norm, ignore_index=ignore_index)
    return Rows(values, divisor, kept)


@nll.gradient
def _nll_slope(scores: Softmax, label: Array, *, weights: Array | None, norm: str, ignore_index: int | None) -> Floats:
    return cross_entropy_slope(scores, label, weights=weights, ignore_index=ignore_index)


@ce.parts
def _ce_parts(scores: Softmax, label: Array, *, ignore_index: int | None, **_: object) -> dict[str, Floats]:
    if label.ndim > 1:
        return {"p": scores.p, "target": label}
    safe, kept = kept_labels(label, ignore_index)
    p_t = np.exp(scores.log_p_at(safe))
    return {"p": scores.p, "p_t": p_t if kept is None else np.where(kept, p_t, np.nan)}
