"""Classes as numbers and as names, in every mixture of formats: one numbering, a stated mapping, or an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.box_files import folder
from tests.support.command import call, refused

NAMES = ("cat", "dog", "cow", "hen")
PLACES = ((10, 10), (40, 40), (70, 70))
SIZED = ("-l", "giou", "--image-size", "100x100", "--match", "greedy")


def objects(first=0, kinds=3):
    """Image, class from `first` on, and corner of every object."""
    return [(image, first + k, x, y) for image in range(1, 13) for k, (x, y) in list(enumerate(PLACES))[3 - kinds :]]


def coco(path, rows):
    images = [{"id": i, "file_name": f"a{i}.jpg", "width": 100, "height": 100} for i in range(1, 13)]
    cats = [{"id": i, "name": name} for i, name in enumerate(NAMES, 1)]
    anns = [
        {"id": k, "image_id": i, "category_id": c, "bbox": [x, y, 20, 20], "area": 400, "iscrowd": 0}
        for k, (i, c, x, y) in enumerate(rows, 1)
    ]
    Path(path).write_text(json.dumps({"images": images, "annotations": anns, "categories": cats}))
    return path


def results(path, rows):
    found = [{"image_id": i, "category_id": c, "bbox": [x, y, 20, 20], "score": 0.9} for i, c, x, y in rows]
    Path(path).write_text(json.dumps(found))
    return path


def yolo(path, rows, names=None):
    lines: dict[str, list[str]] = {}
    for i, c, x, y in rows:
        lines.setdefault(f"a{i}.txt", []).append(f"{c} {(x + 10) / 100} {(y + 10) / 100} 0.2 0.2\n")
    files = {name: "".join(text) for name, text in lines.items()}
    return folder(path, files | ({"classes.txt": "\n".join(names)} if names else {}))


def voc(path, rows):
    def box(c, x, y):
        ends = f"<xmin>{x}</xmin><ymin>{y}</ymin><xmax>{x + 20}</xmax><ymax>{y + 20}</ymax>"
        return f"<object><name>{NAMES[c]}</name><bndbox>{ends}</bndbox></object>"

    files: dict[str, str] = {}
    for i, c, x, y in rows:
        files[f"a{i}.xml"] = files.get(f"a{i}.xml", "") + box(c, x, y)
    size = "<size><width>100</width><height>100</height></size>"
    return folder(path, {n: f"<annotation><filename>{n[:-4]}.jpg</filename>{size}{t}</annotation>" for n, t in files.items()})


def table(path, rows, image="a{}", label=str):
    lines = [f"{image.format(i)},{label(c)},{x},{y},{x + 20},{y + 20}" for i, c, x, y in rows]
    Path(path).write_text("\n".join(["image_id,label,x1,y1,x2,y2", *lines]) + "\n")
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


SHIFTED = {
    "coco results with ids from 0": lambda: (results("p.json", objects(1, 2)), coco("t.json", objects(2, 2))),
    "numbers of a table beside coco": lambda: (table("p.csv", objects(1, 2), "{}"), coco("t.json", objects(2, 2))),
    "yolo beside numbers of a table": lambda: (yolo("p", objects(0)), table("t.csv", objects(1))),
    "numbers of a table beside yolo": lambda: (table("p.csv", objects(1)), yolo("t", objects(0))),
    "two tables": lambda: (table("p.csv", objects(1)), table("t.csv", objects(0))),
    "two yolo folders": lambda: (yolo("p", objects(0)), yolo("t", objects(1))),
}


@pytest.mark.parametrize("files", SHIFTED.values(), ids=SHIFTED)
def test_numbers_that_differ_by_one_are_refused(files):
    argv = ("detect", *files(), *SIZED)
    refused(3, *argv, says=("overlap one of another label, such as ", "--class-agnostic"))
    agnostic = call(*argv, "--class-agnostic", "-f", "json")
    assert agnostic.code == 0, agnostic.err
    assert agnostic.loss["value"] == 0.0


UNKNOWN = {
    "yolo beside coco": (lambda: (yolo("p", objects()), coco("t.json", objects(1))), "numbers them in its own way"),
    "coco beside yolo": (lambda: (results("p.json", objects(1)), yolo("t", objects())), None),
    "yolo beside voc": (lambda: (yolo("p", objects()), voc("t", objects())), "name the classes with --names"),
    "voc beside yolo": (lambda: (voc("p", objects()), yolo("t", objects())), "name the classes with --names"),
    "numbers of a table beside voc": (lambda: (table("p.csv", objects()), voc("t", objects())), "0 of 3 labels in common"),
    "an id that coco lacks": (lambda: (results("p.json", objects(0)), coco("t.json", objects(1))), "not among the categories"),
    "a number that coco lacks": (
        lambda: (table("p.csv", objects(0), "{}"), coco("t.json", objects(1))),
        "not among the categories",
    ),
}


@pytest.mark.parametrize(("files", "says"), UNKNOWN.values(), ids=UNKNOWN)
def test_numbers_beside_names_are_refused(files, says):
    refused(3, "detect", *files(), *SIZED, says=(says,) if says else ())


ALIKE = {
    "yolo with names beside coco": lambda: (yolo("p", objects(), NAMES), coco("t.json", objects(1))),
    "yolo with names beside voc": lambda: (yolo("p", objects(), NAMES), voc("t", objects())),
    "voc beside coco": lambda: (voc("p", objects()), coco("t.json", objects(1))),
    "names of a table beside coco": lambda: (table("p.csv", objects(), "{}", NAMES.__getitem__), coco("t.json", objects(1))),
    "ids of a table beside coco": lambda: (table("p.csv", objects(1), "{}"), coco("t.json", objects(1))),
    "coco beside yolo with names": lambda: (coco("p.json", objects(1)), yolo("t", objects(), NAMES)),
    "yolo beside yolo with names": lambda: (yolo("p", objects()), yolo("t", objects(), NAMES)),
    "yolo beside numbers of a table": lambda: (yolo("p", objects()), table("t.csv", objects())),
}


@pytest.mark.parametrize("files", ALIKE.values(), ids=ALIKE)
def test_one_numbering_or_names_on_both_sides(files):
    done = call("detect", *files(), *SIZED, "-f", "json")
    assert done.code == 0, done.err
    assert done.report["alignment"]["matched"] == 36
    assert done.loss["value"] == pytest.approx(0, abs=0.2)  # VOC's pixels are inclusive


def test_a_model_that_takes_one_class_for_the_next_is_not_refused():
    wrong = [(i, 1 if c == 0 else c, x, y) for i, c, x, y in objects()]
    assert call("detect", yolo("p", wrong), yolo("t", objects()), *SIZED, "-f", "json").code == 0
