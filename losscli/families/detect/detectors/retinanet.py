"""RetinaNet: focal loss on every anchor and smooth L1 on the matched ones, divided by the number of matched anchors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._anchors import anchored, off, pick
from losscli.families.detect._deltas import four_weights
from losscli.families.detect._detector_scores import OF_IMAGES, each, need
from losscli.families.detect._detector_terms import Sums, summed
from losscli.families.detect.family import FAMILY
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.families.shared.class_scores import Sigmoid
from losscli.families.shared.cross_entropy import focal_binary, focal_binary_slope
from losscli.numerics.stable import Floats, Ints, row_sum, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows, Vector
from losscli.spec.tile import Block


def _prepare(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    four_weights(loss, p)
    need(block, block.arrays["scores"].ndim == 3, OF_IMAGES)
    scores = each(block, conventions, watch)
    return scores, *anchored(block, loss, conventions, scores.array.shape[1], scores.array.shape[2], lowest=-2)


@FAMILY.loss(
    "retinanet",
    cite="Lin 2017",
    unit="pool",
    of_value=True,
    conventions={"torchvision": {"beta": 0.0}, "mmdet": {"beta": 0.0, "pool": "batch"}},
    reads=_prepare,
    sample="an image",
)
def retinanet(
    scores: Sigmoid,
    deltas: Floats,
    anchors: Floats,
    target_box: Floats,
    label: Ints,
    match: Ints,
    *,
    gamma: Annotated[float, Param("focusing exponent: down-weights easy anchors", ge=0)] = 2.0,
    alpha: Annotated[float | None, Param("weight of positives, 1 - alpha of negatives", ge=0, le=1)] = 0.25,
    beta: Annotated[float, Param("threshold of the smooth L1 term; 0: absolute difference", ge=0)] = 1.0 / 9.0,
    lambda_: Annotated[float, Param("weight of the box term", ge=0)] = 1.0,
    weights: Annotated[Vector, Param("weights of dx, dy, dw, dh", gt=0)] = (1.0, 1.0, 1.0, 1.0),  # type: ignore[assignment]
    pool: Annotated[
        Literal["image", "batch"], Param("divide by the matched anchors per image and average, or by those of the whole file")
    ] = "image",
) -> dict[str, Floats]:
    """Focal loss of the classes of every anchor plus smooth L1 on the boxes of matched anchors, per matched anchor.

    Formula: L = (Σ focal over anchors and classes + lambda·Σ smooth_l1(d - t, beta) of matched ones) / max(1, N), t the true box
    encoded against its anchor, N the number of matched anchors of the image; the value is the mean over images.
    Gradient: focal's by the scores, lambda·clip((d - t)/beta, -1, 1) by the deltas of matched anchors, over max(1, N); 0 for
    ignored anchors.
    Edge cases: an image without matches is divided by 1. Anchors matched to -2 are ignored.
    Reads: PRED scores (N,A,C), deltas (N,A,4), anchor (A,4); TARGET box (N,G,4), label (N,G), match (N,A): -1 background, -2
    ignored. Class k is column k of the scores: there is no column for the background.
    Use when: reproducing a training log of RetinaNet, or breaking it down into its terms: class, box.
    Avoid when: comparing detectors: it depends on anchors and matching.
    Related: its terms alone are focal:mode=ovr,normalizer=positives and fast_rcnn_loc; ssd mines hard negatives instead of
    down-weighting easy ones.
    Equivalents: torchvision RetinaNet (losses summed): `retinanet:beta=0` with --from-logits; Detectron and mmdetection divide by
    the matched anchors of the batch: `retinanet:pool=batch`, mmdetection with L1: `retinanet:beta=0,pool=batch`.
    """
    counted, hot = _targets(scores, label, match)
    entropy = times(counted, focal_binary(scores, hot, gamma=gamma, alpha=alpha))
    return {
        "class": row_sum(entropy),
        "box": row_sum(smooth_absolute(off(deltas, anchors, target_box, match, weights), beta)),
        "matched": (match >= 0).sum(1).astype(np.float64),
    }


def _targets(scores: Sigmoid, label: Ints, match: Ints) -> tuple[Floats, Floats]:
    """(N,A,C): 1 where an entry counts, and 1 at the class of each matched anchor."""
    own = np.where(match >= 0, pick(label, match), -1)
    hot = (own[..., None] == np.arange(scores.array.shape[-1])).astype(np.float64)
    return np.broadcast_to((match > -2)[..., None], hot.shape).astype(np.float64), hot


@retinanet.finish
def _finish(sums: Sums, p: Params) -> Rows:
    matched = np.maximum(sums["matched"], 1.0)
    return summed({"class": (1.0, sums["class"] / matched), "box": (p.lambda_, sums["box"] / matched)})


@retinanet.gradient
def _slope(
    scores: Sigmoid, deltas: Floats, anchors: Floats, target_box: Floats, label: Ints, match: Ints, sums: Sums, p: Params
) -> dict[str, Floats]:
    matched = np.maximum(sums["matched"], 1.0)[:, None, None]
    counted, hot = _targets(scores, label, match)
    by_scores = times(counted, focal_binary_slope(scores, hot, gamma=p.gamma, alpha=p.alpha))
    slope = smooth_absolute_slope(off(deltas, anchors, target_box, match, p.weights), p.beta)
    return {"scores": by_scores / matched, "deltas": p.lambda_ * slope / matched}
