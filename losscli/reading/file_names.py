"""The names of the files of two sides, where row i of one belongs to row i of the other. Reads names only."""

from __future__ import annotations

import os
from collections.abc import Sequence

from losscli.core.file_names import without_suffix
from losscli.sources.folders.stems import changed

_DIGITS = "0123456789"


def names_of(paths: Sequence[str], change: str = "") -> list[str]:
    """The name of each file without folder and suffix, changed by --stem; with its folders where names repeat."""
    bare = [without_suffix(os.path.basename(path)) for path in paths]
    if len(set(bare)) < len(bare):
        bare = [without_suffix(path.replace(os.sep, "/")) for path in paths]
    return [changed(name, change) for name in bare]


def apart(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    """The first place where two sides have other names, where some names are on both sides; None where nothing contradicts.

    Sides without a name in common, such as pred_0 and true_0, are compared by what differs within each side.
    """
    for one, two in ((ours, theirs), (_varying(ours), _varying(theirs))):
        if set(one) & set(two):
            return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    return None


def _varying(names: Sequence[str]) -> list[str]:
    """Names without the beginning and the end that all of them have; a number keeps all of its digits."""
    start = _common(names).rstrip(_DIGITS)
    left = [name[len(start) :] for name in names]
    end = _common([name[::-1] for name in left])[::-1].lstrip(_DIGITS)
    return [name.removesuffix(end) for name in left]


def _common(names: Sequence[str]) -> str:
    """The beginning that all names have."""
    low, high = min(names), max(names)
    return low[: next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))]
