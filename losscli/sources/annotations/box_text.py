"""Whether text files look like boxes: a class and the numbers of a box in every line. Reads the beginnings of files only."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.seen_files import open_noted
from losscli.sources.cell_numbers import is_number

_WIDTHS = (4, 5)
_ROUNDING = 1e-3


def looks_like(paths: Sequence[str], head: int) -> bool:
    """Whether every line of these files is a class by name and 4 or 5 numbers, or a class by number and as many shares of an image,
    which do not sum to one as probabilities do, or polygons of various numbers of corners; one line at least."""
    found = [words for path in paths for words in _lines(path, head)]
    if not found:
        return False
    if all(_named(words) for words in found):
        return True
    if not all(_numbered(words) for words in found):
        return False
    widths = {len(words) - 1 for words in found}
    polygons = len(widths) > 1 and min(widths) > _WIDTHS[-1]
    return polygons or (widths <= set(_WIDTHS) and not all(_sums_to_one(words) for words in found))


def _lines(path: str, head: int) -> list[list[str]]:
    try:
        with open_noted(path) as file:
            data = file.read(head)
    except OSError:
        return []
    lines = data.decode("utf-8", "replace").split("\n")
    whole = lines if len(data) < head else lines[:-1]
    return [words for line in whole if (words := line.split())]


def _named(words: list[str]) -> bool:
    """A class by name, perhaps of several words, and the numbers of a box."""
    first = next((i for i, word in enumerate(words) if is_number(word)), len(words))
    rest = words[first:-1] if words[-1] == "difficult" else words[first:]
    return first > 0 and len(rest) in _WIDTHS and all(map(is_number, rest))


def _numbered(words: list[str]) -> bool:
    return words[0].isascii() and words[0].isdigit() and len(words) > _WIDTHS[0] and all(_share(word) for word in words[1:])


def _share(word: str) -> bool:
    return is_number(word) and 0.0 <= float(word) <= 1.0 + _ROUNDING


def _sums_to_one(words: list[str]) -> bool:
    return abs(sum(map(float, words[1:])) - 1.0) <= _ROUNDING
