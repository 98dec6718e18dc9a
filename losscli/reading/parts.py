"""Files in parts whose rows pair by position: parts of different lengths speak against the order of the rows."""

from __future__ import annotations

from losscli.core.errors import visible
from losscli.sources.base import Source


def uneven_parts(pred: Source, target: Source) -> list[tuple[str, str]]:
    """The warning of parts that differ in their rows, as of a program that keeps no order."""
    parts = [getattr(side, "shards", ()) for side in (pred, target)]
    ours, theirs = ([part.rows for part in side] for side in parts)
    if not ours or not theirs or ours == theirs:
        return []
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    if len(ours) != len(theirs):
        what = f"{visible(pred.path)} has {len(ours)} parts and {visible(target.path)} {len(theirs)}"
    else:
        first, other = (visible(side[at].path) for side in parts)
        what = f"{first} has {ours[at]:,} rows and {other} {theirs[at]:,}"
    return [("pair-order", f"{what}, and rows pair by position, though no id shows their order; pair them with --key COL")]
