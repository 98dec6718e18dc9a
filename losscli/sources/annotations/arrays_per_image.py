"""Arrays with an entry per image: the boxes, labels and scores of torchvision's lists and mappings, as sets of boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.numerics.stable import Array
from losscli.sources.annotations.box_table import BoxTable
from losscli.sources.annotations.per_image import table_of
from losscli.sources.side_format import SideFormat

_PARTS = {"boxes": "boxes", "bboxes": "boxes", "labels": "labels", "scores": "scores", "image_id": "image_id"}
_MARKS = "./_"
"""What stands between the image and the name of an array in a key, such as `17.boxes`."""


def keys_of(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """By image, the key of each of its arrays. Empty where not every image has boxes and labels."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        part = next((p for p in _PARTS if name.endswith(p) and name[: -len(p)][-1:] in ("", *_MARKS)), None)
        if part is not None:
            found.setdefault(name[: -len(part)][:-1], {})[_PARTS[part]] = name
    whole = all({"boxes", "labels"} <= set(parts) for parts in found.values())
    return found if whole else {}


def of_arrays(
    path: str, format: str, sha256: str, keys: Mapping[str, Mapping[str, str]], read: Any, *, listed: bool, how: SideFormat
) -> BoxTable | None:
    """The boxes of all images, None where the arrays are something else. read: the values under a key; listed: whether the
    images are known by their places alone."""
    if how.family not in ("", "detect") or not keys:
        return None
    entries: list[dict[str, Any]] = []
    places: list[Where] = []
    for image, parts in keys.items():
        values = {part: read(key) for part, key in parts.items()}
        where = Where(path, column=parts["boxes"])
        boxes, labels = values["boxes"], values["labels"]
        if boxes.ndim != 2 or boxes.shape[1] != 4 or labels.ndim != 1:
            if not entries:
                return None
            raise DataError(f"boxes of shape {boxes.shape} and labels of {labels.shape}", where, "give boxes (n,4) and labels (n,)")
        entry = {part: array.tolist() for part, array in values.items() if part != "image_id"}
        if "image_id" in values:
            entry["image_id"] = _id(values["image_id"], where)
        elif not listed:
            entry["image_id"] = image
        entries.append(entry)
        places.append(where)
    return table_of(path, format, entries, places, sha256)


def _id(value: Array, where: Where) -> Any:
    if value.size != 1:
        raise DataError(f"an image_id of {value.size} values", where, "give every image one image_id")
    return np.ravel(value).tolist()[0]
