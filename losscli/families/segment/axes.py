"""The natural axes of segmentation losses: the overlap of two equal squares, and the probability of every pixel's true class."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Floats
from losscli.spec.axes import Axes, Axis, Pose
from losscli.spec.loss import Loss, Params

SIDE, HEIGHT, WIDTH, TOP, LEFT = 8, 16, 32, 4, 4
"""Of the true square, of the image, and where the square is."""


def axes(loss: Loss, params: Params) -> Axes:
    """The overlap first for losses that are bounded, the probability first for others and alone for losses of pixels."""
    form = next((form for form in loss.forms if form.unit != "whole" and form.applies(params)), None)
    if form is None or loss.pools(params):
        return "its value is one of all images together; an image has none"
    raw, two = form.scores == "raw", form.label == "class"
    overlap = Axis(
        "overlap",
        "overlap of two equal squares / their area",
        lambda x, case: _two(_overlap(x, raw)) if raw and two else _overlap(x, raw),
        0,
        1,
        0,
        1,
    )
    share = Axis("probability", "probability of the true class of every pixel", lambda x, case: _share(x), 0, 1, 0, 1)
    margin = Axis(
        "margin", "margin of the true class of every pixel", lambda x, case: _two(_margin(x)) if two else _margin(x), -4, 4
    )
    if raw:
        return (margin, overlap)
    if form.by_class == "members" and loss.highest is None:
        return (share,)  # a wrong pixel of a square that is predicted for certain costs infinitely much
    return (overlap, share) if loss.highest is not None else (share, overlap)


def _mask(n: int) -> Floats:
    mask = np.zeros((n, HEIGHT, WIDTH))
    mask[:, TOP : TOP + SIDE, LEFT : LEFT + SIDE] = 1
    return mask


def _overlap(x: Floats, raw: bool) -> Pose:
    """A square moved to the right; columns that its edges cut have their share as score. Raw scores are from -4 to 4."""
    left = LEFT + SIDE * (1 - x)[:, None]
    columns = np.arange(WIDTH)[None, :]
    covered = np.clip(left + SIDE - columns, 0, 1) - np.clip(left - columns, 0, 1)
    inside = ((left + SIDE > columns) & (left + SIDE <= columns + 1)).astype(float) - ((left > columns) & (left <= columns + 1))
    scores, move = np.zeros((2, len(x), HEIGHT, WIDTH))
    scores[:, TOP : TOP + SIDE], move[:, TOP : TOP + SIDE] = covered[:, None], -SIDE * inside[:, None]
    if raw:
        scores, move = 8 * scores - 4, 8 * move
    return Pose({"scores": scores, "mask": _mask(len(x)).astype(int)}, {"scores": move}, raw)


def _share(x: Floats) -> Pose:
    mask, at = _mask(len(x)), x[:, None, None]
    return Pose({"scores": np.where(mask > 0, at, 1 - at), "mask": mask.astype(int)}, {"scores": 2 * mask - 1})


def _two(pose: Pose) -> Pose:
    """The same logits as those of two classes: of the background 0."""
    scores, move = (np.stack([np.zeros_like(a), a], axis=1) for a in (pose.arrays["scores"], pose.moves["scores"]))
    return Pose({**pose.arrays, "scores": scores}, {"scores": move}, pose.from_logits)


def _margin(x: Floats) -> Pose:
    sign = 2 * _mask(len(x)) - 1
    return Pose({"scores": sign * x[:, None, None], "mask": (sign > 0).astype(int)}, {"scores": sign}, True)
