"""Lists of parameters in braces, as in a shell: `focal:gamma={0,1,2}` is three recipes. Knows nothing else of recipes."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import UsageError, visible

MOST = 200
"""The recipes that one text may stand for."""


def expand(text: str) -> list[str]:
    """The texts that a text with lists in braces stands for, the last list changing first; braces without a comma stay.

    Raises UsageError for more than MOST of them.
    """
    pieces: list[Sequence[str]] = []
    rest, count = text, 1
    if text.count("{") > MOST:
        raise UsageError(f"{visible(text)!r} has more than {MOST} opening braces", fix="use fewer lists in braces")
    while (found := _list(rest)) is not None:
        before, choices, rest = found
        pieces += [(before,), choices]
        count *= len(choices)
        if count > MOST:
            raise UsageError(f"{visible(text)!r} stands for more than {MOST} losses", fix="use shorter lists in braces")
    out = [""]
    for piece in (*pieces, (rest,)):
        out = [head + tail for head in out for tail in piece]
    return out


def _list(text: str) -> tuple[str, list[str], str] | None:
    """The text before the first list in braces, its entries, and the text after it."""
    start = text.find("{")
    while start >= 0:
        end = text.find("}", start)
        if end < 0:
            return None
        entries = _entries(text[start + 1 : end])
        if len(entries) > 1:
            return text[:start], entries, text[end + 1 :]
        start = text.find("{", start + 1)
    return None


def _entries(inside: str) -> list[str]:
    """What commas outside square brackets separate."""
    out, depth = [""], 0
    for c in inside:
        depth += (c == "[") - (c == "]")
        if c == "," and depth == 0:
            out.append("")
        else:
            out[-1] += c
    return [entry.strip() for entry in out]
