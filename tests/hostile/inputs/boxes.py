"""Annotations of boxes that are malformed, or that can be read in more than one way: YOLO, Pascal VOC and COCO."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.hostile.inputs.row import Table, whole
from tests.support import box_files, coco_files, run_lengths
from tests.support.coco_files import annotation, result, truth

BOXES = Table()
YOLO = "detect p t -l giou --image-size 32x32"
LINE = "0 0.5 0.5 0.25 0.25\n"


def yolo(
    name: str, pred: str | bytes, *says: str, command: str = YOLO, code: int = 3, more: Mapping[str, str] | None = None
) -> None:
    BOXES.add(name, command, {"p/a.txt": pred, "t/a.txt": LINE, **(more or {})}, *says, code=code)


BOXES.of("mot")
MOT = [f"{i},-1,0,0,10,10,0.9,-1,-1,-1" for i in range(1, 301)]
SEEN = "".join(f"{i},1,0,0,10,10,1,1,1\n" for i in range(1, 302))


def mot(name: str, last: str, *says: str, code: int = 3) -> None:
    """Detections whose last line is a bad one."""
    files = {"d/det.txt": "\n".join([*MOT, last]) + "\n", "s/gt/gt.txt": SEEN}
    BOXES.add(name, "detect d/det.txt s/gt/gt.txt -l giou", files, *says, code=code)


mot("a word for a number", "301,-1,0,0,ten,10,0.9,-1,-1,-1", "d/det.txt, line 301: 'ten' is not a number")
mot("too few numbers", "301,-1,0,0,10,10,0.9", "d/det.txt, line 301: 7 numbers, but 10 in d/det.txt, line 300")
mot("NaN", "301,-1,0,0,nan,10,0.9,-1,-1,-1", "d/det.txt, line 301, column w: nan is not a finite number")
mot("half a frame", "301.5,-1,0,0,10,10,0.9,-1,-1,-1", "d/det.txt, line 301, column frame: 301.5 is not the number of a frame")
mot("a frame 0", "0,-1,0,0,10,10,0.9,-1,-1,-1", "d/det.txt, line 301, column frame: 0 is not the number of a frame")

BOXES.of("yolo")
yolo("a word for a number", "0 0.5 half 0.25 0.25 0.9\n", "p/a.txt, line 1: 'half' is not a number")
yolo("too few numbers", "0 0.5 0.5\n", "p/a.txt, line 1: 2 numbers after the class, where a box has 4")
yolo("NaN", "0 nan 0.5 0.25 0.25 0.9\n", "p/a.txt, line 1, column cx: nan is not a finite number")
yolo(
    "a share above one",
    "0 5 0.5 0.25 0.25 0.9\n",
    "p/a.txt, line 1: 5 numbers after the class, in pixels: their order is not known",
)
yolo(
    "a negative width",
    "0 0.5 0.5 -0.25 0.25 0.9\n",
    "p/a.txt, line 1: 5 numbers after the class, in pixels: their order is not known",
)
yolo(
    "a score at either place",
    "0 0.5 0.5 0.25 0.25 0.2\n",
    "p/a.txt, line 1: is the score the second or the last word? both keep every box in its image",
)
yolo(
    "a score at neither place",
    "0 9 0.5 0.25 0.25 9\n",
    "p/a.txt, line 1: 5 numbers after the class, in pixels: their order is not known",
)
yolo(
    "lines of several lengths",
    "0 0.5 0.5 0.25 0.25 0.9\n0 0.5 0.5 0.25 0.25\n",
    "p/a.txt, line 2: 4 numbers after the class, but 5 in p/a.txt, line 1",
)
yolo(
    "nine numbers", "0 0.1 0.1 0.4 0.1 0.4 0.4 0.1 0.4\n", "p/a.txt, line 1: 8 numbers after the class: a polygon or a rotated box"
)
yolo("class names and numbers", "cat 0.5 0.5 0.25 0.25 0.9\n", "0 of 1 labels in common: PRED begins cat, TARGET 0")
yolo("NUL", b"0 0.5 \x00 0.25 0.25 0.9\n", "p/a.txt: contains null characters")
yolo("not UTF-8", b"caf\xe9 0.5 0.5 0.25 0.25 0.9\n", "p/a.txt: is not UTF-8 text")
yolo("commas", "0,0.5,0.5,0.25,0.25,0.9\n", "p/a.txt, line 1: 0 numbers after the class, where a box has 4")
yolo(
    "no size of the images",
    "0 0.5 0.5 0.25 0.25 0.99\n",
    "p: ciou needs the sizes of the images: the coordinates are shares of their widths and heights",
    command="detect p t -l ciou",
)
yolo("a size that is none", LINE, "--image-size: '32' is not a size", command="detect p t -l giou --image-size 32", code=2)
yolo(
    "a class without a name",
    "5 0.5 0.5 0.25 0.25 0.99\n",
    "p/a.txt, line 1: class 5 has no name",
    command=YOLO + " --names n.txt",
    more={"n.txt": "cat\ndog\n"},
)
yolo("names that are not there", LINE, "nope.yaml: cannot be read: No such file or directory", command=YOLO + " --names nope.yaml")
yolo(
    "names that are not YAML",
    LINE,
    "data.yaml, line 2: is not valid YAML",
    command=YOLO + " --names data.yaml",
    more={"data.yaml": "names: [cat\n"},
)
yolo(
    "names that stand twice",
    LINE,
    "data.yaml, line 3: the key '0' occurs twice",
    command=YOLO + " --names data.yaml",
    more={"data.yaml": "names:\n  0: cat\n  0: dog\n"},
)
yolo(
    "names of another shape",
    LINE,
    "data.yaml: has no list or map `names`",
    command=YOLO + " --names data.yaml",
    more={"data.yaml": "names: 3\n"},
)
yolo("images that are not there", LINE, "--images nope: no such folder", command="detect p t -l giou --images nope", code=2)
yolo("no common stem", LINE, "1 of 3 images has no file of predictions in p: b", more={"t/b.txt": LINE, "p/c.txt": LINE})
BOXES.add(
    "two labels of one image",
    YOLO,
    {"p/x/a.txt": LINE, "p/y/a.txt": LINE, "t/a.txt": LINE},
    "p/y/a.txt: two files for the image 'a': p/x/a.txt",
)
BOXES.add("empty files alone", YOLO, {"p/a.txt": "", "t/a.txt": ""}, "nothing to evaluate: no boxes in p")

BOXES.of("voc")


def voc(name: str, content: str | bytes, *says: str, more: str = "") -> None:
    files = {**whole("voc").files, "p/im0.xml": content}
    BOXES.add(name, f"detect p t -l giou {more}", files, *says)


BOX = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"


def thing(box: str = BOX, name: str = "<name>cat</name>", head: str = "") -> str:
    return box_files.annotation(f"<object>{name}<score>0.5</score>{box}</object>", head=head)


voc("empty", "", "p/im0.xml: the file is empty")
voc("not XML", "<annotation><object>", "p/im0.xml, line 1: is not XML")
voc("another root", "<html/>", "p/im0.xml: is not a VOC annotation: its root is <html>")
voc("a DOCTYPE", '<!DOCTYPE a [<!ENTITY b "c">]>' + thing(), "p/im0.xml, line 1: has a document type (DOCTYPE), which is not read")
voc("a box without a corner", thing(BOX.replace("<xmax>9</xmax>", "")), "p/im0.xml, line 2: <xmax> of object 'cat' is missing")
voc(
    "a word for a corner",
    thing(BOX.replace("9</xmax>", "nine</xmax>")),
    "p/im0.xml, line 2: <xmax> of object 'cat': 'nine' is not a number",
)
voc(
    "corners turned",
    thing(BOX.replace("1</xmin>", "99</xmin>")),
    "p/im0.xml, line 2, column xmin: inverted box (99, 1, 9, 9): x2 < x1 or y2 < y1",
)
voc("an object without a box", thing(""), "p/im0.xml, line 2: object 'cat' has no <bndbox>")
voc("an object without a name", thing(name=""), "p/im0.xml, line 2: an object without <name>")
voc("two boxes of an object", thing(BOX + BOX), "p/im0.xml, line 2: object 'cat' has 2 <bndbox>")
voc("two left edges", thing(BOX.replace("<ymin>", "<xmin>5</xmin><ymin>")), "p/im0.xml, line 2: 2 <xmin> where one is read")
voc("two scores", thing(BOX + "<score>.5</score><conf>.9</conf>"), "p/im0.xml, line 2: object 'cat' has <score> and <conf>")
voc("NaN", thing(BOX.replace("9</xmax>", "nan</xmax>")), "p/im0.xml, line 2, column xmax: nan is not a finite number")

BOXES.of("json")


def coco(name: str, pred: Any, target: Any, *says: str, command: str = "detect p.json t.json -l giou") -> None:
    files = {f"{s}.json": x if isinstance(x, str) else json.dumps(x) for s, x in (("p", pred), ("t", target))}
    BOXES.add(f"COCO: {name}", command, files, *says)


ONE = truth(annotation(1))
FOUND = [result()]
coco("a result of an unknown image", [result(image=99)], ONE, "p.json, [0], column image_id: 99 not among the images of t.json")
coco(
    "a result of an unknown category",
    [result(category=99)],
    ONE,
    "p.json, [0], column category_id: 99 not among the categories of t.json",
)
coco("a result with text for a score", [result(score="high")], ONE, 'p.json, [0]: `score` is "high", which is not a number')
coco("a box of three numbers", [result(box=[1, 2, 3])], ONE, "p.json, [0]: `bbox` has 3 numbers")
coco("a box with a word", [result(box=[1, 2, 3, "x"])], ONE, 'p.json, [0], column bbox_3: "x" is not a number')
coco("a box of negative size", [result(box=[1, 2, -3, 4])], ONE, "p.json, [0], column bbox_2: the width -3 is negative")
coco(
    "a box that is infinite",
    json.dumps([result(box=[1, 2, 3, 4])]).replace("4]", "1e999]"),
    ONE,
    "p.json, [0], column bbox_3: inf is not a finite number",
)
coco(
    "an annotation of an unknown image",
    FOUND,
    truth(annotation(1, image=99)),
    "t.json, annotations[0] (id 1), column image_id: 99 not among the images of t.json",
)
coco(
    "an annotation without a box",
    FOUND,
    truth({k: v for k, v in annotation(1).items() if k != "bbox"}),
    "no columns are known as boxes: t.json has image_id, category_id, id, iscrowd, area, category … (9)",
)
coco(
    "two annotations of one id",
    FOUND,
    truth(annotation(1), annotation(1)),
    "t.json, annotations[1] (id 1): duplicate id 1, also of annotations[0]",
)
coco(
    "two images of one id",
    FOUND,
    truth(annotation(1), images=coco_files.IMAGES + coco_files.IMAGES[:1]),
    "t.json, images[2] (id 1): duplicate id 1, also of images[0]",
)
coco(
    "two categories of one id",
    FOUND,
    truth(annotation(1), categories=coco_files.CATEGORIES + coco_files.CATEGORIES[:1]),
    "t.json, categories[2] (id 3): duplicate id 3, also of categories[0]",
)
coco("images that are not a list", FOUND, truth(annotation(1), images={"a": 1}), "t.json: `images` is not a list")
coco(
    "an annotation that is not an object", FOUND, {**ONE, "annotations": [3]}, "t.json, annotations[0]: 3 where an object is needed"
)
coco(
    "a crowd that is neither",
    FOUND,
    truth(annotation(1, iscrowd=7)),
    "t.json, annotations[0] (id 1): `iscrowd` is 7, neither 0 nor 1",
)
coco(
    "an area that is negative",
    FOUND,
    truth(annotation(1, area=-1)),
    "t.json, annotations[0] (id 1): the area -1 is negative",
    command="detect p.json t.json -l giou --match coco",
)
coco("sides swapped", ONE, FOUND, "PRED and TARGET look swapped: t.json has score, p.json has area, category, iscrowd")
coco("no annotations", FOUND, truth(), "t.json: no annotations")
coco("no results", [], ONE, "p.json: contains no rows")
coco("cut", json.dumps(FOUND)[:-9], ONE, "p.json, line 1: not valid JSON at character 60: a string without an end")
MASKS = "segment p.json t.json -l dice --class-agnostic"
RUNS = {"size": [80, 100], "counts": "0"}


def masks(name: str, segmentation: Any, *says: str) -> None:
    shape = run_lengths.rle(np.ones((80, 100), bool))
    coco(f"masks: {name}", [result(segmentation=segmentation)], truth(annotation(1, segmentation=shape)), *says, command=MASKS)


masks(
    "runs of another size",
    {"size": [80, 99], "counts": [80 * 99]},
    "p.json, [0], column segmentation: the mask is 80 × 99 pixels, its image 1 80 × 100",
)
masks(
    "runs that end early",
    {"size": [80, 100], "counts": [10, 20]},
    "p.json, [0], column segmentation: the counts add up to 30 pixels, the image has 8000",
)
masks(
    "runs too long",
    {"size": [80, 100], "counts": [10, 9000]},
    "p.json, [0], column segmentation: the counts add up to 9010 pixels, the image has 8000",
)
masks(
    "a negative run",
    {"size": [80, 100], "counts": [-1, 8001]},
    "p.json, [0], column segmentation: a run of -1 pixels, the 1st of the counts",
)
masks(
    "text that is not runs",
    {"size": [80, 100], "counts": "\u0001\u0002"},
    "p.json, [0], column segmentation: counts have the character '\\\\x01' at place 1",
)
masks("text cut", {"size": [80, 100], "counts": "o"}, "p.json, [0], column segmentation: counts end within a number")
masks("no size", {"counts": [8000]}, "p.json, [0], column segmentation: runs without a `size` of two whole numbers")
masks(
    "a size of 10^9 by 10^9",
    {"size": [10**9, 10**9], "counts": [10**18]},
    "p.json, [0], column segmentation: the mask is 1000000000 × 1000000000 pixels, its image 1 80 × 100",
)
masks("a polygon of two points", [[1, 1, 5, 5]], "p.json, [0], column segmentation: a polygon of 4 numbers")
masks("a polygon of an odd count", [[1, 1, 5, 5, 9, 1, 3]], "p.json, [0], column segmentation: a polygon of 7 numbers")
masks("a polygon with NaN", [[1, 1, 5, None, 9, 1]], "p.json, [0], column segmentation: None is not a coordinate")
masks("missing", None, "p.json: its objects have boxes, but no masks")
