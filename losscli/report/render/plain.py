"""Aligned text for pipes and logs: a header, one line per loss, never wrapped or cut, no boxes, no colour."""

from __future__ import annotations

from losscli.core.text_width import cells
from losscli.report.model import Report
from losscli.report.render import cells as grid
from losscli.report.render.budget import budgets, sentences
from losscli.report.render.calibration import calibrations
from losscli.report.render.differences import differences, sensitivity
from losscli.report.render.style import Style
from losscli.report.render.words import facts, gate_lines, read_columns

GAP = "  "


def render(report: Report, style: Style) -> str:
    parts = [lines(grid.losses(report, style, every=True, terms=False))]
    parts += [lines(g) for g in (grid.terms(report, style), grid.gradients(report, style)) if g.rows]
    parts += [[g.title, *lines(g)] for g in grid.by_group(report, style, ends=True)]
    parts += [[g.title, *lines(g)] for g in (*differences(report, style), *calibrations(report, style), *budgets(report, style))]
    if report.budget is not None:
        parts.append(sentences(report))
    parts += [[g.title, *lines(g)] for g in grid.boxes(report, style)]
    parts += [[*([g.title] if g.title else []), *lines(g)] for g in grid.worst_lists(report, style)]
    if report.gates:
        parts.append(gate_lines(report.gates, style.digits))
    if not style.quiet:
        parts.append([" · ".join(facts(report)), *sensitivity(report), *read_columns(report)])
    return style.spell("\n\n".join("\n".join(part) for part in parts) + "\n")


def lines(g: grid.Grid) -> list[str]:
    """A grid as aligned lines."""
    rows = [g.header, *g.rows]
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    columns = range(len(widths))
    return [GAP.join(_pad(row[i], widths[i], i in g.texts) for i in columns).rstrip() for row in rows]


def _pad(cell: str, width: int, left: bool) -> str:
    blank = " " * (width - cells(cell))
    return cell + blank if left else blank + cell
