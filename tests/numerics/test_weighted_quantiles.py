"""Weighted quantiles: their definition in exact fractions, the same for any grouping, and the bound of those that are counted."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.engine.distribution import Distribution
from losscli.numerics.weighted_quantiles import WeightedAccumulator, WeightedQuantiles

NUMBERS = st.sampled_from([0.0, 1.0, -2.0, 1.7, 3e-310, 5e-324, -1e-308, 0.3, 1e150, 1.7e308, -1.79769e308])
WEIGHTS = st.sampled_from([1.0, 2.0, 0.25, 1e-300, 98.0, 1e9, 1e308])
SAMPLES = st.lists(st.tuples(NUMBERS, WEIGHTS), min_size=1, max_size=30)
SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


def exactly(values, weights, share):
    """The mean of the step function of the ranks by weight over a window of 1/n, in fractions; and the values in the window."""
    n, total, end, mean, inside = len(values), sum(map(Fraction, weights)), Fraction(0), Fraction(0), []
    start = Fraction(share) * (n - 1) / n
    for x, w in sorted(zip(values, weights, strict=True)):
        begin, end = end, end + Fraction(w) / total
        part = min(end, start + Fraction(1, n)) - max(begin, start)
        if part > 0:
            mean += Fraction(x) * part * n
            inside.append(abs(x))
    return mean, max(inside)


def parts(values, weights, step, exact):
    return [WeightedQuantiles.of(values[i : i + step], weights[i : i + step], exact) for i in range(0, len(values), step)]


@given(SAMPLES, st.integers(1, 7), st.booleans())
def test_they_are_as_defined_in_any_grouping(samples, step, exact):
    values, weights = (np.array(x) for x in zip(*samples, strict=True))
    found = sum(parts(values, weights, step, exact), WeightedQuantiles()).at(SHARES)
    assert found == sum(reversed(parts(values, weights, step, exact)), WeightedQuantiles()).at(SHARES)
    gathered = WeightedAccumulator(exact)
    for i in range(0, len(values), step):
        gathered.add(values[i : i + step], weights[i : i + step])
    assert gathered.quantiles().at(SHARES) == found
    for share, x in zip(SHARES, found, strict=True):
        want, largest = exactly(values.tolist(), weights.tolist(), share)
        # sums of weights round; a count's values are rounded to ten bits after the first, or to 2^-1033
        near = (
            len(values) ** 2 * 1e-15 * np.abs(values).max()
            if exact
            else 2.0**-11 * largest + len(values) ** 2 * 1e-15 * np.abs(values).max() + 2.0**-1033
        )
        assert abs(Fraction(x) - want) <= Fraction(near) + Fraction(5e-324)
        assert values.min() <= x <= values.max()


@given(st.lists(NUMBERS, min_size=1, max_size=30), WEIGHTS)
def test_with_equal_weights_they_are_those_without(values, weight):
    array = np.array(values)
    weighted = Distribution.of(array, np.full(len(values), weight), range(len(values)), 0, 1)
    assert weighted.at(SHARES) == Distribution.of(array, None, range(len(values)), 0, 1).at(SHARES)
    own = weighted.weighted.at(SHARES)
    assert own == pytest.approx(weighted.at(SHARES), rel=1e-12, abs=1e-13 * np.abs(array).max())


def test_they_are_between_those_of_numpy():
    rng = np.random.default_rng(3)
    values, weights = rng.normal(size=1000), rng.exponential(size=1000)
    for exact in (True, False):
        found = WeightedQuantiles.of(values, weights, exact).at((0.5, 0.95))
        for share, x in zip((0.5, 0.95), found, strict=True):
            start = share * 0.999
            low, high = np.quantile(values, [start, start + 0.001], weights=weights, method="inverted_cdf")
            assert low * (1 - 2**-11) <= x <= high * (1 + 2**-11)


def test_nan_gives_nan_and_infinity_is_kept():
    weights = np.array([1.0, 2.0, 3.0])
    for exact in (True, False):
        assert all(map(math.isnan, WeightedQuantiles.of(np.array([1.0, np.nan, 2.0]), weights, exact).at((0.5,))))
        assert WeightedQuantiles.of(np.array([1.0, np.inf, -np.inf]), weights, exact).at((0.0, 1.0)) == (-math.inf, math.inf)
    assert WeightedQuantiles().at((0.5,)) != (0.5,)


def test_counts_of_more_than_a_million():
    rng = np.random.default_rng(0)
    values, weights = np.repeat([0.0, 1.0], 550_000), rng.uniform(0.5, 1.5, 1_100_000)
    weights[:550_000] *= 4
    gathered = WeightedAccumulator(exact=False)
    for i in range(0, len(values), 65_536):
        gathered.add(values[i : i + 65_536], weights[i : i + 65_536])
    assert pickle.loads(pickle.dumps(gathered.quantiles())).at((0.5, 0.79, 0.81, 0.95)) == (0.0, 0.0, 1.0, 1.0)
