"""Boxes and masks whose two sides are of different formats or conventions, with values computed here by NumPy alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.reading.situations import Refused, Situation, refused
from tests.reading.vision_situations import (
    ALL,
    FOUND,
    GIOU,
    GUESSED,
    GUESSES,
    LABELS,
    MASKS,
    ONE,
    OTHERS,
    SEGMENT,
    TRUE,
    Row,
    coco_file,
    folder,
    jaccard,
    number,
    objects,
)
from tests.support.png import PALETTE, palette

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

# --- label maps beside COCO's categories, which number the classes in their own way
OWN = {"ash": 90, "elm": 7}
IN_ORDER = {"elm": 1, "ash": 2}


def categories(ids: dict[str, int]) -> str:
    """COCO's file of the labels 1 (elm) and 2 (ash) with other ids, listed in that order."""
    document = json.loads(objects(LABELS, (1, 2)))
    for x in document["annotations"]:
        x["category_id"] = ids[("elm", "ash")[x["category_id"] - 1]]
    return json.dumps({**document, "categories": [{"id": i, "name": name} for name, i in ids.items()]})


def maps(labels: Sequence[int]) -> dict[str, bytes]:
    """Predicted label maps with these labels for the background, elm and ash."""
    return folder("p", {k: np.array(labels)[v] for k, v in GUESSED.items()})


LABELLED = "segment p g.json --loss jaccard"
TWO_ORDERS = "ash 90, elm 7"
for labels, flag in (
    ([0, 7, 90], "--names none"),
    ([0, 1, 2], "--classes background,elm,ash"),
    ([0, 1, 2], "--names background,elm,ash"),
    ([0, 2, 1], "--names target.x,y --names pred.background,ash,elm"),
    ([255, 1, 0], "--mask-values 255,0,1"),
):
    add(f"label maps with {labels} by {flag}", {**maps(labels), "g.json": categories(OWN)}, f"{LABELLED} {flag}", ALL)
add(
    "label maps with the ids of COCO's categories",
    {**maps([0, 7, 90]), "g.json": categories(OWN)},
    LABELLED,
    refused(TWO_ORDERS, "are not known", "--classes background,ash,elm", remedy="--names none", then=ALL),
)
add(
    "label maps in the order of COCO's categories",
    {**maps([0, 2, 1]), "g.json": categories(OWN)},
    LABELLED,
    refused(TWO_ORDERS, remedy="--classes background,ash,elm", then=ALL),
)
add(
    "label maps beside categories of other ids, counted",
    {**maps([0, 2, 1]), "g.json": categories(OWN)},
    f"{LABELLED} --num-classes 3",
    refused(TWO_ORDERS, "--names none"),
)
add(
    "categories listed in another order than their ids",
    {**maps([0, 1, 2]), "g.json": categories(dict(reversed(IN_ORDER.items())))},
    LABELLED,
    refused("ash 2, elm 1", remedy="--names none", then=ALL),
)
add("categories whose ids are the labels", {**maps([0, 1, 2]), "g.json": categories(IN_ORDER)}, LABELLED, ALL)
add(
    "a category that has the label of the background",
    {**maps([255, 0, 1]), "g.json": categories({"elm": 0, "ash": 1})},
    f"{LABELLED} --names none",
    refused("elm has the id 0", "--mask-values"),
)
add(
    "a category 0 without objects",
    {**maps([0, 1, 2]), "g.json": categories({"all": 0, **IN_ORDER})},
    f"{LABELLED} --names none",
    ALL,
)
add(
    "a file of names with gaps",
    {**maps([0, 7, 90]), "g.json": categories(IN_ORDER), "d.yaml": "names: {0: background, 7: elm, 90: ash}\n"},
    f"{LABELLED} --names d.yaml",
    ALL,
)
add(
    "names of labels that lack a category",
    {**maps([0, 1, 2]), "g.json": categories(IN_ORDER)},
    f"{LABELLED} --names background,elm",
    refused("does not name ash"),
)

# --- palettes that number the same colours in other ways
RGB = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0]])
FILE = "0 0 0 background\n128 0 0 elm\n0 128 0 ash\n"
PALETTES = "segment p t --loss jaccard --num-classes 3"


def painted(name: str, masks: dict[str, Any], order: Sequence[int], colours: Any = RGB, pad: int = 0) -> dict[str, bytes]:
    """Masks whose class c has the index order[c] of a palette and the colour of c."""
    table = np.zeros((3 + pad, 3), int)
    table[list(order)] = colours
    return folder(name, {k: np.array(order)[v] for k, v in masks.items()}, colour=PALETTE, more=[palette(table)])


SAME, TURNED = painted("p", GUESSED, [0, 1, 2]), painted("t", LABELS, [0, 2, 1])
DIFFER = ("t/a.png: the colour 0 128 0 has the index 1 in its palette, but 2 in that of p/a.png", "--palette FILE")
add(
    "palettes of another order",
    SAME | TURNED | {"c.txt": FILE},
    PALETTES,
    refused(
        *DIFFER,
        remedy="--palette indices",
        then=jaccard(GUESSED, {k: np.array([0, 2, 1])[v] for k, v in LABELS.items()}, (0, 1, 2)),
    ),
)
add("palettes of another order by colour", SAME | TURNED | {"c.txt": FILE}, f"{PALETTES} --palette c.txt", ALL)
add("palettes of other lengths", SAME | painted("t", LABELS, [0, 1, 2], pad=200), PALETTES, ALL)
add("palettes of other colours", SAME | painted("t", LABELS, [0, 1, 2], RGB[:, ::-1] // 2), PALETTES, ALL)
add(
    "palettes that differ within a folder",
    {**SAME, **painted("t", LABELS, [0, 1, 2]), "t/b.png": TURNED["t/b.png"]},
    PALETTES,
    refused("t/b.png: the colour 0 128 0 has the index 1"),
)

# --- classes counted from 1
add(
    "label maps that differ by one number throughout",
    folder("p", GUESSED) | folder("t", {k: v + 1 for k, v in LABELS.items()}),
    f"{SEGMENT} --num-classes 4",
    jaccard(GUESSED, {k: v + 1 for k, v in LABELS.items()}, range(4)),
    "predicted classes are 0 to 2, true classes 1 to 3",
)


# --- JSON with an entry per image
def entries(rows: list[Row], key: str = "boxes", scores: bool = False, **more: Any) -> list[dict[str, Any]]:
    out = []
    for image in ("img_001", "img_002", "img_010"):
        mine = [row for row in rows if row[0] == image]
        found = {key: [list(box) for _, _, box, _ in mine], "labels": [c for _, c, _, _ in mine]}
        out.append({**found, **({"scores": [s for *_, s in mine]} if scores else {}), **{k: of(image) for k, of in more.items()}})
    return out


BY_IMAGE = "detect d.json g.json --loss giou"
SETS = json.dumps(entries(TRUE))
CLASSES = [
    [[[*b, s] for i, k, b, s in FOUND if i == image and k == c] for c in range(3)] for image in ("img_001", "img_002", "img_010")
]
for kind, found in {
    "torchvision's": entries(FOUND, scores=True),
    "mmdetection's": entries(FOUND, "bboxes", scores=True),
    "mmdetection's lists by class": CLASSES,
}.items():
    add(f"{kind} boxes per image", {"d.json": json.dumps(found), "g.json": SETS}, BY_IMAGE, GIOU, "an entry per image")
LINES = "".join(json.dumps(x) + "\n" for x in entries(FOUND, scores=True, file_name="{}.jpg".format)[::-1])
NAMED = json.dumps(entries(TRUE, file_name="{}.jpg".format))
add("lines of images in another order", {"d.jsonl": LINES, "g.json": NAMED}, BY_IMAGE.replace("d.json", "d.jsonl"), GIOU)
add(
    "images by place beside images with ids",
    {"d.json": json.dumps(entries(FOUND, scores=True)), "g.json": NAMED},
    BY_IMAGE,
    refused("3 images without ids in d.json, but images with ids in g.json"),
)
add(
    "lists of other numbers of images",
    {"d.json": json.dumps(entries(FOUND, scores=True)[1:]), "g.json": SETS},
    BY_IMAGE,
    refused("2 images without ids in d.json, but 3 images without ids in g.json"),
)
for wrong, says in {"1 boxes, but 0 scores": [], "is not a finite number": ["x"], "without a list of boxes": None}.items():
    broken = entries(FOUND, scores=True)
    broken[2] |= {"boxes": None} if says is None else {"scores": says}
    add(
        f"an image whose entry is wrong: {wrong}", {"d.json": json.dumps(broken), "g.json": SETS}, BY_IMAGE, refused("row 3", wrong)
    )
