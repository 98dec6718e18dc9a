"""Labels as one-hot rows where a class number per row is expected: read as the classes that they are, and reported."""

from __future__ import annotations

import numpy as np

from losscli.families.shared.score_guards import squeezed
from losscli.spec.family import Watch
from losscli.spec.guards import SAMPLE
from losscli.spec.tile import Block

CODE = "one-hot"
_ROWS, _HOT = "rows of labels", "one-hot rows of labels"


def look_for_one_hot(block: Block, watch: Watch) -> None:
    """Count the rows of labels, and those that are one-hot, among the first of a tile."""
    block.once(CODE, lambda: _count(block, watch))


def _count(block: Block, watch: Watch) -> bool:
    label = squeezed(block.arrays["label"])
    if label.ndim != 2 or label.shape[1] < 2 or not len(label):
        return False
    rows = np.asarray(label[:SAMPLE])
    hot = ((rows == 0) | (rows == 1)).all(1) & ((rows == 1).sum(1) == 1)
    watch.count(_ROWS, len(rows))
    watch.count(_HOT, int(hot.sum()))
    watch.see(_HOT, block, hot, "label")
    return True


def one_hot_labels(watch: Watch) -> list[tuple[str, str]]:
    """The warning of labels that are one-hot throughout."""
    rows = watch.counts.get(_ROWS, 0)
    if not rows or rows != watch.counts.get(_HOT, 0):
        return []
    what = "TARGET rows are one-hot where a class number was expected: each is read as the class of its 1"
    return [(CODE, f"{watch.place(_HOT)}: {what}")]
