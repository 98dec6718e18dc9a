"""GitLab's Code Quality report: an issue per finding. The description names the check, as GitLab does not show `check_name`."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.report.render import strict_json
from losscli.report.render.findings import Check, findings
from losscli.report.render.places import in_project
from losscli.report.render.style import Style
from losscli.report.render.words import text

SEVERITIES = {"error": "critical", "fail": "major", "warn": "minor", "inconclusive": "info", "note": "info"}


def render_checks(checks: Sequence[Check], style: Style) -> str:
    return strict_json.dumps(
        [
            {
                "description": text(f"{case.check}: {case.message}"),
                "check_name": text(case.name),
                "fingerprint": case.fingerprint,
                "severity": SEVERITIES[case.verdict],
                "location": {"path": text(in_project(case.shown_at.path)), "lines": {"begin": case.shown_at.line}},
            }
            for case in findings(checks, style)
        ]
    )
