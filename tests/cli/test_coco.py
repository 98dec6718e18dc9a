"""COCO files through the real command: pairs as pycocotools has them, matching that is implied, and mixed sides."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from losscli.families.detect.iou import giou
from tests.support.coco_files import annotation, random_files, result, truth, written
from tests.support.command import call, cli, refused, table

RUN = ("detect", "p.json", "t.json", "-l", "giou")
AREAS = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10), "0:60": (0, 60)}


@pytest.fixture(autouse=True)
def here(folder):
    """Two images; one object of each class is found, a crowd is not."""
    written("t.json", truth(annotation(0), annotation(1, 2, 7, [5, 5, 20, 20]), annotation(2, 2, 7, [0, 0, 60, 60], iscrowd=1)))
    written("p.json", [result(box=[0, 0, 10, 9]), result(2, 7, [5, 5, 20, 18], 0.9), result(2, 3, [40, 40, 5, 5], 0.1)])


def of_pycocotools(area: str, threshold: float = 0.5) -> list[tuple[int, int]]:
    """The pairs (row of p.json, row of t.json) of COCOeval.evaluateImg that count, and the numbers of objects and detections that
    are ignored.

    Annotation ids are counted from 1 for pycocotools, which takes the id 0 for "unmatched"."""
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO("t.json")
        shift = {a["id"]: i for i, a in enumerate(gt.dataset["annotations"])}
        for a in gt.dataset["annotations"]:
            a["id"] = shift[a["id"]] + 1
        gt.createIndex()
        ev = COCOeval(gt, gt.loadRes("p.json"), "bbox")
        ev.params.iouThrs, ev.params.areaRng, ev.params.areaRngLbl = np.array([threshold]), [list(AREAS[area])], [area]
        ev.evaluate()
    found = []
    for image in filter(None, ev.evalImgs):
        ignored = dict(zip(image["gtIds"], image["gtIgnore"], strict=True))
        pairs = zip(image["dtIds"], image["dtMatches"][0].astype(int).tolist(), strict=True)
        found += [(d - 1, t - 1) for d, t in pairs if t and not ignored[t]]
    return sorted(found)


def pairs_of(*flags: str) -> list[tuple[int, int]]:
    done = call(*RUN, "--match", "coco", "--per-sample", "s.csv", "-f", "json", *flags)
    if done.code == 3 and "nothing to evaluate" in done.err:
        return []
    assert done.code == 0, done.err
    rows = [line.split(",") for line in Path("s.csv").read_text("utf-8").splitlines()[1:]]
    return sorted((int(row[-3]) - 1, int(row[-2]) - 1) for row in rows)


@pytest.mark.parametrize("seed", range(25))
def test_pairs_are_those_of_pycocotools(seed):
    annotations, results = random_files(seed)
    written("t.json", annotations)
    written("p.json", results)
    area, threshold = list(AREAS)[seed % 5], (0.5, 0.75, 0.3)[seed % 3]
    flags = ("--iou-threshold", str(threshold), *(() if area == "all" else ("--area", area)))
    assert pairs_of(*flags) == of_pycocotools(area, threshold)


def test_greedy_matching_is_implied():
    done = call(*RUN, "-f", "json")
    assert "sets of boxes: paired as by --match greedy" in done.err
    stated = call(*RUN, "-f", "json", "--match", "greedy").report
    assert done.report["losses"] == stated["losses"]
    assert done.report["matching"] == stated["matching"]
    counts = {k: done.report["matching"][k] for k in ("matched", "missed", "spurious", "target_ignored")}
    assert counts == {"matched": 2, "missed": 0, "spurious": 1, "target_ignored": 1}
    assert done.report["inputs"]["pred"]["roles"]["label"] == ["category"]


def test_options_of_matching_imply_it_and_gates_count_boxes():
    assert call(*RUN, "--iou-threshold", "0.95").code == 3
    assert call(*RUN, "--iou-threshold", "0.9", "-f", "json").report["matching"]["matched"] == 2
    done = call(*RUN, "--fail-if", "giou.precision < 0.9", "--list-unmatched", "u.csv")
    assert done.code == 1
    assert "FAIL giou.precision" in done.out
    assert "spurious" in Path("u.csv").read_text("utf-8")
    refused(2, *RUN, "--strict", says=("--strict refuses guesses: boxes pair by overlap", "--match greedy"))
    assert call(*RUN, "--strict", "--match", "greedy").code == 0


def test_groups_by_the_columns_of_annotations():
    by = call(*RUN, "--by", "category", "--fail-if", "giou.recall@category=dog < 1", "-f", "json").report["groups"]
    assert [g["by"]["category"] for g in by] == ["cat", "dog"]
    assert [g["n"] for g in call(*RUN, "--by", "target.width", "-f", "json").report["groups"]] == [1, 1]


@pytest.mark.parametrize(
    ("given", "meant"), [(("--by", "class"), "--by category"), (("--filter", "label=dog"), "--filter category=dog")]
)
def test_the_column_of_a_role_is_named_where_no_column_has_its_name(given, meant):
    refused(3, *RUN, *given, says=(f"{' '.join(given).partition('=')[0]}: no column of that name", f"use {meant}"))
    assert call(*RUN, *meant.split()).code == 0


def test_other_sides():
    expected = call(*RUN, "-b").out
    for label in (("3", "7", "3"), ("cat", "dog", "cat")):
        rows = [("a", label[0], 0.5, 0, 0, 10, 9), ("b", label[1], 0.9, 5, 5, 25, 23), ("b", label[2], 0.1, 40, 40, 45, 45)]
        table("p.csv", "image_id,label,score,x1,y1,x2,y2", *[("12"["ab".index(r[0])], *r[1:]) for r in rows])
        assert call("detect", "p.csv", "t.json", "-l", "giou", "-b").out == expected
        table("p.csv", "filename,class,score,x1,y1,x2,y2", *[(f"val/{r[0]}.png", *r[1:]) for r in rows])
        assert call("detect", "p.csv", "t.json", "-l", "giou", "-b").out == expected
    table("p.csv", "image_id,label,score,x1,y1,x2,y2", (1, "cow", 0.5, 0, 0, 10, 9), (1, "cat", 0.5, 0, 0, 10, 9))
    refused(3, "detect", "p.csv", "t.json", "-l", "giou", says=("p.csv, row 1", "cow not among the categories of t.json"))
    table("p.csv", "image_id,label,score,x1,y1,x2,y2", (1, "cat", 0.5, 0, 0, 10, 9), (3, "cat", 0.5, 0, 0, 10, 9))
    refused(3, "detect", "p.csv", "t.json", "-l", "giou", says=("p.csv, row 2", "3 not among the images of t.json"))


def test_an_image_without_objects_has_spurious_boxes_only():
    written("t.json", truth(annotation(1)))
    done = call(*RUN, "-f", "json")
    assert done.report["matching"]["spurious"] == 2


def test_results_without_boxes_are_said():
    written("p.json", [{"image_id": 1, "category_id": 3, "score": 0.5, "segmentation": {"size": [2, 2], "counts": "04"}}])
    refused(3, *RUN, says=("p.json: give every object its `bbox`", "losscli segment"))


def test_unknown_images_are_refused_by_every_command():
    written("p.json", [result(), result(image=9), result(image=12)])
    for command in (RUN, ("inspect", "p.json", "t.json", "detect")[:3]):
        refused_or_said = call(*command)
        assert refused_or_said.code == 3
        assert "p.json, [1], column image_id: 9, 12 not among the images of t.json" in refused_or_said.err + refused_or_said.out


def test_the_whole_command_against_a_script_over_pycocotools():
    annotations, results = random_files(4)
    written("t.json", annotations)
    written("p.json", results)
    done = cli(*RUN, "--match", "coco", "--by", "category", "--area", "0:60", "--worst", "10", "-f", "json")
    report = done.report
    pairs = of_pycocotools("0:60")

    def corners(rows: list[dict[str, list[float]]]) -> np.ndarray:
        x, y, w, h = np.array([row["bbox"] for row in rows], dtype=np.float64).T
        return np.stack([x, y, x + w, y + h]).T

    mine = [results[p] for p, _ in pairs]
    theirs = [annotations["annotations"][t] for _, t in pairs]
    losses = giou(corners(mine), corners(theirs))
    assert report["losses"][0]["n"] == len(pairs) > 5
    assert report["losses"][0]["value"] == pytest.approx(losses.mean(), rel=1e-15)
    kinds = np.array([row["category_id"] for row in theirs])
    for group in report["groups"]:
        own = losses[kinds == int(group["by"]["category"][1:])]
        assert (group["n"], group["losses"][0]["value"]) == (len(own), pytest.approx(own.mean(), rel=1e-15))
    order = np.argsort(-losses, kind="stable")[:10]
    overall = [w for w in report["worst"] if "by" not in w]
    assert [w["value"] for w in overall] == losses[order].tolist()
    assert {(w["pred_row"] - 1, w["target_row"] - 1) for w in overall if w["value"] > losses[order[-1]]} <= set(pairs)
