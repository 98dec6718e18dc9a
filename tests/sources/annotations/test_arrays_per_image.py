"""Tensors and arrays with an entry per image: the same sets of boxes as JSON with the same values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from losscli.sources import open_source
from losscli.sources.base import images_of
from tests.reading.vision_situations import FOUND, GIOU, TRUE
from tests.support.command import call
from tests.support.torch_files import save


def entries(rows, scored):
    found = {}
    for image in ("img_001", "img_002", "img_010"):
        own = [row for row in rows if row[0] == image]
        boxes = np.array([row[2] for row in own], np.float32).reshape(-1, 4)
        found[image] = {"boxes": boxes, "labels": np.array([row[1] for row in own], np.int64)}
        if scored:
            found[image]["scores"] = np.array([row[3] for row in own], np.float64)
    return found


def written(path, value):
    if path.suffix == ".npz":
        np.savez(path, **{f"{image}.{part}": array for image, own in value.items() for part, array in own.items()})
    else:
        save(path, value)
    return str(path)


def value_of(*words):
    done = call("detect", *words, "--loss", "giou", "-f", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)["losses"][0]["value"]


@pytest.mark.parametrize("suffix", ["pt", "npz"])
def test_a_mapping_of_images_has_the_value_of_its_boxes(tmp_path, suffix):
    pred = written(tmp_path / f"p.{suffix}", entries(FOUND, True))
    target = written(tmp_path / f"t.{suffix}", entries(TRUE, False))
    assert value_of(pred, target) == pytest.approx(GIOU, rel=1e-9)


def test_a_list_pairs_by_place_and_reads_images_without_boxes(tmp_path):
    pred, target = list(entries(FOUND[:3], True).values()), list(entries(TRUE, False).values())
    for own in (pred, target):
        own.append({part: array[:0] for part, array in own[0].items()})
    source = open_source(written(tmp_path / "p.pt", pred))
    assert images_of(source) == ("0", "1", "2", "3")

    assert source.rows == 3
    assert 0 < value_of(str(tmp_path / "p.pt"), written(tmp_path / "t.pt", target)) < 1


def test_ids_of_entries_name_the_images(tmp_path):
    pred = [own | {"image_id": np.array([7 * i])} for i, own in enumerate(entries(FOUND, True).values())]
    target = [own | {"image_id": 7 * i} for i, own in enumerate(entries(TRUE, False).values())][::-1]
    assert value_of(written(tmp_path / "p.pt", pred), written(tmp_path / "t.pt", target)) == pytest.approx(GIOU, rel=1e-9)


def test_one_object_is_one_image(tmp_path):
    of_image = [entries(rows, scored)["img_001"] for rows, scored in ((FOUND, True), (TRUE, False))]
    texts = [{part: array.tolist() for part, array in own.items()} for own in of_image]
    for name, text in zip(("p.json", "t.json"), texts, strict=True):
        (tmp_path / name).write_text(json.dumps(text))
    value = value_of(str(tmp_path / "p.json"), str(tmp_path / "t.json"))
    assert value == value_of(written(tmp_path / "p.pt", of_image[0]), written(tmp_path / "t.pt", of_image[1]))
    (tmp_path / "list.json").write_text(json.dumps([texts[1], texts[1]]))
    done = call("detect", str(tmp_path / "p.json"), str(tmp_path / "list.json"), "--loss", "giou")
    assert done.code == 3
    assert "1 image without ids in" in done.err
    assert "2 images without ids in" in done.err


def test_lengths_that_differ_name_the_image(tmp_path):
    found = entries(FOUND, True)
    found["img_002"]["labels"] = found["img_002"]["labels"][:1]
    done = call("detect", written(tmp_path / "p.pt", found), written(tmp_path / "t.pt", entries(TRUE, False)), "--loss", "giou")
    assert done.code == 3
    assert "img_002.boxes" in done.err
    assert "2 boxes, but 1 labels" in done.err
