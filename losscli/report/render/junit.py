"""JUnit XML as GitLab, Jenkins (xUnit's junit-10.xsd) and GitHub's actions read it: a suite per check, a case per gate.

GitLab shows the content of a failure and Jenkins its attribute, so both have the message. Attributes that a reader refuses (`file`,
`line`, `skipped` of all suites) and clocks are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from losscli.core.records import replace
from losscli.report.render.findings import Case, Check, at_most, cases
from losscli.report.render.style import Style
from losscli.report.render.words import shortened, text

ELEMENTS = {"error": "error", "fail": "failure", "warn": "skipped", "inconclusive": "skipped", "note": "skipped"}
"""What a case that did not pass contains."""

MOST_BYTES = 29 << 20
"""GitLab reads no file above 30 MB."""

MOST_LETTERS, _SHORT = 10_000, 1_000
"""The most letters of one text, and of one in a file that would be too large."""

MOST_CASES = 1_000
"""The most cases of such a file that did not pass."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "#": "&#35;"}
_MARKUP = re.compile(r"[&<>\"']|(?<=#)#(?=\[)")


def render_checks(checks: Sequence[Check], style: Style) -> str:
    found = [(check, list(cases(check, style))) for check in checks]
    whole, room = _page(found), MOST_CASES // max(len(found), 1)
    if len(whole.encode()) <= MOST_BYTES:
        return whole
    return _page([(check, _shortened(mine, room)) for check, mine in found])


def _page(found: Sequence[tuple[Check, list[Case]]]) -> str:
    every = [case for _, mine in found for case in mine]
    counts = f'tests="{len(every)}" failures="{_count(every, "failure")}" errors="{_count(every, "error")}" time="0"'
    suites = "".join(line for check, mine in found for line in _suite(check, mine))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="losscli" {counts}>\n{suites}</testsuites>\n'


def _suite(check: Check, mine: Sequence[Case]) -> Iterator[str]:
    counts = " ".join(f'{name}="{_count(mine, kind)}"' for name, kind in _COUNTED.items())
    yield f'  <testsuite name="{_quoted(check.name)}" tests="{len(mine)}" {counts} time="0">\n'
    if check.report is not None and check.report.losses:
        yield "    <properties>\n"
        for x in check.report.losses:
            yield f'      <property name="signature.{_quoted(x.id)}" value="{_quoted(x.signature)}"/>\n'
        yield "    </properties>\n"
    for case in mine:
        yield from _case(case)
    yield "  </testsuite>\n"


def _case(case: Case) -> Iterator[str]:
    head = f'    <testcase classname="losscli.{_quoted(case.check.replace(".", "_"))}" name="{_quoted(case.name)}" time="0"'
    if case.verdict == "pass":
        yield f"{head}/>\n"
        return
    element, message = ELEMENTS[case.verdict], _quoted(case.message)
    kind = "" if element == "skipped" else f' type="{case.kind}"'
    yield f"{head}>\n"
    yield f'      <{element}{kind} message="{message}">{"&#10;".join([message, *map(_quoted, case.details)])}</{element}>\n'
    yield "    </testcase>\n"


_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _count(mine: Sequence[Case], element: str) -> int:
    return sum(ELEMENTS.get(case.verdict) == element for case in mine)


def _quoted(words: str) -> str:
    """Text as content or an attribute; control characters, which XML cannot contain, are escaped as everywhere."""
    return _MARKUP.sub(lambda found: _ENTITIES[found[0]], shortened(text(words), MOST_LETTERS))


def _shortened(mine: Sequence[Case], room: int) -> list[Case]:
    """The cases of a file that would be too large: failures and errors first, and those that passed as one."""
    passed = [case for case in mine if case.verdict == "pass"]
    rest = sorted((case for case in mine if case.verdict != "pass"), key=lambda case: ELEMENTS[case.verdict] == "skipped")
    short = [replace(x, name=shortened(x.name, _SHORT), message=shortened(x.message, _SHORT), details=()) for x in rest]
    return [*(replace(x, name=f"{len(passed):,} cases that passed") for x in passed[:1]), *at_most(short, max(room, 1))]
