"""Sign flips and bootstraps: exact where SciPy is, the same bits for any blocks, order and number of processes."""

from __future__ import annotations

from math import inf
from time import process_time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from losscli.numerics.statistics import bootstrap
from losscli.numerics.statistics.bootstrap import Replicates
from losscli.numerics.statistics.interval import Interval, NoInterval
from losscli.numerics.statistics.sign_flip import TILE, flipped_sums, sign_flip
from losscli.numerics.statistics.streams import random_bytes, stream, words

random = np.random.default_rng(0)
decimals = st.integers(-20, 20).map(lambda x: x / 10)


@given(st.lists(decimals, min_size=2, max_size=12).filter(any))
def test_few_differences_are_flipped_in_every_way(values):
    d = np.array(values)
    found = sign_flip(d)
    expected = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=inf)
    assert found.exact
    assert found.m == np.count_nonzero(d)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-10)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12))
def test_few_doubles_too(values):
    d = np.array(values)
    d = d[np.abs(d) > 1e-6 * np.abs(d).max()]  # SciPy's ties are relative to T, ours to the largest difference
    assume(len(d) > 1)
    expected = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=inf)
    assert sign_flip(d).p == pytest.approx(expected.pvalue, abs=1e-10)


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(-30, 30))
def test_order_signs_and_scale_do_not_matter(seed, n, binary):
    r = np.random.default_rng(seed)
    d = np.round(r.normal(0.1, 1, n), 1)
    found = sign_flip(d, 199)
    assert found == sign_flip(r.permutation(d), 199) == sign_flip(-d, 199) == sign_flip(d * 2.0**binary, 199)
    assert found == sign_flip(np.concatenate([d, np.zeros(7)]), 199)
    assert 1 / 200 <= found.p <= 1


def test_identical_systems_do_not_differ():
    found = sign_flip(np.zeros(1000))
    assert (found.p, found.identical, found.exact) == (1, True, True)


def test_ties_of_decimals_count_as_ties():
    """0.1 + 0.2 = 0.3 in decimals, though not in doubles: half of all flips reach |T| = 0."""
    assert sign_flip(np.array([0.1, 0.2, -0.3])).p == 1
    assert sign_flip(np.array([0.1, 0.2, 0.3])).p == 2 / 8


def test_the_smallest_p():
    assert sign_flip(np.ones(13)).p == 2 / 2**13
    assert sign_flip(np.ones(14)).exact is False
    assert sign_flip(np.full(1000, 0.3)).p == 1 / 10_000


def test_random_flips_are_near_all_flips():
    d = random.normal(0.4, 1, 13)
    every, some = sign_flip(d, 2**13), sign_flip(d, 2**13 - 1)
    assert every.exact
    assert not some.exact
    assert some.p == pytest.approx(every.p, abs=4 * np.sqrt(every.p / 2**13))
    assert sign_flip(d, 2**13 - 1, seed=1) != some


def test_tiles_may_be_added_in_any_order():
    sizes = random.integers(0, 2**40, 3 * TILE - 5)
    parts = [flipped_sums(sizes[i : i + TILE], 99, 7, i // TILE) for i in range(0, len(sizes), TILE)]
    assert np.array_equal(sum(parts), sum(reversed(parts)))
    d = np.sort(np.abs(sizes - 2**39))
    every = np.sum([flipped_sums(d[i : i + TILE], 99, 7, i // TILE) for i in range(0, len(d), TILE)], axis=0)
    seen = abs((sizes - 2**39).sum())
    assert sign_flip((sizes - 2**39).astype(np.float64), 99, 7).p == (1 + (np.abs(every) >= seen).sum()) / 100


def test_a_flipped_sum_is_that_of_its_bits():
    sizes = np.arange(1, 20)
    bits, found = stream(3, 0), flipped_sums(sizes, 50, 3, 0)
    drawn = np.stack([random_bytes(bits, 50) for _ in range(3)], axis=1)
    signs = 2 * np.unpackbits(drawn, axis=1, bitorder="little")[:, :19].astype(int) - 1
    assert (found == signs @ sizes).all()


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        sign_flip(np.array([1.0, np.nan]))


@pytest.mark.slow
def test_a_million_differences_take_seconds():
    start = process_time()
    found = sign_flip(random.normal(size=10**6))
    assert process_time() - start < 8
    assert found.flips == 9_999


def test_streams_are_those_that_numpy_promises():
    """NEP 19: the stream of a bit generator never changes. The words were written down with NumPy 2.4."""
    assert words(stream(0, 0), 2).tolist() == STREAM
    assert random_bytes(stream(0, 0), 3).tolist() == [STREAM[0] >> 8 * i & 255 for i in range(3)]
    assert words(stream(0, 1), 1).tolist() != STREAM[:1]


STREAM = [10490465040999277362, 4331856608414834465]


def replicates(values, b=None, tile=100, **how):
    """In tiles of fewer units than are allowed."""
    parts = [
        Replicates.of(i // tile, values[i : i + tile], None if b is None else b[i : i + tile], **how)
        for i in range(0, len(values), tile)
    ]
    forth, back = parts[0], parts[-1]
    for part in parts[1:]:
        forth += part
    for part in parts[-2::-1]:
        back += part
    assert (forth.sums == back.sums).all()
    return forth


def test_counts_are_poisson():
    counts = bootstrap._COUNTS
    assert len(counts) == 65536
    assert counts.mean() == 1
    assert counts.var() == pytest.approx(1, abs=4e-5)
    np.testing.assert_allclose(np.bincount(counts) / 65536, stats.poisson.pmf(range(9), 1), atol=1 / 65536)


def test_resamples_are_sums_of_counted_units():
    a, b = random.normal(size=50) * 10.0 ** random.integers(-3, 3, 50), random.random(50)
    found = replicates(a, b, resamples=30, seed=5)
    bits = stream(5, 0)
    counts = bootstrap._COUNTS[words(bits, 30 * 1024).view("<u2").reshape(30, 4096)[:, :50]].astype(float)
    for row, product in zip(found.sums, (a, b, a * a, a * b, b * b), strict=True):
        whole = np.array([x / 2**1200 for x in row])
        np.testing.assert_allclose(whole[0], product.sum(), rtol=1e-12)
        np.testing.assert_allclose(whole[1:], counts @ product, rtol=1e-12, atol=1e-12)


def test_blocks_of_resamples_do_not_matter(monkeypatch):
    x = random.lognormal(size=300)
    found = replicates(x)
    monkeypatch.setattr(bootstrap, "_BLOCK", 37)
    assert (replicates(x).sums == found.sums).all()


def test_a_mean_is_a_ratio_to_ones():
    x = random.lognormal(size=150)
    plain, ratio = replicates(x), replicates(x, np.ones(150))
    assert (plain.sums == ratio.sums).all()


@pytest.mark.parametrize("method", ["percentile", "bootstrap_t"])
def test_intervals_are_near_those_of_scipy(method):
    """SciPy resamples n of n, here each unit a Poisson number of times: equal to the order 1/n, besides the noise of resampling."""
    x = random.lognormal(size=400)
    found = getattr(replicates(x, resamples=4000), method)(0.9)
    assert isinstance(found, Interval)
    if method == "percentile":
        expected = stats.bootstrap((x,), np.mean, method="percentile", confidence_level=0.9, rng=1).confidence_interval
        low, high = expected.low, expected.high
    else:
        draws = x[random.integers(0, 400, (9999, 400))]
        t = (draws.mean(1) - x.mean()) / (draws.std(1) / 20)
        low, high = x.mean() - np.quantile(t, [0.95, 0.05]) * x.std() / 20
    np.testing.assert_allclose([found.low, found.high], [low, high], atol=0.05 * (high - low))


@pytest.mark.parametrize("method", ["percentile", "bootstrap_t"])
@given(st.integers(0, 1000), st.integers(2, 60), st.integers(-300, 300), st.integers(-20, 20))
def test_bootstraps_are_equivariant(method, seed, n, binary, shift):
    x = np.random.default_rng(seed).integers(0, 100, n).astype(np.float64)
    if np.ptp(x) == 0:
        return
    found = getattr(replicates(x, resamples=50), method)(0.9)
    scaled = getattr(replicates(np.ldexp(x, binary), resamples=50), method)(0.9)
    moved = getattr(replicates(x + shift, resamples=50), method)(0.9)
    assert (scaled.low, scaled.high) == (found.low * 2.0**binary, found.high * 2.0**binary)
    np.testing.assert_allclose([moved.low - shift, moved.high - shift], [found.low, found.high], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["percentile", "bootstrap_t"])
def test_bootstraps_say_nothing_where_nothing_is_known(method):
    assert getattr(Replicates.of(0, np.ones(1)), method)(0.9) == NoInterval("one-unit")
    assert getattr(Replicates.of(0, np.full(50, 0.1)), method)(0.9) == NoInterval("constant")
    assert getattr(Replicates.of(0, np.arange(10.0)), method)(0.9).rough


def test_resamples_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at most 4096"):
        Replicates.of(0, np.zeros(4097))
    with pytest.raises(ValueError, match="not finite"):
        Replicates.of(0, np.array([np.inf]))
    with pytest.raises(ValueError, match="different"):
        Replicates.of(0, np.ones(2)) + Replicates.of(1, np.ones(2), seed=1)
