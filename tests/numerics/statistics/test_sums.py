"""Sums for intervals: equal for any grouping, as exact as their tiles, equivariant under shift and scale."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from losscli.numerics.statistics.power_sums import PowerSums
from losscli.numerics.statistics.ratio_sums import RatioSums
from losscli.numerics.statistics.spread import Spread
from losscli.numerics.statistics.unit_totals import UnitTotals

random = np.random.default_rng(0)
numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
samples = st.lists(numbers, min_size=3, max_size=40).map(np.array)
doubles = st.lists(st.floats(), max_size=20).map(lambda x: np.array(x, dtype=np.float64))


def near(found: Spread, expected: Spread, rel: float = 1e-9) -> None:
    assert found.n == expected.n
    assert found.value == pytest.approx(expected.value, rel=rel, abs=1e-300)
    assert found.sd == pytest.approx(expected.sd, rel=rel, abs=1e-300)
    assert found.skew == pytest.approx(expected.skew, rel=rel, abs=1e-9)


@given(doubles, doubles, doubles)
def test_addition_is_exact(a, b, c):
    one, two, three = map(PowerSums.of, (a, b, c))
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + PowerSums() == one


@given(doubles, doubles, doubles)
def test_addition_of_ratios_is_exact(a, b, c):
    one, two, three = (RatioSums.of(x, None, np.abs(x)) for x in (a, b, c))
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=30))
def test_sums_of_integers_are_exact(values):
    """Rounded only where a tile's mean is: each tile of one value has its own."""
    parts = [PowerSums.of(np.array([float(v)])) for v in values]
    total = sum(parts, PowerSums())
    assert total.n == len(values)
    for power, sum_ in ((1, total.first), (2, total.second), (3, total.third)):
        assert Fraction(sum_, 1 << 1074 * power) == sum(v**power for v in values)


@given(samples)
def test_spread_is_that_of_numpy_and_scipy(values):
    found = PowerSums.of(values).spread()
    assert found.value == pytest.approx(values.mean(), rel=1e-12, abs=1e-9)
    if np.ptp(values) == 0:
        assert (found.sd, found.skew, found.unknown) == (0, 0, "constant")
    else:
        assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-9)
        if np.ptp(values) > 1e-3 * np.abs(values).max():
            assert found.skew == pytest.approx(stats.skew(values), rel=1e-6, abs=1e-7)


@given(samples, st.integers(1, 7))
def test_a_mean_is_a_ratio_to_the_number(values, size):
    tiles = [values[i : i + size] for i in range(0, len(values), size)]
    assume(np.ptp(values) > 0)
    plain = sum(map(PowerSums.of, tiles), PowerSums()).spread()
    near(sum(map(RatioSums.of, tiles), RatioSums()).spread(), plain)
    near(RatioSums.of(values, None, np.full(len(values), 3.0)).spread(), plain)


@given(samples, st.integers(-400, 400), st.floats(-8, 8).map(lambda x: 2.0 ** round(x)))
def test_scale_turns_up_in_mean_and_sd_alone(values, binary, weight):
    assume(np.ptp(values) > 0)
    scaled = np.ldexp(values, binary)
    plain = PowerSums.of(values).spread()
    found = PowerSums.of(scaled).spread()
    factor = 2.0**binary
    near(found, plain.times(factor))
    near(RatioSums.of(scaled, None, np.full(len(values), weight)).spread(), plain.times(factor))


@given(samples, numbers)
def test_shift_moves_the_mean_alone(values, shift):
    assume(np.ptp(values) > 1)
    plain, found = PowerSums.of(values).spread(), PowerSums.of(values + shift).spread()
    assert found.value == pytest.approx(plain.value + shift, rel=1e-12, abs=1e-6)
    assert found.sd == pytest.approx(plain.sd, rel=1e-9)
    assert found.skew == pytest.approx(plain.skew, rel=1e-6, abs=1e-6)


@given(samples)
def test_mirrored_values_have_mirrored_skewness(values):
    one, two = PowerSums.of(values).spread(), PowerSums.of(-values).spread()
    assert (two.value, two.sd, two.skew) == (-one.value, one.sd, -one.skew)


@pytest.mark.parametrize("mean", [1e8, 1e12])
def test_a_far_mean_does_not_cancel(mean):
    d = random.exponential(size=1000)
    values = mean + d
    exact = [Fraction(x) for x in values]
    m = sum(exact) / 1000
    m2, m3 = (float(sum((x - m) ** k for x in exact) / 1000) for k in (2, 3))
    found = sum((PowerSums.of(values[i : i + 100]) for i in range(0, 1000, 100)), PowerSums()).spread()
    assert found.sd == pytest.approx(sqrt(m2 * 1000 / 999), rel=1e-10)
    assert found.skew == pytest.approx(m3 / m2**1.5, rel=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        [1e308, -1e308, 1.7e308],
        [5e-324, 1e-323, 2e-320],
        [1e-200, 3e-200, 2e-200],
        [0.0, 1e300, 2e300],
        [-1.7e308, 1.7e308, 1.7e308],
    ],
)
def test_the_ends_of_the_doubles(values):
    exact = [Fraction(x) for x in values]
    m = sum(exact) / 3
    m2, m3 = (sum((x - m) ** k for x in exact) / 3 for k in (2, 3))
    for found in (PowerSums.of(np.array(values)).spread(), RatioSums.of(np.array(values)).spread()):
        assert found.sd**2 == pytest.approx(float(m2 * 3 / 2), rel=1e-6) if 1e-150 < found.sd < 1e150 else found.sd > 0
        assert found.skew == pytest.approx(float(m3**2 / m2**3) ** 0.5 * (1 if m3 >= 0 else -1), rel=1e-2)


def test_values_that_are_not_finite_are_counted():
    found = PowerSums.of(np.array([1.0, np.nan, 2.0, np.inf]))
    assert (found.n, found.lost, found.spread().unknown) == (2, 2, "not-finite")
    assert RatioSums.of(np.array([1.0, np.nan, 2.0, np.inf])).spread().unknown == "not-finite"
    assert RatioSums.of(np.array([1.0, 2.0]), None, np.array([1.0, -1.0])).spread().unknown == "not-finite"  # a divisor of 0


def test_rows_without_weight_are_not_units():
    found = RatioSums.of(np.array([1.0, 2.0, 4.0]), None, np.array([1.0, 1.0, 0.0]))
    assert found == RatioSums.of(np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("values", "binary"), [([0, 1, 1], True), ([1, 1], True), ([0, 0], True), ([0, 1, 0.5], False), ([0, 2], False)]
)
def test_zeros_and_ones_are_recognised(values, binary):
    found = PowerSums.of(np.array(values, dtype=np.float64))
    assert found.binary is binary
    assert (found + PowerSums.of(np.array([0.0]))).binary is binary


def ratio_by_hand(a, b):
    """Cochran 1977, 6.4: the linearised variance of a ratio."""
    theta, n = a.sum() / b.sum(), len(a)
    z = (a - theta * b) / b.mean()
    return Spread(n, theta, sqrt((z**2).sum() / (n - 1)), float((z**3).mean() / (z**2).mean() ** 1.5))


@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.integers(1, 10))
def test_a_weighted_mean_is_a_ratio(seed, n, size):
    r = np.random.default_rng(seed)
    v, w, norm = r.lognormal(size=n), r.random(n) + 0.1, r.random(n) + 0.5
    tiles = [slice(i, i + size) for i in range(0, n, size)]
    near(sum((RatioSums.of(v[t], None, w[t]) for t in tiles), RatioSums()).spread(), ratio_by_hand(v * w, w))
    near(sum((RatioSums.of(v[t], norm[t], w[t]) for t in tiles), RatioSums()).spread(), ratio_by_hand(v * w, w * norm))


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 12), st.integers(1, 9))
def test_totals_of_units_do_not_depend_on_tiles(seed, n, units, size):
    r = np.random.default_rng(seed)
    unit, columns = r.integers(0, units, n).astype(np.uint64), r.normal(size=(n, 2))
    parts = [UnitTotals.of(unit[i : i + size], columns[i : i + size]) for i in range(0, n, size)]
    together = sum(parts, UnitTotals())
    names, totals = together.totals()
    for other in (sum(reversed(parts), UnitTotals()), together.joined(), together.joined() + UnitTotals()):
        assert (other.totals()[0] == names).all()
        assert (other.totals()[1] == totals).all()
    for name, total in zip(names, totals, strict=True):
        np.testing.assert_allclose(total, columns[unit == name].sum(0), atol=1e-12)


def test_many_parts_are_joined(monkeypatch):
    monkeypatch.setattr("losscli.numerics.statistics.unit_totals._SPARE", 8)
    units, columns = np.arange(4).astype(np.uint64), random.normal(size=(200, 4, 2)) * 10.0 ** random.integers(-20, 20, (200, 4, 2))
    parts = [UnitTotals.of(units, c) for c in columns]
    found = sum(parts, UnitTotals())
    assert len(found.parts) < 20
    exact = [[float(sum(Fraction(x) for x in columns[:, i, j])) for j in range(2)] for i in range(4)]
    assert found.totals()[1].tolist() == exact


def test_units_that_are_not_finite_are_known():
    found = UnitTotals.of(np.array([1, 2, 2], np.uint64), np.array([[1.0, 1], [np.inf, 1], [1, 1]]))
    assert found.spread().unknown == "not-finite"
    assert UnitTotals().spread().unknown == "one-unit"
