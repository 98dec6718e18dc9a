"""Joins saved reports of parts of the rows to the report of all of them. Reads no data: the reports carry their sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, visible
from losscli.core.records import dataclass, replace
from losscli.output.files import Outputs, Stream
from losscli.report import render
from losscli.report.asked_gates import AskedGate
from losscli.report.gate_names import GateNames
from losscli.report.gates import Gate, parse_all
from losscli.report.judging import judged
from losscli.report.model import CLASS, Line, Report, Warned, group_words
from losscli.report.render.findings import check_of
from losscli.report.state.joined import joined
from losscli.report.state.merged import Part, merged
from losscli.report.state.sums import State, packed_state, plan_of, read_state
from losscli.run.baseline import unpaired_units
from losscli.run.checks import opened
from losscli.run.report_files import STDIN, Rendering, Saved, saved
from losscli.run.request import Request
from losscli.run.sampled_parts import Lacking, SampledPart
from losscli.run.understand import report_file
from losscli.spec import registry
from losscli.spec.family import Family

EXACT = ("n", "nonfinite", "mean", "sum", "min", "p50", "p95", "max")
"""The numbers that are the same on every machine, given the sums."""


ROUNDED = ("mean", "sum")
"""Those of them whose last digits may differ where sums were rounded."""


def again(name: str) -> str:
    """How to get a report that can be joined."""
    return f"evaluate again with --state -o {visible(name) if name.endswith('.json') else 'FILE.json'}"


@dataclass(frozen=True)
class Merging:
    """What is asked of the joined report. state: whether it carries its sums; allow_same: whether a file may be in two reports."""

    rendering: Rendering
    request: Callable[[Saved], Request]
    """The request that a report carries."""
    gates: Sequence[AskedGate] = ()
    state: bool = False
    allow_same: bool = False


def merged_files(paths: Sequence[str], asked: Merging, stdout: Stream) -> tuple[Report, str]:
    """The report of all rows, and its text for stdout; the files are written. Raises DataError where reports cannot be joined."""
    how = asked.rendering
    files = [report_file(text) for text in how.outputs]
    found = [saved(path) for path in paths]
    with np.errstate(all="ignore"):
        report = _merged(found, asked)
    for name in dict.fromkeys((*(name for name, _ in files), *([] if how.score_only else [how.format]))):
        render.refuse([x.id for x in report.losses], name)
    with Outputs([path for path in paths if path != STDIN], stdout) as out:
        for file in [opened(out, name, path) for name, path in files]:
            file.write([check_of(report)], how.style)
        text = render.score_only(report, how.digits) if how.score_only else ""
        if how.format and not how.score_only:
            text = render.render_check(check_of(report), how.format, how.style)
        out.commit()
    return report, text


def _merged(found: Sequence[Saved], asked: Merging) -> Report:
    family = registry.load(found[0].report.family)
    for x in found[1:]:
        _refuse_different(found[0], x)
    states = _states(found, asked.request, family)
    if not asked.allow_same:
        _refuse_same(found)
    parts = [Part(x.name, x.report, s) for x, s in zip(found, states, strict=True)]
    state = joined(states, family)
    for part in parts:
        _refuse_other_sums(part, family, rounded=part.report.state is None)
    report = merged(parts, state, family)
    if report.baseline is not None:
        report = replace(report, warnings=(*report.warnings, *_allowed(unpaired_units(report), state)))
    gates = _gates(asked.gates, report, state, family)
    report = judged(gates, report) if gates else report
    return replace(report, state=packed_state(state)) if asked.state else report


def _allowed(warnings: Sequence[Warned], state: State) -> list[Warned]:
    return [w for w in warnings if w.code not in state.allowed]


def _gates(asked: Sequence[AskedGate], report: Report, state: State, family: Family) -> tuple[Gate, ...]:
    if not asked:
        return ()
    plan = plan_of(state.sums.plan, family)
    names = GateNames.of(plan.recipes, family, None, state.reduction, report.boxes is not None, report.calibration is not None)
    by = [x.role for x in state.facts.by] + ([CLASS] if plan.classes is not None else [])
    return parse_all(asked, names, by, report.baseline is not None)


def _states(found: Sequence[Saved], requested: Callable[[Saved], Request], family: Family) -> list[State]:
    """The states of the reports, of those without one from their samples.

    Raises DataError naming every report that has neither, and what its samples do not say; or one that is damaged.
    """
    lacks: dict[str, list[str]] = {}
    states: list[State | None] = [None if x.report.state is None else _state(x, x.report.state, family) for x in found]
    like = next((x for x in states if x is not None), None)
    for i, x in enumerate(found):
        if states[i] is None:
            try:
                states[i] = SampledPart.of(x, requested, family).state(like)
            except Lacking as e:
                lacks.setdefault(str(e), []).append(x.name)
    if lacks:
        raise _lacking(lacks)
    return [x for x in states if x is not None]


def _lacking(lacks: Mapping[str, Sequence[str]]) -> DataError:
    """The error of reports, by what they lack."""
    names = [name for every in lacks.values() for name in every]
    told = {_lack(what, len(every)): every for what, every in lacks.items()}
    fix = again(names[0] if len(names) == 1 else "")
    if len(told) == 1:
        return DataError(next(iter(told)), Where(", ".join(names)), fix)
    return DataError("; ".join(f"{visible(', '.join(every), 1000)}: {what}" for what, every in told.items()), fix=fix)


def _lack(what: str, reports: int) -> str:
    """What the samples of so many reports do not say; empty: they have none."""
    its, report = ("its", "the report does") if reports == 1 else ("their", "the reports do")
    why = f"{its} samples do not say {what}" if what else "averages of averages are not the average"
    return f"{report} not carry {its} sums, and {why}"


def _state(found: Saved, data: Mapping[str, Any], family: Family) -> State:
    """The state of a report. Raises DataError where it is damaged, or lacks that of a baseline."""
    state = read_state(data, found.name, family)
    if found.report.baseline is not None and state.baseline is None:
        what = f"the baseline is {found.report.baseline.kind}, whose comparison does not carry its sums"
        raise DataError(what, Where(found.name), "give predictions as --baseline, with --state")
    return state


def _refuse_different(a: Saved, b: Saved) -> None:
    """Raise DataError where two reports are of other losses, or of other settings."""
    mine, theirs = a.report, b.report
    if mine.family != theirs.family:
        raise DataError(f"is of {theirs.family}, and {visible(a.name)} of {mine.family}", Where(b.name), "evaluate all parts alike")
    if [x.id for x in mine.losses] != [x.id for x in theirs.losses]:
        losses = [visible(", ".join(x.id for x in r.losses)) for r in (theirs, mine)]
        raise DataError(f"is of {losses[0]}, and {visible(a.name)} of {losses[1]}", Where(b.name), "evaluate all parts alike")
    for x, y in zip(mine.losses, theirs.losses, strict=True):
        if differs := differing(x, y):
            raise DataError(f"{visible(x.id)} was evaluated with {differs}", Where(b.name), f"as in {visible(a.name)}, or apart")
    if set(mine.inputs) != set(theirs.inputs):
        raise DataError(f"has other inputs than {visible(a.name)}", Where(b.name), "evaluate all parts alike")
    for name in ("pairing", "key", "filter"):
        if getattr(mine.alignment, name) != getattr(theirs.alignment, name):
            raise DataError(f"alignment.{name} is not that of {visible(a.name)}", Where(b.name), "evaluate all parts alike")


def differing(a: Line, b: Line) -> str:
    """The parts of two signatures that differ, in words; empty where they are equal."""
    mine, theirs = a.signature.split("|"), b.signature.split("|")
    if mine == theirs:
        return ""
    parts = [f"{visible(y)} instead of {visible(x)}" for x, y in zip(mine, theirs, strict=False) if x != y]
    return "; ".join(parts) or "more settings"


def _refuse_other_sums(part: Part, family: Family, rounded: bool) -> None:
    """Raise DataError where the sums of a report are not those of its numbers. rounded: whether these are of sums that were."""
    try:
        found = merged([part], joined([part.state], family), family)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
        what = f"a damaged report: its sums do not fit together ({type(e).__name__})"
        raise DataError(what, Where(part.path), again(part.path)) from None
    pairs = [(part.report.losses, found.losses, "")]
    pairs += [(a.losses, b.losses, f" of {group_words(a.by)}") for a, b in zip(part.report.groups, found.groups, strict=False)]
    for said, mine, of in pairs:
        for a, b in zip(said, mine, strict=False):
            if name := next((name for name in EXACT if not _same(a, b, name, rounded)), None):
                what = f"a damaged report: {name} of {visible(a.id)}{of} is not that of its sums"
                raise DataError(what, Where(part.path), again(part.path))
    if len(part.report.groups) != len(found.groups):
        raise DataError("a damaged report: its groups are not those of its sums", Where(part.path), again(part.path))


def _same(a: Line, b: Line, name: str, rounded: bool) -> bool:
    """Whether two lines have the same number; a mean or a sum that was rounded only nearly."""
    x, y = getattr(a, name), getattr(b, name)
    if x == y or (x is not None and y is not None and x != x and y != y):
        return True
    if not rounded or name not in ROUNDED or x is None or y is None or b.min is None or b.max is None:
        return False
    size = max(abs(b.min), abs(b.max)) * (b.n if name == "sum" else 1)
    return bool(abs(x - y) <= 1e-9 * size)


def _refuse_same(found: Sequence[Saved]) -> None:
    """Raise DataError where two reports are of the same rows: of a file of predictions, or of targets."""
    for side in ("pred", "target"):
        seen: dict[str, str] = {}
        for x in found:
            for digest, path in _files(x.report, side).items():
                if digest in seen:
                    what = f"{side.upper()} {visible(path)} is also in {visible(seen[digest])}: the same rows would count twice"
                    raise DataError(what, Where(x.name), "give each part once, with targets of its own, or add --allow-same")
            seen.update(dict.fromkeys(_files(x.report, side), x.name))


def _files(report: Report, side: str) -> Mapping[str, str]:
    """The files of a side by digest."""
    shards = [shard.files[side] for shard in report.shards if side in shard.files]
    lines = [(x.path, x.sha256) for s, x in report.inputs.items() if s == side]
    return {digest: path for path, digest, _ in shards} if report.shards else {digest: path for path, digest in lines}
