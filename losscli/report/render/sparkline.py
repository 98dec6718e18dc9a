"""A histogram as one line of text: a sign per bin, of which the lowest is an empty bin."""

from __future__ import annotations

from losscli.numerics.histogram import LOG, Histogram
from losscli.report.render.style import HEIGHTS
from losscli.report.render.words import UNDEFINED


def sparkline(x: Histogram | None) -> str:
    """`▁▂█▃▁`, followed by the scale where it is not linear; the dash of what is not known without samples."""
    if x is None:
        return UNDEFINED
    top, most = max(x.counts), len(HEIGHTS) - 1
    bars = "".join(HEIGHTS[-(-most * n // top) if top else 0] for n in x.counts)
    return f"{bars} {LOG}" if x.scale == LOG else bars
