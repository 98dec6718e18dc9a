"""Losses on single box coordinates (L1, L2, smooth L1, Huber), on corners or on deltas encoded against an anchor."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from losscli.families.detect._deltas import encode, four_weights
from losscli.families.detect.family import FAMILY, boxes, fours
from losscli.families.regress.absolute import quadratic_then_linear, smooth_absolute, smooth_absolute_slope
from losscli.numerics.stable import Floats
from losscli.spec.family import Conventions, Watch
from losscli.spec.loss import Loss, Param, Params, Vector
from losscli.spec.tile import Block

Reduce = Annotated[Literal["sum", "mean"], Param("how the four coordinates are combined")]
Beta = Annotated[float, Param("difference at which the loss turns from quadratic to linear; 0: absolute difference", ge=0)]


def _joined(x: Floats, reduce: str) -> Floats:
    total = x[:, 0] + x[:, 1] + x[:, 2] + x[:, 3]
    return np.asarray(total if reduce == "sum" else 0.25 * total)


def _shared(slope: Floats, reduce: str) -> Floats:
    return slope if reduce == "sum" else 0.25 * slope


@FAMILY.loss(
    "l1",
    aliases=("mae",),
    cite="Ren 2015",
    conventions={"torch": {"reduce": "mean"}, "keras": {"reduce": "mean"}, "mmdet": {"reduce": "mean"}},
)
def l1(pred: Floats, target: Floats, *, reduce: Reduce = "sum") -> Floats:
    """Absolute differences between the corner coordinates of two boxes, summed over the four coordinates.

    Formula: L = Σ over x1, y1, x2, y2 of |p - g|; reduce=mean: a quarter of it.
    Gradient: sign(p - g); 0 where they agree.
    Edge cases: boxes are compared as corners, whatever format they are written in; a box without area is refused unless
    --degenerate keep.
    Use when: you want to know by how many pixels the edges are off; also a term of set-based detectors.
    Avoid when: boxes differ in size: an error of five pixels is large for a small box and negligible for a large one.
    Related: equals smooth_l1:beta=0; fast_rcnn_loc compares encoded boxes, relative to the anchor; giou is scale-free.
    Equivalents: torch l1_loss, Keras MeanAbsoluteError, mmdetection L1Loss, all averaged over four numbers: `l1:reduce=mean`; torch
    l1_loss(reduction='none').sum(1): `l1`.
    """
    return _joined(np.abs(pred - target), reduce)


@l1.gradient
def _l1_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return _shared(np.sign(pred - target), p.reduce)


@FAMILY.loss(
    "l2",
    aliases=("mse",),
    cite="Szegedy 2013",
    conventions={"torch": {"reduce": "mean"}, "keras": {"reduce": "mean"}, "mmdet": {"reduce": "mean"}},
)
def l2(pred: Floats, target: Floats, *, reduce: Reduce = "sum") -> Floats:
    """Squared differences between the corner coordinates of two boxes, summed over the four coordinates.

    Formula: L = Σ over x1, y1, x2, y2 of (p - g)²; reduce=mean: a quarter of it.
    Gradient: 2·(p - g).
    Edge cases: boxes are compared as corners, as in l1; a difference beyond 1e154 has no finite square and is +infinity.
    Use when: errors are small and Gaussian, and boxes are of similar size.
    Avoid when: a few boxes are far off: they dominate the mean; use smooth_l1 or giou.
    Related: l1 takes absolute differences; huber is half of l2 for differences up to delta.
    Equivalents: torch mse_loss, Keras MeanSquaredError, mmdetection MSELoss, all averaged over four numbers: `l2:reduce=mean`;
    torch mse_loss(reduction='none').sum(1): `l2`.
    """
    u = pred - target
    return _joined(np.multiply(u, u, out=u), reduce)


@l2.gradient
def _l2_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return _shared(2.0 * (pred - target), p.reduce)


@FAMILY.loss(
    "smooth_l1",
    cite="Girshick 2015",
    conventions={"torch": {"reduce": "mean"}, "torchvision": {"beta": 1.0 / 9.0}, "mmdet": {"reduce": "mean"}},
)
def smooth_l1(pred: Floats, target: Floats, *, beta: Beta = 1.0, reduce: Reduce = "sum") -> Floats:
    """Smooth L1 of the corner coordinates of two boxes: quadratic for differences below beta, absolute above.

    Formula: L = Σ over x1, y1, x2, y2 of u²/(2·beta) where |u| < beta, else |u| - beta/2, with u = p - g.
    Gradient: clip(u/beta, -1, 1); beta=0: sign(u), 0 at 0.
    Edge cases: boxes are compared as corners, as in l1; large differences are never squared, so none overflows.
    Use when: the standard box loss of two-stage detectors is wanted (on encoded boxes: fast_rcnn_loc).
    Avoid when: beta is left at 1 for normalised boxes: every difference is then in the quadratic part.
    Related: huber(delta) = delta·smooth_l1(beta=delta); beta=0 is l1.
    Equivalents: torchvision's box losses (sum over four, beta 1/9): `smooth_l1:beta=0.1111111111111111`; fvcore smooth_l1_loss:
    `smooth_l1:beta=…`; torch smooth_l1_loss, mmdetection SmoothL1Loss, averaged over four numbers: `smooth_l1:reduce=mean`.
    """
    return _joined(smooth_absolute(pred - target, beta), reduce)


@smooth_l1.gradient
def _smooth_l1_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return _shared(smooth_absolute_slope(pred - target, p.beta), p.reduce)


@FAMILY.loss("huber", cite="Huber 1964", conventions={"torch": {"reduce": "mean"}, "keras": {"reduce": "mean"}})
def huber(
    pred: Floats,
    target: Floats,
    *,
    delta: Annotated[float, Param("difference at which the loss turns from quadratic to linear", gt=0)] = 1.0,
    reduce: Reduce = "sum",
) -> Floats:
    """Huber loss of the corner coordinates of two boxes: half the square up to delta, linear above.

    Formula: L = Σ over x1, y1, x2, y2 of u²/2 where |u| ≤ delta, else delta·(|u| - delta/2), with u = p - g.
    Gradient: clip(u, -delta, delta).
    Edge cases: boxes are compared as corners, as in l1; large differences are never squared, so none overflows.
    Use when: as smooth_l1, where the reference code has a delta (TensorFlow's detection models).
    Avoid when: delta is left at 1 for boxes in pixels: the loss is then nearly l1 less a constant.
    Related: huber(delta) = delta·smooth_l1(beta=delta); the two are equal only at 1.
    Equivalents: torch huber_loss, Keras Huber, averaged over four numbers: `huber:reduce=mean`; torch
    huber_loss(reduction='none').sum(1): `huber:delta=…`.
    """
    return _joined(quadratic_then_linear(pred - target, delta), reduce)


@huber.gradient
def _huber_slope(pred: Floats, target: Floats, p: Params) -> Floats:
    return _shared(np.clip(pred - target, -p.delta, p.delta), p.reduce)


def _prepare_loc(block: Block, loss: Loss, p: Params, conventions: Conventions, watch: Watch) -> tuple[Any, ...]:
    fours(block, "deltas")
    four_weights(loss, p)
    strict = Conventions(target_format=conventions.target_format)
    return block.doubles("deltas"), boxes(block, "target", strict, watch), boxes(block, "anchor", strict, watch)


@FAMILY.loss(
    "fast_rcnn_loc",
    aliases=("box_reg_loc",),
    cite="Girshick 2015",
    conventions={
        "torchvision": {"beta": 1.0 / 9.0, "weights": (10.0, 10.0, 5.0, 5.0)},
        "mmdet": {"beta": 0.0, "weights": (10.0, 10.0, 5.0, 5.0)},
    },
    reads=_prepare_loc,
    sample="a region",
)
def fast_rcnn_loc(
    deltas: Floats,
    target: Floats,
    anchor: Floats,
    *,
    beta: Beta = 1.0,
    weights: Annotated[Vector, Param("weights of dx, dy, dw, dh", gt=0)] = (1.0, 1.0, 1.0, 1.0),  # type: ignore[assignment]
) -> Floats:
    """Smooth L1 between predicted box deltas and the true box encoded against its anchor.

    Formula: t = w·((gx - ax)/aw, (gy - ay)/ah, log(gw/aw), log(gh/ah)) from centres and sizes; L = Σ of smooth_l1(d - t, beta).
    Gradient: clip((d - t)/beta, -1, 1) by the deltas.
    Edge cases: a box or anchor without width or height has no encoding and is always refused.
    Use when: the network predicts deltas and its training loss should be reproduced; the anchor makes it scale-free.
    Avoid when: decoded boxes are available: compare those (giou), since equal errors of deltas are not equal overlaps.
    Related: smooth_l1 applied to deltas; faster_rcnn and ssd contain it as their box term.
    Equivalents: torchvision's RPN: `fast_rcnn_loc:beta=0.1111111111111111`, its heads also `weights=[10,10,5,5]`; detectron2:
    `fast_rcnn_loc:beta=0`; mmdetection's box heads (L1, stds .1, .1, .2, .2): `fast_rcnn_loc:beta=0,weights=[10,10,5,5]`.
    """
    return _joined(smooth_absolute(deltas - encode(target, anchor, weights), beta), "sum")


@fast_rcnn_loc.gradient
def _fast_rcnn_loc_slope(deltas: Floats, target: Floats, anchor: Floats, p: Params) -> Floats:
    return smooth_absolute_slope(deltas - encode(target, anchor, p.weights), p.beta)
