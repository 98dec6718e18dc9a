"""Objects of strict JSON: every key once, and no numbers but those of JSON that are doubles."""

from __future__ import annotations

from collections import Counter
from typing import Any, NoReturn

from losscli.core.errors import visible


class Twice(ValueError):
    """A key that occurs twice in one object, of which no other reader would take both."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its keys and values. Raises Twice if a key occurs twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise Twice(f"the key {visible(twice, 60)!r} occurs twice in an object")
    return found


def no_constant(word: str) -> NoReturn:
    """Raises ValueError: NaN and Infinity are not JSON."""
    raise ValueError(f"{word} is not JSON")


def integer(word: str) -> int:
    """A whole number. Raises ValueError where it is beyond the doubles, so that no later step can overflow."""
    try:
        found = int(word)
        float(found)
    except (ValueError, OverflowError):  # of thousands of digits; of hundreds
        raise ValueError(f"{visible(word, 20)} is beyond the numbers that are read") from None
    return found
