"""Boxes as annotation tools, libraries and competitions export them, with values computed here by NumPy alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.reading.mixed_situations import entries
from tests.reading.situations import Refused, Situation, refused
from tests.reading.vision_situations import (
    EACH,
    FOUND,
    GIOU,
    NAMES,
    PIXELS,
    SIZES,
    TRUE,
    Box,
    Row,
    coco_file,
    csv,
    number,
    results,
    same,
    xywh,
    yolo,
)

EXPORTS: dict[str, Situation] = {}


def add(name: str, files: dict[str, Any], command: str, right: float | Refused, *says: str) -> None:
    assert name not in EXPORTS, name
    EXPORTS[name] = Situation(files, command, right, says)


def table(head: str, rows: Sequence[Row], cells: Callable[[Row], Sequence[Any]]) -> str:
    return "\n".join([head, *(",".join(map(str, cells(row))) for row in rows)]) + "\n"


def shares(image: str, box: Box) -> list[float]:
    w, h = SIZES[image]
    return [box[0] / w, box[1] / h, box[2] / w, box[3] / h]


def folder(name: str, rows: list[Row], line: Callable[[Row], str]) -> dict[str, str]:
    return {f"{name}/{i}.txt": "".join(line(row) + "\n" for row in rows if row[0] == i) for i in SIZES}


FOUND_CSV = csv(FOUND, NAMES.__getitem__)
TRUE_CSV = table("filename,class,xmin,ymin,xmax,ymax", TRUE, lambda r: (f"{r[0]}.jpg", NAMES[r[1]], *r[2]))
BOTH = "detect d.csv g.csv --match greedy --loss giou"
COCO = "detect d.csv g.json --loss giou"

# --- lines of text with more numbers than those of a box


def kitti(row: Row) -> str:
    x1, y1, x2, y2 = row[2]
    return f"{NAMES[row[1]]} 0.00 0 -1.57 {x1} {y1} {x2} {y2} 1.5 1.6 3.7 1.0 1.5 20.0 -1.5"


RESULT = "--yolo-order pred.class,_,_,_,left,top,right,bottom,_,_,_,_,_,_,_,score"
LABELS = "--yolo-order target.class,_,_,_,left,top,right,bottom,rest"
KITTI = folder("p", FOUND, lambda row: f"{kitti(row)} {row[3]}") | folder("t", TRUE, kitti)
add("KITTI's results", KITTI, f"detect p t --loss giou {LABELS}", refused("15 numbers", remedy=RESULT, then=GIOU))
add("KITTI's labels", KITTI, f"detect p t --loss giou {RESULT}", refused("14 numbers", remedy=LABELS, then=GIOU))
TRACKS = {name: text.replace("\n", " 7\n") for name, text in yolo("p", FOUND, True).items()}
add(
    "numbers of tracks after the scores",
    TRACKS | yolo("t", TRUE),
    "detect p t --loss giou",
    refused("6 numbers", remedy="--yolo-order pred.class,cx,cy,w,h,score,_", then=GIOU),
)


def corners(box: Box, marks: str = "{} {} {} {} {} {} {} {}") -> str:
    x1, y1, x2, y2 = box
    return marks.format(x1, y1, x2, y1, x2, y2, x1, y2)


add(
    "corners with the class as the ninth word, as DOTA has them",
    {"d.csv": FOUND_CSV} | folder("t", TRUE, lambda row: f"{corners(row[2])} {NAMES[row[1]]} 0"),
    "detect d.csv t --loss giou",
    refused("t/img_001.txt, line 1: the class is the ninth word", "awk 'NF > 8 {print $9,"),
)
add(
    "polygons in pixels",
    {"d.csv": FOUND_CSV} | folder("t", TRUE, lambda row: f"{NAMES[row[1]]} {corners(row[2])} {row[2][0]} {row[2][1]}"),
    "detect d.csv t --loss giou",
    refused("10 numbers", remedy="--yolo-order target.class,polygon", then=GIOU),
)

# --- marks of objects that do not count
LEFT = float(np.mean([each for k, each in enumerate(EACH) if k != 2]))
"""The value without the first true box, which the third found one overlaps."""


def marked(name: str, marks: tuple[str, str]) -> str:
    """The true boxes, the first of them marked."""
    head, first, *rest = TRUE_CSV.splitlines()
    return "\n".join([f"{head},{name}", f"{first},{marks[1]}", *(f"{row},{marks[0]}" for row in rest)]) + "\n"


for name, words, says in (
    ("difficult", ("False", "True"), "difficult objects in TARGET: 1, ignored"),
    ("difficult", ("", "yes"), "difficult objects in TARGET: 1, ignored"),
):
    files = {"d.csv": FOUND_CSV, "g.csv": marked(name, words)}
    add(f"a table with {name} as {words}", files, BOTH, LEFT, says)
for name in ("iscrowd", "IsGroupOf"):
    groups = {"d.csv": FOUND_CSV, "g.csv": marked(name, ("0", "1"))}
    add(f"a table with {name}", groups, BOTH, GIOU, "crowd objects in TARGET: 1, matched like others; --match coco ignores them")
    add(f"a table with {name} as COCO has it", groups, "detect d.csv g.csv --match coco --loss giou", LEFT)
hard = {"d.csv": FOUND_CSV, "g.csv": marked("difficult", ("1", "1"))}
add("nothing but difficult objects", hard, BOTH, refused("marked difficult", remedy="--keep-difficult", then=GIOU))
add("difficult objects of a table that count", files, f"{BOTH} --keep-difficult", GIOU)
add(
    "a mark that is neither yes nor no",
    {"d.csv": FOUND_CSV, "g.csv": marked("difficult", ("0", "maybe"))},
    BOTH,
    refused("row 1", "'maybe' is neither yes nor no"),
)

# --- numbers and names of classes
TWO = table("image,xmin,ymin,xmax,ymax,confidence,class,name", FOUND, lambda r: (f"{r[0]}.jpg", *r[2], r[3], r[1], NAMES[r[1]]))
add("numbers of classes beside names, as pandas of YOLO has them", {"d.csv": TWO, "g.csv": TRUE_CSV}, BOTH, GIOU)
add("numbers of classes beside names, with COCO's categories", {"d.csv": TWO, "g.json": coco_file()}, COCO, GIOU)
add(
    "a column `name` with the names of the images",
    {
        "d.csv": table("class,score,x1,y1,x2,y2,name", FOUND, lambda r: (r[1], r[3], *r[2], r[0])),
        "g.csv": table("class,x1,y1,x2,y2,name", TRUE, lambda r: (r[1], *r[2], r[0])),
    },
    f"{BOTH} --col image_id=name",
    GIOU,
)
NUMBERED = csv(FOUND, int)
add(
    "numbers of classes and their names",
    {"d.csv": NUMBERED, "g.csv": TRUE_CSV},
    f"{BOTH} --names pred.cat,dog,emu",
    GIOU,
    "classes named by --names, which counts from 0: 0 is cat",
)
add("numbers of classes beside names", {"d.csv": NUMBERED, "g.csv": TRUE_CSV}, BOTH, refused("--names pred.a,b,c (from 0)"))
add("numbers from 0 beside COCO's categories", {"d.csv": NUMBERED, "g.json": coco_file()}, COCO, refused("--names pred.a,b,c"))
add(
    "numbers of classes that count from 1, and names",
    {"d.csv": csv(FOUND, lambda c: c + 1), "g.csv": TRUE_CSV},
    f"{BOTH} --names pred.cat,dog,emu",
    refused("class 3 has no name", "--names pred.background,cat,dog,emu"),
)

# --- boxes as shares of images in tables
SHARES = table("image,class,score,xmin,ymin,xmax,ymax", FOUND, lambda r: (f"{r[0]}.jpg", NAMES[r[1]], r[3], *shares(r[0], r[2])))
add("shares beside pixels in tables", {"d.csv": SHARES, "g.csv": TRUE_CSV}, BOTH, refused("give the images with --images DIR"))
add("shares in tables, with the images", {**PIXELS, "d.csv": SHARES, "g.csv": TRUE_CSV}, f"{BOTH} --images images", GIOU)
add("shares beside COCO, with the images", {**PIXELS, "d.csv": SHARES, "g.json": coco_file()}, f"{COCO} --images images", GIOU)
add(
    "the confidence of true boxes, as OpenImages has it, beside COCO's results",
    {
        **PIXELS,
        "d.json": results(same),
        "g.csv": table(
            "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax",
            TRUE,
            lambda r: (r[0], r[1] + 1, 1, *np.array(shares(r[0], r[2]))[[0, 2, 1, 3]].tolist()),
        ),
    },
    "detect d.json g.csv --loss giou --images images",
    GIOU,
)
add(
    "image ids with zeros in front in a table",
    {
        "d.csv": csv(FOUND, NAMES.__getitem__, image="{}").replace("img_", "000"),
        "g.csv": csv(TRUE, NAMES.__getitem__, image="{}").replace("img_", "").replace("\n0", "\n").replace("\n0", "\n"),
    },
    f"{BOTH} --stem 'pred.s/^0*//'",
    GIOU,
)

# --- a file of JSON per image, and lists of objects per image
LISTS = {
    f"{side}/{image}.json": json.dumps(entry)
    for side, rows in (("p", FOUND), ("t", TRUE))
    for image, entry in zip(SIZES, entries(rows, "bboxes", scores=side == "p"), strict=True)
}
add("a file per image, as mmdetection writes them", LISTS, "detect p t --loss giou", GIOU, "images are named by their files")
add("patterns of a file per image", LISTS, "detect 'p/*.json' 't/*.json' --loss giou", GIOU)


def per_image(key: str, of: Callable[[Row], dict[str, Any]], rows: list[Row] = TRUE, **more: Any) -> list[dict[str, Any]]:
    return [{**{k: x.format(i) for k, x in more.items()}, key: [of(row) for row in rows if row[0] == i]} for i in SIZES]


def centre(box: Box) -> dict[str, float]:
    x, y, w, h = xywh(box)
    return {"x": x + w / 2, "y": y + h / 2, "width": w, "height": h}


def roboflow(row: Row) -> dict[str, Any]:
    return {**centre(row[2]), "class": NAMES[row[1]], "confidence": row[3]}


def labelme(row: Row) -> dict[str, Any]:
    return {"label": NAMES[row[1]], "points": [row[2][:2], row[2][2:]]}


OBJECTS: dict[str, tuple[list[Any], str]] = {
    "Roboflow's": (per_image("predictions", roboflow, image_path="{}"), "cx: .x, cy: .y"),
    "CreateML's": (per_image("annotations", lambda r: {"label": "", "coordinates": centre(r[2])}, image="{}"), "cx: .x, cy: .y"),
    "BDD100K's": (per_image("labels", lambda r: {"category": NAMES[r[1]], "box2d": {}}, name="{}"), "+ .box2d"),
    "LabelMe's": (per_image("shapes", labelme, imagePath="{}"), ".points[][0]"),
    "Label Studio's": (per_image("annotations", lambda r: {"result": []}), "export as COCO, YOLO or Pascal VOC"),
    "'instances'": (
        per_image("instances", lambda r: {"bbox": xywh(r[2])}, image_id="{}"),
        "{image_id: .image_id} + .inst",
    ),
    "TensorFlow's": ([{"image": i, "detection_boxes": [], "detection_scores": []} for i in SIZES], "ymin: .detection_boxes[$i][0]"),
}
for tool, (document, program) in OBJECTS.items():
    add(
        f"a list of objects per image: {tool}",
        {"d.csv": FOUND_CSV, "g.json": json.dumps(document)},
        f"{COCO} --match greedy",
        refused("g.json: a list of objects per image", tool, program),
    )
add(
    "boxes of an image in one cell",
    {
        "d.csv": "ImageId,PredictionString\n" + "".join(f"{r[0]},cat 0.9 {' '.join(map(str, r[2]))}\n" for r in FOUND),
        "g.csv": TRUE_CSV,
    },
    BOTH,
    refused("PredictionString", "(echo image_id,label,score,xmin,ymin,xmax,ymax; awk -F, -v OFS=,", "i += 6"),
)
add(
    "tracks without columns that say so",
    {"det.txt": "".join(f"{number(r[0])},-1,1,2,3,4,{r[3]}\n" for r in FOUND), "g.csv": TRUE_CSV},
    "detect det.txt g.csv --loss giou",
    refused("--col pred.box=c2,c3,c4,c5 --col pred.score=c6 --pred-box-format xywh"),
)
MOT = "".join(f"{number(r[0])},-1,{','.join(map(str, xywh(r[2])))},{r[3]},-1,-1,-1\n" for r in FOUND)
add(
    "MOT's detections",
    {"det.txt": MOT, "g.csv": table("image,xmin,ymin,xmax,ymax", TRUE, lambda r: (r[0], *r[2]))},
    "detect det.txt g.csv --loss giou",
    refused("0 of 3 image ids in common", remedy="--stem 'target.s/^img_0*//'", then=GIOU),
)
