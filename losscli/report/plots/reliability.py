"""`reliability`: how often an event occurred by its probability, in bins of equal width and of equal mass, above their counts."""

from __future__ import annotations

from losscli.pictures.model import Axis, Bars, Line, Panel, Picture, Rule
from losscli.report.calibration import Calibration
from losscli.report.model import Report
from losscli.report.plot_data import Plot
from losscli.spec.names import POSITIVE, PREDICTED

_EVENTS = {POSITIVE: "probability of class 1", PREDICTED: "probability of the predicted class"}


def reliability(plot: Plot, report: Report) -> Picture:
    """Two panels: the shares in which the event occurred, and the number of rows of each bin."""
    found = report.calibration
    assert found is not None
    edges = [found.bins[0].low, *(b.high for b in found.bins)]
    x = Axis("", 0, 1, percent=True)
    observed = Bars(edges, [b.observed or 0.0 for b in found.bins], label="equal width")
    equal = [(b.predicted, b.observed) for b in found.equal_mass if b.predicted is not None and b.observed is not None]
    mass = Line([p for p, _ in equal], [o for _, o in equal], "equal mass", 1)
    diagonal = Rule((0.0, 1.0), (0.0, 1.0), "calibrated")
    counts = [b.n for b in found.bins]
    panels = (
        Panel(x, Axis("observed", 0, 1, percent=True), (observed, mass, diagonal), 260),
        Panel(Axis(_EVENTS[found.event], 0, 1, percent=True), Axis("rows", 0, max(counts) * 1.05), (Bars(edges, counts),), 130),
    )
    return Picture(_title(found), _said(found), panels)


def _title(found: Calibration) -> str:
    return f"Reliability of {found.n:,} rows: ECE {found.ece:.3g}, {found.ace:.3g} over bins of equal mass"


def _said(found: Calibration) -> str:
    filled = [b for b in found.bins if b.predicted is not None and b.observed is not None]
    worst = max(filled, key=lambda b: abs((b.predicted or 0.0) - (b.observed or 0.0)))
    return (
        f"ECE {found.ece:.4g}, MCE {found.mce:.4g}. Farthest from calibrated is the bin from {worst.low:.3g} to {worst.high:.3g}: "
        f"predicted {worst.predicted:.3g}, observed {worst.observed:.3g}, {worst.n:,} rows."
    )
