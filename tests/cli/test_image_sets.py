"""Which boxes may be matched: images and labels compared by value, and errors where they never meet."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command import array, call, refused, table

HEAD = "image_id,label,score,x1,y1,x2,y2"
TRUE = "image_id,label,x1,y1,x2,y2"
RUN = ("detect", "p.csv", "t.csv", "-l", "giou")
MATCH = (*RUN, "--match", "greedy")


@pytest.fixture(autouse=True)
def files(folder):
    """Two images with two boxes each; PRED has one box more."""
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", "a,2,0.8,20,0,30,10", "b,1,0.7,0,0,10,10", "b,2,0.6,0,0,9,9", "b,2,0.5,50,50,60,60")
    table("t.csv", TRUE, "b,2,50,50,60,61", "a,1,0,0,10,10", "b,1,0,0,10,10", "a,2,20,0,30,10")


def test_repeated_images_name_the_option_first():
    refused(3, *RUN, says=("5 predictions in p.csv, but 4 targets in t.csv", "`image_id` repeats", "--match greedy"))
    refused(3, *RUN, "--key", "image_id", says=("duplicate key", "--match greedy"))
    assert call(*MATCH).code == 0


def test_equally_many_boxes_of_other_images_are_sets_too():
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", "a,2,0.8,20,0,30,10", "b,1,0.7,0,0,10,10", "b,2,0.6,0,0,9,9")
    refused(3, *RUN, says=("row 1 is image_id a in p.csv and b in t.csv", "--match greedy", "--pair position"))
    assert call(*RUN, "--pair", "position").code == 0
    table("t.csv", TRUE, "a,1,0,0,10,10", "a,2,20,0,30,10", "b,1,0,0,10,10", "b,2,0,0,9,9")
    done = call(*RUN, "-b")
    assert done.out == "0\n"
    assert "`image_id` repeats: boxes of one image pair by position" in done.err
    for side, head in (("p.csv", "file_name,cls,score,x1,y1,x2,y2"), ("t.csv", "frame,cls,x1,y1,x2,y2")):
        rows = [f"{i // 2 + (side == 't.csv' and i > 2990)},1,{'0.5,' if side == 'p.csv' else ''}0,0,9,9" for i in range(3000)]
        table(side, head, *rows)
    refused(3, *RUN, says=("row 2992 is file_name 1495 in p.csv and 1496 in t.csv", "--match greedy"))


def test_the_columns_of_a_matching_are_read():
    inputs = call(*MATCH, "-f", "json").report["inputs"]
    assert inputs["pred"]["roles"] == {"box": ["x1", "y1", "x2", "y2"], **{k: [k] for k in ("image_id", "label", "score")}}
    assert (inputs["pred"]["left_out"], inputs["target"]["left_out"]) == ([], [])


def test_boxes_that_were_not_found_are_not_blamed_on_the_losses():
    table("p.csv", "image_id,a,b,c,d", "a,0,0,10,10")
    refused(3, *MATCH, says=("p.csv has image_id, a, b, c, d", "--col pred.box=a,b,c,d"))
    assert call(*MATCH, "--col", "pred.box=a,b,c,d", "-b").out == "0\n"
    refused(2, *RUN[:3], "-l", "focal", "--match", "greedy", says=("none of the losses reads boxes",))


def test_images_that_never_meet_are_shown():
    table("t.csv", TRUE, "val/a.jpg,1,0,0,10,10", "val/b.jpg,2,50,50,60,61")
    refused(3, *MATCH, says=("0 of 2 image ids in common: PRED begins a, TARGET val/a.jpg", "--key-stem"))
    assert call(*MATCH, "--key-stem", "-f", "json").report["alignment"]["matched"] == 2
    table("t.csv", TRUE, "x,1,0,0,10,10")
    done = refused(3, *MATCH, says=("0 of 2 image ids in common: PRED begins a, TARGET x",))
    assert "--key-stem" not in done.err


def test_labels_that_never_meet_are_shown():
    table("t.csv", TRUE, "a,cat,0,0,10,10")
    refused(3, *MATCH, says=("0 of 2 labels in common: PRED begins 1, TARGET cat", "--class-agnostic"))
    assert call(*MATCH, "--class-agnostic", "-b").out == "0\n"


def test_labels_that_do_not_meet_in_any_image():
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", "b,2,0.9,0,0,10,10")
    table("t.csv", TRUE, "a,2,0,0,10,10", "b,1,0,0,10,10")
    refused(3, *MATCH, says=("no image has boxes of one label on both sides", "--class-agnostic"))


def test_the_threshold_that_would_pair_is_named():
    table("t.csv", TRUE, "a,1,0,0,10,50", "b,1,6,0,16,10")
    refused(3, *MATCH, says=("overlaps a true box of its image and label by 0.5", "--iou-threshold 0.25 pairs 1 "))
    table("t.csv", TRUE, "a,1,0,0,10,50")
    refused(3, *MATCH, says=("--iou-threshold 0.1 pairs 1 ",))
    assert call(*MATCH, "--iou-threshold", "0.1").code == 0


def test_pixels_against_fractions_are_named():
    table("t.csv", TRUE, "a,1,0,0,0.1,0.1", "b,2,0.5,0.5,0.6,0.61")
    refused(3, *MATCH, says=("PRED has boxes in pixels", "TARGET has normalised boxes"))


@pytest.mark.parametrize("column", ["image_id", "label"])
def test_words_are_compared_by_value(column):
    rows = [{"image_id": 7.0, "label": 1.0, "x1": 0, "y1": 0, "x2": 10, "y2": 10}]
    Path("t.jsonl").write_text(json.dumps(rows[0] | {column: {"image_id": "7", "label": "1"}[column]}) + "\n")
    table("p.csv", HEAD, " 7 ,1,0.9,0,0,10,10", "7,1.0,0.8,0,0,10,10", "8,1,0.8,0,0,10,10")
    done = call("detect", "p.csv", "t.jsonl", *MATCH[3:], "-f", "json")
    assert done.report["alignment"]["matched"] == 1
    assert "is compared as equal to" in done.err
    array("p.npz", {"box": np.array([[0.0, 0, 10, 10]]), "image_id": np.array([7]), "label": np.array([1]), "score": np.ones(1)})
    assert call("detect", "p.npz", "t.jsonl", *MATCH[3:], "-b").out == "0\n"


def test_a_missing_image_or_label_is_an_error_of_its_row():
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", ",1,0.9,0,0,10,10")
    refused(3, *MATCH, says=("p.csv, row 2", "column image_id", "a missing image id", "--nonfinite drop"))
    assert call(*MATCH, "--nonfinite", "drop", "-f", "json").report["alignment"]["matched"] == 1
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", "a,NaN,0.9,0,0,10,10")
    refused(3, *MATCH, says=("row 2", "column label", "a missing label"))
    table("p.csv", HEAD, "a,1,0.9,0,0,10,10", "a,1,,0,0,10,10")
    refused(3, *MATCH, says=("row 2", "score"))


def test_na_alone_among_names_is_a_name():
    table("p.csv", HEAD, "NA,x,0.9,0,0,10,10", "FR,x,0.9,0,0,10,10")
    table("t.csv", TRUE, "NA,x,0,0,10,10", "FR,x,0,0,10,10")
    done = call(*MATCH, "-f", "json")
    assert done.report["alignment"]["matched"] == 2
    assert "p.csv: image_id NA read as a name" in done.err
    table("p.csv", HEAD, "a,None,0.9,0,0,10,10", "a,7,0.9,0,0,10,10")
    table("t.csv", TRUE, "a,None,0,0,10,10")
    refused(3, *MATCH, says=("row 1", "a missing label"))
    assert call(*MATCH, "--classes", "None,7", "-b").out == "0\n"


@pytest.mark.parametrize(
    "flags",
    [("--class-agnostic",), ("--one-image",), ("--key-stem",), ("--max-dets", "3"), ("--score-threshold", "0.5")],
)
def test_options_of_matching_need_it(flags):
    refused(2, *RUN, *flags, says=(f"{flags[0]} applies only with", "--match"))
    assert call(*MATCH[:-1], "coco", *flags).code == 0
    refused(2, *MATCH, "--area", "small", says=("--area applies only with --match coco",))
    refused(2, *RUN, "--match", "coco", "--area", "9:1", says=("LO:HI",))


def test_the_lowest_score_and_the_most_detections():
    counts = lambda *flags: call(*MATCH, *flags, "-f", "json").report["alignment"]["matched"]  # noqa: E731
    assert counts() == 4
    assert counts("--score-threshold", "0.7") == 3
    assert counts("--max-dets", "1") == 3
    refused(3, *MATCH, "--score-threshold", "2", says=("score of at least 2",))
    table("p.csv", TRUE, "a,1,0,0,10,10")
    refused(3, *MATCH, "--score-threshold", "0.5", says=("p.csv has no score", "--col score=NAME"))


BOXES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 1), *[st.integers(0, 9)] * 2, *[st.integers(3, 9)] * 2), min_size=3, max_size=12
)


def written(pred, target, how):
    """The tables of two sides, changed in what must not matter, and the matched value with its counts."""
    head = ["image_id", "label", "x1", "y1", "x2", "y2"]
    more = ["fold", "argmax"] if "columns" in how else []
    sides = {}
    for name, rows in (("p", pred), ("t", target)):
        boxes = [(i, c, x, y, x + w, y + h) for i, c, x, y, w, h in rows]
        spelled = [(f"{i}.0" if "decimals" in how and name == "p" else i, *rest) for i, *rest in boxes]
        scores = [(j * 37 % 101 / 101,) if name == "p" else () for j in range(len(rows))]
        full = [(*row, *score, *[j % 3] * len(more)) for j, (row, score) in enumerate(zip(spelled, scores, strict=True))]
        names = [*head, *(["score"] if name == "p" else []), *more]
        if "rows" in how and name == "p":
            full = full[::-1]
        if "order" in how:
            names, full = names[::-1], [row[::-1] for row in full]
        sides[name] = table(f"{name}.csv", names, *full)
    done = call("detect", sides["p"], sides["t"], "-l", "iou", "--match", "greedy", "-f", "json", "--iou-threshold", "0.3")
    if done.code:
        return done.code
    counts = {k: done.report["matching"][k] for k in ("matched", "missed", "spurious")}
    return counts, round(done.loss["value"], 9)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BOXES, BOXES)
def test_what_must_not_matter_does_not(folder, pred, target):
    """Predictions and columns in another order, more columns, and ids as whole numbers with decimals change nothing."""
    plain = written(pred, target, ())
    for how in ("rows", "order", "columns", "decimals"):
        assert written(pred, target, (how,)) == plain
