"""Gates: what a run must not show, read from text and judged on the finished report. No `eval`; what cannot be told fails."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.core.records import dataclass
from losscli.core.values import read_number
from losscli.report.model import HOLDS, STATS, Line, Report, Verdict, Warned

GRAMMAR = (
    "a gate is loss[.stat][@column=value] op number[%] [and …] with > >= < <= and names what is bad, for example 'giou.p95 > 0.8'"
)
COMPARING = ("delta", "rel")
"""Statistics of a comparison with a baseline."""

_OPTION = {"fail": "--fail-if", "warn": "--warn-if"}
_STAT = r"(?:\.(?P<stat>[A-Za-z]\w*))?"
_TAIL = r"\s*(?P<op>[<>]=?)\s*(?P<limit>.*?)\s*(?:\s[aA][nN][dD]\s+|$)"
_LOOSE = re.compile(r"(?P<loss>.*?)" + _TAIL, re.S)
_REST = re.compile(_STAT + r"(?P<slice>@.*)?", re.S)

Canonical = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Comparison:
    """One observation against one limit. `loss` is None where the run itself is observed (coverage)."""

    expr: str
    loss: str | None
    stat: str
    op: str
    limit: float
    group: Mapping[str, str] | None = None
    """The values that name the samples it reads; None for all samples."""


@dataclass(frozen=True)
class Gate:
    """Comparisons that together describe what is bad: the gate earns its level where all of them hold."""

    text: str
    level: str
    parts: tuple[Comparison, ...]


def parse_all(
    texts: Sequence[str], level: str, ids: Sequence[str], canonical: Canonical | None = None, by: Sequence[str] = ()
) -> tuple[Gate, ...]:
    """Every gate, or every mistake at once. `ids` are the losses of the run, `canonical` finds the id behind another spelling,
    `by` are the columns that group the samples.
    """
    gates, errors = [], []
    for text in texts:
        try:
            gates.append(_Reader(text.strip(), level, tuple(ids), canonical, tuple(by)).gate())
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return tuple(gates)


@dataclass(frozen=True)
class _Reader:
    """Reads one gate. Ids may hold any character of the grammar, so known ids are matched first, the longest before the others."""

    text: str
    level: str
    ids: tuple[str, ...]
    canonical: Canonical | None
    by: tuple[str, ...] = ()

    def gate(self) -> Gate:
        known = self._known()
        parts, errors, at = [], [], 0
        while at < len(self.text) or not at:
            found = known.match(self.text, at) or _LOOSE.match(self.text, at)
            if not found or found["loss"].endswith(("=", "!")):
                errors.append(self._wrong(f"no comparison in {visible(self.text[at:])!r}"))
                break
            try:
                parts.append(self._comparison(found))
            except UsageError as e:
                errors.append(e)
            at = found.end()
        raise_all(errors)
        return Gate(self.text, self.level, tuple(parts))

    def _known(self) -> re.Pattern[str]:
        names = "|".join(re.escape(x) for x in sorted(self.ids, key=len, reverse=True)) or "(?!)"
        return re.compile(rf"(?P<loss>{names}){_STAT}(?P<slice>@[^<>]*?)?{_TAIL}", re.S)

    def _comparison(self, found: re.Match[str]) -> Comparison:
        named = found.groupdict()
        if "stat" in named:
            loss, stat, group = named["loss"], named["stat"], named["slice"]
        else:
            loss, stat, group = self._address(named["loss"])
        expr = f"{found.string[found.start() : found.start('op')].strip()} {named['op']} {named['limit']}"
        limit = _limit(named["limit"])
        members = self._group(group, stat) if group else None
        if stat in COMPARING:
            what = f".{stat} compares with a baseline, and no --baseline was given"
            raise self._wrong(what, f"without .{stat} it reads the value itself")
        if stat is not None and stat not in STATS:
            what = f"{visible(loss)} has no statistic {visible(stat)!r}{nearest(stat, STATS)}"
            raise self._wrong(what, f"its statistics: {', '.join(STATS)}")
        if limit is None:
            raise self._wrong(f"the limit {visible(named['limit'])!r} is no finite number")
        return Comparison(expr, loss, stat or "value", named["op"], limit, members)

    def _group(self, text: str, stat: str | None) -> dict[str, str]:
        """`@column=value`, once for every column of --by."""
        if not self.by:
            raise self._wrong(
                f"{visible(text)} asks for a group, and no --by was given", f"without {visible(text)} it reads all samples"
            )
        if stat == "coverage":
            raise self._wrong("coverage is of all samples, not of a group", f"without {visible(text)} it reads all samples")
        names = "|".join(re.escape(x) for x in sorted(self.by, key=len, reverse=True))
        found = re.split(rf"@({names})=", text)
        if found[0]:
            name = text[1:].partition("=")[0]
            raise self._wrong(f"--by names no column {visible(name)!r}{nearest(name, self.by)}", self._spelling())
        if len(found) != 2 * len(self.by) + 1 or set(found[1::2]) != set(self.by):
            raise self._wrong(f"{visible(text)} must give every column of --by one value", self._spelling())
        return dict(zip(found[1::2], (x.strip() for x in found[2::2]), strict=True))

    def _spelling(self) -> str:
        return "a group is " + "".join(f"@{visible(x)}=VALUE" for x in self.by)

    def _address(self, text: str) -> tuple[str | None, str | None, str | None]:
        """The id, statistic and slice behind a spelling that is no id of the run; `coverage` alone is the run's own."""
        ends = [i for i, c in enumerate(text) if c in ".@"]
        for end in (len(text), *reversed(ends)):
            loss, rest = self._id(text[:end]), _REST.fullmatch(text, end)
            if loss is not None and rest:
                return loss, rest["stat"], rest["slice"]
        name, _, stat = text.rpartition(".")
        if text.partition("@")[0] == "coverage":
            return None, "coverage", text[len("coverage") :]
        name = name if stat in (*STATS, *COMPARING) else text
        what = f"unknown loss {visible(name)!r}{nearest(name, self.ids)}"
        raise self._wrong(what, f"the run evaluates {', '.join(visible(x) for x in self.ids) or 'none'}")

    def _id(self, text: str) -> str | None:
        found = text if text in self.ids else self.canonical(text) if self.canonical else None
        return found if found in self.ids else None

    def _wrong(self, what: str, fix: str = GRAMMAR) -> UsageError:
        return UsageError(f"{_OPTION[self.level]} {visible(self.text)!r}: {what}", fix=fix)


def _limit(text: str) -> float | None:
    """A finite decimal. A percent sign shifts the point in the text: 99.9 / 100 is not the double nearest to 0.999."""
    bare = text.removesuffix("%").rstrip()
    number = read_number(bare)
    if number is None or not math.isfinite(number):
        return None
    if bare == text:
        return number
    return number / 100 if "e" in bare.lower() else float(f"{bare}e-2")


def judge(gates: Sequence[Gate], report: Report) -> tuple[Verdict, ...]:
    """One verdict per comparison, each carrying the verdict of its whole gate.

    A gate is bad where all its comparisons hold, and where one of them cannot be told: no samples, no such group, an undefined
    statistic, NaN or an infinity on either side.
    """
    out: list[Verdict] = []
    for gate in gates:
        seen = [_observe(part, report) for part in gate.parts]
        known = [x for x in seen if x is not None and math.isfinite(x)]
        told = len(known) == len(seen) and all(_samples(part, report) for part in gate.parts)
        bad = not told or all(HOLDS[part.op](x, part.limit) for part, x in zip(gate.parts, known, strict=True))
        verdict = gate.level if bad else "pass"
        out += [Verdict(part.expr, gate.level, x, part.limit, verdict) for part, x in zip(gate.parts, seen, strict=True)]
    return tuple(out)


def strange(gates: Sequence[Gate], report: Report) -> list[Warned]:
    """A warning for every group that a gate names and the run does not have."""
    asked = [part.group for gate in gates for part in gate.parts if part.group is not None]
    absent = [x for i, x in enumerate(asked) if report.group(x) is None and x not in asked[:i]]
    return [Warned("no-group", f"a gate asks for {_spelled(x)}, and no sample has it{_near(x, report)}") for x in absent]


def _spelled(group: Mapping[str, str]) -> str:
    return ", ".join(f"{visible(name)}={visible(value)}" for name, value in group.items())


def _near(group: Mapping[str, str], report: Report) -> str:
    """The value nearest to the one that was meant, where one column groups."""
    (name, value), *more = group.items()
    return "" if more else nearest(value, [g.by[name] for g in report.groups])


def _observe(part: Comparison, report: Report) -> float | None:
    if part.stat == "coverage":
        return report.alignment.coverage
    return getattr(_line(part, report), part.stat, None)


def _samples(part: Comparison, report: Report) -> int:
    line = _line(part, report)
    return line.n if line else report.alignment.evaluated if part.group is None else 0


def _line(part: Comparison, report: Report) -> Line | None:
    """The line that a comparison reads; None where there is no such loss or group, or the run itself is meant."""
    found = report if part.group is None else report.group(part.group)
    return next((x for x in found.losses if x.id == part.loss), None) if found is not None else None
