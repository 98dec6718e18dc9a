"""Maps: stable, exact in the tails, undefined only where the mathematics is."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import exp, mp, mpf

from losscli.core.errors import DataError, UsageError
from losscli.spec import maps


def applied(text, array, nonfinite="error"):
    chosen, params = maps.find(text)
    return maps.apply(chosen, np.asarray(array, float), params, nonfinite)


def test_values_of_the_survey():
    assert applied("hardmax", [[1, 2, 3]]).tolist() == [[1 / 6, 1 / 3, 1 / 2]]
    # printed to eight digits
    np.testing.assert_allclose(applied("softmax", [[1, 2, 3]]), [[0.09003057, 0.24472847, 0.66524096]], atol=5e-9)


def test_softmax_and_sigmoid_are_exact_in_the_tails():
    z = [[0.0, -40.0, -700.0], [1e4, 0.0, -1e4], [6.698589768909645, -49.094082169782965, -27.32906647122249]]
    with mp.workdps(50):
        exact = [[float(exp(mpf(v)) / sum(exp(mpf(u)) for u in row)) for v in row] for row in z]
        tails = [float(1 / (1 + exp(-mpf(v)))) for v in (-700.0, -40.0, 40.0, 0.0)]
    # z - max z, below 64 in the last row, is rounded to half a unit of its own last place, and e to it by as much of itself
    np.testing.assert_allclose(applied("softmax", z), exact, rtol=64 * 2.0**-53, atol=0)
    np.testing.assert_allclose(applied("sigmoid", [-700.0, -40.0, 40.0, 0.0]), tails, rtol=1e-15, atol=0)


def test_softmax_of_the_largest_and_of_infinite_logits():
    assert applied("softmax", [[1.7e308, -1.7e308], [0.0, 0.0]]).tolist() == [[1.0, 0.0], [0.5, 0.5]]
    found = applied("softmax", [[-np.inf, 0.0, 0.0]], nonfinite="keep")
    assert found.tolist() == [[0.0, 0.5, 0.5]]


def test_log_softmax_keeps_the_small_loss_of_a_sure_row():
    assert applied("log_softmax", [[50.0, 0.0]])[0, 0] == pytest.approx(-np.exp(-50.0), rel=1e-15)


def test_hardmax_argmax_takes_the_first_maximum():
    assert applied("hardmax:kind=argmax", [[1, 3, 3]]).tolist() == [[0.0, 1.0, 0.0]]


def test_a_zero_sum_is_refused_or_follows_ieee():
    with pytest.raises(DataError, match=r"row 2.*sums to zero"):
        applied("hardmax", [[1, 1], [1, -1]])
    assert applied("hardmax", [[1.0, -1.0]], "keep").tolist() == [[np.inf, -np.inf]]


def test_l2_normalize_of_any_size():
    for scale in (1.0, 1e200, 1e-200):
        np.testing.assert_allclose(applied("l2_normalize", [[3 * scale, 4 * scale]]), [[0.6, 0.8]], rtol=1e-15)
    with pytest.raises(DataError, match=r"row 1.*row of zeros"):
        applied("l2_normalize", [[0.0, 0.0]])


def test_classes_lie_on_the_second_axis_whatever_follows():
    pixels = np.random.default_rng(3).normal(size=(2, 3, 4))
    for text in ("softmax", "log_softmax", "hardmax", "hardmax:kind=argmax"):
        one_by_one = np.stack([applied(text, pixels[..., k]) for k in range(4)], -1)
        np.testing.assert_array_equal(applied(text, pixels), one_by_one)


def test_mistakes():
    with pytest.raises(UsageError, match="did you mean softmax"):
        maps.find("sofmax")
    with pytest.raises(UsageError, match="hardmax has no parameter"):
        maps.find("hardmax:kid=sum")
    with pytest.raises(UsageError, match="kind must be sum or argmax"):
        maps.find("hardmax:kind=x")
    with pytest.raises(DataError, match="one column per class"):
        applied("softmax", [1.0, 2.0])
