"""The strict JSON report, exactly `report_dict`: full doubles, no NaN, nothing that a terminal would act on."""

from __future__ import annotations

from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.render import strict_json
from losscli.report.render.style import Style


def render(report: Report, style: Style) -> str:
    return strict_json.dumps(report_dict(report))
