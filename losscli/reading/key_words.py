"""Ids and labels compared as text: one spelling of whole numbers and of times, no surrounding blanks, and on request the stem of
file names. Pure functions of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from losscli.core.file_names import without_suffix

if TYPE_CHECKING:
    from losscli.numerics.stable import Array

_WHOLE = re.compile(r"([+-]?\d+)\.0+")


def plain(word: str) -> str:
    """A word without surrounding blanks, a whole number without its decimals, a time in one spelling: `1.0` is `1`, `007` stays
    `007`, `2024-01-01T00:00:00` is `2024-01-01`."""
    if word.isalnum():
        return word
    word = _plain(word)
    if word[4:5] != "-" or word[7:8] != "-":
        return word
    from losscli.reading.key_times import plain_time

    return plain_time(word)


def _plain(word: str) -> str:
    word = word.strip()
    whole = _WHOLE.fullmatch(word)
    return whole[1] if whole else word


def stem(word: str) -> str:
    """A plain word without folder and file suffix: `val/2007_000027.jpg` is `2007_000027`; `v1.5` stays."""
    word = _plain(word)
    name = re.split(r"[/\\]", word.rstrip("/\\"))[-1]
    return without_suffix(name)


def plain_words(words: Array) -> Array:
    """The words of an array, each as `plain` has it."""
    return _each(plain, words)


def stems(words: Array) -> Array:
    """The words of an array, each as `stem` has it."""
    return _each(stem, words)


def _each(spell: Callable[[str], str], words: Array) -> Array:
    import numpy as np  # late: reports need the functions of words alone

    return np.array([spell(str(word)) for word in words.tolist()], dtype=object)


def respelled(ours: Iterable[str], theirs: Iterable[str], spell: Callable[[str], str] = plain) -> tuple[str, str] | None:
    """The first word of each side that are equal only as `spell` has them, or None: where that makes a difference, and so has to
    be mentioned."""
    here, there = set(ours), set(theirs)
    for alone, other, swapped in ((here - there, there, False), (there - here, here, True)):
        spelled = {spell(word): word for word in other}
        pair = next(((word, spelled[spell(word)]) for word in sorted(alone) if spell(word) in spelled), None)
        if pair is not None:
            return (pair[1], pair[0]) if swapped else pair
    return None


def stems_meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether words that have none in common have stems in common, so that `--key-stem` would help."""
    return bool({stem(word) for word in ours} & {stem(word) for word in theirs})


def zones_meet(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the times of one side alone have a time zone, and are otherwise those of the other."""
    here, there = ({plain(word) for word in side} for side in (ours, theirs))
    zoned = [side for side in (here, there) if all(re.fullmatch(r"\d{4}-\d\d-\d\d.*Z", word) for word in side)]
    return len(zoned) == 1 and not {word.removesuffix("Z") for word in here}.isdisjoint(word.removesuffix("Z") for word in there)
