"""Folders of annotations on the command line: one number whatever they are written as; missing images; shares of images."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support import box_files
from tests.support.box_files import Box
from tests.support.command import call, cli, refused

SIZE = (640, 480)
TARGET = {
    "im1": [Box("cat", 100, 100, 50, 80), Box("dog", 300, 200, 60, 40)],
    "im2": [Box("dog", 10, 20, 200, 100)],
    "im3": [Box("cat", 400, 300, 80, 90)],
    "im10": [],
}
PRED = {
    "im1": [Box("cat", 104, 98, 50, 84, 0.9), Box("dog", 310, 205, 55, 40, 0.75), Box("dog", 500, 20, 55, 40, 0.125)],
    "im2": [Box("dog", 20, 20, 180, 110, 0.5)],
    "im3": [],
    "im10": [],
}
NAMES = ["cat", "dog"]


@pytest.fixture(autouse=True)
def files(folder):
    box_files.yolo("p", PRED, SIZE, NAMES)
    box_files.yolo("t", TARGET, SIZE, NAMES)


def detect(pred, target, *more, loss="giou"):
    return call("detect", pred, target, "-l", loss, "-f", "json", *more)


def test_pixels_against_shares_name_the_options_that_make_pixels(folder):
    for name, line in (("p/a.txt", "0 0.9 10 20 30 40\n"), ("t/a.txt", "0 0.25 0.4 0.3 0.4\n")):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(line)
    pixels = ("detect", "p", "t", "-l", "giou", "--yolo-order", "pred.class,score,x,y,w,h")
    refused(3, *pixels, says=("boxes in pixels", "--image-size WxH"))
    assert call(*pixels, "--image-size", "100x100").code == 0


def test_a_number_at_once():
    box_files.table("p.csv", PRED)
    box_files.table("t.csv", TARGET)
    found = detect("p", "t").loss
    assert found["n"] == 3
    assert math.isclose(found["value"], detect("p.csv", "t.csv", "--match", "greedy").loss["value"], rel_tol=1e-12)


def test_in_a_process_of_its_own():
    done = cli("detect", "p", "t", "-l", "giou", "-b")
    assert done.code == 0
    assert math.isclose(float(done.out), detect("p", "t").loss["value"], rel_tol=1e-9)


images = st.integers(1, 4).map(lambda n: [f"i{k}" for k in range(n)])


@st.composite
def boxes(draw, scored):
    left, top = draw(st.integers(0, 500)), draw(st.integers(0, 350))
    width, height = draw(st.integers(10, 120)), draw(st.integers(10, 120))  # moved boxes overlap by more than 0.3
    return Box(draw(st.sampled_from(NAMES)), left, top, width, height, draw(st.floats(0.01, 1.0)) if scored else None)


@st.composite
def sets(draw):
    """Both sides; the predictions are the true boxes, moved, and a few others."""
    target = {i: draw(st.lists(boxes(False), min_size=1, max_size=4)) for i in draw(images)}
    moves = st.integers(-3, 3)
    pred = {
        i: [
            *(
                Box(
                    b.label,
                    max(b.left + draw(moves), 0),
                    b.top,
                    b.width,
                    b.height + draw(st.integers(0, 3)),
                    draw(st.floats(0.01, 1.0)),
                )
                for b in held
            ),
            *draw(st.lists(boxes(True), max_size=2)),
        ]
        for i, held in target.items()
    }
    return pred, target


@settings(max_examples=25, deadline=None)
@given(sets())
def test_one_loss_whatever_the_boxes_are_written_as(tmp_path_factory, both):
    root = tmp_path_factory.mktemp("boxes")
    sides = dict(zip(("p", "t"), both, strict=True))
    paths = {
        "table": [box_files.table(str(root / f"{s}.csv"), b) for s, b in sides.items()],
        "yolo": [box_files.yolo(str(root / f"yolo-{s}"), b, SIZE, NAMES) for s, b in sides.items()],
        "named": [box_files.yolo(str(root / f"named-{s}"), b, SIZE) for s, b in sides.items()],
        "pixels": [box_files.pixels(str(root / f"pixels-{s}"), b) for s, b in sides.items()],
        "voc": [box_files.voc(str(root / f"voc-{s}"), b) for s, b in sides.items()],
    }
    paths["mixed"] = [paths["pixels"][0], paths["voc"][1]]
    order = ("--yolo-order", "class,score,cx,cy,w,h")
    last = ("--yolo-order", "class,cx,cy,w,h,score", "--image-size", "640x480", "--names", "cat,dog")
    more = {"yolo": last, "named": last, "pixels": (order[0], "class,score,x,y,w,h"), "mixed": (order[0], "class,score,x,y,w,h")}
    found = {}
    more["table"] = ("--match", "greedy")
    for kind, (pred, target) in paths.items():
        lines = detect(pred, target, "-l", "l1", "-l", "diou", "--iou-threshold", "0.3", *more.get(kind, ())).report["losses"]
        found[kind] = [(x["n"], x["value"]) for x in lines]
    for kind, lines in found.items():
        for (n, value), (n0, value0) in zip(lines, found["table"], strict=True):
            assert n == n0, kind
            assert math.isclose(value, value0, rel_tol=1e-9, abs_tol=1e-9), kind


def test_shares_of_images_have_only_the_losses_that_do_not_depend_on_their_shapes():
    done = refused(3, "detect", "p", "t", "-l", "diou", says=("diou", "--images DIR", "--image-size WxH"))
    assert "shares" in done.err
    box_files.table("p.csv", PRED)
    box_files.table("t.csv", TARGET)
    expected = detect("p.csv", "t.csv", "--match", "greedy", loss="diou").loss["value"]
    assert math.isclose(detect("p", "t", "--image-size", "640x480", loss="diou").loss["value"], expected, rel_tol=1e-12)
    box_files.folder("images", {})
    for name in TARGET:
        Image.new("L", SIZE).save(f"images/{name}.png")
    assert math.isclose(detect("p", "t", "--images", "images", loss="diou").loss["value"], expected, rel_tol=1e-12)


@pytest.mark.parametrize("loss", ["giou:eps=1e-7", "iou:offset=1", "nwd", "smooth_l1", "alpha_iou:base=ciou"])
def test_parameters_decide_too(loss):
    refused(3, "detect", "p", "t", "-l", loss, says=("--image-size",))


def test_a_file_that_is_missing_is_not_empty():
    box_files.yolo("some", {"im1": PRED["im1"]}, SIZE, NAMES)
    done = refused(3, "detect", "some", "t", "-l", "giou", says=("2 of 3 images have", "im2", "--images DIR"))
    assert "--missing drop" in done.err
    found = detect("some", "t", "--missing", "drop").report
    assert (found["matching"]["matched"], found["matching"]["missed"], found["matching"]["target_ignored"]) == (2, 0, 2)
    box_files.folder("images", {})
    for name in TARGET:
        Image.new("L", SIZE).save(f"images/{name}.png")
    found = detect("some", "t", "--images", "images").report
    assert (found["matching"]["matched"], found["matching"]["missed"]) == (2, 2)


def test_an_image_without_a_file_of_true_boxes_is_extra():
    box_files.yolo("some", {"im2": TARGET["im2"]}, SIZE, NAMES)
    refused(3, "detect", "p", "some", "-l", "giou", says=("no file of true boxes", "--extra drop"))
    assert detect("p", "some", "--extra", "drop").report["matching"]["spurious"] == 0


def test_the_names_of_one_side_name_the_other():
    box_files.folder("data", {"data.yaml": "names: [cat, dog]\n"})
    box_files.yolo("data/labels", TARGET, SIZE, NAMES)
    found = detect("p", "data/labels").report
    assert [x["label"] for x in found["matching"]["labels"]] == ["cat", "dog"]


def test_names_of_files_meet_by_the_stem_that_the_error_names():
    box_files.pixels("both", {f"detection_{i}": b for i, b in PRED.items()} | {f"truth_{i}": b for i, b in TARGET.items()})
    files = ("both/detection_*.txt", "both/truth_*.txt")
    done = refused(3, "detect", *files, "-l", "giou", says=("--yolo-order pred.class,score,x,y,w,h",))
    order = ("--yolo-order", "class,score,x,y,w,h")
    done = refused(3, "detect", *files, "-l", "giou", *order, says=("--stem 'pred.s/^detection//'",))
    stems = [word for word in done.err.split() if word.startswith(("'pred.s", "'target.s"))]
    assert len(stems) == 2
    done = detect(*files, *order, "--stem", stems[0].strip("'"), "--stem", stems[1].strip("'"))
    assert done.loss["n"] == 3


def test_difficult_objects_count_for_nothing():
    hard = box_files.voc_object(TARGET["im1"][0], "<difficult>1</difficult>")
    box_files.folder("xml", {"im1.xml": box_files.annotation(hard, box_files.voc_object(TARGET["im1"][1]))})
    box_files.voc("preds", {"im1": PRED["im1"]})
    for method in ("greedy", "hungarian", "coco"):
        found = call("detect", "preds", "xml", "-l", "giou", "--match", method, "-f", "json").report["matching"]
        assert (found["matched"], found["missed"], found["spurious"]) == (1, 0, 1), method
        assert (found["pred_ignored"], found["target_ignored"]) == (1, 1), method
    found = detect("preds", "xml", "--keep-difficult").report
    assert found["matching"]["matched"] == 2
    assert "voc=1-based" in found["losses"][0]["signature"]


def test_rotated_boxes_pair_by_position():
    line = "0 0.2 0.1 0.8 0.1 0.8 0.5 0.2 0.5\n"
    box_files.folder("one", {"a.txt": line})
    box_files.folder("two", {"a.txt": line.replace("0.5", "0.6")})
    refused(3, "detect", "one", "two", "-l", "probiou", says=("--yolo-obb",))
    refused(3, "detect", "one", "two", "-l", "probiou", "--yolo-obb", says=("--image-size",))
    found = call("detect", "one", "two", "-l", "probiou", "--yolo-obb", "--image-size", "100x100", "-f", "json").loss
    assert 0 < found["value"] < 1
    files = ("detect", "one", "two", "--yolo-obb", "--image-size", "100x100", "-l")
    refused(3, *files, "giou", says=("giou reads upright boxes", "--yolo-order class,polygon"))
    refused(2, *files, "probiou", "--match", "greedy", says=("rotated", "--key"))
    assert call("detect", "one", "two", "--yolo-order", "class,polygon", "-l", "giou").code == 0


def test_inspect_and_worst_read_them():
    found = call("inspect", "p", "t", "-f", "json").report
    assert found["pred"]["format"] == found["target"]["format"] == "yolo"
    assert "losscli detect p t --loss giou" in found["try"]
    assert detect("p", "t", "--worst", "2").code == 0
    assert call("explain", "giou", "--row", "1", "p", "t").code == 0


def test_a_folder_against_a_coco_file():
    images = [{"id": i, "file_name": f"{name}.jpg", "width": SIZE[0], "height": SIZE[1]} for i, name in enumerate(TARGET)]
    objects = [
        {"id": 10 * i + j, "image_id": i, "category_id": 7 + NAMES.index(b.label), "bbox": [b.left, b.top, b.width, b.height]}
        for i, held in enumerate(TARGET.values())
        for j, b in enumerate(held)
    ]
    categories = [{"id": 7 + i, "name": name} for i, name in enumerate(NAMES)]
    text = json.dumps(
        {"images": images, "annotations": [{**x, "area": 1, "iscrowd": 0} for x in objects], "categories": categories}
    )
    box_files.folder(".", {"instances.json": text})
    refused(3, "detect", "p", "instances.json", "-l", "giou", says=("--names FILE", "--names none"))
    found = detect("p", "instances.json", "--names", "cat,dog", "--image-size", "640x480").loss
    assert found["n"] == 3
    assert math.isclose(found["value"], detect("p", "t").loss["value"], rel_tol=1e-9)


def test_short_tables_of_motion_tracking_are_read_by_the_options_that_the_error_names():
    lines = "1,1,100,100,50,80,1\n1,2,300,200,60,40,1\n2,1,104,100,50,80,1\n"
    box_files.folder("mot", {"gt.txt": lines, "det.txt": lines.replace(",100,50", ",101,50")})
    files = ("detect", "mot/det.txt", "mot/gt.txt", "-l", "giou")
    words: list[str] = []
    for side in ("pred", "target"):
        done = refused(3, *files, *words, says=(f"detect --header {side}.none",))
        words += done.err.split(" detect ")[1].split()
    assert call(*files, *words, "-f", "json").loss["n"] == 3


def test_a_single_file_of_labels_is_read_by_the_option_that_the_error_names():
    files = ("detect", "t/im1.txt", "t/im1.txt", "-l", "giou", "--match", "greedy")
    refused(3, *files, says=("--yolo-order pred.class,cx,cy,w,h",))
    assert call(*files, "--yolo-order", "class,cx,cy,w,h", "-f", "json").loss["n"] == 2
