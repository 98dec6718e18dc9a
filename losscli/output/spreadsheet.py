"""Text as a cell of CSV and TSV files that people open in spreadsheets and terminals. Writes nothing."""

from __future__ import annotations

import sys

from losscli.core.errors import visible
from losscli.core.values import read_number

FORMULA = frozenset("=+-@＝＋－＠")
"""Signs that begin a formula in a spreadsheet, including the full-width ones of East Asian keyboards."""


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula and no terminal for a command; numbers stay numbers.

    Spreadsheets hide the apostrophe that is put in front.
    """
    flat = visible(text, sys.maxsize)
    return "'" + flat if flat[:1] in FORMULA and read_number(flat) is None else flat
