"""Reads a JSON report back: the inverse of `report_dict`. Strict: what the schema does not allow is refused."""

from __future__ import annotations

from typing import Any

from losscli.core.errors import DataError, Where
from losscli.report.model import Report
from losscli.report.plot_faults import miscounted, undrawable
from losscli.report.report_shape import REPORT
from losscli.report.schema import report_schema
from losscli.report.schema_check import fault


def read_report(data: Any, path: str) -> Report:
    """The report of plain data. path: of its file, for messages. Raises DataError where the data is not a report.

    How the differences from a baseline vary, which gates are judged by, is not in a report and None.
    """
    found = str(fault(data, report_schema()) or "")
    if not found:
        report = REPORT.read(data)
        found = _uncounted(report) or undrawable(report)
        if not found:
            return report
    fix = "write it again with -o FILE.json; `losscli schema report` prints the form"
    raise DataError(f"not a report: {found}", Where(path), fix)


def _uncounted(report: Report) -> str:
    """The first histogram whose counts are not those of its edges, which a schema cannot say; empty without one."""
    lines = [(f"losses[{i}]", x) for i, x in enumerate(report.losses)]
    lines += [(f"groups[{j}].losses[{i}]", x) for j, g in enumerate(report.groups) for i, x in enumerate(g.losses)]
    faults = ((at, miscounted(line.histogram)) for at, line in lines if line.histogram is not None)
    return next((f"{at}.{what}" for at, what in faults if what), "")
