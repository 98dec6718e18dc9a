"""Class scores and integer inputs of the composite losses: checked and converted for the kernels."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import Where
from losscli.core.records import replace
from losscli.families.detect.family import misshapen
from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.score_guards import read_scores
from losscli.numerics.stable import Ints
from losscli.spec.family import Conventions, Watch
from losscli.spec.tile import Block

OF_IMAGES = "scores of images need an axis of anchors and one of classes"


def of_regions(block: Block, conventions: Conventions, watch: Watch) -> Softmax:
    """(n,C) scores of exclusive classes. Raises DataError for other shapes."""
    need(block, block.arrays["scores"].ndim == 2, "scores of regions need a column per class")
    found: Softmax = read_scores(block, "softmax", conventions, watch)
    return found


def of_anchors(block: Block, conventions: Conventions, watch: Watch) -> Sigmoid:
    """One objectness score per row. Raises DataError for other shapes."""
    need(block, block.arrays["scores"].size == block.rows, "stage=rpn reads one objectness score per row")
    found: Sigmoid = read_scores(block, "sigmoid", conventions, watch)
    return found


def of_images(block: Block, conventions: Conventions, watch: Watch) -> Softmax:
    """(N,A,C) scores of exclusive classes, with the classes moved to the second axis. Raises DataError for other shapes."""
    array = block.arrays["scores"]
    need(block, array.ndim == 3, OF_IMAGES)
    anchors, classes = array.shape[1:]

    def place(role: str, row: int, item: int) -> Where:
        of_class, anchor = divmod(item, anchors)
        return block.place(role, row, anchor * classes + of_class)

    moved = replace(block, arrays={"scores": np.moveaxis(array, -1, 1)}, place=place, cache={})
    found: Softmax = block.once("scores of images", lambda: read_scores(moved, "softmax", conventions, watch))
    return found


def each(block: Block, conventions: Conventions, watch: Watch, role: str = "scores") -> Sigmoid:
    """A role of any shape in which every entry is an independent binary score."""
    own = replace(block, arrays={"scores": block.arrays[role]}, place=lambda _, row, item: block.place(role, row, item), cache={})
    found: Sigmoid = block.once(("each", role), lambda: read_scores(own, "sigmoid", conventions, watch))
    return Sigmoid(found.array.reshape(block.arrays[role].shape), found.from_logits)


def need(block: Block, fits: bool, what: str) -> None:
    """Raise DataError unless the shape of the scores fits."""
    if not fits:
        fix = "name the columns with --col scores=…; `losscli explain LOSS` lists the inputs of a loss"
        raise misshapen(block, "scores", f"{what}, found rows of shape {block.arrays['scores'].shape[1:]}", fix)


def whole_numbers(block: Block, role: str, low: int, high: int) -> Ints:
    """A role as integers within low … high-1. Raises DataError at the first other number."""
    found = block.arrays[role]
    with np.errstate(invalid="ignore"):
        fits = (found == np.floor(found)) & (found >= low) & (found < high)
    block.reject(role, ~fits, lambda x: f"{role} {float(x):.6g} is not an integer in {low} … {high - 1}")
    return np.ascontiguousarray(found, dtype=np.int64)
