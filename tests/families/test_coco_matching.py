"""--match coco: pairs and ignored boxes against a plain reading of COCO's definition, and pairs that pycocotools gave."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.families.detect._coco import matched
from losscli.families.detect._matching import ranked
from losscli.spec.matching import AREAS, Matching, Sets, area_range

SEEDS = range(200)


def some_sets(seed):
    """Boxes on a coarse grid, as x, y, width and height, so that overlaps and scores tie often; crowds; areas of the objects."""
    rng = np.random.default_rng(seed)
    p, t = int(rng.integers(1, 40)), int(rng.integers(1, 25))
    step = float(rng.choice([1.0, 4.0, 10.7]))

    def some(n):
        return np.hstack([rng.integers(0, 6, (n, 2)), rng.integers(1, 12, (n, 2))]) * step

    pred, target = some(p), some(t)
    again = rng.random(p) < 0.4
    pred[again] = target[rng.integers(0, t, int(again.sum()))]
    scores = rng.integers(0, 6, p) / 5.0
    crowd = rng.random(t) < 0.2
    area = target[:, 2] * target[:, 3] * rng.choice([0.3, 0.7, 1.0], t)
    return pred, target, rng.integers(0, 3, p), rng.integers(0, 3, t), scores, crowd, area


def corners(box):
    return np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])


def overlap(d, g, crowd):
    """As in pycocotools: 0 unless the boxes meet, else intersection over union, or over the detection's area for a crowd."""
    w = min(d[2] + d[0], g[2] + g[0]) - max(d[0], g[0])
    h = min(d[3] + d[1], g[3] + g[1]) - max(d[1], g[1])
    if w <= 0 or h <= 0:
        return 0.0
    own, other, both = d[2] * d[3], g[2] * g[3], w * h
    return both / (own if crowd else own + other - both)


def by_definition(sets, matching):
    """The pairs, and the ignored rows of both sides, one detection and one object at a time."""
    pred, target, ours, theirs, scores, crowd, area = sets
    low, high = matching.area or (0.0, float("inf"))
    void = [bool(c) or not low <= a <= high for c, a in zip(crowd, area, strict=True)]
    pairs, pred_ignored = {}, set()
    for group in sorted(set(ours) | set(theirs)):
        found = sorted((i for i in range(len(pred)) if ours[i] == group), key=lambda i: -scores[i])
        objects = sorted((j for j in range(len(target)) if theirs[j] == group), key=lambda j: void[j])
        pred_ignored |= set(found[matching.max_dets :])
        taken = set()
        for i in found[: matching.max_dets]:
            best, least = None, min(matching.threshold, 1 - 1e-10)
            for j in objects:
                if j in taken and not crowd[j]:
                    continue
                if best is not None and not void[best] and void[j]:
                    break
                iou = overlap(pred[i], target[j], crowd[j])
                if iou >= least:
                    best, least = j, iou
            if best is None:
                if not low <= pred[i, 2] * pred[i, 3] <= high:
                    pred_ignored.add(i)
                continue
            taken.add(best)
            if void[best]:
                pred_ignored.add(i)
            else:
                pairs[i] = best
    return pairs, pred_ignored, {j for j, v in enumerate(void) if v}


def outcome(sets, matching):
    pred, target, ours, theirs, scores, crowd, area = sets
    sizes = pred[:, 2] * pred[:, 3], target[:, 2] * target[:, 3]
    found = matched(corners(pred), corners(target), sizes, Sets(ours, theirs, scores, crowd, area), matching)
    return (
        dict(zip(found.pred.tolist(), found.target.tolist(), strict=True)),
        set(np.flatnonzero(found.pred_ignored).tolist()),
        set(np.flatnonzero(found.target_ignored).tolist()),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_matching_is_what_the_definition_says(seed):
    sets = some_sets(seed)
    threshold = (0.5, 0.0, 0.75, 1.0, 0.3)[seed % 5]
    area = (None, (0.0, 30.0), (30.0, 400.0), (400.0, 1e10))[seed // 5 % 4]
    matching = Matching("coco", threshold, (100, 3)[seed % 2], area)
    assert outcome(sets, matching) == by_definition(sets, matching)


def test_the_rows_in_order_of_score_keep_the_order_of_the_file():
    scores = np.array([0.5, 0.9, 0.5, 0.9, 0.5])
    sets = Sets(np.array([0, 0, 0, 0, -1]), np.array([0]), scores)
    order, ignored = ranked(sets, Matching("coco", max_dets=3))
    assert order.tolist() == [1, 3, 0]
    assert ignored.tolist() == [False, False, True, False, True]


# pycocotools 2.0.11, COCOeval.evaluateImg on these boxes (one image, one class, IoU 0.5, 100 detections): dtMatches, dtIgnore and
# gtIgnore as (pairs that count, ignored detections, ignored objects), rows counted from 0.
DETECTIONS = np.array(
    [
        [0, 0, 10, 10],
        [0, 0, 10, 10],
        [1, 0, 10, 10],
        [50, 50, 8, 8],
        [54, 54, 4, 4],
        [52, 50, 8, 8],
        [200, 0, 40, 40],
        [300, 0, 4, 4],
    ],
    float,
)
SCORES = np.array([0.9, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
OBJECTS = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [48, 48, 20, 20], [50, 50, 9, 9], [201, 0, 40, 40]], float)
CROWD = np.array([False, False, True, False, False])
AREA = np.array([90.0, 100.0, 400.0, 70.0, 1500.0])
GOLDEN = {
    "all": ({0: 1, 1: 0, 3: 3, 6: 4}, {4, 5}, {2}),
    "small": ({0: 1, 1: 0, 3: 3}, {4, 5, 6}, {2, 4}),
    "medium": ({6: 4}, {0, 1, 2, 3, 4, 5, 7}, {0, 1, 2, 3}),
}


@pytest.mark.parametrize("area", GOLDEN)
def test_matching_is_what_pycocotools_gives(area):
    matching = Matching("coco", 0.5, 100, None if area == "all" else area_range(area))
    ones, others = np.zeros(len(DETECTIONS), np.int64), np.zeros(len(OBJECTS), np.int64)
    assert outcome((DETECTIONS, OBJECTS, ones, others, SCORES, CROWD, AREA), matching) == GOLDEN[area]


def test_ranges_of_area():
    assert area_range("small") == (0, 1024) == AREAS["small"]
    assert area_range("100:") == (100, float("inf"))
    assert area_range(":9") == (0, 9)
