"""Whole numbers beyond 2^53: which of them float64 changes, and their exact differences, against Python's integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.numerics.exact_integers import inexact, subtract

KINDS = {
    np.int64: st.integers(-(2**63), 2**63 - 1),
    np.uint64: st.integers(0, 2**64 - 1),
    np.int32: st.integers(-(2**31), 2**31 - 1),
}
NEAR = [0, 1, 2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2**62, 2**62 + 1, 2**63 - 1]


def some(kind):
    return st.lists(KINDS[kind] | st.sampled_from([x for x in NEAR if kind != np.int32 or x < 2**31]), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_inexact(kind, data):
    values = data.draw(some(kind))
    assert inexact(np.array(values, kind)).tolist() == [int(float(x)) != x for x in values]


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
@given(data=st.data())
def test_subtract(kind, data):
    pairs = data.draw(
        st.lists(st.tuples(KINDS[kind], KINDS[kind]) | st.tuples(*[st.sampled_from(NEAR)] * 2), min_size=1, max_size=5)
    )
    expected = [a - b for a, b in pairs]
    found = subtract(*(np.array(x, kind) for x in zip(*pairs, strict=True)))
    if all(-(2**63) <= x < 2**63 for x in expected):
        assert found.tolist() == expected
    else:
        assert found is None


def test_other_types():
    assert not inexact(np.array([1e300])).any()
    assert inexact(np.empty((0, 2), np.int64)).shape == (0, 2)
    assert subtract(np.array([1]), np.array([1.0])) is None
    assert subtract(np.array([1]), np.array([1], np.uint64)) is None
