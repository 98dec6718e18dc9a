"""The width of text in a terminal."""

from __future__ import annotations


def cells(text: str) -> int:
    """Columns on a terminal: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    import unicodedata  # late: most text is ASCII

    return sum(0 if unicodedata.category(c) in ("Mn", "Me") else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
