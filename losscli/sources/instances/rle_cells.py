"""Tables of run-length encoded masks, as Kaggle writes them: an image, its runs and perhaps a class per row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from losscli.core.errors import DataError, Where, some, visible
from losscli.core.records import dataclass
from losscli.numerics.stable import Ints
from losscli.sources.base import Field, Source
from losscli.sources.instances.objects import Instances, Size
from losscli.sources.instances.rle import of_starts
from losscli.sources.missing import is_missing

_ANY = 1 << 40
"""More pixels than an image has."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table of masks are; `shape` is (height, width), and empty where the table has no sizes."""

    image: str
    runs: str
    label: str = ""
    shape: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cells:
    """The runs of the rows that hold an object. rows: their places in the table."""

    field: Field
    rows: tuple[int, ...]
    texts: tuple[str, ...]
    sizes: tuple[Size, ...]

    def size(self, i: int) -> Size | None:
        return self.sizes[i] if self.sizes else None

    def read(self, i: int, size: Size) -> Ints:
        return of_starts(self.texts[i], size[0] * size[1])

    def where(self, i: int) -> Where:
        return self.field.where(self.rows[i])


def instances(source: Source, columns: Columns, by_rows: bool) -> Instances:
    """The objects of a table. Raises DataError where an image or a class is missing, or images have several sizes."""
    field, names = source.text(columns.runs), source.text(columns.image)
    images = dict.fromkeys(name for _, name in _cells(names, needed=True))
    place = {name: i for i, name in enumerate(images)}
    owners = [place[name] for _, name in _cells(names, needed=True)]
    texts = [text for _, text in _cells(field)]
    rows = tuple(i for i, text in enumerate(texts) if not is_missing(text))
    labels = [""] * len(rows)
    if columns.label:
        every = [text.strip() for _, text in _cells(source.text(columns.label))]
        labels = [every[i] for i in rows]
        lost = next((i for i, label in zip(rows, labels, strict=True) if is_missing(label)), None)
        if lost is not None:
            raise DataError("an object without its class", source.text(columns.label).where(lost), "give every object its class")
    sizes = _sizes(source, columns.shape) if columns.shape else []
    note = f"{len(texts)} rows are {len(images)} images" if len(images) < len(texts) else ""
    left = [name for name in source.names if name and name not in (columns.image, columns.runs, columns.label, *columns.shape)]
    return Instances(
        source,
        tuple(images),
        [owners[i] for i in rows],
        labels,
        Cells(field, rows, tuple(texts[i] for i in rows), tuple(sizes[i] for i in rows) if sizes else ()),
        sizes=_of_images(owners, sizes, field),
        by_rows=by_rows,
        names=(columns.image, columns.runs),
        declared={"rle_order": "rows"} if by_rows else {},
        notes=tuple(filter(None, (note, f"columns of objects, left out: {some(left)}" if left else ""))),
    )


def look_like_runs(cells: Sequence[str]) -> bool:
    """Whether cells of text are runs, of any image, and at least one has some."""
    found = [cell for cell in cells if not is_missing(cell.strip())]
    try:
        return all(len(of_starts(cell, _ANY)) for cell in found) and bool(found)
    except DataError:
        return False


def _cells(field: Field, needed: bool = False) -> Iterator[tuple[int, str]]:
    for row, cell in enumerate(field.read(0, field.rows).tolist()):
        text = str(cell).strip()
        if needed and is_missing(text):
            raise DataError("an object without its image", field.where(row), "give every row its image")
        yield row, text


def _sizes(source: Source, columns: Sequence[str]) -> list[Size]:
    """The height and width of every row."""
    out = []
    field = source.numbers(tuple(columns))
    for row, size in enumerate(np.asarray(field.read(0, field.rows)).tolist()):
        for item, n in enumerate(size):
            if not (n == n and n >= 1 and n == int(n)):
                raise DataError(f"{visible(f'{n:g}')} is not a number of pixels", field.where(row, item), "correct the cell")
        out.append((int(size[0]), int(size[1])))
    return out


def _of_images(owners: Sequence[int], sizes: Sequence[Size], field: Field) -> dict[int, Size]:
    found: dict[int, Size] = {}
    for row, (owner, size) in enumerate(zip(owners, sizes, strict=True)) if sizes else ():
        if found.setdefault(owner, size) != size:
            raise DataError(
                f"an image of two sizes: {found[owner]} and {size}", Where(field.where(row).path, row + 1), "correct one"
            )
    return found
