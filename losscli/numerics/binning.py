"""Histograms of values that are kept or counted by bucket: the counts between edges are exact in both forms.

Where values are kept, linear edges divide the range evenly. Where they are counted, each edge moves down to the edge of a bucket,
by less than 0.1 % of itself, and edges that become equal are one. Logarithmic edges do so in both forms, which hides the last bit
of a power, in which machines differ.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from losscli.numerics.histogram import LINEAR, LOG, Histogram
from losscli.numerics.quantile_sketch import Quantiles, bucket_floors
from losscli.numerics.stable import Floats

BINS = 20
LOG_FROM = 100.0
"""The largest value as a multiple of the median from which bins are logarithmic."""
_DECADES = 10
"""The most decades that logarithmic bins span: values further below the largest share the first bin."""


def histogram(found: Quantiles, bins: int = BINS, like: Histogram | None = None) -> Histogram | None:
    """The histogram of the finite values; None without any. like: one whose edges are taken where they span the values."""
    finite = found.ordered().finite()
    if finite.n == 0:
        return None
    low, high = finite.ends
    if like is not None and like.edges[0] <= low and high <= like.edges[-1]:
        inner = np.array(like.edges[1:-1])
        if np.array_equal(finite.splits(inner), inner):
            return _counted(finite, like.edges[0], inner, like.edges[-1], like.scale)
    least = finite.least_positive()
    log = low >= 0 and high > LOG_FROM * max(finite.at((0.5,))[0], least)
    inner = bucket_floors(_log_edges(low, least, high, bins)) if log else finite.splits(_even_edges(low, high, bins))
    inner = inner[(inner > low) & (inner < high)]
    inner = inner[np.diff(inner, prepend=low) > 0]  # np.unique would import numpy.ma
    return _counted(finite, low, inner, high, LOG if log else LINEAR)


def _even_edges(low: float, high: float, bins: int) -> Floats:
    """The inner edges of bins of equal width, of which the range may overflow."""
    share = np.arange(1, bins) / bins
    return low * (1 - share) + high * share


def _log_edges(low: float, least: float, high: float, bins: int) -> Floats:
    """The inner edges of bins of equal ratio; zeros, and values far below the largest, have a bin before these."""
    floor = max(least, high * 10.0**-_DECADES)
    if low >= floor:
        return low * (high / low) ** (np.arange(1, bins) / bins)
    return floor * (high / floor) ** (np.arange(bins - 1) / (bins - 1))


def _counted(finite: Quantiles, low: float, inner: Floats, high: float, scale: str) -> Histogram:
    ends = [0, *finite.below(inner).tolist(), finite.n]
    counts = tuple(b - a for a, b in pairwise(ends))
    return Histogram((low + 0.0, *inner.tolist(), high + 0.0), counts, scale)
