"""A report as a small HTML table for notebooks. Every text from outside is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from losscli.report.model import Line, Report
from losscli.report.render import gate_lines

MOST_GROUPS = 50
"""Groups shown; a notebook is not the place for thousands of rows."""
_STATS = ("value", "n", "mean", "std", "min", "p50", "p95", "max")


def html(report: Report) -> str:
    """The losses, the groups and the gates."""
    parts = [_table(["loss", *_STATS], [[x.label, *_cells(x)] for x in report.losses], 1)]
    if report.groups:
        names = list(report.groups[0].by)
        shown = report.groups[:MOST_GROUPS]
        rows = [[*(g.by[n] for n in names), x.label, *_cells(x)] for g in shown for x in g.losses]
        parts.append(_table([*names, "loss", *_STATS], rows, len(names) + 1))
        if len(report.groups) > MOST_GROUPS:
            parts.append(f"<p>{MOST_GROUPS} of {len(report.groups)} groups; to_frame() has all of them</p>")
    lines = [f"{report.family}: {report.alignment.evaluated} samples", *gate_lines(report.gates, 6)]
    lines += [w.message for w in report.warnings]
    parts += [f"<p>{escape(line)}</p>" for line in lines]
    return "<div>" + "".join(parts) + "</div>"


def _cells(line: Line) -> list[str]:
    return [_number(getattr(line, name)) for name in _STATS]


def _number(x: float | None) -> str:
    return "–" if x is None else f"{x:,}" if isinstance(x, int) else f"{x:.6g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> str:
    """A table whose first `words` columns are text, the others numbers."""
    head = "".join(f'<th style="text-align:{_side(i, words)}">{escape(x)}</th>' for i, x in enumerate(header))
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:{_side(i, words)}">{escape(x)}</td>' for i, x in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _side(column: int, words: int) -> str:
    return "left" if column < words else "right"
