"""SSD's MultiBox loss: box deltas of matched anchors, and classes of matched and of the hardest unmatched anchors."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from losscli.families.detect._anchors import anchored, off, pick
from losscli.families.detect._deltas import four_weights
from losscli.families.detect._detector_scores import of_images
from losscli.families.detect._detector_terms import Sums, summed
from losscli.families.detect.family import FAMILY
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.families.shared.class_scores import Softmax
from losscli.numerics.stable import Bools, Floats, Ints, divide
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows, Vector
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    four_weights(loss, p)
    scores = of_images(block, conventions, watch)
    return scores, *anchored(block, loss, conventions, scores.array.shape[-1], scores.classes, lowest=-1)


@FAMILY.loss(
    "ssd",
    aliases=("multibox", "ssd_multibox"),
    cite="Liu 2016",
    unit="pool",
    pooled=True,
    conventions={"torchvision": {}, "mmdet": {}},
    reads=_prepare,
    sample="an image",
)
def ssd(
    scores: Softmax,
    deltas: Floats,
    anchors: Floats,
    target_box: Floats,
    label: Ints,
    match: Ints,
    *,
    neg_pos: Annotated[float, Param("negatives kept per matched anchor of the same image", ge=0)] = 3.0,
    alpha: Annotated[float, Param("weight of the box term", ge=0)] = 1.0,
    beta: Annotated[float, Param("threshold of the smooth L1 term", ge=0)] = 1.0,
    weights: Annotated[Vector, Param("weights of dx, dy, dw, dh", gt=0)] = (10.0, 10.0, 5.0, 5.0),  # type: ignore[assignment]
) -> dict[str, Floats]:
    """Cross-entropy of matched anchors and of the hardest unmatched ones plus smooth L1 on the boxes of matched anchors.

    Formula: L = (Σ CE of matched and mined anchors + alpha·Σ smooth_l1(d - t, beta) of matched ones) / N, t the true box encoded
    against its anchor, N the number of matched anchors in the file. Mined are, per image, the neg_pos·(matched anchors) unmatched
    anchors of the highest CE against class 0; equal ones in their order.
    Gradient: by logits (p - onehot)/N for matched and mined anchors, by deltas alpha·clip((d - t)/beta, -1, 1)/N for matched ones;
    0 elsewhere; the choice of mined anchors is held constant.
    Edge cases: a file without matched anchors gives 0.
    Reads: PRED scores (N,A,C), deltas (N,A,4), anchor (A,4); TARGET box (N,G,4), label (N,G), match (N,A), -1 for unmatched.
    Use when: reproducing a training log of SSD, or breaking it down into its terms: class, box.
    Avoid when: comparing detectors: it depends on anchors and matching.
    Related: faster_rcnn samples anchors, ssd mines the hardest; focal weights all anchors instead of choosing some.
    Equivalents: torchvision SSD.compute_loss, mmdetection SSDHead (which counts an image without matches as one): `ssd`;
    ssd.pytorch's MultiBoxLoss: `ssd`, except that it gives 0/0 without matches.
    """
    positive, picked = match >= 0, _chosen(scores, label, match, neg_pos)
    entropy = _cross_entropy(scores, label, match)
    box = smooth_absolute(off(deltas, anchors, target_box, match, weights), beta).sum(-1)
    return {
        "class": np.where(picked, entropy, 0.0).sum(1),
        "box": np.where(positive, box, 0.0).sum(1),
        "matched": positive.sum(1).astype(np.float64),
    }


@ssd.finish
def _finish(sums: Sums, p: Params) -> Rows:
    weights = {"class": 1.0, "box": p.alpha}
    return summed({name: (weight, divide(sums[name], sums["matched"], 0.0)) for name, weight in weights.items()})


@ssd.gradient
def _slope(
    scores: Softmax, deltas: Floats, anchors: Floats, target_box: Floats, label: Ints, match: Ints, sums: Sums, p: Params
) -> dict[str, Floats]:
    share = divide(np.ones_like(sums["matched"]), sums["matched"])[:, None]
    share = np.where(sums["matched"][:, None] > 0, share, 0.0)
    picked = _chosen(scores, label, match, p.neg_pos)
    by_scores = scores.pull_at(_class_of(label, match), -share * picked)
    slope = smooth_absolute_slope(off(deltas, anchors, target_box, match, p.weights), p.beta)
    by_deltas = np.where((match >= 0)[..., None], p.alpha * share[..., None] * slope, 0.0)
    return {"scores": np.moveaxis(by_scores, 1, -1), "deltas": by_deltas}


def _class_of(label: Ints, match: Ints) -> Ints:
    return np.where(match >= 0, pick(label, match), 0)


def _cross_entropy(scores: Softmax, label: Ints, match: Ints) -> Floats:
    return 0.0 - scores.log_p_at(_class_of(label, match))


def _chosen(scores: Softmax, label: Ints, match: Ints, neg_pos: float) -> Bools:
    """(N,A): matched anchors and, per image, the hardest of the others."""
    positive = match >= 0
    hardness = np.where(positive, -np.inf, _cross_entropy(scores, label, match))
    order = np.argsort(-hardness, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return positive | (rank < neg_pos * positive.sum(1, keepdims=True))
