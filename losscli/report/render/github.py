"""Annotations of GitHub Actions: workflow commands, one per gate that needs attention and per error. At most ten of each level."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core import workflow
from losscli.report.render.findings import Case, Check, at_most, cases
from losscli.report.render.places import in_project
from losscli.report.render.style import Style
from losscli.report.render.words import text

COMMANDS = {"error": "error", "fail": "error", "warn": "warning", "inconclusive": "warning", "note": "notice"}
MOST = 10
"""The annotations of one level that GitHub keeps of a step; it drops the rest."""

MOST_LETTERS = 255
"""The most letters of a title."""


def render_checks(checks: Sequence[Check], style: Style) -> str:
    found = [case for check in checks for case in cases(check, style) if case.verdict != "pass"]
    lines = []
    for level in ("error", "warning"):
        lines += [_line(level, case) for case in at_most([x for x in found if COMMANDS[x.verdict] == level], MOST)]
    return "".join(lines)


def _line(level: str, case: Case) -> str:
    facts = {"title": f"losscli {case.check}"}
    if case.place is not None:
        facts |= {"file": in_project(case.place.path), "line": str(case.place.line)}
    words = ",".join(f"{name}={workflow.property_value(text(value)[:MOST_LETTERS])}" for name, value in facts.items())
    return f"::{level} {words}::{workflow.data(chr(10).join(map(text, [case.message, *case.details])))}\n"
