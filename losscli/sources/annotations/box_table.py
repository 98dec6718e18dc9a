"""Boxes read from files of one image each, as a table in memory. Every row knows its file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.records import dataclass
from losscli.numerics.stable import Array, Ints
from losscli.sources.frames.frame import Cells, Column, Frame, text_column

IMAGE, LABEL = "image_id", "label"


@dataclass(frozen=True)
class Lines:
    """The file and the line of each row."""

    files: tuple[str, ...]
    file: Ints
    line: Ints

    def where(self, row: int, column: str | None = None) -> Where:
        return Where(self.files[int(self.file[row])], None, column, int(self.line[row]))


class BoxTable(Frame):
    """The boxes of several images.

    images: the ids of the images that were annotated, those without boxes too; None where they are not known. declared: see
    `sources.base.declared_of`. numbered: whether its labels are numbers of classes whose names are not known. classes: the names by
    number, where it has any.
    """

    select = "name the numeric columns with --col"

    def __init__(
        self,
        path: str,
        format: str,
        columns: Sequence[Column],
        lines: Lines,
        images: Sequence[str] | None,
        digest: str,
        *,
        declared: Mapping[str, Any],
        notes: Sequence[str] = (),
        classes: Mapping[int, str] | None = None,
        numbered: bool = False,
    ) -> None:
        self.path, self.format, self.rows = path, format, len(lines.file)
        self.lists: dict[str, tuple[str, ...]] = {}
        self._columns = {column.name: column for column in columns}
        self.names = tuple(self._columns)
        self.images = None if images is None else tuple(images)
        self.declared, self.notes = dict(declared), tuple(notes)
        self.classes, self.numbered = classes or {}, numbered
        self._lines, self._digest = lines, digest

    def _cells(self, found: Sequence[Column], kind: str) -> BoxCells:
        return BoxCells(self.path, found, kind, self._lines)

    def sha256(self, jobs: int = 1) -> str:
        """The digest of the list of the files' digests."""
        return self._digest

    def named(self, classes: Mapping[int, str], told: str) -> None:
        """Name the classes of numbered labels. told: where the names are from."""
        column = labelled(self._columns[LABEL].values, classes, self._lines, told)
        self._columns[LABEL] = column
        self.numbered, self.classes = False, classes

    def name_image(self, name: str) -> None:
        """Name the only image, which was known by its place."""
        self._columns[IMAGE] = text_column(IMAGE, [name] * self.rows)
        self.images = (name,)
        del self.declared["numbered_images"]
        self.notes += ("images are named by their files",)


class BoxCells(Cells):
    """Columns of a table of boxes; a row's place is its file and line."""

    def __init__(self, path: str, found: Sequence[Column], kind: str, lines: Lines) -> None:
        super().__init__(path, found, kind)
        self._lines = lines

    def where(self, row: int, item: int = 0) -> Where:
        return self._lines.where(row, self.names[item])


def labelled(numbers: Array, classes: Mapping[int, str], lines: Lines, told: str) -> Column:
    """The column of labels, given their numbers. Raises DataError at a number without a name."""
    found = [classes.get(int(x)) for x in numbers.tolist()]
    if None in found:
        row = found.index(None)
        known = f"{told} names the classes {min(classes)} to {max(classes)}" if classes else f"{told} names no class"
        raise DataError(f"class {int(numbers[row])} has no name", lines.where(row), f"{known}; --names FILE names others")
    return text_column(LABEL, found)


def numbers(name: str, values: Any) -> Column:
    """A column of numbers."""
    return Column(name, "f", np.asarray(values))
