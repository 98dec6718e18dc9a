"""Boxes and masks as programs write them, with values computed here by NumPy alone: see situations.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.reading.situations import Refused, Situation, refused
from tests.support.png import PALETTE, palette, png
from tests.support.run_lengths import rle

VISION: dict[str, Situation] = {}
Box = tuple[int, int, int, int]
Row = tuple[str, int, Box, float]

SIZES = {"img_001": (640, 480), "img_002": (500, 400), "img_010": (320, 240)}
NAMES = ("cat", "dog", "emu")
TRUE: list[Row] = [
    ("img_001", 0, (50, 60, 170, 180), 1.0),
    ("img_001", 1, (300, 200, 420, 300), 1.0),
    ("img_002", 2, (20, 30, 140, 120), 1.0),
    ("img_002", 1, (200, 150, 330, 280), 1.0),
    ("img_010", 0, (10, 20, 110, 90), 1.0),
]
FOUND: list[Row] = [
    ("img_010", 0, (14, 22, 112, 95), 0.9),
    ("img_002", 1, (195, 160, 325, 270), 0.8),
    ("img_001", 0, (55, 60, 165, 190), 0.7),
    ("img_001", 1, (310, 205, 430, 295), 0.6),
    ("img_002", 2, (25, 25, 150, 125), 0.5),
    ("img_001", 2, (500, 400, 560, 440), 0.4),
]
PARTNER = [4, 3, 0, 1, 2]
"""Of each of the first five found boxes, the true one that it overlaps."""


def giou(a: Box, b: Box) -> float:
    def area(x1: float, y1: float, x2: float, y2: float) -> float:
        return max(x2 - x1, 0) * max(y2 - y1, 0)

    both = area(max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    hull = area(min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    union = area(*a) + area(*b) - both
    return 1 - both / union + (hull - union) / hull


EACH = [giou(f[2], TRUE[t][2]) for f, t in zip(FOUND, PARTNER, strict=False)]
GIOU = float(np.mean(EACH))


def number(image: str) -> int:
    return int(image[4:])


def same(image: str) -> str:
    return image


def xywh(box: Box) -> list[int]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def results(image: Callable[[str], Any] = number, first: int = 1, **more: Callable[[str], Any]) -> str:
    """COCO's results. first: the number of the first category; more: further keys by the image."""
    found = [
        {"image_id": image(i), "category_id": c + first, "bbox": xywh(b), "score": s} | {k: f(i) for k, f in more.items()}
        for i, c, b, s in FOUND
    ]
    return json.dumps(found)


def coco_file(
    rows: Sequence[Row] = TRUE,
    image: Callable[[str], Any] = number,
    categories: Sequence[int] = (1, 2, 3),
    names: Sequence[str] = NAMES,
    files: str = "{}.jpg",
    **more: Any,
) -> str:
    objects = [
        {"id": k, "image_id": image(i), "category_id": categories[c], "bbox": xywh(b), "area": 9, "iscrowd": 0, "score": s}
        for k, (i, c, b, s) in enumerate(rows)
    ]
    images = [{"id": image(i), "file_name": files.format(i), "width": w, "height": h} for i, (w, h) in SIZES.items()]
    if rows is TRUE:
        for x in objects:
            x.pop("score")
    listed = [{"id": i, "name": n} for i, n in zip(categories, names, strict=True)]
    return json.dumps({"images": images, "annotations": objects, "categories": [*more.get("before", ()), *listed]})


def yolo(folder: str, rows: Sequence[Row], score: bool = False, first: int = 0, stem: str = "{}") -> dict[str, str]:
    out = {f"{folder}/{stem.format(image)}.txt": "" for image in SIZES}
    for image, c, b, s in rows:
        w, h = SIZES[image]
        shares = [(b[0] + b[2]) / 2 / w, (b[1] + b[3]) / 2 / h, (b[2] - b[0]) / w, (b[3] - b[1]) / h]
        out[f"{folder}/{stem.format(image)}.txt"] += " ".join(map(str, [c + first, *shares, *([s] if score else [])])) + "\n"
    return out


def csv(rows: Sequence[Row], label: Callable[[int], Any], head: str = "filename,class", image: str = "{}.jpg") -> str:
    cells = [",".join(map(str, (image.format(i), label(c), *b, s))) for i, c, b, s in rows]
    return "\n".join([f"{head},xmin,ymin,xmax,ymax,score", *cells]) + "\n"


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in VISION, name
    VISION[name] = Situation(files, command, right, says)


COCO = "detect d.json g.json --loss giou"
BOTH = "detect found truth --loss giou"
PIXELS = {f"images/{image}.png": png(np.zeros((h, w), np.uint8)) for image, (w, h) in SIZES.items()}
YOLO = yolo("found", FOUND, True)
OTHERS = dict(zip(SIZES, (2, 10, 1), strict=True))
"""Other numbers for the images: those of other images."""

# --- COCO's results, and which image they are of
add("results by image id", {"d.json": results(), "g.json": coco_file()}, COCO, GIOU)
add("results by stem", {"d.json": results(same), "g.json": coco_file()}, COCO, GIOU, "img_010 is image 10")
add("results by file name", {"d.json": results("{}.jpg".format), "g.json": coco_file()}, COCO, GIOU)
add(
    "results by the number of a file of digits",
    {"d.json": results(), "g.json": coco_file(image=lambda i: number(i) + 50).replace("img_", "0000")},
    COCO,
    GIOU,
    "10 is image 60",
)
add(
    "results whose file names contradict their ids",
    {"d.json": results(OTHERS.get, file_name="{}.jpg".format), "g.json": coco_file()},
    COCO,
    GIOU,
    "images of g.json by `file_name`: img_010.jpg is image 10",
)
add(
    "results of unknown images",
    {"d.json": results(lambda i: f"x{i}"), "g.json": coco_file()},
    COCO,
    refused("ximg_010", "not among the images of g.json"),
)
# --- two files of annotations, which number images and categories in their own ways
for name, found in {
    "images numbered otherwise": coco_file(FOUND, lambda i: number(i) + 50),
    "the same numbers for other images": coco_file(FOUND, OTHERS.get),
    "categories numbered otherwise": coco_file(FOUND, categories=(9, 7, 8)),
    "the same numbers for other categories": coco_file(FOUND, categories=(2, 3, 1)),
    "a category above the others": coco_file(FOUND, before=[{"id": 0, "name": "objects"}]),
}.items():
    add(f"annotations with scores, {name}", {"d.json": found, "g.json": coco_file()}, COCO, GIOU)
add(
    "an image whose number is that of another, unlisted one",
    {"d.json": coco_file(FOUND, lambda i: 10 if i == "img_001" else 77 - number(i)), "g.json": coco_file(image=number)},
    COCO,
    GIOU,
    "by file name",
)
add(
    "categories spelled otherwise",
    {"d.json": coco_file(FOUND, names=("Cat", "Dog", "Emu"), categories=(2, 1, 3)), "g.json": coco_file()},
    COCO,
    refused("Cat", "not among the categories"),
)
add(
    "more numbers of categories in common than names",
    {
        "d.json": coco_file(FOUND, categories=(1, 2, 3), before=[{"id": 0, "name": "objects"}]),
        "g.json": coco_file(categories=(2, 0, 1), before=[{"id": 3, "name": "fox"}]),
    },
    COCO,
    GIOU,
)
# --- numbers of classes that count from somewhere else
TO_YOLO = {**PIXELS, **yolo("truth", TRUE), "d.json": results(same)}
add(
    "results beside numbered labels",
    TO_YOLO,
    "detect d.json truth --images images --loss giou",
    refused("count from 0", "--names none", remedy="--class-agnostic", then=GIOU),
)
add(
    "results of the same numbers",
    {**TO_YOLO, "d.json": results(same, 0)},
    "detect d.json truth --images images --loss giou",
    refused("--names none", remedy="--names none", then=GIOU),
)
add(
    "numbers beside named labels",
    {**PIXELS, **yolo("truth", TRUE), "truth/classes.txt": "cat\ndog\nemu\n", "d.csv": csv(FOUND, int)},
    "detect d.csv truth --images images --loss giou",
    refused("0 of 3 labels", remedy="--names none", then=GIOU),
)
add(
    "classes counted from 1",
    {"d.csv": csv(FOUND, lambda c: c + 1), "g.csv": csv(TRUE, int)},
    "detect d.csv g.csv --match greedy --loss giou",
    refused("but 5 overlap one of another label", remedy="--class-agnostic", then=GIOU),
)
NEAR = (0, 0, 100, 100), (10, 0, 110, 100)
FEW = [(f"q{i}", i % 3, NEAR[0], 0.5) for i in range(12)] + [("r", c, box, 0.5) for c, box in enumerate(NEAR)]
add(
    "classes counted from 1, with a box that overlaps another of its number",
    {"d.csv": csv(FEW, lambda c: c + 1), "g.csv": csv(FEW, int)},
    "detect d.csv g.csv --match greedy --loss giou",
    giou(*NEAR),
    "14 of 14 boxes overlap a true box whose class number is 1 less, 1 one of their class",
)
# --- sizes and scales
add(
    "shares beside pixels",
    {**YOLO, **PIXELS, "g.json": coco_file()},
    "detect found g.json --names cat,dog,emu --loss giou",
    refused("give the images with --images DIR"),
)
add(
    "sizes by images",
    {**YOLO, **PIXELS, "g.json": coco_file()},
    VISION["shares beside pixels"].command + " --images images",
    GIOU,
)
add(
    "one size that is not that of the annotations",
    {**YOLO, "g.json": coco_file()},
    "detect found g.json --names cat,dog,emu --image-size 640x640 --loss giou",
    refused("img_001 is 640 × 480 in g.json"),
)
add(
    "names with zeros in front",
    {
        **{k.replace("img_0", "").replace("/0", "/"): v for k, v in YOLO.items()},
        **{k.replace("img_", ""): v for k, v in yolo("truth", TRUE).items()},
    },
    BOTH,
    refused("0 of 3 image ids", remedy="--stem 'target.s/^0*//'", then=GIOU),
)
add(
    "one file per side, of other names",
    {"d.txt": YOLO["found/img_001.txt"], "g.txt": yolo("t", TRUE)["t/img_001.txt"]},
    "detect d.txt g.txt --yolo-order pred.class,cx,cy,w,h,score --yolo-order target.class,cx,cy,w,h --loss giou",
    refused("0 of 1 image ids", remedy="--one-image", then=float(np.mean(EACH[2:4]))),
)
# --- masks
MASKS = {name: np.add.outer(np.arange(9) + k, np.arange(7)) % 4 < 2 for k, name in enumerate("abc")}
GUESSES = {name: np.roll(mask, 1, 0) & (np.arange(7) < 6) for name, mask in MASKS.items()}
LABELS, GUESSED = ({k: np.where(np.arange(7) > 3, 2, 1) * v for k, v in sides.items()} for sides in (MASKS, GUESSES))


def jaccard(pred: dict[str, Any], target: dict[str, Any], classes: Sequence[int] = (1,)) -> float:
    """The mean over images of that over classes; a class of neither side counts as 0."""

    def of(p: Any, t: Any) -> float:
        return 1 - float((p & t).sum() / (p | t).sum()) if (p | t).any() else 0.0

    return float(np.mean([[of(pred[k] == c, target[k] == c) for c in classes] for k in target]))


def folder(name: str, masks: dict[str, Any], scale: int = 1, **how: Any) -> dict[str, bytes]:
    return {f"{name}/{k}.png": png(np.asarray(v).astype(np.uint8) * scale, **how) for k, v in masks.items()}


def objects(masks: dict[str, Any], classes: Sequence[int] = (1,)) -> str:
    found = [(k, c, masks[k] == c) for k in masks for c in classes]
    listed = [{"id": n, "image_id": "abc".index(k), "category_id": c, "segmentation": rle(m)} for n, (k, c, m) in enumerate(found)]
    images = [{"id": i, "file_name": f"{k}.jpg", "width": 7, "height": 9} for i, k in enumerate("abc")]
    return json.dumps({"images": images, "annotations": listed, "categories": [{"id": c, "name": f"kind{c}"} for c in classes]})


def results_of(masks: dict[str, Any]) -> str:
    return json.dumps([{"image_id": k, "category_id": 1, "segmentation": rle(m), "score": 0.5} for k, m in masks.items()])


SEGMENT = "segment p t --loss jaccard"
ONE, ALL = jaccard(GUESSES, MASKS), jaccard(GUESSED, LABELS, (0, 1, 2))
WHITE = refused("a mask saved as an image", remedy="--mask-values 0,255", then=ONE)
add("both sides in white", folder("p", GUESSES, 255) | folder("t", MASKS, 255), SEGMENT, WHITE)
add("PRED in white", folder("p", GUESSES, 255) | folder("t", MASKS), SEGMENT, WHITE)
add("TARGET in white", folder("p", GUESSES) | folder("t", MASKS, 255), SEGMENT, WHITE)
add("PRED in white beside COCO", {**folder("p", GUESSES, 255), "g.json": objects(MASKS)}, "segment p g.json --loss jaccard", WHITE)
add(
    "labels that count from 1",
    folder("p", {k: v + 1 for k, v in GUESSED.items()}) | folder("t", {k: v + 1 for k, v in LABELS.items()}),
    f"{SEGMENT} --num-classes 3",
    refused("labels count from 1", remedy="--mask-values 1,2,3", then=ALL),
)
add(
    "labels of one side that count from 1",
    folder("p", GUESSED) | folder("t", {k: v + 1 for k, v in LABELS.items()}),
    f"{SEGMENT} --num-classes 3",
    refused("labels count from 1, those of PRED from 0"),
)
for option in ("", " --num-classes 3", " --classes background,kind1,kind2"):
    files = {**folder("p", GUESSED), "g.json": objects(LABELS, (1, 2))}
    add(f"label maps beside COCO{option}", files, f"segment p g.json --loss jaccard{option}", ALL)
COLOURS = palette(np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0]]))
add(
    "indices of a palette",
    folder("p", GUESSED, colour=PALETTE, more=[COLOURS]) | folder("t", LABELS, colour=PALETTE, more=[COLOURS]),
    f"{SEGMENT} --num-classes 3",
    ALL,
)
add(
    "masks by stem",
    {"d.json": results_of(GUESSES), "g.json": objects(MASKS)},
    "segment d.json g.json --loss jaccard",
    ONE,
    "by file name",
)
