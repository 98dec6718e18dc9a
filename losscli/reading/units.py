"""Columns that say which rows stand or fall together, such as the boxes of an image."""

from __future__ import annotations

from losscli.reading.group_columns import SIDES
from losscli.reading.roles import RoleColumns
from losscli.spec.column_names import UNIT


def unit_like(columns: RoleColumns, same: frozenset[str]) -> str:
    """How --unit names the column whose name says that its values are units, and that has one twice in its first rows; else empty.

    same: the columns that are equal on both sides.
    """
    for side in SIDES[: 1 if columns.target is None else 2]:
        facts = columns.facts[side]
        found = next((name for name in facts.named(UNIT) if facts.texts_repeat(name)), "")
        if found:
            both = columns.target is not None and all(found in columns.source(side).names for side in SIDES)
            return f"target.{found}" if both and found not in same else found
    return ""
