"""Images that one side has and the other does not know of, where a side's format has a file per image: missing is not empty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.errors import DataError, some, visible
from losscli.numerics.stable import Ints
from losscli.reading.asked import Reading
from losscli.reading.image_sets import SIDES, Axis
from losscli.reading.roles import RoleColumns
from losscli.sources.base import images_of

_FLAGS = {"pred": "missing", "target": "extra"}
"""The option about images that a side does not know of."""
_WORDS = {"pred": "no file of predictions", "target": "no file of true boxes"}


def leave_out_images(columns: RoleColumns, axis: Axis, codes: Mapping[str, Ints], asked: Reading | None) -> None:
    """Leave out the boxes of images that the other side does not know of, if --missing or --extra allows it.

    Raises DataError otherwise.
    """
    used = {side: {axis.words[i] for i in np.unique(axis.codes[side]) if i >= 0} for side in SIDES}
    for side, other in (SIDES, SIDES[::-1]):
        known = images_of(columns.source(side))
        if known is None:
            continue
        here = set(map(axis.spell, known))
        lost = sorted(used[other] - here)
        if lost:
            _lose(columns, axis, codes, asked, side, other, lost, len(here | used[other]))


def _lose(
    columns: RoleColumns,
    axis: Axis,
    codes: Mapping[str, Ints],
    asked: Reading | None,
    side: str,
    other: str,
    lost: list[str],
    total: int,
) -> None:
    """Leave out the boxes of the other side in images that this side does not know of."""
    flag = _FLAGS[side]
    have = "has" if len(lost) == 1 else "have"
    what = f"{len(lost)} of {total} images {have} {_WORDS[side]} in {visible(columns.source(side).path)}: {some(lost[:3])}"
    if asked is None or getattr(asked, flag) == "error":
        fix = f"use --images DIR if they have no boxes (some tools write no file then), or --{flag} drop to leave them out"
        raise DataError(what, fix=fix)
    gone = np.array([i for i, word in enumerate(axis.words) if word in set(lost)], np.int64)
    hidden = np.isin(axis.codes[other], gone)
    codes[other][hidden] = -1
    columns.notes.append(f"{what}; {int(hidden.sum())} boxes of {other.upper()} left out (--{flag} drop)")
