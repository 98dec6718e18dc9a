"""Files of MOTChallenge: what they are known by, and the boxes that pair, against a matcher written here from its definition."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.sources.annotations import mot
from losscli.sources.side_format import SideFormat
from tests.support import box_files
from tests.support.command import call, refused, table

pytestmark = pytest.mark.usefixtures("folder")
IGNORED = 3
"""The track whose boxes do not count."""


def made(seed, frames=12):
    """Lines of ground truth, with a track that does not count, and of detections of its boxes."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for frame in range(1, frames + 1):
        for track in range(1, 5):
            box = np.array([60 * track + frame, 50.0, 40, 80])
            flag, label = (0, 7) if track == IGNORED else (1, 1)
            truth.append((frame, track, *box, flag, label, round(rng.random(), 3)))
            if rng.random() < 0.9:
                found.append((frame, -1, *(box + rng.normal(0, 4, 4)).round(2), round(rng.random(), 4), -1, -1, -1))
    return truth, found


def text(rows):
    return "".join(",".join(f"{x:g}" for x in row) + "\n" for row in rows)


def sides(p, t):
    (a, b), (c, d) = ((np.array(x[:2]), np.array(x[:2]) + x[2:4]) for x in (p, t))
    shared = np.prod(np.clip(np.minimum(b, d) - np.maximum(a, c), 0, None))
    union = np.prod(b - a) + np.prod(d - c) - shared
    return shared / union, np.prod(np.maximum(b, d) - np.minimum(a, c)), union


def by_hand(truth, found, *, everything=False):
    """GIoU of the pairs: by descending score each detection takes the free box of its frame that it overlaps most, at 0.5 or more;
    one that takes a box which does not count is left out."""
    losses = []
    for frame in sorted({row[0] for row in truth}):
        free = [row for row in truth if row[0] == frame and (everything or row[6])]
        for row in sorted((row for row in found if row[0] == frame), key=lambda row: -row[6]):
            best = max(free, key=lambda t: sides(row[2:6], t[2:6])[0], default=None)
            if best is not None and sides(row[2:6], best[2:6])[0] >= 0.5:
                free.remove(best)
                iou, hull, union = sides(row[2:6], best[2:6])
                losses.append(1 - iou + (hull - union) / hull)
    return len(losses), float(np.mean(losses))


def detect(*argv):
    done = call("detect", *argv, "-l", "giou", "-f", "json")
    assert done.code == 0, done.err
    return done


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_pairs_are_those_of_the_definition(seed):
    truth, found = made(seed)
    box_files.folder(".", {"det.txt": text(found), "gt.txt": text(truth)})
    for more, everything in (((), False), (("--keep-difficult",), True)):
        loss = detect("det.txt", "gt.txt", *more).loss
        count, mean = by_hand(truth, found, everything=everything)
        assert loss["n"] == count
        assert math.isclose(loss["value"], mean, rel_tol=1e-12)


def test_rows_that_do_not_count_are_ignored_and_counted():
    truth, found = made(1)
    box_files.folder(".", {"det.txt": text(found), "gt.txt": text(truth)})
    done = detect("det.txt", "gt.txt")
    assert "difficult objects in TARGET: 12, ignored" in done.err
    assert "all objects that count are of class 1" in done.err
    assert detect("det.txt", "gt.txt", "--keep-difficult").loss["n"] > done.loss["n"]


def test_frames_pair_with_the_images_of_tables_and_of_coco():
    truth, found = made(2)
    counted = [row for row in truth if row[6]]
    objects = [
        {"id": i, "image_id": row[0], "category_id": 1, "bbox": list(row[2:6]), "area": 1, "iscrowd": 0}
        for i, row in enumerate(counted, 1)
    ]
    images = [{"id": i, "file_name": f"{i:06}.jpg", "width": 640, "height": 480} for i in range(1, 13)]
    document = {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "person"}]}
    box_files.folder(".", {"det.txt": text(found), "gt.txt": text(truth), "t.json": json.dumps(document)})
    table("t.csv", "frame,x,y,w,h", *(",".join(map(str, (row[0], *row[2:6]))) for row in counted))
    table("p.csv", "image_id,score,x,y,w,h", *(",".join(map(str, (row[0], row[6], *row[2:6]))) for row in found))
    value = by_hand(truth, found)
    for pair in (("det.txt", "t.json"), ("det.txt", "t.csv"), ("p.csv", "gt.txt")):
        loss = detect(*pair).loss
        assert loss["n"] == value[0]
        assert math.isclose(loss["value"], value[1], rel_tol=1e-12), pair


def test_folders_pair_by_sequence_and_frame():
    names = ("A-01", "A-02")
    files: dict[str, str] = {}
    for seed, name in enumerate(names):
        truth, found = made(seed)
        files |= {f"train/{name}/gt/gt.txt": text(truth), f"train/{name}/det/det.txt": text(found), f"res/{name}.txt": text(found)}
    box_files.folder(".", files)
    parts = [by_hand(*made(seed)) for seed in range(2)]
    mean = sum(n * value for n, value in parts) / sum(n for n, _ in parts)
    for pair in (("res", "train"), ("train", "train"), ("res/*.txt", "train/*/gt/gt.txt")):
        loss = detect(*pair).loss
        assert loss["n"] == sum(n for n, _ in parts)
        assert math.isclose(loss["value"], mean, rel_tol=1e-12), pair
    for name in names:
        Path(f"res/{name}.txt").rename(f"res/{name}-FRCNN.txt")
    assert detect("res", "train", "--stem", "s/-FRCNN:/:/").loss["n"] == sum(n for n, _ in parts)
    box_files.folder("res/again", {"A-01-FRCNN.txt": files["res/A-01.txt"]})
    refused(3, "detect", "res", "train", "-l", "giou", says=("two files for the sequence 'A-01-FRCNN'",))


def test_several_classes_that_count_are_compared_with_those_of_the_other_side():
    rows = [(1, 1, 10, 10, 20, 20, 1, 1, 1), (1, 2, 50, 50, 20, 20, 1, 3, 1)]
    box_files.folder(".", {"gt.txt": text(rows)})
    table("p.csv", "image_id,label,score,x,y,w,h", "1,1,0.9,10,10,20,20", "1,1,0.8,50,50,20,20")
    assert detect("p.csv", "gt.txt").loss["n"] == 1
    assert detect("p.csv", "gt.txt", "--class-agnostic").loss["n"] == 2


def claimed(path, lines, **options):
    box_files.folder(".", {path: lines})
    return mot.claims([path], SideFormat(family="detect", **options))


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("1,-1,1,2,3,4,0.5,-1,-1,-1", True),
        ("1,1,1.5,-2,3,4,1,-1,0.5", True),
        ("1,1,1,2,3,4,0,13,-1", True),
        ("0,1,1,2,3,4,0.5,-1,-1,-1", False),
        ("1.5,1,1,2,3,4,0.5,-1,-1,-1", False),
        ("1,1,1,2,3,4,0.5,-1,-1,0", False),
        ("1,1,1,2,3,4,0.5,1,0.5", False),
        ("1,1,1,2,3,4,1,14,0.5", False),
        ("1,1,1,2,3,4,1,1,1.5", False),
        ("1,1,1,2,3,4,1", False),
        ("1 1 1 2 3 4 1 1 0.5", False),
        ("frame,id,x,y,w,h,conf,a,b,c", False),
    ],
)
def test_only_what_is_certain_is_known_by_content(line, known):
    assert claimed("a.txt", f"{line}\n") is known
    assert not claimed("a.txt", f"{line}\n0,0\n")
    assert not claimed("a.txt", f"{line}\n", header="none")
    assert not mot.claims(["a.txt"], SideFormat(family="regress"))


def test_seven_numbers_are_known_by_the_path_alone():
    assert claimed("S/det/det.txt", "1,-1,1,2,3,4,0.5\n")
    assert claimed("S/gt/gt.txt", "1,1,1,2,3,4,1\n")
    assert not claimed("det.txt", "1,-1,1,2,3,4,0.5\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,1,x,2,3,4,1,1,1", "'x' is not a number"),
        ("0,1,1,2,3,4,1,1,1", "0 is not the number of a frame"),
        ("inf,1,1,2,3,4,1,1,1", "inf is not the number of a frame"),
        ("1,0.5,1,2,3,4,1,1,1", "0.5 is not the number of a track"),
        ("1,1,1,2,3,4,1,1", "8 numbers, but 9 in gt.txt, line 600"),
        ("1,1,1,2,3,4,0.5,1,1", "the seventh number of ground truth is 0 or 1, not 0.5"),
    ],
)
def test_a_bad_line_far_down_is_an_error_with_its_place(line, says):
    rows = "1,1,10,10,20,20,1,1,0.5\n" * 600
    box_files.folder(".", {"gt.txt": rows + line + "\n", "det.txt": "1,-1,10,10,20,20,0.5,-1,-1,-1\n"})
    refused(3, "detect", "det.txt", "gt.txt", "-l", "giou", says=("gt.txt, line 601", says))
