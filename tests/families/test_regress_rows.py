"""Tier-two regression losses row by row: limits, edges, domains, and readings of several predictions per target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losscli
from losscli.core.errors import DataError
from tests.support.evaluate import run

U = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20)


def rows(recipe, pred, target=0.0, **roles):
    pred = np.atleast_1d(np.asarray(pred, float))
    arrays = {"pred": pred, "target": np.broadcast_to(np.asarray(target, float), pred.shape).copy()}
    return run("regress", recipe, {**arrays, **{k: np.asarray(v, float) for k, v in roles.items()}})


@pytest.mark.slow
@given(U)
def test_the_named_members_of_barrons_family(u):
    for alpha, name in (("1", "charbonnier:c=0.5"), ("0", "cauchy:c=0.5"), ("-2", "geman_mcclure:c=0.5"), ("-inf", "welsch:c=0.5")):
        one, two = rows(f"barron:alpha={alpha},c=0.5", u), rows(name, u)
        np.testing.assert_allclose(one.values, two.values, rtol=1e-13, atol=1e-320)
        np.testing.assert_allclose(one.gradient["pred"], two.gradient["pred"], rtol=1e-12, atol=1e-300)
    assert np.array_equal(rows("barron:alpha=2", u).values, rows("half_mse", u).values)


@given(U)
def test_how_the_quantile_losses_relate(u):
    np.testing.assert_allclose(2 * rows("pinball", u).values, rows("mae", u).values, rtol=1e-15, atol=1e-320)
    np.testing.assert_allclose(2 * rows("quantile_huber", u).values, rows("huber", u).values, rtol=1e-15, atol=1e-320)
    assert np.array_equal(rows("epsilon_insensitive:epsilon=0", u).values, rows("mae", u).values)


def test_an_interval_score_is_two_pinballs():
    lower, upper, target = np.array([0.0, 1.0, -2.0]), np.array([1.0, 2.0, 0.0]), np.array([0.5, 3.0, -2.5])
    found = run("regress", "interval_score:alpha=0.2", {"lower": lower, "upper": upper, "target": target}).values
    both = rows("pinball:tau=0.1", lower, target).values + rows("pinball:tau=0.9", upper, target).values
    np.testing.assert_allclose(found, both * 10.0, rtol=1e-14)


@given(st.lists(st.lists(st.floats(-100, 100), min_size=4, max_size=4), min_size=1, max_size=6), st.floats(-100, 100))
def test_crps_is_the_energy_form(members, y):
    x = np.array(members)
    found = run("regress", "crps", {"pred": x, "target": np.full(len(x), y)})
    spread = np.abs(x[:, :, None] - x[:, None, :]).mean((1, 2))
    np.testing.assert_allclose(found.values, np.abs(x - y).mean(1) - 0.5 * spread, atol=1e-11)
    pull = np.sign(x - y) / 4 - np.sign(x[:, :, None] - x[:, None, :]).sum(2) / 16
    np.testing.assert_allclose(found.gradient["pred"], pull, atol=1e-15)


def test_levels_face_one_target():
    pred, target = np.array([[1.0, 2.0, 4.0], [0.0, 1.5, 2.0]]), np.array([3.0, 1.0])
    each = [rows(f"pinball:tau={t}", pred[:, i], target).values for i, t in enumerate((0.1, 0.5, 0.9))]
    found = run("regress", "pinball:tau=[0.1,0.5,0.9]", {"pred": pred, "target": target})
    np.testing.assert_allclose(found.values, np.mean(each, 0), rtol=1e-15)
    assert found.gradient["pred"].shape == pred.shape
    with pytest.raises(DataError, match="3 numbers per row, but pinball has 2 levels"):
        run("regress", "pinball:tau=[0.1,0.9]", {"pred": pred, "target": target})
    with pytest.raises(DataError, match="target has 3 numbers per row, pinball reads a single one"):
        run("regress", "pinball:tau=[0.1,0.5,0.9]", {"pred": pred, "target": pred})
    with pytest.raises(DataError, match="arrays are not broadcast"):
        run("regress", "pinball", {"pred": pred, "target": target})


@pytest.mark.parametrize(
    ("recipe", "pred", "target", "says"),
    [
        ("msle", [0.5, -1.0], [1.0, 1.0], "-1 as pred: msle needs numbers above -1"),
        ("rmsle", [0.5, 0.5], [1.0, -2.0], "-2 as target"),
        ("poisson_deviance", [1.0, -0.5], [1.0, 1.0], "-0.5 as pred: poisson_deviance needs numbers 0 or above"),
        ("gamma_deviance", [1.0, 1.0], [1.0, 0.0], "0 as target: gamma_deviance needs numbers above 0"),
        ("tweedie:power=1.5", [1.0, 1.0], [1.0, -1.0], "-1 as target"),
        ("tweedie:power=3", [0.0, 1.0], [1.0, 1.0], "0 as pred"),
        ("poisson_nll", [-1.0, 1.0], [1.0, 1.0], "-1 as pred"),
        ("silog", [1.0, 0.0], [1.0, 1.0], "0 as pred"),
        ("adaptive_wing", [1.0, 0.0], [1.0, 2.0], "2 as target: adaptive_wing needs numbers between 0 and 1"),
    ],
)
def test_numbers_outside_the_domain_are_named(recipe, pred, target, says):
    with pytest.raises(DataError) as e:
        rows(recipe, pred, target)
    assert says in str(e.value)


@pytest.mark.parametrize("recipe", ["gaussian_nll", "laplace_nll"])
def test_a_variance_of_zero_needs_a_floor(recipe):
    role = "var" if recipe == "gaussian_nll" else "scale"
    with pytest.raises(DataError, match="needs numbers above 0"):
        rows(recipe, [0.0], **{role: [0.0]})
    found = rows(f"{recipe}:eps=0.5", [1.0], **{role: [0.0]})
    assert found.values == rows(recipe, [1.0], **{role: [0.5]}).values
    assert found.gradient[role].tolist() == [0.0]


@pytest.mark.parametrize(
    ("recipe", "pred", "target", "value"),
    [
        ("mape", 1.0, 0.0, np.inf),
        ("mape", 0.0, 0.0, 0.0),
        ("smape", 0.0, 0.0, 0.0),
        ("smape", 1.0, -1.0, 2.0),
        ("smape", 1.5e308, -1.5e308, 2.0),
        ("poisson_nll", 0.0, 0.0, 0.0),
        ("poisson_nll", 0.0, 2.0, np.inf),
        ("poisson_nll:log_input=true", 800.0, 1e300, np.inf),
        ("poisson_deviance", 0.0, 0.0, 0.0),
        ("poisson_deviance", 0.0, 2.0, np.inf),
        ("poisson_deviance", 3.0, 0.0, 6.0),
        ("tweedie:power=1.5", 4.0, 0.0, 8.0),
        ("tweedie:power=-1", 2.0, -3.0, 2 * (2.0**3 / 3 + 3 * 2.0**2 / 2)),
        ("log_cosh", -1e200, 0.0, 1e200),
        ("charbonnier", 1e300, 0.0, 1e300),
        ("welsch", 1e200, 0.0, 1.0),
        ("geman_mcclure", -1e200, 0.0, 2.0),
        ("wing", 0.0, 0.0, 0.0),
    ],
)
def test_edges(recipe, pred, target, value):
    with np.errstate(all="raise"):
        assert rows(recipe, [1.0], [1.0]).values is not None
    with np.errstate(all="ignore"):
        found = rows(recipe, [pred], [target])
    assert found.values[0] == pytest.approx(value, rel=1e-15)
    assert not np.isnan(found.gradient["pred"]).any()


@pytest.mark.parametrize(
    ("recipe", "pred", "target", "slope"),
    [
        ("pinball:tau=0.3", 1.0, 1.0, -0.3),
        ("epsilon_insensitive:epsilon=0.5", 1.5, 1.0, 0.0),
        ("wing", 10.0, 0.0, 1.0),
        ("wing", 0.0, 0.0, 0.0),
        ("mape", 2.0, 2.0, 0.0),
        ("smape", 0.0, 2.0, -1.0),
        ("gaussian_nll:eps=1", 3.0, 1.0, 2.0),
    ],
)
def test_slopes_at_the_kinks(recipe, pred, target, slope):
    extra = {"var": [0.5]} if recipe.startswith("gaussian") else {}
    assert rows(recipe, [pred], [target], **extra).gradient["pred"].tolist() == [slope]


def test_a_vector_without_direction_counts_as_square():
    zero, some = np.zeros((1, 3)), np.array([[1.0, 2.0, 2.0]])
    found = run("regress", "cosine", {"pred": zero, "target": some})
    assert found.values.tolist() == [1.0]
    assert not found.gradient["pred"].any()
    floored = run("regress", "cosine:eps=1e-8", {"pred": zero, "target": some})
    np.testing.assert_allclose(floored.gradient["pred"], -some / 3e-8, rtol=1e-15)


def test_nearly_parallel_vectors_keep_their_digits():
    found = run("regress", "cosine", {"pred": np.array([[1.0, 0.0]]), "target": np.array([[1.0, 1e-9]])})
    assert found.values[0] == pytest.approx(0.5e-18, rel=1e-15)
    same = run("regress", "cosine", {"pred": np.array([[0.1, 0.7, -3.0]]), "target": np.array([[0.2, 1.4, -6.0]])})
    assert same.values.tolist() == [0.0]


@pytest.mark.parametrize(
    ("recipe", "slope"),
    [
        ("charbonnier", 1.0),
        ("charbonnier:form=root", 1.0),
        ("cauchy", 0.0),
        ("geman_mcclure", 0.0),
        ("welsch", 0.0),
        ("barron:alpha=0", 0.0),
        ("barron:alpha=-inf", 0.0),
    ],
)
def test_gradients_of_differences_beyond_the_doubles_are_at_their_limit(recipe, slope):
    found: Any = losscli.gradient(recipe, np.array([1e308, -1e308]), np.array([-1e308, 1e308]), family="regress")
    np.testing.assert_allclose(found, [slope, -slope], rtol=1e-15, atol=2e-308)
