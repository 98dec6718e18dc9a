"""Columns that belong together by their names: a numbered series, or the class names under a common prefix and suffix."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.records import dataclass
from losscli.spec.column_names import fold

_NUMBERED = re.compile(r"(.*?)(\d{1,18})", re.S | re.ASCII)
_INSIDE = re.compile(r"(\D*)(\d{1,18})(\D+)", re.S | re.ASCII)


_TRIED = 16
"""Words that are searched for in names to find what surrounds them."""


@dataclass(frozen=True)
class Series:
    """Columns in the order of the classes. words: what distinguishes their names, in the same order; affix: what they share."""

    columns: tuple[str, ...]
    words: tuple[str, ...]
    affix: tuple[str, str]

    @property
    def start(self) -> int | None:
        """0 or 1 where the words count without a gap from there; else None."""
        for first in (0, 1):
            if self.words == tuple(str(first + i) for i in range(len(self.words))):
                return first
        return None


def numbered(names: Sequence[str]) -> list[Series]:
    """The series of two or more columns whose names differ in a number at their end, by that number: `p0, p1`, `0, 1, 2`."""
    found: dict[str, dict[int, str]] = {}
    for name in names:
        hit = _NUMBERED.fullmatch(name)
        if hit is not None:
            found.setdefault(hit[1], {}).setdefault(int(hit[2]), name)
    out = []
    for prefix, members in found.items():
        if len(members) > 1:
            order = sorted(members)
            out.append(Series(tuple(members[i] for i in order), tuple(str(i) for i in order), (prefix, "")))
    return out


def numbered_inside(names: Sequence[str]) -> list[Series]:
    """The series of columns whose names differ in their one number, before their end: `P(0), P(1)`, `0_prob, 1_prob`."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    for name in names:
        hit = _INSIDE.fullmatch(name)
        if hit is not None:
            found.setdefault((hit[1], hit[3]), {}).setdefault(int(hit[2]), name)
    return [
        Series(tuple(members[i] for i in sorted(members)), tuple(map(str, sorted(members))), affix)
        for affix, members in found.items()
        if len(members) > 1
    ]


def by_number(names: Sequence[str]) -> tuple[str, ...]:
    """Columns by their numbers, where these are all that their names differ in; else as they stand."""
    series = next((s for s in (*numbered(names), *numbered_inside(names)) if len(s.columns) == len(names)), None)
    return tuple(names) if series is None else series.columns


def one_series(names: Sequence[str]) -> tuple[str, ...]:
    """Columns by their numbers where they are one numbered series, else none."""
    series = next((s for s in numbered(names) if len(s.columns) == len(names)), None)
    return () if series is None else series.columns


def numbered_after(names: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Columns word_0, word_1, … in the order of their numbers, of the first word that has them."""
    series = {fold(s.affix[0]): s for s in numbered(names) if s.affix[0]}
    return next((series[fold(w)].columns for w in words if fold(w) in series), ())


def named_after(names: Sequence[str], words: Sequence[str], *, every: bool) -> Series | None:
    """The columns named after classes, bare or under one prefix and suffix: `cat`, `prob_cat`, `cat_prob`, `P(cat)`.

    every: whether each word must have its column; else the affix that most of them have, at least half. In the order of the words;
    columns of the same affix that bear no word follow. Where no name is spelled as its class, case and blanks do not count.
    """
    found = _named_after(names, words, every)
    if found is None:
        known, spelled = ({_loosely(x): x for x in texts} for texts in (names, words))
        loose = _named_after(list(known), list(spelled), every) if len(known) == len(names) and len(spelled) == len(words) else None
        if loose is not None:
            columns = tuple(known[c] for c in loose.columns)
            found = Series(columns, tuple(spelled.get(w, w) for w in loose.words), loose.affix)
    return found


def _loosely(text: str) -> str:
    return re.sub(r"[\s\-]+", "_", text.strip()).casefold()


def _named_after(names: Sequence[str], words: Sequence[str], every: bool) -> Series | None:
    if not words:
        return None
    affixes = dict.fromkeys((n[:at], n[at + len(w) :]) for w in words[:_TRIED] for n in names for at in _positions(n, w))
    known = set(names)
    found = {affix: {w: n for w in words if (n := affix[0] + w + affix[1]) in known} for affix in affixes}
    best = max(found.items(), key=lambda x: (len(x[1]), x[0] == ("", ""), -len(x[0][0]) - len(x[0][1])), default=None)
    if best is None or len(best[1]) < (len(words) if every else (len(words) + 1) // 2):
        return None
    affix, hits = best
    columns = [hits[w] for w in words if w in hits]
    if affix != ("", ""):
        named = set(columns)
        columns += [n for n in names if n not in named and _bears(n, affix)]
    return Series(tuple(columns), tuple(_word(n, affix) for n in columns), affix)


def shared_prefix(names: Sequence[str]) -> str:
    """The letters that two or more names begin with; empty for one name."""
    low, high = min(names, default=""), max(names, default="")
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:same] if len(names) > 1 else ""


def _positions(name: str, w: str) -> list[int]:
    """Where a word stands in a name: not inside another word or number."""
    out, at = [], name.find(w)
    while at >= 0:
        before, after = name[at - 1 : at], name[at + len(w) : at + len(w) + 1]
        if not _joined(before, w[:1]) and not _joined(w[-1:], after):
            out.append(at)
        at = name.find(w, at + 1)
    return out


def _joined(one: str, two: str) -> bool:
    """Whether two neighbouring characters are of one word or one number."""
    return bool(one and two) and ((one.isdigit() and two.isdigit()) or (one.islower() and two.islower()))


def _bears(name: str, affix: tuple[str, str]) -> bool:
    return name.startswith(affix[0]) and name.endswith(affix[1]) and len(name) > len(affix[0]) + len(affix[1])


def _word(name: str, affix: tuple[str, str]) -> str:
    return name[len(affix[0]) : len(name) - len(affix[1])]
