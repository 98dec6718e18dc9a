"""Gradients of logits computed in the cache, against the general forms that they replace, extremes included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.families.shared.class_scores import Sigmoid, Softmax
from losscli.families.shared.in_cache import PIECE, bce_slope

LOGITS = st.sampled_from([0.0, 1e-300, 1.0, -1.0, 37.0, -37.0, 300.0, -300.0, 746.0, 1e4, -1e4, 1e300]) | st.floats(-50, 50)


@given(st.lists(st.tuples(*[LOGITS] * 3, st.integers(0, 2), st.sampled_from([0.0, -1.0, -2.5])), min_size=1, max_size=9))
def test_of_one_class_of_several(rows):
    z, label, g = np.array([r[:3] for r in rows]), np.array([r[3] for r in rows]), np.array([r[4] for r in rows])
    scores = Softmax(z, True)
    found, wanted = scores.pull_at(label, g), scores._pull_logits_at(label, g)
    size = np.abs(wanted).max(1, keepdims=True)
    assert np.all(np.abs(found - wanted) <= 2e-15 * size), "of the row's largest component"
    place = (np.arange(len(z)), label)
    assert found[place] == pytest.approx(wanted[place], rel=1e-14, abs=1e-300)


def test_rows_without_finite_exponentials_keep_their_gradient():
    z = np.array([[np.inf, 0.0, 1.0], [np.nan, 0.0, 1.0], [800.0, 800.0, -800.0], [0.0, 0.0, 0.0]])
    scores, label, g = Softmax(z, True), np.array([1, 1, 0, 2]), -np.ones(4)
    with np.errstate(invalid="ignore"):
        found, wanted = scores.pull_at(label, g), scores._pull_logits_at(label, g)
    assert np.allclose(found, wanted, rtol=1e-15, atol=0, equal_nan=True)


@given(st.lists(st.tuples(LOGITS, st.sampled_from([0.0, 1.0, 0.25, 0.5])), min_size=1, max_size=20))
def test_of_one_score(rows):
    x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    scores = Sigmoid(x, True)
    found = bce_slope(x, y)
    hard = (y == 0) | (y == 1)
    assert found[hard] == pytest.approx(np.where(y == 1, -scores.q, scores.p)[hard], rel=1e-15, abs=0)
    assert np.all(np.abs(found - (scores.p - y)) <= 3e-16)


def test_pieces_do_not_show():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=PIECE + 7).astype("f4"), rng.integers(0, 2, PIECE + 7).astype(float)
    whole = bce_slope(x, y)
    assert np.array_equal(whole[PIECE:], bce_slope(x[PIECE:], y[PIECE:]))
    z, label, g = rng.normal(size=(300, 1000)).astype("f4"), rng.integers(0, 1000, 300), -np.ones(300)
    assert np.array_equal(Softmax(z, True).pull_at(label, g)[200:], Softmax(z[200:], True).pull_at(label[200:], g[200:]))
