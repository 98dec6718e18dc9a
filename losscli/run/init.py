"""Writes a configuration file for two files: what `inspect` finds of them, and a gate for each loss."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import isfinite
from typing import Any

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass, replace
from losscli.numerics.statistics.interval import Interval
from losscli.report.model import Line, Report
from losscli.run.config.keys import key_of
from losscli.run.config.toml_text import toml
from losscli.run.declared import of_command
from losscli.run.inspection import Inspection, inspect
from losscli.run.inspection.text import SHOWN, pairing_lines
from losscli.run.meaning import requested
from losscli.run.options import LossOptions
from losscli.run.read_options import ReadOptions
from losscli.run.request import Request
from losscli.run.run import Result, run
from losscli.run.statistics_options import StatisticsOptions

MARGIN = Decimal("0.1")
"""How much worse than now a loss may be where its value has no interval, as a share of it."""
DIGITS = 3
"""Significant digits of a limit."""


@dataclass(frozen=True)
class Limit:
    """Where a gate is set: the comparison that fails, its number, and why it is this one."""

    op: str
    number: str
    why: str


def config_text(
    family: str, pred: str, target: str | None, losses: LossOptions, read: ReadOptions, jobs: int | None
) -> tuple[str, Result]:
    """The file for these inputs, and the evaluation that its gates come from. Raises LosscliError where there is none."""
    if "-" in (pred, target):
        raise UsageError("a check cannot read stdin", fix="write it to a file")
    found = inspect(Request(family, pred, target, **requested(read, family)), read)
    if found.error is not None:
        raise found.error
    on: dict[str, Any] = dict.fromkeys(found.best.candidate.switches, True)
    own, name = replace(read, **on), found.best.family.name
    chosen = replace(losses, losses=losses.losses or (found.best.recipe,))
    options = {**chosen.requested(), **requested(own, name), **StatisticsOptions().requested()}
    request = Request(name, pred, target, **options, format="", jobs=jobs, forks=True)
    result = run(request)
    return "\n".join(_lines(found, result.report, chosen, own, pred, target)) + "\n", result


def limit_of(line: Line) -> Limit | None:
    """The limit of a loss's value; None where it has none."""
    return _beyond(line.value, line.ci, line.direction == "higher")


def _beyond(now: float | None, ci: object, higher: bool) -> Limit | None:
    """A limit at the end of the interval that is worse, or worse by the margin where there is no interval.

    higher: whether higher numbers are better.
    """
    if now is None or not isfinite(now):
        return None
    value = Decimal(repr(float(now)))
    side, room = "below" if higher else "above", MARGIN * abs(value)
    if isinstance(ci, Interval) and isfinite(ci.low) and isfinite(ci.high):
        far = Decimal(repr(float(ci.low if higher else ci.high)))
        why = f"{now:.4g} now, with an interval from {ci.low:.4g} to {ci.high:.4g}; fails when it is {side} that"
    else:
        far = value - room if higher else value + room
        why = f"{now:.4g} now; fails when it is more than {MARGIN:.0%} {side} that"
    rounded = Context(prec=DIGITS, rounding=ROUND_FLOOR if higher else ROUND_CEILING).plus(far)
    return Limit("<" if higher else ">", f"{float(rounded):.15g}", why)


def _lines(
    found: Inspection, report: Report, losses: LossOptions, read: ReadOptions, pred: str, target: str | None
) -> Iterator[str]:
    family = found.best.family.name
    yield "# `losscli check` runs these checks. Their keys are the long names of options:"
    yield f"# `losscli {family} --help` lists them, `losscli schema config` prints the schema."
    yield "schema = 1"
    yield ""
    yield "[defaults]  # options of every check"
    yield "# digits = 4"
    yield ""
    yield "[[check]]"
    yield f"name = {toml(_name(pred) or family)}"
    yield f"family = {toml(family)}"
    for side, path in (("pred", pred), ("target", target)):
        if path is not None:
            yield f"{side} = {toml(path)}{_about(found, side)}"
    for line in pairing_lines(found.pairs):
        yield f"# {visible(line, 200)}"
    for record in (read, losses):
        for slot in of_command(type(record), "init"):
            value = getattr(record, slot.name)
            if value != slot.default:
                plain = value[0] if isinstance(value, tuple) and len(value) == 1 else value
                yield f"{key_of(slot)} = {toml(True if slot.switch else plain)}"
    others = [x for x in found.best.losses if x not in losses.losses][:SHOWN]
    if others:
        yield f"# losses that fit too: {', '.join(others)}"
    yield from _gates(report)


def _gates(report: Report) -> Iterator[str]:
    for line in report.losses:
        limit = limit_of(line)
        yield ""
        if limit is None:
            yield f"  # {visible(line.id)} has no finite value, and so no gate."
            continue
        yield f"  # {visible(line.id)} is {limit.why}."
        yield "  [[check.gate]]"
        yield f"  id = {toml(line.id)}"
        yield f"  expr = {toml(f'{line.id} {limit.op} {limit.number}')}"
    first = report.losses[0]
    tail = _beyond(first.p95, first.p95_ci, higher=False) if first.direction == "lower" else None
    if tail is not None:
        yield ""
        yield f"  # {visible(first.id)}.p95 is {tail.why.replace('fails', 'this would warn')}."
        yield "  # [[check.gate]]"
        yield f"  # expr = {toml(f'{first.id}.p95 {tail.op} {tail.number}')}"
        yield '  # level = "warn"'


def _about(found: Inspection, side: str) -> str:
    """A comment: the format and the rows of a file."""
    file = next((x for x in found.files if x.side == side), None)
    return "" if file is None else f"  # {visible(file.format)}, {file.rows} row{'' if file.rows == 1 else 's'}"


def _name(path: str) -> str:
    """A name for the check of a file: letters and digits of the file's own name."""
    stem = os.path.basename(path.rstrip("/\\")).partition(".")[0]
    return "-".join("".join(c if c.isalnum() or c == "_" else " " for c in stem).split())
