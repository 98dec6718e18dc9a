"""Numeric cells: parsed by `float()`, restricted to plain ASCII without underscores; surrounding blanks are ignored. In a column
of numbers a missing cell is NaN, and the words that pandas writes for truth values are 1 and 0."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from losscli.core.errors import visible
from losscli.numerics.exact_integers import LIMIT
from losscli.sources.missing import is_missing

_ODD = re.compile(r"[^\t !-^`-~]")
"""Characters that `float()` accepts but tables do not intend: underscores, digits of other scripts, exotic blanks."""
_WHOLE = re.compile(r"[-+]?[0-9]+")
_MAYBE = re.compile(r"\s*[-+]?(?:[0-9.]|inf|nan|true|false)", re.I)
"""The beginning of every number and truth value."""
_TRUTH = {"true": 1.0, "True": 1.0, "TRUE": 1.0, "false": 0.0, "False": 0.0, "FALSE": 0.0}


def number(cell: str) -> float:
    """The number in a cell, or ValueError."""
    if _ODD.search(cell):
        raise ValueError(cell)
    return float(cell)


def numbers(cells: Sequence[str]) -> list[float]:
    """The numbers in several cells, or ValueError."""
    read = number if _ODD.search("".join(cells)) else float
    return list(map(read, cells))


def all_numbers(cells: Sequence[str]) -> bool:
    """Whether every cell is a number."""
    try:
        numbers(cells)
    except ValueError:
        return False
    return True


def value(cell: str) -> float:
    """The number that a cell of a numeric column means, NaN for a missing one, or ValueError."""
    try:
        return number(cell)
    except ValueError:
        if is_missing(cell):
            return math.nan
        found = _TRUTH.get(cell.strip())
        if found is None:
            raise
        return found


def values(cells: Sequence[str]) -> list[float]:
    """The numbers that the cells of a numeric column mean, or ValueError."""
    try:
        return numbers(cells)
    except ValueError:
        return list(map(value, cells))


def inexact(cell: str, found: float) -> bool:
    """Whether a cell is a whole number that differs from its double."""
    word = cell.strip()
    return abs(found) >= LIMIT and _WHOLE.fullmatch(word) is not None and (math.isinf(found) or int(word) != found)


def kind_of(numeric: Iterable[bool]) -> str:
    """The kind of a column, given for each cell that is not missing whether it is a number: `f`, `m` or `U`."""
    found = list(numeric)
    count = sum(found)
    if count == len(found):
        return "f"
    return "m" if 2 * count >= len(found) and count else "U"


def is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    try:
        number(cell)
    except ValueError:
        return False
    return True


def kind_of_cells(cells: Sequence[str]) -> str:
    """The kind of a column of text."""
    if all_numbers(cells):
        return "f"
    return kind_of(_is_value(cell) for cell in cells if not is_missing(cell))


def spelling(cell: str) -> str:
    """A cell that is not a finite number as messages show it: `an empty cell`, `'NA'`, `nan`."""
    word = cell.strip()
    if not word:
        return "an empty cell"
    try:
        return str(number(word))
    except ValueError:
        return repr(visible(word, 40))


def _is_value(cell: str) -> bool:
    if not _MAYBE.match(cell):
        return False
    try:
        value(cell)
    except ValueError:
        return False
    return True
