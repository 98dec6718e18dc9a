"""--unmatched: missed objects and spurious predictions as samples with the loss's worst value, in every part of a report."""

from __future__ import annotations

import csv
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import losscli
from losscli.families.detect.iou import giou
from losscli.report.schema import report_schema
from losscli.spec import registry
from tests.support.coco_files import random_files, written
from tests.support.command import call, refused, table

RUN = ("detect", "p.csv", "t.csv", "--match", "greedy", "-f", "json")
HEAD = "image_id,label,score,x1,y1,x2,y2,tool"
TRUE = "image_id,label,x1,y1,x2,y2,site,w"


@pytest.fixture(autouse=True)
def files(folder):
    """Two pairs, a missed object of class 2 in image b at site s, a spurious prediction of class 1 in image b by tool y."""
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10,x", "a,2,0.8,20,0,30,8,y", "b,1,0.7,50,50,60,60,y")
    table("t.csv", TRUE, "b,2,50,50,60,61,s,4", "a,1,0,0,10,10,s,2", "a,2,20,0,30,10,r,1")


PAIRS = giou(np.array([[0.0, 0, 10, 10], [20, 0, 30, 8]]), np.array([[0.0, 0, 10, 10], [20, 0, 30, 10]]))


def line(*flags, run=RUN):
    return call(*run, "-l", "giou", *flags).loss


@pytest.mark.parametrize(
    ("how", "more"), [("ignore", []), ("penalize", [2.0]), ("penalize-both", [2.0, 2.0]), ("penalize:0.5", [0.5])]
)
def test_every_statistic_counts_them(how, more):
    losses = np.array([*PAIRS, *more])
    found = line("--unmatched", how)
    assert found["n"] == len(losses)
    assert found["value"] == pytest.approx(losses.mean(), rel=1e-15)
    assert (found["sum"], found["max"], found["min"]) == (pytest.approx(losses.sum(), rel=1e-15), losses.max(), losses.min())
    assert line("--unmatched", how, "--reduction", "sum")["value"] == pytest.approx(losses.sum(), rel=1e-15)
    assert ("unmatched=" in found["signature"]) == (how != "ignore")
    report = call(*RUN, "-l", "giou", "--unmatched", how).report
    assert report["matching"]["penalized"] == len(more)
    counts = {k: report["matching"][k] for k in ("matched", "missed", "spurious")}
    assert counts == {"matched": 2, "missed": 1, "spurious": 1}
    assert report["alignment"]["coverage"] == pytest.approx(2 / 3)


def test_without_the_option_nothing_changes():
    assert line() == line("--unmatched", "ignore")


def test_samples_and_worst_name_the_side_that_they_have():
    assert call(*RUN, "-l", "giou", "--unmatched", "penalize-both", "--per-sample", "s.csv").code == 0
    rows = list(csv.DictReader(Path("s.csv").read_text("utf-8").splitlines()))
    assert [(r["image_id"], r["label"], r["pred_row"], r["target_row"], float(r["giou"])) for r in rows] == [
        ("a", "1", "1", "2", 0.0),
        ("a", "2", "2", "3", PAIRS[1]),
        ("b", "2", "", "1", 2.0),
        ("b", "1", "3", "", 2.0),
    ]
    worst = call(*RUN, "-l", "giou", "--unmatched", "penalize-both", "--worst", "3").report["worst"]
    assert [(w["key"], w["pred_row"], w["target_row"]) for w in worst[:2]] == [
        ({"image_id": "b", "label": "2"}, None, 1),
        ({"image_id": "b", "label": "1"}, 3, None),
    ]
    frame = losscli.per_sample("p.csv", "t.csv", family="detect", losses="giou", match="greedy", unmatched="penalize")
    assert frame["giou"].tolist() == [0.0, PAIRS[1], 2.0]


def groups(by):
    found = call(*RUN, "-l", "giou", "--unmatched", "penalize-both", "--by", by).report["groups"]
    return {g["by"][by]: (g["n"], g["losses"][0]["value"]) for g in found}


def test_groups_have_them_by_the_columns_of_their_side():
    assert groups("label") == {"1": (2, 1.0), "2": (2, pytest.approx((PAIRS[1] + 2) / 2))}
    assert groups("site") == {"r": (1, PAIRS[1]), "s": (2, 1.0), "(unmatched)": (1, 2.0)}
    assert groups("tool") == {"x": (1, 0.0), "y": (2, pytest.approx((PAIRS[1] + 2) / 2)), "(unmatched)": (1, 2.0)}


def test_weights_of_the_truth_count_and_others_are_refused():
    weights = np.array([2.0, 1.0, 4.0])
    expected = (weights * [*PAIRS, 2.0]).sum() / weights.sum()
    assert line("--unmatched", "penalize", "--weights", "w")["value"] == pytest.approx(expected, rel=1e-15)
    says = ("the weights are of TARGET, and spurious predictions have none", "--unmatched penalize")
    refused(2, *RUN, "-l", "giou", "--unmatched", "penalize-both", "--weights", "w", says=says)
    own = "the weights are of PRED, and missed objects have none"
    refused(2, *RUN, "-l", "giou", "--unmatched", "penalize", "--weights", "score", says=(own,))


def test_gates_read_the_same_numbers():
    done = call(*RUN, "-l", "giou", "--unmatched", "penalize", "--fail-if", "giou > 0.5 and giou.n >= 3 and giou.max >= 2")
    assert done.code == 1
    assert done.report["verdict"] == "fail"


def test_a_loss_without_a_worst_value_needs_one():
    refused(2, *RUN, "-l", "l1", "--unmatched", "penalize", says=("l1 has no worst value", "--unmatched penalize:1"))
    refused(2, *RUN, "-l", "iou:form=log", "--unmatched", "penalize", says=("iou has no worst value",))
    assert call(*RUN, "-l", "l1", "--unmatched", "penalize:100").loss["max"] == 100
    assert call(*RUN, "-l", "giou+0.5*iou", "--unmatched", "penalize").loss["max"] == 2.5


def test_spellings_and_options_that_do_not_go_together():
    for text in ("penalise", "ignore:1", "penalize:x", "penalize:inf"):
        refused(2, *RUN, "-l", "giou", "--unmatched", text, says=("--unmatched",))
    refused(2, "detect", "p.csv", "t.csv", "-l", "giou", "--unmatched", "penalize", says=("applies only with --match",))
    for flag in (("--gradients", "g.npy"), ("--grad-stats",)):
        refused(2, *RUN, "-l", "giou", "--unmatched", "penalize", *flag, says=("is of pairs",))


def test_a_mean_over_the_file_is_that_of_the_pairs():
    """wiou's mean of 1 - IoU does not change with the boxes without a partner."""
    plain = call(*RUN, "-l", "wiou:form=v2", "--per-sample", "a.csv")
    more = call(*RUN, "-l", "wiou:form=v2", "--unmatched", "penalize-both:9", "--per-sample", "b.csv")
    assert plain.code == more.code == 0
    a, b = (Path(x).read_text("utf-8").splitlines() for x in ("a.csv", "b.csv"))
    assert b[: len(a)] == a


def test_the_same_bits_for_any_number_of_jobs():
    annotations, results = random_files(3)
    written("p.json", results * 3)
    written("t.json", annotations)
    run = (
        "detect",
        "p.json",
        "t.json",
        "-l",
        "giou",
        "-l",
        "ciou",
        "--by",
        "category",
        "--unmatched",
        "penalize-both",
        "-f",
        "csv",
    )
    one = call(*run, "--jobs", "1")
    assert one.code == 0
    assert all(call(*run, "--jobs", str(n)).out == one.out for n in (2, 3))


def test_reports_fit_the_schema():
    done = call(*RUN, "-l", "giou", "--unmatched", "penalize-both", "--worst", "4")
    jsonschema.validate(done.report, report_schema())


@pytest.mark.parametrize("name", sorted(n for n, x in registry.load("detect").losses.items() if x.takes == ("pred", "target")))
def test_no_pair_is_worse_than_the_worst_value(name):
    loss = registry.load("detect").losses[name]
    bound = loss.worst_for(loss.with_defaults())
    if bound is None:
        return
    rng = np.random.default_rng(7)
    corner, size = rng.normal(0, 10.0 ** rng.integers(-2, 4, (2, 4000, 1)), (2, 4000, 2)), 10.0 ** rng.uniform(-3, 3, (2, 4000, 2))
    pred, target = np.concatenate((corner, corner + size), axis=2)
    values = np.asarray(loss(pred, target, **loss.with_defaults()))
    assert values.max() <= bound * (1 + 1e-12)
