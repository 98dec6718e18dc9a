"""Polygons of YOLO labels as masks: the numbers of the same polygons in a COCO file, and of the masks that pycocotools paints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as masks

from tests.support.box_files import folder
from tests.support.command import array, call, refused

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools with NumPy 2
HIGH, WIDE = 40, 60
NAMES = ("cat", "dog")
SIZED = ("--image-size", f"{WIDE}x{HIGH}")


def drawn(seed, apart=True):
    """By image, classes with polygons of 3 to 9 points in pixels; apart: each class in a half of its own."""
    rng = np.random.default_rng(seed)
    found = {}
    for i in range(6):
        shapes = []
        for c in rng.integers(0, 2, rng.integers(0, 4)).tolist():
            middle = np.array([15 + 30 * c * apart, 20]) + rng.uniform(-4, 4, 2)
            turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 10)))
            shapes.append((c, middle + rng.uniform(3, 9) * np.c_[np.cos(turns), np.sin(turns)]))
        found[f"im{i}"] = shapes
    return found


def yolo(path, found, *, pixels=False, names=NAMES, scored=False):
    scale = np.ones(2) if pixels else np.array([WIDE, HIGH])

    def line(c, points):
        return " ".join(map(repr, [c, *(points / scale).ravel().tolist(), *([0.5 + 0.4 * c] if scored else [])])) + "\n"

    files = {f"{image}.txt": "".join(line(*shape) for shape in shapes) for image, shapes in found.items()}
    return folder(path, files | ({"classes.txt": "\n".join(names)} if names else {}))


def coco(path, found):
    images = [{"id": i, "file_name": f"{n}.jpg", "width": WIDE, "height": HIGH} for i, n in enumerate(found, 1)]
    shapes = [(i, c, points) for i, shapes in enumerate(found.values(), 1) for c, points in shapes]
    objects = [
        {"id": k, "image_id": i, "category_id": c + 1, "segmentation": [p.ravel().tolist()], "bbox": [0, 0, 1, 1], "iscrowd": 0}
        for k, (i, c, p) in enumerate(shapes, 1)
    ]
    names = [{"id": c, "name": name} for c, name in enumerate(NAMES, 1)]
    Path(path).write_text(json.dumps({"images": images, "annotations": objects, "categories": names}))
    return path


def painted(found):
    """The label maps, as pycocotools paints them."""
    out = np.zeros((len(found), HIGH, WIDE), np.uint8)
    for image, shapes in zip(out, found.values(), strict=True):
        for c, points in shapes:
            runs = masks.frPyObjects([points.ravel().tolist()], HIGH, WIDE)
            image[masks.decode(masks.merge(runs)) > 0] = c + 1
    return out


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("loss", ["dice", "jaccard", "ce"])
def test_the_numbers_of_coco_and_of_pycocotools(seed, loss):
    pred, target = drawn(seed), drawn(seed + 100)
    argv = ("-l", loss, "-f", "json")
    found = call("segment", yolo("p", pred), yolo("t", target), *SIZED, *argv)
    assert found.code == 0, found.err
    assert "polygons=pycocotools" in found.loss["signature"]
    whole = call("segment", coco("p.json", pred), coco("t.json", target), *argv)
    arrays = call("segment", array("p.npy", painted(pred)), array("t.npy", painted(target)), "--num-classes", "3", *argv)
    assert found.loss["value"] == whole.loss["value"] == arrays.loss["value"]
    assert call("segment", yolo("q", pred, pixels=True), "t", *SIZED, *argv).loss["value"] == found.loss["value"]
    assert len({call("segment", "p", "t", *SIZED, *argv, "-j", jobs).loss["value"] for jobs in ("1", "2", "3")}) == 1


def test_labels_beside_a_coco_file_and_beside_images():
    pred, target = drawn(1), drawn(2)
    yolo("p", pred)
    value = call("segment", "p", yolo("t", target), *SIZED, "-l", "dice", "-f", "json").loss["value"]
    assert call("segment", "p", coco("t.json", target), *SIZED, "-l", "dice", "-f", "json").loss["value"] == value
    Path("m").mkdir()
    for name, image in zip(target, painted(target), strict=True):
        Image.fromarray(image).save(f"m/{name}.png")
    named = ("--classes", "background,cat,dog")
    beside = call("segment", "p", "m", "--images", "m", "-l", "dice", *named, "-f", "json")
    assert beside.code == 0, beside.err
    assert beside.loss["value"] == value


def test_images_without_labels_are_empty_masks_where_the_images_are_listed():
    Path("i").mkdir()
    for k in range(3):
        Image.fromarray(np.zeros((HIGH, WIDE), np.uint8)).save(f"i/im{k}.png")
    shape = (0, np.array([[5.0, 5], [20, 5], [20, 20], [5, 22], [4, 9]]))
    pred = yolo("p", {"im0": [shape]}, names=("cat",))
    target = yolo("t", {"im0": [shape], "im1": [shape]}, names=("cat",))
    found = call("segment", pred, target, "--images", "i", "-l", "dice", "-f", "json")
    assert found.code == 0, found.err
    assert found.report["alignment"]["evaluated"] == 3
    refused(3, "segment", pred, target, *SIZED, "-l", "dice", says=("1 of 2 targets have no prediction: im1",))


def test_four_points_are_a_polygon_and_scores_are_read():
    one, two = np.array([[5.0, 5], [20, 5], [20, 20], [5, 20]]), np.array([[30.0, 5], [50, 5], [50, 20], [30, 20]])
    shape = {"im0": [(0, one), (1, two)]}
    yolo("t", shape)
    assert float(call("segment", yolo("p", shape, scored=True), "t", *SIZED, "-l", "dice", "-b").out) == 0
    left = call("segment", "p", "t", *SIZED, "-l", "dice", "--class-agnostic", "--score-threshold", "0.7", "-f", "json")
    assert left.loss["value"] == pytest.approx(1 - 2 * 300 / (2 * 300 + 225), abs=0.03)
    assert "1 of 2 objects left out: their score is below 0.7" in left.err


def test_numbers_of_classes_are_a_label_map():
    pred, target = drawn(5), drawn(6)
    value = call("segment", yolo("p", pred), yolo("t", target), *SIZED, "-l", "dice", "-f", "json").loss["value"]
    numbered = ("segment", yolo("pn", pred, names=()), yolo("tn", target, names=()), *SIZED, "-l", "dice", "-f", "json")
    assert call(*numbered).loss["value"] == value
    assert call(*numbered, "--names", "cat,dog").loss["value"] == value


def test_what_is_refused():
    shape = {"im0": [(0, np.array([[5.0, 5], [20, 5], [20, 20]])), (1, np.array([[8.0, 5], [50, 5], [50, 20]]))]}
    yolo("p", shape)
    refused(3, "segment", "p", "p", *SIZED, "-l", "dice", says=("belongs to cat and dog", "--multilabel"))
    assert call("segment", "p", "p", *SIZED, "-l", "dice", "--multilabel").code == 0
    refused(3, "segment", "p", "p", "-l", "dice", says=("the size of the image is not known", "--image-size WxH"))
    folder("b", {"im0.txt": "0 0.5 0.5 0.2 0.2\n"})
    refused(3, "segment", "b", "p", *SIZED, "-l", "dice", says=("b: its objects are boxes", "detect reads boxes"))
    folder("far", {"im0.txt": "0 5 5 900 5 900 40\n"})
    refused(3, "segment", "far", "far", *SIZED, "-l", "dice", says=("far/im0.txt, line 1", "the polygon reaches 900"))
