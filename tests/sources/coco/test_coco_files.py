"""COCO's JSON as tables: what becomes a column, what is completed with a note, and what is refused with its entry and id."""

from __future__ import annotations

import pickle

import pytest

from losscli.core.errors import DataError
from losscli.sources import open_source
from losscli.sources.base import annotated, declared_of, notes_of
from tests.support.coco_files import CATEGORIES, IMAGES, annotation, result, truth, written


def column(source, name):
    field = source.text(name) if source.kind(name) == "U" else source.numbers((name,))
    return field.read(0, field.rows).tolist()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Files are written into a folder of their own."""
    monkeypatch.chdir(tmp_path)


def test_a_row_per_annotation():
    source = open_source(written("t.json", truth(annotation(0, box=[1, 2, 3, 4]), annotation(5, 2, 7, [0, 0, 9, 9], iscrowd=1))))
    assert (source.rows, source.is_table, source.format) == (2, True, "coco")
    assert column(source, "image_id") == ["1", "2"]
    assert column(source, "id") == ["0", "5"]
    assert column(source, "category_id") == ["3", "7"]
    assert column(source, "category") == ["cat", "dog"]
    assert column(source, "file_name") == ["a.jpg", "b.jpg"]
    assert column(source, "width") == [100.0, 60.0]
    assert column(source, "iscrowd") == [0.0, 1.0]
    assert column(source, "area") == [12.0, 81.0]
    assert source.lists["bbox"] == ("bbox_0", "bbox_1", "bbox_2", "bbox_3")
    assert source.numbers(source.lists["bbox"]).read(0, 2).tolist() == [[1, 2, 3, 4], [0, 0, 9, 9]]
    assert {key: declared_of(source)[key] for key in ("box_format", "sets")} == {"box_format": "xywh", "sets": True}
    again = pickle.loads(pickle.dumps(source))
    assert column(again, "category") == ["cat", "dog"]


def test_results_take_names_from_the_annotations():
    target = open_source(written("t.json", truth(annotation(1), annotation(2, 2, 7))))
    pred = open_source(written("p.json", [result(2, 7, score=0.25), result()]))
    assert "category" not in pred.names
    pred = annotated(pred, target)
    assert column(pred, "category") == ["dog", "cat"]
    assert column(pred, "file_name") == ["b.jpg", "a.jpg"]
    assert column(pred, "score") == [0.25, 0.5]


def test_two_categories_of_one_name_stay_ids():
    same = [{"id": 3, "name": "cat"}, {"id": 7, "name": "cat"}]
    source = open_source(written("t.json", {**truth(annotation(1)), "categories": same}))
    assert "category" not in source.names
    assert "two categories have one name" in notes_of(source)[0]


def test_an_area_that_is_missing_is_that_of_the_box():
    lacking = annotation(2, box=[0, 0, 4, 5])
    del lacking["area"]
    source = open_source(written("t.json", truth(annotation(1, area=33.5), lacking)))
    assert column(source, "area") == [33.5, 20.0]
    assert notes_of(source) == ("1 of 2 annotations have no area: the area of their boxes is used",)


def test_other_values_of_objects_are_columns():
    source = open_source(written("t.json", truth(annotation(1, occluded=True, site="x"), annotation(2, site=None, extra=[1]))))
    assert column(source, "site") == ["x", ""]
    assert source.kind("occluded") == "f"
    assert "extra" not in source.names


def test_keypoints_are_a_list_and_objects_without_any_have_none_labelled():
    points = [1, 2, 2, 3, 4, 0]
    bare = annotation(2)
    source = open_source(written("t.json", truth(annotation(1, keypoints=points, num_keypoints=1), bare)))
    assert source.numbers(source.lists["keypoints"]).read(0, 2).tolist() == [points, [0.0] * 6]


def test_other_documents_are_not_coco():
    assert open_source(written("r.json", [{"pred": 1.0, "target": 2.0}])).format == "json"


BAD = {
    "no bbox": (truth(annotation(1), annotation(9, box=None)), ("annotations[1] (id 9)", "no `bbox`")),
    "three numbers": (truth(annotation(4, box=[1, 2, 3])), ("annotations[0] (id 4)", "`bbox` has 3 numbers")),
    "text": (truth(annotation(4, box="1 2 3 4")), ("annotations[0] (id 4)", "not a list")),
    "a word": (truth(annotation(4, box=[1, 2, "x", 4], area=1)), ("annotations[0] (id 4), column bbox_2", '"x" is not a number')),
    "negative": (truth(annotation(4, box=[1, 2, 3, -4])), ("annotations[0] (id 4), column bbox_3", "the height -4 is negative")),
    "twice": (truth(annotation(4), annotation(4, 2)), ("annotations[1] (id 4)", "duplicate id 4, also of annotations[0]")),
    "no image": (truth(annotation(4, image=None)), ("annotations[0] (id 4)", "no `image_id`")),
    "unknown image": (truth(annotation(4), annotation(5, 88)), ("annotations[1] (id 5)", "88 not among the images of t.json")),
    "unknown category": (truth(annotation(4, category=1)), ("annotations[0] (id 4)", "1 not among the categories of t.json")),
    "an id that is a list": (truth(annotation([1])), ("annotations[0]", "`id` is [1], which is neither a whole number nor text")),
    "area of text": (truth(annotation(1, area="big")), ("annotations[0] (id 1)", '`area` is "big", which is not a number')),
    "none": (truth(), ("t.json: no annotations", "nothing to evaluate")),
    "annotations of text": ({"images": IMAGES, "annotations": "x"}, ("`annotations` is not a list",)),
    "no object": ({"images": [4], "annotations": [], "categories": []}, ("images[0]", "4 where an object is needed")),
    "images twice": ({**truth(annotation(1)), "images": IMAGES + IMAGES[:1]}, ("images[2] (id 1)", "duplicate id 1")),
    "no images": ({"annotations": [annotation(1)], "categories": CATEGORIES}, ("without a list of `images`",)),
    "names": ({**truth(annotation(1)), "categories": [{"id": 3, "name": 5}]}, ("categories[0] (id 3)", "'5' is not text")),
    "a result without a score": ([result(), result(score=None)], ("[1], column score", "no `score`")),
    "a score of text": ([result(score="high")], ("[0]", '`score` is "high", which is not a number')),
    "a result without a box": ([result(), {"image_id": 1, "category_id": 3, "score": 1}], ("[1]", "no `bbox`")),
    "not an object": ([result(), 5], ("[1]", "5 where an object is needed")),
    "two skeletons": (
        truth(annotation(1, keypoints=[1, 2, 2]), annotation(2, keypoints=[1, 2, 2, 3, 4, 2])),
        ("annotations[1] (id 2)", "`keypoints` has 6 numbers, the first has 3"),
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_refused(kind):
    document, says = BAD[kind]
    with pytest.raises(DataError) as refused:
        open_source(written("t.json", document))
    for words in says:
        assert words in str(refused.value), refused.value


def test_a_result_of_an_unknown_image_or_category_is_refused_with_the_first_ids():
    target = open_source(written("t.json", truth(annotation(1))))
    for found, says in ((result(9), "9, 8 not among the images of t.json"), (result(category=1), "1 not among the categories")):
        pred = open_source(written("p.json", [result(), found, result(image=8) if found["image_id"] == 9 else found]))
        with pytest.raises(DataError) as refused:
            annotated(pred, target)
        assert says in str(refused.value)
        assert str(refused.value).startswith("p.json, [1]")
