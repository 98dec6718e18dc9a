"""A report as plain data, in the key order of its schema."""

from __future__ import annotations

from typing import Any, TypeVar

from losscli.core.records import fields
from losscli.report.model import Report
from losscli.report.report_shape import REPORT

W = TypeVar("W", bound="WholeReport")


class WholeReport(Report):
    """A report with its plain data, as programs and formats of other packages get it."""

    @classmethod
    def of(cls: type[W], report: Report) -> W:
        """The same report with these methods."""
        return cls(**{f.name: getattr(report, f.name) for f in fields(report)})

    def as_dict(self) -> dict[str, Any]:
        """The JSON report as plain data."""
        return report_dict(self)


def report_dict(report: Report) -> dict[str, Any]:
    """The report of the published schema, in its fixed key order."""
    return REPORT.write(report)
