"""Words that plots share."""

from __future__ import annotations

from losscli.core.errors import visible
from losscli.report.model import Report
from losscli.report.render.words import count


def short(label: str) -> str:
    """A name on a picture."""
    return visible(label, 40)


def losses_of(report: Report) -> str:
    """`24 pairs of boxes`."""
    return count(report.alignment.evaluated, report.sample.partition(" ")[2])
