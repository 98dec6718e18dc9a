"""Two lists whose first lines may be data: read as names, they would take a row from each side, and the others would pair."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.core.errors import DataError, visible
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.words import word
from losscli.sources.base import lone_name


def refuse_doubtful_headers(facts: Mapping[str, ColumnFacts]) -> None:
    """Raise DataError where both sides are one column, whose names are values of these columns too."""
    sides = [(found, lone_name(found.source)) for found in facts.values()]
    if not all(name for _, name in sides):
        return
    values = {word(cell) for found, name in sides for cell in found.texts(name, FIRST)}
    if all(word(name) in values for _, name in sides):
        lines = " and ".join(f"{visible(name, 40)!r} of {visible(found.source.path)}" for found, name in sides)
        what = f"the first lines may be data or the names of the columns: {lines}"
        raise DataError(what, fix="use --header none if they are data, or --header names if they are names")
