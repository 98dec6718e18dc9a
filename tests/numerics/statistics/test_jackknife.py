"""The delete-a-group jackknife: exact for means, the delta method for roots, the same for any grouping of the rows."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.core.records import dataclass
from losscli.numerics.exact_sum import Exact
from losscli.numerics.statistics.hashing import GROUPS, groups_of, mixed
from losscli.numerics.statistics.jackknife import GroupedTotals, influence, leave_one_out
from losscli.numerics.statistics.power_sums import PowerSums


@dataclass(frozen=True)
class Squares:
    """Σe² and the number of errors."""

    total: Exact
    n: int

    def __add__(self, other):
        return Squares(self.total + other.total, self.n + other.n)

    @property
    def rmse(self):
        return sqrt(float(self.total) / self.n) if self.n else nan


def grouped(units, errors, size):
    found: GroupedTotals[Squares] = GroupedTotals()
    for i in range(0, len(units), size):
        part: GroupedTotals[Squares] = GroupedTotals()
        for unit, e in zip(units[i : i + size].tolist(), errors[i : i + size].tolist(), strict=True):
            part += GroupedTotals({unit: Squares(Exact.of(e * e), 1)})
        found += part
    return found


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([5, GROUPS, GROUPS + 1, 600]), st.integers(1, 300))
def test_grouping_of_the_rows_does_not_matter(seed, n, size):
    r = np.random.default_rng(seed)
    units, errors = np.arange(n), r.normal(size=n)
    order = r.permutation(n)
    found = grouped(units, errors, n)
    assert found.folded is (n > GROUPS)
    assert grouped(units, errors, size) == found
    assert grouped(units[order], errors[order], size) == found
    assert found.spread(lambda t: t.rmse) == grouped(units[order], errors[order], size).spread(lambda t: t.rmse)


def test_groups_are_of_even_size():
    counts = np.bincount(groups_of(np.arange(100_000, dtype=np.uint64)).astype(int), minlength=GROUPS)
    assert counts.max() - counts.min() == 1


def test_hashes_are_those_of_splitmix64():
    """Vigna's splitmix64.c from state 0 gives these numbers first; its state grows by the constant that `mixed` adds."""
    step = 0x9E3779B97F4A7C15
    states = np.array([k * step % 2**64 for k in range(3)], np.uint64)
    assert [hex(x) for x in mixed(states).tolist()] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


@given(st.integers(0, 2**63), st.integers(0, 2**62))
def test_units_counted_from_elsewhere_are_in_groups_counted_from_elsewhere(unit, step):
    (here,), (there,) = groups_of(np.array([unit], np.uint64)).tolist(), groups_of(np.array([unit + step], np.uint64)).tolist()
    assert there == (here + step) % GROUPS


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=60))
def test_of_a_mean_it_is_exact(values):
    x = np.array(values)
    n = len(x)
    found, expected = influence(x.mean(), (x.sum() - x) / (n - 1)), PowerSums.of(x).spread()
    assert found.n == n
    assert found.sd == pytest.approx(expected.sd, rel=1e-6, abs=1e-9)


def test_of_a_root_mean_square_it_is_the_delta_method():
    errors = np.random.default_rng(0).normal(size=200)
    found = grouped(np.arange(200), errors, 50).spread(lambda t: t.rmse)
    rmse = sqrt((errors**2).mean())
    assert found.value == pytest.approx(rmse, rel=1e-12)
    assert found.sd == pytest.approx((errors**2).std(ddof=1) / (2 * rmse), rel=0.01)
    large = np.random.default_rng(1).normal(size=20_000)
    folded: GroupedTotals[Squares] = GroupedTotals()
    for i, e in enumerate(large.tolist()):
        folded += GroupedTotals({int(groups_of(np.array([i], np.uint64))[0]): Squares(Exact.of(e * e), 1)}, True)
    spread = folded.spread(lambda t: t.rmse)
    assert spread.n == GROUPS
    assert spread.error == pytest.approx(sqrt(2) / 2 / sqrt(20_000), rel=0.15)  # 1/√512 is 4 %


@given(st.lists(st.integers(-9, 9), max_size=20))
def test_leaving_one_out(values):
    assert leave_one_out(values) == ([sum(values) - v for v in values] if len(values) > 1 else [])


def test_nothing_and_one():
    assert GroupedTotals().spread(float).unknown == "one-unit"
    assert GroupedTotals({3: Squares(Exact.of(4.0), 1)}).spread(lambda t: t.rmse).unknown == "one-unit"
    assert influence(1.0, [1.0, nan, 2.0]).unknown == "not-finite"
    assert influence(1.0, [1.0, 1.0]).unknown == "constant"
