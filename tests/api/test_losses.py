"""`losscli.losses`: a module, arrays in the order people expect, names that several families have, single numbers."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import losscli
from losscli import losses
from losscli.spec import registry

RNG = np.random.default_rng(5)
PROBS, LABELS = RNG.dirichlet([1.0] * 3, 6), np.array([0, 1, 2, 0, 1, 2])
MAPS, MASKS = RNG.random((2, 8, 8)), RNG.integers(0, 2, (2, 8, 8))
A, B, C = (RNG.normal(size=(6, 4)) for _ in range(3))


def test_it_is_a_module_to_import_from():
    code = "import losscli.losses; from losscli.losses import giou, classify; print(giou.__name__, classify.focal.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["giou", "focal"]
    assert losscli.losses is losses
    assert {"giou", "dice", "cross_entropy", "classify"} <= set(dir(losses))


def test_plain_arrays_in_the_order_people_expect():
    assert np.shape(losses.dice(MAPS, MASKS)) == (2,)
    assert losses.ce(PROBS, LABELS) == pytest.approx(-np.log(PROBS[range(6), LABELS]))
    assert losses.giou([[0, 0, 1, 1]], [[0, 0, 1, 1]]) == pytest.approx([0.0])
    assert losses.triplet(A, B, C).shape == (6,)
    assert losses.triplet(A, LABELS) > 0
    assert losses.nt_xent(A, B).shape == (6,)
    assert losses.nt_xent(A, LABELS // 2).shape == (6,)


def test_single_numbers_give_a_single_number():
    assert losses.regress.huber(2.5, 0.0) == 2.0
    assert type(losses.huber(2.5, 0.0)) is float
    assert losses.bce(0.5, 1) == pytest.approx(np.log(2))
    with pytest.raises(losscli.DataError, match="one value where rows are needed"):
        losses.regress.mae(2.5, [1.0])


@pytest.mark.parametrize(
    ("call", "family"),
    [
        (lambda f: f.ce(PROBS, LABELS), "classify"),
        (lambda f: f.bce(PROBS[:, 0], LABELS % 2), "classify"),
        (lambda f: f.bce(MAPS, MASKS), "segment"),
        (lambda f: f.focal(MAPS, MASKS), "segment"),
        (lambda f: f.l1([1.0, 2.0], [1.0, 4.0]), "regress"),
        (lambda f: f.huber(A[:, :3], B[:, :3]), "regress"),
        (lambda f: f.mae(A, B), "regress"),
        (lambda f: f.l1(abs(A).cumsum(1), abs(B).cumsum(1)), "detect"),
        (lambda f: f.iou([[0, 0, 2, 2]], [[0, 0, 1, 1]]), "detect"),
    ],
)
def test_a_shared_name_is_resolved_by_the_shapes(call, family):
    assert np.array_equal(call(losses), call(getattr(losses, family)))


def test_arrays_that_fit_several_losses_are_refused():
    with pytest.raises(losscli.UsageError, match=r"(?s)fit regress.huber and detect.huber.*losscli.losses.detect.huber"):
        losses.huber(A, B)
    with pytest.raises(losscli.UsageError, match=r"fit classify.ce and segment.ce"):
        losses.ce(PROBS, PROBS)
    with pytest.raises(losscli.UsageError, match=r"no huber reads arrays of the shapes \(2, 8, 8\)"):
        losses.huber(MAPS, MAPS)
    with pytest.raises(losscli.UsageError, match=r"huber takes \(pred, target\)"):
        losses.huber(A)


def test_names_of_classes_come_from_the_columns():
    names = pd.Series(["a", "b", "c", "a", "b", "c"])
    expected = losses.classify.ce(PROBS, LABELS)
    assert np.array_equal(losses.ce(pd.DataFrame(PROBS, columns=list("abc")), names), expected)
    assert np.array_equal(losses.ce(pd.DataFrame(PROBS, columns=list("abc")), names.to_frame("label")), expected)
    assert np.array_equal(losses.ce(PROBS, names, class_names=["a", "b", "c"]), expected)
    assert np.array_equal(losses.ce(pd.DataFrame(PROBS), LABELS), expected)


def test_a_function_says_what_it_takes():
    assert "from_logits" in inspect.signature(losses.classify.focal).parameters
    with pytest.raises(losscli.UsageError, match=r"(?s)no parameter 'from_logits'.*options: box_format"):
        losses.giou([[0, 0, 1, 1]], [[0, 0, 1, 1]], from_logits=True)  # type: ignore[call-arg]
    with pytest.raises(losscli.UsageError, match=r"no parameter 'gama', did you mean gamma"):
        losses.classify.focal(PROBS, LABELS, gama=2)  # type: ignore[call-arg]
    assert "regress.huber" in losses.huber.__doc__


def test_functions_pickle_by_name():
    for call in (losses.giou, losses.huber, losses.classify.focal, losses.cross_entropy):
        assert pickle.loads(pickle.dumps(call)) is call


def test_every_word_of_the_catalogue_is_there():
    for family in registry.NAMES:
        for word in registry.load(family).words:
            assert callable(getattr(losses, word))
            assert callable(getattr(getattr(losses, family), word))
    with pytest.raises(AttributeError, match="did you mean giou"):
        _ = losses.giuo  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="detect has no loss dise"):
        _ = losses.detect.dise  # type: ignore[attr-defined]


def test_parameters_may_be_arrays():
    weights = [1.0, 2.0, 4.0]
    expected = losses.classify.ce(PROBS, LABELS, weights=weights)
    for given in (np.array(weights), pd.Series(weights), tuple(weights)):
        assert np.array_equal(losses.classify.ce(PROBS, LABELS, weights=given), expected)
    scores = RNG.dirichlet([1.0] * 3, (2, 4, 4)).transpose(0, 3, 1, 2)
    distance, mask = 1.0 - np.eye(3), RNG.integers(0, 3, (2, 4, 4))
    found = losses.segment.wasserstein_dice(scores, mask, distance=distance)
    assert np.array_equal(found, losses.segment.wasserstein_dice(scores, mask, distance=distance.ravel().tolist()))
    wrong: list[Any] = [{"a": 1}, [1, "x"], object()]
    for value in wrong:
        with pytest.raises(losscli.UsageError, match="ce: weights must be"):
            losses.classify.ce(PROBS, LABELS, weights=value)
