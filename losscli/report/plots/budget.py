"""`budget`: what share of each loss, and of its gradient, the easiest rows carry, up to any share of the rows."""

from __future__ import annotations

from itertools import accumulate

from losscli.engine.evaluate import Evaluation
from losscli.pictures.model import Axis, Line, Mark, Panel, Picture, Rule
from losscli.report.budget import TENTHS, Share
from losscli.report.model import Report
from losscli.report.plots.words import short
from losscli.report.render.budget import ease_of, sentences

_EVEN = [k / TENTHS for k in range(TENTHS + 1)]


def budget(outcome: Evaluation, report: Report) -> Picture:
    """A panel for the gradient and one for the loss, a line per loss; of a report with a budget."""
    found = () if report.budget is None else report.budget.losses
    labels = {x.id: short(x.label) for x in report.losses}
    panels = []
    for key in ("gradient", "loss"):
        lines: list[Mark] = [
            Line(_EVEN, [0.0, *accumulate(shares)], labels[x.loss], i)
            for i, x in enumerate(found)
            if (shares := _known(x.tenths, key)) is not None
        ]
        if lines:
            x, y = Axis("the easiest rows", percent=True), Axis(f"share of the {key}", percent=True)
            panels.append(Panel(x, y, (*lines, Rule((0.0, 1.0), (0.0, 1.0), "all rows alike"))))
    return Picture(f"Budget by ease, {ease_of(report)}", ". ".join(sentences(report)) + ".", tuple(panels))


def _known(shares: tuple[Share, ...], key: str) -> list[float] | None:
    found = [getattr(x, key) for x in shares]
    return None if None in found else found
