"""The format of each side's boxes: the option, else what the columns' names imply, else what the file or its values show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from losscli.core.errors import DataError, UsageError, some, visible
from losscli.core.records import replace
from losscli.numerics.stable import Array
from losscli.reading.roles import RoleColumns
from losscli.sources.base import declared_of
from losscli.spec.family import Conventions

_SPAN = 1 << 16
_DEFAULT = "xyxy"


def completed(columns: RoleColumns, chosen: Mapping[str, Mapping[str, tuple[str, ...]]], conventions: Conventions) -> Conventions:
    """The conventions with both formats. chosen: by side, the columns of each role.

    Raises UsageError where an option contradicts the names, DataError where nothing decides.
    """
    given = {"pred": conventions.pred_format, "target": conventions.target_format}
    found = {}
    for side, option in given.items():
        box = next((names for r in columns.roles(side) if r.key == "box" and (names := chosen[side].get(r.name))), ())
        found[side] = _checked(columns, side, box, option) if option else _found(columns, side, box)
    return replace(conventions, pred_format=found["pred"], target_format=found["target"])


def _implied(columns: RoleColumns, box: tuple[str, ...]) -> str | None:
    return columns.family.implied(box) if columns.family.implied else None


def _checked(columns: RoleColumns, side: str, box: tuple[str, ...], option: str) -> str:
    implied = _implied(columns, box)
    if implied and implied != option and not columns.stated("box", side):
        raise UsageError(
            f"{visible(columns.source(side).path)}: columns {some(box)} imply {implied}, but the option is {option}",
            fix=f"omit the option, or confirm {option} with --col {side}.box={','.join(map(visible, box))}",
        )
    return option


def _found(columns: RoleColumns, side: str, box: tuple[str, ...]) -> str:
    path = visible(columns.source(side).path)
    declared: str | None = declared_of(columns.source(side)).get("box_format")
    if declared and not columns.stated("box", side):
        return declared
    form, why = _implied(columns, box), some(box)
    if form is None:
        form, why = _by_contents(columns, side, box)
    if why and form != _DEFAULT:
        columns.notes.append(f"{path}: boxes read as {form} ({why})")
    columns.guesses.append(f"box format {form} of {path}")
    return form


def _by_contents(columns: RoleColumns, side: str, box: tuple[str, ...]) -> tuple[str, str]:
    """The format of boxes whose names imply none, and the reason if a note is due."""
    source = columns.source(side)
    if columns.family.unnamed is None or not box:
        return _DEFAULT, ""

    def spans() -> Iterator[Array]:
        field = source.numbers(box)
        for start in range(0, field.rows, _SPAN):
            yield field.read(start, min(start + _SPAN, field.rows))

    found = columns.family.unnamed(box, source.names, spans)
    if found is None:
        name = box[0].rstrip("_0123456789")
        raise DataError(
            f"{visible(source.path)}: `{visible(name)}` may be two corners or a corner and a size; its boxes fit both",
            fix=f"use --{side}-box-format xyxy if they are two corners, --{side}-box-format xywh if a corner and a size",
        )
    return found
