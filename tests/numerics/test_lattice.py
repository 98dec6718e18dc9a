"""Lattices: NumPy's counts between their edges, and the same for any split of the points."""

from __future__ import annotations

import itertools
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.numerics.lattice import MOST, Lattice
from losscli.spec.plotted import below_one

NUMBERS = (
    st.floats(allow_nan=True, allow_infinity=True)
    | st.floats(-1, 1)
    | st.floats(1e15, 1e15 + 8)
    | st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7e308])
)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40)


def same(a, b):
    return (a.steps, a.lost, a.cells.tolist(), a.counts.tolist()) == (b.steps, b.lost, b.cells.tolist(), b.counts.tolist())


def of(points):
    return Lattice.of(*np.array(points, dtype=float).reshape(-1, 2).T)


@given(POINTS, st.lists(st.integers(0, 40), max_size=4))
def test_any_split_gives_the_same(points, cuts):
    ends = [0, *sorted(cuts), len(points)]
    parts = [of(points[a:b]) for a, b in itertools.pairwise(ends)]
    assert same(reduce(Lattice.__add__, parts), of(points))
    assert same(reduce(Lattice.__add__, reversed(parts)), of(points))


@given(POINTS)
def test_cells_are_few_and_contain_their_points(points):
    found = of(points)
    finite = [p for p in points if np.isfinite(p).all()]
    assert (found.n, found.lost) == (len(finite), len(points) - len(finite))
    if finite:
        assert (np.ptp(found.cells, axis=0) < MOST[2]).all()


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3) | st.floats(0, 1)] * 2), min_size=1, max_size=60), st.integers(3, 40))
def test_grids_are_numpys_counts(points, most):
    found = of(points)
    grid = found.grid((found.ends(0), found.ends(1)), (most, most))
    x, y = np.array(points).T
    mine = np.stack([(a >= edges[0]) & (a < edges[-1]) for a, edges in zip((x, y), grid.edges, strict=True)]).all(axis=0)
    assert max(grid.counts.shape) <= most
    np.testing.assert_array_equal(grid.counts, np.histogram2d(x[mine], y[mine], grid.edges)[0])
    assert grid.counts.sum() + grid.outside == len(points)


def test_a_few_far_points_are_left_out_of_a_picture_and_counted():
    x = np.concatenate([np.linspace(0, 1, 999), [400.0]])
    found = Lattice.of(x)
    assert found.ends(0)[1] < 2
    assert found.grid((found.ends(0),), (50,)).outside in (1, 2, 3, 4)


def test_one_is_in_the_cell_below_it():
    found = Lattice.of(below_one(np.array([0.0, 0.5, 1.0])))
    assert found.grid((found.ends(0),), (2,)).edges[0] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("value", [0.0, 3.5, -1e300, 5e-324])
def test_one_value_alone_has_one_cell_of_some_width(value):
    found = Lattice.of(np.full(9, value))
    grid = found.grid((found.ends(0),), (50,))
    assert grid.counts.tolist() == [9]
    assert grid.edges[0][0] <= value < grid.edges[0][1]
