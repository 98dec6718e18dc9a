"""The natural axes of embedding losses: the distance of two vectors, or the angle where only directions count."""

from __future__ import annotations

import numpy as np

from losscli.numerics.stable import Array, Floats
from losscli.spec.axes import Axes, Axis, Pose
from losscli.spec.loss import Loss, Params

SAME, DIFFERENT = "same", "different"
ANGLE = "angle to the own class (degrees)"


def axes(loss: Loss, params: Params) -> Axes:
    """Of pairs, triplets and prototypes; losses that compare the samples of a batch have none."""
    roles = set(loss.takes)
    directions = "direction" in loss.domain_for(params).values()
    if loss.unit == "whole":
        return "it compares all samples of a batch with each other"
    if loss.name == "margin_ranking":
        return (Axis("difference", "score a - score b", _ranked, -3, 3, cases=("a first", "b first")),)
    if "distance" in roles:
        return (
            Axis(
                "distance",
                "distance of the pair",
                _given_distance,
                0,
                2,
                0,
                cases=(SAME, DIFFERENT),
                measure=given,
                case_of=different_given,
            ),
        )
    if {"a", "b"} <= roles:
        if directions:
            return (
                Axis(
                    "angle",
                    "angle of the pair (degrees)",
                    _pair_angle,
                    0,
                    180,
                    0,
                    180,
                    cases=(SAME, DIFFERENT),
                    measure=angle,
                    case_of=different,
                ),
            )
        return (
            Axis("distance", "distance of the pair", _pair, 0, 2, 0, cases=(SAME, DIFFERENT), measure=distance, case_of=different),
        )
    if "positive" in roles:
        names = tuple(role for role in loss.takes if role not in ("anchor", "positive"))
        return (Axis("positive", "distance of the positive, others at 1", lambda x, case: _triplet(x, names), 0, 2, 0),)
    if "class_weights" in roles:
        count = _prototypes(params)
        return (Axis("angle", ANGLE, lambda x, case: _class_angle(x, count), 0, 180, 0, 180),)
    return (Axis("distance", "distance to the own centre", _centre, 0, 2, 0),)


def different_given(distance: Floats, same: Floats) -> Floats:
    """The number of the case, beside a distance that is given."""
    return np.where(same > 0, 0.0, 1.0)


def different(a: Floats, b: Floats, same: Floats) -> Floats:
    """The number of the case: 0 for a pair of one class, 1 for another one."""
    return np.where(same > 0, 0.0, 1.0)


def given(distance: Floats) -> Floats:
    """The distance of each pair, as it is given."""
    return distance


def distance(a: Floats, b: Floats) -> Floats:
    """The distance of each pair."""
    return np.sqrt(((a - b) ** 2).sum(axis=1))


def angle(a: Floats, b: Floats) -> Floats:
    """The angle of each pair in degrees."""
    cosine = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _same(n: int, case: str) -> Array:
    return np.full(n, int(case in (SAME, "a first")))


def _ranked(x: Floats, case: str) -> Pose:
    return Pose({"a": x, "b": np.zeros_like(x), "same": _same(len(x), case)}, {"a": np.ones_like(x)})


def _given_distance(x: Floats, case: str) -> Pose:
    return Pose({"distance": x, "same": _same(len(x), case)}, {"distance": np.ones_like(x)})


def _pair(x: Floats, case: str) -> Pose:
    """Vectors along (1, -1), the first of length 1, so that a ratio of variances is one of squared lengths."""
    along = np.array([1.0, -1.0]) / np.sqrt(2)
    return Pose(
        {"a": np.tile(along, (len(x), 1)), "b": (1 + x)[:, None] * along, "same": _same(len(x), case)},
        {"b": np.tile(along, (len(x), 1))},
    )


def _turn(x: Floats, width: int) -> tuple[Floats, Floats]:
    """Directions at an angle to the first axis, and their derivative by degrees."""
    turn = np.radians(x)
    out, move = np.zeros((2, len(x), width))
    out[:, 0], out[:, -1] = np.cos(turn), np.sin(turn)
    move[:, 0], move[:, -1] = -np.radians(1) * np.sin(turn), np.radians(1) * np.cos(turn)
    return out, move


def _pair_angle(x: Floats, case: str) -> Pose:
    b, move = _turn(x, 2)
    return Pose({"a": np.tile([1.0, 0.0], (len(x), 1)), "b": b, "same": _same(len(x), case)}, {"b": move})


def _triplet(x: Floats, others: tuple[str, ...]) -> Pose:
    """The anchor at the origin, the positive on the first axis, each of the others at 1 on an axis of its own."""
    width = 1 + len(others)
    move = np.tile(np.eye(width)[0], (len(x), 1))
    arrays = {"anchor": np.zeros((len(x), width)), "positive": x[:, None] * move}
    arrays |= {role: np.tile(np.eye(width)[i + 1], (len(x), 1)) for i, role in enumerate(others)}
    return Pose(arrays, {"positive": move})


def _class_angle(x: Floats, count: int) -> Pose:
    """Away from its own class and at a right angle to the other one; each class has `count` equal prototypes."""
    vectors, move = _turn(x, 3)
    weights = np.repeat(np.eye(3)[:2], count, axis=0)
    return Pose(
        {"embedding": vectors, "label": np.zeros(len(x), dtype=int)}, {"embedding": move}, constants={"class_weights": weights}
    )


def _prototypes(params: Params) -> int:
    """The prototypes of each class, where it may have several."""
    return int(params.get("k", 1))


def _centre(x: Floats, case: str) -> Pose:
    move = np.tile([1.0, 0.0], (len(x), 1))
    label = np.zeros(len(x), dtype=int)
    return Pose(
        {"embedding": x[:, None] * move, "label": label},
        {"embedding": move},
        constants={"centers": np.array([[0.0, 0.0], [3.0, 0.0]])},
    )
