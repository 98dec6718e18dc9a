"""The cells of HTML tables: without the rows of a foot, and with the parts of a cell apart where they would become one number.
Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from math import prod
from typing import Any

from losscli.core.errors import DataError, Where, visible
from losscli.sources.cell_numbers import all_numbers

_APART = " and "
_MERGED = 1 << 20
"""Cells that merged ones may stand for."""
_HIDDEN = "display:none"


def only_cells(page: Any, place: Where) -> tuple[str, ...]:
    """Change the tables of a parsed page; returns notes of what was changed. Raises DataError for merged cells without measure."""
    _refuse_bombs(page, place)
    feet = _without_feet(page)
    notes: tuple[str, ...] = (f"left out: {feet} row{'s' * (feet != 1)} of the table's foot (<tfoot>)",) if feet else ()
    for cell in page.iter("td"):
        _mark_merged(cell)
    joined = [shown for cell in page.iter("td", "th") if (shown := _apart(cell))]
    if joined:
        what = f"`{visible(joined[0], 40)}`, which would become one number"
        notes += (f"the parts of a cell are kept apart: {what}",)
    return notes


def refuse_twice(table: Any, place: Where, named: bool) -> None:
    """Raise DataError where two columns of a table have one name. named: whether its first row has them."""
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    head = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iterfind("thead/tr")]
    head = head or list(takewhile(lambda row: all(cell.tag == "th" for cell in row), rows)) or rows[:named]
    if len(head) != 1:  # several rows of names are told apart by all of them
        return
    seen: set[str] = set()
    for cell in head[0]:
        name = " ".join("".join(_texts(cell)).split())
        if name and (name in seen or _span(cell.get("colspan", "1")) > 1):
            raise DataError(f"duplicate column name {visible(name)!r}", place, "rename one of them")
        seen.add(name)


def _refuse_bombs(page: Any, place: Where) -> None:
    cells = 0
    for cell in page.iter("td", "th"):
        spans = [_span(cell.get(name, "1")) for name in ("rowspan", "colspan")]
        cells += prod(spans) - 1
        if cells > _MERGED:
            what = f"has merged cells in place of more than {_MERGED} cells"
            raise DataError(what, place, "write the table without merged cells")


def _span(text: str) -> int:
    digits = text.strip()
    return max(1, int(digits[:9])) if digits.isascii() and digits.isdecimal() else 1


def _without_feet(page: Any) -> int:
    """Remove the feet of tables that have other rows; returns how many rows they had."""
    rows = 0
    for foot in list(page.iter("tfoot")):
        own = sum(1 for _ in foot.iter("tr"))
        if own and sum(1 for _ in foot.getparent().iter("tr")) > own:
            rows += own
            foot.drop_tree()
    return rows


def _apart(cell: Any) -> str:
    """Separate the texts of a cell that together are a number, as 1<sup>2</sup>; returns them, empty where there are none."""
    parts = [text for text in _texts(cell) if text.strip()]
    if len(parts) < 2 or not all_numbers(["".join(parts).strip()]):
        return ""
    found = _APART.join(part.strip() for part in parts)
    for child in list(cell):
        cell.remove(child)
    cell.text = found
    return found


def _mark_merged(cell: Any) -> None:
    """Mark the number of a cell over several rows or columns, which each of them would have."""
    text = "".join(_texts(cell)).strip()
    if any(cell.get(span, "1").strip() not in ("", "0", "1") for span in ("rowspan", "colspan")) and all_numbers([text]):
        for child in list(cell):
            cell.remove(child)
        cell.text = f"{text} (merged cells)"


def _texts(element: Any) -> Iterator[str]:
    """The texts of an element that are shown, one for each element that they are in."""
    if not isinstance(element.tag, str) or element.tag in ("script", "style"):
        return
    if _HIDDEN in "".join(element.get("style", "").split()):
        return
    if element.text:
        yield element.text
    for child in element:
        yield from _texts(child)
        if child.tail:
            yield child.tail
