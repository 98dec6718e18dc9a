"""The interface of input files: columns or arrays, and any span of their rows. Never evaluates anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.core.file_names import FILE_STEM as FILE_STEM
from losscli.numerics.stable import Array, Ints


class Field(Protocol):
    """One or several columns of a table, or one array: random access to its rows. Picklable."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns or keys it reads, for messages and for `roles` in the report; () for a bare array."""
        ...

    @property
    def rows(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row: () for one number, (4,) for a box, (3, 64, 64) for the scores of an image. An axis is `VARIES`
        where rows differ in its length: such a field is read one row at a time."""
        ...

    @property
    def kind(self) -> str:
        """`f` float, `i` integer (and bool), `U` text."""
        ...

    def read(self, start: int, stop: int) -> Array:
        """Rows start…stop-1 in the file's own dtype (tables: float64, or object arrays of str for text)."""
        ...

    def where(self, row: int, item: int = 0) -> Where:
        """The location of row `row` (0-based), item `item` of the flattened row, for errors."""
        ...


IN_MEMORY = ("array", "dataframe")
"""The formats of sources that are not files."""
VARIES = -1
"""The length of an axis that is not the same in every row."""


def at_once(field: Field, rows: int) -> int:
    """How many of so many rows can be read as one array: one where rows differ in shape, few where each is decoded."""
    most: int = getattr(field, "most", rows)
    return min(rows, 1 if VARIES in field.shape else most)


def size(shape: tuple[int, ...]) -> str:
    """The shape of an image for people: `480 × 640`."""
    return " × ".join(map(str, shape))


def shape_words(field: Field) -> tuple[str, ...]:
    """The shape of all rows, for people."""
    return tuple("varies" if n == VARIES else str(n) for n in (field.rows, *field.shape))


class Source(Protocol):
    """One input file."""

    @property
    def path(self) -> str:
        """As the user typed it; `-` for stdin, a pattern for several files."""
        ...

    @property
    def format(self) -> str:
        """csv, tsv, jsonl, parquet, npy, npz, …"""
        ...

    @property
    def rows(self) -> int: ...

    @property
    def is_table(self) -> bool: ...

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a table, the keys of an NPZ, () for a bare NPY."""
        ...

    @property
    def forks(self) -> bool:
        """Whether a forked process can read it: the bytes are in local files, and no library with its own threads reads them."""
        ...

    @property
    def lists(self) -> Mapping[str, tuple[str, ...]]:
        """The list columns by their own name, with the columns of their entries, which are among `names`: `logits` ->
        (`logits_0`, …). Entries of an object are `probs.cat`, …. Empty for arrays."""
        ...

    def numeric(self) -> tuple[str, ...]:
        """The columns or keys of kind `f` or `i`."""
        ...

    def kind(self, name: str) -> str:
        """`f`, `i` or `U`: the type of a key or column, as `Field.kind`; "" names a bare NPY.

        In a table the first rows determine it, without their missing cells: `f` if all the others are numbers (or none is left),
        `m` (mixed) if at least half of them are, else `U`. A mixed column is read as numbers until a cell is not one."""
        ...

    def numbers(self, names: tuple[str, ...]) -> Field:
        """A numeric field. A table returns float64: (rows,) for one name, (rows, k) for k names. An array source takes
        one name, or () for a bare NPY, and returns the array unchanged; text is a DataError. A missing cell of a table
        (`missing.py`) is NaN. Text in a numeric column or a ragged row is a DataError naming row, line and column, raised by the
        `read` that reaches it."""
        ...

    def text(self, name: str) -> Field:
        """A column as text (`007` stays `007`, `NA` stays `NA`), or a vector ("" names a bare NPY). Numbers and truth values that
        are stored as such are spelled as pandas writes them into a CSV: `1`, `1.0`, `True`; a null is an empty cell."""
        ...

    def sha256(self, jobs: int = 1) -> str:
        """The digest of the stored bytes (stdin: of the bytes read; several files: of the list of their digests), the same for any
        number of threads that take it."""
        ...


@runtime_checkable
class RandomAccess(Protocol):
    """A field that reads rows in any order at no extra cost: an array, or a table's column from `with_random_access`."""

    def take(self, rows: Ints) -> Array: ...


@runtime_checkable
class MultiFile(Protocol):
    """A source of several files."""

    def common(self, names: tuple[str, ...]) -> Field:
        """An array shared by all rows, which must be equal in every file."""
        ...


@runtime_checkable
class Spelled(Protocol):
    """A field that knows how the file writes a cell that is not a finite number."""

    def spelled(self, row: int, item: int = 0) -> str:
        """For messages: `an empty cell`, `'NA'`, `null`, `nan`, `inf`."""
        ...


@runtime_checkable
class Caching(Protocol):
    """A field that caches the rows it read last."""

    def forget(self) -> None:
        """Clear the cache."""
        ...


@runtime_checkable
class Compares(Protocol):
    """A text field with a quick form of its cells: equal for equal cells of two fields of one class."""

    def compared(self, start: int, stop: int) -> Any: ...


@runtime_checkable
class Expects(Protocol):
    """A field that is read more quickly together with others of its file that are expected."""

    def expect(self, compared: bool = False) -> None: ...


def expect(fields: Iterable[Field], compared: Iterable[Field] = ()) -> None:
    """Announce the fields that will be read, and those that will be compared, span by span."""
    for field in fields:
        if isinstance(field, Expects):
            field.expect()
    for field in compared:
        if isinstance(field, Expects):
            field.expect(compared=True)


def same_cells(one: Field, two: Field, start: int, stop: int) -> bool:
    """Whether two text fields are known to have the same cells in these rows; False where that is not seen quickly."""
    if type(one) is not type(two) or not isinstance(one, Compares) or not isinstance(two, Compares):
        return False
    ours, theirs = one.compared(start, stop), two.compared(start, stop)
    if isinstance(ours, np.ndarray):
        return ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    return bool(ours.equals(theirs) if hasattr(ours, "equals") else ours == theirs)


def gather(field: Field, rows: Ints) -> Array:
    """The given rows of a field, for keyed pairing. In a table, the whole span from the first to the last of them is read, so
    apply `with_random_access` first if they are not in the order of the file."""
    if isinstance(field, RandomAccess):
        return field.take(rows)
    if len(rows) == 0:
        return field.read(0, 0)
    low, high = int(rows.min()), int(rows.max()) + 1
    return np.asarray(field.read(low, high)[rows - low])


def spelled(field: Field, row: int, item: int = 0) -> str:
    """A cell that is not a finite number, as messages show it."""
    if isinstance(field, Spelled):
        return field.spelled(row, item)
    return str(np.ravel(field.read(row, row + 1))[item])


def hint_of(source: Source | None) -> str:
    """The option to try if the columns of a source are not those that are needed; empty where they look right."""
    hint: str = getattr(source, "hint", "")
    return hint


def lone_name(source: Source) -> str:
    """The name of a table's only column, where nothing but its place in the first line says that it is a name; else empty."""
    name: str = getattr(source, "lone_name", "")
    return name


def notes_of(source: Source) -> tuple[str, ...]:
    """How a source was read, for people, where it is not as usual."""
    notes: tuple[str, ...] = getattr(source, "notes", ())
    found: tuple[str, ...] = getattr(source, "found_notes", ())
    return (*found, *notes)


def with_notes(source: Any, notes: tuple[str, ...]) -> Source:
    """The source, with notes of how its file was identified before those of its reader."""
    source.found_notes = notes
    read: Source = source
    return read


def declared_of(source: Source | None) -> Mapping[str, Any]:
    """What the format itself says of the values, where it does.

    box_format: how its boxes are written. sets: True if its rows are sets of boxes per image. image_id, label: the columns that
    name the image and the class of a box; of several, that is taken which the other side has. files: those of its columns that are
    names of files. values: by column, all values that it may have, also those without a row. crowds: `left out` if objects with
    iscrowd count for nothing unless the matching has a use for them. catalogue: what the file lists besides rows. normalised: True
    if its boxes are shares of an image of unknown size. image_size: the one by which shares became pixels. rotated: True if
    they are rotated. bbox: the columns of the boxes around keypoints. polygons: True if they are the boxes around polygons.
    ignored: the column that marks true boxes which count for nothing. signature: what belongs into the
    signature of a loss, by name. family: the only one that reads it. ids: the text column with the names of its images, which
    pair by them. classes: the names of its labels, in order. label_names: by column
    of class numbers, their names. spacing: of its pixels. partitions: the columns that the paths of
    its files give. numbered_images: how many images it has, known by their places alone. unreadable: by column that is left out
    because of its type, why.
    """
    declared: Mapping[str, Any] = getattr(source, "declared", {})
    return declared


def annotated(source: Source, other: Source | None) -> Source:
    """PRED with what the file of TARGET lists of images and classes, where both formats know of such lists."""
    known = declared_of(other).get("catalogue")
    take = getattr(source, "annotated", None)
    if known is None or take is None:
        return source
    found: Source = take(known)
    return found


def refuse_unreadable(source: Source, name: str) -> None:
    """Raise DataError where the source has a column of that name whose values are neither numbers nor text."""
    why = declared_of(source).get("unreadable", {}).get(name)
    if why:
        raise DataError(f"cannot be read: {why}", Where(source.path, column=name), "save a column of numbers or text")


def images_of(source: Source | None) -> tuple[str, ...] | None:
    """The images that a format of one file per image knows of, those without boxes too; None for any other format."""
    images: tuple[str, ...] | None = getattr(source, "images", None)
    return images


def partitions_of(source: Source | None) -> tuple[str, ...]:
    """The columns that the paths of the files give, which fill a role by name or by --col, never by a guess."""
    names: tuple[str, ...] = declared_of(source).get("partitions", ())
    return names


def not_finite(field: Field, row: int, item: int, fix: str) -> DataError:
    """The error of a cell that is missing, NaN or infinity."""
    shown = spelled(field, row, item)
    number = shown in ("nan", "inf", "-inf")
    what = f"{shown} is not a finite number" if number else f"{shown} where a number is needed"
    return DataError(what, field.where(row, item), fix)
