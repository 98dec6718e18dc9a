"""Regression losses: how they relate, what they do at their seams, and how many digits they keep."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import DataError, UsageError
from tests.support.evaluate import run

FINITE = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=20)


def evaluate(recipe, pred, target, **kw):
    return run("regress", recipe, {"pred": np.asarray(pred, float), "target": np.asarray(target, float)}, **kw)


def values(recipe, pairs):
    pred, target = np.array(pairs).T
    return evaluate(recipe, pred, target).values


@given(PAIRS)
def test_huber_is_delta_times_smooth_l1(pairs):
    np.testing.assert_allclose(values("huber:delta=2.5", pairs), 2.5 * values("smooth_l1:beta=2.5", pairs), rtol=1e-15, atol=1e-300)
    assert np.array_equal(values("huber", pairs), values("smooth_l1", pairs))


@given(PAIRS)
def test_the_limits_of_the_seam_are_mae_and_half_mse(pairs):
    assert np.array_equal(values("smooth_l1:beta=0", pairs), values("mae", pairs))
    np.testing.assert_allclose(values("huber:delta=1e9", pairs), values("half_mse", pairs), rtol=1e-15, atol=1e-300)
    # halves of denormals round
    np.testing.assert_allclose(2 * values("half_mse", pairs), values("mse", pairs), rtol=0, atol=1e-300)


@given(PAIRS)
def test_rmse_is_the_root_of_mse(pairs):
    pred, target = np.array(pairs).T
    root = evaluate("rmse", pred, target, gradient=False).value
    assert root == pytest.approx(np.sqrt(evaluate("mse", pred, target).value), rel=1e-14)
    assert evaluate("rmse:outputs=mean", pred, target, gradient=False).value == root


def test_rmse_weighs_rows_and_has_a_slope_of_zero_at_perfection():
    weighted = evaluate("rmse", [1.0, 5.0], [0.0, 0.0], weight=[3.0, 1.0])
    assert weighted.value == pytest.approx(np.sqrt((3 * 1 + 25) / 4))
    np.testing.assert_allclose(weighted.gradient["pred"], [3 / (4 * weighted.value), 5 / (4 * weighted.value)])
    assert np.array_equal(evaluate("rmse", [[1.0, 2.0]], [[1.0, 2.0]]).gradient["pred"], [[0.0, 0.0]])


def test_rmse_per_column_leaves_a_perfect_column_alone():
    found = evaluate("rmse:outputs=mean", [[1.0, 3.0], [2.0, 4.0]], [[1.0, 0.0], [2.0, 0.0]])
    assert found.value == pytest.approx(2.5 / np.sqrt(2))
    assert np.array_equal(found.gradient["pred"][:, 0], [0.0, 0.0])


@pytest.mark.parametrize(
    ("recipe", "u", "slope"),
    [
        ("mae", 0.0, 0.0),
        ("smooth_l1:beta=0", 0.0, 0.0),
        ("smooth_l1:beta=2", 2.0, 1.0),
        ("smooth_l1:beta=2", -1.0, -0.5),
        ("huber:delta=2", 2.0, 2.0),
        ("huber:delta=2", -3.0, -2.0),
    ],
)
def test_slopes_at_the_kinks(recipe, u, slope):
    assert evaluate(recipe, [u], [0.0]).gradient["pred"].tolist() == [slope]


def test_a_difference_on_the_tolerance_counts_and_there_is_no_gradient():
    assert evaluate("zero_one:tolerance=0.5", [1.5, 1.25], [1.0, 1.0]).values.tolist() == [1.0, 0.0]
    assert evaluate("zero_one:tolerance=0.5", [1.5], [1.0]).gradient is None
    with pytest.raises(UsageError, match="needs tolerance="):
        evaluate("zero_one", [1.0], [1.0])


def test_outputs_are_averaged_within_a_row():
    found = evaluate("mae", [[1.0, 3.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]])
    assert found.values.tolist() == [2.0, 0.5]
    assert found.gradient["pred"].tolist() == [[0.5, 0.5], [0.0, -0.5]]


def test_one_column_is_the_same_as_no_column_axis():
    flat, tall = np.array([1.0, 2.0]), np.array([[0.5], [4.0]])
    assert evaluate("mse", flat, tall).values.tolist() == [0.25, 4.0]
    assert evaluate("mse", tall, flat).gradient["pred"].tolist() == [[-1.0], [4.0]]


@pytest.mark.parametrize(
    ("pred", "target", "says"),
    [((3, 2), (3,), "pred has 2 numbers"), ((3, 2), (3, 3), "target has 3 numbers"), ((3, 2, 2), (3, 4), "pred has 2×2 numbers")],
)
def test_shapes_are_never_broadcast(pred, target, says):
    with pytest.raises(DataError, match="arrays are not broadcast") as e:
        evaluate("mae", np.zeros(pred), np.zeros(target))
    assert says in str(e.value)
    assert "--col" in str(e.value)


def exact(recipe, f, y):
    u, half = mpmath.mpf(f) - mpmath.mpf(y), mpmath.mpf(1) / 2
    size, bend = abs(u), mpmath.mpf("0.75")
    return {
        "mae": lambda: size,
        "mse": lambda: u * u,
        "half_mse": lambda: u * u / 2,
        "huber:delta=0.75": lambda: half * u * u if size <= bend else bend * (size - bend / 2),
        "smooth_l1:beta=0.75": lambda: half * u * u / bend if size < bend else size - bend / 2,
    }[recipe]()


@pytest.mark.parametrize("recipe", ["mae", "mse", "half_mse", "huber:delta=0.75", "smooth_l1:beta=0.75"])
def test_four_ulp_of_the_fifty_digit_value(recipe):
    rng = np.random.default_rng(5)
    pred = np.concatenate([rng.normal(size=300), rng.normal(size=300) * 10.0 ** rng.uniform(-60, 60, 300), [1e4, -1e4, 1e9, 0.1]])
    target = np.concatenate([rng.normal(size=300), rng.normal(size=300), [-1e4, 1e4, 1e9 + 1e-6, 0.1 + 1e-16]])
    found = evaluate(recipe, pred, target).values
    with mpmath.workdps(50):
        for f, y, got in zip(pred.tolist(), target.tolist(), found.tolist(), strict=True):
            want = exact(recipe, f, y)
            assert abs(mpmath.mpf(got) - want) <= 4 * np.spacing(abs(float(want))), (f, y)


def test_a_huge_difference_is_never_squared_by_the_linear_losses():
    assert evaluate("huber", [1e300], [0.0]).values.tolist() == [1e300]
    assert evaluate("smooth_l1:beta=0.5", [-1e300], [0.0]).values.tolist() == [1e300]
