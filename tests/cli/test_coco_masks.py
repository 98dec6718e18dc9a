"""The masks of COCO files: runs and polygons as pycocotools has them, images of their objects, and crowds."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO

import losscli
from losscli.core.errors import UsageError
from losscli.reading.instance_images import WithInstances
from losscli.sources import open_source
from losscli.sources.coco import masks
from losscli.sources.instances.rle import painted
from tests.support.coco_files import CATEGORIES, annotation, result, truth, written
from tests.support.command import call, refused
from tests.support.run_lengths import rle

SIZES = {1: (80, 100), 2: (60, 60)}
SEGMENT = ("segment", "p.json", "t.json", "-l", "dice")


def area(image, low, high):
    """A rectangle of an image, from one corner (y, x) to the other."""
    out = np.zeros(SIZES[image], bool)
    out[low[0] : high[0], low[1] : high[1]] = True
    return out


def polygons(rng, size):
    """A few polygons of any form, which may leave the image a little."""
    return [
        (rng.uniform(-0.1, 1.1, (rng.integers(3, 9), 2)) * [size[1], size[0]]).ravel().round(2).tolist()
        for _ in range(rng.integers(1, 4))
    ]


@pytest.fixture
def masks_of(folder):
    """The annotations of image 1 and 2 with these masks, and the images of a mask each of a results' file."""
    one, two = area(1, (10, 10), (30, 40)), area(2, (0, 0), (20, 60))
    written(
        "t.json",
        truth(annotation(0, segmentation=rle(one, text=False)), annotation(1, 2, segmentation=rle(two)), categories=CATEGORIES[:1]),
    )
    written("p.json", [result(segmentation=rle(area(1, (10, 10), (30, 25)))), result(2, segmentation=rle(two), score=0.9)])


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")  # of pycocotools
@pytest.mark.parametrize("seed", range(60))
def test_masks_are_those_of_pycocotools(seed, folder):
    rng = np.random.default_rng(seed)
    objects = []
    for own in range(4):
        image = int(rng.integers(1, 3))
        shape = [polygons(rng, SIZES[image]), rle(rng.random(SIZES[image]) < 0.4), rle(rng.random(SIZES[image]) < 0.4, text=False)]
        objects.append(annotation(own + 1, image, segmentation=shape[rng.integers(3)]))
    written("t.json", truth(*objects))
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO("t.json")
    source = open_source("t.json")
    assert isinstance(source, WithInstances)
    found = source.instances(None)
    for i, a in enumerate(objects):
        size = SIZES[a["image_id"]]
        np.testing.assert_array_equal(painted([found.runs.read(i, size)], size), known.annToMask(a).astype(bool))


def test_images_of_their_own_sizes(masks_of):
    found = call(*SEGMENT, "-b")
    assert float(found.out) == pytest.approx((1 - 2 * 300 / (300 + 600)) / 2, abs=1e-15)
    assert "all 2 objects read, whatever their score" in found.err


def test_a_score_threshold_leaves_objects_out(masks_of):
    found = call(*SEGMENT, "-b", "--score-threshold", "0.6")
    assert float(found.out) == 0.5
    assert "1 of 2 objects left out" in found.err
    assert "1 of 2 images have no object" in found.err


def test_objects_of_a_class_are_united_and_classes_are_a_label_map(folder):
    objects = [
        annotation(1, segmentation=rle(area(1, (0, 0), (10, 10)))),
        annotation(2, segmentation=rle(area(1, (5, 5), (15, 15)))),
        annotation(3, category=7, segmentation=rle(area(1, (20, 20), (40, 40)))),
    ]
    written("t.json", truth(*objects))
    labels = np.zeros(SIZES[1], int)
    labels[area(1, (0, 0), (10, 10)) | area(1, (5, 5), (15, 15))] = 1
    labels[area(1, (20, 20), (40, 40))] = 2
    scores = np.stack([labels == c for c in range(3)]).astype(float)
    pred = [scores, np.stack([np.ones(SIZES[2]), *np.zeros((2, *SIZES[2]))])]
    report = losscli.evaluate(pred, "t.json", family="segment", losses="dice", per_class=True, pair="position")
    assert report["dice"].value == 0.0
    assert [g.by["class"] for g in report.groups] == ["background", "cat", "dog"]


def test_classes_that_overlap_need_a_mask_each(folder):
    cat, dog = rle(area(1, (0, 0), (10, 10))), rle(area(1, (9, 9), (20, 20)))
    written("t.json", truth(annotation(1, segmentation=cat), annotation(2, category=7, segmentation=dog)))
    written("p.json", [result(segmentation=cat), result(category=7, segmentation=dog)])
    refused(3, *SEGMENT, says=("image 1: pixel [9, 9] belongs to cat and dog", "--multilabel", "--class-agnostic"))
    for way in ("--multilabel", "--class-agnostic"):
        assert float(call(*SEGMENT, way, "-b").out) == 0.0


def test_crowds_are_left_out(folder):
    crowd = annotation(2, segmentation=rle(area(1, (0, 0), (40, 40)), text=False), iscrowd=1)
    written("t.json", truth(annotation(1, segmentation=rle(area(1, (10, 10), (20, 20)))), crowd, categories=CATEGORIES[:1]))
    written("p.json", [result(segmentation=rle(area(1, (10, 0), (20, 60))))])
    found = call(*SEGMENT, "-f", "json")
    # of 10 × 60 pixels, those in the crowd count nothing but for the 10 × 10 of the object
    assert found.report["losses"][0]["mean"] == pytest.approx((1 - 2 * 100 / (300 + 100)) / 2, abs=1e-15)
    assert "ignored=crowds" in found.report["losses"][0]["signature"]
    assert "1,500 of 11,600 pixels ignored (crowds)" in found.err


def test_rasterising_is_part_of_the_signature(folder):
    written("t.json", truth(annotation(1, segmentation=[[0, 0, 20, 0, 20, 20]]), categories=CATEGORIES[:1]))
    written("p.json", [result(segmentation=rle(area(1, (0, 0), (20, 20))))])
    assert "polygons=pycocotools" in call(*SEGMENT, "-f", "json").report["losses"][0]["signature"]


def test_polygons_without_the_library(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pycocotools", None)
    written("t.json", truth(annotation(1, segmentation=[[0, 0, 20, 0, 20, 20]]), categories=CATEGORIES[:1]))
    written("p.json", [result(segmentation=rle(area(1, (0, 0), (20, 20))))])
    refused(2, *SEGMENT, says=("polygons need pycocotools", "pip install '.[coco]'"))
    with pytest.raises(UsageError):
        masks.rasteriser()


def test_results_beside_other_masks(folder):
    """Results name classes by ids, whose numbers in an array nothing says."""
    cat, dog = (rle(area(1, (y, y), (y + 10, y + 10))) for y in (0, 20))
    written("p.json", [result(segmentation=cat), result(category=7, segmentation=dog)])
    np.save("t.npy", area(1, (0, 0), (10, 10)).astype(np.uint8)[None])
    beside = ("segment", "p.json", "t.npy", "-l", "dice", "--pair", "position")
    refused(2, *beside, says=("classes 3, 7", "--classes", "--class-agnostic"))
    found = call(*beside, "-b", "--class-agnostic")
    assert float(found.out) == pytest.approx(1 - 2 * 100 / 300, abs=1e-15)


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        ({"size": [80, 100], "counts": "01"}, "the counts add up to 1 pixels, the image has 8000"),
        ({"size": [80, 100], "counts": "é"}, "counts have the character"),
        ({"size": [80, 100], "counts": [8001, -1]}, "a run of -1 pixels, the 2nd"),
        ({"size": [80, 100], "counts": [8000.0]}, "neither text nor whole numbers"),
        ({"size": [80, 100]}, "neither text nor whole numbers"),
        ({"size": [80], "counts": "0"}, "without a `size` of two whole numbers"),
        ({"counts": "0"}, "without a `size`"),
        ({"size": [100, 80], "counts": "0"}, "the mask is 100 × 80 pixels, its image 1 80 × 100"),
        ("0", "a mask of an unknown form"),
        ([[0, 0, 5, 5]], "a polygon of 4 numbers"),
        ([[0, 0, 5, 5, 5, 0, 1]], "a polygon of 7 numbers"),
        ([0, 0, 5, 5, 5, 0], "polygons in one list of numbers"),
        ([[0, 0, 5, 5, 5, "x"]], "x is not a coordinate"),
        ([[0, 0, 5, 5, 1e12, 0]], "the polygon has x = 1e+12 in an image of 80 × 100 pixels"),
        ([], "an object without polygons"),
        (None, "an object without its mask"),
    ],
)
def test_malformed_masks_name_the_annotation(mask, says, masks_of):
    fine = annotation(1, 2, segmentation=rle(area(2, (0, 0), (5, 5))))
    written("t.json", truth(annotation(0, segmentation=mask), fine, categories=CATEGORIES[:1]))
    refused(3, *SEGMENT, says=(says, "t.json", "annotations[0] (id 0)"))


def test_boxes_alone_are_no_masks(masks_of):
    written("t.json", truth(annotation(0)))
    refused(3, *SEGMENT, says=("boxes, but no masks", "detect"))


def test_images_without_a_size(masks_of):
    written("t.json", {**truth(annotation(0, segmentation=[[0, 0, 5, 0, 5, 5]])), "images": [{"id": 1}, {"id": 2}]})
    refused(3, *SEGMENT, says=("image 1: the size of the image is not known",))


def test_an_image_that_is_far_too_large(masks_of):
    written("t.json", truth(annotation(0, segmentation={"size": [10**9, 10**9], "counts": "0"}), images=[{"id": 1}, {"id": 2}]))
    refused(3, *SEGMENT, says=("an image of 1000000000 × 1000000000 pixels",))


def test_options_for_objects_need_objects(folder):
    np.save("a.npy", np.zeros((1, 2, 2), np.uint8))
    for option in (("--class-agnostic",), ("--score-threshold", "0.5")):
        refused(2, "segment", "a.npy", "a.npy", "-l", "dice", *option, says=(option[0], "files of objects with masks"))


def test_inspect_reads_masks_as_an_evaluation_does(masks_of):
    found = call("inspect", "p.json", "t.json", "--family", "segment")
    assert found.code == 0, found.err
    assert "losscli segment p.json t.json" in found.out
    assert "varies" in found.out
    agnostic = call("inspect", "p.json", "t.json", "--family", "segment", "--class-agnostic")
    assert agnostic.code == 0, agnostic.err
    assert "--class-agnostic --loss" in agnostic.out
