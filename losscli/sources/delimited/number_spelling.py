"""Numbers spelled with a decimal comma or with separators between thousands, rewritten with a point. Knows no table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from losscli.core.lazy import lazy
from losscli.core.records import dataclass
from losscli.sources.cell_numbers import is_number
from losscli.sources.side_format import SideFormat

_BLANKS = "\u0020\u00a0\u202f"
"""Blanks between thousands: the ordinary one and the two that do not break a line."""
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_COMMA = rf"(?a)[+-]?(?:\d{{1,3}}(?:(?:\.\d{{3}})+|(?:[{_BLANKS}]\d{{3}})+)|\d*),\d+{_EXPONENT}"
_POINT = rf"(?a)[+-]?\d*\.\d+{_EXPONENT}"


@dataclass(frozen=True)
class NumberSpelling:
    """The decimal mark of a table's numbers, and the separator of their thousands, if any."""

    decimal: str = "."
    thousands: str = ""

    @property
    def plain(self) -> bool:
        """Whether numbers are written as `float()` reads them."""
        return self.decimal == "." and not self.thousands

    def point(self, cell: str, other: str | None = None) -> str:
        """A number with a point and no separators; any other text unchanged. `other` or a ValueError for a number that is spelled
        otherwise: `1.5` where the decimal mark is a comma."""
        word = cell.strip(_BLANKS + "\t")
        if self._number.fullmatch(word):
            for mark in self._separators:
                word = word.replace(mark, "")
            return word.replace(self.decimal, ".")
        if "." in word and self.decimal != "." and is_number(word):
            if other is None:
                raise ValueError(cell)
            return other
        return cell

    @lazy
    def _separators(self) -> str:
        return _BLANKS if self.thousands == " " else self.thousands

    @lazy
    def _number(self) -> re.Pattern[str]:
        whole = r"\d+"
        if self.thousands:
            whole = rf"(?:\d{{1,3}}(?:[{re.escape(self._separators)}]\d{{3}})+|\d+)"
        mark = re.escape(self.decimal)
        return re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+){_EXPONENT}", re.ASCII)


def stated_spelling(how: SideFormat) -> NumberSpelling:
    """The spelling that options state: a decimal comma too where points separate thousands."""
    return NumberSpelling(how.decimal or ("," if how.thousands == "." else "."), how.thousands or "")


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Whether some cells are numbers with a decimal comma, and none is a number with a decimal point."""
    found = False
    for cell in cells:
        if re.fullmatch(_POINT, cell.strip()):
            return False
        found = found or re.fullmatch(_COMMA, cell.strip()) is not None
    return found
