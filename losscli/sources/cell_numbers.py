"""Numeric cells: parsed by `float()`, restricted to plain ASCII without underscores; surrounding blanks are ignored."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ODD = re.compile(r"[^\t !-^`-~]")
"""Characters that `float()` accepts but tables do not intend: underscores, digits of other scripts, exotic blanks."""


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
