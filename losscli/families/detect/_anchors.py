"""Anchors of images, the true boxes they are matched to, and the deltas between them: the inputs of ssd and retinanet."""

from __future__ import annotations

from typing import Any

import numpy as np

from losscli.core.errors import DataError
from losscli.families.detect._deltas import encode
from losscli.families.detect._detector_scores import whole_numbers
from losscli.families.detect._formats import corners
from losscli.families.detect.family import FAMILY, format_of
from losscli.numerics.stable import Floats, Ints
from losscli.spec.family import Conventions
from losscli.spec.loss import Loss
from losscli.spec.tile import Block


def anchored(
    block: Block, loss: Loss, conventions: Conventions, anchor_count: int, classes: int, lowest: int
) -> tuple[Floats, Floats, Floats, Ints, Ints]:
    """Deltas, anchors, true boxes, labels and matches of consistent shapes; `lowest` is the smallest match. Raises DataError."""
    form = format_of("target_box", conventions)
    deltas, anchors = block.doubles("deltas"), corners(block.arrays["anchors"], form)
    match, held = block.arrays["match"], block.arrays["target_box"]
    images = block.rows
    for role, found, wanted in (
        ("deltas", deltas.shape, (images, anchor_count, 4)),
        ("anchors", anchors.shape, (anchor_count, 4)),
        ("match", match.shape, (images, anchor_count)),
        ("target_box", held.shape, (*block.arrays["label"].shape, 4)),
    ):
        if found != wanted:
            raise DataError(
                f"{FAMILY.role(role).key} has shape {_spoken(found, role)}, but the other inputs need {_spoken(wanted, role)}",
                None if role == "anchors" or not block.rows else block.place(role, 0, 0),
                fix=f"`losscli explain {loss.name}` lists the inputs it reads",
            )
    match = whole_numbers(block, "match", lowest, held.shape[1])
    label = whole_numbers(block, "label", -1, classes)
    nameless = (pick(label, match) < 0) & (match >= 0)
    block.reject(
        "match", nameless, lambda m: f"matched box {int(m)} has the label -1", "labels of -1 are padding; match no anchor to them"
    )
    truth = corners(held, form)
    boxes = pick(truth, match)
    flat = (boxes[..., 2:] <= boxes[..., :2]).any(-1) & (match >= 0)
    block.reject(
        "match",
        flat,
        lambda m: f"matched box {int(m)} is inverted or has no area",
        "give the format of the boxes with --target-box-format",
    )
    if (anchors[:, 2:] <= anchors[:, :2]).any():
        raise DataError(
            "an anchor is inverted or has no area", fix="give the format of anchors and true boxes with --target-box-format"
        )
    return deltas, anchors, truth, label, match


def _spoken(shape: tuple[int, ...], role: str) -> str:
    """A shape for a message, with N for the number of images, which here is only that of one tile."""
    return "(" + ", ".join(str(n) if i or role == "anchors" else "N" for i, n in enumerate(shape)) + ")"


def pick(of_truth: Any, match: Ints) -> Any:
    """For each anchor, the entry of the true box it is matched to; for unmatched anchors, that of the first box."""
    index = np.maximum(match, 0)
    return np.take_along_axis(of_truth, index.reshape(*index.shape, *[1] * (of_truth.ndim - 2)), 1)


def off(deltas: Floats, anchors: Floats, target_box: Floats, match: Ints, weights: Floats) -> Floats:
    """(N,A,4): predicted minus encoded deltas; 0 for unmatched anchors."""
    boxes = np.where((match >= 0)[..., None], pick(target_box, match), anchors)
    return np.where((match >= 0)[..., None], deltas - encode(boxes, np.broadcast_to(anchors, boxes.shape), weights), 0.0)
