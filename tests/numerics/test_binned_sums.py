"""Sums by cell are exact, so that no split of the rows changes them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from losscli.numerics.binned_sums import ONE, BinnedSums, digits

NUMBERS = st.floats(0, 1.7e308, allow_subnormal=True)
ROWS = st.lists(st.tuples(st.integers(0, 3), NUMBERS), max_size=30)


@given(ROWS, st.integers(0, 30))
def test_sums_are_exact_however_the_rows_are_split(rows, cut):
    cells, values = (np.array(x) for x in zip(*rows, strict=True)) if rows else (np.zeros(0, int), np.zeros(0))
    parts = [BinnedSums.of(cells[at], 4, {"x": values[at]}) for at in (slice(cut), slice(cut, None))]
    found = parts[1] + parts[0]
    assert found.counts.tolist() == [int((cells == c).sum()) for c in found.cells]
    exact = [sum(map(Fraction, values[cells == c].tolist())) for c in found.cells.tolist()]
    assert [Fraction(x, ONE) for x in found.totals("x")] == exact
    assert sorted(set(cells.tolist())) == found.cells.tolist()


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_digits_are_whole_numbers_of_26_bits(values):
    for _, digit in digits(np.array(values)):
        assert ((digit >= 0) & (digit < 1 << 26) & (digit == np.floor(digit))).all()


def test_what_has_no_rows_adds_nothing():
    none = BinnedSums.of(np.zeros(0, int), 3, {"x": np.zeros(0)})
    some = BinnedSums.of(np.array([1]), 3, {"x": np.ones(1)})
    assert (none + some).totals("x") == (some + none).totals("x") == [ONE]
    assert (none + none).totals("x") == []
