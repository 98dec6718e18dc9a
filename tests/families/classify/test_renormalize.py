"""--renormalize: the number of rows divided by their sums, and when it is named as the way out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError
from losscli.spec import registry
from tests.support.command import call
from tests.support.evaluate import run
from tests.support.examples import reading

EXCLUSIVE = [
    loss.name
    for loss in registry.load("classify").losses.values()
    if reading(loss.scores, loss.with_defaults(), 3) == "softmax" and not any(p.required for p in loss.params)
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_most_losses_of_probabilities_are_held_to_it():
    assert {"ce", "focal", "brier", "gce", "kl", "weighted_kappa", "zero_one"} <= set(EXCLUSIVE)


@pytest.mark.parametrize("name", EXCLUSIVE)
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_number_is_that_of_divided_rows(name, seed):
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.1, 9.0, (6, 3))
    label = np.array([0, 1, 2, 2, 1, 0])
    kind = registry.load("classify").losses[name]
    if reading(kind.label, kind.with_defaults(), 3) == "scores":
        label = rng.uniform(0.1, 9.0, (6, 3))
    if reading(kind.label, kind.with_defaults(), 3) == "position":
        label = rng.uniform(0.0, 2.0, 6)
    divided = {"scores": raw / raw.sum(1, keepdims=True), "label": label / label.sum(1, keepdims=True) if label.ndim > 1 else label}
    found = run("classify", name, {"scores": raw, "label": label}, renormalize=True, gradient=False)
    assert found.value == pytest.approx(run("classify", name, divided, gradient=False).value, rel=1e-12)


def test_soft_labels_are_divided_too():
    label = np.array([[0.333, 0.333, 0.333], [0.2, 0.3, 0.5]])
    scores = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    with pytest.raises(DataError, match=r"sums deviate from 1 by up to 0\.001: rounded to 3 digits"):
        run("classify", "ce", {"scores": scores, "label": label})
    found = run("classify", "ce", {"scores": scores, "label": label}, renormalize=True)
    exact = run("classify", "ce", {"scores": scores, "label": label / label.sum(1, keepdims=True)})
    assert found.value == pytest.approx(exact.value, rel=1e-15)


@pytest.mark.parametrize(
    ("scores", "said", "remedy"),
    [
        ([[0.333, 0.333, 0.333], [0.2, 0.3, 0.5]], "sums deviate from 1 by up to 0.001: rounded to 3 digits?", "--renormalize"),
        ([[0.334, 0.333, 0.3347]], "up to 0.0017: rounded to 4 digits?", "--renormalize"),
        ([[0.17] * 6], "up to 0.02: rounded to 2 digits?", "--renormalize"),
        ([[0.9, 0.2, 0.3]], "sum to 1.4, not to 1", "--multilabel"),
        ([[90.5, 5.5, 4.0]], "90.5 is not a probability", "--renormalize"),
        ([[90.5, -5.5, 15.0]], "90.5 is not a probability", "--from-logits"),
    ],
)
@pytest.mark.parametrize("loss", ["ce", "nce", "brier", "focal"])
def test_it_is_named_where_it_helps(scores, said, remedy, loss):
    np.save("p.npy", np.array(scores))
    np.save("t.npy", np.zeros(len(scores), int))
    done = call("classify", "p.npy", "t.npy", "-l", loss)
    assert done.code == 3
    assert said in done.err
    assert remedy in done.err
    assert ("--renormalize" in done.err) == (remedy == "--renormalize")
    assert "renormalize=true" not in done.err
    assert call("classify", "p.npy", "t.npy", "-l", loss, remedy).code == 0


def test_what_is_accepted_needs_no_option():
    third = np.full((4, 3), 1 / 3)
    for dtype in (np.float64, np.float32, np.float16):
        np.save("p.npy", third.astype(dtype))
        np.save("t.npy", np.zeros(4, int))
        assert call("classify", "p.npy", "t.npy", "-l", "ce", "-b").code == 0


@pytest.mark.parametrize("other", ["--from-logits", "--multilabel"])
def test_it_contradicts_other_readings(other):
    np.save("p.npy", np.full((2, 2), 0.5))
    np.save("t.npy", np.zeros(2, int))
    done = call("classify", "p.npy", "t.npy", "-l", "ce", "--renormalize", other)
    assert done.code == 2
    assert f"--renormalize and {other} cannot be used together" in done.err


def test_the_report_says_so():
    np.save("p.npy", np.array([[0.333, 0.333, 0.333]]))
    np.save("t.npy", np.zeros(1, int))
    report = call("classify", "p.npy", "t.npy", "-l", "ce", "--renormalize", "-f", "json").report
    assert "renormalized" in str(report)


@pytest.mark.parametrize(
    "loss", ["ce", "dice", "jaccard", "focal", "tversky", "gdl", "lovasz_softmax", "boundary", "unified_focal"]
)
def test_pixels_are_divided_too(loss):
    rng = np.random.default_rng(5)
    raw, mask = rng.uniform(0.1, 9.0, (2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))
    divided = raw / raw.sum(1, keepdims=True)
    recipe = "focal:mode=softmax" if loss == "focal" else loss
    found = run("segment", recipe, {"scores": raw, "mask": mask}, renormalize=True, gradient=False)
    assert found.value == pytest.approx(run("segment", recipe, {"scores": divided, "mask": mask}, gradient=False).value, rel=1e-12)
    np.save("p.npy", np.round(divided, 3))
    np.save("t.npy", mask)
    done = call("segment", "p.npy", "t.npy", "-l", recipe)
    assert done.code == 3
    assert "rounded to 3 digits? --renormalize" in done.err
    assert call("segment", "p.npy", "t.npy", "-l", recipe, "--renormalize").code == 0


def test_soft_masks_are_divided_too():
    rng = np.random.default_rng(6)
    scores, mask = rng.dirichlet((1, 1, 1), (2, 4, 5)).transpose(0, 3, 1, 2), rng.uniform(0.1, 9.0, (2, 3, 4, 5))
    whole = mask / mask.sum(1, keepdims=True)
    for loss in ("ce", "dice"):
        found = run("segment", loss, {"scores": scores, "mask": mask}, renormalize=True)
        assert found.value == pytest.approx(run("segment", loss, {"scores": scores, "mask": whole}).value, rel=1e-12)


def test_regions_of_detectors_are_divided_too():
    rng = np.random.default_rng(7)
    raw = rng.uniform(0.1, 9.0, (5, 3))
    arrays = {"label": np.array([0, 1, 2, 1, 0]), "deltas": rng.normal(size=(5, 4)), "target_deltas": rng.normal(size=(5, 4))}
    found = run("detect", "faster_rcnn", {"scores": raw, **arrays}, renormalize=True, gradient=False)
    divided = run("detect", "faster_rcnn", {"scores": raw / raw.sum(1, keepdims=True), **arrays}, gradient=False)
    assert found.value == pytest.approx(divided.value, rel=1e-12)
