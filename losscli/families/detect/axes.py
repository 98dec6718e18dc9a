"""The natural axes of detection losses: two boxes of which one is moved, scaled or given another shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.families.shared.score_axes import score_axes
from losscli.numerics.stable import Floats
from losscli.spec.axes import Axes, Axis, Pose
from losscli.spec.loss import Loss, Params

SIDE = 100.0
"""Of the true box, in pixels."""
CORNER = 1000.0
"""Of the true box's upper left corner: no box that is drawn leaves the image."""


def axes(loss: Loss, params: Params) -> Axes:
    """Of boxes, keypoints, deltas or scores; losses of whole detectors have several heads and no axis."""
    if loss.takes == ("scores", "label"):
        return score_axes(loss, params)
    if loss.takes == ("pred", "target"):
        return _of_boxes(_corners)
    if loss.takes == ("pred_obb", "target_obb"):
        turned = Axis("angle", "angle between equal boxes of 2 to 1 (degrees)", _turned, 0, 90)
        return (*_of_boxes(_rotated), turned)
    if loss.name == "oks":
        return (
            Axis("distance", "distance of a keypoint / √area of the object", lambda x, case: _keypoint(loss, params, x), 0, 1, 0),
        )
    if loss.name == "fast_rcnn_loc":
        return (Axis("error", "error of one delta (prediction - target)", _delta, -3, 3),)
    if loss.name == "centerness":
        return (Axis("probability", "predicted centredness of the centre", _centre, 0, 1, 0, 1),)
    return "it is the loss of a whole detector, whose heads have no axis in common"


Build = Callable[[Floats, Floats, Floats], Floats]
"""The arrays of boxes from their centres' x, widths and heights, about one y."""


def _of_boxes(build: Build) -> tuple[Axis, ...]:
    """The true box is a square in one place; the predicted one is moved, scaled or stretched about its centre."""

    def posed(centre: Floats, width: Floats, height: Floats, moves: tuple[Floats, Floats, Floats]) -> Pose:
        still = np.zeros_like(centre)
        pred, target = build(centre, width, height), build(still, still + SIDE, still + SIDE)
        move = build(*moves) - build(still, still, still)
        return Pose(dict(zip(_names(build), (pred, target), strict=True)), {_names(build)[0]: move})

    def shift(x: Floats, case: str) -> Pose:
        side, still = np.full_like(x, SIDE), np.zeros_like(x)
        return posed(SIDE * x, side, side, (side, still, still))

    def scale(x: Floats, case: str) -> Pose:
        side, still = np.full_like(x, SIDE), np.zeros_like(x)
        return posed(still, SIDE * x, SIDE * x, (still, side, side))

    def aspect(x: Floats, case: str) -> Pose:
        root, still = np.sqrt(x), np.zeros_like(x)
        return posed(still, SIDE * root, SIDE / root, (still, SIDE / (2 * root), -SIDE / (2 * root * x)))

    return (
        Axis("shift", "shift / side of two equal squares", shift, 0, 2, -8, 8),
        Axis("scale", "side of the predicted square / side of the true one", scale, 0.25, 4, 0, 8, open=True, log=True),
        Axis("aspect", "width / height of a box on a square of its area", aspect, 0.25, 4, 0, 64, open=True, log=True),
    )


def _names(build: Build) -> tuple[str, str]:
    return ("pred", "target") if build is _corners else ("pred_obb", "target_obb")


def _corners(centre: Floats, width: Floats, height: Floats) -> Floats:
    """Boxes as x1, y1, x2, y2."""
    middle = CORNER + SIDE / 2
    return np.stack([middle + centre - width / 2, middle - height / 2, middle + centre + width / 2, middle + height / 2], axis=1)


def _rotated(centre: Floats, width: Floats, height: Floats) -> Floats:
    """Boxes as centre, size and angle."""
    middle = np.full_like(width, CORNER)
    return np.stack([middle + centre, middle, width, height, np.zeros_like(width)], axis=1)


def _turned(x: Floats, case: str) -> Pose:
    box = np.tile([CORNER, CORNER, 2 * SIDE, SIDE, 0.0], (len(x), 1))
    pred, move = box.copy(), np.zeros_like(box)
    pred[:, 4], move[:, 4] = np.radians(x), np.radians(1)
    return Pose({"pred_obb": pred, "target_obb": box}, {"pred_obb": move})


def _keypoint(loss: Loss, params: Params, x: Floats) -> Pose:
    """One labelled keypoint, moved; the object is a square."""
    sigmas = params.sigmas
    count = len((loss.keypoint_sigmas or {}).get(sigmas, ())) or 17 if isinstance(sigmas, str) else len(sigmas)
    true = np.zeros((len(x), count, 3))
    true[:, 0] = CORNER, CORNER, 2
    pred, move = true[:, :, :2].copy(), np.zeros((len(x), count, 2))
    pred[:, 0, 0] += SIDE * x
    move[:, 0, 0] = SIDE
    area = np.full(len(x), SIDE * SIDE)
    return Pose({"keypoints": pred, "target_keypoints": true, "area": area}, {"keypoints": move})


def _delta(x: Floats, case: str) -> Pose:
    """The true box is the anchor, so that the true deltas are 0."""
    box = _corners(0 * x, SIDE + 0 * x, SIDE + 0 * x)
    move = np.tile([1.0, 0.0, 0.0, 0.0], (len(x), 1))
    return Pose({"deltas": x[:, None] * move, "target": box, "anchor": box}, {"deltas": move})


def _centre(x: Floats, case: str) -> Pose:
    """A location in the middle of its box, whose centredness is 1."""
    return Pose({"scores": x, "target_deltas": np.full((len(x), 4), SIDE)}, {"scores": np.ones_like(x)})
