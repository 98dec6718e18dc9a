"""Slices of samples as they are typed: the conditions of --filter and the bins of --bins. Reads no file."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.core.records import dataclass, field, replace
from losscli.core.values import read_number, write_number
from losscli.spec.matching import AREAS

FILTER_GRAMMAR = "a filter is COL op VALUE [and …] with op one of = != > >= < <=, for example 'label=cat' or 'area>=1024'"
BINS_GRAMMAR = "bins are COL:EDGE,… in ascending order or COL:qN for N quantiles, for example area:1024,9216 or score:q4"
ORDERED = (">", ">=", "<", "<=")
"""The operators that compare numbers and times."""
MOST_PARTS = 100
_OPERATOR = re.compile(r"!=|>=|<=|==|=|>|<")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?", re.ASCII)
_AND = re.compile(r"\s+and\s+", re.I)


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with a value. others: the same text with a later operator, for names that contain one."""

    column: str
    op: str
    value: str
    others: tuple[Condition, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.column}{self.op}{self.value}"

    @property
    def of_times(self) -> bool:
        """Whether it compares times, written year first as in ISO 8601."""
        return self.op in ORDERED and _TIME.fullmatch(self.value) is not None

    def among(self, names: Collection[str]) -> Condition:
        """The reading whose column exists, the first operator's where several or none do. Raises UsageError for a bad value."""
        found = next((c for c in (self, *self.others) if c.column in names), self)
        found.refuse()
        return found

    def refuse(self) -> None:
        """Raise UsageError where the value does not go with the operator."""
        shown = f"--filter {visible(str(self))!r}"
        if not self.column:
            raise UsageError(f"{shown}: no column before {self.op}", fix=FILTER_GRAMMAR)
        if self.value[:1] in ("=", "<", ">", "!"):
            raise UsageError(f"{shown}: {visible(self.op + self.value[0])!r} is not an operator", fix=FILTER_GRAMMAR)
        if self.op in ORDERED and read_number(self.value) is None and not self.of_times:
            what = f"{visible(self.value)!r} is not a finite number" if self.value else f"no number after {self.op}"
            raise UsageError(
                f"{shown}: {what}", fix="> >= < <= compare numbers, and times such as 2024-01-31; = and != compare text too"
            )
        if self.op == "=" and not self.value:
            raise UsageError(
                f"{shown}: no value after =", fix=f"a missing value satisfies no comparison; {self.column}!= keeps others"
            )


def conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions of every --filter. Raises UsageError for every mistake in them."""
    out: list[Condition] = []
    errors: list[UsageError] = []
    for text in texts:
        try:
            out += [_condition(part) for part in _parts(text)]
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return tuple(dict.fromkeys(out))


def _parts(text: str) -> list[str]:
    """The comparisons joined by `and`; an `and` before text without an operator belongs to the value before it."""
    out: list[str] = []
    for part, joint in zip(_AND.split(text), ["", *_AND.findall(text)], strict=True):
        if out and not _OPERATOR.search(part):
            out[-1] += joint + part
        else:
            out.append(part)
    return out


def _condition(text: str) -> Condition:
    readings = [
        Condition(text[: at.start()].strip(), at[0].replace("==", "="), text[at.end() :].strip()) for at in _OPERATOR.finditer(text)
    ]
    if not readings:
        raise UsageError(f"--filter {visible(text)!r}: no comparison", fix=FILTER_GRAMMAR)
    first, *others = readings
    found = replace(first, others=tuple(others))
    if not any(map(_sound, readings)):
        found.refuse()
    return found


def _sound(condition: Condition) -> bool:
    try:
        condition.refuse()
    except UsageError:
        return False
    return True


@dataclass(frozen=True)
class Bins:
    """Half-open bins of a column, between `edges` or of as many quantiles as `parts`. words: their names, if not intervals."""

    column: str
    edges: tuple[float, ...] = ()
    parts: int = 0
    words: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        """What follows the column in the option."""
        if self.parts:
            return f":q{self.parts}"
        return "" if self == READY.get(self.column) else f":{','.join(map(write_number, self.edges))}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the bins, in ascending order."""
        if self.words or self.parts:
            return self.words or tuple(f"q{i + 1}" for i in range(self.parts))
        ends = ["-inf", *map(write_number, self.edges), "inf"]
        return tuple(f"{'(' if low == '-inf' else '['}{low},{high})" for low, high in pairwise(ends))


READY = {
    "area": Bins("area", (AREAS["small"][1], AREAS["medium"][1]), words=tuple(AREAS)),
    "aspect": Bins("aspect", (0.5, 1.0, 2.0)),
    "score": Bins("score", tuple(i / 10 for i in range(1, 10))),
}
"""Bins that need no edges, where boxes are evaluated."""


def bins_of(texts: Sequence[str]) -> tuple[Bins, ...]:
    """The bins of every --bins. Raises UsageError for every mistake in them."""
    out: list[Bins] = []
    errors: list[UsageError] = []
    for text in texts:
        try:
            out.append(_bins(text.strip()))
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return tuple(out)


def _bins(text: str) -> Bins:
    column, colon, asked = (x.strip() for x in text.rpartition(":"))
    if not colon:
        if asked in READY:
            return READY[asked]
        what = f"--bins {visible(text)!r}: no edges{nearest(asked, READY)}"
        raise UsageError(what, fix=f"{BINS_GRAMMAR}; {', '.join(READY)} need none in detect")
    if not column:
        raise UsageError(f"--bins {visible(text)!r}: no column before the colon", fix=BINS_GRAMMAR)
    if re.fullmatch(r"[qQ]\d+", asked, re.ASCII):
        digits = asked[1:].lstrip("0")
        if len(digits) > 3 or not 2 <= int(digits or 0) <= MOST_PARTS:
            raise UsageError(f"--bins {visible(text)!r}: quantiles make 2 to {MOST_PARTS} bins", fix=BINS_GRAMMAR)
        return Bins(column, parts=int(digits))
    words = [x.strip() for x in asked.removeprefix("[").removesuffix("]").split(",")]
    edges = [read_number(x) for x in words]
    bad = next((word for word, edge in zip(words, edges, strict=True) if edge is None), None)
    if bad is not None:
        raise UsageError(f"--bins {visible(text)!r}: {visible(bad)!r} is not a finite number", fix=BINS_GRAMMAR)
    found = tuple(x + 0.0 for x in edges if x is not None)
    after = next((word for (a, b), word in zip(pairwise(found), words[1:], strict=True) if b <= a), None)
    if after is not None:
        raise UsageError(f"--bins {visible(text)!r}: the edge {visible(after)} is not above the one before it", fix=BINS_GRAMMAR)
    return Bins(column, found)
