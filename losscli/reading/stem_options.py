"""The --stem options with which the names of two sides meet, for messages. Pure functions of words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

_SIDES = ("pred", "target")
_Change = tuple[str, str, bool]
"""The beginning and the end that are removed from names, and whether all zeros after the beginning are."""
_NOTHING: _Change = ("", "", False)
_SPELLINGS = (r"s/(^|[^0-9])0+([0-9])/\1\2/g", r"s/.*/\L&/")
"""Changes of both sides: numbers without the zeros in front, and small letters."""
_COMPARED = 200
"""Names that are compared to find what differs."""


def stem_options(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """The --stem options after which most names of two sides meet that have none in common; empty where there are none."""
    ours, theirs = ours[:_COMPARED], theirs[:_COMPARED]
    if not ours or not theirs:
        return ""
    best, found = 0, (_NOTHING, _NOTHING)
    for both in dict.fromkeys(_changes(ours[0], theirs)):
        left = [{_without(name, *change) for name in names} for names, change in zip((ours, theirs), both, strict=True)]
        meeting = len((left[0] & left[1]) - {""})
        if meeting > best:
            best, found = meeting, both
    if 2 * best < min(len(ours), len(theirs)):
        return next((f"--stem {shlex.quote(change)}" for change in _SPELLINGS if _meets(ours, theirs, change)), "")
    return " ".join(f"--stem {shlex.quote(f'{side}.{_sed(*x)}')}" for side, x in zip(_SIDES, found, strict=True) if any(x))


def _meets(ours: Sequence[str], theirs: Sequence[str], change: str) -> bool:
    """Whether half of the names or more meet after a change of both sides."""
    from losscli.sources.folders.stems import changed  # late: for messages

    common = {changed(name, change) for name in ours} & {changed(name, change) for name in theirs}
    return 2 * len(common) >= min(len(ours), len(theirs))


def _changes(name: str, theirs: Sequence[str]) -> Iterator[tuple[_Change, _Change]]:
    """What could be removed around the longest text that `name` has in common with each of the others."""
    from difflib import SequenceMatcher

    for other in theirs:
        at = SequenceMatcher(None, name, other, autojunk=False).find_longest_match()
        if at.size:
            before, after = (name[: at.a], other[: at.b]), (name[at.a + at.size :], other[at.b + at.size :])
            one, two = ((start, end, False) for start, end in zip(before, after, strict=True))
            yield one, two
            if any(start.endswith("0") for start in before):
                yield _all_zeros(one), _all_zeros(two)


def _all_zeros(change: _Change) -> _Change:
    """The same change, with all zeros where it removes some."""
    prefix, suffix, _ = change
    return (prefix.rstrip("0"), suffix, True) if prefix.endswith("0") else change


def _without(name: str, prefix: str, suffix: str, zeros: bool) -> str:
    if zeros and name.startswith(prefix):
        return name.removeprefix(prefix).lstrip("0").removesuffix(suffix)
    return name.removeprefix(prefix).removesuffix(suffix)


def _sed(prefix: str, suffix: str, zeros: bool) -> str:
    before, after = (re.escape(text).replace("/", r"\/").replace("\\-", "-") for text in (prefix, suffix))
    before, prefix = (f"{before}0*", f"{prefix}0") if zeros else (before, prefix)
    if prefix and suffix:
        return rf"s/^{before}(.*){after}$/\1/"
    return f"s/^{before}//" if prefix else f"s/{after}$//"
