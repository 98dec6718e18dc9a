"""The Python face: its examples, arrays as files, and every kernel as a plain function."""

from __future__ import annotations

import doctest
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.core.errors import DataError, UsageError
from tests.support.evaluate import run
from tests.support.examples import catalogue, examples

RNG = np.random.default_rng(3)
PRED, TARGET = RNG.normal(size=(50, 3)), RNG.normal(size=(50, 3))


@pytest.mark.parametrize("module", [losscli, losscli.api, losscli.losses], ids=lambda m: m.__name__)
def test_the_examples_print_what_they_say(module):
    found = doctest.testmod(module)
    assert found.attempted > 4
    assert found.failed == 0


def test_arrays_give_the_bits_of_files(tmp_path):
    np.save(tmp_path / "p.npy", PRED)
    np.savez(tmp_path / "t.npz", target=TARGET)
    files = losscli.evaluate(tmp_path / "p.npy", str(tmp_path / "t.npz"), family="regress", losses=["mse", "huber:delta=0.5"])
    arrays = losscli.evaluate(PRED, {"target": TARGET}, family="regress", losses=["mse", "huber:delta=0.5"])
    assert files.losses == arrays.losses
    assert files.alignment == arrays.alignment


def test_importing_the_package_loads_nothing():
    code = "import sys, losscli as x; print('numpy' in sys.modules, 'evaluate' in dir(x)); x.evaluate; print('api' in dir(x))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def plain_functions():
    return [pytest.param(family, loss, id=f"{family}/{loss.name}") for family, loss in catalogue()]


@pytest.mark.parametrize(("family", "loss"), plain_functions())
def test_every_loss_is_a_plain_function(family, loss):
    call = getattr(getattr(losscli.losses, family), loss.name)
    assert call.__doc__.startswith(loss.summary)
    for example in examples(family, loss):
        if ":" in example.recipe:
            continue
        expected = run(family, example.recipe, example.arrays, gradient=False, form=example.form, **example.conventions)
        found = call(**example.arrays, **{k: v for k, v in example.conventions.items() if v is not False})
        if expected.values is None and isinstance(found, np.ndarray):
            assert found.shape == (len(next(iter(example.arrays.values()))),), "a row's own loss, though rows are compared"
        elif expected.values is None:
            assert found == pytest.approx(expected.value, rel=1e-12)
        else:
            kept = np.ones(len(found), bool) if expected.kept is None else expected.kept
            assert np.array_equal(found[kept], expected.values[kept]), str(example)
            assert np.isnan(found[~kept]).all()


def test_parameters_are_checked():
    with pytest.raises(UsageError, match="outside ≥0"):
        losscli.losses.giou(PRED, TARGET, eps=-1)
    with pytest.raises(UsageError, match="no parameter 'epsilon'"):
        losscli.losses.giou(PRED, TARGET, epsilon=1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="did you mean giou"):
        _ = losscli.losses.giuo  # type: ignore[attr-defined]


def test_what_is_no_array_of_rows_is_refused():
    with pytest.raises(DataError, match=r"pred: not an array: its rows differ in length"):
        losscli.evaluate([[1.0], [1.0, 2.0]], [1.0, 2.0], family="regress", losses="mse")
    with pytest.raises(DataError, match="pred, row 2, column \\[1\\]"):
        losscli.evaluate([[1.0, 1.0], [1.0, np.nan]], [[1.0, 1.0], [1.0, 1.0]], family="regress", losses="mse")


def test_sides_of_unequal_lengths_in_one_mapping_are_refused():
    with pytest.raises(DataError, match="`pred` has 2 rows, `target` has 1"):
        losscli.evaluate({"pred": [1.0, 2.0], "target": [1.0]}, family="regress", losses="mae")


def test_weights_and_labels_may_be_lists():
    report = losscli.evaluate([0.9, 0.2], ["no", "yes"], family="classify", losses="bce", weights=[1.0, 0.0], classes=["no", "yes"])
    assert report.losses[0].value == pytest.approx(-np.log(0.1))


def test_a_gradient_has_the_layout_of_the_prediction():
    a, b = np.zeros((2, 3)) + 1, np.zeros((2, 3))
    slope: Any = losscli.gradient("contrastive", np.stack([a, b], 1), [1, 1])
    assert slope.shape == (2, 2, 3)
    moved: Any = losscli.gradient("giou", [[1.0, 1, 2, 2]], [[1.0, 1, 2, 3]], pred_box_format="xywh", target_box_format="xywh")
    assert moved[0, 0] == 0
    assert moved[0, 3] < 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_class_vectors_that_are_not_finite_are_refused(value):
    vectors, label, table = np.eye(3), [0, 1, 0], np.array([[1.0, 0.0, value], [0.0, 1.0, 0.0]])
    for loss, option in (("arcface", "class_weights"), ("center", "centers")):
        given: dict[str, Any] = {option: table, "nonfinite": "keep"}
        with pytest.raises(losscli.DataError, match="finite"):
            losscli.evaluate(vectors, label, family="embed", losses=loss, **given)
