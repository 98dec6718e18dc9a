"""Where long lines of text break in a terminal. Numbers are never broken."""

from __future__ import annotations

import re

from losscli.core.text_width import cells
from losscli.core.values import NUMBER

# A plus after e belongs to a number (1e+16); points and minus signs inside numbers are not separators.
_PARTS = r"(?s).*?(?:[,:=*/_@|;\])]\s*|(?<![eE])\+|$)"


def wrap(line: str, width: int | None) -> list[str]:
    """Lines of at most `width` columns unless a number is longer; continuation lines are indented by two more spaces."""
    if width is None or cells(line) <= width:
        return [line]
    inset = " " * (len(line) - len(line.lstrip()))
    lines, now = [], inset
    for piece in _pieces(line.strip(), max(width - len(inset) - 2, 2)):
        if now.strip() and cells(now) + cells(piece.rstrip()) > width:
            lines.append(now.rstrip())
            now = inset + "  "
        now += piece
    return [*lines, now.rstrip()]


def _pieces(line: str, width: int) -> list[str]:
    """Words; a word too long for a line in its parts; and a part too long for a line cut to fit."""
    out: list[str] = []
    for word in re.findall(r"\S+\s*", line):
        fits = cells(word.rstrip()) <= width
        for part in [word] if fits else [x for x in re.findall(_PARTS, word) if x]:
            out += [part] if cells(part.rstrip()) <= width or NUMBER.match(part.strip(" ,:()[]")) else _cut(part, width)
    return out


def _cut(word: str, width: int) -> list[str]:
    out, now = [], ""
    for c in word:
        if cells(now + c) > width:
            out.append(now)
            now = ""
        now += c
    return [*out, now]


def fill(text: str, width: int | None) -> list[str]:
    """A sentence in lines of at most `width` columns; words (paths, options) are not split, even where longer."""
    if width is None or cells(text) <= width:
        return [text]
    inset = " " * (len(text) - len(text.lstrip()))
    lines, now = [], ""
    for word in text.split():
        if now and cells(f"{now} {word}") > width:
            lines.append(now)
            now = f"{inset}  {word}"
        else:
            now = f"{now} {word}" if now else inset + word
    return [*lines, now]
