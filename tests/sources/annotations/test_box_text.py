"""Folders of box text: YOLO's labels, predictions, polygons and rotated boxes, and lines of pixels."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from losscli.core.errors import DataError, LosscliError, UsageError
from losscli.sources import open_source
from losscli.sources.annotations.orders import order_of
from losscli.sources.annotations.polygons import enclosing, rotated
from losscli.sources.base import images_of
from losscli.sources.side_format import SideFormat
from tests.support.box_files import folder

LABELS = "0 0.5 0.5 0.25 0.5\n2 0.25 0.75 0.5 0.25\n"
SCORED = "0 0.5 0.5 0.25 0.5 0.9\n2 0.25 0.75 0.5 0.25 0.125\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def column(source, name):
    field = source.text(name) if source.kind(name) == "U" else source.numbers((name,))
    return field.read(0, field.rows).tolist()


def read(files, **how):
    return open_source(folder("labels", files), SideFormat(**how))


def test_labels_are_shares_of_their_images():
    found = read({"a.txt": LABELS, "b.txt": "", "c.txt": "1 0.5 0.5 1 1\n"})
    assert found.names == ("image_id", "label", "cx", "cy", "w", "h")
    assert column(found, "image_id") == ["a", "a", "c"]
    assert column(found, "label") == [0, 2, 1]
    assert column(found, "w") == [0.25, 0.5, 1.0]
    assert images_of(found) == ("a", "b", "c")
    assert found.declared["sets"]
    assert found.declared["normalised"]


def test_rows_know_their_file_and_line():
    where = read({"a.txt": LABELS, "b.txt": "\n\n1 0.5 0.5 1 1\n"}).numbers(("cx", "cy")).where(2, 1)
    assert str(where) == "labels/b.txt, line 3, column cy"


@pytest.mark.parametrize(("text", "order"), [(SCORED, "last"), ("0 0.9 0.5 0.5 0.25 0.5\n2 0.125 0.25 0.75 0.5 0.25\n", "second")])
def test_the_score_stands_where_all_boxes_lie_in_their_images(text, order):
    found = read({"a.txt": text})
    assert column(found, "score") == [0.9, 0.125]
    assert column(found, "cx") == [0.5, 0.25]
    assert any(order in note for note in found.notes)


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.5 0.5 0.5\n", "0 0.9 0.1 0.9 0.9 0.1\n"])
def test_a_score_whose_place_is_open_is_asked_for(text):
    with pytest.raises(DataError, match="--yolo-order class,score,cx,cy,w,h or --yolo-order class,cx,cy,w,h,score"):
        read({"a.txt": text})
    assert read({"a.txt": text}, yolo_order="class,score,cx,cy,w,h").rows == 1


def test_sizes_make_pixels_of_shares():
    folder("images", {})
    Image.new("L", (640, 480)).save("images/a.png")
    Image.new("L", (100, 200)).save("images/c.jpg")
    Image.new("L", (8, 8)).save("images/empty.gif")
    found = read({"a.txt": LABELS, "c.txt": "1 0.5 0.5 1 1\n"}, images="images")
    assert column(found, "cx") == [320, 160, 50]
    assert column(found, "h") == [240, 120, 200]
    assert column(found, "image_width") == [640, 640, 100]
    assert images_of(found) == ("a", "c", "empty")
    assert not found.declared["normalised"]
    assert column(read({"a.txt": LABELS}, image_size="10x20"), "cy")[:2] == [10, 15]


def test_a_photograph_on_its_side_has_its_sides_exchanged():
    folder("images", {})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (40, 20)).save("images/a.jpg", exif=exif)
    assert column(read({"a.txt": LABELS}, images="images"), "image_width") == [20, 20]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("labels/classes.txt", "cat\ndog\nemu\n"),
        ("data.yaml", "nc: 3\nnames: [cat, dog, emu]\n"),
        ("data.yaml", "names:\n  0: cat\n  2: emu\n"),
        ("classes.txt", "cat\r\ndog\r\nemu\r\n\r\n"),
    ],
)
def test_names_are_found_beside_or_above(file, text):
    folder(".", {file: text})
    found = read({"a.txt": LABELS})
    assert column(found, "label") == ["cat", "emu"]
    assert found.rows == 2
    assert column(read({"a.txt": LABELS}, names="none"), "label") == [0, 2]
    assert column(read({"a.txt": LABELS}, names="x,y,z"), "label") == ["x", "z"]


def test_polygons_are_read_as_the_boxes_around_them():
    found = read({"a.txt": "0 0.1 0.2 0.3 0.2 0.2 0.6\n1 0.5 0.5 0.7 0.5 0.7 0.9 0.5 0.9\n"})
    assert [column(found, side) for side in ("left", "top", "right", "bottom")] == [[0.1, 0.5], [0.2, 0.5], [0.3, 0.7], [0.6, 0.9]]
    assert any("polygons" in note for note in found.notes)


def test_four_corners_are_a_polygon_or_a_rotated_box():
    text = {"a.txt": "0 0.2 0.1 0.8 0.1 0.8 0.5 0.2 0.5\n"}
    with pytest.raises(DataError, match="--yolo-obb"):
        read(text)
    assert column(read(text, yolo_order="class,polygon"), "right") == [0.8]
    found = read(text, yolo_obb=True, image_size="100x50")
    assert [round(column(found, name)[0], 9) for name in ("cx", "cy", "w", "h", "angle")] == [50, 15, 60, 20, 0]


@given(
    st.lists(st.tuples(*[st.floats(-100, 100)] * 2, *[st.floats(0.5, 50)] * 2, st.floats(-3.1, 3.1)), min_size=1, max_size=20),
)
def test_a_rectangle_is_its_own_smallest_box(boxes):
    x, y, w, h, angle = np.array(boxes).T
    cos, sin = np.cos(angle), np.sin(angle)
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    quads = np.stack([[x + a * w * cos - b * h * sin, y + a * w * sin + b * h * cos] for a, b in signs]).transpose(2, 0, 1)
    found = rotated(quads)
    assert np.allclose(found[:, :4], np.array([x, y, w, h]).T, rtol=1e-6, atol=1e-6)
    assert np.allclose(np.cos(found[:, 4] - angle), 1.0, atol=1e-6)


@given(st.lists(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=7), min_size=1, max_size=9))
def test_the_box_around_a_polygon(polygons):
    arrays = [np.array(p) for p in polygons]
    assert enclosing(arrays).tolist() == [[*a.min(0), *a.max(0)] for a in arrays]


@given(st.lists(st.tuples(*[st.floats(-5, 5)] * 8), min_size=1, max_size=9))
def test_a_rotated_box_holds_its_corners_and_is_the_smallest_of_all_angles(quads):
    points = np.array(quads).reshape(-1, 4, 2)
    found = rotated(points)
    for (x, y, w, h, angle), four in zip(found, points, strict=True):
        for turn in (angle, *np.linspace(0, np.pi, 13)):
            u = four @ [np.cos(turn), np.sin(turn)]
            v = four @ [-np.sin(turn), np.cos(turn)]
            assert w * h <= np.ptp(u) * np.ptp(v) * (1 + 1e-6) + 1e-6
        u, v = (four - [x, y]) @ [np.cos(angle), np.sin(angle)], (four - [x, y]) @ [-np.sin(angle), np.cos(angle)]
        reach = np.abs(np.array([u, v])).T - np.array([w, h]) / 2
        assert reach.max() <= 1e-6


def test_pixels_need_an_order_and_the_error_lists_the_possible_ones():
    files = {"a.txt": "traffic light 0.9 5 67 31 48\ncat 0.5 10 20 5 6\n", "b.txt": ""}
    with pytest.raises(DataError, match="--yolo-order class,score,x,y,w,h") as e:
        read(files)
    assert "left" not in str(e.value)
    found = read(files, yolo_order="class,score,x,y,w,h")
    assert column(found, "label") == ["traffic light", "cat"]
    assert column(found, "score") == [0.9, 0.5]
    assert found.declared["box_format"] == "xywh"
    assert not found.declared["normalised"]


def test_an_order_with_a_score_reads_lines_without_one():
    assert "score" not in read({"a.txt": "cat 5 67 31 48\n"}, yolo_order="class,score,x,y,w,h").names


def test_difficult_objects_are_marked_at_the_end_of_a_line():
    found = read({"a.txt": "cat 1 2 3 4 difficult\ndog 1 2 3 4\n"}, yolo_order="class,left,top,right,bottom")
    assert column(found, "difficult") == [1, 0]
    assert found.declared["ignored"] == "difficult"


def test_further_words_are_left_out_by_name():
    found = read({"a.txt": "7 1 2 3 4 x 9\n"}, yolo_order="class,x,y,w,h,rest")
    assert column(found, "h") == [4]
    assert column(read({"b.txt": "1 2 3 4 9 7\n", "a.txt": ""}, yolo_order="x,y,w,h,_,class"), "label") == [7]


def test_a_pattern_of_labels_is_read_as_its_folder():
    folder("labels", {"a.txt": LABELS, "b.txt": "", "c.txt": LABELS})
    one, two = open_source("labels"), open_source("labels/*.txt")
    assert (one.names, one.rows, images_of(one)) == (two.names, two.rows, images_of(two))
    assert one.sha256() == two.sha256()


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": "id pred\n1 2\n", "b.txt": "id pred\n3 4\n"},
        {"a.txt": "a,pred\nx,0.5\n", "b.txt": "a,pred\ny,0.5\n"},
    ],
)
def test_other_patterns_stay_tables(files):
    folder("tables", files)
    assert open_source("tables/*.txt").format == "csv"


@pytest.mark.parametrize("lines", [("0 0.25 0.25 0.25 0.25\n", "1 0.7 0.1 0.1 0.1\n"), ("0 12 40 7 8\n", "1 12 40 7 8\n")])
def test_probabilities_and_other_numbers_stay_tables_too(lines):
    folder("tables", dict(zip(("a.txt", "b.txt"), lines, strict=True)))
    with pytest.raises(DataError, match="--header none"):
        open_source("tables/*.txt")
    assert open_source("tables/*.txt", SideFormat(header="none")).format == "csv"


def test_a_header_option_keeps_files_tables():
    folder("labels", {"a.txt": LABELS, "b.txt": LABELS})
    assert open_source("labels/*.txt", SideFormat(header="none")).format == "csv"


BAD: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "no numbers": ({"a.txt": "hello\n"}, {}, "a.txt, line 1"),
    "a table": ({"a.txt": "x y\n1 2\n"}, {}, "a.txt, line 1"),
    "too few": ({"a.txt": "0 0.5 0.5\n"}, {}, "2 numbers"),
    "three after one good": ({"a.txt": LABELS + "0 0.5 0.5 0.5\n"}, {}, "a.txt, line 3"),
    "mixed in a file": ({"a.txt": LABELS + SCORED}, {}, "a.txt, line 3"),
    "mixed in a folder": ({"a.txt": LABELS, "b.txt": SCORED}, {}, "b.txt, line 1"),
    "box and polygon": ({"a.txt": LABELS + "0 .1 .1 .2 .1 .2 .2\n"}, {}, "a.txt, line 3"),
    "not a number": ({"a.txt": "0 0.5 abc 0.5 0.5\n"}, {}, "'abc' is not a number"),
    "digits of another script": ({"a.txt": "0 0.5 ٣ 0.5 0.5\n"}, {}, "is not a number"),
    "reaching out": ({"a.txt": "0 0.1 0.1 0.9 0.9\n"}, {}, "reach out"),
    "two files of an image": ({"x/a.txt": LABELS, "y/a.txt": LABELS}, {}, "two files"),
    "no such class": ({"a.txt": "7 0.5 0.5 1 1\n"}, {"names": "a,b"}, "class 7"),
    "doubled names": ({"a.txt": LABELS}, {"names": "a,a,b"}, "twice"),
    "no such file of names": ({"a.txt": LABELS}, {"names": "none.yaml"}, "none.yaml"),
    "no images": ({"a.txt": LABELS}, {"images": "labels"}, "no images"),
    "no folder of images": ({"a.txt": LABELS}, {"images": "nowhere"}, "no such folder"),
    "null": ({"a.txt": "0 0.5\0 0.5 0.5 0.5\n"}, {}, "null"),
    "keypoints": ({"a.txt": "0 .5 .5 .2 .2 .5 .5 2 .45 .45 1 0 0 0 .5 .4 1\n" * 2}, {}, "keypoints"),
    "order of another width": ({"a.txt": LABELS}, {"yolo_order": "class,cx,cy,w,h,_"}, "--yolo-order"),
    "not rotated": ({"a.txt": LABELS}, {"yolo_obb": True}, "--yolo-obb needs 8"),
    "half a point": ({"a.txt": "0 .1 .2 .3 .4 .5 .6 .7\n"}, {"yolo_order": "class,polygon"}, "polygon"),
    "only names": ({"classes.txt": "cat\n"}, {}, "no text files"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_folders_are_refused(case):
    files, how, says = BAD[case]
    with pytest.raises(LosscliError) as e:
        read(files, **how)
    assert says in str(e.value)
    assert 1 <= len(e.value.lines()) <= 5


@pytest.mark.parametrize("data", [b"\xff\xfe0 0.5\n", b"0 0.5 0.5 \xe9\n"])
def test_bytes_that_are_not_text_are_refused(data):
    folder("labels", {"a.txt": ""})
    with open("labels/a.txt", "wb") as file:
        file.write(data)
    with pytest.raises(DataError, match="--encoding"):
        open_source("labels")


@pytest.mark.parametrize(
    "text", ["", "class", "class,x,y,w", "class,x,y,right,bottom", "class,x,x,y,w,h", "rest,x,y,w,h", "class,q,x,y,w,h"]
)
def test_what_is_not_an_order_is_refused(text):
    with pytest.raises(UsageError, match="--yolo-order"):
        order_of(text)


@settings(max_examples=80)
@given(st.lists(st.text("0123456789. \nab-e", max_size=60), min_size=1, max_size=3))
def test_any_text_is_read_or_refused(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "labels"
    folder(str(path), {f"{i}.txt": text for i, text in enumerate(texts)})
    with suppress(LosscliError):
        found = open_source(str(path))
        assert found.rows == len(column(found, "image_id"))
