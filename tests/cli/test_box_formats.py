"""The columns that are known as boxes, and the formats that their names or values imply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from losscli.core.errors import DataError
from losscli.families.detect._formats import box_columns, box_key, implied_format
from tests.support.command import array, call, refused, table

KNOWN = {
    "x1,y1,x2,y2": "xyxy",
    "x0,y0,x1,y1": "xyxy",
    "X_Min,Y-Min,X Max,yMax": "xyxy",
    "left,top,right,bottom": "xyxy",
    "xtl,ytl,xbr,ybr": "xyxy",
    "x,y,w,h": "xywh",
    "x,y,width,height": "xywh",
    "x_min,y_min,width,height": "xywh",
    "bbox_x,bbox_y,bbox_w,bbox_h": "xywh",
    "left,top,width,height": "xywh",
    "cx,cy,w,h": "cxcywh",
    "xc,yc,w,h": "cxcywh",
    "x_center,y_center,width,height": "cxcywh",
}
COCO = 0.2618952119791149
"""GIoU of the corner and size (10, 20, 30, 50) against (12, 21, 33, 52), computed with NumPy from the definition."""
FOUND, TRUTH = {"image_id": 1, "bbox": [10, 20, 30, 50]}, {"image_id": 1, "bbox": [12, 21, 33, 52]}


@pytest.mark.parametrize(("names", "form"), KNOWN.items())
@pytest.mark.parametrize("prefix", ["", "gt_"])
def test_the_known_names_imply_their_format(names, form, prefix, folder):
    columns = tuple(prefix + name for name in names.split(","))
    held = ["id", *reversed(columns), "score"]
    assert box_columns(held, ("gt_", "")) == (columns, form)
    assert implied_format(columns) == form
    path = table("b.csv", columns, "1,2,30,40")
    assert call("detect", path, path, "-l", "giou", "-b", "-q").out == "0\n" or prefix


def test_two_possible_sets_of_columns_are_refused_with_both(folder):
    path = table("b.csv", "x1,y1,x2,y2,cx,cy,w,h", "0,0,2,2,1,1,2,2")
    done = refused(3, "detect", path, path, "-l", "giou")
    assert "--col box=x1,y1,x2,y2" in done.err
    assert "--col box=cx,cy,w,h" in done.err
    with pytest.raises(DataError, match=r"x,y,w,h and x,Y,w,h"):
        box_columns(["x", "y", "Y", "w", "h"])
    with pytest.raises(DataError, match="box and bbox"):
        box_key(["box", "bbox"])


def test_the_size_of_the_image_beside_two_corners_is_not_one_of_the_box():
    names = ["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"]
    assert box_columns(names) == (("xmin", "ymin", "xmax", "ymax"), "xyxy")


def lines(path: str, *records: object) -> str:
    Path(path).write_text("".join(json.dumps(x) + "\n" for x in records))
    return path


def test_records_of_coco_are_corner_and_size(folder):
    files = lines("p.jsonl", {**FOUND, "category_id": 1, "score": 0.9}), lines("t.jsonl", {**TRUTH, "category_id": 1})
    for options in ((), ("--match", "greedy"), ("--match", "coco"), ("--box-format", "xywh")):
        done = call("detect", *files, "-l", "giou", "-b", *options)
        assert float(done.out) == COCO
        assert ("read as xywh" in done.err) == ("--box-format" not in options)
    assert float(call("detect", *files, "-l", "giou", "-b", "--box-format", "xyxy").out) != COCO


def test_a_list_of_four_is_corner_and_size_where_corners_would_be_inverted(folder):
    inverted = {"image_id": 1, "bbox": [100, 20, 30, 50]}
    path = lines("b.jsonl", FOUND, inverted)
    done = call("detect", path, path, "-l", "giou", "-b")
    assert done.out == "0\n"
    assert "as corners, (100, 20, 30, 50) would be inverted" in done.err


def test_a_list_of_four_that_may_be_both_is_refused(folder):
    files = lines("p.jsonl", FOUND), lines("t.jsonl", TRUTH)
    refused(3, "detect", *files, "-l", "giou", says=("--pred-box-format xyxy", "--pred-box-format xywh"))
    refused(3, "detect", *files, "-l", "giou", "--pred-box-format", "xywh", says=("--target-box-format xywh",))
    assert float(call("detect", *files, "-l", "giou", "-b", "--box-format", "xywh").out) == COCO


def test_keys_of_an_archive_are_known_too(folder):
    array("p.npz", {"boxes": [[0.0, 0, 2, 2]]}), array("t.npz", {"bbox": [[5.0, 5, 2, 2]]})
    done = call("detect", "p.npz", "t.npz", "-l", "giou", "-b")
    assert done.code == 0
    assert "would be inverted" in done.err
