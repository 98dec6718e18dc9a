"""Names of classes in a data.yaml that no library reads: not needed between numbers, and asked for against names."""

import sys
from pathlib import Path

import pytest

from tests.support.command import call, refused, table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "yaml", None)
    Path("yolo").mkdir()
    Path("yolo/a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    Path("yolo/data.yaml").write_text("names: [cat, dog]\n")


def test_numbers_of_both_sides_pair_without_names():
    done = call("detect", "yolo", "yolo", "-l", "giou")
    assert done.code == 0
    assert "classes stay numbers" in done.err


def test_names_of_the_other_side_need_the_library_or_the_option():
    table("p.csv", "image_id,label,score,x1,y1,x2,y2", "a,cat,0.9,0.4,0.4,0.6,0.6")
    refused(
        2, "detect", "p.csv", "yolo", "-l", "giou", says=("0 of 1 labels in common", "PyYAML", "pip install '.[yaml]'", "--names")
    )
    assert call("detect", "p.csv", "yolo", "-l", "giou", "--names", "cat,dog").code == 0
