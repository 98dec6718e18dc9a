"""Values as words: how labels, class names and keys are compared, whatever stores them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(\d+)(\.0*)?", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", re.ASCII)


def word(text: str) -> str:
    """A class by value: `1.0`, `01` and `1` are `1`, text is itself without surrounding blanks."""
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return _exact(text) if _SCIENTIFIC.fullmatch(text) else text
    digits = found[1].lstrip("0") or "0"
    return "-" + digits if text[0] == "-" and digits != "0" else digits


def _exact(text: str) -> str:
    value = float(text)
    return str(int(value)) if value == value // 1 and abs(value) < 2**53 else text


def truth(text: str) -> str:
    """A word where True and False are 1 and 0."""
    found = word(text)
    return {"true": "1", "false": "0"}.get(found.casefold(), found)
