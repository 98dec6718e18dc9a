"""Faster R-CNN: a class term for every sampled region or anchor and a box term for those with an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from losscli.core.errors import UsageError
from losscli.families.detect._detector_scores import of_anchors, of_regions, whole_numbers
from losscli.families.detect.family import FAMILY, fours, misshapen
from losscli.families.regress.absolute import smooth_absolute, smooth_absolute_slope
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.label_guards import read_label
from losscli.numerics.stable import Floats, Ints, times
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Rows
from losscli.spec.tile import Block


def read_regions(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    if p.normalizer != "paper" and (p.n_cls is not None or p.n_reg is not None):
        raise UsageError("faster_rcnn: n_cls and n_reg apply only to normalizer=paper", fix="add normalizer=paper")
    fours(block, "target_deltas")
    scores: Softmax | Sigmoid
    if p.stage == "rpn":
        fours(block, "deltas")
        scores, label = of_anchors(block, conventions, watch), whole_numbers(block, "label", -1, 2)
    else:
        scores = of_regions(block, conventions, watch)
        label = read_label(block, "label", "class", scores.array.shape, scores.classes, watch)
        found = block.arrays["deltas"].shape
        if found[1:] not in ((4,), (4 * scores.classes,)):
            what = f"deltas has {found[1:]} numbers per row; {scores.classes} classes need {4 * scores.classes}, or 4 shared by all"
            fix = "save the unchanged output of the box head: four numbers per class, background included"
            raise misshapen(block, "deltas", what, fix)
    return scores, block.doubles("deltas"), label.reshape(-1), block.doubles("target_deltas")


@FAMILY.loss(
    "faster_rcnn",
    aliases=("fast_rcnn", "frcnn_multitask"),
    cite="Ren 2015; Girshick 2015",
    of_value=True,
    conventions={"torchvision": {"beta": 1.0 / 9.0}, "mmdet": {"beta": 0.0}},
    reads=read_regions,
    sample="a region",
)
def faster_rcnn(
    scores: Softmax | Sigmoid,
    deltas: Floats,
    label: Ints,
    target_deltas: Floats,
    *,
    beta: Annotated[float, Param("threshold of the smooth L1 term", ge=0)] = 1.0,
    lambda_: Annotated[float, Param("weight of the box term", ge=0)] = 1.0,
    stage: Annotated[
        Literal["roi", "rpn"], Param("box head (label 0 is background), or region proposals (labels 1, 0, -1 ignored)")
    ] = "roi",
    normalizer: Annotated[
        Literal["sampled", "paper"], Param("divide both terms by the sampled rows, or class by n_cls and box by n_reg")
    ] = "sampled",
    n_cls: Annotated[float | None, Param("divisor of the class term; none: the sampled rows", gt=0)] = None,
    n_reg: Annotated[float | None, Param("divisor of the box term; none: all rows", gt=0)] = None,
) -> Rows:
    """Cross-entropy of the class of every region plus smooth L1 on the box deltas of regions with an object.

    Formula: L_i = CE_i + lambda·[label_i > 0]·Σ over dx, dy, dw, dh of smooth_l1(d - t, beta); stage=rpn: CE is binary. The value
    is the mean over sampled rows; normalizer=paper: ΣCE/n_cls + lambda·Σbox/n_reg.
    Gradient: p - onehot by logits (-1/p by probabilities); lambda·clip((d - t)/beta, -1, 1) by the true class's deltas.
    Edge cases: rows labelled -1 (stage=rpn) are not counted, except by n_reg=none, which counts all rows. Without objects the box
    term is 0.
    Reads: PRED scores (n,C) and deltas (n,4C), or (n,4) for all classes; TARGET label and deltas (n,4). stage=rpn: scores (n,),
    deltas (n,4). The files contain the sampled rows: every row that is not ignored counts.
    Use when: reproducing a training log of Faster R-CNN, or breaking it down into its terms: class, box.
    Avoid when: comparing detectors: it depends on their samplers and encodings.
    Related: the class term alone is ce in classify; the box term alone is fast_rcnn_loc on encoded boxes.
    Equivalents: torchvision fastrcnn_loss: `faster_rcnn:beta=0.1111111111111111`; its RPN adds `stage=rpn`; detectron2,
    mmdetection: `faster_rcnn:beta=0`; the paper's RPN: `faster_rcnn:stage=rpn,normalizer=paper,lambda=10,n_cls=256,n_reg=2400`.
    """
    kept = label >= 0
    box = times((label > 0).astype(np.float64), smooth_absolute(_own(deltas, label) - target_deltas, beta).sum(1))
    loss = _cross_entropy(scores, label)
    if normalizer == "paper":
        loss, box = loss / (n_cls or 1.0), box / (n_reg or 1.0)
    values = np.where(kept, loss + lambda_ * box, np.nan)
    return Rows(values, kept=None if kept.all() else kept, parts={"class": (1.0, loss), "box": (lambda_, box)})


@faster_rcnn.gradient
def _slope(scores: Softmax | Sigmoid, deltas: Floats, label: Ints, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    by_class, by_box = np.where(label >= 0, -1.0, 0.0), np.where(label > 0, p.lambda_, 0.0)
    if p.normalizer == "paper":
        by_class, by_box = by_class / (p.n_cls or 1.0), by_box / (p.n_reg or 1.0)
    if isinstance(scores, Sigmoid):
        pulled = scores.pull_log(by_class * (label == 1), by_class * (label == 0))
    else:
        pulled = scores.pull_at(label, by_class)
    slope = by_box[:, None] * smooth_absolute_slope(_own(deltas, label) - target_deltas, p.beta)
    wide = np.zeros_like(deltas)
    np.put_along_axis(wide, _columns(deltas, label), slope, 1)
    return {"scores": pulled, "deltas": wide}


@faster_rcnn.fit
def _count(scores: Softmax | Sigmoid, deltas: Floats, label: Ints, target_deltas: Floats, p: Params) -> dict[str, Floats]:
    return {"sampled": (label >= 0).astype(np.float64), "all": np.ones(len(label))}


@faster_rcnn.resolve
def _divisors(totals: Mapping[str, Floats], p: Params) -> dict[str, Any]:
    """n_cls and n_reg divided by the number of sampled rows, because the mean over sampled rows divides by it later."""
    sampled = float(totals["sampled"][0])
    if p.normalizer != "paper" or sampled == 0.0:
        return {}
    n_reg = float(totals["all"][0]) if p.n_reg is None else p.n_reg
    return {"n_cls": (p.n_cls or sampled) / sampled, "n_reg": n_reg / sampled}


def _columns(deltas: Floats, label: Ints) -> Ints:
    first = 0 if deltas.shape[1] == 4 else 4 * np.maximum(label, 0)
    return np.asarray(np.broadcast_to(np.arange(4), (len(label), 4)) + np.reshape(first, (-1, 1)))


def _own(deltas: Floats, label: Ints) -> Floats:
    """The four deltas of each row's class, or the shared ones."""
    return deltas if deltas.shape[1] == 4 else np.take_along_axis(deltas, _columns(deltas, label), 1)


def _cross_entropy(scores: Softmax | Sigmoid, label: Ints) -> Floats:
    if isinstance(scores, Sigmoid):
        return 0.0 - np.where(label == 1, scores.log_p, np.where(label == 0, scores.log_q, 0.0))
    return 0.0 - scores.log_p_at(label)
