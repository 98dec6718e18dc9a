"""Exact sums: equal to fsum and to rational arithmetic, whatever the order and the grouping."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from losscli.numerics.exact_sum import SCALE, Exact, root, tile_sum, to_int

doubles = st.floats(allow_nan=False, allow_infinity=False)


@given(doubles)
def test_to_int_is_the_double_itself(x):
    assert Fraction(to_int(x), 1 << SCALE) == Fraction(x)


@given(st.lists(doubles, max_size=50), st.randoms())
def test_sum_is_correctly_rounded_in_any_order(xs, random):
    shuffled = list(xs)
    random.shuffle(shuffled)
    total = sum((Exact.of(x) for x in shuffled), Exact())
    exact = sum((Fraction(x) for x in xs), Fraction(0))
    try:
        expected = float(exact)
    except OverflowError:
        expected = math.inf if exact > 0 else -math.inf
    assert float(total) == expected


@given(st.lists(doubles, min_size=1, max_size=20), st.integers(0, 20))
def test_grouping_does_not_matter(xs, cut):
    one = sum((Exact.of(x) for x in xs), Exact())
    left = sum((Exact.of(x) for x in xs[:cut]), Exact())
    right = sum((Exact.of(x) for x in xs[cut:]), Exact())
    assert left + right == one


def test_infinities_and_nan_are_counted_apart():
    assert float(Exact.of(math.inf) + Exact.of(1.0)) == math.inf
    assert float(Exact.of(-math.inf) + Exact.of(1.0)) == -math.inf
    assert math.isnan(float(Exact.of(math.inf) + Exact.of(-math.inf)))
    assert math.isnan(float(Exact.of(math.nan) + Exact.of(1.0)))


@given(st.lists(doubles, min_size=1, max_size=30), st.booleans())
def test_tile_sums_are_numbers_whatever_their_size(xs, weighted):
    values = np.array(xs)
    weight = np.linspace(0.5, 1.5, len(xs)) * 1e308 if weighted else None
    found = tile_sum(values, weight)
    exact = [Fraction(v) * (1 if weight is None else Fraction(float(weight[i]))) for i, v in enumerate(xs)]
    assert found.finite
    # one rounding per addition and product, relative to the sum of magnitudes; products may underflow
    bound = sum(map(abs, exact)) * Fraction(64, 1 << 53) + len(xs) * Fraction(1, 1 << SCALE)
    assert abs(Fraction(found.total, 1 << SCALE) - sum(exact)) <= bound


def test_quotients():
    assert Exact.of(1.0).over(Exact.of(3.0)) == 1 / 3
    assert math.isnan(Exact().over(Exact()))
    assert Exact.of(2.0).over(Exact()) == math.inf
    assert Exact.of(-2.0).over(Exact()) == -math.inf
    assert Exact().over(Exact(), least=1.0) == 0.0


@given(st.integers(0, 10**60), st.integers(1, 10**60))
def test_root_is_within_one_ulp(a, b):
    from mpmath import mp, mpf

    with mp.workdps(60):
        expected = float(mp.sqrt(mpf(a) / b))
    assert abs(root(a, b) - expected) <= math.ulp(expected)
