"""JSON Lines: an object per loss of all samples, then of each group with its `by`, as the JSON report has them; `against` is the
comparison with the baseline."""

from __future__ import annotations

from typing import Any

from losscli.report.dicts import against_dict, line_dict
from losscli.report.model import Line, Report
from losscli.report.render import strict_json
from losscli.report.render.style import Style


def render(report: Report, style: Style) -> str:
    rows = [_row(x) for x in report.losses]
    rows += [{"by": dict(g.by), **_row(x)} for g in report.groups for x in g.losses]
    return "".join(map(strict_json.one_line, rows))


def _row(x: Line) -> dict[str, Any]:
    return line_dict(x) if x.against is None else {**line_dict(x), "against": against_dict(x.against)}
