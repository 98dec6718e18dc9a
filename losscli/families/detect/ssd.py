"""SSD's MultiBox loss: encoded boxes of matched anchors, classes of those and of the hardest unmatched ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from losscli.block import Block
from losscli.errors import DataError
from losscli.families._scores import Softmax
from losscli.families.detect._class_scores import of_images, whole_numbers
from losscli.families.detect._encode import encode, four_weights
from losscli.families.detect._family import FAMILY, format_of, gate
from losscli.families.detect._formats import corners
from losscli.families.regress import smooth_absolute, smooth_absolute_slope
from losscli.family import Conventions, Watch
from losscli.loss import Loss, Param, Rows, Vector
from losscli.numeric import Bools, Floats, Ints, divide


@gate("ssd")
def _prepare(block: Block, loss: Loss, params: Mapping[str, Any], how: Conventions, watch: Watch) -> tuple[Any, ...]:
    four_weights(loss, params)
    scores = of_images(block, how, watch)
    form = format_of("target_box", how)
    deltas, anchors = block.doubles("deltas"), corners(block.arrays["anchors"], form)
    match, held = block.arrays["match"], block.arrays["target_box"]
    images, anchor_count = scores.array.shape[0], scores.array.shape[-1]
    for role, found, wanted in (
        ("deltas", deltas.shape, (images, anchor_count, 4)),
        ("anchors", anchors.shape, (anchor_count, 4)),
        ("match", match.shape, (images, anchor_count)),
        ("target_box", held.shape, (*block.arrays["label"].shape, 4)),
    ):
        if found != wanted:
            raise DataError(
                f"{FAMILY.role(role).key} has shape {_spoken(found, role)}, the other roles ask for {_spoken(wanted, role)}",
                None if role == "anchors" or not block.rows else block.place(role, 0, 0),
                fix="`losscli explain ssd` says what it reads",
            )
    match = whole_numbers(block, "match", -1, held.shape[1])
    label = whole_numbers(block, "label", -1, scores.classes)
    nameless = (_pick(label, match) < 0) & (match >= 0)
    block.reject(
        "match", nameless, lambda m: f"matched box {int(m)} has the label -1", "class 0 is the background, -1 pads a row of labels"
    )
    truth = corners(held, form)
    boxes = _pick(truth, match)
    flat = (boxes[..., 2:] <= boxes[..., :2]).any(-1) & (match >= 0)
    block.reject(
        "match",
        flat,
        lambda m: f"matched box {int(m)} is inverted or has no area",
        "--target-box-format says how boxes are written",
    )
    if (anchors[:, 2:] <= anchors[:, :2]).any():
        raise DataError("an anchor is inverted or has no area", fix="anchors are written like the true boxes: --target-box-format")
    return scores, deltas, anchors, truth, label, match


def _spoken(shape: tuple[int, ...], role: str) -> str:
    """A shape for a message: how many images one tile holds is none of the user's concern."""
    return "(" + ", ".join(str(n) if i or role == "anchors" else "N" for i, n in enumerate(shape)) + ")"


@FAMILY.loss("ssd", aliases=("multibox", "ssd_multibox"), cite="Liu 2016", unit="pool", pooled=True)
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
    beta: Annotated[float, Param("of the smooth L1 term", ge=0)] = 1.0,
    weights: Annotated[Vector, Param("of dx, dy, dw, dh", gt=0)] = (10.0, 10.0, 5.0, 5.0),  # type: ignore[assignment]
) -> dict[str, Floats]:
    """Cross-entropy of matched anchors and of the hardest others, plus smooth L1 on the matched anchors' boxes.

    Formula: L = (Σ CE of matched and mined anchors + alpha·Σ smooth_l1(d - t, beta) of matched ones) / N, t the true box encoded
    against its anchor, N the matched anchors of the file. Mined: per image, the neg_pos·(its matched) unmatched anchors of the
    highest CE against class 0; equal ones in their order.
    Gradient: by logits (p - onehot)/N for matched and mined anchors, by deltas alpha·clip((d - t)/beta, -1, 1)/N for matched ones;
    0 elsewhere: what is mined is held constant.
    Edges: without any matched anchor the loss is 0.
    Reads: PRED scores (N,A,C), deltas (N,A,4), anchor (A,4); TARGET box (N,G,4), label (N,G), match (N,A), -1 for unmatched.
    Right: a training log of SSD is to be reproduced or taken apart; terms are reported as class and box.
    Wrong: detectors are compared: it depends on anchors and matching.
    Kin: faster_rcnn samples where this mines; focal weighs all anchors instead of choosing some.
    Equivalents: torchvision SSD.compute_loss: `ssd`; ssd.pytorch's MultiBoxLoss: `ssd`, save that it gives 0/0 without matches.
    """
    positive, picked = match >= 0, _chosen(scores, label, match, neg_pos)
    entropy = _cross_entropy(scores, label, match)
    box = smooth_absolute(_off(deltas, anchors, target_box, match, weights), beta).sum(-1)
    return {
        "class": np.where(picked, entropy, 0.0).sum(1),
        "box": np.where(positive, box, 0.0).sum(1),
        "matched": positive.sum(1).astype(np.float64),
    }


@ssd.finish
def _finish(sums: Mapping[str, Floats], *, neg_pos: float, alpha: float, beta: float, weights: Floats) -> Rows:
    parts = {"class": (1.0, divide(sums["class"], sums["matched"], 0.0)), "box": (alpha, divide(sums["box"], sums["matched"], 0.0))}
    return Rows(parts["class"][1] + alpha * parts["box"][1], parts=parts)


@ssd.gradient
def _slope(
    scores: Softmax,
    deltas: Floats,
    anchors: Floats,
    target_box: Floats,
    label: Ints,
    match: Ints,
    sums: Mapping[str, Floats],
    *,
    neg_pos: float,
    alpha: float,
    beta: float,
    weights: Floats,
) -> dict[str, Floats]:
    share = divide(np.ones_like(sums["matched"]), sums["matched"])[:, None]
    share = np.where(sums["matched"][:, None] > 0, share, 0.0)
    picked = _chosen(scores, label, match, neg_pos)
    by_scores = scores.pull_at(_class_of(label, match), -share * picked)
    slope = smooth_absolute_slope(_off(deltas, anchors, target_box, match, weights), beta)
    by_deltas = np.where((match >= 0)[..., None], alpha * share[..., None] * slope, 0.0)
    return {"scores": np.moveaxis(by_scores, 1, -1), "deltas": by_deltas}


def _pick(of_truth: Any, match: Ints) -> Any:
    """For each anchor, the entry of the true box it is matched to; of the first box where it is not."""
    index = np.maximum(match, 0)
    return np.take_along_axis(of_truth, index.reshape(*index.shape, *[1] * (of_truth.ndim - 2)), 1)


def _class_of(label: Ints, match: Ints) -> Ints:
    return np.where(match >= 0, _pick(label, match), 0)


def _cross_entropy(scores: Softmax, label: Ints, match: Ints) -> Floats:
    return 0.0 - scores.log_p_at(_class_of(label, match))


def _off(deltas: Floats, anchors: Floats, target_box: Floats, match: Ints, weights: Floats) -> Floats:
    """Predicted less encoded deltas; 0 for unmatched anchors."""
    boxes = np.where((match >= 0)[..., None], _pick(target_box, match), anchors)
    return np.where((match >= 0)[..., None], deltas - encode(boxes, np.broadcast_to(anchors, boxes.shape), weights), 0.0)


def _chosen(scores: Softmax, label: Ints, match: Ints, neg_pos: float) -> Bools:
    """Matched anchors and, image by image, the hardest of the others."""
    positive = match >= 0
    hardness = np.where(positive, -np.inf, _cross_entropy(scores, label, match))
    order = np.argsort(-hardness, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return positive | (rank < neg_pos * positive.sum(1, keepdims=True))
