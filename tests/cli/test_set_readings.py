"""Sets of boxes read in a wrong format, or of a resized image: the reading that pairs them is named, and works."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import call, refused

N = 200
GREEDY = ("-l", "giou", "--match", "greedy")


def sets(seed=0, noise=1.0):
    """Corners of boxes in 20 images, on both sides nearly the same, and their images."""
    rng = np.random.default_rng(seed)
    image = np.repeat(np.arange(20), N // 20)
    corner, size = rng.uniform(100, 600, (N, 2)), rng.uniform(10, 60, (N, 2))
    target = np.concatenate([corner, corner + size], 1)
    return image, target + rng.normal(0, noise, target.shape), target


def xywh(box):
    return np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], 1)


def cxcywh(box):
    return np.concatenate([0.5 * (box[:, :2] + box[:, 2:]), box[:, 2:] - box[:, :2]], 1)


def proposed(err):
    """The options of the first reading that a message names."""
    return shlex.split(re.split(", or with |\n", err.partition("boxes pair with ")[2])[0])


def write(name, image, box, columns="box_0,box_1,box_2,box_3"):
    rows = [f"im{i},{','.join(map(repr, b))}" for i, b in zip(image.tolist(), box.tolist(), strict=True)]
    Path(name).write_text("\n".join([f"image_id,{columns}", *rows]) + "\n")
    return name


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("side", ["pred", "target"])
@pytest.mark.parametrize(("written", "form"), [(lambda b: b, "xyxy"), (cxcywh, "cxcywh")])
@pytest.mark.parametrize("method", ["greedy", "hungarian", "coco"])
def test_boxes_that_pair_in_another_format(side, written, form, method):
    image, pred, target = sets()
    boxes = {"pred": xywh(pred), "target": xywh(target), side: written({"pred": pred, "target": target}[side])}
    argv = ("detect", write("p.csv", image, boxes["pred"]), write("t.csv", image, boxes["target"]), "-l", "giou", "--match", method)
    done = call(*argv, "--box-format", "xywh", "-f", "json")
    flag = f"--{side}-box-format {form}"
    assert flag in done.err
    other = {"pred": "target", "target": "pred"}[side]
    mended = call(*argv, *flag.split(), f"--{other}-box-format", "xywh", "--unit", "none", "-f", "json")
    assert mended.code == 0
    assert mended.report["alignment"]["matched"] > 0.9 * N
    assert mended.report["warnings"] == [] or all(w["code"] == "reading" for w in mended.report["warnings"])


def test_the_error_and_the_warning():
    image, pred, target = sets()
    argv = ("detect", write("p.csv", image, pred), write("t.csv", image, target), *GREEDY, "--target-box-format", "xyxy")
    nothing = "nothing to evaluate: no prediction of p.csv overlaps a true box"
    likely = "200 of 200 boxes pair with --pred-box-format xyxy, or with --target-box-format xywh"
    refused(3, *argv, "--pred-box-format", "xywh", says=(nothing, likely))
    for box in (pred, target):
        box[::20] = (1, 1, 61, 61)  # the same box in both formats, but for a pixel
    write("p.csv", image, pred), write("t.csv", image, target)
    done = call(*argv, "--pred-box-format", "xywh", "-f", "json")
    assert done.code == 0, done.err
    found = {w["code"]: w["message"] for w in done.report["warnings"]}
    assert (
        found["box-convention"]
        == f"10 of 200 boxes pair as they are read (the first without a partner: p.csv, row 2, line 3); {likely}"
    )
    allowed = call(*argv, "--pred-box-format", "xywh", "--allow", "box-convention", "-f", "json")
    assert {w["code"] for w in allowed.report["warnings"]} <= {"reading"}


@pytest.mark.parametrize("scale", [0.5, 2.0, (0.3, 0.9)])
def test_boxes_of_a_resized_image(scale):
    image, pred, target = sets()
    scaled = pred * np.tile(scale, 2 if np.ndim(scale) else 4)
    argv = ("detect", write("p.csv", image, scaled), write("t.csv", image, target), *GREEDY, "--box-format", "xyxy")
    done = call(*argv, "-f", "json")
    assert "boxes pair if one side is scaled: are they boxes of a resized image?" in done.err
    if done.code == 0:
        assert "mixed-scale" in {w["code"] for w in done.report["warnings"]}
        assert call(*argv, "--allow", "mixed-scale", "-f", "json").report["warnings"] == []
        refused(3, *argv, "--strict", "--match", "greedy", says=("--allow mixed-scale",))


@pytest.mark.parametrize("seed", range(6))
def test_bad_models_are_not_taken_for_another_reading(seed):
    rng = np.random.default_rng(seed)
    image, _, target = sets(seed)
    corner, size = rng.uniform(100, 600, (N, 2)), rng.uniform(10, 60, (N, 2))
    pred = np.concatenate([corner, corner + size], 1)
    pred[:5] = target[:5]
    done = call("detect", write("p.csv", image, pred), write("t.csv", image, target), *GREEDY, "--box-format", "xyxy", "-f", "json")
    assert done.code == 0, done.err
    assert not {w["code"] for w in done.report["warnings"]} & {"box-convention", "mixed-scale"}


def test_the_remedy_works_where_names_of_columns_imply_a_format():
    image, _, target = sets()
    argv = ("detect", write("p.csv", image, cxcywh(target), "x,y,w,h"), write("t.csv", image, target, "x1,y1,x2,y2"), *GREEDY)
    done = call(*argv)
    flags = proposed(done.err)
    assert flags == ["--pred-box-format", "cxcywh", "--col", "pred.box=x,y,w,h"]
    mended = call(*argv, *flags, "-f", "json")
    assert mended.code == 0, mended.err
    assert mended.report["alignment"]["matched"] == N


def test_results_of_coco_as_corners():
    image, pred, target = sets()
    images = [{"id": i, "width": 800, "height": 800} for i in range(20)]
    objects = [
        {"id": k, "image_id": int(i), "category_id": 1, "bbox": b, "area": b[2] * b[3], "iscrowd": 0}
        for k, (i, b) in enumerate(zip(image, xywh(target).tolist(), strict=True))
    ]
    truth = {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "cat"}]}
    Path("t.json").write_text(json.dumps(truth))
    found = [{"image_id": int(i), "category_id": 1, "bbox": b, "score": 0.5} for i, b in zip(image, pred.tolist(), strict=True)]
    Path("p.json").write_text(json.dumps(found))
    done = call("detect", "p.json", "t.json", "-l", "giou")
    flags = proposed(done.err)
    mended = call("detect", "p.json", "t.json", "-l", "giou", *flags, "-f", "json")
    assert mended.code == 0, mended.err
    assert mended.report["alignment"]["matched"] > 0.9 * N


def test_few_boxes_say_nothing_of_a_scale():
    image, box = np.arange(3), np.array([[100.0, 100, 140, 150]] * 3)
    argv = ("detect", write("p.csv", image, 2 * box), write("t.csv", image, box), *GREEDY, "--box-format", "xyxy")
    assert "scaled" not in refused(3, *argv, says=("overlaps a true box",)).err
