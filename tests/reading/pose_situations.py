"""Boxes with keypoints in YOLO's text files, alone and beside COCO's, with values computed here by NumPy alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.reading.situations import Refused, Situation, refused
from tests.support.png import png

POSE: dict[str, Situation] = {}
WIDE, HIGH, IMAGES, POINTS = 640, 480, 4, 17
SIZE = np.array([WIDE, HIGH])
SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
RNG = np.random.default_rng(7)
N = 2 * IMAGES
BOX: Any = np.round(np.c_[np.tile([0.3, 0.7], IMAGES), np.full(N, 0.5), RNG.uniform(0.2, 0.3, N), RNG.uniform(0.5, 0.8, N)], 4)
TRUE: Any = np.round(BOX[:, None, :2] + RNG.uniform(-0.5, 0.5, (N, POINTS, 2)) * BOX[:, None, 2:], 4)
FOUND: Any = np.round(TRUE + RNG.normal(0, 0.004, TRUE.shape), 4)
SEEN: Any = np.c_[np.full(N, 2), RNG.integers(0, 3, (N, POINTS - 1))]
SURE: Any = np.round(RNG.uniform(0.5, 1, (N, POINTS)), 3)
SCORE: Any = np.round(RNG.uniform(0.4, 0.9, N), 3)
AREA = BOX[:, 2] * WIDE * BOX[:, 3] * HIGH


def oks(labelled: Any) -> float:
    """The mean over the objects of 1 - OKS, by the formula of COCO's evaluation."""
    squared: Any = (((FOUND - TRUE) * SIZE) ** 2).sum(-1)
    off = 1 - np.exp(-squared / (2 * AREA[:, None] * (2 * SIGMAS) ** 2))
    return float(np.mean([off[i][labelled[i]].mean() for i in range(N)]))


def text(folder: str, *parts: Any) -> dict[str, str]:
    """A line per object, two in each image: the class, and these numbers of it."""
    lines = ["0 " + " ".join(str(x) for part in parts for x in np.ravel(part[i])) for i in range(N)]
    return {f"{folder}/{i}.txt": "\n".join(lines[2 * i : 2 * i + 2]) + "\n" for i in range(IMAGES)}


def points(places: Any, third: Any) -> Any:
    return np.concatenate([places, np.asarray(third)[..., None]], axis=-1)


def boxes() -> Sequence[Sequence[float]]:
    corner = (BOX[:, :2] - BOX[:, 2:] / 2) * SIZE
    found: list[list[float]] = np.c_[corner, BOX[:, 2:] * SIZE].tolist()
    return found


def coco(places: Any, third: Any, scored: bool) -> str:
    entries = []
    for i, box in enumerate(boxes()):
        own = (
            {"score": SCORE[i]} if scored else {"id": i, "area": AREA[i], "iscrowd": 0, "num_keypoints": int((third[i] > 0).sum())}
        )
        keypoints = points(places[i] * SIZE, third[i]).ravel().tolist()
        entries.append({"image_id": i // 2, "category_id": 1, "bbox": box, "keypoints": keypoints, **own})
    if scored:
        return json.dumps(entries)
    images = [{"id": i, "file_name": f"{i}.jpg", "width": WIDE, "height": HIGH} for i in range(IMAGES)]
    return json.dumps({"images": images, "annotations": entries, "categories": [{"id": 1, "name": "person"}]})


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in POSE, name
    POSE[name] = Situation(files, f"detect {command} --loss oks", right, says)


RIGHT, EVERY = oks(SEEN > 0), oks(SEEN >= 0)
TRUTH = text("t", BOX, points(TRUE, SEEN))
LAST = text("p", BOX, points(FOUND, SURE), SCORE)
SECOND = text("p", SCORE, BOX, points(FOUND, SURE))
SIZED = "p t --image-size 640x480"
SHAPE = "--yolo-kpt-shape 17,3"
YAML = {"data.yaml": "kpt_shape: [17, 3]\nnames: [person]\n"}
add("keypoints after the box, the score last", TRUTH | LAST, f"{SIZED} {SHAPE}", RIGHT, "read from the last word")
add("keypoints after the box, the score second", TRUTH | SECOND, f"{SIZED} {SHAPE}", RIGHT, "read from the second word")
add("keypoints of predictions without score", TRUTH | text("p", BOX, points(FOUND, SURE)), f"{SIZED} {SHAPE}", RIGHT)
add("the shape of keypoints from data.yaml", TRUTH | LAST | YAML, SIZED, RIGHT, "the area of an object is that of its box")
for words, files in (
    ("class,cx,cy,w,h,score", LAST),
    ("class,score,cx,cy,w,h", SECOND),
    ("class,cx,cy,w,h,keypoints,score", LAST),
    ("class,score,cx,cy,w,h,keypoints", SECOND),
    ("class,cx,cy,w,h,score,keypoints", text("p", BOX, SCORE, points(FOUND, SURE))),
):
    add(f"keypoints of the order {words}", TRUTH | files, f"{SIZED} {SHAPE} --yolo-order pred.{words}", RIGHT)
add(
    "predicted keypoints of two numbers",
    TRUTH | text("p", BOX, FOUND, SCORE),
    f"{SIZED} --yolo-kpt-shape pred.17,2 --yolo-kpt-shape target.17,3",
    RIGHT,
)
add(
    "true keypoints of two numbers",
    text("t", BOX, TRUE) | LAST,
    f"{SIZED} --yolo-kpt-shape pred.17,3 --yolo-kpt-shape target.17,2",
    EVERY,
    "keypoints without visibility: 136 count as labelled",
)
add(
    "keypoints beside COCO's annotations",
    LAST | {"g.json": coco(TRUE, SEEN, False)},
    f"p g.json --image-size 640x480 {SHAPE} --names person",
    RIGHT,
)
add(
    "COCO's results beside keypoints in text",
    TRUTH | {"d.json": coco(FOUND, SURE, True)},
    f"d.json t --image-size 640x480 {SHAPE} --names none --class-agnostic",
    RIGHT,
)
add(
    "lines of keypoints without an option",
    TRUTH | LAST,
    SIZED,
    refused("a polygon, or a box and keypoints", remedy=SHAPE, then=RIGHT),
)
OUT = text("t", BOX, points((TRUE - BOX[:, None, :2]) * 0.1 + 0.05, SEEN))
add(
    "keypoints outside of their boxes without an option",
    LAST | OUT,
    f"{SIZED} --yolo-kpt-shape pred.17,3",
    refused("not all of them shares of the image", "--yolo-kpt-shape K,D for keypoints"),
)
add(
    "boxes without keypoints",
    text("t", BOX) | LAST,
    f"{SIZED} --yolo-kpt-shape pred.17,3",
    refused("no keypoints", "a loss of boxes"),
)
add(
    "keypoints as shares of images",
    TRUTH | LAST,
    f"p t {SHAPE}",
    refused("need the sizes", "--image-size WxH"),
)
add(
    "lines that do not have the keypoints stated",
    TRUTH | LAST,
    f"{SIZED} --yolo-kpt-shape 16,3",
    refused("p/0.txt, line 1: 56 numbers after the class, where a box with 16 keypoints of 3 has 52 or 53"),
)

LABELS = np.zeros((8, 8), np.uint8)
LABELS[2:6, 2:6], LABELS[0, 7] = 2, 1
OBJECTS = "1 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n0 0.875 0 1 0 1 0.125 0.875 0.125\n"
POSE["polygons whose names number the labels of images"] = Situation(
    {"p/a.txt": OBJECTS, "t/a.png": png(LABELS)},
    "segment p t --loss jaccard --image-size 8x8 --names pred.cat,dog",
    0.0,
    ("labels of the other file: 0 background, 1 cat, 2 dog",),
)
