"""The plots of a report as pictures, drawn from counts: their size does not depend on the number of rows."""

from __future__ import annotations

from importlib import import_module

from losscli.pictures.model import Picture
from losscli.report.model import Report
from losscli.report.plot_data import Plot

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


def picture(plot: Plot, report: Report) -> Picture:
    """The picture of a plot of a report."""
    module, _, name = _DRAWN[plot.kind].partition(":")
    found: Picture = getattr(import_module(f"losscli.report.plots.{module}"), name)(plot, report)
    return found
