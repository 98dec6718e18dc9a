"""Intervals of means, shares and quantiles: against SciPy and statsmodels; equivariant, wider for higher levels."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

from losscli.numerics.quantile_sketch import Quantiles
from losscli.numerics.statistics.interval import Interval, NoInterval
from losscli.numerics.statistics.order import order, ranks
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.skew_t import cube_root, inverse, skew_t
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.student_interval import student_t
from losscli.numerics.statistics.wilson import of_sums, wilson

levels = st.floats(0.5, 0.999)
spreads = st.builds(Spread, st.integers(2, 10**6), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(-5, 5))
METHODS = (skew_t, student_t)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=50), levels)
def test_t_is_that_of_scipy(values, level):
    x = np.array(values)
    assume(np.ptp(x) > 1e-3)
    expected = stats.t.interval(level, len(x) - 1, x.mean(), stats.sem(x))
    np.testing.assert_allclose(ends(student_t(PowerSums.of(x).spread(), level)), expected, rtol=1e-9, atol=1e-10)


@given(st.floats(-0.5, 0.5), st.floats(-3, 3), st.integers(2, 1000))
def test_the_inverse_is_that_of_halls_transformation(y, g, n):
    w = inverse(y, g, n)
    assert w + g * w**2 / 3 + g * g * w**3 / 27 + g / (6 * n) == pytest.approx(y, abs=1e-12)


@given(st.floats(-1e9, 1e9))
def test_cube_root(x):
    assert cube_root(x) ** 3 == pytest.approx(x, rel=1e-14)


@given(spreads, levels)
def test_skew_t_solves_halls_equation(spread, level):
    """The ends are where G(W) = ±t/√n, found by bisection in μ."""
    t = stats.t.isf((1 - level) / 2, spread.df) / sqrt(spread.n)
    g, n = spread.skew, spread.n

    def transformed(w):
        return w + g * w**2 / 3 + g * g * w**3 / 27 + g / (6 * n)

    for end, y in zip(ends(skew_t(spread, level)), (t, -t), strict=True):
        w = optimize.brentq(lambda w, y=y: transformed(w) - y, -1e4, 1e4, xtol=1e-14)
        assert (spread.value - end) / spread.sd == pytest.approx(w, rel=1e-6, abs=1e-6)


def ends(found):
    assert isinstance(found, Interval)
    return found.low, found.high


@pytest.mark.parametrize("method", METHODS)
@given(spread=spreads, level=levels, factor=st.integers(-20, 20), shift=st.floats(-10, 10))
def test_scale_and_shift(method, spread, level, factor, shift):
    low, high = ends(method(spread, level))
    scaled = ends(method(spread.times(2.0**factor), level))
    np.testing.assert_allclose(scaled, np.array([low, high]) * 2.0**factor, rtol=1e-12, atol=1e-12)
    moved = Spread(spread.n, spread.value + shift, spread.sd, spread.skew)
    np.testing.assert_allclose(ends(method(moved, level)), [low + shift, high + shift], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ends(method(spread.times(-1), level)), [-high, -low], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(spread=spreads, levels=st.tuples(levels, levels))
def test_a_higher_level_is_wider(method, spread, levels):
    (a, b), (c, d) = (ends(method(spread, level)) for level in sorted(levels))
    assert c <= a <= b <= d


@given(spreads, levels)
def test_without_skewness_skew_t_is_t(spread, level):
    plain = Spread(spread.n, spread.value, spread.sd, 0.0)
    np.testing.assert_allclose(ends(skew_t(plain, level)), ends(student_t(plain, level)), rtol=1e-12, atol=1e-12)


@given(spreads, levels)
def test_a_tail_to_the_right_moves_the_interval_to_the_right(spread, level):
    right = Spread(spread.n, 0.0, spread.sd, abs(spread.skew))
    low, high = ends(skew_t(right, level))
    plain = ends(student_t(right, level))
    assert low >= plain[0] - 1e-9 * spread.sd
    assert high >= plain[1] - 1e-9 * spread.sd


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "one-unit"), ([3.0], "one-unit"), ([3.0] * 50, "constant"), ([0.1] * 3, "constant"), ([1.0, np.inf, 2.0], "not-finite")],
)
def test_nothing_is_said_where_nothing_is_known(method, values, reason):
    assert method(PowerSums.of(np.array(values, dtype=np.float64)).spread(), 0.95) == NoInterval(reason)


@pytest.mark.parametrize(
    ("n", "skew", "rough"), [(29, 0.0, True), (30, 0.0, False), (90, 3.1, False), (90, 3.2, True), (90, -3.2, True)]
)
def test_few_or_very_skewed_units_are_rough(n, skew, rough):
    found = skew_t(Spread(n, 1.0, 1.0, skew), 0.95)
    assert isinstance(found, Interval)
    assert found.rough is rough


@given(st.integers(2, 10**6), st.floats(0, 1), levels)
def test_wilson_is_that_of_statsmodels(n, share, level):
    ones = round(n * share)
    expected = proportion_confint(ones, n, 1 - level, "wilson")
    found = ends(wilson(ones, n, level))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 / n)
    assert 0 <= found[0] <= ones / n <= found[1] <= 1
    mirrored = ends(wilson(n - ones, n, level))
    np.testing.assert_allclose(mirrored, [1 - found[1], 1 - found[0]], rtol=1e-12, atol=1e-15)


def test_wilson_is_never_of_width_0():
    low, high = ends(wilson(0, 100, 0.95))
    assert low == 0
    assert high == pytest.approx(stats.binomtest(0, 100).proportion_ci(method="wilson").high, rel=1e-12)
    assert ends(wilson(100, 100, 0.95)) == (1 - high, 1.0)
    assert of_sums(PowerSums.of(np.array([0.0, 1, 1])), 0.9) == wilson(2, 3, 0.9)
    assert of_sums(PowerSums.of(np.array([1.0])), 0.9) == NoInterval("one-unit")
    assert of_sums(PowerSums(), 0.9) == NoInterval("one-unit")
    with pytest.raises(ValueError, match="0 or 1"):
        of_sums(PowerSums.of(np.array([0.5])), 0.9)


@given(st.integers(2, 10**6), st.floats(0.01, 0.99), levels)
def test_ranks_are_those_of_the_binomial(n, share, level):
    """By SciPy's tails: as far in as they may be, and no further."""
    low, high = ranks(n, share, level)
    miss, b = (1 - level) / 2, stats.binom(n, share)
    assert low == 0 or b.cdf(low - 1) <= miss * (1 + 1e-9)
    assert b.cdf(low) > miss * (1 - 1e-9)
    assert high == n + 1 or b.sf(high - 1) <= miss * (1 + 1e-9)
    assert b.sf(high - 2) > miss * (1 - 1e-9)


@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=200),
    st.sampled_from([0.05, 0.5, 0.9, 0.95]),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_order_is_that_of_scipys_quantile_test(values, share, level):
    x = np.array(values)
    assume(np.ptp(x) > 0)
    expected = stats.quantile_test(x, p=share).confidence_interval(level)
    low, high = ends(order(Quantiles.of(x), share, level))
    assert low == (-inf if np.isnan(expected.low) else expected.low)
    assert high == (inf if np.isnan(expected.high) else expected.high)


def test_extreme_quantiles_need_enough_values():
    x = np.arange(72.0)
    assert ends(order(Quantiles.of(x[:71]), 0.95, 0.95))[1] == inf
    assert ends(order(Quantiles.of(x), 0.95, 0.95))[1] == 71
    assert order(Quantiles.of(x[:1]), 0.5, 0.95) == NoInterval("one-unit")
    assert order(Quantiles.of(np.full(50, 2.5)), 0.5, 0.95) == NoInterval("constant")
    assert order(Quantiles.of(np.full(50, 2.5), False), 0.5, 0.95) == NoInterval("constant")
    assert order(Quantiles.of(np.array([1, np.nan, 2])), 0.5, 0.95) == NoInterval("not-finite")


@given(
    st.lists(st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1.0, 1e-310, inf, -inf, 1.7e308]), min_size=2, max_size=100),
    st.sampled_from([0.05, 0.5, 0.95]),
)
def test_counts_widen_to_the_edges_of_buckets(values, share):
    """From counts the interval contains that of the values, and is wider by two buckets at most."""
    x = np.array(values)
    assume(x.min() != x.max())
    exact, counted = order(Quantiles.of(x), share, 0.9), order(Quantiles.of(x, False), share, 0.9)
    if isinstance(counted, NoInterval):
        assert counted.reason == "constant"
        return
    (a, b), (low, high) = ends(exact), ends(counted)
    assert low <= a <= b <= high
    for inner, outer in ((a, low), (b, high)):
        assert outer == inner or abs(outer - inner) <= max(abs(inner) * 2**-9, 1e-300)
    halves = Quantiles.of(x[::2], False) + Quantiles.of(x[1::2], False)
    assert order(halves, share, 0.9) == counted
