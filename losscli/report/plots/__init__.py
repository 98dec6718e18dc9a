"""The plots of an evaluation as pictures, drawn from counts: their size does not depend on the number of rows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from losscli.pictures.model import Picture

if TYPE_CHECKING:
    from losscli.engine.evaluate import Evaluation  # not loaded where a saved report is drawn
    from losscli.report.model import Report

_DRAWN = {
    "hist": "distributions:hist",
    "ecdf": "distributions:ecdf",
    "groups": "groups:groups",
    "budget": "budget:budget",
    "terms": "terms:terms",
    "reliability": "reliability:reliability",
    **{kind: f"points:{kind}" for kind in ("residuals", "confidence", "scores", "distances")},
}
"""By kind, the module and the function that draws it."""


def picture(kind: str, outcome: Evaluation, report: Report) -> Picture:
    """The plot of that kind. Raises UsageError where no loss of the run has what it shows."""
    module, _, name = _DRAWN[kind].partition(":")
    found: Picture = getattr(import_module(f"losscli.report.plots.{module}"), name)(outcome, report)
    return found
