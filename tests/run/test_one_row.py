"""`explain LOSS --row K`: one sample with its terms, its quantities and its gradient."""

from __future__ import annotations

import json

import numpy as np
import pytest

import losscli
from losscli.core.errors import UsageError
from losscli.engine.term import BoundTerm
from losscli.run.one_row import decompose
from losscli.run.request import Request
from losscli.sources.in_memory import Memory
from losscli.spec.family import Watch
from tests.support.command import call
from tests.support.examples import catalogue, examples
from tests.support.paths import SAMPLES

from tests.support.evaluate import bind, block_of  # isort: skip

PRED = np.array([[0.0, 0, 1, 1], [0, 0, 2, 2]])
TARGET = np.array([[3.0, 3, 4, 4], [1, 0, 3, 4]])


def taken(loss, row, pred=PRED, target=TARGET, family="detect", **more):
    return decompose(Request(family, Memory("pred", pred), Memory("target", target), losses=(loss,), **more), row)


def test_a_box_pair_shows_its_overlap_centres_and_aspect():
    found = taken("ciou", 2)
    parts = found.pieces[0].parts
    assert parts["IoU"] == 0.2
    assert parts["distance of the centres"] == pytest.approx(np.sqrt(2))
    assert parts["diagonal of the hull"] == 5.0
    assert 1 - parts["IoU"] + parts["distance term"] + parts["aspect term"] == pytest.approx(found.value, rel=1e-15)
    assert np.array_equal(found.gradient["box"], np.asarray(losscli.gradient("ciou", PRED, TARGET))[1])


def test_the_terms_of_a_recipe_stand_each_on_its_own():
    found = taken("0.5*giou+iou", 1)
    assert [(p.recipe, p.weight, p.value) for p in found.pieces] == [("giou", 0.5, 1.875), ("iou", 1.0, 1.0)]
    assert found.value == 0.5 * 1.875 + 1.0


@pytest.mark.parametrize("row", [1, 2])
def test_a_row_of_classes_shows_p_t(row):
    probs, label = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]), np.array([0, 1])
    for loss in ("ce", "focal"):
        parts = taken(loss, row, probs, label, "classify").pieces[0].parts
        assert parts["p_t"] == pytest.approx(probs[row - 1, row - 1])


def test_an_image_shows_each_class():
    rng = np.random.default_rng(0)
    z = rng.random((2, 3, 4, 5))
    found = taken("dice", 1, z / z.sum(1, keepdims=True), rng.integers(0, 3, (2, 4, 5)), "segment")
    assert found.pieces[0].parts["loss by class"].mean() == pytest.approx(found.value)


def test_a_triplet_shows_its_distances():
    found = decompose(Request("embed", Memory("pred", np.array([[[0.0, 0], [3, 4], [0, 1]]])), losses=("triplet",)), 1)
    parts = found.pieces[0].parts
    assert parts["d_ap"] == 5
    assert parts["d_an"] == 1


@pytest.mark.parametrize(
    ("family", "loss"), [pytest.param(f, x, id=f"{f}/{x.name}") for f, x in catalogue() if any(y.inner for y in x.forms)]
)
def test_declared_parts_have_an_entry_per_row(family, loss):
    for example in examples(family, loss):
        bound, _ = bind(example)
        assert isinstance(bound, BoundTerm)
        if bound.form.inner is None:
            continue
        block = block_of(example.arrays)
        for name, found in bound.parts(block, Watch()).items():
            assert len(found) == block.rows, f"{example} {name}"


def test_the_command_and_its_json():
    files = (str(SAMPLES / "boxes.csv"), str(SAMPLES / "gt.csv"), "--key", "id", "--row", "3")
    text = call("explain", "ciou", *files)
    assert text.code == 0, text.err
    assert "PRED row 3" in text.out
    assert "aspect term" in text.out
    found = json.loads(call("explain", "ciou", *files, "-f", "json").out)
    assert list(found["terms"][0]) == ["recipe", "weight", "value", "terms", "parts"]
    assert len(found["gradient"]["box"]) == 4


def test_mistakes_are_told():
    with pytest.raises(UsageError, match="not among the 2 rows"):
        taken("iou", 3)
    with pytest.raises(UsageError, match="no value per sample"):
        taken("rmse", 1, np.ones(2), np.ones(2), "regress")
    assert call("explain", "iou", "boxes.csv").code == 2
    assert call("explain", "iou", "--row", "1").code == 2
