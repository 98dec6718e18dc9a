"""What becomes of the boxes without partner: counted in total, per label and per image, listed, and limited by gates."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from losscli.output.unmatched import COLUMNS
from losscli.report.schema import report_schema
from tests.support.command import call, refused, table

RUN = ("detect", "p.csv", "t.csv", "-l", "giou")
MATCH = (*RUN, "--match", "greedy")
NUMBERS = ("matched", "missed", "spurious", "pred_ignored", "target_ignored")


@pytest.fixture(autouse=True)
def files(folder):
    """Two images, two classes, a crowd and a prediction for an image without objects."""
    table(
        "p.csv",
        "image_id,label,score,x1,y1,x2,y2",
        "a,cat,0.9,0,0,10,10",
        "a,dog,0.8,20,0,30,10",
        "b,cat,0.7,0,0,10,10",
        "b,cat,0.6,90,0,99,9",
        "c,dog,0.5,50,50,60,60",
    )
    table(
        "t.csv",
        "image_id,label,iscrowd,x1,y1,x2,y2",
        "a,cat,0,0,0,10,10",
        "a,dog,0,70,0,80,10",
        "b,cat,0,0,0,10,11",
        "b,cat,1,80,0,100,20",
    )


def counted(*flags):
    report = call(*RUN, *flags, "-f", "json").report
    assert Draft202012Validator(report_schema()).is_valid(report)
    return report


def test_every_box_is_counted_once_in_total_per_label_and_per_image():
    found = counted("--match", "greedy")["matching"]
    assert [found[k] for k in NUMBERS] == [2, 2, 3, 0, 0]
    assert (found["precision"], found["recall"]) == (0.4, 0.5)
    assert found["labels"][1] == {
        "label": "dog",
        **dict(zip(NUMBERS, (0, 1, 2, 0, 0), strict=True)),
        "precision": 0.0,
        "recall": 0.0,
    }
    assert found["images"][2] == {
        "image_id": "c",
        **dict(zip(NUMBERS, (0, 0, 1, 0, 0), strict=True)),
        "precision": 0.0,
        "recall": None,
        "recall_is": "undefined",
    }


def test_what_coco_ignores_counts_for_nothing():
    found = counted("--match", "coco")["matching"]
    assert [found[k] for k in NUMBERS] == [2, 1, 2, 1, 1]
    assert (found["precision"], found["recall"]) == (0.5, 2 / 3)
    found = counted("--match", "coco", "--area", "0:100")["matching"]
    assert [found[k] for k in NUMBERS] == [1, 1, 2, 2, 2]


BALANCED = {
    "greedy": ("greedy",),
    "first": ("greedy", "--max-dets", "2"),
    "coco": ("coco", "--area", "8:60", "--score-threshold", "0.3"),
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("how", BALANCED)
def test_the_books_balance(seed, how):
    rng = np.random.default_rng(seed)
    flags = BALANCED[how]

    def rows(n, values):
        low = rng.integers(0, 3, (n, 2))
        box = np.hstack([low, low + rng.integers(4, 9, (n, 2))])
        return [(rng.integers(0, 4), rng.integers(0, 3), x, *b) for x, b in zip(values, box, strict=True)]

    table("p.csv", "image_id,label,score,x1,y1,x2,y2", *rows(30, rng.random(30).round(2)))
    table("t.csv", "image_id,label,iscrowd,x1,y1,x2,y2", *rows(20, (rng.random(20) < 0.2).astype(int)))
    report = counted("--match", *flags, "--list-unmatched", "u.jsonl")
    total = report["matching"]
    assert total["matched"] + total["spurious"] + total["pred_ignored"] == 30
    assert total["matched"] + total["missed"] + total["target_ignored"] == 20
    assert total["matched"] == report["alignment"]["matched"]
    for part in ("labels", "images"):
        assert [sum(x[k] for x in total[part]) for k in NUMBERS] == [total[k] for k in NUMBERS]
    listed = [json.loads(line) for line in Path("u.jsonl").read_text().splitlines()]
    of = lambda side, status: sum((x["side"], x["status"]) == (side, status) for x in listed)  # noqa: E731
    assert (of("target", "missed"), of("pred", "spurious")) == (total["missed"], total["spurious"])
    assert (of("target", "ignored"), of("pred", "ignored")) == (total["target_ignored"], total["pred_ignored"])


def test_people_see_the_labels_and_the_worst_images():
    shown = call(*MATCH).out
    assert "Boxes by label\nlabel  matched  missed  spurious  precision    recall" in shown
    assert "all          2       2         3        0.4       0.5" in shown
    assert "Images with the most unmatched boxes" in shown
    assert "2 targets without prediction, 3 predictions without target" in shown
    assert "2 ignored" in call(*RUN, "--match", "coco").out
    assert "#### Boxes by label" in call(*MATCH, "-f", "md").out
    assert "Images with" in call(*MATCH, "-f", "table").out


def test_labels_are_in_order_and_the_worst_first_where_there_are_many():
    def shown(count):
        boxes = [f"a,{c},0,0,9,9" for c in range(count)] + ["a,7,50,0,59,9"] * 2 + ["a,3,50,0,59,9"]
        table("t.csv", "image_id,label,x1,y1,x2,y2", *reversed(boxes))
        table("p.csv", "image_id,label,score,x1,y1,x2,y2", *[f"a,{c},0.9,0,0,9,9" for c in range(count)])
        lines = call(*MATCH).out.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("Boxes by label"))
        return lines[at], [line.split()[0] for line in lines[at + 2 : at + 13]]

    assert shown(10) == ("Boxes by label", ["all", *map(str, range(10))])
    title, labels = shown(12)
    assert title == "Boxes by label, the 10 with the most unmatched of 12"
    assert labels[:3] == ["all", "7", "3"]


def test_nothing_unmatched_takes_one_line():
    shown = call("detect", "t.csv", "t.csv", *MATCH[3:]).out
    assert "Boxes\n" in shown
    assert "Images with" not in shown


def test_unmatched_boxes_are_listed_as_their_files_have_them():
    table("p.csv", "image_id,label,x,y,w,h,score", "a,1.0,0,0,10,10,0.9", "a,=1,5.25,0,7,8,0.8")
    table("t.csv", "image_id,label,x1,y1,x2,y2", "a,1,0,0,10,10", "a,1,70,0,80,10")
    call(*MATCH, "--list-unmatched", "u.csv")
    with open("u.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        dict(zip(COLUMNS, ("pred", "2", "spurious", "a", "'=1", "0.8", "[5.25, 0.0, 7.0, 8.0]"), strict=True)),
        dict(zip(COLUMNS, ("target", "2", "missed", "a", "1", "", "[70.0, 0.0, 80.0, 10.0]"), strict=True)),
    ]


def test_a_list_needs_a_matching_and_a_known_suffix():
    refused(2, *RUN, "--list-unmatched", "u.csv", says=("--list-unmatched applies only with --match",))
    refused(2, *MATCH, "--list-unmatched", "u.npy", says=(".csv .tsv .jsonl",))
    refused(2, *MATCH, "--list-unmatched", "p.csv", says=("p.csv is an input",))
    refused(2, "regress", *RUN[1:], "--list-unmatched", "u.csv", says=("it is an option of detect",))


@pytest.mark.parametrize(
    ("gate", "code", "says"),
    [
        ("giou.recall < 0.8", 1, "FAIL giou.recall = 0.5 (must be at least 0.8)"),
        ("giou.recall < 50%", 0, "PASS giou.recall = 50% (must be at least 50%)"),
        ("giou.spurious > 5", 0, "PASS giou.spurious = 3 (must be at most 5)"),
        ("missed > 1 and precision < 0.5", 1, "missed = 2 and precision = 0.4"),
        ("giou.recall@label=dog < 0.5", 1, "giou.recall@label=dog = 0"),
        ("giou.precision@label=cat < 0.5", 0, "PASS"),
        ("giou.recall@label=bird < 0.5", 1, "is undefined"),
    ],
)
def test_gates_limit_the_counts(gate, code, says):
    by = ("--by", "label") if "@" in gate else ()
    done = call(*MATCH, *by, "--fail-if", gate)
    assert done.code == code
    assert says in done.out
    assert ("no sample belongs" in done.err) == ("bird" in gate)


def test_a_gate_finds_a_label_by_value():
    rows = [{"image_id": "a", "label": float(c), "x1": x, "y1": 0, "x2": x + 9, "y2": 9} for c, x in ((1, 0), (2, 50))]
    Path("t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table("q.csv", "image_id,label,score,x1,y1,x2,y2", "a,1,0.9,0,0,9,9", "a,2,0.9,90,0,99,9")
    run = ("detect", "q.csv", "t.jsonl", "-l", "giou", "--match", "greedy", "--by", "target.label")
    done = call(*run, "--fail-if", "giou.recall@target.label=1.0 < 1", "--fail-if", "giou.recall@target.label=2.0 < 1")
    assert "PASS giou.recall@target.label=1.0 = 1" in done.out
    assert "FAIL giou.recall@target.label=2.0 = 0" in done.out


@pytest.mark.parametrize("stat", ["missed", "spurious", "precision", "recall"])
def test_without_a_matching_there_are_no_counts(stat):
    refused(2, "detect", "t.csv", "t.csv", "-l", "giou", "--fail-if", f"giou.{stat} < 1", says=("add --match greedy",))
    refused(2, "detect", "t.csv", "t.csv", "-l", "giou", "--fail-if", f"{stat} < 1", says=("add --match greedy",))


def test_a_run_without_matching_has_no_counts():
    assert "matching" not in call("detect", "t.csv", "t.csv", "-l", "giou", "-f", "json").report


def test_inspect_and_explain_match_too():
    assert "2 pairs, 2 missed, 3 spurious" in call("inspect", "p.csv", "t.csv", "--match", "greedy").out
    done = call("explain", "detect/giou", "--row", "3", "p.csv", "t.csv", "--match", "greedy")
    assert "PRED row 3, TARGET row 3" in done.out
    refused(3, "explain", "detect/giou", "--row", "4", "p.csv", "t.csv", "--match", "greedy", says=("row 4 of PRED is spurious",))


def test_the_area_of_an_object_is_that_of_its_column():
    run = ("detect", "p.csv", "t.csv", "-l", "giou", "--match", "coco", "--area", "0:100", "-f", "json")
    done = call(*run)
    assert "no area column" in done.err
    assert done.report["matching"]["target_ignored"] == 2
    rows = ["a,cat,0,0,0,10,10,400", "a,dog,0,70,0,80,10,9", "b,cat,0,0,0,10,11,90"]
    table("t.csv", "image_id,label,iscrowd,x1,y1,x2,y2,area", *rows)
    done = call(*run)
    assert "no area column" not in done.err
    assert done.report["matching"]["target_ignored"] == 1


def test_crowds_are_mentioned_where_they_are_not_ignored():
    assert "crowd objects in TARGET: 1" in call(*MATCH).err
    assert "crowd objects" not in call(*RUN, "--match", "coco").err
