"""COCO's keypoints: objects pair by the similarity of their keypoints, as in COCO's evaluation, where no loss reads boxes."""

from __future__ import annotations

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.support.coco_files import written
from tests.support.command import call, refused

RUN = ("detect", "p.json", "t.json", "-l", "oks")
PERSON = {"id": 1, "name": "person"}


def some_people(seed, points=17):
    """People, some without labelled keypoints, some crowds, and poses near them; scores tie."""
    rng = np.random.default_rng(seed)
    images = [{"id": int(i), "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in range(3)]
    truth, found = [], []
    for i in range(int(rng.integers(2, 14))):
        left, top, wide, high = *rng.uniform(0, 300, 2), *rng.uniform(30, 250, 2)
        seen = np.zeros(points, int) if rng.random() < 0.2 else rng.integers(0, 3, points)
        true = np.stack([rng.uniform(left, left + wide, points), rng.uniform(top, top + high, points), seen]).T.round(1)
        of = int(rng.integers(0, 3))
        truth.append(
            {"id": i + 1, "image_id": of, "category_id": 1, "bbox": [left, top, wide, high], "area": wide * high * 0.6}
            | {"keypoints": true.ravel().tolist(), "num_keypoints": int((seen > 0).sum()), "iscrowd": int(rng.random() < 0.1)}
        )
        for _ in range(int(rng.integers(0, 4))):
            near = true.copy()
            near[:, :2] += rng.normal(0, rng.choice([1.0, 5.0, 20.0]), (points, 2)).round(1)
            near[:, 2] = 1
            score = int(rng.integers(1, 6)) / 5
            found.append({"image_id": of, "category_id": 1, "keypoints": near.ravel().tolist(), "score": score})
    found.append({"image_id": 0, "category_id": 1, "keypoints": rng.uniform(0, 300, 3 * points).tolist(), "score": 0.4})
    return {"images": images, "annotations": truth, "categories": [PERSON]}, found


def of_pycocotools(threshold):
    """The pairs of rows that count, and the similarity of each."""
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO("t.json")
        ev = COCOeval(gt, gt.loadRes("p.json"), "keypoints")
        ev.params.iouThrs, ev.params.areaRng, ev.params.areaRngLbl = np.array([threshold]), [[0, 1e10]], ["all"]
        ev.evaluate()
    pairs = {}
    for image in filter(None, ev.evalImgs):
        ignored = dict(zip(image["gtIds"], image["gtIgnore"], strict=True))
        similar = ev.ious[image["image_id"], image["category_id"]]
        objects = [a["id"] for a in ev._gts[image["image_id"], image["category_id"]]]
        for rank, (d, t) in enumerate(zip(image["dtIds"], image["dtMatches"][0].astype(int).tolist(), strict=True)):
            if t and not ignored[t]:
                pairs[d - 1, t - 1] = similar[rank, objects.index(t)]
    return pairs


@pytest.mark.parametrize("seed", range(12))
def test_pairs_and_similarities_are_those_of_pycocotools(seed):
    truth, found = some_people(seed)
    written("t.json", truth)
    written("p.json", found)
    threshold = (0.5, 0.75)[seed % 2]
    expected = of_pycocotools(threshold)
    done = call(*RUN, "--match", "coco", "--iou-threshold", str(threshold), "--per-sample", "s.csv", "-f", "json")
    if not expected:
        assert done.code == 3
        return
    assert done.code == 0, done.err
    with open("s.csv", encoding="utf-8") as file:
        rows = [line.split(",") for line in file.read().splitlines()[1:]]
    losses = {(int(row[-3]) - 1, int(row[-2]) - 1): float(row[-1]) for row in rows}
    assert losses.keys() == expected.keys()
    assert [losses[pair] for pair in expected] == pytest.approx([1 - x for x in expected.values()], abs=1e-12)


def test_matching_by_keypoints_is_implied_and_said():
    truth, found = some_people(1)
    written("t.json", truth)
    written("p.json", found)
    done = call(*RUN, "-f", "json")
    assert done.code == 0, done.err
    assert "sets of boxes: paired as by --match greedy" in done.err
    assert "greedy:oks_threshold=0.5" in done.loss["signature"]
    unlabelled = sum(a["num_keypoints"] == 0 or a["iscrowd"] for a in truth["annotations"])
    assert done.report["matching"]["target_ignored"] == unlabelled
    assert call(*RUN, "--unmatched", "penalize", "-f", "json").loss["max"] == 1.0


def test_sigmas_of_the_loss_pair_the_keypoints():
    truth, found = some_people(2, points=3)
    written("t.json", truth)
    written("p.json", found)
    refused(2, *RUN, says=("17 sigmas for 3 keypoints", "sigmas=[0.05,…]"))
    assert call(*RUN[:-1], "oks:sigmas=[0.05,0.05,0.05]").code == 0
    two = ("-l", "oks:sigmas=[0.05,0.05,0.05]", "-l", "o=oks:sigmas=[0.1,0.1,0.1]")
    refused(2, *RUN[:3], *two, says=("two losses have different sigmas",))


def test_named_sigmas_are_those_of_crowdpose(tmp_path, monkeypatch):
    """Against the formula over objects that have one match each."""
    monkeypatch.chdir(tmp_path)
    sigmas = np.array([0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89, 0.79, 0.79]) / 10
    rng = np.random.default_rng(0)
    true = np.concatenate([rng.uniform(10, 90, (3, 14, 2)), np.full((3, 14, 1), 2.0)], 2)
    found = true + np.array([4.0, -2.0, 0.0]) * rng.random((3, 14, 1))
    images = [{"id": i, "width": 100, "height": 100} for i in range(3)]
    objects = [
        {"id": i, "image_id": i, "category_id": 1, "keypoints": k.ravel().tolist(), "bbox": [10, 10, 80, 80], "area": 3000 + i}
        for i, k in enumerate(true)
    ]
    people = {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "person"}]}
    results = [{"image_id": i, "category_id": 1, "keypoints": k.ravel().tolist(), "score": 0.5} for i, k in enumerate(found)]
    for name, content in {"t.json": people, "p.json": results}.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    error = ((found - true)[..., :2] ** 2).sum(2) / (2 * (3000 + np.arange(3))[:, None] * (2 * sigmas) ** 2)
    refused(2, "detect", "p.json", "t.json", "-l", "oks", says=("17 sigmas for 14 keypoints", "sigmas=crowdpose"))
    done = call("detect", "p.json", "t.json", "-l", "oks:sigmas=crowdpose", "-b")
    assert float(done.out) == pytest.approx(float(np.mean(1 - np.exp(-error))), rel=1e-12)
