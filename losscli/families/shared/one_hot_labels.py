"""Labels as one-hot rows or masks where class numbers are expected: read as the classes that they are, and reported."""

from __future__ import annotations

import numpy as np

from losscli.families.shared.score_guards import squeezed
from losscli.numerics.stable import Array
from losscli.spec.family import Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.tile import Block

CODE = "one-hot"
_ROWS, _HOT = "rows of labels", "one-hot rows of labels"


def look_for_one_hot(block: Block, watch: Watch) -> None:
    """Count the rows of labels, and those that are one-hot, among the first of a tile."""
    block.once(CODE, lambda: _look(block, "label", squeezed(block.arrays["label"]), 2, watch))


def look_for_one_hot_masks(block: Block, watch: Watch) -> None:
    """Count the masks with an axis of classes, and those that are one-hot in every pixel, among the first of a tile."""
    block.once(CODE, lambda: _look(block, "mask", block.arrays["mask"], block.arrays["scores"].ndim, watch))


def _look(block: Block, role: str, array: Array, axes: int, watch: Watch) -> bool:
    """axes: those of an array with an axis of classes, which is axis 1."""
    if array.ndim != axes or array.shape[1] < 2 or not len(array):
        return False
    rows = np.asarray(array[:SAMPLE])
    hot = ((rows == 0) | (rows == 1)).all(1) & ((rows == 1).sum(1) == 1)
    hot = hot.reshape(len(rows), -1).all(1)
    watch.count(_ROWS, len(rows))
    watch.count(_HOT, int(hot.sum()))
    watch.see(_HOT, block, hot, role)
    return True


def one_hot_labels(watch: Watch, what: str) -> list[tuple[str, str]]:
    """The warning of labels that are one-hot throughout, in these words."""
    rows = watch.counts.get(_ROWS, 0)
    return [(CODE, f"{watch.place(_HOT)}: {what}")] if rows and rows == watch.counts.get(_HOT, 0) else []
