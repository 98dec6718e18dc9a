"""Two indexes without names that contradict pairing their rows by position."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from losscli.core.errors import DataError, visible
from losscli.sources.frames.frame import as_pandas

_FIX = """name both indexes and pair by key=NAME, or use pair='position' if that is meant; \
functions of losscli.losses take target.reindex(pred.index), or .to_numpy() to pair by position"""


def refuse_misaligned(pred: Any, target: Any) -> None:
    """Raise DataError where two indexes without names have the same labels in different orders, or labels of their own beside
    common ones: no position is safe then. Either side may be a mapping of roles to Series."""
    sides = [list(x.values()) if isinstance(x, Mapping) else [x] for x in (pred, target)]
    first, *others = [index for side in sides for x in side if (index := _bare_index(x)) is not None] or [None]
    words = next(filter(None, (_contradiction(first, index) for index in others)), "")
    if words:
        what = f"the indexes of pred and target have {words}"
        raise DataError(what, fix=_FIX)


def _bare_index(data: Any) -> Any:
    """An unnamed index, in a frame with columns only one other than the default row numbers; None for any other."""
    frame = as_pandas(data)
    if frame is None or any(n is not None for n in frame.index.names):
        return None
    return None if frame.ndim == 2 and _counts(frame.index) else frame.index


def _counts(index: Any) -> bool:
    return isinstance(index, sys.modules["pandas"].RangeIndex)


def _contradiction(one: Any, two: Any) -> str:
    """In what two indexes contradict each other, empty for nothing. The default row numbers may stand beside any labels."""
    if len(one) != len(two) or one.equals(two):
        return ""
    try:
        if one.sort_values().equals(two.sort_values()):
            return "the same labels in different orders"
    except TypeError:  # labels that cannot be sorted
        return ""
    if any(_counts(x) or not x.is_unique for x in (one, two)) or one.intersection(two).empty:
        return ""
    row = next(i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b)
    return f"different labels in row {row + 1}: {visible(str(one[row]), 40)} and {visible(str(two[row]), 40)}"
