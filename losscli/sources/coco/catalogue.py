"""The images and categories that a file of annotations lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.core.records import dataclass


@dataclass(frozen=True)
class Catalogue:
    """What a file of annotations lists: the images by id, each with its columns, and the names of the categories by id.

    path: of that file. names: empty where categories have no names of their own.
    """

    path: str
    images: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    categories: tuple[str, ...]

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """All images and categories, by the columns that name them."""
        files = tuple(str(x["file_name"]) for x in self.images.values() if x.get("file_name"))
        return {
            "image_id": tuple(self.images),
            "file_name": files,
            "category_id": self.categories,
            "category": tuple(self.names.values()),
        }
