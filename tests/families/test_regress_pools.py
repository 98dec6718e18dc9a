"""Regression values that no row has: roots, medians, maxima, scores beside a constant; and what their passes promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.core.errors import UsageError
from losscli.engine.block_outcome import weighted_totals
from losscli.engine.totals import Totals
from losscli.families.regress.r2 import _inverted_cdf
from losscli.spec import registry
from losscli.spec.family import Watch
from losscli.spec.param import Params
from losscli.spec.recipe import parse
from tests.support.evaluate import block_of, bound_term, run

RNG = np.random.default_rng(11)
PRED, TARGET = RNG.gamma(2.0, size=40), RNG.gamma(2.0, size=40)
ROWS = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=20)


def value(recipe, pred=PRED, target=TARGET, **kw):
    return run("regress", recipe, {"pred": np.asarray(pred), "target": np.asarray(target)}, **kw).value


def slope(recipe, pred=PRED, target=TARGET, **kw):
    return run("regress", recipe, {"pred": np.asarray(pred), "target": np.asarray(target)}, **kw).gradient["pred"]


@given(ROWS)
def test_the_largest_and_the_middle_difference(pairs):
    pred, target = np.array(pairs).T
    assert value("max_error", pred, target, gradient=False) == np.abs(pred - target).max()
    assert value("median_ae", pred, target, gradient=False) == pytest.approx(np.median(np.abs(pred - target)), rel=1e-15)


def test_a_median_of_columns_is_the_mean_of_their_medians():
    pred, target = PRED.reshape(10, 4), TARGET.reshape(10, 4)
    assert value("median_ae", pred, target) == pytest.approx(np.median(np.abs(pred - target), 0).mean(), rel=1e-15)


def test_a_maximum_leaves_out_rows_of_weight_zero_and_weighs_nothing():
    found = run("regress", "max_error", {"pred": np.array([5.0, 1.0, -3.0]), "target": np.zeros(3)}, weight=[0.0, 4.0, 2.0])
    assert found.value == 3.0
    assert found.gradient["pred"].tolist() == [0.0, 0.0, -1.0]


def test_maxima_merge_in_any_order_and_a_nan_wins():
    parts = [Totals.of({"top": np.array([[x]])}, frozenset({"top"})) for x in (1.0, 7.0, -2.0)]
    assert (parts[0] + parts[1] + parts[2]).arrays()["top"].tolist() == [[7.0]]
    assert (parts[2] + (parts[1] + parts[0])).arrays()["top"].tolist() == [[7.0]]
    lost = Totals.of({"top": np.array([[np.nan]])}, frozenset({"top"}))
    for both in (lost + parts[1], parts[1] + lost):
        assert np.isnan(both.arrays()["top"]).all()


@pytest.mark.parametrize("recipe", ["r2", "d2", "d2:power=1", "d2_pinball:tau=0.3"])
def test_a_score_and_its_complement_add_to_one(recipe):
    loss = recipe + (",form=loss" if ":" in recipe else ":form=loss")
    assert value(recipe) + value(loss) == pytest.approx(1.0, rel=1e-15)
    np.testing.assert_allclose(slope(recipe), -slope(loss), rtol=1e-15)
    family = registry.load("regress")
    assert family.losses[recipe.split(":")[0]].direction_for(Params({"form": "score"})) == "higher"
    assert family.losses[recipe.split(":")[0]].direction_for(Params({"form": "loss"})) == "lower"


@pytest.mark.parametrize("recipe", ["r2", "d2", "d2_pinball"])
def test_the_best_constant_scores_zero_and_perfection_one(recipe):
    centre = np.full(40, np.median(TARGET) if recipe == "d2_pinball" else TARGET.mean())
    assert value(recipe, centre) == pytest.approx(0.0, abs=1e-14)
    assert value(recipe, TARGET) == 1.0


def test_r2_is_d2_of_squares():
    assert value("r2") == pytest.approx(value("d2"), rel=1e-14)


@pytest.mark.parametrize(
    ("tau", "score"),  # d2_pinball_score of scikit-learn 1.9.1
    [
        (0.0, 0.0),
        (0.1, 0.3023255813953488),
        (0.2, 0.5348837209302326),
        (0.25, 0.5714285714285714),
        (0.5, 0.641025641025641),
        (0.7, 0.5927601809954751),
        (0.875, 0.19626168224299068),
        (0.9, -0.02803738317757043),
        (1.0, 0.0),
    ],
)
def test_d2_pinball_of_scikit_learn(tau, score):
    family = registry.load("regress")
    ((_, term),) = parse(f"d2_pinball:tau={tau:g}", family, "sklearn").terms
    recipe = term.full()
    found = value(recipe, [1.0, 1.0, 3.0, 8.0, 20.0], [0.0, 1.0, 2.0, 10.0, 30.0])
    assert found == pytest.approx(score, rel=1e-14)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=12), st.floats(0.001, 0.999), st.floats(-9, 9))
def test_no_constant_has_a_smaller_pinball_loss_than_the_inverted_cdf(target, tau, constant):
    def loss(pred):
        return value(f"pinball:tau={tau!r}", np.full(len(target), pred), np.array(target))

    assert loss(_inverted_cdf(np.array(target)[:, None], tau)[0]) <= loss(constant) + 1e-14


@pytest.mark.parametrize("recipe", ["r2", "d2", "d2_pinball"])
def test_targets_without_spread(recipe):
    assert value(recipe, [1.0, 2.0], [3.0, 3.0]) == -np.inf
    assert value(recipe + ":constant=zero", [1.0, 2.0], [3.0, 3.0]) == 0.0
    assert value(recipe, [3.0, 3.0], [3.0, 3.0]) == 1.0


@pytest.mark.parametrize("recipe", ["r2", "d2:power=1.5", "silog"])
def test_a_group_of_rows_needs_no_pass_of_its_own(recipe):
    """The centre of the whole file serves any part of it: its own mean is made good from the sums."""
    whole = bound_term("regress", recipe, {"pred": PRED, "target": TARGET})
    fitted = whole.resolved(weighted_totals(whole.fit(block_of({"pred": PRED, "target": TARGET}), Watch()), None))
    part = {"pred": PRED[:7], "target": TARGET[:7]}
    sums = weighted_totals(fitted.sums(block_of(part), Watch()), None)
    assert float(fitted.finish(sums).values[0]) == pytest.approx(value(recipe, **part), rel=1e-12)


def test_silog_forgives_what_lambda_says():
    assert value("silog:lambda=1", 3.0 * TARGET, TARGET) == pytest.approx(0.0, abs=1e-30)
    assert value("silog:lambda=0") == pytest.approx(np.mean(np.log(PRED / TARGET) ** 2), rel=1e-14)
    assert value("silog:root=true") == pytest.approx(np.sqrt(value("silog")), rel=1e-15)
    images = value("silog:pool=image", PRED.reshape(4, 10), TARGET.reshape(4, 10))
    assert images == pytest.approx(
        np.mean([value("silog", PRED[i : i + 10], TARGET[i : i + 10]) for i in (0, 10, 20, 30)]), rel=1e-14
    )


def test_ghm_r_weighs_crowded_gradients_down():
    pred = np.array([0.0001] * 9 + [1.0])
    found = run("regress", "ghm_r", {"pred": pred, "target": np.zeros(10)}).values
    alone = run("regress", "charbonnier:c=0.02", {"pred": pred, "target": np.zeros(10)}).values * 0.02
    np.testing.assert_allclose(found / alone, [10 / 90] * 9 + [1.0], rtol=1e-12)
    by_used = run("regress", "ghm_r:norm=nonempty", {"pred": pred, "target": np.zeros(10)}).values
    np.testing.assert_allclose(by_used, 5 * found, rtol=1e-14)


def test_a_power_that_no_distribution_has_is_a_usage_error():
    for recipe in ("tweedie:power=0.5", "d2:power=0.5"):
        with pytest.raises(UsageError, match="between 0 and 1"):
            value(recipe)
