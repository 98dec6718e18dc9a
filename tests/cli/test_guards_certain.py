"""Each guard's certain case: an error that names the place and the flag, or a number that is right, never a wrong one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.support.command import array, call, refused, table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_pair_order_a_shared_key_in_another_order():
    sides = table("p.csv", "id,pred", "1,1", "2,2", "3,3"), table("t.csv", "id,target", "2,2", "1,1", "3,3")
    refused(3, "regress", *sides, "-l", "mse", says=("row 1 is id 1 in p.csv and 2 in t.csv", "use --key id"))
    assert call("regress", *sides, "-l", "mse", "--key", "id", "-b").out.strip() == "0"


@pytest.mark.parametrize("name", ["", "index", "Unnamed: 0", "id"])
def test_index_column_is_not_a_class(name):
    plain, label = table("p.csv", "a,b", ".2,.8", ".6,.4", ".5,.5"), table("t.csv", "label", 1, 0, 1)
    indexed = table("i.csv", f"{name},a,b", "0,.2,.8", "1,.6,.4", "2,.5,.5")
    assert call("classify", indexed, label, "-l", "ce", "-b").out == call("classify", plain, label, "-l", "ce", "-b").out
    refused(3, "classify", indexed, table("u.csv", "label", 2, 1, 2), "-l", "ce", says=("label 2 is outside 0…1",))


def test_box_convention_inverted_corners():
    boxes = table("p.csv", "x1,y1,x2,y2", "10,10,5,5"), table("t.csv", "x1,y1,x2,y2", "1,1,5,5")
    refused(3, "detect", *boxes, "-l", "giou", says=("p.csv, row 1, line 2, column x1", "x2 < x1", "--pred-box-format xywh"))


def test_label_order_other_names_of_classes():
    sides = table("p.csv", "cat,dog", "0.4,0.6", "0.7,0.3"), table("t.csv", "label", "cat", "cow")
    refused(3, "classify", *sides, "-l", "ce", says=("t.csv, row 2, line 3, column label: unknown class 'cow'", "cat, dog"))


def test_one_based_labels():
    sides = table("p.csv", "a,b,c", "0.2,0.3,0.5", "0.7,0.2,0.1", "0.1,0.1,0.8"), table("t.csv", "label", 1, 2, 3)
    refused(3, "classify", *sides, "-l", "ce", says=("t.csv, row 3, line 4", "labels count from 1", "--classes 1,2,3"))
    assert call("classify", *sides, "-l", "ce", "--classes", "1,2,3").code == 0


@pytest.mark.parametrize("loss", ["ce", "focal", "zero_one"])
def test_one_hot_rows_are_their_index(loss):
    scores = array("p.npy", np.array([[0.2, 0.8], [0.3, 0.7]]))
    hot, index = array("h.npy", np.array([[0, 1], [1, 0]])), array("i.npy", np.array([1, 0]))
    assert call("classify", scores, hot, "-l", loss, "-b").out == call("classify", scores, index, "-l", loss, "-b").out
    refused(3, "classify", scores, array("b.npy", np.array([[1, 1], [1, 0]])), "-l", loss, says=("b.npy, row 1",))


def test_mask_values_outside_the_classes():
    scores = array("p.npy", np.random.default_rng(0).random((2, 3, 4, 4)))
    mask = np.zeros((2, 4, 4), int)
    mask[1, 2, 3] = 7
    refused(3, "segment", scores, array("t.npy", mask), "-l", "ce", "--from-logits", says=("t.npy, row 2", "[2, 3]", "label 7"))


def test_unit_norm_has_no_certain_case_but_a_zero_vector():
    vectors = np.ones((4, 3))
    vectors[2] = 0
    refused(3, "embed", array("p.npy", vectors), array("t.npy", np.array([0, 0, 1, 1])), "-l", "ntxent", says=("p.npy, row 3",))


@pytest.mark.parametrize("small", ["pred", "target"])
def test_mixed_scale_pixels_and_shares(small):
    sides = {"pred": "10,10,50,50", "target": "10,10,50,50", small: ".1,.1,.5,.5"}
    argv = [table(f"{side}.csv", "x1,y1,x2,y2", row) for side, row in sides.items()]
    refused(3, "detect", *argv, "-l", "giou", says=(f"{small.upper()} has normalised boxes", "--mixed-scale keep"))


HOT_MASK = np.eye(3)[np.array([[[0, 1], [2, 1]], [[1, 1], [0, 2]]])].transpose(0, 3, 1, 2)
PIXELS = np.random.default_rng(0).normal(size=HOT_MASK.shape)


@pytest.mark.parametrize("loss", ["ce", "focal", "topk_ce", "lovasz_softmax"])
def test_one_hot_masks_are_their_index_and_named(loss):
    scores, hot, index = array("p.npy", PIXELS), array("h.npy", HOT_MASK), array("i.npy", HOT_MASK.argmax(1))
    argv = ("segment", scores, hot, "-l", loss, "--from-logits", "--pair", "position")
    right = call("segment", scores, index, "-l", loss, "--from-logits", "-f", "json")
    found = call(*argv, "-f", "json")
    assert json.loads(found.out)["losses"][0]["value"] == json.loads(right.out)["losses"][0]["value"]
    assert [w["code"] for w in json.loads(found.out)["warnings"]] == ["one-hot", "interval-rough"]
    assert "h.npy, row 1: TARGET masks are one-hot" in json.loads(found.out)["warnings"][0]["message"]
    assert "one-hot" not in right.out
    assert "mask = one-hot of" in call(*argv).out
    refused(3, *argv, "--strict", says=("h.npy, row 1", "--allow one-hot"))
    assert call(*argv, "--strict", "--allow", "one-hot", "-b").out == call(*argv, "-b").out


@pytest.mark.parametrize("loss", ["dice", "bce", "tversky", "ce"])
def test_masks_that_a_loss_reads_as_they_are_say_nothing(loss):
    mask = np.where(np.arange(2)[:, None, None, None] == 1, 0.8 * HOT_MASK + 0.2 / 3, HOT_MASK) if loss == "ce" else HOT_MASK
    argv = ("segment", array("p.npy", PIXELS), array("h.npy", mask), "-l", loss, "--from-logits", "--strict", "--pair", "position")
    assert call(*argv, "-b").code == 0


def test_one_hot_rows_are_named_by_file_and_row():
    hot = array("h.npy", np.array([[0, 1], [1, 0]]))
    out = call("classify", array("p.npy", np.array([[0.2, 0.8], [0.3, 0.7]])), hot, "-l", "ce", "-f", "json").out
    found = json.loads(out)["warnings"][:1]
    assert [(w["code"], w["message"].partition(" are one-hot")[0]) for w in found] == [("one-hot", "h.npy, row 1: TARGET rows")]
