"""GitHub Markdown for job summaries and comments: facts, losses, terms, groups, worst samples, gates, warnings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.core.records import dataclass
from losscli.report.model import InputLine, Report
from losscli.report.render import cells
from losscli.report.render.budget import budgets, sentences
from losscli.report.render.calibration import calibrations
from losscli.report.render.differences import differences, sensitivity
from losscli.report.render.style import Style
from losscli.report.render.words import count, facts, gate_sentences, read_columns, text
from losscli.report.verdicts import Verdict

_ACTIVE = re.compile(r"[\\`*_{}\[\]<>|#~&!$]|:(?=//)|(?<=www)\.", re.IGNORECASE)


SLICES, SAMPLES = "slices", "samples"
"""The kinds of sections that a step summary shortens first."""


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, lines that introduce its rows (such as a table's header), and the rows."""

    kind: str
    rows: tuple[str, ...]
    heading: str = ""
    intro: tuple[str, ...] = ()

    def text(self, rows: Sequence[str] | None = None) -> str:
        """The section, or the section with other rows."""
        body = "\n".join([*self.intro, *(self.rows if rows is None else rows)])
        return f"#### {escape(self.heading)}\n\n{body}" if self.heading else body


def render(report: Report, style: Style) -> str:
    found = (*facts_of(report), losses(report, style), *compared(report, style), *details(report, style), *said(report, style))
    return "\n\n".join([f"### losscli {escape(report.family)}", *(section.text() for section in found)]) + "\n"


def facts_of(report: Report) -> list[Section]:
    """How the run read and paired its inputs."""
    read = dict(zip(report.inputs, read_columns(report), strict=True))
    sides = tuple(f"- {side} {_input(x)}: {_read(read[side])}" for side, x in report.inputs.items())
    return [Section("facts", (escape(" · ".join(facts(report))),)), Section("facts", sides)]


def losses(report: Report, style: Style) -> Section:
    """The table of losses."""
    return _tabled("losses", cells.losses(report, style, every=False, terms=False))


def compared(report: Report, style: Style) -> list[Section]:
    """The comparison with the baseline, and what it can see."""
    found = [_tabled("losses", g, g.title) for g in differences(report, style)]
    return [*found, *([Section("losses", tuple(map(item, sensitivity(report))))] if report.baseline else [])]


def details(report: Report, style: Style) -> list[Section]:
    """The tables of terms, gradients, groups, boxes and samples."""
    named = [("Terms", cells.terms(report, style)), ("Gradients", cells.gradients(report, style))]
    found = [_tabled(SLICES, g, title) for title, g in named]
    titled = (*calibrations(report, style), *budgets(report, style), *cells.by_group(report, style), *cells.boxes(report, style))
    found += [_tabled(SLICES, g, g.title) for g in titled]
    found += [_tabled(SAMPLES, g, g.title) for g in cells.worst_by_loss(report, style)]
    found.append(Section(SLICES, tuple(item(line) for line in sentences(report))))
    return [section for section in found if section.rows]


def said(report: Report, style: Style) -> list[Section]:
    """Gates and warnings."""
    gates = _tabled("gates", _gates(report.gates, style), "Gates")
    warnings = Section("warnings", tuple(item(text(w.message)) for w in report.warnings), "Warnings")
    return [section for section in (gates, warnings) if section.rows]


def _tabled(kind: str, g: cells.Grid, title: str = "") -> Section:
    header, rule, *rows = table(g).split("\n")
    return Section(kind, tuple(rows), title, (header, rule))


def escape(words: str) -> str:
    """Plain words in Markdown: the characters that could have a meaning are escaped by a backslash."""
    return _ACTIVE.sub(r"\\\g<0>", words)


def item(words: str) -> str:
    """Plain words as an item of a list; what would begin a list within it is escaped too."""
    return "- " + re.sub(r"\A(\d*)(?=[-+.)])", r"\1\\", escape(words)) if re.match(r"[-+]|\d+[.)]", words) else f"- {escape(words)}"


def _input(x: InputLine) -> str:
    return escape(f"{text(x.path)} ({text(x.format)}, {count(x.rows, 'row')})")


def _read(line: str) -> str:
    return escape(line.partition(": ")[2])


def _gates(gates: tuple[Verdict, ...], style: Style) -> cells.Grid:
    return cells.Grid(("verdict", "gate"), tuple(gate_sentences(gates, style.digits)), frozenset({0, 1}))


def table(g: cells.Grid) -> str:
    """A grid as a Markdown table."""
    rule = [":--" if i in g.texts else "--:" for i in range(len(g.header))]
    rows = [[escape(cell) for cell in row] for row in (g.header, *g.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))
