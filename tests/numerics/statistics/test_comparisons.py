"""Comparisons: paired and unpaired against SciPy, many at once against statsmodels, and what they can see."""

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from losscli.numerics.statistics.interval import Interval, NoInterval
from losscli.numerics.statistics.multiple import benjamini_hochberg, holm
from losscli.numerics.statistics.paired import PairedSums, compare, mde, n_for, t_test
from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.welch import welch

seeds = st.integers(0, 2**32 - 1)
levels = st.floats(0.5, 0.999)


def ends(found):
    assert isinstance(found, Interval)
    return found.low, found.high


def drawn(seed, n):
    r = np.random.default_rng(seed)
    base = r.lognormal(size=n)
    return base * r.lognormal(0.02, 0.3, size=n), base


@given(seeds, st.integers(2, 300), levels)
def test_paired_is_that_of_scipy(seed, n, level):
    new, base = drawn(seed, n)
    found, expected = compare(PairedSums.of(new, base), level), stats.ttest_rel(new, base)
    assert found.p_t == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.delta == pytest.approx((new - base).mean(), rel=1e-10, abs=1e-14)
    np.testing.assert_allclose(ends(found.delta_ci), expected.confidence_interval(level), rtol=1e-10, atol=1e-12)
    assert found.n == n
    assert [found.base, found.new] == pytest.approx([base.mean(), new.mean()])


@given(seeds, st.integers(2, 300), levels)
def test_the_relative_difference_is_a_t_interval_of_its_residuals(seed, n, level):
    new, base = drawn(seed, n)
    found = compare(PairedSums.of(new, base), level)
    rel = new.mean() / base.mean() - 1
    z = (new - (1 + rel) * base) / base.mean()
    reach = stats.t.isf((1 - level) / 2, n - 1) * z.std(ddof=1) / sqrt(n)
    assert found.rel == pytest.approx(rel, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(ends(found.rel_ci), [rel - reach, rel + reach], rtol=1e-9, atol=1e-12)


@given(seeds, st.integers(2, 100), st.integers(1, 30))
def test_pairs_may_be_added_in_any_grouping(seed, n, size):
    new, base = drawn(seed, n)
    parts = [PairedSums.of(new[i : i + size], base[i : i + size]) for i in range(0, n, size)]
    assert sum(parts, PairedSums()) == sum(reversed(parts), PairedSums())
    one, many = compare(PairedSums.of(new, base), 0.95), compare(sum(parts, PairedSums()), 0.95)
    assert ends(many.delta_ci) == pytest.approx(ends(one.delta_ci), rel=1e-9, abs=1e-12)
    assert many.mde_rel == pytest.approx(one.mde_rel, rel=1e-9)


@given(seeds, st.integers(3, 100), st.integers(-20, 20))
def test_scale_leaves_shares_and_p_as_they_are(seed, n, binary):
    new, base = drawn(seed, n)
    one, two = (compare(PairedSums.of(new * f, base * f), 0.95) for f in (1.0, 2.0**binary))
    assert (two.rel, two.rel_ci, two.p_t, two.mde_rel) == (one.rel, one.rel_ci, one.p_t, one.mde_rel)
    assert two.delta == one.delta * 2.0**binary


@given(seeds, st.integers(2, 100))
def test_swapped_sides_turn_the_difference(seed, n):
    new, base = drawn(seed, n)
    one, two = PairedSums.of(new, base), PairedSums.of(base, new)
    assert (two.wins, two.ties, two.losses) == (one.losses, one.ties, one.wins)
    a, b = compare(one, 0.95), compare(two, 0.95)
    assert (b.delta, b.p_t, b.mde) == (-a.delta, a.p_t, a.mde)
    higher = PairedSums.of(new, base, sign=-1)
    assert (higher.wins, higher.losses, higher.delta()) == (one.losses, one.wins, one.delta())


@given(seeds, st.integers(3, 60))
def test_weights_and_units_are_ratios(seed, n):
    """Weights multiply both sides; totals of units have their sizes."""
    new, base = drawn(seed, n)
    w = np.random.default_rng(seed + 1).integers(1, 9, n).astype(np.float64)
    weighted, totals = PairedSums.of(new, base, None, w), PairedSums.of(new * w, base * w, w)
    for one, two in ((weighted.delta(), totals.delta()), (weighted.relative(), totals.relative())):
        np.testing.assert_allclose([one.value, one.sd], [two.value, two.sd], rtol=1e-9, atol=1e-12)
    assert weighted.delta().value == pytest.approx(np.average(new - base, weights=w), rel=1e-9, abs=1e-12)


def test_negative_losses_are_relative_to_their_size():
    new, base = np.array([-2.0, -3.0, -4.5, -1.0]), np.array([-2.5, -3.0, -5.0, -2.0])
    found, mirrored = compare(PairedSums.of(new, base), 0.95), compare(PairedSums.of(-new, -base), 0.95)
    assert found.rel == 0.16
    assert ends(found.rel_ci) == pytest.approx([-x for x in reversed(ends(mirrored.rel_ci))])


def test_no_share_of_nothing():
    found = compare(PairedSums.of(np.array([1.0, 2.0, 4.0]), np.array([1.0, -1.0, 0.0])), 0.95)
    assert (found.rel, found.rel_ci, found.mde_rel) == (None, NoInterval("zero-base"), None)
    assert isinstance(found.delta_ci, Interval)


@pytest.mark.parametrize(
    ("new", "base", "reason"),
    [
        ([1.0], [2.0], "one-unit"),
        ([], [], "one-unit"),
        ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], "constant"),
        ([1.0, 2.0], [1.0, 2.0], "constant"),
        ([1.0, np.inf, 2.0], [2.0, 1.0, 2.0], "not-finite"),
        ([1.0, np.inf, 2.0], [2.0, np.inf, 2.0], "not-finite"),
    ],
)
def test_nothing_is_said_where_nothing_is_known(new, base, reason):
    sums = PairedSums.of(np.array(new), np.array(base))
    found = compare(sums, 0.95)
    assert found.delta_ci == NoInterval(reason)
    assert (found.p_t, found.mde) == (None, None)
    assert n_for(sums.delta(), 1.0, 0.95) is None


@given(st.integers(2, 10**7), st.floats(1e-3, 1e3), levels)
def test_mde_and_n_for_are_inverse(n, sd, level):
    spread = Spread(n, 0.0, sd, 0.0)
    seen = mde(spread, level)
    assert abs(n_for(spread, seen * (1 + 1e-9), level) - n) <= 1 + n * 1e-8
    less = n_for(spread, seen / 2, level)
    assert mde(Spread(less, 0.0, sd, 0.0), level) <= seen / 2
    assert less == 2 or mde(Spread(less - 1, 0.0, sd, 0.0), level) > seen / 2


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_what_is_seen_is_seen_4_times_of_5(n):
    """By the noncentral t of statsmodels."""
    effect = mde(Spread(n, 0.0, 1.0, 0.0), 0.95)
    assert TTestPower().power(effect, n, 0.05) == pytest.approx(0.8, abs=0.012)


def test_what_would_need_too_many_is_not_named():
    spread = Spread(100, 0.0, 1.0, 0.0)
    for limit in (0.0, -1.0, 1e-9, float("nan"), float("inf")):
        assert n_for(spread, limit, 0.95) is None


@given(seeds, st.integers(2, 60), st.integers(2, 60), levels)
def test_welch_is_that_of_scipy(seed, n, m, level):
    r = np.random.default_rng(seed)
    a, b = r.normal(0, 3, n), r.exponential(size=m)
    found, expected = welch(PowerSums.of(a).spread(), PowerSums.of(b).spread(), level), stats.ttest_ind(a, b, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.df == pytest.approx(expected.df, rel=1e-10)
    np.testing.assert_allclose(ends(found.interval), expected.confidence_interval(level), rtol=1e-9, atol=1e-12)


def test_welch_of_little_says_nothing():
    some, one, constant = Spread(9, 1.0, 2.0, 0.0), Spread(1, 1.0, 0.0, 0.0), Spread(9, 3.0, 0.0, 0.0)
    assert welch(some, one, 0.95).interval == NoInterval("one-unit")
    assert welch(constant, constant, 0.95).interval == NoInterval("constant")
    assert welch(some, constant, 0.95).df == pytest.approx(8)
    assert isfinite(welch(some, constant, 0.95).p)


def test_t_test_of_nothing():
    assert t_test(Spread(10, 0.0, 1.0, 0.0)) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_are_those_of_statsmodels(p):
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-10)
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], rtol=1e-10)
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert all(a >= b for a, b in zip(adjusted, p, strict=True))
        assert [a for _, a in sorted(zip(p, adjusted, strict=True))] == sorted(adjusted)
        assert max(adjusted) <= 1


def test_nothing_to_adjust():
    assert holm([]) == benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.randoms())
def test_adjustment_does_not_depend_on_order(p, shuffler):
    order = list(range(len(p)))
    shuffler.shuffle(order)
    for adjust in (holm, benjamini_hochberg):
        assert adjust([p[i] for i in order]) == [adjust(p)[i] for i in order]
