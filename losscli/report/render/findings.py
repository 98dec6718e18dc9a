"""What CI shows of runs: named checks, a case per gate, and the cases that need attention. Renders nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losscli.core.errors import DATA, LosscliError, Where
from losscli.core.records import dataclass, replace
from losscli.report.drawn import DrawnSamples
from losscli.report.model import Line, Report, Worst
from losscli.report.render.style import Style
from losscli.report.render.words import gate_sentences, gates_of, number, text
from losscli.report.verdicts import Verdict

VERDICTS = ("pass", "note", "inconclusive", "warn", "fail", "error")
"""The verdicts of cases, from the best to the worst; those of samples are notes."""


@dataclass(frozen=True)
class Place:
    """A line of a file, from 1."""

    path: str
    line: int = 1


@dataclass(frozen=True)
class Check:
    """One evaluation by its name: its report, or the error that left it without one."""

    name: str
    report: Report | None = None
    error: LosscliError | None = None
    pred: str = ""
    """The path of the predictions, where there is no report to name it."""
    where: Where | None = None
    """The place of the check in a configuration file."""
    drawn: DrawnSamples | None = None
    """The worst samples on their images, where they were drawn."""

    @property
    def verdict(self) -> str:
        """The worst verdict of its cases; `none` without gates."""
        return "error" if self.report is None else self.report.verdict


@dataclass(frozen=True)
class Case:
    """What a check says in one place: a gate, an error, or one of the worst samples.

    name: the same in every run of the check, and its own within it. kind: `gate`, `data`, `usage` or `worst`. details: further
    lines. place: where it is written, if anywhere. file: where it is shown otherwise. slice: the sample that it is of.
    """

    check: str
    name: str
    verdict: str
    message: str
    file: Place
    place: Place | None = None
    kind: str = "gate"
    slice: str = ""
    details: tuple[str, ...] = ()

    @property
    def shown_at(self) -> Place:
        """A place for formats that demand one."""
        return self.place or self.file

    @property
    def fingerprint(self) -> str:
        """The same while check, gate and slice are, whatever was observed."""
        import hashlib  # late: most runs ask for none
        import json

        return hashlib.sha256(json.dumps([self.check, self.name, self.slice]).encode()).hexdigest()


def check_of(report: Report) -> Check:
    """The check of a report, by its own name if it has one."""
    return Check(report.check or name_of(report.family, *(x.path for x in report.inputs.values())), report)


def name_of(family: str, *paths: str) -> str:
    """`detect boxes.csv`: the family and the file of predictions, without its folder, which may differ between machines."""
    file = paths[0].replace("\\", "/").rstrip("/").rpartition("/")[2] if paths else ""
    return f"{family} {file}".strip()


def _verdict(gate: Verdict) -> str:
    """A gate's verdict, or what an inconclusive one counts as where that is not a warning."""
    return gate.counts if gate.verdict == "inconclusive" and gate.counts != "warn" else gate.verdict


def cases(check: Check, style: Style) -> tuple[Case, ...]:
    """A case per gate; without gates one that passes; where there is no report, the error."""
    if check.report is None:
        return (_failed(check),)
    gates = gates_of(check.report.gates)
    if not gates:
        return (Case(check.name, "evaluation", "pass", "evaluated", _file(check)),)
    said = gate_sentences(check.report.gates, style.digits)
    names = _unique([text(parts[0].id) or " and ".join(text(v.expr) for v in parts) for parts in gates])
    return tuple(
        Case(
            check.name,
            name,
            _verdict(parts[0]),
            f"{word} {sentence}",
            _file(check),
            _place(parts[0].where),
            details=() if _verdict(parts[0]) == "pass" else _worst_of(check.report, parts, style),
        )
        for name, parts, (word, sentence) in zip(names, gates, said, strict=True)
    )


def findings(checks: Sequence[Check], style: Style) -> list[Case]:
    """The cases of all checks that need attention; under --findings worst the worst samples too. Fingerprints are unique."""
    found = [case for check in checks for case in cases(check, style) if case.verdict != "pass"]
    if style.findings == "worst":
        found += [case for check in checks if check.report is not None for case in _samples(check, check.report, style)]
    seen: dict[str, int] = {}
    out = []
    for case in found:
        n = seen[case.fingerprint] = seen.get(case.fingerprint, 0) + 1
        out.append(case if n == 1 else replace(case, slice=f"{case.slice}#{n}"))
    return out


def at_most(found: Sequence[Case], most: int) -> list[Case]:
    """The first cases; the last of them says how many more there are."""
    if len(found) <= most:
        return list(found)
    *first, last = found[:most]
    return [*first, replace(last, message=f"{last.message} (and {len(found) - most:,} more)")]


def _failed(check: Check) -> Case:
    """The case of an error: its first line, and the others as details."""
    head, *more = check.error.lines() if check.error is not None else ["there is no report"]
    kind = "data" if check.error is None or check.error.exit_code == DATA else "usage"
    where = check.error.where if check.error is not None else None
    file = _file(check) if where is None else Place(where.path)
    place = _place(where) or _place(check.where)
    return Case(check.name, "evaluation", "error", head, file, place, kind, details=tuple(more))


def _place(where: Where | None) -> Place | None:
    """The line that is known, if any."""
    return Place(where.path, where.line) if where is not None and where.line else None


def _file(check: Check) -> Place:
    """The file of predictions."""
    paths = [x.path for x in check.report.inputs.values()] if check.report is not None else [check.pred]
    return Place(next(filter(None, paths), "."))


def _unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that occur again: programs merge cases of one name."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _worst_of(report: Report, parts: Sequence[Verdict], style: Style) -> tuple[str, ...]:
    """The worst sample of the loss that a gate reads, if --worst found it."""
    line = _line_of(report, parts[0].expr)
    found = next((w for w in report.worst if line is not None and w.loss == line.id and not w.by), None)
    return () if found is None else (f"worst: {_sample(report, found)}: {number(found.value, style.digits)}",)


def _line_of(report: Report, expr: str) -> Line | None:
    """The loss that a comparison begins with, by its longest spelling."""
    spelled = [(word, x) for x in report.losses for word in {x.id, x.label, x.id.partition(":")[0]} if expr.startswith(word)]
    return max(spelled, key=lambda found: len(found[0]), default=(None, None))[1]


def _samples(check: Check, report: Report, style: Style) -> Iterator[Case]:
    """The samples of --worst, each at its row of TARGET, or of PRED where it has none there."""
    import json

    for w in report.worst:
        side, row = ("target", w.target_row) if w.target_row is not None else ("pred", w.pred_row)
        where = w.where.get(side)
        path = where.path if where is not None else report.inputs[side].path if side in report.inputs else check.name
        line = where.line if where is not None and where.line else row
        group = "".join(f"@{text(k)}={text(v)}" for k, v in w.by.items())
        message = f"{text(w.loss)}{group} = {number(w.value, style.digits)}: {_sample(report, w)}"
        slice = json.dumps([dict(w.by), dict(w.key) or [w.pred_row, w.target_row]])
        at = Place(path, line or 1)
        yield Case(check.name, f"worst {text(w.loss)}", "note", message, at, kind="worst", slice=slice)


def _sample(report: Report, w: Worst) -> str:
    """`id 17 (boxes.csv row 124)`."""
    side, row = ("pred", w.pred_row) if w.pred_row is not None else ("target", w.target_row)
    where = w.where.get(side)
    path = where.path if where is not None else report.inputs[side].path if side in report.inputs else side
    at = f"{text(path)} row {row}" if row is not None else text(path)
    key = ", ".join(f"{text(k)} {text(v)}" for k, v in w.key.items())
    return f"{key} ({at})" if key else at
