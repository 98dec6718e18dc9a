"""Why a cell is not a number, where its spelling shows it, and what would read or mend it."""

from __future__ import annotations

import re

from losscli.core.errors import DataError, Where, visible
from losscli.sources.cell_numbers import all_numbers
from losscli.sources.delimited.dialect import Dialect
from losscli.sources.delimited.preamble import COMMENTS

_FIX = "correct the cell, or name the numeric columns with --col"
_GROUPED = r"(?a)[+-]?\d{1,3}(?:(?P<group>[.,'_ \u00a0\u202f])\d{3})(?:(?P=group)\d{3})*(?:(?P<mark>[.,])\d*)?"
_COMMA = r"(?a)[+-]?\d*,\d+(?:[eE][+-]?\d+)?"
_FORTRAN = r"(?a)([+-]?(?:\d+\.?\d*|\.\d+))[dD]([+-]?\d+)"
_MSVC = r"(?i)-?(?:1\.#(?P<kind>qnan|snan|ind|inf)\d*|nan\((?:s?nan|ind)\))"
_CURRENCY = "$€£¥"
_DASHES = {"\u2212": "minus sign U+2212", "\u2013": "dash U+2013"}


def not_a_number(cell: str, where: Where, dialect: Dialect) -> DataError:
    """The error of a cell that is not a number."""
    what, fix = _cause(cell.strip(), dialect) or ("not a number", _FIX)
    if comment := next((mark for mark in COMMENTS if cell.startswith(mark)), ""):
        fix = f"if it begins a comment, use {dialect.text.flag('--comment', comment)} to skip such lines"
    return DataError(f"{visible(cell, 40)!r} is {what}", where, fix)


def misspelled(cell: str, dialect: Dialect) -> bool:
    """Whether a cell is a number in a spelling that is not read."""
    word = cell.strip()
    return any(map(str.isdigit, word)) and (_marks(word, dialect) or _signs(word) or _notation(word)) is not None


def _cause(word: str, dialect: Dialect) -> tuple[str, str] | None:
    return _marks(word, dialect) or _signs(word) or _notation(word) or _several(word, dialect)


def _marks(word: str, dialect: Dialect) -> tuple[str, str] | None:
    """Decimal marks and separators of thousands other than those that are read."""
    decimal, flag = dialect.spelling.decimal, dialect.text.flag
    comma, found = f"use {flag('--decimal', ',')}", re.fullmatch(_GROUPED, word)
    if found is None:
        if decimal == "." and re.fullmatch(_COMMA, word):
            return "a number with a decimal comma", comma
        if decimal == "," and "." in word and all_numbers([word]):
            return "written with a decimal point, unlike the numbers with a decimal comma", "write every number with the same mark"
        return None
    group, mark = found["group"], found["mark"] or ""
    if group == mark or (group == decimal and not (mark and decimal == ".")):
        return None
    thousands = f"{flag('--thousands', group if group in ',._' + chr(39) else 'blank')}"
    if group == "," and not mark and word.count(",") == 1 and decimal == ".":
        return "written with a comma", f"{comma} if it is a decimal comma, {thousands} if it separates thousands"
    both = mark == "," and decimal == "."
    return "a number with separated thousands", f"{comma} and {thousands}" if both else f"use {thousands}"


def _signs(word: str) -> tuple[str, str] | None:
    """Percentages, amounts of money, and signs that are not the hyphen-minus."""
    bare = word.strip(_CURRENCY + "% ")
    if not bare:
        return None
    if word.endswith("%") and all_numbers([bare]):
        return "a percentage", f"write it as a number: {float(bare) / 100:.12g}"
    if bare != word and all_numbers([bare]):
        return "a number with a currency sign", f"write the number alone: {visible(bare, 40)}"
    if word[0] in _DASHES and all_numbers([word[1:]]):
        return f"a number with a {_DASHES[word[0]]}", f"write it with a hyphen: -{visible(word[1:], 40)}"
    return None


def _notation(word: str) -> tuple[str, str] | None:
    """What Fortran and the C library of Windows write."""
    if found := re.fullmatch(_FORTRAN, word):
        return "a number with the exponent letter of Fortran", f"write it with E: {found[1]}E{found[2]}"
    if found := re.fullmatch(_MSVC, word):
        infinite = (found["kind"] or "").lower() == "inf"
        return f"{'infinity' if infinite else 'NaN'} as C programs on Windows write it", f"write {'inf' if infinite else 'nan'}"
    return None


def _several(word: str, dialect: Dialect) -> tuple[str, str] | None:
    """Several numbers, as in a table that has another delimiter."""
    for mark in ";|\t, ":
        cells = word.split() if mark == " " else word.split(mark)
        if mark != dialect.delimiter and len(cells) > 1 and all_numbers(cells):
            name = "blanks" if mark == " " else repr(mark)
            return (
                f"several numbers with {name} between them",
                f"if {name} separate columns, use {dialect.text.flag('--delimiter', mark)}",
            )
    return None
