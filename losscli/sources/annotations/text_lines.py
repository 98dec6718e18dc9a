"""Lines of box text: the class and the numbers of every line of several files, with their places. Knows no order of the numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass
from losscli.core.seen_files import open_noted
from losscli.numerics.stable import Array, Floats, Ints
from losscli.sources.annotations.box_table import Lines
from losscli.sources.cell_numbers import is_number, number, numbers
from losscli.sources.files.digest import digest_of, of_bytes
from losscli.sources.side_format import SideFormat

T = TypeVar("T")
DIFFICULT = "difficult"
"""The word at the end of a line that marks a difficult object, as Cartucho/mAP writes it."""


@dataclass(frozen=True)
class TextLines:
    """labels: the class of each line, as text. cells: its numbers, as text. difficult: whether the line ends in that word."""

    labels: list[str]
    cells: list[list[str]]
    difficult: list[bool]
    lines: Lines
    digest: str

    @property
    def widths(self) -> Ints:
        """How many numbers each line has."""
        return np.fromiter(map(len, self.cells), np.int64, len(self.cells))

    def where(self, row: int) -> Where:
        return self.lines.where(row)

    def values(self) -> Floats:
        """All numbers, line after line. Raises DataError at the first cell that is none."""
        return values_of(self.cells, self.lines)

    def classes(self) -> Array | None:
        """The classes as whole numbers, where all of them are; None where they are names."""
        found = [_whole(label) for label in dict.fromkeys(self.labels)]
        if any(x is None for x in found):
            return None
        known = dict(zip(dict.fromkeys(self.labels), found, strict=True))
        return np.array([known[label] for label in self.labels], np.int64)


def values_of(cells: Sequence[Sequence[str]], lines: Lines) -> Floats:
    """The numbers of several lines. Raises DataError at the first cell that is none."""
    try:
        return np.array(numbers([cell for row in cells for cell in row]), np.float64)
    except ValueError:
        row, cell = next((i, x) for i, row in enumerate(cells) for x in row if not is_number(x))
        raise DataError(f"{visible(cell, 40)!r} is not a number", lines.where(row), "correct the line") from None


def read(files: Sequence[str], how: SideFormat, place: int | None = 0) -> TextLines:
    """The lines of several files. place: where in a line the class stands; None for lines without."""

    def parsed(text: str) -> tuple[str, list[str], bool] | None:
        tokens = text.split()
        if not tokens or (how.comment is not None and tokens[0].startswith(how.comment)):
            return None
        hard = len(tokens) > 1 and tokens[-1] == DIFFICULT
        return *_parted(tokens[:-1] if hard else tokens, place), hard

    found, lines, digest = lines_of(files, how, parsed)
    return TextLines(
        [label for label, _, _ in found], [cells for _, cells, _ in found], [hard for *_, hard in found], lines, digest
    )


def lines_of(files: Sequence[str], how: SideFormat, parsed: Callable[[str], T | None]) -> tuple[list[T], Lines, str]:
    """What `parsed` makes of every line of several files, without None; the lines' places; and the digest of the files."""
    found: list[T] = []
    places: list[tuple[int, int]] = []
    digests = []
    for i, path in enumerate(files):
        data = file_bytes(path)
        digests.append(of_bytes(data))
        for at, text in enumerate(decoded(data, path, how).split("\n"), 1):
            made = parsed(text)
            if made is not None:
                found.append(made)
                places.append((i, at))
    file, line = np.array(places, np.int64).reshape(-1, 2).T
    return found, Lines(tuple(files), file, line), digest_of(digests)


def _parted(tokens: list[str], place: int | None) -> tuple[str, list[str]]:
    """The class and the rest of a line. A class that begins it may consist of several words."""
    if place is None:
        return "", tokens
    if place:
        return (tokens[place] if place < len(tokens) else ""), tokens[:place] + tokens[place + 1 :]
    end = 1
    if len(tokens) > 1 and not is_number(tokens[1]) and not is_number(tokens[0]):
        end = next((i for i in range(1, len(tokens)) if is_number(tokens[i])), len(tokens))
    return " ".join(tokens[:end]), tokens[end:]


def _whole(label: str) -> int | None:
    try:
        found = number(label)
    except ValueError:
        return None
    return int(found) if 0 <= found < 2**31 and found == int(found) else None


def file_bytes(path: str) -> bytes:
    """The bytes of a file, or a DataError."""
    try:
        with open_noted(path) as file:
            return file.read()
    except OSError as e:
        raise DataError(f"cannot be read: {e.strerror or e}", Where(os.fspath(path))) from None


def decoded(data: bytes, path: str, how: SideFormat) -> str:
    """The text of a file, its lines ended by line feeds. Raises DataError where it is not one."""
    try:
        text = data.decode(how.encoding or "utf-8-sig")
    except (UnicodeDecodeError, UnicodeError):
        known = how.encoding or "UTF-8"
        raise DataError(f"is not {known} text", Where(path), "use --encoding NAME, such as cp1252 or utf-16") from None
    if "\0" in text:
        raise DataError("contains null characters", Where(path), "check that it is a text file, or use --encoding utf-16")
    return text.replace("\r\n", "\n").replace("\r", "\n")
