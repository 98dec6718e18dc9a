"""The natural axis of regression losses: the error of the prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.numerics.stable import Array, Floats
from losscli.spec.axes import Axes, Axis, Pose
from losscli.spec.loss import Loss, Params

LEAST = {"positive": (0.0, True), "nonnegative": (0.0, False), "above_minus_one": (-1.0, True), "unit": (0.0, False)}
"""By domain the least number, and whether it is excluded."""
SPREAD = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""Of the members of an ensemble about its middle."""


def axes(loss: Loss, params: Params) -> Axes:
    """The error at a target of 0, and at 1: the only one where the numbers themselves matter."""
    if loss.unit == "whole" or loss.pools(params):
        return "its value is one of all rows together; a row has none"
    if loss.name == "cosine":
        return (Axis("angle", "angle between prediction and target (degrees)", _angle, 0, 180, 0, 180),)
    by_error = loss.differences or loss.takes != ("pred", "target") or loss.width_for(params) == 0
    return tuple(_error(loss, params, target) for target in ((0.0, 1.0) if by_error else (1.0,)))


def _error(loss: Loss, params: Params, target: float) -> Axis:
    least, excluded = LEAST.get(loss.domain_for(params).get("pred", ""), (-np.inf, False))
    name, at = ("error", "") if target == 0 else ("relative", " at target 1")
    low = max(-3.0, least - target + (0.01 if excluded else 0.0))
    return Axis(
        name,
        f"error (prediction - target){at}",
        lambda x, case: _errors(loss, params, x, target),
        low,
        3.0,
        least - target,
        open=excluded,
        measure=difference if target == 0 else None,
    )


def difference(pred: Floats, target: Floats) -> Floats:
    """The error of each row."""
    return pred - target


def _errors(loss: Loss, params: Params, x: Floats, target: float) -> Pose:
    """Rows whose error is x: intervals about the target plus x, ensembles about it, and other numbers of 1."""
    arrays: dict[str, Any] = {}
    for role in loss.takes:
        arrays[role] = {"target": np.full_like(x, target), "lower": target + x - 1, "upper": target + x + 1}.get(
            role, np.ones_like(x)
        )
    moves: dict[str, Array] = {role: np.ones_like(x) for role in ("lower", "upper") if role in loss.takes}
    if "pred" in loss.takes:
        arrays["pred"] = target + x
        width = loss.width_for(params)
        if width is not None:
            arrays["pred"] = target + x[:, None] + (SPREAD if width == 0 else np.zeros(width))
        moves["pred"] = np.ones_like(arrays["pred"])
    return Pose(arrays, moves)


def _angle(x: Floats, case: str) -> Pose:
    turn = np.radians(x)
    pred = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    move = np.radians(np.stack([-np.sin(turn), np.cos(turn)], axis=1))
    return Pose({"pred": pred, "target": np.tile([1.0, 0.0], (len(x), 1))}, {"pred": move})
