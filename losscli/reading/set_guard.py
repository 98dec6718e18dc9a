"""Refuses to pair boxes by position or by key where several of them belong to one image: they are sets, which --match pairs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.reading.image_sets import SIDES
from losscli.reading.pairing import DuplicateKey
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Field
from losscli.sources.packed_keys import read_packed

_SPAN = 1 << 17
_MATCH = "use --match greedy to pair the boxes of each image"


def refuse_sets(columns: RoleColumns, rows: Mapping[str, int], paths: tuple[str, str]) -> None:
    """Raise DataError where the sides differ in number, or row by row in the image, and an image has several boxes.

    rows: by side, the number of rows to be paired by position.
    """
    names = {side: name for side in SIDES if (name := columns.extra(side, "image_id"))}
    fields = {side: columns.source(side).text(name) for side, name in names.items()}
    fields = {side: field for side, field in fields.items() if field.rows == rows[side]}
    if rows["pred"] != rows["target"]:
        repeated = next((side for side, field in fields.items() if _repeats(field)), None)
        if repeated is not None:
            what = f"{rows['pred']} predictions in {visible(paths[0])}, but {rows['target']} targets in {visible(paths[1])}"
            raise DataError(f"{what}; `{visible(names[repeated])}` repeats, so they are sets of boxes", fix=_MATCH)
        return
    if len(fields) < 2:
        return
    row = _first_difference(fields["pred"], fields["target"])
    if row is not None and any(map(_repeats, fields.values())):
        ours, theirs = (visible(str(fields[side].read(row, row + 1)[0]), 40) for side in SIDES)
        what = f"row {row + 1} is of image {ours} in {visible(paths[0])}, but of image {theirs} in {visible(paths[1])}"
        raise DataError(what, fix=_MATCH)


def explained(columns: RoleColumns, error: DuplicateKey, keys: list[tuple[str, str]]) -> DuplicateKey:
    """The error of a duplicate key, which several boxes of one image are allowed under --match."""
    images = {columns.extra(side, "image_id") for side in SIDES}
    if not any(images & set(pair) for pair in keys):
        return error
    return DuplicateKey(f"{error.what}: an image with several boxes", error.where, f"omit --key, and {_MATCH}")


def _repeats(field: Field) -> bool:
    """Whether a value occurs twice."""
    seen: set[bytes] = set()
    for low in range(0, field.rows, _SPAN):
        words = np.ascontiguousarray(read_packed(field, low, min(low + _SPAN, field.rows)))
        keys = [row.tobytes() for row in words]
        before = len(seen)
        seen.update(keys)
        if len(seen) < before + len(keys):
            return True
    return False


def _first_difference(ours: Field, theirs: Field) -> int | None:
    """The first row in which two columns differ as text."""
    for low in range(0, ours.rows, _SPAN):
        high = min(low + _SPAN, ours.rows)
        unequal = (read_packed(ours, low, high) != read_packed(theirs, low, high)).any(axis=1)
        if unequal.any():
            return low + int(np.argmax(unequal))
    return None
