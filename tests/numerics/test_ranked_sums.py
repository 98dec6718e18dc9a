"""Sums over ranked samples: the same in any grouping, and means over equal parts that add up to the whole."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.numerics.ranked_sums import RankedSums

ROWS = st.lists(st.tuples(st.floats(-1e6, 1e6) | st.sampled_from([np.inf, np.nan]), st.floats(-1e3, 1e3)), min_size=1, max_size=40)


def of(rows):
    values, column = np.array(rows, dtype=float).reshape(-1, 2).T
    return RankedSums.of(values, [column, 2 * column])


@given(ROWS, st.lists(st.integers(0, 40), max_size=3))
def test_any_order_of_tiles_gives_the_same(rows, cuts):
    ends = [0, *sorted(cuts), len(rows)]
    parts = [of(rows[a:b]) for a, b in zip(ends, ends[1:])]  # noqa: B905, RUF007
    sums = [reduce(RankedSums.__add__, found) for found in (parts, list(reversed(parts)), [of(rows)])]
    assert len({(x.n, x.lost, str(x.means(7) if x.n else "")) for x in sums}) == 1


@given(ROWS, st.integers(1, 20))
def test_means_of_parts_average_to_the_mean(rows, parts):
    found = of(rows)
    finite = [c for v, c in rows if np.isfinite(v)]
    assert (found.n, found.lost) == (len(finite), len(rows) - len(finite))
    if finite:
        means = np.array(found.means(parts))
        assert means.mean(0) == pytest.approx([np.mean(finite), 2 * np.mean(finite)], abs=1e-9)


def test_parts_are_those_of_sorted_samples():
    values = np.ldexp(np.ones(30), np.random.default_rng(1).permutation(30))
    found = RankedSums.of(values, [values])
    assert np.ravel(found.means(10)) == pytest.approx(np.sort(values).reshape(10, 3).mean(1), rel=1e-15)
