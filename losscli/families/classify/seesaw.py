"""The seesaw loss, which reduces the penalty on rare classes from rows of frequent ones."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from losscli.families.classify.class_imbalance import Counts, counted, found, moved_ce, moved_ce_slope
from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import Softmax, at, one_hot
from losscli.numerics.stable import Array, Floats
from losscli.spec.loss import Param, Params


@FAMILY.loss(
    "seesaw", cite="Wang 2021", scores="softmax", label="class", frozen=lambda p: p.q > 0, conventions={"mmdet": {"eps": 0.01}}
)
def seesaw(
    scores: Softmax,
    label: Array,
    *,
    counts: Counts = "auto",
    p: Annotated[float, Param("exponent of the mitigation factor (class counts)", ge=0)] = 0.8,
    q: Annotated[float, Param("exponent of the compensation factor (scores)", ge=0, example="0")] = 2.0,
    eps: Annotated[
        float, Param("lower bound on the true class's probability in the compensation factor", ge=0, lt=1, example="0.01")
    ] = 0.0,
) -> Floats:
    """Seesaw loss: cross-entropy that penalises rarer wrong classes less and higher-scoring wrong classes more.

    Formula: L = -log( e^z_y / Σ_k S_yk e^z_k ), S_yk = min(1, n_k / n_y)^p max(1, p_k / max(p_y, eps))^q, S_yy = 1.
    Gradient: w.r.t. logits: p' - t with p' the softmax with the factors S, which are held constant; w.r.t. probabilities: the
    same divided by p.
    Edge cases: counts below 1 are treated as 1. Probabilities p are converted to the logits log p. For q above 0 the gradient
    is not the exact derivative of the value, as the compensation is held constant, as in the paper.
    Use when: a detector has many classes with very different frequencies.
    Avoid when: you evaluate a trained model's probabilities as they are: use ce.
    Related: p=0 and q=0 is ce; balanced_softmax applies n_k / n_y to frequent classes too.
    Equivalents: mmdetection SeesawLoss, which accumulates counts during training and adds an objectness term:
    `seesaw:counts=@counts.npy,eps=0.01` is its class term.
    """
    return moved_ce(scores, label, _log_factors(scores, label, counts, p, q, eps))


def _log_factors(scores: Softmax, label: Array, counts: Any, p: float, q: float, eps: float) -> Floats:
    """log S_yk"""
    log_n = np.log(np.maximum(counts, 1.0))
    mitigation = p * np.minimum(log_n - log_n[label][:, None], 0.0)
    log_p = np.maximum(scores.log_p, -1e200)
    own = at(log_p, label)[:, None]
    lead = np.maximum(log_p - (np.maximum(own, np.log(eps)) if eps else own), 0.0)
    return np.where(one_hot(label, scores.classes) == 1, 0.0, mitigation + q * lead)


@seesaw.gradient
def _seesaw_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    return moved_ce_slope(scores, label, _log_factors(scores, label, p.counts, p.p, p.q, p.eps))


seesaw.fit(lambda scores, label, p: counted(label, scores.classes))
seesaw.resolve(found)
