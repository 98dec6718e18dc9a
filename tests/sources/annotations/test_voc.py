"""Folders of Pascal VOC's XML: objects with their lines, difficult ones, and files that are something else."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.core.errors import DataError, LosscliError
from losscli.sources import open_source
from losscli.sources.base import images_of
from losscli.sources.side_format import SideFormat
from tests.support.box_files import Box, annotation, folder, voc_object

CAT, DOG = Box("cat", 10, 20, 30, 40), Box("dog", 1, 2, 3, 4)
SIZE = "<size><width>640</width><height>480</height><depth>3</depth></size>"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(files, **how):
    return open_source(folder("xml", files), SideFormat(**how))


def column(source, name):
    field = source.text(name) if source.kind(name) == "U" else source.numbers((name,))
    return field.read(0, field.rows).tolist()


def test_objects_become_rows_as_they_are_written():
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    found = read({"b.xml": annotation(head=SIZE), "a.xml": annotation(voc_object(CAT, part), voc_object(DOG), head=SIZE)})
    assert column(found, "image_id") == ["a", "a"]
    assert column(found, "label") == ["cat", "dog"]
    assert np.array([column(found, side) for side in ("xmin", "ymin", "xmax", "ymax")]).T.tolist() == [
        [10, 20, 40, 60],
        [1, 2, 4, 6],
    ]
    assert column(found, "width") == [640, 640]
    assert images_of(found) == ("a", "b")
    assert found.declared["signature"] == {"voc": "1-based"}
    assert str(found.text("label").where(1)) == "xml/a.xml, line 5, column label"


def test_difficult_objects_are_ignored_unless_kept():
    files = {"a.xml": annotation(voc_object(CAT, "<difficult>1</difficult>"), voc_object(DOG, "<truncated>1</truncated>"))}
    found = read(files)
    assert (column(found, "difficult"), column(found, "truncated")) == ([1, 0], [0, 1])
    assert found.declared["ignored"] == "difficult"
    assert "ignored" not in read(files, keep_difficult=True).declared


def test_a_file_name_inside_that_differs_is_noted():
    assert any("<filename>" in note for note in read({"a.xml": annotation(head="<filename>b.jpg</filename>")}).notes)
    assert not any("<filename>" in note for note in read({"a.xml": annotation(head="<filename>dir/a.jpg</filename>")}).notes)


def test_single_files_and_patterns_are_told_by_their_contents():
    folder("xml", {"a.xml": annotation(voc_object(CAT)), "b.xml": annotation()})
    assert open_source("xml/a.xml").format == "voc"
    assert images_of(open_source("xml/*.xml")) == ("a", "b")


OBJECT = voc_object(CAT)
BAD = {
    "empty": ("", "empty"),
    "not xml": ("class 1 2 3 4\n", "is not XML"),
    "cut off": (annotation(OBJECT)[:-20], "is not XML"),
    "another root": ("<data><row/></data>", "its root is <data>"),
    "an entity": ('<!DOCTYPE a [<!ENTITY e "x">]>\n' + annotation(OBJECT), "DOCTYPE"),
    "a bomb": (
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><annotation><filename>&b;</filename></annotation>',
        "DOCTYPE",
    ),
    "an outer entity": ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', "DOCTYPE"),
    "an undefined entity": (annotation(OBJECT.replace("cat", "&cat;")), "is not XML"),
    "no box": (annotation("<object>\n<name>cat</name></object>"), "no <bndbox>"),
    "a rotated box": (annotation("<object><name>cat</name><robndbox><cx>1</cx></robndbox></object>"), "<robndbox>"),
    "no name": (annotation(OBJECT.replace("cat", " ")), "without <name>"),
    "no corner": (annotation(OBJECT.replace("xmax", "x")), "<xmax> of object 'cat' is missing"),
    "not a number": (annotation(OBJECT.replace("<xmin>10", "<xmin>ten")), "'ten' is not a number"),
    "a flag in words": (annotation(voc_object(CAT, "<difficult>very</difficult>")), "'very' is not a number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused(case):
    text, says = BAD[case]
    with pytest.raises(DataError) as e:
        read({"a.xml": text, "b.xml": annotation()})
    assert says in str(e.value)
    assert "a.xml" in str(e.value)
    assert 1 <= len(e.value.lines()) <= 5


@settings(max_examples=50)
@given(st.text("<>/aobject \n&;!-[]=\"'bndxmiy1", max_size=120))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "xml"
    folder(str(path), {"a.xml": annotation(text)})
    with suppress(LosscliError):
        open_source(str(path))
