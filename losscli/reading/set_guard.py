"""Where several boxes belong to one image, they are sets: names --match in the errors of pairing by position and by key."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.errors import DataError, visible
from losscli.reading.agreement import MATCH
from losscli.reading.image_sets import SIDES
from losscli.reading.keys import DuplicateKey
from losscli.reading.pairing import counted
from losscli.reading.roles import RoleColumns
from losscli.sources.base import Field


def image_columns(columns: RoleColumns) -> tuple[str, str] | None:
    """The columns of the image ids, if both files have one for every row."""
    ours, theirs = (columns.extra(side, "image_id") for side in SIDES)
    return (ours, theirs) if ours and theirs else None


def refuse_unequal_sets(columns: RoleColumns, rows: Mapping[str, int], paths: tuple[str, str]) -> None:
    """Raise DataError where the sides differ in number and an image has several boxes. rows: by side, the rows to be paired."""
    if rows["pred"] == rows["target"]:
        return
    names = {side: name for side in SIDES if (name := columns.extra(side, "image_id"))}
    repeated = next((name for side, name in names.items() if _repeats(columns.source(side).text(name))), None)
    if repeated is not None:
        what = counted(rows["pred"], rows["target"], paths)
        raise DataError(f"{what}; `{visible(repeated)}` repeats, so they are sets of boxes", fix=MATCH)


def explained(columns: RoleColumns, error: DuplicateKey, keys: list[tuple[str, str]]) -> DuplicateKey:
    """The error of a duplicate key, which several boxes of one image are allowed under --match."""
    images = {columns.extra(side, "image_id") for side in SIDES}
    if not any(images & set(pair) for pair in keys):
        return error
    return DuplicateKey(f"{error.what}: an image with several boxes", error.where, f"omit --key, and {MATCH}")


def _repeats(field: Field) -> bool:
    """Whether a value occurs twice."""
    return not field.shape and len(set(field.read(0, field.rows).tolist())) < field.rows
