"""The delimiter of a table, from its first lines: the suffix's own, or the only other one on which the lines agree."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from losscli.core.errors import DataError, Where
from losscli.sources.cell_numbers import all_numbers
from losscli.sources.files.input_file import InputFile
from losscli.sources.side_format import BLANKS, SideFormat

MARKS = ",;\t|"
_NAMES = {",": "','", ";": "';'", "\t": "tab", "|": "'|'", BLANKS: "blanks"}
_NUMERAL = re.compile(r"(?<=\d),(?=\d)")
"""A comma within a number."""
_GROUPED = re.compile(r"\s*[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d*)?\s*", re.ASCII)
"""One number with blanks between thousands."""


def split(line: str, mark: str) -> list[str]:
    """The fields of a record. Raises csv.Error."""
    if mark != BLANKS:
        return next(csv.reader([line], delimiter=mark), [])
    return next(csv.reader([line.replace("\t", " ").strip(" \r\n")], delimiter=" ", skipinitialspace=True), [])


def find(file: InputFile, text: SideFormat, lines: Sequence[str], line: int) -> str:
    """The delimiter of a table with these first lines, the first of which is line `line` of the file. Raises DataError where
    several are possible."""
    lines = [x.strip("\r\n") for x in lines if x.strip("\r\n")]
    tabs = file.suffix.startswith(".tsv")
    own = "\t" if tabs or file.suffix.startswith(".txt") else ","
    if not lines or (tabs and any("\t" in x for x in lines)):
        return own
    marks = MARKS
    if text.decimal == "," and "," not in _NUMERAL.sub("", lines[0]):
        marks = MARKS.replace(",", "")
        own = ";" if own == "," else own
    widths = {mark: _widths(lines, mark) for mark in marks}
    if own == "," and all("," not in _NUMERAL.sub("", x) for x in lines):
        others = [mark for mark in ";\t|" if widths[mark][0] > 1 and len(set(widths[mark])) == 1]
        own = others[0] if len(others) == 1 else own  # every comma is a decimal comma
    if widths[own][:1] != [1]:
        return BLANKS if own == "\t" and len(set(widths[own])) > 1 and _blanks(lines) else own
    present = [mark for mark in marks if mark != own and widths[mark][:1] != [1]]
    agreed = [mark for mark in present if len(set(widths[mark])) == 1]
    if len(agreed) == 1:
        return agreed[0]
    doubtful = [mark for mark in present if mark != "|"]  # a column may be named P(cat|dog)
    if not doubtful or tabs:
        return BLANKS if not present and _blanks(lines) else own
    told = " and ".join(_NAMES[mark] for mark in doubtful)
    fix = f"set it with {' or '.join(text.flag('--delimiter', mark) for mark in (*doubtful, own))}"
    raise DataError(f"the delimiter is unclear: {told} in the first line", Where(file.shown, line=line), fix)


def maybe_blanks(lines: Sequence[str]) -> bool:
    """Whether runs of blanks may separate columns: every line has as many words, and more than one."""
    try:
        counts = {len(split(line, BLANKS)) for line in lines if line.strip("\r\n")}
    except csv.Error:
        return False
    return len(counts) == 1 and counts != {1}


def _widths(lines: Sequence[str], mark: str) -> list[int]:
    """Fields per record with that delimiter; [0] if the lines cannot be parsed."""
    try:
        return [len(record) for record in csv.reader(lines, delimiter=mark)]
    except csv.Error:
        return [0]


def _blanks(lines: Sequence[str]) -> bool:
    """Whether runs of blanks separate columns: as many in every line, with numbers that words of a text would not be. The first
    line is a header unless it is the only one."""
    try:
        records = [split(line, BLANKS) for line in lines]
    except csv.Error:
        return False
    if len(records[0]) < 2 or len(set(map(len, records))) > 1 or all(map(_GROUPED.fullmatch, lines[1:] or lines)):
        return False
    numeric = [column for column in zip(*(records[1:] or records), strict=True) if all_numbers(column)]
    return len(numeric) > 1 or any("." in cell for column in numeric for cell in column)
