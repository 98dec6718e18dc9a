"""Vectors written as text in one cell of a table, as Python and NumPy print them: `[0.1, 0.2]`, `[0.1 0.2]`, or
without brackets, `0.1 0.2`. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.numerics.stable import Array
from losscli.sources.cell_numbers import kind_of_cells, values
from losscli.sources.columns import unequal
from losscli.sources.missing import is_missing

_SCALAR = r"np\.\w+\(([^()]*)\)"
"""A number as NumPy 2 prints it inside a list."""
_ELLIPSIS = "..."
_BARE = rb"\.[0-9]* +[-+]?[0-9.]"
"""What a table has that may have vectors without brackets: a fraction, a blank and a number."""


def maybe_in(raw: bytes) -> bool:
    """Whether text may contain vectors."""
    return b"[" in raw or b"(" in raw or (b" " in raw and re.search(_BARE, raw) is not None)


def parts(cell: str) -> list[str]:
    """The entries of a vector as text, or ValueError."""
    word = cell.strip()
    if word[:1] + word[-1:] not in ("[]", "()"):
        return _bare(word)
    if word[0] == "(" and "," not in word:
        raise ValueError(cell)
    inner = re.sub(_SCALAR, r"\1", word[1:-1]) if "np." in word else word[1:-1]
    if "," not in inner:
        return inner.split()
    found = [part.strip() for part in inner.split(",")]
    if found[-1] == "":  # Python writes a tuple of one as (x,)
        found.pop()
    if "" in found:
        raise ValueError(cell)
    return found


def _bare(word: str) -> list[str]:
    """The entries of a vector without brackets; whole numbers alone are not one, as run lengths and ids are written so."""
    entries = word.split()
    if len(entries) < 2 or "." not in word:
        raise ValueError(word)
    return entries


def width(cells: Sequence[str]) -> int | None:
    """The length of the first vector of a column whose cells are all vectors or missing; None for any other column."""
    found: int | None = None
    for cell in cells:
        if is_missing(cell):
            continue
        try:
            entries = parts(cell)
        except ValueError:
            return None
        if kind_of_cells(entries) != "f" or (len(entries) != (found or len(entries)) and cell.strip()[0] not in "[("):
            return None
        found = len(entries) if found is None else found
    return found or None


def spread(cells: Sequence[str], size: int, kind: str) -> Array:
    """The vectors as rows of `size` numbers or texts, all missing where the cell is; ValueError with the index of a bad cell."""
    out: Array = np.empty((len(cells), size), np.float64 if kind == "f" else object)
    for i, cell in enumerate(cells):
        try:
            entries = parts(cell)
            out[i] = values(entries) if kind == "f" else entries
        except ValueError:
            if not is_missing(cell):
                raise ValueError(i) from None
            out[i] = np.nan if kind == "f" else ""
        else:
            if len(entries) != size:
                raise ValueError(i)
    return out


def refusal(cell: str, size: int, where: Where) -> DataError:
    """The error of a cell that is not a vector of that length."""
    try:
        entries = parts(cell)
    except ValueError:
        return DataError(f"{visible(cell, 40)!r} is not a vector", where, f"write {size} numbers in brackets, as in the other rows")
    if _ELLIPSIS in entries:
        fix = "NumPy printed only a part of the array; write it with array.tolist()"
        return DataError(f"{visible(cell, 40)!r} is not a whole vector", where, fix)
    if len(entries) != size:
        return unequal(len(entries), size, where)
    return DataError(f"{visible(cell, 40)!r} is not a vector of numbers", where, "correct the cell")
