"""The same coins and digits in the files that other programs write: COCO, YOLO, PNG, a list of pairs. Reads the tables and arrays
that the other modules have written, and computes nothing new."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence

import numpy as np

from making import write
from making.write import Array

SIZES = {"top": (384, 151), "bottom": (384, 152)}
"""Width and height of the halves of the photograph."""
NAMES = ("a", "b", "c", "d")
COINS = ("a1", "a3", "a5", "b1")
"""The coins of the first four crops."""
COLOURS = ((0, 0, 0), (230, 159, 0), (86, 180, 233))
"""Of background, rim and inside: two of Okabe and Ito's."""


def layouts() -> None:
    """All of them."""
    true, found = _rows("gt.csv"), _rows("boxes.csv")
    _coco(true, found)
    _yolo("coins_yolo/truth", true)
    _yolo("coins_yolo/found", found)
    write.text("coins_yolo/classes.txt", "\n".join(NAMES) + "\n")
    _images()
    _pairs_list()


def _coco(true: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]) -> None:
    """Annotations and results. Images and categories are numbered from 1, annotations as the rows of gt.csv."""
    images = [{"id": i, "file_name": f"{name}.png", "width": w, "height": h} for i, (name, (w, h)) in enumerate(SIZES.items(), 1)]
    annotations = [{"id": i, **_entry(row), "area": _area(row), "iscrowd": 0} for i, row in enumerate(true, 1)]
    categories = [{"id": i, "name": name} for i, name in enumerate(NAMES, 1)]
    write.text("coins_instances.json", _json({"images": images, "annotations": annotations, "categories": categories}))
    write.text("coins_results.json", _json([{**_entry(row), "score": float(row["score"])} for row in found]))


def _entry(row: Mapping[str, str]) -> dict[str, object]:
    x1, y1, x2, y2 = _box(row)
    image = 1 + tuple(SIZES).index(row["image_id"])
    box = [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)]
    return {"image_id": image, "category_id": 1 + NAMES.index(row["label"]), "bbox": box}


def _area(row: Mapping[str, str]) -> float:
    x1, y1, x2, y2 = _box(row)
    return (x2 - x1) * (y2 - y1)


def _yolo(folder: str, rows: Sequence[Mapping[str, str]]) -> None:
    """A file per image: class, centre and size as shares of the image with 6 decimals, and the score where there is one."""
    for name, (wide, high) in SIZES.items():
        lines = []
        for row in rows:
            if row["image_id"] == name:
                x1, y1, x2, y2 = _box(row)
                shares = ((x1 + x2) / 2 / wide, (y1 + y2) / 2 / high, (x2 - x1) / wide, (y2 - y1) / high)
                words = [str(NAMES.index(row["label"])), *(f"{share:.6f}" for share in shares), *filter(None, [row.get("score")])]
                lines.append(" ".join(words) + "\n")
        write.text(f"{folder}/{name}.txt", "".join(lines))


def _images() -> None:
    """Label maps of the first four crops: the most probable class, and the true one."""
    p, mask = _array("coins3_probs.npy"), _array("coins3_masks.npy")
    for coin, scores, truth in zip(COINS, p, mask, strict=True):
        write.png(f"coins_png/found/{coin}.png", scores.argmax(0).astype(np.uint8), COLOURS)
        write.png(f"coins_png/truth/{coin}.png", truth, COLOURS)


def _pairs_list() -> None:
    """The ids of digits_pairs.npy."""
    ids = [row["id"] for row in _rows("digits_embedding.csv")]
    known = {row.tobytes(): name for row, name in zip(_array("digits_embedding.npy"), ids, strict=True)}
    assert len(known) == len(ids), "two digits have one embedding"
    pairs = [(known[a.tobytes()], known[b.tobytes()]) for a, b in _array("digits_pairs.npy")]
    same = _array("digits_pairs_same.npy")
    write.csv("digits_pairs_list.csv", ("a", "b", "same"), ((a, b, s) for (a, b), s in zip(pairs, same, strict=True)))


def _box(row: Mapping[str, str]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(row[name]) for name in ("x1", "y1", "x2", "y2"))
    return x1, y1, x2, y2


def _json(document: object) -> str:
    """JSON with an entry of a list per line."""
    if isinstance(document, dict):
        return "{\n" + ",\n".join(f'"{key}": {_json(value).rstrip()}' for key, value in document.items()) + "\n}\n"
    assert isinstance(document, list)
    return "[\n" + ",\n".join(json.dumps(entry) for entry in document) + "\n]\n"


def _rows(name: str) -> list[dict[str, str]]:
    with (write.FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _array(name: str) -> Array:
    found: Array = np.load(write.FOLDER / name)
    return found
