"""Bare numbers, one line per loss, for `$(…)` in a shell."""

from __future__ import annotations

from losscli.report.model import Report
from losscli.report.render.words import EXACT, number


def score_only(report: Report, digits: int | None = None) -> str:
    """The values in the order of the losses; without `digits` they read back to the same doubles."""
    return "".join(number(x.value, digits or EXACT) + "\n" for x in report.losses)
