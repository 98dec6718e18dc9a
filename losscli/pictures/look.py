"""Colours, dashes and the width of text: what every way of drawing on paper shares."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from losscli.core.errors import visible

INK, PAPER, SIZE = "#1a1a1a", "#ffffff", 12
COLORS = ("#0072b2", "#d55e00", "", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito (2008), for all kinds of colour vision; neighbours differ in lightness. Empty: the colour of the text."""
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 3), (2, 3), (9, 3, 2, 3), (4, 2))
NARROW, WIDE = frozenset(" .,:;'|!()[]{}iIjlft-"), frozenset("mwMW@%&")
LONGEST = 32
"""The characters of the name of a category on paper."""


def color(style: int, ink: str) -> str:
    """The colour of a series."""
    return ink if style < 0 else COLORS[style % len(COLORS)] or ink


def dashes(style: int) -> tuple[float, ...]:
    """The dashes of a series' lines; together with the colour they are unique up to 35 series."""
    return (4, 4) if style < 0 else DASHES[style % len(DASHES)]


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide a text is in a sans-serif font."""
    return size * sum(_em(c) for c in text)


def _em(c: str) -> float:
    if c in NARROW:
        return 0.33
    if c in WIDE:
        return 0.9
    return 1.0 if unicodedata.east_asian_width(c) in "WF" else 0.6


def shortened(text: str, most: int = LONGEST) -> str:
    """A text as one harmless line of bounded length."""
    return visible(text, most)


def wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The lines of a text, broken at spaces where a line would not fit."""
    lines = [""]
    for word in visible(text, 1000).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and not fits(longer):
            lines.append(word)
        else:
            lines[-1] = longer
    return [line for line in lines if line]


def rows_of(widths: Sequence[float], room: float) -> list[list[int]]:
    """Entries of these widths in rows of bounded width, by number."""
    rows: list[list[int]] = []
    left = 0.0
    for i, width in enumerate(widths):
        if not rows or left < width:
            rows.append([])
            left = room
        rows[-1].append(i)
        left -= width
    return rows
