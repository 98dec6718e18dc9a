"""The one meaning of a numeric cell: what `float()` reads, in plain ASCII without underscores, blanks around it ignored."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ODD = re.compile(r"[^\t !-^`-~]")
"""What `float()` would take and no table means: underscores, digits of other scripts, exotic blanks."""


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
    """Whether every cell reads as a number."""
    try:
        numbers(cells)
    except ValueError:
        return False
    return True
