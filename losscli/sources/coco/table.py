"""A COCO file as a table: the columns of its objects, whose places in messages are entries of the file. Held in memory."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where, some, visible
from losscli.numerics.stable import Array
from losscli.sources.coco.catalogue import Catalogue
from losscli.sources.coco.entries import Box, Entries, place
from losscli.sources.coco.image_names import of_annotations, of_results, renumbered
from losscli.sources.files.input_file import InputFile
from losscli.sources.frames.file_table import FileTable
from losscli.sources.frames.frame import Cells, Column, mixed_column, text_column
from losscli.sources.instances.objects import Instances

LABELS = ("category", "category_id")
IMAGES = ("image_id", "file_name")
"""The columns that name the class and the image of an object, the plainer one first."""


class CocoTable(FileTable):
    """The objects of a COCO file. declared: what the format says of them; notes: what had to be completed."""

    format = "coco"

    def __init__(self, file: InputFile, entries: Entries, columns: Sequence[Column], lists: Mapping[str, int]) -> None:
        self.path, self.rows = file.shown, len(entries.items)
        self._file, self._entries = file, entries
        self._columns = {column.name: column for column in columns}
        self.lists = {name: tuple(f"{name}_{i}" for i in range(width)) for name, width in lists.items()}
        self.names = tuple(self._columns)
        self.declared: dict[str, Any] = {
            "box_format": "xywh",
            "sets": True,
            "label": LABELS,
            "image_id": IMAGES,
            "files": IMAGES[1:],
        }
        self.notes: tuple[str, ...] = ()

    def _cells(self, found: Sequence[Column], kind: str) -> EntryCells:
        ids = self._columns.get("id")
        return EntryCells(self.path, found, kind, self._entries.name, None if ids is None else ids.values)

    def instances(self, listed: Catalogue | None) -> Instances:
        """The objects with their masks. listed: what the other side's file lists, of a file that lists nothing itself."""
        from losscli.sources.coco.masks import instances

        return instances(self, self._entries, self._columns["image_id"].values.tolist(), self.declared.get("catalogue", listed))

    def annotated(self, known: Catalogue) -> CocoTable:
        """The same objects with what a file of annotations lists: the names of the categories, and the columns of the images.

        Raises DataError at an image or a category that it does not list, or where ids contradict the names of files.
        """
        if "catalogue" in self.declared:
            return self._renumbered(known)
        ids, note = of_results(self._columns["image_id"].values.tolist(), [x.get("file_name") for x in self._entries.items], known)
        return self._with_images(ids, note).listed(known)

    def _renumbered(self, known: Catalogue) -> CocoTable:
        """The same annotations with the ids that another file of annotations has for the images."""
        own: Catalogue = self.declared["catalogue"]
        moved, note = of_annotations(own, known)
        if not moved:
            return self
        out = self._with_images([moved.get(x, x) for x in self._columns["image_id"].values], note)
        own = renumbered(own, moved)
        out.declared = {**self.declared, "catalogue": own, "values": own.values}
        return out

    def _with_images(self, ids: Sequence[str], note: str) -> CocoTable:
        """The same objects, of images with these ids."""
        if not note:
            return self
        out = copy(self)
        out._columns = {**self._columns, "image_id": text_column("image_id", ids)}
        out.notes = (*self.notes, note)
        return out

    def listed(self, known: Catalogue) -> CocoTable:
        """The same objects with the names of their categories and the columns of their images."""
        self._refuse_unknown("image_id", known.images, f"the images of {visible(known.path)}")
        if known.categories:
            self._refuse_unknown("category_id", known.categories, f"the categories of {visible(known.path)}")
        images = [known.images[x] for x in self._columns["image_id"].values]
        keys = dict.fromkeys(key for image in known.images.values() for key in image)
        more = [mixed_column(key, [image.get(key) for image in images]) for key in keys]
        if known.names:
            more.insert(0, text_column("category", [known.names[x] for x in self._columns["category_id"].values]))
        out = copy(self)
        out._columns = {**self._columns, **{column.name: column for column in more if column.name not in self._columns}}
        out.names = tuple(out._columns)
        return out

    def _refuse_unknown(self, key: str, known: Container[str], of: str) -> None:
        """Raise DataError at the first id of a column that is not known, with the first of those ids."""
        ids = self._columns[key].values.tolist()
        lost = list(dict.fromkeys(x for x in ids if x not in known))
        if lost:
            what = f"{some(lost)} not among {of}"
            raise DataError(what, self.text(key).where(ids.index(lost[0])), "give both the same ids, or remove such objects")


class EntryCells(Cells):
    """Columns whose rows are entries of a list, `annotations[12] (id 17)`."""

    def __init__(self, path: str, found: Sequence[Column], kind: str, name: str, ids: Array | None) -> None:
        super().__init__(path, found, kind)
        self._name, self._ids = name, ids

    def where(self, row: int, item: int = 0) -> Where:
        own = None if self._ids is None else str(self._ids[row])
        return Where(self._path, row + 1, self.names[item], entry=place(self._name, row, own))


def numeric(name: str, values: Sequence[float | None]) -> Column:
    """A column of numbers; a missing one is NaN."""
    return Column(name, "f", np.array([np.nan if x is None else x for x in values], dtype=np.float64))


def spread(name: str, rows: Sequence[Box], width: int) -> list[Column]:
    """A column per number of lists of one length: `bbox_0`, `bbox_1`, …"""
    flat = np.array([[np.nan if x is None else x for x in row] for row in rows], dtype=np.float64).reshape(len(rows), width)
    return [Column(f"{name}_{i}", "f", np.ascontiguousarray(flat[:, i])) for i in range(width)]
