"""Divergences between the predicted and the target distribution."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from losscli.families.classify.family import FAMILY
from losscli.families.shared.class_scores import Softmax, balanced, one_hot
from losscli.families.shared.near_equal import anew, log_ratio
from losscli.numerics.double import Double
from losscli.numerics.remainders import exp_remainder
from losscli.numerics.stable import Array, Bools, Floats, Ints, times, xlogy
from losscli.spec.loss import Param, Params

Classes = Annotated[Literal["sum", "mean"], Param("sum over the classes (the divergence), or their mean")]


def divergence(share: Floats, log_share: Floats, log_p: Floats) -> Floats:
    """Σ t (log t - log p) per row, with 0·log 0 = 0."""
    return times(share, np.where(share == 0, 0.0, log_share) - log_p).sum(1)


def _positive_terms(p: Floats, t: Floats, r: Floats) -> Floats:
    """t (log t - log p) - t + p per class, with r = log p - log t (0 where t is 0): no term is negative."""
    near = (t > 0) & (np.abs(r) < 1.0)
    return np.where(near, t * exp_remainder(np.where(near, r, 0.0)), p - t * (1.0 + r))


_NEAR = 0.05
"""Divergences below this are small differences of larger numbers."""


def _log_ratio(scores: Softmax, t: Floats, rows: Ints) -> Floats:
    """log p - log t of rows near their targets."""
    t = t[rows]
    return log_ratio(scores.array[rows], t) if scores.from_logits else np.log1p((scores.p[rows] - t) / np.where(t == 0, np.inf, t))


def _sound(scores: Softmax) -> Bools:
    """Rows of several scores without infinite logits or, for probabilities, without zeros."""
    if scores.array.ndim != 2:
        return np.zeros(len(scores.array), bool)
    return np.asarray(np.isfinite(scores.array).all(1) if scores.from_logits else (scores.p > 0).all(1))


def shares(label: Array, classes: int) -> Floats:
    """Targets as distributions; class numbers become one-hot."""
    return label if label.dtype.kind == "f" else one_hot(label, classes)


def _over(values: Floats, classes: str, count: int) -> Floats:
    return values / count if classes == "mean" else values


@FAMILY.loss(
    "kl",
    aliases=("kl_divergence", "kullback_leibler", "kl_div"),
    cite="Kullback & Leibler 1951",
    scores=lambda p, classes: "log" if p.log_scores else "softmax",
    label=lambda p, classes: "log" if p.log_target else "distribution",
    conventions={"torch": {"classes": "mean"}, "keras": {"eps": 1e-7}, "optax": {}, "kornia": {}},
)
def kl(
    scores: Softmax,
    label: Array,
    *,
    log_scores: Annotated[bool, Param("PRED contains log-probabilities")] = False,
    log_target: Annotated[bool, Param("TARGET contains log-probabilities")] = False,
    classes: Classes = "sum",
    eps: Annotated[float, Param("lower bound on the probabilities of both sides", ge=0, lt=0.5, example="0.01")] = 0.0,
) -> Floats:
    """Kullback-Leibler divergence of the prediction from the target distribution, in nats.

    Formula: L = Σ_k t_k (log t_k - log p_k); classes=mean divides by the number of classes.
    Gradient: w.r.t. logits: p Σt - t; w.r.t. probabilities: -t / p; w.r.t. log-probabilities: -t.
    Edge cases: 0·log 0 = 0; a class with target above 0 and probability 0 gives +infinity, which is counted in the report.
    Class numbers are read as one-hot targets, for which this is ce. Log-probabilities of -infinity are an error unless
    --nonfinite keep is set.
    Use when: the target is a distribution, such as a teacher's output or the votes of several annotators.
    Avoid when: the target may be broader than the prediction can be, as every missed class is penalised heavily (js is bounded).
    Related: equals ce minus the entropy of the target; js is symmetric and bounded; distillation applies a temperature to both
    sides first.
    Equivalents: torch kl_div with reduction=batchmean, optax kl_divergence, kornia kl_div_loss_2d: `kl` (torch and optax read
    log-probabilities: `kl:log_scores=true`); torch's default mean divides by the number of classes too: `kl:classes=mean`.
    Keras KLDivergence first clips both sides to [1e-7, 1]: `kl:eps=1e-7`.
    """
    if eps:
        t = np.maximum(np.exp(label) if log_target else shares(label, scores.classes), eps)
        return _over(divergence(t, np.log(t), np.maximum(scores.log_p, np.log(eps))), classes, scores.classes)
    if log_target:
        return _over(divergence(np.exp(label), label, scores.log_p), classes, scores.classes)
    if label.dtype.kind != "f":
        return _over(0.0 - scores.log_p_at(label), classes, scores.classes)
    found = divergence(label, np.log(label), scores.log_p)

    def exact(rows: Ints) -> Floats:
        p, t = scores.p[rows], label[rows]
        over = (Double.of(t).total() - (1.0 if scores.from_logits else Double.of(p).total())).rounded
        return _positive_terms(p, t, _log_ratio(scores, label, rows)).sum(1) + over

    return _over(anew(found, (np.abs(found) < _NEAR) & _sound(scores), exact), classes, scores.classes)


@kl.gradient
def _kl_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    if p.eps:
        t = np.maximum(np.exp(label) if p.log_target else shares(label, scores.classes), p.eps)
        return _over(scores.pull_log(-t * (scores.log_p >= np.log(p.eps))), p.classes, scores.classes)
    if label.dtype.kind != "f":
        return _over(scores.pull_at(label, -np.ones(len(label))), p.classes, scores.classes)
    return _over(scores.pull_log(-(np.exp(label) if p.log_target else label)), p.classes, scores.classes)


@FAMILY.loss(
    "js",
    aliases=("jensen_shannon", "js_divergence"),
    cite="Lin 1991",
    highest=float(np.log(2.0)),
    scores="softmax",
    label="distribution",
    conventions={"kornia": {}},
)
def js(scores: Softmax, label: Array) -> Floats:
    """Jensen-Shannon divergence of prediction and target, symmetric and at most log 2.

    Formula: L = ½ KL(p‖m) + ½ KL(t‖m), m = (p + t)/2; natural logarithms.
    Gradient: w.r.t. probabilities: ½ log(p / m); w.r.t. logits: the same, backpropagated through the softmax.
    Edge cases: disjoint distributions give log 2, equal ones 0. W.r.t. a probability of 0 whose target is not 0 the gradient is
    -infinity. Near-equal distributions are computed from (p - t)/(p + t), without cancellation.
    Use when: either side may assign zero probability; you need a bounded, symmetric divergence.
    Avoid when: you need useful gradients far from the target, where it is flat.
    Related: kl is one-sided and unbounded; its square root is a metric.
    Equivalents: scipy jensenshannon squared, kornia js_div_loss_2d: `js`. timm JsdCrossEntropy mixes three views of an image.
    """
    t = shares(label, scores.classes)
    d, total = _gap(scores, t)
    close = np.abs(d) < 0.5
    small = np.where(close, d, 0.0)
    near = 2.0 * small * np.arctanh(small) + np.log1p(-small * small)
    far = xlogy(2.0 * scores.p, _log_of(scores.p, total)) + xlogy(2.0 * t, _log_of(t, total))
    return np.where(close, total * near, far).sum(1) / 4.0


def _log_of(p: Floats, total: Floats) -> Floats:
    """log(p / m) with the midpoint m; where both are 0, log 2."""
    return np.log(np.where(total == 0, 2.0, 2.0 * p / np.where(total == 0, 1.0, total)))


def _gap(scores: Softmax, t: Floats) -> tuple[Floats, Floats]:
    """d = (p - t)/(p + t), 0 where both are 0, and p + t = 2m: p/m is 1 + d and t/m is 1 - d."""
    total = scores.p + t
    d = (scores.p - t) / np.where(total == 0, 1.0, total)
    if scores.from_logits:
        near = (np.abs(d) < _NEAR).all(1) & _sound(scores)
        d = anew(d, near, lambda rows: np.tanh(0.5 * _log_ratio(scores, t, rows)))
    return d, total


@js.gradient
def _js_slope(scores: Softmax, label: Array, p: Params) -> Floats:
    d, total = _gap(scores, shares(label, scores.classes))
    return scores.pull(0.5 * np.where(np.abs(d) < 0.5, np.log1p(d), _log_of(scores.p, total)))


@FAMILY.loss(
    "distillation", aliases=("knowledge_distillation", "kd"), cite="Hinton 2015", scores="softmax", label="scores",
    conventions={"mmdet": {"temperature": 10.0, "classes": "mean"}},
)  # fmt: skip
def distillation(
    scores: Softmax,
    label: Softmax,
    *,
    temperature: Annotated[float, Param("temperature that divides the logits of both sides", gt=0, le=1e100)] = 4.0,
    classes: Classes = "sum",
) -> Floats:
    """KL divergence of a student's temperature-softened distribution from its teacher's, times T².

    Formula: L = T² Σ_k t_k (log t_k - log p_k) with t = softmax(z_teacher / T), p = softmax(z_student / T).
    Gradient: w.r.t. the student's logits: T (p - t); w.r.t. its probabilities: the same divided by them; the teacher is held
    constant.
    Reads: TARGET contains the teacher's scores in the shape of PRED; --from-logits applies to both files.
    Edge cases: probabilities p are converted to the logits log p; a probability of 0 stays 0 at every temperature. One score
    per row in both files means two classes.
    Use when: a small model is trained to match the full output distribution of a large one.
    Avoid when: the teacher makes mistakes that should not be copied: add ce on the true labels to the objective.
    Related: kl at T=1; the factor T² keeps the gradient's scale as T grows.
    Equivalents: torch kl_div(log_softmax(s/T), softmax(t/T), reduction="batchmean") times T²: `distillation`; mmdetection
    KnowledgeDistillationKLDivLoss averages over the classes: `distillation:temperature=10,classes=mean`.
    """
    p, t, ratio = _soft_pair(scores, label, temperature)
    return _over(temperature**2 * _positive_terms(p, t, ratio).sum(1), classes, scores.classes)


def _soft_pair(scores: Softmax, label: Softmax, temperature: float) -> tuple[Floats, Floats, Floats]:
    """p, t and log p - log t (0 where t is 0), from the differences of the logits where they nearly agree."""
    student, teacher = _softened(scores, temperature), _softened(label, temperature)
    p, t = student.p, teacher.p
    ratio = np.where(t == 0, 0.0, student.log_p) - np.where(t == 0, 0.0, teacher.log_p)
    gap = _logit_gap(scores, label) / temperature
    near = np.asarray((np.abs(gap) < 1.0).all(1))
    gap, share = gap[near], t[near]
    gap -= (share * gap).sum(1, keepdims=True)
    ratio[near] = gap - np.log1p((share * np.expm1(gap)).sum(1, keepdims=True))
    return p, t, ratio


def _logit_gap(scores: Softmax, label: Softmax) -> Floats:
    """The difference of both sides' logits, with its digits where they nearly agree."""
    if scores.from_logits:
        return _logits(scores) - _logits(label)
    return np.log1p((scores.p - label.p) / label.p)


def _logits(scores: Softmax) -> Floats:
    """Logits, or log-probabilities; one score means two classes."""
    return scores.array if scores.from_logits and scores.array.ndim == 2 else np.maximum(scores.log_p, -1e300)


def _softened(scores: Softmax, temperature: float) -> Softmax:
    """softmax(z / T); a class with probability 0 keeps it."""
    return Softmax(np.where(np.isneginf(scores.log_p), -np.inf, _logits(scores) / temperature), True)


@distillation.gradient
def _distillation_slope(scores: Softmax, label: Softmax, p: Params) -> Floats:
    student, t, ratio = _soft_pair(scores, label, p.temperature)
    less = np.where(np.abs(ratio) < 1.0, t * np.expm1(ratio), student - t)
    slope = p.temperature * balanced(np.where(t == 0, student, less), student)
    plain = scores.from_logits and scores.array.ndim == 2
    return _over(slope if plain else scores.pull_log(slope), p.classes, scores.classes)
