"""JSON Lines: an object per loss of all samples, then of each group with its `by`, as the JSON report has them; `against` is the
comparison with the baseline."""

from __future__ import annotations

from typing import Any

from losscli.report.line_shapes import AGAINST, LINE
from losscli.report.model import Line, Report
from losscli.report.render import strict_json
from losscli.report.render.style import Style


def render(report: Report, style: Style) -> str:
    rows = [_row(x) for x in report.losses]
    rows += [{"by": dict(g.by), **_row(x)} for g in report.groups for x in g.losses]
    return "".join(map(strict_json.one_line, rows))


def _row(x: Line) -> dict[str, Any]:
    return LINE.write(x) if x.against is None else {**LINE.write(x), "against": AGAINST.write(x.against)}
