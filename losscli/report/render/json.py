"""The strict JSON report, exactly `Report.as_dict()`: full doubles, no NaN, nothing that a terminal would act on."""

from __future__ import annotations

import json
import re

from losscli.report.model import Report
from losscli.report.render.style import Style

_BEYOND_ASCII = re.compile(r"[^\n -~]")


def render(report: Report, style: Style) -> str:
    text = json.dumps(report.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    return _BEYOND_ASCII.sub(_safe, text) + "\n"


def _safe(found: re.Match[str]) -> str:
    """Letters stay; C1 controls, bidirectional marks and lone surrogates, which json leaves as they are, become \\u escapes."""
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]
