"""The tally: a zero, an associative +, moments without cancellation, quantiles, worst rows."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.engine.distribution import Distribution, DistributionAccumulator
from losscli.engine.tally import Tally, mean_of
from losscli.engine.totals import Totals
from losscli.numerics.quantile_sketch import Quantiles

losses = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def spread(values, weight=None, start=0, keep=4):
    array = np.asarray(values, float)
    held = None if weight is None else np.asarray(weight, float)
    return Distribution.of(array, held, start + np.arange(len(array)), keep, 1)


def exact_std(values, weight=None):
    xs = [Fraction(float(v)) for v in values]
    ws = [Fraction(1)] * len(xs) if weight is None else [Fraction(float(w)) for w in weight]
    mean = sum(w * x for w, x in zip(ws, xs, strict=True)) / sum(ws)
    return math.sqrt(sum(w * (x - mean) ** 2 for w, x in zip(ws, xs, strict=True)) / sum(ws))


@given(losses, st.integers(1, 20))
def test_parts_add_up_to_the_whole(values, step):
    parts = [spread(values[i : i + step], start=i) for i in range(0, len(values), step)]
    forward = sum(parts, Distribution())
    backward = sum(reversed(parts), Distribution())
    for found in (forward, backward):
        assert found.n == len(values)
        assert float(found.total) == pytest.approx(math.fsum(values), rel=1e-15, abs=1e-9)
        assert found.low == min(values)
        assert found.high == max(values)
        assert found.worst == forward.worst
        assert found.moments == forward.moments
        assert found.quantiles.at((0.5, 0.95)) == forward.quantiles.at((0.5, 0.95))


def test_zero_is_neutral():
    one = spread([1.0, 5.0, 2.0])
    assert (Distribution() + one).worst == one.worst
    assert (one + Distribution()).std == one.std
    assert Tally() + Tally() == Tally()


@pytest.mark.parametrize("offset", [0.0, 1e9, -1e12])
def test_std_survives_any_offset(offset):
    values = np.random.default_rng(3).normal(size=4000) + offset
    parts = [spread(values[i : i + 64], start=i) for i in range(0, 4000, 64)]
    # one rounding of each tile's two sums, relative to the spread itself
    assert sum(parts, Distribution()).std == pytest.approx(exact_std(values), rel=1e-13)


def test_weighted_std_and_doubling():
    rng = np.random.default_rng(5)
    values, weight = rng.normal(size=100), rng.integers(1, 4, 100).astype(float)
    assert spread(values, weight).std == pytest.approx(exact_std(values, weight), rel=1e-13)
    assert spread(values, weight).std == pytest.approx(spread(np.repeat(values, weight.astype(int))).std, rel=1e-13)


usual = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-140)  # squares of smaller numbers underflow
big = st.floats(1e306, 1.79e308) | st.floats(-1.79e308, -1e306) | usual


@given(st.lists(big, min_size=1, max_size=40), st.booleans())
def test_numbers_whose_sums_overflow_have_a_mean_and_a_std(values, weighted):
    weight = np.linspace(0.1, 1.7, len(values)) * 1e308 if weighted else None
    found = spread(values, weight)
    ws = [Fraction(1)] * len(values) if weight is None else [Fraction(float(w)) for w in weight]
    mean = sum(w * Fraction(v) for w, v in zip(ws, values, strict=True)) / sum(ws)
    size = max(map(abs, values))
    assert found.nonfinite == 0
    assert found.mean == pytest.approx(float(mean), rel=1e-15, abs=4e-16 * size)
    assert found.std == pytest.approx(_exact_deviation(values, ws, mean, size), rel=1e-12, abs=1e-15 * size)


def _exact_deviation(values, ws, mean, size):
    unit = Fraction(size or 1.0)
    square = sum(w * ((Fraction(v) - mean) / unit) ** 2 for w, v in zip(ws, values, strict=True)) / sum(ws)
    return math.sqrt(square) * (size or 1.0)


def test_infinities_among_large_numbers_are_not_lost():
    assert spread([1.7e308, 1.7e308, -math.inf]).mean == -math.inf
    assert math.isnan(spread([1.7e308, 1.7e308, math.nan]).mean)


def test_std_of_equal_values_is_zero():
    assert spread([0.1] * 1000).std == 0.0


def test_std_of_a_non_finite_sample_is_nan():
    found = spread([1.0, math.inf])
    assert math.isnan(found.std)
    assert found.nonfinite == 1
    assert float(found.total) == math.inf


@given(losses)
def test_quantiles_are_numpys(values):
    found = Quantiles.of(np.array(values)).at((0.0, 0.25, 0.5, 0.95, 1.0))
    # NumPy interpolates the same two neighbours; the last bit may differ
    assert found == pytest.approx(np.quantile(values, [0, 0.25, 0.5, 0.95, 1]).tolist(), rel=1e-12, abs=1e-12)


def test_quantiles_of_infinities():
    assert Quantiles.of(np.array([1.0, math.inf, math.inf])).at((0.5, 0.95)) == (math.inf, math.inf)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_sketched_quantiles_keep_their_bound_in_any_order(scale):
    values = np.random.default_rng(7).normal(size=5001) * scale
    parts = [Quantiles.of(values[i : i + 97], exact=False) for i in range(0, 5001, 97)]
    forward, backward = sum(parts, Quantiles()), sum(reversed(parts), Quantiles())
    shares = (0.0, 0.05, 0.5, 0.95, 1.0)
    assert not forward.exact
    assert forward.at(shares) == backward.at(shares)
    # values are rounded to ten bits after the first
    assert forward.at(shares) == pytest.approx(np.quantile(values, shares).tolist(), rel=2**-11)


def test_sketched_quantiles_of_zeros_infinities_and_far_apart_values():
    values = np.concatenate([np.zeros(40), -np.zeros(1), [1e-300, 1e300, -1e300, -5e-324, math.inf, -math.inf], np.ones(40)])
    shares = tuple(np.linspace(0, 1, 23))
    for step in (1, 7, len(values)):
        found = sum((Quantiles.of(values[i : i + step], exact=False) for i in range(0, len(values), step)), Quantiles())
        assert found.n == len(values)
        nearest = np.quantile(values, shares, method="nearest")
        # the smallest subnormal is rounded to zero
        assert found.at(shares) == pytest.approx(nearest.tolist(), rel=2**-11, abs=2.0**-1033)


magnitudes = st.sampled_from([0.0, 1.0, 2.0, 1.7, 3e-310, 1e-308, 5e-324, 0.3, 1e150, 1.7e308, 1.79769e308])
gapped = st.lists(st.tuples(magnitudes, st.sampled_from([1.0, -1.0]), st.integers(1, 9)), min_size=1, max_size=8)


@given(gapped, st.integers(1, 30), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_sketched_quantiles_keep_their_bound_at_gaps_ties_and_ends(runs, step, shares):
    values = np.repeat([x * sign for x, sign, _ in runs], [n for _, _, n in runs])
    parts = [Quantiles.of(values[i : i + step], exact=False) for i in range(0, len(values), step)]
    found = sum(parts, Quantiles()).at(tuple(shares))
    assert found == sum(reversed(parts), Quantiles()).at(tuple(shares))
    exact = Quantiles.of(values).at(tuple(shares))
    ordered = np.sort(values)
    for share, sketched, true in zip(shares, found, exact, strict=True):
        low = int(share * (len(values) - 1))
        beside = np.abs(ordered[low : low + 2]).max()
        assert abs(sketched - true) <= 2**-11 * beside + 2.0**-1033
        assert values.min() <= sketched <= values.max()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.repeat([0.0, 1.0], 600), (0.5, 1.0)),
        (np.ones(1200), (1.0, 1.0)),
        (np.repeat([1.0, 2.0], [1140, 60]), (1.0, 1.05)),
        (np.repeat([0.0, 3.0, 7.0], 400), (3.0, 7.0)),
        (np.repeat([1.1, 2.2, math.inf], [500, 600, 100]), (2.2, math.inf)),
    ],
    ids=["zeros and ones", "ones", "a gap", "small integers", "infinities"],
)
def test_sketched_quantiles_of_few_values(values, expected):
    found = Quantiles.of(values, exact=False).at((0.5, 0.95))
    assert found == pytest.approx(expected, rel=2**-11)
    if values.max() < math.inf and not (values % 1).any():
        assert found == Quantiles.of(values).at((0.5, 0.95))


def test_a_sketched_nan_makes_every_quantile_one():
    assert all(math.isnan(x) for x in Quantiles.of(np.array([1.0, math.nan, 2.0]), exact=False).at((0.0, 0.5)))


@given(losses, st.integers(1, 20), st.integers(0, 6))
def test_gathering_tile_by_tile_is_adding_spreads(values, step, keep):
    gathering, added = DistributionAccumulator(keep, 1), Distribution()
    for i in range(0, len(values), step):
        part = np.array(values[i : i + step])
        gathering.add(part, None, range(i, i + len(part)))
        added += spread(part, start=i, keep=keep)
    found = gathering.distribution()
    assert (found.n, found.total, found.moments, found.worst) == (added.n, added.total, added.moments, added.worst)
    assert found.quantiles.at((0.1, 0.5)) == added.quantiles.at((0.1, 0.5))


def test_worst_rows_break_ties_by_row_and_put_nan_first():
    found = spread([3.0, math.nan, 3.0, 1.0, math.inf, 3.0])
    assert [sample for _, sample in found.worst] == [1, 4, 0, 2]


def test_worst_of_a_score_is_the_lowest():
    found = Distribution.of(np.array([0.3, 0.1, 0.9]), None, np.arange(3), 2, -1)
    assert [sample for _, sample in found.worst] == [1, 0]


def test_mean_divides_by_norms_and_weights():
    values, norm, weight = np.array([2.0, 6.0]), np.array([1.0, 3.0]), np.array([1.0, 0.5])
    found, total = mean_of(values, norm, weight, 0.0, {})
    assert float(total) == 2.0 + 3.0
    assert found.value == (2.0 + 3.0) / (1.0 + 1.5)


def test_totals_add_by_name():
    one = Totals.of({"a": np.array([[1.0, 2.0]]), "b": np.array([3.0])})
    total = (one + one + Totals()).arrays()
    assert total["a"].tolist() == [[2.0, 4.0]]
    assert total["b"].tolist() == [6.0]


def test_pickle_round_trip():
    one = Tally(3, 0, {}, {"x": spread([1.0, 2.0])}, {}, Tally().watch)
    assert pickle.loads(pickle.dumps(one)).distributions["x"].std == one.distributions["x"].std
