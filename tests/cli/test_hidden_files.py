"""Files whose names begin with `_` or `.`: hidden beside tables, data among images and annotations, never left out in silence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import notes_of
from tests.support.box_files import folder
from tests.support.command import call, refused


def images(path: str, names: tuple[str, ...], values: np.ndarray) -> str:
    for name, image in zip(names, values, strict=True):
        Path(path, name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(Path(path, name))
    return path


@pytest.fixture
def masks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return np.random.default_rng(0).integers(0, 2, (2, 3, 6, 5), np.uint8)


MARKED = ("_0001.png", "b.png", "_more/c.png")


def test_images_and_folders_that_begin_with_an_underscore_are_data(masks):
    for path, values in zip("pt", masks, strict=True):
        images(path, MARKED, values)
        images(f"{path}2", ("a.png", "b.png", "c.png"), values)
    found = call("segment", "p", "t", "-l", "dice", "-f", "json")
    assert found.report["alignment"]["evaluated"] == 3
    assert found.loss["value"] == pytest.approx(call("segment", "p2", "t2", "-l", "dice", "-f", "json").loss["value"], rel=1e-15)
    images("one", ("_0001.png",), masks[0][:1])
    assert open_source("one").rows == 1


def test_images_that_begin_with_a_dot_are_left_out_and_counted(masks):
    for path, values in zip("pt", masks, strict=True):
        images(path, ("a.png", "b.png", ".c.png"), values)
        Path(path, "._a.png").write_bytes(b"\0\5\x16\7")
    found = call("segment", "p", "t", "-l", "dice")
    assert "left out 2 files hidden by a leading . (._a.png, .c.png)" in found.err + found.out
    assert "images        2" in found.out or "2 of 2" in found.out


def test_annotations_that_begin_with_an_underscore_are_data(masks):
    folder(
        "y", {"_1.txt": "0 0.5 0.5 0.2 0.2\n", "a.txt": "0 0.5 0.5 0.2 0.4\n", "_readme.txt": "what this is\n", ".b.txt": "0 1\n"}
    )
    boxes = open_source("y")
    assert boxes.rows == 2
    assert any("left out 1 file hidden by a leading . (.b.txt)" in note for note in notes_of(boxes))
    box = "<object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"
    folder("v", dict.fromkeys(("_1.xml", "a.xml"), f"<annotation><filename>i.jpg</filename>{box}</annotation>"))
    assert open_source("v").rows == 2


def test_tables_that_begin_with_an_underscore_are_left_out_with_a_note(masks):
    table = "pred,target\n1,2\n"
    folder("t", {"a.csv": table, "_b.csv": table, "_old/c.csv": table, "_SUCCESS": "", ".d.csv": table, "_note.txt": "odd"})
    source = open_source("t")
    assert source.rows == 1
    told = [note for note in notes_of(source) if "hidden" in note]
    assert told == ["left out 4 files hidden by a leading _ or . (_b.csv, _note.txt, _old/c.csv, .d.csv)"]
    folder("u", {"_b.csv": table})
    with pytest.raises(DataError, match=r"is a folder without files, but for those hidden by a leading _ or \.: _b\.csv"):
        open_source("u")


def test_a_link_to_a_file_in_a_hidden_folder_counts_once(masks):
    folder("t", {"_data/a.csv": "pred,target\n1,2\n"})
    os.symlink("_data/a.csv", "t/a.csv")
    assert open_source("t").rows == 1
    images("p", ("_data/a.png",), masks[0][:1])
    os.symlink("_data/a.png", "p/b.png")
    assert open_source("p").rows == 1


def test_a_pattern_of_all_folders_hides_what_a_folder_hides(masks):
    table = "pred,target\n1,2\n"
    folder("t", {"a.csv": table, "_b.csv": table, "_old/c.csv": table, "in/d.csv": table})
    source = open_source("t/**/*.csv")
    assert source.rows == 2
    assert any("left out 2 files hidden by a leading _ or . (_b.csv, _old/c.csv)" in note for note in notes_of(source))
    assert open_source("t/**/_*.csv").rows == 1
    assert open_source("t/_old/**/*.csv").rows == 1
    images("p", MARKED, masks[0])
    assert open_source("p/**/*.png").rows == 3
    folder("only", {"_x/a.csv": table})
    refused(3, "regress", "only/**/*.csv", "-l", "mse", says=("no file matches this pattern but hidden ones",))
