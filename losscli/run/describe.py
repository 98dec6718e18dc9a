"""Describes the contents of a file column by column. Reads everything once and evaluates nothing."""

from __future__ import annotations

import re

import numpy as np

from losscli.core.errors import DataError, visible
from losscli.core.records import dataclass, field
from losscli.numerics.stable import Array
from losscli.sources.base import Field, Source, hint_of, notes_of

_SPAN = 1 << 16
_MOST_WORDS = 1000
_NUMBERED = re.compile(r"(.*?)_?(\d+)")


@dataclass
class _Seen:
    """Facts about the values of one column or array read so far."""

    name: str
    values: Field
    dtype: str = ""
    low: float = np.inf
    high: float = -np.inf
    lost: int = 0
    first_lost: int = 0
    whole: bool = True
    sums: bool = True
    """Whether every row sums to one along its first axis."""
    words: dict[str, None] = field(default_factory=dict)
    stopped: str = ""

    def read(self, start: int, stop: int) -> None:
        if self.stopped:
            return
        try:
            self._take(self.values.read(start, stop), start)
        except DataError as e:
            self.stopped = str(e.lines()[0])

    def _take(self, part: Array, start: int) -> None:
        self.dtype = str(part.dtype)
        if part.dtype.kind not in "fiub":
            if len(self.words) <= _MOST_WORDS:
                self.words.update(dict.fromkeys(map(str, part.ravel().tolist())))
            return
        finite = np.isfinite(part)
        if not finite.all():
            self.first_lost = self.first_lost or start + 1 + int(np.argmax(~finite.reshape(len(part), -1).all(1)))
            self.lost += int(part.size - np.count_nonzero(finite))
        known = part[finite]
        if known.size:
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
            self.whole = self.whole and bool((known == np.floor(known)).all())
        if part.ndim > 1:
            self.sums = self.sums and bool((np.abs(part.sum(1, dtype=np.float64) - 1.0) < 1e-3).all())

    def kind(self, table: bool) -> str:
        if self.words:
            return "text"
        if table:
            return "whole" if self.whole and self.low <= self.high else "number"
        return f"{(self.values.rows, *self.values.shape)} {self.dtype}"

    def summary(self) -> str:
        if self.stopped:
            return self.stopped
        if self.words:
            first = [visible(w, 20) for w in list(self.words)[:3]]
            n = len(self.words)
            many = f"more than {_MOST_WORDS}" if n > _MOST_WORDS else str(n)
            return f"{', '.join(first)}{' …' if n > 3 else ''} ({many} different)"
        facts = [f"{self.low:.6g} … {self.high:.6g}"] if self.low <= self.high else []
        if self.lost:
            facts.append(f"{self.lost} not finite, the first in row {self.first_lost}")
        if self.values.shape and self.sums and self.low >= 0 and self.high <= 1:
            facts.append("sums to 1 along axis 1")
        return ", ".join(facts)


def describe(side: str, source: Source) -> list[str]:
    """One file: its format and rows, and a line per column, key or array; numbered columns (`e0`, `e1`, …) share one."""
    named = [n for n in source.names if n] or ([] if source.names else [""])
    numeric = set(source.numeric()) if source.names else {""} - ({""} if source.kind("") == "U" else set())
    seen = [_Seen(n, _field(source, n, n in numeric)) for n in named]
    for start in range(0, max(x.values.rows for x in seen), _SPAN):
        for x in seen:
            if start < x.values.rows:
                x.read(start, min(start + _SPAN, x.values.rows))
    columns = f", {len(named)} column{'' if len(named) == 1 else 's'}" if source.is_table else ""
    rows = f"{source.rows} row{'' if source.rows == 1 else 's'}"
    headline = f"{side:<6}  {visible(source.path)}: {source.format}, {rows}{columns}"
    return [
        headline,
        *(f"  {note}" for note in (*notes_of(source), hint_of(source)) if note),
        *_aligned(_joined(seen, source.is_table)),
    ]


def _field(source: Source, name: str, numeric: bool) -> Field:
    return source.numbers((name,) if name else ()) if numeric else source.text(name)


def _joined(seen: list[_Seen], table: bool) -> list[tuple[str, str, str]]:
    """(name, kind, contents) per line."""
    lines: list[tuple[str, str, str]] = []
    i = 0
    while i < len(seen):
        run = _run(seen[i:])
        first, last = seen[i], seen[i + run - 1]
        if run > 2:
            low, high = min(x.low for x in seen[i : i + run]), max(x.high for x in seen[i : i + run])
            name = f"{visible(first.name, 30)} … {visible(last.name, 30)}"
            lines.append((name, f"{run} × number", f"{low:.6g} … {high:.6g}"))
        else:
            lines += [(visible(x.name, 40) or "array", x.kind(table), x.summary()) for x in seen[i : i + run]]
        i += run
    return lines


def _run(seen: list[_Seen]) -> int:
    """How many columns from here on are numbers that differ in a number at the end of their names only."""
    stem = _NUMBERED.fullmatch(seen[0].name)
    if stem is None:
        return 1
    n = 0
    for x in seen:
        found = _NUMBERED.fullmatch(x.name)
        if found is None or found[1] != stem[1] or x.words or x.stopped or x.lost or x.values.shape:
            break
        n += 1
    return max(n, 1)


def _aligned(lines: list[tuple[str, str, str]]) -> list[str]:
    wide = [max((len(line[i]) for line in lines), default=0) for i in (0, 1)]
    return [f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c}".rstrip() for a, b, c in lines]
