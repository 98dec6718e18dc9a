"""`inspect`: what a file holds, how rows would meet, which losses the files can be given to, and the command that does it."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest

from tests.support.command import array, call, table
from tests.support.paths import SAMPLES


def lines(done):
    return [line.strip() for line in done.out.splitlines()]


def suggested(done):
    """The command that `inspect` proposes, run."""
    program, *argv = shlex.split(done.out.splitlines()[-1])
    assert program == "losscli"
    return argv, call(*argv)


@pytest.mark.parametrize(
    ("files", "family"),
    [
        (("boxes.csv", "gt.csv"), "detect"),
        (("iris_probs.csv", "iris_label.csv"), "classify"),
        (("cancer_pred.csv", "cancer_label.csv"), "classify"),
        (("digits_probs.npy", "digits_label.npy"), "classify"),
        (("digits_logits.npy", "digits_label.npy", "--from-logits"), "classify"),
        (("diabetes.csv",), "regress"),
        (("diabetes_pred.csv", "diabetes_target.csv"), "regress"),
        (("diabetes_pred.npy", "diabetes_target.npy"), "regress"),
        (("coins_probs.npy", "coins_masks.npy"), "segment"),
        (("coins3_probs.npy", "coins3_masks.npy"), "segment"),
        (("digits_embedding.csv", "digits_embedding_label.csv"), "embed"),
        (("digits_triplets.npy",), "embed"),
        (("digits_triplets.csv",), "embed"),
        (("digits_pairs.csv", "digits_pairs_same.csv"), "embed"),
        (("ssd_pred.npz", "ssd_target.npz", "--from-logits"), "detect"),
        (("faster_rcnn_pred.npz", "faster_rcnn_target.npz", "--from-logits"), "detect"),
        (("yolo_pred.npz", "yolo_target.npz"), "detect"),
    ],
)
def test_it_proposes_a_command_that_runs(files, family, monkeypatch):
    monkeypatch.chdir(SAMPLES)
    done = call("inspect", *files)
    assert (done.code, done.err) == (0, "")
    argv, result = suggested(done)
    assert argv[0] == family
    assert result.code == 0, result.err


def test_a_page_for_two_tables(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    assert (
        call("inspect", "iris_probs.csv", "iris_label.csv", "--family", "classify").out
        == """\
PRED    iris_probs.csv: csv, 150 rows, 4 columns
  flower      text    f001, f002, f003 … (150 different)  left out: an id, the same on both sides
  setosa      number  2.07301e-08 … 0.997584              scores: named as the classes
  versicolor  number  0.00241581 … 0.97372                scores: named as the classes
  virginica   number  6.42725e-09 … 0.997227              scores: named as the classes

TARGET  iris_label.csv: csv, 150 rows, 2 columns
  flower  text  f001, f002, f003 … (150 different)           left out: an id, the same on both sides
  label   text  setosa, versicolor, virginica (3 different)  label: its name

Pairing
  by position (flower agrees): 150 pairs

Fits
  classify: ce, bce, zero_one, brier, focal, hinge … and 43 more
    PRED scores = setosa, versicolor, virginica (150 × 3); TARGET label = label (150)

Classes  setosa: 50, versicolor: 50, virginica: 50

Try
  losscli classify iris_probs.csv iris_label.csv --loss ce
"""
    )


def test_the_options_that_were_given_are_in_the_command():
    table("p a.csv", "k|u|v|w", "x|0.5|0.25|1", "y|0.5|0.75|2")
    table("t.csv", "key|label", "y|u", "x|v")
    given = ("--delimiter", "|", "--key", "k=key", "--col", "scores=u,v", "--weights", "w", "--nonfinite", "drop", "--multilabel")
    argv, done = suggested(call("inspect", "p a.csv", "t.csv", *given))
    assert argv[1:3] == ["p a.csv", "t.csv"]
    assert {*given} <= {*argv}
    assert done.code == 0, done.err
    array("p.npy", [[1.0, 1, 2, 2]])
    array("t.npy", [[0.0, 0, 2, 2]])
    done = call("inspect", "p.npy", "t.npy", "--box-format", "xywh", "--family", "detect")
    assert "--box-format xywh" in done.out


def test_what_it_tells_of_numbers():
    array("p.npy", [[0.25, 0.75], [np.nan, 0.5], [0.5, np.inf]])
    array("t.npy", [0, 1, 1])
    done = call("inspect", "p.npy", "t.npy", "--nonfinite", "drop")
    assert "array  (3, 2) float64  0.25 … 0.75, 2 not finite, the first in row 2  scores: its shape" in lines(done)
    assert "2 of 3 pairs are left out by --nonfinite drop" in lines(done)
    array("q.npy", [[0.25, 0.75], [0.5, 0.5]], np.float32)
    assert "array  (2, 2) float32  0.25 … 0.75, sums to 1 along axis 1" in lines(call("inspect", "q.npy"))
    table("p.csv", "id,n,x,e0,e1,e2", "007,1,0.5,1,2,3", "A1,-3,1e9,4,5,6")
    found = lines(call("inspect", "p.csv"))
    assert "id       text        007, A1 (2 different)" in found
    assert "n        whole       -3 … 1" in found
    assert "x        number      0.5 … 1e+09" in found
    assert "e0 … e2  3 × number  1 … 6" in found


def test_text_late_in_a_column_of_numbers_is_told_with_its_place():
    table("p.csv", "pred,note", *(f"{i},{i}" for i in range(70_000)), "70000,late")
    done = call("inspect", "p.csv")
    assert done.code == 0
    assert "p.csv, row 70001, line 70002, column note: 'late' is not a number" in done.out


def test_keys_that_meet_in_part_and_rows_that_cannot_pair():
    table("p.csv", "id,pred", "a,1", "b,2", "x,3", "y,4")
    table("t.csv", "id,target", "a,1", "z,5", "b,2")
    done = call("inspect", "p.csv", "t.csv")
    assert done.code == 3
    assert "id has 2 keys in common, 2 only in PRED, 1 only in TARGET" in lines(done)
    assert ("only in PRED: x, y" in lines(done), "only in TARGET: z" in lines(done)) == (True, True)
    assert "4 predictions in p.csv, but 3 targets in t.csv" in done.err
    assert "PRED    p.csv: csv, 4 rows, 2 columns" in done.out, "what was read is shown all the same"
    table("p.csv", "id,pred", "a,1", "b,2", "x,3")
    table("t.csv", "id,target", "a,1", "b,2")
    done = call("inspect", "p.csv", "t.csv", "--key", "id")
    assert (done.code, "1 of 3 predictions have no target: x" in done.err) == (3, True)
    done = call("inspect", "p.csv", "t.csv", "--key", "id", "--extra", "drop")
    assert done.code == 0
    assert "by key id: 2 pairs, 1 predictions and 0 targets left out" in lines(done)
    argv, result = suggested(done)
    assert (result.code, argv[3:7]) == (0, ["--key", "id", "--extra", "drop"])


@pytest.mark.parametrize(
    ("code", "argv", "says"),
    [
        (3, ("inspect", "nosuch.csv"), "nosuch.csv: no such file"),
        (3, ("inspect", "p.npy", "two.npy", "--family", "regress"), "arrays are not broadcast"),
        (3, ("inspect", "p.npy", "t.npy", "--family", "segment"), "shape"),
        (3, ("inspect", "p.npy", "long.npy"), "2 predictions in p.npy, but 3 targets in long.npy"),
        (2, ("inspect", "p.npy", "t.npy", "--family", "detekt"), "detekt"),
        (2, ("inspect",), "PRED"),
    ],
)
def test_errors_are_those_of_the_evaluation(code, argv, says):
    array("p.npy", np.zeros((2, 4)))
    array("t.npy", np.zeros(2))
    array("two.npy", np.zeros((2, 2)))
    array("long.npy", np.zeros(3))
    done = call(*argv)
    assert done.code == code
    assert says in done.err


def test_logits_are_proposed_as_such_and_what_keeps_a_family_out_is_said():
    array("p.npy", [[2.0, -1.0], [0.0, 1.0]])
    array("t.npy", [0, 1])
    done = call("inspect", "p.npy", "t.npy")
    assert any(x.startswith("classify with --from-logits: ce, ") for x in lines(done))
    assert lines(done)[-1] == "losscli classify p.npy t.npy --from-logits --loss ce"
    assert any(x.startswith("segment: no, ") for x in lines(done))


def test_a_narrow_terminal(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    monkeypatch.setenv("COLUMNS", "40")
    done = call("inspect", "digits_triplets.csv")
    *page, command = done.out.splitlines()
    assert max(map(len, page)) <= 40
    assert command.strip() == "losscli embed digits_triplets.csv --loss triplet", "to be copied whole"


def test_stdin_is_looked_at_too():
    done = call("inspect", "-", stdin=b"pred,target\n1,2\n")
    assert done.code == 0
    assert "PRED    -: csv, 1 row, 2 columns" in done.out


def test_hostile_names_are_harmless():
    table("\x1b[5mp.csv", "\x1b[31mid,[red]x,=y,pred,target", "\x1b[2J,1,2,3,4")
    for form in ("plain", "json"):
        done = call("inspect", "\x1b[5mp.csv", "-f", form)
        assert done.code == 0
        assert "\x1b" not in done.out
        assert "[red]x" in done.out


def test_the_facts_as_json(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    found = json.loads(call("inspect", "boxes.csv", "gt.csv", "--match", "greedy", "--by", "label", "--format", "json").out)
    assert [c["role"] for c in found["pred"]["columns"]] == [None, "image_id", *["box"] * 4, "score", "label"]
    assert found["pred"]["columns"][0]["left_out"] == "an id"
    alone = {"pred_only": 0, "target_only": 0, "first_pred_only": [], "first_target_only": []}
    assert found["matching"] == {
        "method": "greedy",
        "threshold": 0.5,
        "max_dets": None,
        "area": None,
        "score_threshold": None,
        **dict.fromkeys(("class_agnostic", "one_image", "key_stem"), False),
        "matched": 24,
        **dict.fromkeys(("missed", "spurious", "pred_ignored", "target_ignored"), 0),
        "unmatched": "ignore",
        "penalty": None,
        "sigmas": [],
        "by_keypoints": False,
        "words": {key: {"column": key, "both": n, **alone} for key, n in (("image_id", 2), ("label", 4))},
    }
    assert found["groups"] == [{"by": {"label": x}, "count": 6} for x in "abcd"]
    found = json.loads(call("inspect", "iris_probs.csv", "iris_label.csv", "-f", "json").out)
    assert found["classes"] == [{"class": x, "count": 50} for x in ("setosa", "versicolor", "virginica")]
    assert (found["pairing"]["how"], found["pairing"]["agrees"]) == ("position", "flower")
    assert {f["family"]: f["fits"] for f in found["families"]} == {
        "classify": True,
        "detect": False,
        "embed": False,
        "regress": False,
        "segment": False,
    }
    assert found["families"][0]["roles"]["target"]["label"] == {"columns": ["label"], "shape": [150], "why": "its name"}


def test_a_file_of_one_side_is_only_described():
    table("p.csv", "id,score", "a,0.5", "b,0.25")
    done = call("inspect", "p.csv")
    assert (done.code, done.err, "Try" in done.out) == (0, "", False)
    assert call("inspect", "p.csv", "--family", "classify").code == 3


def test_boxes_without_area_are_asked_for():
    table("p.csv", "x1,y1,x2,y2", "0,0,1,1", "2,2,2,3")
    table("t.csv", "x1,y1,x2,y2", "0,0,1,1", "2,2,3,3")
    refused = call("inspect", "p.csv", "t.csv", "--family", "detect")
    assert (refused.code, "degenerate box" in refused.err) == (3, True)
    done = call("inspect", "p.csv", "t.csv", "--family", "detect", "--degenerate", "keep")
    argv, result = suggested(done)
    assert (done.code, argv[argv.index("--degenerate") + 1], result.code) == (0, "keep", 0)


def test_a_missing_value_is_not_listed_among_the_values_of_a_column():
    table("m.csv", "grp,pred,target", "x,1,2", ",2,3")
    found = call("inspect", "m.csv", "--family", "regress", "--by", "grp", "--nonfinite", "drop").out
    assert "x (1 different), 1 missing, the first in row 2" in found
