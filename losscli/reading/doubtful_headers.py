"""Two lists whose first lines may be data: read as names, they would take a row from each side, and the others would pair."""

from __future__ import annotations

import re
from collections.abc import Mapping

from losscli.core.errors import DataError, visible
from losscli.reading.column_facts import FIRST, ColumnFacts
from losscli.reading.words import word
from losscli.sources.base import lone_name
from losscli.sources.missing import is_missing


def refuse_doubtful_headers(facts: Mapping[str, ColumnFacts]) -> list[str]:
    """Raise DataError where both sides are one column, whose names are values of these columns too, or are the `0` of a data frame
    without names; where the rows show that this is a name, a note says so."""
    sides = [(found, lone_name(found.source)) for found in facts.values()]
    if not all(name for _, name in sides):
        return []
    framed = all(name == "0" for _, name in sides)
    if framed and (reason := next(filter(None, (_no_data(found, name) for found, name in sides)), "")):
        return [reason]
    values = {word(cell) for found, name in sides for cell in found.texts(name, FIRST)}
    if framed or all(word(name) in values for _, name in sides):
        lines = " and ".join(f"{visible(name, 40)!r} of {visible(found.source.path)}" for found, name in sides)
        what = f"the first lines may be data or the names of the columns: {lines}"
        raise DataError(what, fix="use --header none if they are data, or --header names if they are names")
    return []


def _no_data(facts: ColumnFacts, name: str) -> str:
    """Why the line `0` cannot be a row: the others are words, or numbers that are written with zeros after the point."""
    cells = [cell for cell in facts.texts(name, FIRST) if not is_missing(cell)]
    path = visible(facts.source.path)
    if cells and not facts.numeric(name):
        return f"{path}: the first line 0 is a name, as the rows are not numbers"
    padded = next((cell.strip() for cell in cells if _PADDED.fullmatch(cell.strip())), "")
    return (
        f"{path}: the first line 0 is a name, as a row would have zeros after the point, as {visible(padded)} has" if padded else ""
    )


_PADDED = re.compile(r"[-+]?\d*[.,]\d*0([eE][-+]?\d+)?")
"""A number with a zero that it does not need at its end."""
