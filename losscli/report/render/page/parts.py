"""The sections of one check on a page, in reading order: first what was decided, last how. What is worst comes first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from losscli.core.records import dataclass, replace
from losscli.report.model import Group, Line, Report
from losscli.report.render import cells
from losscli.report.render.alarms import alarms
from losscli.report.render.budget import budgets, sentences
from losscli.report.render.calibration import calibrations
from losscli.report.render.differences import differences, sensitivity
from losscli.report.render.findings import Check
from losscli.report.render.page.facts import alignment, command, inputs, signatures
from losscli.report.render.page.markup import Markup, element, lines
from losscli.report.render.page.pictures import drawn, on_images, signed
from losscli.report.render.page.signs import badge
from losscli.report.render.page.tables import SAMPLES, SLICES, Items, Table
from losscli.report.render.style import Style
from losscli.report.render.words import count, gate_sentences, gates_of, text
from losscli.report.verdicts import Verdict
from losscli.spec.guards import silenced

ORDER = ("fail", "warn", "inconclusive", "pass")
"""The verdicts of gates from the worst to the best."""


@dataclass(frozen=True)
class Section:
    """A part of a page with its heading; none without parts."""

    name: str
    title: str
    parts: tuple[Table | Items | Markup, ...]


def sections(check: Check, style: Style, prefix: str = "") -> list[Section]:
    """The sections of a check that has a report; of another, the error. prefix: of the names of its images."""
    report = check.report
    if report is None:
        return [Section("error", "Error", (lines(*_error(check)),))]
    found = [
        Section("gates", "Gates", tuple(_gates(report.gates, style))),
        Section("losses", "Losses", tuple(_losses(report, style))),
        Section("comparison", "Comparison", tuple(_comparison(report, style))),
        Section("pictures", "Pictures", tuple(drawn(report))),
        Section("calibration", "Calibration", tuple(_calibration(report, style))),
        Section("budget", "Loss budget", tuple(_budget(report, style))),
        Section("slices", "Slices", tuple(_slices(report, style))),
        Section("samples", "Samples", tuple(_samples(report, style))),
        Section("drawn", "Worst samples on their images", tuple(on_images(check, prefix))),
        Section("warnings", "Warnings and notes", tuple(_warnings(report))),
        Section("reading", "How the files were read", (alignment(report, style), inputs(report))),
        Section("repeat", "How to repeat it", (*command(report), signatures(report))),
    ]
    return [section for section in found if section.parts]


def _error(check: Check) -> Iterator[Markup]:
    for line in check.error.lines() if check.error is not None else ["there is no report"]:
        yield element("p", line)


def _gates(gates: Sequence[Verdict], style: Style) -> Iterator[Table]:
    """A row per gate: those that fail first."""
    sentences = [sentence for _, sentence in gate_sentences(gates, style.digits)]
    found = zip(sentences, (parts[0] for parts in gates_of(gates)), strict=True)
    ordered = sorted(found, key=lambda x: ORDER.index(x[1].verdict))
    if not ordered:
        return
    named = [cells.Column("gate", [text(gate.id) for _, gate in ordered], words=True)] if any(x.id for x in gates) else []
    placed = [cells.Column("declared at", [_place(gate) for _, gate in ordered], words=True)] if any(x.where for x in gates) else []
    grid = cells.grid_of(
        cells.Column("verdict", [badge(gate.verdict) for _, gate in ordered], words=True),
        *named,
        cells.Column("condition", [sentence for sentence, _ in ordered], words=True),
        *placed,
    )
    yield Table("Gates, those that fail first", grid, what="gates", wraps=True)
    chance = alarms(gates, style)
    if chance.rows:
        yield Table("How often the gates fail by chance", chance, what="gates")


def _place(gate: Verdict) -> str:
    return "" if gate.where is None else text(gate.where.path) + (f":{gate.where.line}" if gate.where.line else "")


def _losses(report: Report, style: Style) -> Iterator[Table]:
    samples = count(report.alignment.evaluated, report.sample.partition(" ")[2])
    tables = {
        f"Losses of {samples}": signed(cells.losses(report, style, every=False, terms=False), report.losses),
        "Terms": cells.terms(report, style),
        "Gradients": cells.gradients(report, style),
    }
    for caption, grid in tables.items():
        if grid.rows:
            yield Table(caption, grid)


def _comparison(report: Report, style: Style) -> Iterator[Table | Markup]:
    if report.baseline is None:
        return
    for i, grid in enumerate(differences(report, style)):
        yield Table(grid.title, grid, SLICES if i else "rest")
    for line in sensitivity(report):
        yield element("p", line)


def _calibration(report: Report, style: Style) -> Iterator[Table]:
    for grid in calibrations(report, style):
        yield Table(grid.title, grid, SLICES, heads=False)


def _budget(report: Report, style: Style) -> Iterator[Table | Items]:
    """What the easiest rows carry, and the shares of tenths, classes and groups."""
    if report.budget is not None:
        yield Items(tuple(element("li", sentence) for sentence in sentences(report)), "losses")
    for grid in budgets(report, style):
        yield Table(grid.title, grid, SLICES)


def _slices(report: Report, style: Style) -> Iterator[Table]:
    """The groups of each loss, the worst first, and the boxes."""
    for line in report.losses:
        ordered = replace(report, groups=worst_first(report.groups, line))
        of_line = replace(ordered, losses=(line,))
        for i, grid in enumerate(cells.by_group(of_line, style)):
            shown = signed(grid, [g.line(line.id) for g in ordered.groups])
            place = len(report.groups[0].by)
            order = "ascending" if line.direction == "higher" else "descending"
            yield Table(f"{grid.title}, worst first", shown, SLICES, None if i else (place, order), "groups")
    for grid in cells.boxes(report, style):
        yield Table(grid.title, grid, SLICES)


def worst_first(groups: Sequence[Group], line: Line) -> tuple[Group, ...]:
    """The groups by their value of a loss, those without one last."""
    sign = 1 if line.direction == "higher" else -1

    def rank(group: Group) -> tuple[bool, float]:
        value = group.line(line.id).value
        return math.isnan(value), 0.0 if math.isnan(value) else sign * value

    return tuple(sorted(groups, key=rank))


def _samples(report: Report, style: Style) -> Iterator[Table]:
    for grid in cells.worst_by_loss(report, style):
        rank = grid.header.index("rank")
        yield Table(grid.title, grid, SAMPLES, (rank, "ascending"), "samples", heads=False)


def _warnings(report: Report) -> Iterator[Items]:
    """Each warning, and what leaves it out."""
    if report.warnings:
        yield Items(tuple(_item(w.message, silenced(w.code)) for w in report.warnings), "warnings")


def _item(message: str, allowed: str) -> Markup:
    return element("li", message, *([Markup(" "), element("span", f"({allowed})", class_="quiet")] if allowed else []))
