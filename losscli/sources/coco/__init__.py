"""COCO's JSON as a table with a row per object: annotations, and results, which are told apart by their top level. Parses no text
and evaluates nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from losscli.sources.base import Source
from losscli.sources.json.document import Document
from losscli.sources.side_format import SideFormat

_OBJECTS = ("bbox", "keypoints", "segmentation")
"""What an object of COCO is given as."""


def is_annotations(keys: Iterable[str]) -> bool:
    """Whether an object with these keys is a file of annotations."""
    known = set(keys)
    return "annotations" in known and bool({"images", "categories"} & known)


def is_results(first: Any) -> bool:
    """Whether an array that begins with this element is a file of results."""
    if not isinstance(first, dict) or not {"image_id", "category_id"} <= first.keys():
        return False
    return any(key in first for key in _OBJECTS)


def open_document(document: Document, how: SideFormat) -> Source | None:
    """The table of a document of either kind, None for another. Raises DataError at the first entry that is not as COCO has it."""
    if document.stored.member:
        return None
    if document.is_array:
        if not is_results(document.first):
            return None
        from losscli.sources.coco import result_file

        return result_file.table(document)
    if not is_annotations(document.members):
        return None
    from losscli.sources.coco import annotation_file

    return annotation_file.table(document)
