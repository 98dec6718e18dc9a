"""The --stem that makes the names of two sides' files meet, where each side has its own beginning or end. Reads no file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence


def stem_options(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """The options that remove what all names of a side begin or end with, if the rest is on both sides; empty where it is not."""
    for cut in (_beginning, _end) if ours and theirs else ():
        found = {"pred": cut(ours), "target": cut(theirs)}
        rest = [
            {re.sub(pattern, "", name) for name in names} for pattern, names in zip(found.values(), (ours, theirs), strict=True)
        ]
        if rest[0] & rest[1] and any(found.values()):
            return " ".join(f"--stem {shlex.quote(f'{side}.s/{pattern}//')}" for side, pattern in found.items() if pattern)
    return ""


def _beginning(names: Sequence[str]) -> str:
    """A pattern for the letters that all names begin with, up to a number."""
    shared = re.sub(r"[0-9]+$", "", _common(names))
    return f"^{_escaped(shared)}" if shared else ""


def _end(names: Sequence[str]) -> str:
    """A pattern for the letters that all names end with, from a number on."""
    shared = re.sub(r"^[0-9]+", "", _common([name[::-1] for name in names])[::-1])
    return f"{_escaped(shared)}$" if shared else ""


def _common(names: Sequence[str]) -> str:
    """What all names begin with."""
    low, high = min(names), max(names)
    return low[: next((i for i, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), min(len(low), len(high)))]


def _escaped(text: str) -> str:
    return re.escape(text).replace("/", "\\/").replace("\\-", "-")
