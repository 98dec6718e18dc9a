"""GitHub Markdown for job summaries and comments: facts, losses, terms, groups, worst samples, gates, warnings."""

from __future__ import annotations

import re

from losscli.report.model import InputLine, Report, Verdict
from losscli.report.render import cells
from losscli.report.render.style import Style
from losscli.report.render.words import count, facts, gate_sentences, read_columns, text

_ACTIVE = re.compile(r"[\\`*_{}\[\]<>|#~&!$]")


def render(report: Report, style: Style) -> str:
    parts = [f"### losscli {escape(report.family)}", escape(" · ".join(facts(report)))]
    read = dict(zip(report.inputs, read_columns(report), strict=True))
    parts.append("\n".join(f"- {side} {_input(x)}: {_read(read[side])}" for side, x in report.inputs.items()))
    parts.append(table(cells.losses(report, style, every=False, terms=False)))
    titled = [("Terms", cells.terms(report, style)), ("Gradients", cells.gradients(report, style))]
    titled += [
        (g.title, g) for g in (*cells.by_group(report, style), *cells.boxes(report, style), *cells.worst_by_loss(report, style))
    ]
    for title, g in titled:
        if g.rows:
            parts += [f"#### {escape(title)}", table(g)]
    if report.gates:
        parts += ["#### Gates", table(_gates(report.gates, style))]
    if report.warnings:
        parts += ["#### Warnings", "\n".join(f"- {escape(text(w.message))}" for w in report.warnings)]
    return "\n\n".join(parts) + "\n"


def escape(words: str) -> str:
    """Plain words in Markdown: the characters that could have a meaning are escaped by a backslash."""
    return _ACTIVE.sub(r"\\\g<0>", words)


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
