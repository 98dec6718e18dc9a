"""COCO's JSON for tests: small files by hand, and random ones in which overlaps, scores and areas tie often."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}, {"id": 2, "file_name": "b.jpg", "width": 60, "height": 60}]
CATEGORIES = [{"id": 3, "name": "cat"}, {"id": 7, "name": "dog"}]


def annotation(own: Any, image: Any = 1, category: int = 3, box: Any = (0, 0, 10, 10), **more: Any) -> dict[str, Any]:
    area = {"area": box[2] * box[3]} if isinstance(box, (list, tuple)) and len(box) == 4 else {}
    return {"id": own, "image_id": image, "category_id": category, "bbox": box, "iscrowd": 0, **area, **more}


def result(image: int = 1, category: int = 3, box: Any = (0, 0, 10, 10), score: Any = 0.5, **more: Any) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "bbox": box, "score": score, **more}


def truth(*annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document of its own, which tests may change."""
    return deepcopy({"images": IMAGES, "annotations": list(annotations), "categories": CATEGORIES, **more})


def written(path: str, document: Any) -> str:
    Path(path).write_text(json.dumps(document), encoding="utf-8")
    return path


def random_files(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Annotations whose ids count from 0 or 1, and results, in several images and categories, with crowds, ties and areas."""
    rng = np.random.default_rng(seed)
    names = rng.permutation(5)[: rng.integers(1, 5)].tolist()
    images = [{"id": i, "file_name": f"{i}.png", "width": 640, "height": 480} for i in names]
    categories = [{"id": int(i), "name": f"c{i}"} for i in rng.permutation(4)[: rng.integers(1, 4)]]
    step = float(rng.choice([1.0, 4.0, 10.7]))

    def some(n: int) -> tuple[np.ndarray[Any, Any], list[int], list[int]]:
        boxes = np.hstack([rng.integers(0, 6, (n, 2)), rng.integers(1, 12, (n, 2))]) * step
        of, kind = (np.array([x["id"] for x in known]) for known in (images, categories))
        return boxes, rng.choice(of, n).tolist(), rng.choice(kind, n).tolist()

    boxes, of, kind = some(int(rng.integers(1, 40)))
    first = int(rng.integers(0, 2))
    shrink = rng.choice([0.3, 0.7, 1.0], len(boxes))
    objects = [
        {"id": first + i, "image_id": of[i], "category_id": kind[i], "bbox": b.tolist(), "area": float(b[2] * b[3] * shrink[i])}
        | {"iscrowd": int(rng.random() < 0.2)}
        for i, b in enumerate(boxes)
    ]
    found, where, what = some(int(rng.integers(1, 60)))
    again = np.flatnonzero(rng.random(len(found)) < 0.5)
    for i in again.tolist():
        j = int(rng.integers(len(boxes)))
        found[i], where[i], what[i] = boxes[j], of[j], kind[j]
    results = [
        {"image_id": where[i], "category_id": what[i], "bbox": b.tolist(), "score": int(rng.integers(0, 6)) / 5}
        for i, b in enumerate(found)
    ]
    return {"images": images, "annotations": objects, "categories": categories}, results
