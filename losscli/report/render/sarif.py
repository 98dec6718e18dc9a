"""SARIF 2.1.0 for code scanning: a rule per gate and a result per finding; passing gates are not results, which would be alerts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from losscli.core.version import __version__
from losscli.report.render import strict_json
from losscli.report.render.findings import Case, Check, at_most, findings
from losscli.report.render.places import in_project, is_url
from losscli.report.render.style import Style
from losscli.report.render.words import shortened, text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "fail": "error", "warn": "warning", "inconclusive": "note", "note": "note"}
MOST = 5_000
"""The results of a run that GitHub shows."""

MOST_ID = 255
"""The letters of a rule's id that GitHub takes."""

_HELP = {
    "gate": ("A gate of losscli", "Fails if the condition is true, or cannot be decided: see docs/gates.md of losscli."),
    "data": ("An error in the data", "The evaluation has no result. Mend the file at the place that the message names."),
    "usage": ("An error in the command", "The evaluation was not started. Mend the option that the message names."),
    "worst": ("One of the worst samples", "Samples with the highest loss, as --worst lists them; they fail nothing."),
}
"""By the kind of a case: what its rule is, and what to do."""


def render_checks(checks: Sequence[Check], style: Style) -> str:
    found = at_most(findings(checks, style), MOST)
    rules = {_rule(case): case for case in reversed(found)}
    ids = sorted(rules)
    driver = {"name": "losscli", "version": __version__, "rules": [_described(x, rules[x]) for x in ids]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": all(check.report is not None for check in checks)}],
        "results": [_result(case, ids) for case in found],
    }
    return strict_json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(case: Case) -> str:
    return {"data": "data-error", "usage": "usage-error"}.get(case.kind) or shortened(text(case.name), MOST_ID)


def _described(rule: str, case: Case) -> dict[str, Any]:
    short, advice = _HELP[case.kind]
    full = f"{short}: {rule}"
    words = {"shortDescription": full, "fullDescription": full, "help": advice}
    return {"id": rule, **{key: {"text": _plain(words[key])} for key in words}}


def _result(case: Case, ids: Sequence[str]) -> dict[str, Any]:
    place, rule = case.shown_at, _rule(case)
    spot = {"artifactLocation": {"uri": _uri(in_project(place.path))}, "region": {"startLine": place.line}}
    return {
        "ruleId": rule,
        "ruleIndex": ids.index(rule),
        "level": LEVELS[case.verdict],
        "message": {"text": "\n".join(_plain(text(line)) for line in [f"{case.check}: {case.message}", *case.details])},
        "locations": [{"physicalLocation": spot}],
        "partialFingerprints": {"primaryLocationLineHash": case.fingerprint},
    }


def _plain(words: str) -> str:
    """A message in which brackets are brackets: `[x](y)` would be a link."""
    return words.replace("](", "\\](")


def _uri(path: str) -> str:
    """A path as the reference of a URI."""
    from urllib.parse import quote  # late: most runs write no SARIF

    raw = os.fsencode(path) if _encodable(path) else path.encode("utf-8", "backslashreplace")
    if is_url(path):
        return quote(raw, safe="/:@!$&'()*+,;=~-._?%")
    return ("file:///" if re.match(r"[A-Za-z]:/", path) else "") + quote(raw, safe="/")


def _encodable(path: str) -> bool:
    """Whether a path is one that a file could have, rather than text with lone surrogates."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True
