"""Histograms: NumPy's counts between the same edges, whatever the values, the form that holds them and the grouping."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from losscli.numerics.binning import BINS, LOG_FROM, histogram
from losscli.numerics.histogram import LINEAR, LOG
from losscli.numerics.quantile_sketch import Quantiles

VALUES = st.lists(
    st.floats() | st.floats(-1, 1) | st.floats(999, 1000) | st.floats(0, 1e-300) | st.sampled_from([0.0, -0.0, 1.0, 1e9]),
    max_size=60,
)


@given(VALUES, st.booleans())
def test_counts_are_numpys(values, exact):
    found = histogram(Quantiles.of(np.array(values, dtype=float), exact))
    finite = [x for x in values if np.isfinite(x)]
    if not finite:
        assert found is None
        return
    assert found.counts == tuple(np.histogram(finite, found.edges)[0])
    assert sum(found.counts) == len(finite)
    assert 1 <= len(found.counts) <= BINS
    assert all(a < b for a, b in pairwise(found.edges)) or len(set(finite)) == 1 or not exact
    if exact or len(finite) == len(values):
        assert (found.edges[0], found.edges[-1]) == (min(finite), max(finite))


@given(VALUES, st.integers(0, 60), st.booleans())
def test_any_grouping_gives_the_same(values, cut, exact):
    array = np.array(values, dtype=float)
    parts = Quantiles.of(array[:cut], exact) + Quantiles.of(array[cut:], exact)
    assert histogram(parts) == histogram(Quantiles.of(array, exact))


@given(VALUES, st.integers(0, 60), st.booleans())
def test_parts_with_the_edges_of_the_whole_add_up_to_it(values, cut, exact):
    array = np.array(values, dtype=float)
    assume(np.isfinite(array).any())
    whole = histogram(Quantiles.of(array, exact))
    parts = [histogram(Quantiles.of(part, exact), like=whole) for part in (array[:cut], array[cut:])]
    counts = [np.array(x.counts) for x in parts if x is not None]
    assert all(x is None or (x.edges, x.scale) == (whole.edges, whole.scale) for x in parts)
    assert tuple(np.sum(counts, axis=0)) == whole.counts


def test_edges_that_do_not_span_the_values_are_not_taken():
    whole = histogram(Quantiles.of(np.array([0.0, 1.0])))
    assert histogram(Quantiles.of(np.array([0.5, 2.0])), like=whole).edges[-1] == 2


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 3, LOG_FROM * 2], LINEAR),
        ([1, 2, 3, LOG_FROM * 3], LOG),
        ([0, 1, 1, 200], LOG),
        ([0, 0, 0, 1], LINEAR),  # no median above zero, and one value alone
        ([0, 0, 0, 1, 200], LOG),
        ([-1, 1, 1, 1e6], LINEAR),  # negative values have no logarithm
        ([0, 0], LINEAR),
    ],
)
def test_the_scale_is_logarithmic_where_the_largest_is_far_from_the_median(values, scale, exact):
    assert histogram(Quantiles.of(np.array(values, dtype=float), exact)).scale == scale


def test_logarithmic_bins_span_ten_decades_after_one_for_smaller_values():
    found = histogram(Quantiles.of(np.array([0, 1e-30, 1e-5, 1e-5, 1e-4, 1.0, 10.0])))
    assert (found.scale, found.edges[0], found.edges[-1]) == (LOG, 0, 10)
    assert found.edges[1] == pytest.approx(1e-9, rel=1e-3)
    assert found.counts[0] == 2
    ratios = np.diff(np.log10(found.edges[1:]))
    assert ratios == pytest.approx(10 / (BINS - 1), rel=0.01)


def test_one_value_alone_has_two_equal_edges():
    assert histogram(Quantiles.of(np.full(7, 2.5))) == histogram(Quantiles.of(np.full(7, 2.5), False))
    assert histogram(Quantiles.of(np.full(7, 2.5))).edges == (2.5, 2.5)
