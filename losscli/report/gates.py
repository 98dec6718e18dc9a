"""Gates: limits on the finished report, parsed from text and judged. No `eval`; what cannot be decided fails."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from losscli.core.errors import UsageError, nearest, raise_all, visible
from losscli.core.records import dataclass
from losscli.core.values import share_of, write_number
from losscli.report.asked_gates import AskedGate
from losscli.report.boxes import SHARES as BOX_SHARES
from losscli.report.boxes import STATS as BOX_STATS
from losscli.report.calibration import ERRORS
from losscli.report.calibration import STATS as CALIBRATION_STATS
from losscli.report.gate_names import GateNames
from losscli.report.model import AGAINST, CLASS, ENDS, STATS

GRAMMAR = (
    "a gate is loss[.stat][@column=value] op number[%] [and …] with op one of > >= < <=; it fails if it is true, "
    "for example 'giou.p95 > 0.8'"
)
MOST_CHARACTERS = 10_000
"""The longest gate that is read."""
SHARES = ("value", "mean", "min", "p50", "p95", "max", "low", "high")
"""The statistics that are shares where the loss is one."""

RUN_STATS = ("coverage", *BOX_STATS, *CALIBRATION_STATS)
"""The statistics that are of the run rather than of a loss."""

_STAT = r"(?:\.(?P<stat>[A-Za-z]\w*))?"
_TAIL = r"\s*(?P<op>[<>]=?)\s*(?P<limit>.*?)\s*(?:\s[aA][nN][dD]\s+|$)"
_LOOSE = re.compile(r"(?P<loss>.*?)" + _TAIL, re.S)
_REST = re.compile(_STAT + r"(?P<slice>@.*)?", re.S)


@dataclass(frozen=True)
class Comparison:
    """One statistic against one limit. `loss` is None where the statistic is the run's own (coverage, recall …)."""

    expr: str
    loss: str | None
    stat: str
    op: str
    limit: float
    group: Mapping[str, str] | None = None
    """The group that it reads, by column; None for all samples."""


@dataclass(frozen=True)
class Gate:
    """Comparisons joined by `and`: if all of them are true, the gate fails (or warns, by its level)."""

    asked: AskedGate
    parts: tuple[Comparison, ...]

    @property
    def level(self) -> str:
        """`fail` or `warn`."""
        return self.asked.level


def reads_interval(gate: Gate) -> bool:
    """Whether a gate needs confidence intervals."""
    return gate.asked.on == "ci" or any(part.stat in ENDS for part in gate.parts)


def unmatched(gates: Sequence[Gate]) -> UsageError | None:
    """The error of the first gate that counts boxes, for where none are matched; None if there is no such gate."""
    for found in gates:
        part = next((part for part in found.parts if part.stat in BOX_STATS), None)
        if part is not None:
            what, fix = _unmatched(part.stat)
            return UsageError(f"{found.asked.spelled}: {what}", found.asked.where, fix)
    return None


def _unmatched(stat: str) -> tuple[str, str]:
    """The error, and its fix, of a statistic of boxes where none are matched."""
    return f"{stat} counts boxes that are matched within images", "add --match greedy, which detect has"


def parse_all(asked: Sequence[AskedGate], names: GateNames, by: Sequence[str] = (), compared: bool = True) -> tuple[Gate, ...]:
    """Every gate, or every mistake at once. `names` are the losses of the run, `by` the columns that group the samples.

    compared: whether there is a baseline.
    """
    gates, errors = [], []
    for one in asked:
        try:
            gates.append(_Reader(one, one.expr.strip(), names, tuple(by), compared).gate())
        except UsageError as e:
            errors.append(e)
    raise_all(errors)
    return tuple(gates)


@dataclass(frozen=True)
class _Reader:
    """Parses one gate. Ids may contain any character of the grammar, so known spellings are matched first, longest first."""

    asked: AskedGate
    text: str
    names: GateNames
    by: tuple[str, ...] = ()
    compared: bool = True

    def gate(self) -> Gate:
        if len(self.text) > MOST_CHARACTERS:
            raise self._wrong(f"a gate of {len(self.text):,} characters, of which {MOST_CHARACTERS:,} are the most")
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
        return Gate(self.asked, tuple(parts))

    def _known(self) -> re.Pattern[str]:
        names = "|".join(re.escape(x) for x in self.names.known()) or "(?!)"
        return re.compile(rf"(?P<loss>{names}){_STAT}(?P<slice>@[^<>]*?)?{_TAIL}", re.S)

    def _comparison(self, found: re.Match[str]) -> Comparison:
        named = found.groupdict()
        if "stat" in named:
            loss, stat, group = self._id(named["loss"]), named["stat"], named["slice"]
        else:
            loss, stat, group = self._address(named["loss"])
        expr = f"{found.string[found.start() : found.start('op')].strip()} {named['op']} {named['limit']}"
        limit = share_of(named["limit"])
        members = self._group(group, stat) if group else None
        if stat in BOX_STATS and not self.names.matched:
            raise self._wrong(*_unmatched(stat))
        if stat in CALIBRATION_STATS and not self.names.calibrated:
            raise self._wrong(f"{stat} is a statistic of the calibration", "add --calibration, which classify has")
        if stat in AGAINST and not self.compared:
            raise self._wrong(f"{stat} needs a baseline", "add --baseline FILE")
        if stat is not None and stat not in (*STATS, *AGAINST, *RUN_STATS):
            what = f"unknown statistic {visible(stat)!r}{nearest(stat, (*STATS, *AGAINST))}"
            known = (*STATS, *AGAINST) if self.compared else STATS
            raise self._wrong(what, f"the statistics of a loss are {', '.join(known)}")
        if limit is None:
            raise self._wrong(f"the limit {visible(named['limit'])!r} is not a finite number")
        if named["limit"].endswith("%") and not self._share(loss, stat or "value"):
            what = f"a limit in percent needs a share between 0 and 1, and {visible(named['loss'])} is not one"
            raise self._wrong(what, f"write the limit as a number: {write_number(limit)} for {visible(named['limit'])!r}")
        own = None if stat in CALIBRATION_STATS else loss
        return Comparison(expr, own, stat or "value", named["op"], limit, members)

    def _share(self, loss: str | None, stat: str) -> bool:
        return stat in ("coverage", "rel", "p", "p_holm", *BOX_SHARES, *ERRORS) or (stat in SHARES and loss in self.names.shares)

    def _group(self, text: str, stat: str | None) -> dict[str, str]:
        """`@column=value`, once for every column of --by."""
        if not self.by:
            raise self._wrong(
                f"{visible(text)} names a group, but there is no --by",
                f"add {self._options(text)}, or omit {visible(text)} to use all samples",
            )
        if stat == "coverage":
            raise self._wrong("coverage is known for all samples only, not per group", f"omit {visible(text)}")
        names = "|".join(re.escape(x) for x in sorted(self.by, key=len, reverse=True))
        found = re.split(rf"@({names})=", text)
        if found[0]:
            name, equals, _ = text[1:].partition("=")
            if not equals and name in self.by:
                raise self._wrong(f"{visible(text)} has no value", self._spelling())
            raise self._wrong(f"{visible(name)!r} is not a column of --by{nearest(name, self.by)}", self._spelling())
        if len(found) != 2 * len(self.by) + 1 or set(found[1::2]) != set(self.by):
            raise self._wrong(f"{visible(text)} must give each column of --by one value", self._spelling())
        return dict(zip(found[1::2], (x.strip() for x in found[2::2]), strict=True))

    def _options(self, text: str) -> str:
        family = self.names.family
        classed = text.startswith(f"@{CLASS}=") and family is not None and family.classes is not None
        return "--per-class or --by COLUMN" if classed else "--by COLUMN"

    def _spelling(self) -> str:
        return "a group is written " + "".join(f"@{visible(x)}=VALUE" for x in self.by)

    def _address(self, text: str) -> tuple[str | None, str | None, str | None]:
        """The id, statistic and group of an address that begins with no known spelling; `coverage` alone is the run's own."""
        ends = [i for i, c in enumerate(text) if c in ".@"]
        for end in (len(text), *reversed(ends)):
            rest = _REST.fullmatch(text, end)
            loss = self._id(text[:end]) if rest else None
            if rest and loss is not None:
                return loss, rest["stat"], rest["slice"]
        name, _, stat = text.rpartition(".")
        run_own = text.partition("@")[0]
        if run_own in RUN_STATS:
            return None, run_own, text[len(run_own) :]
        name = name if stat in (*STATS, *AGAINST, *RUN_STATS) else text
        losses = dict.fromkeys(x for ids in self.names.spellings.values() for x in ids)
        what = f"unknown loss {visible(name)!r}{nearest(name, self.names.spellings)}"
        raise self._wrong(what, f"the run evaluates {', '.join(visible(x) for x in losses) or 'none'}")

    def _id(self, text: str) -> str | None:
        try:
            return self.names.find(text)
        except UsageError as e:
            raise self._wrong(e.what, e.fix or GRAMMAR) from None

    def _wrong(self, what: str, fix: str = GRAMMAR) -> UsageError:
        return UsageError(f"{self.asked.spelled}: {what}", self.asked.where, fix)
