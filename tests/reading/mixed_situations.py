"""Boxes and masks whose two sides are of different formats or conventions, with values computed here by NumPy alone."""

from __future__ import annotations

import json
from typing import Any

from tests.reading.situations import Refused, Situation, refused
from tests.reading.vision_situations import FOUND, GIOU, GUESSES, MASKS, ONE, OTHERS, Row, coco_file, number, objects

MIXED: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in MIXED, name
    MIXED[name] = Situation(files, command, right, says)


# --- images that are named twice
def twice(rows: list[Row], ids: Any, head: str = "image_id,file_name") -> str:
    names = ("cat", "dog", "emu")
    cells = [",".join(map(str, (ids(i), f"{i}.jpg", names[c], *b, s))) for i, c, b, s in rows]
    return "\n".join([f"{head},label,xmin,ymin,xmax,ymax,score", *cells]) + "\n"


def records(text: str) -> str:
    head, *rows = (line.split(",") for line in text.splitlines())
    cells = [[x if k in (1, 2) else json.loads(x) for k, x in enumerate(row)] for row in rows]
    return "".join(json.dumps(dict(zip(head, row, strict=True))) + "\n" for row in cells)


APART = twice(FOUND, OTHERS.get)
BY_NAME = "--col image_id=file_name"
DETECT = "detect d.csv g.json --loss giou"
for kind, text, choice in (
    ("csv", APART, BY_NAME),
    ("jsonl", records(APART), BY_NAME),
    (
        "csv",
        APART.replace("file_name", "filename"),
        "--col pred.image_id=filename --col target.image_id=file_name",
    ),
):
    add(
        f"rows of {kind} whose {text.splitlines()[0][:40]} contradict COCO's",
        {f"d.{kind}": text, "g.json": coco_file()},
        f"detect d.{kind} g.json --loss giou",
        refused("image_id 1 has", "img_010.jpg, but img_001.jpg in g.json", "--col image_id=image_id", remedy=choice, then=GIOU),
    )
add(
    "two tables whose names of images contradict each other",
    {"d.csv": APART, "g.csv": twice(FOUND, number)},
    "detect d.csv g.csv --match greedy --loss giou",
    refused("image_id 1 has file_name img_010.jpg", remedy=BY_NAME, then=0.0),
)
add("rows whose file names agree with COCO's", {"d.csv": twice(FOUND, number), "g.json": coco_file()}, DETECT, GIOU)
add(
    "rows whose file names have folders",
    {"d.csv": twice(FOUND, number).replace("img", "val\\img"), "g.json": coco_file()},
    DETECT,
    GIOU,
)
add(
    "a column of frames beside the ids",
    {"d.csv": twice(FOUND, number, "image_id,frame").replace(".jpg", ""), "g.json": coco_file()},
    DETECT,
    GIOU,
)


def kaggle(masks: dict[str, Any], ids: dict[str, int]) -> str:
    rows = ["image_id,file_name,EncodedPixels"]
    for name, mask in masks.items():
        flat = [0, *mask.T.ravel().astype(int).tolist(), 0]
        edges = [i for i in range(1, len(flat)) if flat[i] != flat[i - 1]]
        runs = " ".join(f"{a} {b - a}" for a, b in zip(edges[::2], edges[1::2], strict=True))
        rows.append(f"{ids[name]},{name}.jpg,{runs}")
    return "\n".join(rows) + "\n"


RUNS = "segment p.csv g.json --loss jaccard --image-size 7x9"
add(
    "runs whose names of images contradict COCO's",
    {"p.csv": kaggle(GUESSES, {"a": 1, "b": 2, "c": 0}), "g.json": objects(MASKS)},
    RUNS,
    refused("image_id 1 has file_name a.jpg, but b.jpg in g.json", "--key image_id", remedy="--key file_name", then=ONE),
)
add(
    "runs whose names of images agree with COCO's",
    {"p.csv": kaggle(GUESSES, {"a": 0, "b": 1, "c": 2}), "g.json": objects(MASKS)},
    RUNS,
    ONE,
)
