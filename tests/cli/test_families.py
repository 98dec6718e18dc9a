"""The five commands on their own kinds of data: names of classes, soft targets, images, pairs, triplets, options with files."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from tests.support.command import array, call, refused, table
from tests.support.paths import SAMPLES

P = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5]])
LABEL = [0, 1, 0]
CE = -math.fsum(math.log(P[i, k]) for i, k in enumerate(LABEL)) / 3


def value(*argv, stdin=b""):
    done = call(*argv, "-b", stdin=stdin)
    assert done.code == 0, done.err
    return float(done.out)


@pytest.fixture
def probs(folder):
    return table("p.csv", "id,cat,dog,cow", *([f"k{i}", *row] for i, row in enumerate(P.tolist())))


def test_class_names_follow_the_columns_of_the_scores(probs):
    for rows in (["k0,cat", "k1,dog", "k2,cat"], ["k2,cat", "k0,cat", "k1,dog"]):
        truth = table("t.csv", "id,label", *rows)
        assert value("classify", probs, truth, "-l", "ce", "--key", "id") == pytest.approx(CE, rel=1e-15)


@pytest.mark.parametrize("name", ["label", "target", "y", "y_true", "class"])
def test_label_columns_by_name(probs, name):
    truth = table("t.csv", f"id,{name}", "k0,0", "k1,1", "k2,0")
    assert value("classify", probs, truth, "-l", "ce", "--key", "id") == pytest.approx(CE, rel=1e-15)


def test_classes_are_named_for_arrays(folder):
    array("p.npy", P)
    truth = table("t.csv", "label", "cat", "dog", "cat")
    assert value("classify", "p.npy", truth, "-l", "ce", "--classes", "cat,dog,cow") == pytest.approx(CE, rel=1e-15)
    array("t.npy", np.array(["cat", "dog", "cat"]))
    assert value("classify", "p.npy", "t.npy", "-l", "ce", "--classes", "cat,dog,cow") == pytest.approx(CE, rel=1e-15)


def test_class_names_that_look_like_numbers(folder):
    """The columns are called 2, 0, 1: a label 2 is the first of them."""
    pred = table("p.csv", "id,2,0,1", *([f"k{i}", *row] for i, row in enumerate(P.tolist())))
    truth = table("t.csv", "id,label", "k0,2", "k1,0", "k2,2")
    assert value("classify", pred, truth, "-l", "ce", "--key", "id") == pytest.approx(CE, rel=1e-15)
    padded = table("q.csv", "id,007,08,1", *([f"k{i}", *row] for i, row in enumerate(P.tolist())))
    truth = table("t.csv", "id,label", "k0,007", "k1,08", "k2,007")
    assert value("classify", padded, truth, "-l", "ce", "--key", "id") == pytest.approx(CE, rel=1e-15)


def test_soft_targets_are_matched_by_column_name(probs):
    soft = table("t.csv", "id,dog,cow,cat", "k0,0,0,1", "k1,1,0,0", "k2,0,0,1")
    assert value("classify", probs, soft, "-l", "ce", "--key", "id") == pytest.approx(CE, rel=1e-15)
    array("t.npy", np.eye(3)[LABEL])
    array("p.npy", P)
    assert value("classify", "p.npy", "t.npy", "-l", "ce") == pytest.approx(CE, rel=1e-15)
    other = table("o.csv", "id,dog,cow,bat", "k0,0,0,1", "k1,1,0,0", "k2,0,0,1")
    run = ("classify", probs, other, "-l", "ce", "--key", "id")
    refused(3, *run, says=("o.csv: column 'bat' is not a class of PRED", "dog, cow, cat"))
    fewer = table("f.csv", "id,dog,cat", "k0,0,1", "k1,1,0", "k2,0,1")
    refused(3, *run[:2], fewer, *run[3:], says=("f.csv: no column for class 'cow' of PRED",))
    own = table("n.csv", "id,t0,t1,t2", "k0,1,0,0", "k1,0,1,0", "k2,1,0,0")
    assert value(*run[:2], own, *run[3:]) == pytest.approx(CE, rel=1e-15), "names of their own pair by position"


def test_one_table_of_scores_and_labels(folder):
    both = table("b.csv", "id,cat,dog,cow,label", *([f"k{i}", *P[i], ("cat", "dog", "cow")[k]] for i, k in enumerate(LABEL)))
    assert value("classify", both, "-l", "ce") == pytest.approx(CE, rel=1e-15)
    array("b.npz", {"scores": P, "label": np.array(LABEL)})
    assert value("classify", "b.npz", "-l", "ce") == pytest.approx(CE, rel=1e-15)


def test_logits_and_stdin(folder):
    logits = array("z.npy", np.log(P) + 7)
    array("t.npy", LABEL)
    assert value("classify", logits, "t.npy", "-l", "ce", "--from-logits") == pytest.approx(CE, rel=1e-14)
    with open("z.npy", "rb") as f:
        assert value("classify", "-", "t.npy", "-l", "ce", "--from-logits", stdin=f.read()) == pytest.approx(CE, rel=1e-14)


def test_ignored_rows_keep_their_place(folder):
    array("p.npy", P)
    array("t.npy", [0, 255, 0])
    run = ("classify", "p.npy", "t.npy", "-l", "ce:ignore_index=255")
    done = call(*run, "-f", "json", "--gradients", "g.npy")
    assert (done.loss["n"], done.report["alignment"]["evaluated"]) == (2, 3)
    assert done.loss["value"] == pytest.approx(-math.log(0.5) / 2 - math.log(0.25) / 2)
    assert np.array_equal(np.load("g.npy")[1], [0, 0, 0])
    assert call(*run, "--per-sample", "-").out.splitlines()[2] == "2,2,"
    call(*run, "--per-sample", "s.npy")
    assert np.isnan(np.load("s.npy")).tolist() == [False, True, False]
    array("t.npy", [255, 255, 255])
    refused(3, *run, says=("nothing to evaluate",))


def test_class_weights_give_w_times_l_per_sample(folder):
    array("p.npy", P)
    array("t.npy", LABEL)
    table("w.csv", 1, 3, 5)
    done = call("classify", "p.npy", "t.npy", "-l", "w=ce:weights=@w.csv", "-l", "v=ce:weights=[1,3,5]", "-f", "json")
    one, two = done.report["losses"]
    total = -(math.log(0.5) + 3 * math.log(0.75) + math.log(0.25))
    assert one["sum"] == two["sum"] == pytest.approx(total, rel=1e-15)
    assert one["value"] == pytest.approx(total / 5, rel=1e-15)


def test_images(folder):
    rng = np.random.default_rng(1)
    probs, mask = rng.random((3, 8, 8)), rng.integers(0, 2, (3, 8, 8))
    array("p.npy", probs)
    array("m.npy", mask)
    dice = 1 - 2 * (probs * mask).sum((1, 2)) / (probs.sum((1, 2)) + mask.sum((1, 2)))
    assert value("segment", "p.npy", "m.npy", "-l", "dice") == pytest.approx(dice.mean(), rel=1e-14)
    done = call("segment", "p.npy", "m.npy", "-l", "0.5*dice+bce", "--worst", "1", "-f", "json")
    assert [t["name"] for t in done.loss["terms"]] == ["dice", "bce"]
    call("segment", "p.npy", "m.npy", "-l", "dice", "--gradients", "g.npy", "-b")
    assert np.load("g.npy").shape == (3, 8, 8)


def test_compounds_of_images_by_recipe_and_by_name(folder):
    rng = np.random.default_rng(3)
    array("p.npy", rng.uniform(0.01, 0.99, (3, 8, 8)))
    array("m.npy", rng.integers(0, 2, (3, 8, 8)))

    def of(recipe):
        return value("segment", "p.npy", "m.npy", "-l", recipe)

    assert of("bce+dice") == pytest.approx(of("bce") + of("dice"), rel=1e-14)
    assert of("dice+0.5*focal") == pytest.approx(of("dice") + 0.5 * of("focal"), rel=1e-14)
    assert of("0.5*dice+0.5*cldice") == pytest.approx(of("dice_cldice"), rel=1e-14)
    assert of("dice:pool=batch+topk_ce:pool=batch") == pytest.approx(of("dice:pool=batch") + of("topk_ce:pool=batch"), rel=1e-14)
    done = call("segment", "p.npy", "m.npy", "-l", "dice_topk", "-f", "json")
    assert [t["name"] for t in done.loss["terms"]] == ["dice", "topk_ce"]
    assert done.loss["value"] == pytest.approx(of("dice+topk_ce"), rel=1e-14)


def test_sorted_pixels_of_a_file_have_no_samples(folder):
    rng = np.random.default_rng(4)
    array("z.npy", rng.normal(size=(3, 8, 8)))
    array("m.npy", rng.integers(0, 2, (3, 8, 8)))
    found = call("segment", "z.npy", "m.npy", "-l", "lovasz_hinge", "-l", "lovasz_hinge:pool=batch", "-f", "json").report
    assert [x["n"] for x in found["losses"]] == [3, 1]
    assert call("segment", "z.npy", "m.npy", "-l", "lovasz_hinge:pool=batch", "--gradients", "g.npy", "-b").code == 0
    assert np.load("g.npy").shape == (3, 8, 8)
    done = call("segment", "z.npy", "m.npy", "-l", "lovasz_hinge:pool=batch", "--per-sample", "s.npy")
    assert done.code == 2
    assert "no value per sample" in done.err


def test_distances_without_scipy_are_a_usage_error(folder, monkeypatch):
    array("p.npy", np.full((2, 4, 4), 0.5))
    array("m.npy", np.tile(np.eye(4, dtype=int), (2, 1, 1)))
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    done = call("segment", "p.npy", "m.npy", "-l", "boundary")
    assert done.code == 2
    assert "pip install '.[distance]'" in done.err


def test_pairs_and_triplets_in_every_layout(folder):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(5, 3, 4))
    array("x.npy", x)
    array("x.npz", dict(zip(("anchor", "positive", "negative"), x.transpose(1, 0, 2), strict=True)))
    header = ",".join(f"{role}_{i}" for role in ("anchor", "positive", "negative") for i in range(4))
    table("x.csv", header, *x.reshape(5, 12).tolist())
    found = [call("embed", name, "-l", "triplet:margin=2", "-f", "json").loss for name in ("x.npy", "x.npz", "x.csv")]
    assert found[0]["value"] == found[1]["value"] == found[2]["value"] > 0
    call("embed", "x.npy", "-l", "triplet:margin=2", "--gradients", "g.npy", "-b")
    assert np.load("g.npy").shape == (5, 3, 4)
    pair = x[:, :2]
    array("y.npy", pair)
    array("same.npy", [1, 0, 1, 0, 1])
    call("embed", "y.npy", "same.npy", "-l", "contrastive", "--gradients", "g.npy", "-b")
    assert np.load("g.npy").shape == (5, 2, 4)


def test_mined_losses_have_no_samples_but_a_gradient(folder):
    rng = np.random.default_rng(4)
    array("e.npy", rng.normal(size=(6, 3)))
    array("l.npy", [0, 0, 1, 1, 2, 2])
    run = ("embed", "e.npy", "l.npy", "-l", "triplet:margin=3")
    assert value(*run) > 0
    refused(2, *run, "--per-sample", "s.csv", says=("no value per sample",))
    call(*run, "--gradients", "g.npy", "-b")
    assert np.load("g.npy").shape == (6, 3)


def test_weights_cannot_weigh_rows_that_are_compared(folder):
    array("e.npy", np.eye(4))
    array("l.npy", [0, 0, 1, 1])
    array("w.npy", [1.0, 2, 3, 4])
    array("c.npy", np.eye(4)[:2])
    run = ("embed", "e.npy", "l.npy", "--weights", "w.npy")
    refused(2, *run, "-l", "triplet", says=("triplet compares rows with each other", "--weights"))
    assert call(*run, "-l", "center", "--centers", "c.npy").code == 0


def test_mined_losses_may_lose_every_row(folder):
    array("e.npy", np.full((3, 2), np.nan))
    array("l.npy", [0, 0, 1])
    refused(3, "embed", "e.npy", "l.npy", "-l", "triplet", "--nonfinite", "drop", says=("nothing to evaluate",))


def test_arrays_by_option(folder):
    rng = np.random.default_rng(6)
    array("e.npy", rng.normal(size=(6, 3)))
    array("l.npy", [0, 0, 1, 1, 2, 2])
    centers = rng.normal(size=(3, 3))
    array("c.npy", centers)
    table("c.csv", *centers.tolist())
    run = ("embed", "e.npy", "l.npy", "-l", "center")
    assert value(*run, "--centers", "c.npy") == value(*run, "--centers", "c.csv")
    refused(3, *run, "--centers", "nosuch.npy", says=("nosuch.npy: no such file",))
    array("c2.npy", centers[:2])
    refused(3, *run, "--centers", "c2.npy", says=("label 2", "--centers"))
    refused(2, "embed", "e.npy", "l.npy", "-l", "arcface", says=("--class-weights",))
    refused(2, *run, "--centers", "c.npy", "-o", "json=c.npy", says=("c.npy is an input",))


@pytest.mark.parametrize(
    "argv",
    [
        ("detect", "boxes.csv", "gt.csv", "-l", "giou"),
        ("detect", "boxes.npy", "gt.npy", "-l", "giou"),
        ("regress", "diabetes.csv", "-l", "huber:delta=10"),
        ("classify", "cancer_pred.csv", "cancer_label.csv", "--key", "case", "-l", "bce"),
        ("classify", "digits_logits.npy", "digits_label.npy", "--from-logits", "-l", "ce", "-l", "focal:gamma=2"),
        ("classify", "digits_probs.csv", "digits_label.csv", "--key", "id", "-l", "ce"),
        ("classify", "iris_probs.csv", "iris_label.csv", "--key", "flower", "-l", "ce"),
        ("segment", "coins_probs.npy", "coins_masks.npy", "-l", "0.5*dice+0.5*bce"),
        ("segment", "coins3_probs.npy", "coins3_masks.npy", "-l", "dice"),
        ("embed", "digits_triplets.npy", "-l", "triplet:margin=0.2"),
        ("embed", "digits_triplets.csv", "-l", "triplet:margin=0.2"),
        ("embed", "digits_pairs.csv", "digits_pairs_same.csv", "-l", "contrastive"),
        ("embed", "digits_embedding.csv", "digits_embedding_label.csv", "-l", "triplet:mining=hard"),
        ("detect", "ssd_pred.npz", "ssd_target.npz", "--from-logits", "-l", "ssd"),
        ("detect", "yolo_pred.npz", "yolo_target.npz", "-l", "yolo_v1"),
        ("detect", "faster_rcnn_pred.npz", "faster_rcnn_target.npz", "--from-logits", "-l", "faster_rcnn"),
    ],
)
def test_the_sample_data(argv, monkeypatch):
    monkeypatch.chdir(SAMPLES)
    done = call(*argv, "-f", "json")
    assert done.code == 0, done.err
    assert 0 < done.loss["value"] < 1e4


def test_a_loss_that_goes_by_place_warns_of_labels_that_do_not():
    array("e.npy", np.random.default_rng(3).normal(size=(6, 3)))
    array("apart.npy", np.array([0, 1, 0, 1, 0, 1]))
    array("runs.npy", np.array([0, 0, 0, 1, 1, 1]))
    assert "use runs=none to go by label" in call("embed", "e.npy", "apart.npy", "-l", "smooth_ap", "-b").err
    assert call("embed", "e.npy", "runs.npy", "-l", "smooth_ap", "-b").err == ""
    assert call("embed", "e.npy", "apart.npy", "-l", "smooth_ap:runs=none", "-b").err == ""
