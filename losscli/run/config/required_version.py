"""`required-version`: the versions of this tool that a file is for, as ranges of release numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

Release = tuple[int, ...]

_CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)?\s*v?(\d+(?:\.\d+)*)(\.\*)?\s*")
_HOLDS: dict[str, Callable[[Release, Release], bool]] = {
    "==": lambda own, asked: own == asked,
    "!=": lambda own, asked: own != asked,
    "<=": lambda own, asked: own <= asked,
    ">=": lambda own, asked: own >= asked,
    "<": lambda own, asked: own < asked,
    ">": lambda own, asked: own > asked,
}


def satisfied(ranges: str, version: str) -> bool | None:
    """Whether a version is within all ranges, such as `>=1.0,<2`; None where they are not ranges."""
    found = [_CLAUSE.fullmatch(clause) for clause in ranges.split(",")]
    own = _release(version)
    return None if None in found or own is None else all(_within(own, x) for x in found if x is not None)


def _release(version: str) -> Release | None:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return None if found is None else tuple(map(int, found[0].split(".")))


def _within(own: Release, clause: re.Match[str]) -> bool:
    sign, asked, star = clause[1] or "==", tuple(map(int, clause[2].split("."))), clause[3]
    if sign == "~=":
        return _same_length(own, asked, _HOLDS[">="]) and own[: len(asked) - 1] == asked[:-1]
    if star:
        return (_padded(own, len(asked))[: len(asked)] == asked) == (sign != "!=")
    return _same_length(own, asked, _HOLDS[sign])


def _same_length(own: Release, asked: Release, holds: Callable[[Release, Release], bool]) -> bool:
    size = max(len(own), len(asked))
    return holds(_padded(own, size), _padded(asked, size))


def _padded(release: Release, size: int) -> Release:
    return release + (0,) * (size - len(release))
