"""Reports of parts of the rows, joined in this process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from losscli.report.dicts import report_dict
from losscli.report.model import Report
from losscli.report.read_report import read_report
from losscli.report.render import strict_json
from losscli.report.state.joined import joined
from losscli.report.state.merged import Part, merged
from losscli.report.state.sums import packed_state, read_state
from losscli.spec import registry

OF_FILES = ("inputs", "shards", "options", "state")
"""The parts of a report that say which files it is of."""


def read(report: Report, path: str) -> Part:
    """A report through its JSON text."""
    back = read_report(json.loads(strict_json.dumps(report_dict(report))), path)
    return Part(path, back, read_state(back.state, path, registry.load(back.family)))


def merge(reports: Sequence[Report]) -> Report:
    """The report of all rows, which carries its own state."""
    parts = [read(report, f"part-{i}.json") for i, report in enumerate(reports)]
    family = registry.load(reports[0].family)
    state = joined([part.state for part in parts], family)
    found = merged(parts, state, family)
    return type(found)(**{**found.__dict__, "state": packed_state(state)})


def facts(report: Report) -> dict[str, Any]:
    """What a report says, apart from its files."""
    return {k: x for k, x in json.loads(strict_json.dumps(report_dict(report))).items() if k not in OF_FILES}
