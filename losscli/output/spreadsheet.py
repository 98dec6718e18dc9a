"""Text as a cell of CSV and TSV files that people open in spreadsheets and terminals. Writes nothing."""

from __future__ import annotations

import sys

from losscli.core.errors import visible
from losscli.core.values import read_number

FORMULA = frozenset("=+-@＝＋－＠")
"""Signs by which a spreadsheet knows a formula, the wide ones of East Asian keyboards among them."""


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula and no terminal for a command; numbers stay numbers.

    Spreadsheets hide the apostrophe that is put in front.
    """
    flat = visible(text, sys.maxsize)
    return "'" + flat if flat[:1] in FORMULA and read_number(flat) is None else flat
